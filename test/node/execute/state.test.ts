// Overlay, commit and store against EthereumJS's own state manager, and the laws of history: old blocks read as they were,
// unwinding leaves the store byte for byte as it was.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Common, Hardfork, Mainnet } from '@ethereumjs/common';
import { createMPT, verifyMPTWithMerkleProof } from '@ethereumjs/mpt';
import { MerkleStateManager } from '@ethereumjs/statemanager';
import { Account as EvmAccount, Address } from '@ethereumjs/util';
import { toHex, toKey, toWord } from '../../../node/execute/bytes.ts';
import { keccak256 } from '../../../node/execute/crypto.ts';
import { MemoryStore } from '../../../node/execute/memory-store.ts';
import { OverlayState } from '../../../node/execute/overlay.ts';
import { encodeRlp } from '../../../node/execute/rlp.ts';
import { commitGenesis, commitState } from '../../../node/execute/state-commit.ts';
import { CommittedState, encodeTrieAccount } from '../../../node/execute/state-view.ts';
import { StateStore } from '../../../node/execute/store.ts';
import { ExecutionFault } from '../../../node/execute/api.ts';

const address = (tag: number): Address => new Address(new Uint8Array(20).fill(tag + 1));
const slot = (tag: number): Uint8Array => new Uint8Array(32).fill(tag);

type Step =
  | { kind: 'account'; at: number; nonce: bigint; balance: bigint }
  | { kind: 'code'; at: number; code: Uint8Array }
  | { kind: 'slot'; at: number; slot: number; value: Uint8Array }
  | { kind: 'delete'; at: number }
  | { kind: 'clear'; at: number }
  | { kind: 'nested'; steps: Step[]; isKept: boolean };
const at = fc.nat(4);
const leaf = fc.oneof(
  fc.record({ kind: fc.constant('account' as const), at, nonce: fc.bigInt(0n, 300n), balance: fc.bigInt(0n, 2n ** 80n) }),
  fc.record({ kind: fc.constant('code' as const), at, code: fc.uint8Array({ minLength: 1, maxLength: 40 }) }),
  fc.record({ kind: fc.constant('slot' as const), at, slot: fc.nat(5), value: fc.oneof(fc.constant(new Uint8Array(0)), fc.uint8Array({ minLength: 1, maxLength: 32 })) }),
  fc.record({ kind: fc.constant('delete' as const), at }),
  fc.record({ kind: fc.constant('clear' as const), at }),
);
const steps: fc.Arbitrary<Step[]> = fc.array(fc.oneof({ weight: 5, arbitrary: leaf }, { weight: 1, arbitrary: fc.record({ kind: fc.constant('nested' as const), steps: fc.array(leaf, { maxLength: 5 }), isKept: fc.boolean() }) }), { maxLength: 12 });

async function apply(target: OverlayState | MerkleStateManager, list: readonly Step[]): Promise<void> {
  for (const step of list) {
    if (step.kind === 'nested') {
      await target.checkpoint();
      await apply(target, step.steps);
      await (step.isKept ? target.commit() : target.revert());
      continue;
    }
    const where = address(step.at);
    const account = await target.getAccount(where);
    if (step.kind === 'account') {
      const next = account ?? new EvmAccount();
      next.nonce = step.nonce;
      next.balance = step.balance;
      await target.putAccount(where, next);
    } else if (step.kind === 'code') await target.putCode(where, step.code);
    else if (step.kind === 'delete') {
      // EthereumJS's own deletion leaves cached slots behind, which would come back with the account.
      if (account !== undefined) await target.clearStorage(where);
      await target.deleteAccount(where);
    } else if (account === undefined) continue;
    else if (step.kind === 'clear') await target.clearStorage(where);
    else if (step.kind === 'slot') await target.putStorage(where, slot(step.slot), trimmed(step.value));
  }
}

function trimmed(value: Uint8Array): Uint8Array {
  const first = value.findIndex((byte) => byte !== 0);
  return first === -1 ? new Uint8Array(0) : value.subarray(first);
}

function dump(store: MemoryStore): Map<string, string> {
  const entries = new Map<string, string>();
  let from: Uint8Array = new Uint8Array(0);
  for (;;) {
    const entry = store.first(from, new Uint8Array(300).fill(255));
    if (entry === undefined) return entries;
    // Code is content-addressed and stays.
    if (entry.key[0] !== 0x63) entries.set(toHex(entry.key), toHex(entry.value));
    from = Buffer.concat([entry.key, Buffer.of(0)]);
  }
}

async function newState(): Promise<{ kv: MemoryStore; committed: CommittedState; overlay: OverlayState; seal: (list: readonly Step[]) => Promise<Uint8Array> }> {
  const kv = new MemoryStore();
  const committed = new CommittedState(new StateStore(kv, undefined));
  const overlay = new OverlayState({ baseAccount: () => undefined, baseStorage: () => new Uint8Array(0), baseCode: () => new Uint8Array(0) });
  const seal = async (list: readonly Step[]): Promise<Uint8Array> => {
    const { head } = committed.store;
    const view = head === undefined ? undefined : committed.at(head);
    if (view !== undefined) overlay.attach(view);
    await apply(overlay, list);
    const state = (view === undefined ? commitGenesis(overlay, committed.store) : commitState(overlay, view, committed.store));
    await committed.commit(head === undefined ? 0n : head + 1n, new Uint8Array(1), state, []);
    return state.stateRoot;
  };
  return { kv, committed, overlay, seal };
}

