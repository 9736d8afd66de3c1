// The ordered trie root against @ethereumjs/mpt, which it does not import.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMPT } from '@ethereumjs/mpt';
import { RLP } from '@ethereumjs/rlp';
import { minimalBytes, toHex } from '@keyfall/protocol';
import fc from 'fast-check';
import { orderedTrieRoot } from '../../../node/l1/orderedTrie.ts';

async function reference(values: readonly Uint8Array[]): Promise<string> {
  const trie = await createMPT();
  for (const [index, value] of values.entries()) await trie.put(RLP.encode(minimalBytes(BigInt(index))), value);
  return toHex(trie.root());
}

describe('ordered trie root', () => {
  it('is the empty trie’s root for an empty list', () => {
    assert.equal(toHex(orderedTrieRoot([])), '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421');
  });

  it('equals the reference trie at every length around the key encodings’ boundaries', async () => {
    for (const length of [1, 2, 15, 16, 17, 127, 128, 129, 130, 255, 256, 257, 300]) {
      const values = Array.from({ length }, (_, i) => new Uint8Array(1 + (i * 37) % 70).fill((i % 255) + 1));
      assert.equal(toHex(orderedTrieRoot(values)), await reference(values), `length ${length}`);
    }
  });

  it('equals the reference trie for any values, those short enough to be inlined among them', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 40 }), async (values) => {
      assert.equal(toHex(orderedTrieRoot(values)), await reference(values));
    }), { numRuns: 60 });
  });
});
