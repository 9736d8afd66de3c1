// A node put together: store, engine, mempool, core, RPC; and taken apart in the reverse order.
//
// Owns: composition, what a data directory is bound to, the order of starting and stopping. Does not own: the process
// (main.ts), any behaviour.
// Invariant: a data directory belongs to one Rollup on one L1 and one genesis for ever; a restart needs no L1 to serve.

import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import { GENESIS_FEE_CONFIG, hashBytes, toHex } from '@keyfall/protocol';
import { StoredChain } from './chain.ts';
import type { ChainView } from './chainView.ts';
import { L1Clock } from './clock.ts';
import { sequencingConfig, type NodeConfig } from './config.ts';
import { createEngine, parseGenesisAlloc, type ExecutionEngine, type GenesisInput, type SentTransaction } from './execute/index.ts';
import { callView, discoverRollup, type RollupParameters } from './l1/discovery.ts';
import { readAddress } from './l1/hex.ts';
import { L1Rpc } from './l1/rpc.ts';
import { DEVNET_FINALITY_DEPTH, RollupL1Source } from './l1/source.ts';
import { Driver } from './pipeline/driver.ts';
import { coreReads } from './pipeline/reads.ts';
import { openBatch, startState } from './pipeline/state.ts';
import { startRpcServer, type RpcServer } from './rpc/server.ts';
import { Mempool } from './sequence/mempool.ts';
import { DEFAULT_POOL_LIMITS } from './sequence/pool.ts';
import { ChainStore, writeIdentity } from './store/chainStore.ts';
import { initialWrites } from './store/initial.ts';
import { StoreFault, type KeyValue } from './store/keyValue.ts';
import { openLmdb } from './store/lmdb.ts';

/** What the node knows of the deployment; kept in the store from the first start on. */
export interface DeploymentFacts extends RollupParameters { readonly clock: `0x${string}`; readonly timeScale: bigint }

export interface RunningNode {
  readonly port: number;
  readonly chain: ChainView;
  readonly engine: ExecutionEngine;
  /** Settles when the node has stopped: rejects with the fault that stopped it. */
  readonly ended: Promise<void>;
}

const CLIENT_VERSION = 'keyfall/0.1.0';
const TICK_MILLISECONDS = 200;
/** Room in a payload that one transaction cannot use: envelopes of payload, block and string. */
const PAYLOAD_RESERVE_BYTES = 100;

/** Starts a node; it stops when the signal aborts. Resolves once it serves. `die` ends the process on a fault of the store. */
export async function startNode(config: NodeConfig, logger: Logger, signal: AbortSignal, die: (cause: unknown) => void): Promise<RunningNode> {
  mkdirSync(config.dataDirectory, { recursive: true });
  const kv = await openLmdb(join(config.dataDirectory, 'chain'), die);
  const rpc = new L1Rpc({ urls: config.l1Urls, onFault: (fault) => { logger.debug({ code: fault.code }, fault.message); } });
  let engine: ExecutionEngine | undefined;
  try {
    const store = new ChainStore(kv);
    const facts = await deploymentFacts(config, store, rpc, signal);
    engine = await createEngine({ chainId: facts.l2ChainId, store: kv, genesis: genesisInput(), retainedBlocks: config.retainedBlocks, recoveryWorkers: config.recoveryWorkers });
    await initialize(store, engine, facts);
    return await compose({ config, logger, signal, kv, store, engine, rpc, facts });
  } catch (cause) {
    await engine?.close();
    await kv.close();
    throw cause;
  }
}

interface Parts { config: NodeConfig; logger: Logger; signal: AbortSignal; kv: KeyValue; store: ChainStore; engine: ExecutionEngine; rpc: L1Rpc; facts: DeploymentFacts }

