// Proofs checked in the browser: against tries that @ethereumjs/mpt built (an implementation that is not ours), whole and with every
// node changed, cut and padded; and the codecs between a withdrawal and its slot.
// What the contracts accept is tested in test/contracts; here the same proofs must give the same verdict before anyone signs.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createMPT, createMerkleProof } from '@ethereumjs/mpt';
import fc from 'fast-check';
import { bytesToHex, hexToBytes, keccak256, toRlp } from 'viem';
import type { Hex } from 'viem';
import { MESSAGE_PASSER } from '../../node/protocol/addresses.ts';
import { sentSlot } from '../../node/protocol/withdrawal.ts';
import { parseProofAnswer } from '../../governance-ui/chain/proof/account.ts';
import { verifyInclusion } from '../../governance-ui/chain/proof/trie.ts';
import { verifyWithdrawal } from '../../governance-ui/chain/proof/withdrawal.ts';

interface Built { readonly root: Hex; readonly prove: (key: Hex) => Promise<Hex[]> }

async function build(entries: readonly (readonly [Hex, Hex])[]): Promise<Built> {
  const trie = await createMPT({ useKeyHashing: false });
  for (const [key, value] of entries) await trie.put(hexToBytes(key), hexToBytes(value));
  return { root: bytesToHex(trie.root()), prove: async (key) => (await createMerkleProof(trie, hexToBytes(key))).map((node) => bytesToHex(node)) };
}

const keyOf = (index: number): Hex => keccak256(`0x${index.toString(16).padStart(8, '0')}`);

describe('proofs of inclusion', () => {
  test('what an independent trie proves is accepted with its value, at many sizes', async () => {
    for (const size of [1, 2, 17, 400]) {
      const { root, prove } = await build(Array.from({ length: size }, (_, index) => [keyOf(index), toRlp(`0x${(index + 1).toString(16).padStart(64, '0')}`)] as const));
      for (const index of new Set([0, size >> 1, size - 1])) {
        const verdict = verifyInclusion(root, keyOf(index), await prove(keyOf(index)));
        assert.ok(verdict.ok, JSON.stringify(verdict));
        assert.equal(verdict.value, toRlp(`0x${(index + 1).toString(16).padStart(64, '0')}`));
      }
    }
  });

  test('an absent key, another root, a changed, missing or additional node are all refused', async () => {
    const { root, prove } = await build(Array.from({ length: 300 }, (_, index) => [keyOf(index), '0x01'] as const));
    const key = keyOf(7);
    const proof = await prove(key);
    assert.ok(proof.length >= 2);
    assert.ok(!verifyInclusion(root, keyOf(1_000), await prove(keyOf(1_000))).ok);
    assert.ok(!verifyInclusion(keyOf(1), key, proof).ok);
    assert.ok(!verifyInclusion(root, keyOf(8), proof).ok);
    assert.ok(!verifyInclusion(root, key, proof.slice(0, -1)).ok);
    assert.ok(!verifyInclusion(root, key, [...proof, proof[0] ?? '0x']).ok);
    assert.ok(!verifyInclusion(root, key, []).ok);
    fc.assert(fc.property(fc.nat({ max: proof.length - 1 }), fc.nat(), fc.integer({ min: 1, max: 255 }), (node, position, flip) => {
      const bytes = hexToBytes(proof[node] ?? '0x');
      bytes[position % bytes.length] = (bytes[position % bytes.length] ?? 0) ^ flip;
      const changed = proof.map((original, index) => (index === node ? bytesToHex(bytes) : original));
      assert.ok(!verifyInclusion(root, key, changed).ok);
    }), { numRuns: 150 });
  });

  test('bytes that are no nodes are refused and never throw', () => {
    fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 4 }), (nodes) => {
      const hexNodes = nodes.map((node) => bytesToHex(node));
      assert.ok(!verifyInclusion(hexNodes[0] === undefined ? keyOf(0) : keccak256(hexNodes[0]), keyOf(3), hexNodes).ok);
    }));
  });
});

describe('the proof of a withdrawal', () => {
  async function world(value: Hex): Promise<{ stateRoot: Hex; hash: Hex; answer: ReturnType<typeof parseProofAnswer> }> {
    const hash = keyOf(99);
    const storage = await build([[keccak256(sentSlot(hash)), toRlp(value)], ...Array.from({ length: 40 }, (_, index) => [keyOf(index), '0x01'] as const)]);
    const account = toRlp(['0x01', '0x', storage.root, keyOf(5)]);
    const state = await build([[keccak256(MESSAGE_PASSER), account], ...Array.from({ length: 40 }, (_, index) => [keyOf(index), account] as const)]);
    const answer = parseProofAnswer({ accountProof: await state.prove(keccak256(MESSAGE_PASSER)), storageProof: [{ key: sentSlot(hash), proof: await storage.prove(keccak256(sentSlot(hash))) }] });
    return { stateRoot: state.root, hash, answer };
  }

  test('is accepted under its root and gives the storage root that was proven', async () => {
    const { stateRoot, hash, answer } = await world('0x01');
    assert.ok(verifyWithdrawal({ stateRoot, withdrawalHash: hash, answer }).sizeBytes > 0);
  });

  test('is refused for another withdrawal, another root, and a slot that does not hold 1', async () => {
    const { stateRoot, hash, answer } = await world('0x01');
    assert.throws(() => verifyWithdrawal({ stateRoot, withdrawalHash: keyOf(98), answer }), /slot/);
    assert.throws(() => verifyWithdrawal({ stateRoot: keyOf(1), withdrawalHash: hash, answer }), /account/);
    const two = await world('0x02');
    assert.throws(() => verifyWithdrawal({ stateRoot: two.stateRoot, withdrawalHash: two.hash, answer: two.answer }), /hold 1/);
  });

  test('an answer without its parts is refused by name', () => {
    assert.throws(() => parseProofAnswer(null), /accountProof/);
    assert.throws(() => parseProofAnswer({ accountProof: [], storageProof: [{}] }), /key and nodes/);
  });
});
