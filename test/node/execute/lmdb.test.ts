// The engine on lmdb and in memory: the same blocks, history, proofs, pruning and unwinding, and after reopening too.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fromHex, toHex } from '../../../node/execute/bytes.ts';
import { createEngine, MemoryStore } from '../../../node/execute/index.ts';
import type { ExecutionEngine, StateKeyValue } from '../../../node/execute/index.ts';
import { openLmdb } from '../../../node/store/lmdb.ts';
import { addressOf, assemble, blockInput, CHAIN_ID, contractAddress, ETHER, FEE_VAULT_ADDRESS, HISTORY_ADDRESS, HISTORY_CODE, ListSource, sign, wallets } from './chain-fixture.ts';

/** slot 0 += 1 and slot[caller] = it: new slots and changed ones. */
const COUNTER = assemble(0x5f, 0x54, 0x60, 1, 0x01, 0x80, 0x5f, 0x55, 0x33, 0x55);
const alloc = [
  { address: HISTORY_ADDRESS, account: { nonce: 1n, code: HISTORY_CODE } },
  { address: FEE_VAULT_ADDRESS, account: { nonce: 1n, code: fromHex('00') } },
  { address: contractAddress(0), account: { nonce: 1n, code: COUNTER } },
  ...wallets.map((wallet) => ({ address: addressOf(wallet), account: { balance: 1000n * ETHER } })),
];
const open = async (store: StateKeyValue): Promise<ExecutionEngine> => createEngine({ chainId: CHAIN_ID, store, genesis: { timestamp: 0n, alloc }, recoveryWorkers: 0, retainedBlocks: 24n });

function everything(engine: ExecutionEngine, number: bigint): string {
  const at = engine.stateAt(number);
  assert.ok(at.ok);
  const { state } = at;
  const accounts = wallets.map((wallet) => `${state.account(addressOf(wallet))?.balance} ${state.account(addressOf(wallet))?.nonce}`);
  const proof = state.proof(contractAddress(0), [new Uint8Array(32)]);
  return [...accounts, toHex(state.storage(contractAddress(0), new Uint8Array(32))), ...proof.accountProof.map(toHex), ...proof.storageProof.flatMap((slot) => slot.proof.map(toHex))].join('\n');
}

test('lmdb and memory hold the same chain through commits, pruning, unwinding and reopening', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'keyfall-execute-'));
  try {
    let lmdb = await openLmdb(directory);
    const [memory, first] = [await open(new MemoryStore()), await open(lmdb)];
    let durable = first;
    let nonce = 0;
    for (let round = 0; round < 48; round++) {
      const transactions = await Promise.all([0, 1, 2].map(async (i) => sign(wallets[i]!, { nonce, gasLimit: 100_000n, to: i === 0 ? toHex(contractAddress(0)) : `0x${((round * 7 + i) % 50 + 1).toString(16).padStart(40, '0')}`, value: i === 0 ? 0n : BigInt(round + 1) })));
      nonce++;
      for (const engine of [memory, durable]) {
        const built = await engine.buildBlock(blockInput(engine), new ListSource(transactions));
        assert.ok(built.ok && built.pending.block.transactions.length === 3);
        await built.pending.commit();
      }
      assert.equal(toHex(durable.head.hash), toHex(memory.head.hash));
      if (round % 16 === 15) {
        for (const engine of [memory, durable]) await engine.unwind(engine.head.header.number - 3n);
        nonce -= 3;
        await lmdb.close();
        lmdb = await openLmdb(directory);
        durable = await open(lmdb);
        assert.equal(toHex(durable.head.hash), toHex(memory.head.hash));
      }
    }
    assert.equal(durable.oldestRetained, memory.oldestRetained);
    for (let number = memory.oldestRetained; number <= memory.head.header.number; number++) assert.equal(everything(durable, number), everything(memory, number), `block ${number}`);
    await lmdb.close();
  } finally {
    rmSync(directory, { recursive: true });
  }
});
