// Benchmark of the engine alone: plain transfers or ERC-20 transfers, build and commit, over a chosen number of accounts.
//
// Usage: bench.ts [--accounts N] [--blocks N] [--size N] [--kind transfer|token] [--store memory|lmdb] [--directory D]
// With --directory the lmdb store is kept; a second run opens it instead of making the genesis again.
// Owns: the workload and the figures. Does not own: the node's own benchmark over RPC. Signing and sender recovery happen
// before the clock starts and are timed apart. Invariant: every transaction it counts was included with status 1.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import secp256k1 from 'secp256k1';
import { concatBytes, fromHex, toFixedBytes } from './bytes.ts';
import { keccak256 } from './crypto.ts';
import { createEngine, MemoryStore } from './index.ts';
import type { ExecutionEngine, GenesisInput, SentTransaction, StateKeyValue } from './index.ts';
import { encodeRlp } from './rlp.ts';

const CHAIN_ID = 531_337n;
const TOKEN = fromHex('00000000000000000000000000000000000070ce');
/**
 * A token's transfer(to, amount) without dispatch: balances at keccak256(address ‖ 0), checked subtraction, addition, and
 * a Transfer log. Hand-written so that the benchmark needs no compiler: calldata is to ‖ amount.
 */
const TOKEN_CODE = fromHex(
  '60006020523360005260406000208054602035808210604d578082039092555060003560005260406000208054602035019055602035600052' +
    '600035337fddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef60206000a3005b600080fd',
);

interface Workload { senders: { key: Uint8Array; address: Uint8Array; nonce: bigint }[]; accounts: number; kind: 'transfer' | 'token' }

function account(index: number): Uint8Array {
  return keccak256(toFixedBytes(BigInt(index), 32)).slice(12);
}

function genesis(workload: Workload): GenesisInput {
  const alloc: GenesisInput['alloc'] = [
    ...workload.senders.map(({ address }) => ({ address, account: { balance: 10n ** 24n } })),
    ...Array.from({ length: workload.accounts }, (_, index) => ({ address: account(index), account: { balance: 1n } })),
    {
      address: TOKEN,
      account: { code: TOKEN_CODE, nonce: 1n, storage: workload.senders.map(({ address }) => ({ slot: keccak256(concatBytes(new Uint8Array(12), address, new Uint8Array(32))), value: toFixedBytes(10n ** 30n, 32) })) },
    },
  ];
  return { timestamp: 0n, alloc };
}

function signTransfer(workload: Workload, serial: number): Uint8Array {
  const sender = workload.senders[serial % workload.senders.length]!;
  // A stride prime to any power of ten spreads the recipients over all accounts.
  const recipient = account((serial * 7919) % workload.accounts);
  const isToken = workload.kind === 'token';
  const data = isToken ? concatBytes(new Uint8Array(12), recipient, toFixedBytes(1n, 32)) : new Uint8Array(0);
  const fields = [CHAIN_ID, sender.nonce++, 0n, 10n ** 12n, isToken ? 100_000n : 21_000n, isToken ? TOKEN : recipient, isToken ? 0n : 1n, data, []];
  const { signature, recid } = secp256k1.ecdsaSign(keccak256(concatBytes(Uint8Array.of(2), encodeRlp(fields))), sender.key);
  const word = (at: number): bigint => BigInt(`0x${Buffer.from(signature.subarray(at, at + 32)).toString('hex')}`);
  return concatBytes(Uint8Array.of(2), encodeRlp([...fields, BigInt(recid), word(0), word(32)]));
}

async function openStore(kind: string, kept: string | undefined): Promise<{ store: StateKeyValue; close: () => Promise<void> }> {
  if (kind === 'memory') return { store: new MemoryStore(), close: async () => undefined };
  const { open } = await import('lmdb');
  const directory = kept ?? (await mkdtemp(join(tmpdir(), 'keyfall-bench-')));
  const database = open<Uint8Array, Uint8Array>({ path: directory, keyEncoding: 'binary', encoding: 'binary' });
  const store: StateKeyValue = {
    get: (key) => database.get(key),
    first: (start, end) => {
      for (const { key, value } of database.getRange({ start, end, limit: 1 })) return { key, value };
      return undefined;
    },
    write: async (operations) => {
      await database.transaction(() => {
        for (const { key, value } of operations) {
          if (value === undefined) database.removeSync(key);
          else database.putSync(key, value);
        }
      });
      await database.flushed;
    },
  };
  return { store, close: async () => { await database.close(); if (kept === undefined) await rm(directory, { recursive: true }); } };
}