test('any blocks of changes, checkpoints, deletions and clearings give the roots of EthereumJS', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 1, maxLength: 5 }), async (blocks) => {
      const { seal } = await newState();
      const reference = new MerkleStateManager({ common: new Common({ chain: Mainnet, hardfork: Hardfork.Osaka }) });
      for (const list of blocks) {
        await reference.checkpoint();
        await apply(reference, list);
        await reference.commit();
        assert.equal(toHex(await seal(list)), toHex(await reference.getStateRoot()));
      }
    }),
    { numRuns: 150 },
  );
});

test('old blocks read as they were, and unwinding leaves the store as it was, byte for byte', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 3, maxLength: 6 }), fc.nat(4), async (blocks, back) => {
      const { kv, committed, seal } = await newState();
      const seen: { dump: Map<string, string>; read: string; root: Uint8Array }[] = [];
      const readAll = (number: bigint): string => {
        const view = committed.at(number);
        const accounts = [0, 1, 2, 3, 4].map((tag) => {
          const account = view.account(address(tag).bytes);
          const slots = [0, 1, 2, 3, 4, 5].map((which) => toHex(view.storage(address(tag).bytes, slot(which))));
          return `${account === undefined ? 'absent' : toHex(encodeTrieAccount(account))} ${toHex(view.code(address(tag).bytes))} ${slots.join()}`;
        });
        return accounts.join('\n');
      };
      for (const list of blocks) {
        const root = await seal(list);
        seen.push({ dump: dump(kv), read: readAll(BigInt(seen.length)), root });
      }
      for (const [number, { read }] of seen.entries()) assert.equal(readAll(BigInt(number)), read, `block ${number} read later`);
      const target = Math.max(0, seen.length - 1 - back);
      await committed.store.unwind(BigInt(target), []);
      committed.unwound();
      assert.deepEqual(dump(kv), seen[target]!.dump);
      assert.equal(readAll(BigInt(target)), seen[target]!.read);
      for (let number = target + 1; number < seen.length; number++) assert.equal(toHex(await seal(blocks[number]!)), toHex(seen[number]!.root));
    }),
    { numRuns: 60 },
  );
});

test('proofs of accounts and slots verify against the root, at the head and at older blocks', async () => {
  const { committed, seal } = await newState();
  const roots: Uint8Array[] = [];
  for (let i = 0; i < 4; i++) {
    const list: Step[] = Array.from({ length: 20 }, (_, n) => ({ kind: 'account' as const, at: n, nonce: 1n, balance: BigInt(n * 100 + i + 1) }));
    for (let n = 0; n < 30; n++) list.push({ kind: 'slot', at: n % 3, slot: n, value: Uint8Array.of(n + i + 1) });
    roots.push(await seal(list));
  }
  for (const [number, root] of roots.entries()) {
    const view = committed.at(BigInt(number));
    for (let tag = 0; tag < 25; tag++) {
      const where = address(tag).bytes;
      const proof = view.proof(where, [slot(0), slot(tag), toWord(Uint8Array.of(99))]);
      const proven = await verifyMPTWithMerkleProof(await createMPT(), root, keccak256(where), [...proof.accountProof]);
      if (tag >= 20) {
        assert.equal(proven, null);
        continue;
      }
      assert.equal(toHex(proven!), toHex(encodeTrieAccount(proof.account)));
      assert.equal(proof.account.balance, BigInt(tag * 100 + number + 1));
      if (tag >= 3) continue;
      for (const { key, value, proof: nodes } of proof.storageProof) {
        const found = await verifyMPTWithMerkleProof(await createMPT(), proof.account.storageRoot, keccak256(key), [...nodes]);
        assert.equal(found === null ? '0x' : toHex(found), value === 0n ? '0x' : toHex(encodeRlp(value)));
      }
    }
  }
});

test('a store refuses gaps, unwinding beyond what it retains, and two writes at once', async () => {
  const kv = new MemoryStore();
  const store = new StateStore(kv, 2n);
  const nothing = { versioned: [], code: [] };
  await assert.rejects(store.commit(1n, new Uint8Array(1), nothing, []), ExecutionFault);
  for (let number = 0n; number < 5n; number++) await store.commit(number, new Uint8Array(1), nothing, []);
  await assert.rejects(store.unwind(2n, []), ExecutionFault);
  await assert.rejects(store.unwind(9n, []), ExecutionFault);
  await assert.rejects(store.commit(9n, new Uint8Array(1), nothing, []), ExecutionFault);
  const writing = store.commit(5n, new Uint8Array(1), nothing, []);
  await assert.rejects(store.unwind(3n, []), ExecutionFault);
  await writing;
  assert.equal(store.head, 5n);
});

test('a reader racing a commit sees the old block or the new one by its number, never a mixture', async () => {
  const { committed, seal, overlay } = await newState();
  await seal([{ kind: 'account', at: 0, nonce: 1n, balance: 1n }]);
  const view = committed.at(0n);
  overlay.attach(view);
  await apply(overlay, [{ kind: 'account', at: 0, nonce: 1n, balance: 2n }]);
  let isWritten = false;
  const writing = committed.commit(1n, new Uint8Array(1), commitState(overlay, view, committed.store), []).then(() => { isWritten = true; });
  for (let turn = 0; !isWritten; turn++) {
    assert.equal(view.account(address(0).bytes)?.balance, 1n);
    // In whichever turn the head moves, what it names is what is read: the cache held the old balance until then.
    const { head } = committed.store;
    assert.equal(committed.at(head ?? 0n).account(address(0).bytes)?.balance, head === 1n ? 2n : 1n, `turn ${turn}`);
    await Promise.resolve();
  }
  await writing;
  assert.equal(view.account(address(0).bytes)?.balance, 1n);
  assert.equal(committed.at(1n).account(address(0).bytes)?.balance, 2n);
  assert.equal(toKey(address(0).bytes).length, 20);
});
