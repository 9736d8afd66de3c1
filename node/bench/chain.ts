// The node under measurement, as its own process: the real engine, store, mempool, core and RPC over a synthetic L1.
//
// Owns: composition for a benchmark. What differs from main.ts, and why: the genesis holds the population of accounts, and
// L1 (syntheticL1.ts) is a clock that runs `speed` times as fast as the wall, so that the block cap of 10,000,000 zkGas at
// one block per L1 second (476 plain transfers a second) is not what limits.

import pino from 'pino';
import { Registry } from 'prom-client';
import { GENESIS_FEE_CONFIG } from '@keyfall/protocol';
import { StoredChain } from '../chain.ts';
import { L1Clock } from '../clock.ts';
import { PROTOCOL_CAPS } from '../config.ts';
import { createEngine, parseGenesisAlloc } from '../execute/index.ts';
import { Driver } from '../pipeline/driver.ts';
import { coreReads } from '../pipeline/reads.ts';
import { startState } from '../pipeline/state.ts';
import { runProcess } from '../process.ts';
import { startRpcServer } from '../rpc/server.ts';
import { Mempool } from '../sequence/mempool.ts';
import { DEFAULT_POOL_LIMITS } from '../sequence/pool.ts';
import { ChainStore } from '../store/chainStore.ts';
import { initialWrites } from '../store/initial.ts';
import { openLmdb } from '../store/lmdb.ts';
import { readFileSync } from 'node:fs';
import { l1BlockHash, SyntheticL1 } from './syntheticL1.ts';
import { accountAddress, BENCH_CHAIN_ID, SENDER_BALANCE_WEI, sendersOf } from './workload.ts';

const [directory = '', accountsText = '', sendersText = '', speedText = ''] = process.argv.slice(2);
const accounts = Number(accountsText);
const speed = Number(speedText);

const logger = pino({ name: 'bench', level: 'warn' }, pino.destination({ dest: 2, sync: true }));
const monotonic = (): number => performance.now() * speed;

await runProcess({ logger, stopsWithParent: true }, async (signal) => {
  const kv = await openLmdb(directory);
  const store = new ChainStore(kv);
  const predeploys = parseGenesisAlloc(JSON.parse(readFileSync(new URL('../../contracts/generated/genesis.json', import.meta.url), 'utf8')));
  const engine = await createEngine({
    chainId: BENCH_CHAIN_ID, store: kv,
    genesis: { timestamp: 0n, alloc: [
      ...predeploys,
      ...sendersOf(Number(sendersText)).map(({ address }) => ({ address, account: { balance: SENDER_BALANCE_WEI } })),
      ...Array.from({ length: accounts }, (_, index) => ({ address: accountAddress(index), account: { balance: 1n } })),
    ] },
  });
  if (store.head() === undefined) await kv.write(initialWrites(engine.head, { number: 0n, hash: l1BlockHash(0n) }));
  const head = store.head()!;
  const clock = new L1Clock(head.l1.timestamp, monotonic);
  const mempool = new Mempool({
    engine, kv, limits: DEFAULT_POOL_LIMITS, blockGasLimit: PROTOCOL_CAPS.blockZkGas, maxTransactionBytes: 100_000,
    fees: () => ({ originBaseFeeWei: 1_000_000_000n, ...GENESIS_FEE_CONFIG }), onPending: (transactions) => { driver.announce({ kind: 'pending', transactions }); },
    onFault: (cause) => { driver.fail(cause); },
  });
  const sequencing = { heartbeatSeconds: 3_600n, batchAgeSeconds: 10n, confirmations: 0n, maxLeadSeconds: 600n, forcedInclusionSeconds: 86_400n, maxTimestampLagSeconds: 259_200n };
  const state = startState({ sequencing, caps: PROTOCOL_CAPS, genesisFeeScalars: GENESIS_FEE_CONFIG }, head, store.block(head.unsafe.number)!);
  const l1Target = (): bigint => driver.state.head.l1.number;
  const driver: Driver = new Driver({ store, reads: coreReads(store), engine, mempool, source: new SyntheticL1(store, monotonic), clock, logger, l1Target, tickMilliseconds: 50 }, state);
  await mempool.reload();
  const chain = new StoredChain({ store, engine, driver, mempool, l1Target });
  const server = await startRpcServer({
    chain, engine, logger, registry: new Registry(), host: '127.0.0.1', port: 0, clientVersion: 'keyfall/bench', nowSeconds: () => clock.seconds(),
    identity: { l1ChainId: 31_337n, rollup: `0x${'00'.repeat(20)}`, contracts: {}, deployBlock: 1n, profile: 'bench', timeScale: 1 },
  });
  process.stdout.write(`${JSON.stringify({ ready: true, port: server.port })}\n`);
  await driver.run(signal);
  await server.close();
  await mempool.stop();
  await engine.close();
  await kv.close();
});
