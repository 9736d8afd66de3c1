// Withdrawals over tries of real size, made by another implementation or compared with one: the deployed Vault pays with exactly the
// proof that a client accepts, and with no byte of it changed.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createMPT, verifyMerkleProof } from '@ethereumjs/mpt';
import fc from 'fast-check';
import { ZeroAddress, encodeRlp, getBytes, hexlify, keccak256, toBeHex, type Contract } from 'ethers';
import { MESSAGE_PASSER, sentSlot, withdrawalHash, type Hex } from '@keyfall/protocol';
import { DeployedSystem } from './deployed.ts';
import { accountRlp, buildTrie, type Trie } from './trie.ts';

const SEED = 20261122;
const RECIPIENT: Hex = '0x00000000000000000000000000000000000c0ffe';
let system: DeployedSystem;

before(async () => {
  system = await DeployedSystem.start();
  const inbox = system.contract('Inbox');
  const price = (await inbox.getFunction('price').staticCall(30_000n)) as bigint;
  const mint = 10n ** 20n;
  await system.send(inbox, 'sendCall', [RECIPIENT, mint, mint, 30_000n, 0n, '0x'], mint + price);
});
after(() => system.stop());

interface Prepared {
  readonly index: bigint;
  readonly withdrawals: readonly unknown[][];
  readonly accountProof: string[];
  readonly storage: Trie;
  readonly slots: readonly string[];
}

let nonce = 0n;

/** A final state in which `count` withdrawals of 1 gwei were sent, among `accounts` accounts. */
async function prepare(count: number, accounts: number): Promise<Prepared> {
  const withdrawals = Array.from({ length: count }, () => ({
    nonce: nonce++, assetKind: 'eth' as const, token: ZeroAddress as Hex, id: 0n, amount: 10n ** 9n, from: RECIPIENT, recipient: RECIPIENT,
  }));
  const slots = withdrawals.map((withdrawal) => sentSlot(withdrawalHash(withdrawal)));
  const storage = buildTrie(slots.map((slot) => ({ key: slot, value: encodeRlp('0x01') })));
  const account = accountRlp(1n, 0n, storage.root, keccak256('0x60'));
  const others = Array.from({ length: accounts - 1 }, (_, i) => ({ key: toBeHex(i + 1, 20), value: accountRlp(BigInt(i), 10n ** 18n, keccak256('0x80'), keccak256('0x')) }));
  const state = buildTrie([{ key: MESSAGE_PASSER, value: account }, ...others]);
  const { index } = await system.finalizeRoot(state.root);
  return {
    index, storage, slots, accountProof: state.prove(MESSAGE_PASSER),
    withdrawals: withdrawals.map(({ assetKind: _, ...w }) => [w.nonce, 0, w.token, w.id, w.amount, w.from, w.recipient]),
  };
}

async function isRefused(vault: Contract, prepared: Prepared, position: number, accountProof: string[], storageProof: string[]): Promise<boolean> {
  try {
    await vault.getFunction('withdraw').staticCall(prepared.index, prepared.withdrawals[position], accountProof, storageProof);
    return false;
  } catch {
    return true;
  }
}

test('the trie builder gives the roots and proofs of @ethereumjs/mpt', async () => {
  await fc.assert(fc.asyncProperty(fc.uniqueArray(fc.bigInt({ min: 0n, max: 1n << 256n }).map((n) => toBeHex(n & ((1n << 256n) - 1n), 32)), { minLength: 1, maxLength: 60 }), async (keys) => {
    const reference = await createMPT({ useKeyHashing: true });
    for (const key of keys) await reference.put(getBytes(key), getBytes(encodeRlp('0x01')));
    const built = buildTrie(keys.map((key) => ({ key, value: encodeRlp('0x01') })));
    assert.equal(built.root, hexlify(reference.root()));
    const value = await verifyMerkleProof(getBytes(keys[0]!), built.prove(keys[0]!).map((node) => getBytes(node)), { useKeyHashing: true, root: getBytes(built.root) });
    assert.deepEqual(value, getBytes(encodeRlp('0x01')));
  }), { seed: SEED, numRuns: 60 });
});

test('P-042 P-043 every withdrawal of a state with 300 of them among 3,000 accounts is paid once', async () => {
  const prepared = await prepare(300, 3_000);
  const vault = system.contract('Vault');
  for (const position of [0, 1, 150, 299]) {
    const before = await system.provider.getBalance(RECIPIENT);
    const proof = position === 0 ? prepared.accountProof : [];
    await system.send(vault, 'withdraw', [prepared.index, prepared.withdrawals[position], proof, prepared.storage.prove(prepared.slots[position]!)]);
    assert.equal(await system.provider.getBalance(RECIPIENT), before + 10n ** 9n);
    assert.ok(await isRefused(vault, prepared, position, prepared.accountProof, prepared.storage.prove(prepared.slots[position]!)), 'a second time');
  }
});

test('P-043 a proof with any one byte changed, a node dropped, doubled or swapped, or of another slot is refused', async (t) => {
  const prepared = await prepare(40, 60);
  const vault = system.contract('Vault');
  const storageProof = prepared.storage.prove(prepared.slots[7]!);
  const good = { account: prepared.accountProof, storage: storageProof };
  assert.equal(await isRefused(vault, prepared, 7, good.account, good.storage), false, 'the proof itself is accepted');
  const changed: [string[], string[]][] = [];
  for (const which of ['account', 'storage'] as const) {
    const nodes = good[which];
    const put = (next: string[]): void => { changed.push(which === 'account' ? [next, good.storage] : [good.account, next]); };
    nodes.forEach((node, at) => {
      const bytes = getBytes(node);
      // Every byte of the leaf, every seventh of the branches: a branch has 500.
      for (let i = 0; i < bytes.length; i += at === nodes.length - 1 ? 1 : 7) {
        const mutated = Uint8Array.from(bytes);
        mutated[i] = (mutated[i] ?? 0) ^ (1 << (i % 8));
        put(nodes.with(at, hexlify(mutated)));
      }
      put(nodes.toSpliced(at, 1));
      put(nodes.toSpliced(at, 0, node));
      put(nodes.with(at, `${node}00`));
      put(nodes.with(at, node.slice(0, -2)));
    });
    put([...nodes, '0x']);
    put([...nodes].reverse());
    put([]);
  }
  changed.push([good.account, prepared.storage.prove(prepared.slots[8]!)]);
  let accepted = 0;
  for (const [account, storage] of changed) if (!(await isRefused(vault, prepared, 7, account, storage))) accepted += 1;
  assert.equal(accepted, 0, `of ${changed.length} changed proofs`);
  t.diagnostic(`${changed.length} changed proofs refused`);
});
