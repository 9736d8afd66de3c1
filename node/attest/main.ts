// The attester process: composition, start, stop. See README.md.
//
// Owns: the order of starting and stopping, exit codes (0 stopped, 1 fault, 2 usage or configuration). Invariant: what the
// first start read of L1 is kept, so that a later start needs no L1 to serve what was signed, and no later lie can change
// what this store follows.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { computeAddress } from 'ethers';
import { pino, type Logger } from 'pino';
import { MAX_TIMESTAMP_LAG_SECONDS, hashBytes, toHex, type Hex } from '@keyfall/protocol';
import { createEngine } from '../execute/engine.ts';
import { parseGenesisAlloc } from '../execute/genesis.ts';
import type { StateKeyValue } from '../execute/api.ts';
import { Derivation } from '../derive/derivation.ts';
import { discoverRollup, type RollupParameters } from '../l1/discovery.ts';
import { FatalL1Fault, L1Fault } from '../l1/fault.ts';
import { bytesOfHex } from '../l1/hex.ts';
import { L1Rpc } from '../l1/rpc.ts';
import { DEVNET_FINALITY_DEPTH, RollupL1Source } from '../l1/source.ts';
import { L1Submitter } from '../l1/submitter.ts';
import { decodeTagged, encodeTagged } from '../l1/taggedJson.ts';
import { configurationOrExit } from '../config.ts';
import { endAtOnce } from '../process.ts';
import { openLmdb } from '../store/lmdb.ts';
import { AttestationSigner } from './attestation.ts';
import { Attester, runRounds } from './attester.ts';
import { ATTESTER_USAGE, parseConfig, type AttesterConfig } from './config.ts';
import { AttestFault } from './fault.ts';
import { LaneReader } from './lane.ts';
import { AttesterMetrics } from './metrics.ts';
import type { AttesterSet } from './quorum.ts';
import { createServer } from './server.ts';
import { SignOnce } from './signOnce.ts';

const STANDING_KEY = Uint8Array.of(0xc0);
const SUBMISSIONS_PREFIX = 0xc1;
/** Ten of this process's largest transactions at the fee cap. */
const MAX_COST_GAS = 5_000_000n;
const BUMP_AFTER_BLOCKS = 3n;
const RETRY_MILLISECONDS = 2_000;

function genesisAlloc(): ReturnType<typeof parseGenesisAlloc> {
  return parseGenesisAlloc(JSON.parse(readFileSync(new URL('../../contracts/generated/genesis.json', import.meta.url), 'utf8')));
}

interface Standing { readonly parameters: RollupParameters; readonly set: AttesterSet }

/** The rollup and the lane this store follows: read from L1 at the first start, from the store ever after. */
async function standingOf(config: AttesterConfig, address: Hex, rpc: L1Rpc, store: StateKeyValue, signal: AbortSignal): Promise<Standing> {
  const stored = store.get(STANDING_KEY);
  if (stored !== undefined) {
    const standing = decodeTagged(stored) as Standing;
    const { parameters, set } = standing;
    if (parameters.rollup !== config.rollup || set.lane !== config.lane || !set.members.includes(address)) {
      throw new AttestFault('configuration', `data directory: it follows rollup ${parameters.rollup} and lane ${set.lane} for one of ${set.members.length} attesters; asked for ${config.rollup}, ${config.lane} as ${address}`);
    }
    return standing;
  }
  const parameters = await discoverRollup({ rpc, rollup: config.rollup, ...(config.deployBlock === undefined ? {} : { deployBlock: config.deployBlock }) }, signal);
  const set = await new LaneReader(rpc, config.rollup, config.lane).attesterSet(address, signal);
  await store.write([{ key: STANDING_KEY, value: encodeTagged({ parameters, set } satisfies Standing) }]);
  return { parameters, set };
}

/** Repeats what an L1 endpoint fails at, until it works or cannot. */
async function persist<T>(what: string, work: () => Promise<T>, log: Logger, signal: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (fault) {
      signal.throwIfAborted();
      if (!(fault instanceof L1Fault) || fault instanceof FatalL1Fault) throw fault;
      log.warn({ fault: fault.message }, `${what}: waiting for L1`);
      await sleep(RETRY_MILLISECONDS, undefined, { signal });
    }
  }
}

async function run(config: AttesterConfig, log: Logger, stop: AbortController): Promise<void> {
  const { signal } = stop;
  const metrics = new AttesterMetrics();
  const rpc = new L1Rpc({ urls: config.l1Urls, onFault: (fault) => { metrics.l1Faults.inc({ code: fault.code }); } });
  const store = await openLmdb(config.dataDirectory, (fault) => {
    log.fatal({ err: fault }, fault.message);
    endAtOnce(1);
  });
  try {
    const address = toHex(bytesOfHex(computeAddress(config.privateKey)));
    const standing = await persist('rollup and lane', async () => await standingOf(config, address, rpc, store, signal), log, signal);
    const engine = await createEngine({ chainId: standing.parameters.l2ChainId, store, genesis: { timestamp: 0n, alloc: genesisAlloc() }, recoveryWorkers: 0 });
    try {
      await attest({ config, standing, store, engine, rpc, metrics, log, stop });
    } finally {
      await engine.close();
    }
  } finally {
    rpc.close();
    await store.close();
  }
}

