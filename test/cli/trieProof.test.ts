// Proofs of inclusion as the command line checks them before it sends: differential against @ethereumjs/mpt, and every byte mutated.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMPT, createMerkleProof, verifyMPTWithMerkleProof } from '@ethereumjs/mpt';
import fc from 'fast-check';
import { concat, encodeRlp, keccak, toHex, uintBytes } from '@keyfall/protocol';
import type { Hex } from '@keyfall/protocol';
import { provenAccount, provenSlot, provenValue } from '../../node/cli/exit/trieProof.ts';

const SEED = Number(process.env['KEYFALL_SEED'] ?? 20_261_127);
const trimmed = (value: bigint): Uint8Array => Uint8Array.from(Buffer.from(value.toString(16).padStart(value.toString(16).length + (value.toString(16).length % 2), '0'), 'hex'));
const slotKey = (index: number): Uint8Array => uintBytes(BigInt(index), 32);

/** A storage trie as a client builds it, of words that are short and long. */
async function storage(size: number): Promise<{ root: Hex; prove: (key: Uint8Array) => Promise<Hex[]>; word: (index: number) => bigint; mpt: Awaited<ReturnType<typeof createMPT>> }> {
  const mpt = await createMPT({ useKeyHashing: true });
  const word = (index: number): bigint => (index % 3 === 0 ? BigInt(index + 1) : (BigInt(index + 1) << 200n) | 5n);
  for (let index = 0; index < size; index++) await mpt.put(slotKey(index), encodeRlp(trimmed(word(index))));
  return { root: toHex(mpt.root()), prove: async (key) => (await createMerkleProof(mpt, key)).map((node) => toHex(node)), word, mpt };
}

test('every key of tries of many sizes is proven with its word, as the client itself proves it', async () => {
  for (const size of [1, 2, 3, 17, 300]) {
    const { root, prove, word, mpt } = await storage(size);
    for (let index = 0; index < size; index += Math.max(1, Math.floor(size / 40))) {
      const proof = await prove(slotKey(index));
      assert.deepEqual(provenSlot(root, toHex(slotKey(index)), proof), { ok: true, value: word(index) });
      const theirs = await verifyMPTWithMerkleProof(mpt, mpt.root(), slotKey(index), proof.map((node) => Uint8Array.from(Buffer.from(node.slice(2), 'hex'))));
      assert.deepEqual(theirs, encodeRlp(trimmed(word(index))));
    }
    for (const absent of [size, size + 1, size + 77]) assert.equal(provenSlot(root, toHex(slotKey(absent)), await prove(slotKey(absent))).ok, false, 'a key that is not there has no proof');
  }
});

test('no byte of a proof can be changed, cut or added, and no node be left out, repeated or moved', async () => {
  const { root, prove } = await storage(120);
  const slot = toHex(slotKey(7));
  const proof = await prove(slotKey(7));
  assert.equal(provenSlot(root, slot, proof).ok, true);
  for (const [position, node] of proof.entries()) {
    const bytes = Buffer.from(node.slice(2), 'hex');
    for (let at = 0; at < bytes.length; at++) {
      for (const flip of [0x01, 0x80, 0xff]) {
        const changed = Uint8Array.from(bytes);
        changed[at] = changed[at]! ^ flip;
        const outcome = provenSlot(root, slot, proof.with(position, toHex(changed)));
        assert.equal(outcome.ok, false, `byte ${at} of node ${position}`);
      }
    }
    const others = [proof.toSpliced(position, 1), proof.toSpliced(position, 0, node), proof.with(position, toHex(bytes.subarray(1))), proof.with(position, `${node}00`), proof.with(position, '0x')];
    for (const other of others) assert.equal(provenSlot(root, slot, other).ok, false, `node ${position}`);
  }
  assert.equal(provenSlot(root, slot, [...proof, proof[0]!]).ok, false, 'a trailing node');
  assert.equal(provenSlot(root, slot, []).ok, false, 'no node');
  assert.equal(provenSlot(toHex(keccak(Uint8Array.of(1))), slot, proof).ok, false, 'another root');
  assert.equal(provenSlot(root, toHex(slotKey(8)), proof).ok, false, 'another key');
});

test('whatever bytes are given as a proof, checking them ends with an answer', () => {
  fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 4 }), fc.boolean(), (nodes, isRooted) => {
    const first = nodes[0] ?? new Uint8Array(0);
    const root = isRooted ? toHex(keccak(first)) : toHex(keccak(Uint8Array.of(9)));
    assert.equal(provenValue(root, Uint8Array.of(1), nodes.map((node) => toHex(node))).ok, false);
  }), { seed: SEED, numRuns: 2_000 });
});

test('a node that its parent embeds is followed in place, and only canonical accounts and words are taken', async () => {
  // A branch over two leaves of less than 32 bytes, whose paths are cut short on purpose: no trie of hashed keys is that deep.
  const path = keccak(Uint8Array.of(5));
  const nibble = path[0]! >> 4;
  const leaf = [concat(Uint8Array.of(0x30 | (path[0]! & 0x0f)), path.subarray(1)), Uint8Array.of(7)];
  const branch: (Uint8Array | Uint8Array[])[] = Array.from({ length: 17 }, () => new Uint8Array(0));
  branch[nibble] = leaf;
  const encoded = encodeRlp(branch);
  assert.deepEqual(provenValue(toHex(keccak(encoded)), Uint8Array.of(5), [toHex(encoded)]), { ok: true, value: Uint8Array.of(7) });

  const address: Hex = `0x${'ab'.repeat(20)}`;
  const fields = [Uint8Array.of(3), Uint8Array.of(1, 0), keccak(Uint8Array.of(1)), keccak(Uint8Array.of(2))];
  const rooted = (item: Uint8Array): [Hex, Hex[]] => {
    const hashed = keccak(Buffer.from(address.slice(2), 'hex'));
    const node = encodeRlp([concat(Uint8Array.of(0x20), hashed), item]);
    return [toHex(keccak(node)), [toHex(node)]];
  };
  const account = (items: Uint8Array[]): ReturnType<typeof provenAccount> => { const [root, proof] = rooted(encodeRlp(items)); return provenAccount(root, address, proof); };
  assert.deepEqual(account(fields), { ok: true, value: { nonce: 3n, balance: 256n, storageRoot: toHex(fields[2]!), codeHash: toHex(fields[3]!) } });
  assert.equal(account(fields.slice(0, 3)).ok, false, 'three fields');
  assert.equal(account([...fields, Uint8Array.of(1)]).ok, false, 'five fields');
  assert.equal(account(fields.with(1, Uint8Array.of(0, 1))).ok, false, 'a leading zero');
  assert.equal(account(fields.with(2, new Uint8Array(31))).ok, false, 'a short storage root');
});
