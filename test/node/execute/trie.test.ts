// The batch trie against @ethereumjs/mpt, and its laws: the root depends on the set only, storage holds no stale node.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createMPT, verifyMPTWithMerkleProof } from '@ethereumjs/mpt';
import { equalBytes, toBigInt, toHex, toMinimalBytes } from '../../../node/execute/bytes.ts';
import { EMPTY_TRIE_ROOT, keccak256 } from '../../../node/execute/crypto.ts';
import { encodeRlp } from '../../../node/execute/rlp.ts';
import { decodeNode, encodeNode, toNibbles } from '../../../node/execute/trie-node.ts';
import { orderedRoot, proveKey, updateTrie } from '../../../node/execute/trie.ts';
import type { StoredNode, TrieSource, TrieUpdate } from '../../../node/execute/trie.ts';

class MemoryTrie implements TrieSource {
  readonly nodes = new Map<string, StoredNode>();
  root: Uint8Array = EMPTY_TRIE_ROOT;
  node(path: string): StoredNode | undefined {
    return this.nodes.get(path);
  }
  apply(updates: TrieUpdate[]): void {
    const result = updateTrie(this, updates.toSorted((a, b) => Buffer.compare(a.key, b.key)));
    for (const [path, { before, after }] of result.changed) {
      assert.deepEqual(this.nodes.get(path)?.raw, before, 'a change names what was stored before');
      if (after === undefined) this.nodes.delete(path);
      else this.nodes.set(path, after);
    }
    this.root = result.root;
  }
}

/** Keys of few distinct nibbles collide in long prefixes, which is where extensions split and collapse. */
const clusteredKey = fc.array(fc.constantFrom(0x00, 0x01, 0x10, 0x11, 0xff), { minLength: 4, maxLength: 4 }).map((bytes) => Uint8Array.from(bytes));
const value = fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 3 }), fc.uint8Array({ minLength: 31, maxLength: 40 }));
const batch = fc.array(fc.tuple(clusteredKey, fc.option(value, { nil: undefined })), { minLength: 1, maxLength: 24 });

test('any sequence of batches gives the root of @ethereumjs/mpt, and storage holds exactly the nodes of that trie', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(batch, { minLength: 1, maxLength: 6 }), async (batches) => {
      const trie = new MemoryTrie();
      const reference = await createMPT();
      const content = new Map<string, Uint8Array>();
      for (const entries of batches) {
        const unique = new Map(entries.map(([key, item]) => [toHex(key), { key, item }]));
        trie.apply([...unique.values()].map(({ key, item }) => ({ key: toNibbles(key), value: item })));
        for (const [hex, { key, item }] of unique) {
          if (item === undefined) {
            await reference.del(key);
            content.delete(hex);
          } else {
            await reference.put(key, item);
            content.set(hex, item);
          }
        }
        assert.equal(toHex(trie.root), toHex(reference.root()));
      }
      const fresh = new MemoryTrie();
      if (content.size > 0) fresh.apply([...content].map(([hex, item]) => ({ key: toNibbles(Buffer.from(hex.slice(2), 'hex')), value: item })));
      assert.deepEqual(new Map([...trie.nodes].map(([k, v]) => [k, toHex(v.raw)])), new Map([...fresh.nodes].map(([k, v]) => [k, toHex(v.raw)])));
    }),
    { numRuns: 400 },
  );
});

test('hashed keys with proofs: presence and absence verify with @ethereumjs/mpt', async () => {
  const trie = new MemoryTrie();
  const keys = Array.from({ length: 300 }, (_, i) => keccak256(Uint8Array.of(i >> 8, i & 255)));
  trie.apply(keys.slice(0, 250).map((key, i) => ({ key: toNibbles(key), value: encodeRlp(BigInt(i + 1)) })));
  for (const [i, key] of keys.entries()) {
    const proof = proveKey(trie, toNibbles(key));
    const proven = await verifyMPTWithMerkleProof(await createMPT(), trie.root, key, proof);
    if (i < 250) assert.ok(proven !== null && equalBytes(proven, encodeRlp(BigInt(i + 1))));
    else assert.equal(proven, null);
  }
});

test('deleting everything in one batch leaves the empty root and no stored node', () => {
  const trie = new MemoryTrie();
  const keys = Array.from({ length: 100 }, (_, i) => toNibbles(keccak256(Uint8Array.of(i))));
  trie.apply(keys.map((key) => ({ key, value: Uint8Array.of(1, 2, 3) })));
  trie.apply(keys.map((key) => ({ key, value: undefined })));
  assert.deepEqual(trie.root, EMPTY_TRIE_ROOT);
  assert.equal(trie.nodes.size, 0);
});

test('the root of an ordered list equals that of a trie of rlp(index)', async () => {
  for (const length of [0, 1, 2, 127, 128, 129, 300]) {
    const keys = Array.from({ length }, (_, i) => encodeRlp(BigInt(i)));
    const values = keys.map((_, i) => encodeRlp([BigInt(i), new Uint8Array(40).fill(i & 255)]));
    const reference = await createMPT();
    for (const [i, key] of keys.entries()) await reference.put(key, values[i]!);
    assert.equal(toHex(orderedRoot(values)), toHex(reference.root()), `length ${length}`);
  }
});

test('a node survives encoding and decoding', () => {
  const reference = keccak256(Uint8Array.of(7));
  const nodes = [
    { kind: 'leaf', key: Uint8Array.of(1, 2, 3), value: toMinimalBytes(toBigInt(reference)) },
    { kind: 'leaf', key: new Uint8Array(0), value: Uint8Array.of(5) },
    { kind: 'extension', key: Uint8Array.of(15, 0), child: reference },
    { kind: 'branch', children: Array.from({ length: 16 }, (_, i) => (i % 3 === 0 ? reference : undefined)) },
  ] as const;
  for (const node of nodes) assert.deepEqual(decodeNode(encodeNode(node)), node);
});