interface Parts {
  readonly config: AttesterConfig;
  readonly standing: Standing;
  readonly store: StateKeyValue;
  readonly engine: Awaited<ReturnType<typeof createEngine>>;
  readonly rpc: L1Rpc;
  readonly metrics: AttesterMetrics;
  readonly log: Logger;
  readonly stop: AbortController;
}

async function attest({ config, standing, store, engine, rpc, metrics, log, stop }: Parts): Promise<void> {
  const { signal } = stop;
  const { parameters, set } = standing;
  const { l1ChainId, l2ChainId, rollup, inbox, start } = parameters;
  const identity = { l1ChainId, l2ChainId, rollup };
  const rewindDepth = parameters.chainProfile === 'training-devnet' ? DEVNET_FINALITY_DEPTH : 0n;
  const timestampLagSeconds = MAX_TIMESTAMP_LAG_SECONDS / parameters.timeScale;
  const derivation = await Derivation.open({ store, engine, identity, timestampLagSeconds, rewindDepth, start: { number: start.number, hash: hashBytes(start.hash) } });
  const genesisHash = toHex(derivation.head.genesis.hash);
  if (genesisHash !== parameters.genesisHash) throw new AttestFault('configuration', `genesis: this version computes ${genesisHash}, the Rollup was deployed with ${parameters.genesisHash}`);
  const signer = new AttestationSigner(config.privateKey, l1ChainId, config.lane);
  const signOnce = new SignOnce(store);
  const lane = new LaneReader(rpc, rollup, config.lane);
  const policy = { maxFeeWei: config.maxFeeWei, maxTipWei: config.maxTipWei, maxCostWei: MAX_COST_GAS * config.maxFeeWei, bumpAfterBlocks: BUMP_AFTER_BLOCKS };
  const submitter = new L1Submitter({ rpc, chainId: l1ChainId, privateKey: config.privateKey, store, keyPrefix: SUBMISSIONS_PREFIX, policy });
  const onFault = (fault: L1Fault): void => { log.warn({ code: fault.code, fault: fault.message }, 'L1 fault'); };
  const source = new RollupL1Source({
    rpc, rollup, inbox, lifecycle: parameters.lifecycle, l1ChainId, l2ChainId, genesisHash, follow: 'finalized', finalityDepth: config.finalityDepth, rewindDepth, pollMilliseconds: config.pollMilliseconds, onFault,
  });
  const attester = new Attester({
    derivation, source, isRewindTolerated: rewindDepth > 0n, signer, signOnce, set, lane, submitter, rollup, peers: config.peers, staggerMilliseconds: config.staggerMilliseconds, metrics, log, now: () => performance.now(),
  });
  const server = createServer({ signer, signOnce, metrics, status: () => attester.status(), submissions: () => submitter.list() });
  await server.listen({ host: config.host, port: config.port });
  try {
    const address = server.server.address();
    const port = typeof address === 'object' && address !== null ? address.port : config.port;
    process.stdout.write(`${JSON.stringify({ ready: true, port, attester: signer.address, lane: config.lane, profile: parameters.chainProfile })}\n`);
    const wait = async (within: AbortSignal): Promise<void> => { await sleep(config.pollMilliseconds, undefined, { signal: within }); };
    // Whichever loop fails stops the other; both are awaited, so that nothing touches the store after it is closed.
    const loops = [attester.follow(signal), runRounds(attester, wait, onFault, signal)].map(async (loop) => {
      try {
        await loop;
      } finally {
        stop.abort();
      }
    });
    const outcomes = await Promise.allSettled(loops);
    for (const outcome of outcomes) if (outcome.status === 'rejected' && !isAbort(outcome.reason)) throw outcome.reason as Error;
  } finally {
    await server.close();
  }
}

function isAbort(reason: unknown): boolean {
  return reason instanceof Error && (reason.name === 'AbortError' || (reason instanceof L1Fault && reason.code === 'aborted'));
}

async function main(): Promise<number> {
  const stop = new AbortController();
  const config = configurationOrExit(ATTESTER_USAGE, (args) => parseConfig(args, process.env));
  const log = pino({ name: 'attester', level: config.logLevel }, pino.destination({ fd: 2, sync: true }));
  try {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => { stop.abort(); });
    if (config.hasParentPipe) {
      process.stdin.resume();
      void once(process.stdin, 'end').then(() => { stop.abort(); });
    }
    await run(config, log, stop);
    return 0;
  } catch (fault) {
    if (isAbort(fault) && stop.signal.aborted) return 0;
    log.fatal({ err: fault }, fault instanceof Error ? fault.message : 'attester failed');
    return fault instanceof AttestFault && fault.code === 'configuration' ? 2 : 1;
  }
}

process.exitCode = await main();
if (!process.stdin.destroyed) process.stdin.destroy();