async function recoverAll(engine: ExecutionEngine, raws: readonly Uint8Array[]): Promise<SentTransaction[]> {
  const recovered = await engine.recoverTransactions(raws);
  return recovered.map((result) => {
    if (!result.ok) throw new Error(result.message);
    return result.transaction;
  });
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { accounts: { type: 'string', default: '10000' }, blocks: { type: 'string', default: '20' }, size: { type: 'string', default: '200' }, kind: { type: 'string', default: 'transfer' }, store: { type: 'string', default: 'memory' }, directory: { type: 'string' } } });
  const [accounts, blocks, size] = [Number(values.accounts), Number(values.blocks), Number(values.size)];
  const senders = Array.from({ length: 100 }, (_, index) => {
    const key = keccak256(toFixedBytes(BigInt(1_000_000_007 + index), 32));
    return { key, address: keccak256(secp256k1.publicKeyCreate(key, false).subarray(1)).slice(12), nonce: 0n };
  });
  const workload: Workload = { senders, accounts, kind: values.kind === 'token' ? 'token' : 'transfer' };
  const { store, close } = await openStore(values.store, values.directory);
  const genesisStarted = performance.now();
  const engine = await createEngine({ chainId: CHAIN_ID, store, genesis: genesis(workload), recoveryWorkers: 1 });
  console.log(`genesis of ${accounts} accounts: ${((performance.now() - genesisStarted) / 1000).toFixed(1)} s`);
  for (const sender of senders) {
    const at = engine.stateAt(engine.head.header.number);
    if (at.ok) sender.nonce = at.state.account(sender.address)?.nonce ?? 0n;
  }
  const raws = Array.from({ length: blocks * size }, (_, serial) => signTransfer(workload, serial));
  const recoveryStarted = performance.now();
  const transactions = await recoverAll(engine, raws);
  console.log(`recovery on one worker: ${(raws.length / ((performance.now() - recoveryStarted) / 1000)).toFixed(0)}/s`);
  await run(engine, transactions, blocks, size);
  await engine.close();
  await close();
}

async function run(engine: ExecutionEngine, transactions: readonly SentTransaction[], blocks: number, size: number): Promise<void> {
  let [executeMilliseconds, commitMilliseconds, gasUsed] = [0, 0, 0n];
  for (let i = 0; i < blocks; i++) {
    const batch = transactions.slice(i * size, (i + 1) * size)[Symbol.iterator]();
    const started = performance.now();
    const result = await engine.buildBlock(
      { parentHash: engine.head.hash, timestamp: engine.head.header.timestamp + 1n, fees: { originBaseFeeWei: 10n ** 9n, dataFeeScalar: 10n ** 6n, surchargeScalar: 10n ** 6n }, messages: [] },
      { next: () => batch.next().value, outcome: () => undefined },
    );
    if (!result.ok) throw new Error(result.invalid.message);
    const { block } = result.pending;
    const succeeded = block.transactions.filter(({ receipt }) => receipt.status === 1).length;
    if (succeeded !== size) throw new Error(`expected ${size} successful transactions, got ${succeeded} of ${block.transactions.length}`);
    const built = performance.now();
    await result.pending.commit();
    executeMilliseconds += built - started;
    commitMilliseconds += performance.now() - built;
    gasUsed += block.header.gasUsed;
  }
  const seconds = (executeMilliseconds + commitMilliseconds) / 1000;
  console.log(`${blocks} blocks of ${size}: ${((blocks * size) / seconds).toFixed(0)} tx/s, ${(Number(gasUsed) / 1e6 / seconds).toFixed(1)} Mgas/s; execution and roots ${executeMilliseconds.toFixed(0)} ms, write ${commitMilliseconds.toFixed(0)} ms, RSS ${(process.memoryUsage().rss / 2 ** 20).toFixed(0)} MiB`);
}

await main();