async function compose({ config, logger, signal, kv, store, engine, rpc, facts }: Parts): Promise<RunningNode> {
  const source = new RollupL1Source({
    rpc, rollup: facts.rollup, inbox: facts.inbox, lifecycle: facts.lifecycle, l1ChainId: facts.l1ChainId, l2ChainId: facts.l2ChainId, genesisHash: facts.genesisHash, follow: 'latest', pollMilliseconds: config.l1PollMilliseconds,
    // A devnet's L1 is reorganized deeper than its finalized tag lags; elsewhere the tag is L1's word.
    finalityDepth: facts.chainProfile === 'training-devnet' ? DEVNET_FINALITY_DEPTH : 0n,
    onFault: (fault) => { logger.warn({ code: fault.code }, fault.message); },
  });
  const head = store.head();
  const tip = head === undefined ? undefined : store.block(head.unsafe.number);
  if (head === undefined || tip === undefined) throw new StoreFault('corrupt', 'expected a head record and its block');
  const clock = new L1Clock(head.l1.timestamp);
  const reads = coreReads(store);
  const sequencing = config.isSequencer ? sequencingConfig(config, facts.timeScale) : undefined;
  const l1Target = (): bigint | undefined => source.target();
  const pending = { tell: (_transactions: readonly SentTransaction[]): void => undefined };
  const mempool = sequencing === undefined ? undefined : new Mempool({
    engine, kv, limits: DEFAULT_POOL_LIMITS, blockGasLimit: config.caps.blockZkGas, maxTransactionBytes: config.caps.payloadBytes - PAYLOAD_RESERVE_BYTES,
    isHeld: config.isInboxOnly,
    fees: () => {
      const { state } = driver;
      const open = openBatch(state);
      return { originBaseFeeWei: open?.origin?.baseFeeWei ?? state.head.l1.baseFeeWei, ...(open?.feeScalars ?? state.tip.feeScalars) };
    },
    onPending: (transactions) => { pending.tell(transactions); },
    onFault: (cause) => { driver.fail(cause); },
  });
  const core = startState({ sequencing, caps: config.caps, genesisFeeScalars: GENESIS_FEE_CONFIG }, head, tip);
  const driver: Driver = new Driver({ store, reads, engine, mempool, source, clock, logger, l1Target, tickMilliseconds: TICK_MILLISECONDS }, core);
  pending.tell = (transactions) => { driver.announce({ kind: 'pending', transactions }); };
  if (mempool !== undefined) logger.info({ transactions: await mempool.reload() }, 'mempool reloaded from its journal');
  const chain = new StoredChain({ store, engine, driver, mempool, l1Target });
  const server = await startRpcServer({
    chain, engine, logger, registry: new Registry(), host: config.host, port: config.port, clientVersion: CLIENT_VERSION, nowSeconds: () => clock.seconds(),
    identity: {
      l1ChainId: facts.l1ChainId, rollup: facts.rollup, contracts: { Rollup: facts.rollup, Inbox: facts.inbox, Clock: facts.clock, Lifecycle: facts.lifecycle }, deployBlock: facts.start.number + 1n,
      profile: facts.chainProfile, timeScale: Number(facts.timeScale),
    },
  });
  return { port: server.port, chain, engine, ended: runUntilEnd({ driver, server, mempool, engine, kv, logger, signal }) };
}

interface Ending { driver: Driver; server: RpcServer; mempool: Mempool | undefined; engine: ExecutionEngine; kv: KeyValue; logger: Logger; signal: AbortSignal }

/** Runs the core; at its end, by signal or by fault, everything stops: calls first, the store last. */
async function runUntilEnd({ driver, server, mempool, engine, kv, logger, signal }: Ending): Promise<void> {
  try {
    await driver.run(signal);
  } finally {
    logger.info('stopping');
    await server.close();
    await mempool?.stop();
    await engine.close();
    await kv.close();
  }
}

/** From the store after the first start, else asked of L1; another Rollup in this directory is a fault. */
async function deploymentFacts(config: NodeConfig, store: ChainStore, rpc: L1Rpc, signal: AbortSignal): Promise<DeploymentFacts> {
  const stored = store.identity();
  if (stored !== undefined) {
    if (stored.rollup !== config.rollup) throw new StoreFault('wrong-chain', `${config.dataDirectory} holds the chain of Rollup ${stored.rollup}, expected ${config.rollup}; use another --data`);
    if (config.l1ChainId !== undefined && stored.l1ChainId !== config.l1ChainId) throw new StoreFault('wrong-chain', `${config.dataDirectory} holds a chain on L1 ${stored.l1ChainId}, expected ${config.l1ChainId}`);
    return stored;
  }
  const parameters = await discoverRollup({
    rpc, rollup: config.rollup, ...(config.l1ChainId === undefined ? {} : { l1ChainId: config.l1ChainId }), ...(config.deployBlock === undefined ? {} : { deployBlock: config.deployBlock }),
  }, signal);
  const clock = readAddress(await callView(rpc, 'Rollup', parameters.rollup, 'CLOCK', 'latest', signal), 'Rollup.CLOCK()');
  const timeScale = BigInt(await callView(rpc, 'Clock', clock, 'TIME_SCALE', 'latest', signal) as bigint);
  return { ...parameters, clock, timeScale };
}

/** First start: the genesis block and a head that has read nothing. Every start: the chain must be the deployment's. */
async function initialize(store: ChainStore, engine: ExecutionEngine, facts: DeploymentFacts): Promise<void> {
  if (store.head() !== undefined) return;
  const { header, hash } = engine.head;
  if (toHex(hash) !== facts.genesisHash) {
    throw new StoreFault('wrong-chain', `expected the genesis ${facts.genesisHash} that the Rollup was deployed with, this version's is ${toHex(hash)}`);
  }
  const start = { number: facts.start.number, hash: hashBytes(facts.start.hash) };
  await store.kv.write([...initialWrites({ header, hash }, start), writeIdentity(facts)]);
}

function genesisInput(): GenesisInput {
  const json: unknown = JSON.parse(readFileSync(new URL('../contracts/generated/genesis.json', import.meta.url), 'utf8'));
  return { timestamp: 0n, alloc: parseGenesisAlloc(json) };
}
