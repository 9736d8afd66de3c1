// The running watchtower: steps, delivery, its own checks, checkpoints, heartbeat, canary and the API side by side until it is asked to stop. Owns their
// rhythm. Does not own what any of them does.
// Invariant: delivery never waits for L1, and L1 never for delivery; that L1 cannot be read is itself told.

import type { Logger } from 'pino';
import type { Hex } from 'viem';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { append, headOf } from './auditLog.ts';
import { canaryRows } from './alerts/outbox.ts';
import { Delivery } from './alerts/deliver.ts';
import type { Channel } from './alerts/channel.ts';
import { openChannel } from './alerts/channels.ts';
import { Unkept } from './alerts/unkept.ts';
import { createApi } from './api/server.ts';
import { buildHash } from './build.ts';
import { Keeping } from './checkpoint/keeping.ts';
import { acknowledgersOf, urlOf, type Config } from './config.ts';
import { Contracts } from './contracts.ts';
import { Engine } from './engine.ts';
import { AutoExit } from './exit/autoExit.ts';
import { ConfigMistake, messageOf, StoreFault } from './fault.ts';
import { renewStore } from './formerStore.ts';
import { holdStore } from './hold.ts';
import { Endpoint } from './l1/endpoint.ts';
import { Quorum } from './l1/quorum.ts';
import type { View } from './monitor.ts';
import { notReadyBecause } from './readiness.ts';
import { configured, enabled, MONITORS } from './registry.ts';
import { SELF_CHECKS, SelfWatch } from './self/selfWatch.ts';
import type { StoredVerdict } from './rows.ts';
import { Store } from './store.ts';
import { oneLine } from './text.ts';
import { Unverifiable } from './verdict.ts';
import { createView } from './view.ts';

const DELIVERY_MILLISECONDS = 250;
const SELF_MILLISECONDS = 5_000;
const KEEPING_MILLISECONDS = 5_000;
const REEXECUTION_RESTART_MILLISECONDS = 10_000;
const STORE_RETRY_MILLISECONDS = 1_000;
const HEARTBEAT_TIMEOUT_MILLISECONDS = 10_000;

export interface Running {
  readonly port: number;
  readonly ended: Promise<void>;
}

/** Starts it; resolves when the API listens. `ended` rejects when it ends with a store that cannot be written. @throws ConfigMistake, StoreFault */
export async function startWatchtower(config: Config, logger: Logger, signal: AbortSignal): Promise<Running> {
  const contracts = new Contracts(config.deployment.contracts);
  const { timeoutMilliseconds, maxResponseBytes } = config.l1;
  const endpoints = config.l1.endpoints.map((endpoint) => new Endpoint({ url: urlOf(endpoint), operator: endpoint.operator, timeoutMilliseconds, maxResponseBytes }));
  const quorum = new Quorum(endpoints, config.l1.quorum);
  const channels = config.channels.map(openChannel);
  const acknowledgers = acknowledgersOf(config);
  const monitors = enabled(MONITORS, config);
  const selfChecks = enabled(SELF_CHECKS, config);
  const store = new Store(config.data);
  const keeping = await Keeping.open({ config, store, quorum, endpoints, logger, wallMilliseconds: Date.now });
  const release = await holdStore(store, config.data, new Date());
  const unkept = watchedWrites(store, channels, logger);
  await renewStore(store);
  await begin(store, config, [...monitors, ...selfChecks].map(({ id }) => id));
  const viewParts = { config, contracts, quorum, endpoints, store, memory: new Map<string, unknown>() };
  const engine = new Engine({
    config, contracts, quorum, store, monitors, logger, channels: config.channels, wallMilliseconds: Date.now,
    viewAt: (header, answers, cursor) => createView(viewParts, header, answers, cursor),
  });
  const delivery = new Delivery(store, channels, logger);
  const self = new SelfWatch({ config, store, checks: selfChecks, wallMilliseconds: Date.now, steadyMilliseconds: () => performance.now() });
  const reading: Reading = { fault: 'it has not read L1 yet' };
  const api = createApi({
    store, quorum, configHash: config.hash, outboxDepth: () => delivery.depth, lastView: () => engine.lastView, channels: config.channels, acknowledgers,
    checks: [...configured(MONITORS, config), ...configured(SELF_CHECKS, config)].map(({ check, isEnabled }) => ({ ...check, isEnabled })),
    storeFault: () => store.fault?.message, notReady: () => notReadyBecause(store.fault?.message ?? reading.fault, monitors, store.list<StoredVerdict>(['verdict']), engine.lastView === undefined ? undefined : Number(engine.lastView.header.timestamp)),
  });
  await api.listen({ host: config.api.host, port: config.api.port }).catch(async (cause: unknown) => {
    await release();
    throw new ConfigMistake(`api: expected an address that this machine may listen on, got ${config.api.host} port ${config.api.port}: ${messageOf(cause)}`, { cause });
  });
  const address = api.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : config.api.port;
  const ended = Promise.all([
    watch({ config, contracts, quorum, endpoints, store, engine, logger, signal, reading, self, signer: keeping.signer }),
    delivery.run(signal, DELIVERY_MILLISECONDS),
    repeat(signal, SELF_MILLISECONDS, async () => { await self.judge(); return true; }),
    repeat(signal, KEEPING_MILLISECONDS, async () => { await keeping.round(); return true; }),
    heartbeat(config, store, logger, signal, () => reading.fault === undefined && store.fault === undefined),
    sing(config, store, signal),
    repeat(signal, DELIVERY_MILLISECONDS, async () => { await unkept.round(); return true; }),
    config.isReexecuting ? startReexecution(config, logger, signal) : Promise.resolve(),
  ]).then(async () => {
    const { fault } = store;
    await api.close();
    await store.close();
    await release();
    if (fault !== undefined) throw fault;
  });
  return { port, ended };
}

/** What cannot be kept is told all the same; how long it was so is in the log. */
function watchedWrites(store: Store, channels: readonly Channel[], logger: Logger): Unkept {
  const unkept = new Unkept(channels, logger, Date.now);
  store.onWrite = (fault) => {
    if (fault !== undefined) return unkept.failed(fault);
    const milliseconds = unkept.succeeded();
    // If it fails again, that is told again.
    store.commit((write) => void append(write, headOf(store), [{ kind: 'unkept', milliseconds }])).catch((cause: unknown) => { if (!(cause instanceof StoreFault)) throw cause; });
  };
  return unkept;
}

/** Whether L1 could be read the last time, for readiness. */
interface Reading { fault: string | undefined }

interface Watching {
  readonly config: Config;
  readonly contracts: Contracts;
  readonly quorum: Quorum;
  readonly endpoints: readonly Endpoint[];
  readonly store: Store;
  readonly engine: Engine;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly reading: Reading;
  readonly self: SelfWatch;
  /** The key of the checkpoints, if there is one. */
  readonly signer: Hex | undefined;
}

/** Logs which watchtower with which configuration begins, and forgets what checks said that are switched off or gone: nobody renews it. */
async function begin(store: Store, config: Config, judging: readonly string[]): Promise<void> {
  const build = buildHash();
  const unjudged = store.list<StoredVerdict>(['verdict']).filter(({ monitor }) => !judging.includes(monitor));
  await store.commit((write) => {
    for (const { monitor, subject } of unjudged) write.remove(['verdict', monitor, subject]);
    append(write, headOf(store), [{ kind: 'start', config: config.hash, build, checks: judging.length }]);
  });
}

async function watch({ config, contracts, quorum, endpoints, store, engine, logger, signal, reading, self, signer }: Watching): Promise<void> {
  let autoExit: AutoExit | undefined;
  let considered: View | undefined;
  await repeat(signal, config.l1.pollMilliseconds, async () => {
    try {
      await checkChain(quorum, config);
      const { isCaughtUp, tip } = await engine.step();
      self.noteReading(undefined);
      if (config.autoExit !== undefined && engine.lastView !== undefined && engine.lastView !== considered) {
        autoExit ??= await AutoExit.open({ config, store, quorum, endpoints, wallMilliseconds: Date.now }, await l2ChainIdOf(quorum, contracts), signer);
        await autoExit?.consider(engine.lastView);
        considered = engine.lastView;
      }
      reading.fault = isCaughtUp ? undefined : `it is catching up, at block ${tip}`;
      return isCaughtUp;
    } catch (cause) {
      if (!(cause instanceof Unverifiable)) throw cause;
      const reason = oneLine(messageOf(cause));
      // Once a reason: it stands in the readiness as long as it lasts.
      if (reason !== reading.fault) logger.warn({ reason }, 'L1 could not be read');
      reading.fault = reason;
      self.noteReading(reason);
      return true;
    }
  });
}

/** A thread of its own; it is started again when it dies, and what it cannot do the monitor calls unknown. */
async function startReexecution(config: Config, logger: Logger, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const worker = new Worker(new URL('./replay/worker.ts', import.meta.url), { workerData: config });
    const stop = (): void => { worker.postMessage('stop'); };
    signal.addEventListener('abort', stop, { once: true });
    await new Promise<void>((resolve) => {
      worker.once('error', (cause: unknown) => { logger.error({ err: cause }, 'the re-execution died; it will be started again'); });
      worker.once('exit', () => { resolve(); });
    });
    signal.removeEventListener('abort', stop);
    if (!signal.aborted) await pauseUntil(signal, REEXECUTION_RESTART_MILLISECONDS);
  }
}

async function l2ChainIdOf(quorum: Quorum, contracts: Contracts): Promise<bigint> {
  const { header } = await quorum.head('finalized');
  const answer = await quorum.same<Hex>('Rollup.l2ChainId()', 'eth_call', [{ to: contracts.address('Rollup'), data: contracts.encode('Rollup', 'l2ChainId', []) }, { blockHash: header.hash }], String);
  try {
    return contracts.decode('Rollup', 'l2ChainId', answer) as bigint;
  } catch (cause) {
    throw new Unverifiable(`Rollup.l2ChainId(): the operators' answer ${answer.slice(0, 80)} does not decode`, { cause });
  }
}

/** A1: the chain that was agreed on, by its id and, where it is pinned, its first block. */
async function checkChain(quorum: Quorum, { l1: { chainId, genesisHash } }: Config): Promise<void> {
  const id = await quorum.quantity('eth_chainId', 'eth_chainId', []);
  if (id !== BigInt(chainId)) throw new Unverifiable(`L1: expected chain id ${chainId}, the operators say ${id}`);
  if (genesisHash === undefined) return;
  const { header } = await quorum.header(0n);
  if (header.hash !== genesisHash) throw new Unverifiable(`L1: expected block 0 ${genesisHash}, the operators say ${header.hash}`);
}

/** @param round resolves to false when it wants to go on at once */
async function repeat(signal: AbortSignal, milliseconds: number, round: () => Promise<boolean>): Promise<void> {
  while (!signal.aborted) {
    // What cannot be kept was not done, and is done again: whoever watches the store says so.
    const isDone = await round().catch((cause: unknown) => { if (!(cause instanceof StoreFault)) throw cause; return undefined; });
    if (isDone !== false) await pauseUntil(signal, isDone === undefined ? Math.max(milliseconds, STORE_RETRY_MILLISECONDS) : milliseconds);
  }
}

async function pauseUntil(signal: AbortSignal, milliseconds: number): Promise<void> {
  await sleep(milliseconds, undefined, { signal, ref: true }).catch((cause: unknown) => { if (!signal.aborted) throw cause; });
}

/** Tells the dead-man switch that all is well, and only then. */
async function heartbeat({ deadMan }: Config, store: Store, logger: Logger, signal: AbortSignal, isWell: () => boolean): Promise<void> {
  if (deadMan === undefined) return;
  const url = urlOf(deadMan);
  await repeat(signal, deadMan.everySeconds * 1000, async () => {
    if (isWell() && await isBeaten(url)) await store.commit((write) => { write.put(['heartbeat'], Date.now()); });
    // The URL is a secret, so what fetch says of it is not logged.
    else logger.warn('the dead-man switch was not told that all is well: it will say so itself');
    return true;
  });
}

async function isBeaten(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { method: 'POST', redirect: 'error', signal: AbortSignal.timeout(HEARTBEAT_TIMEOUT_MILLISECONDS) });
    await response.body?.cancel();
    return response.ok;
  } catch (cause) {
    if (cause instanceof Error) return false;
    throw cause;
  }
}

async function sing({ canary, channels }: Config, store: Store, signal: AbortSignal): Promise<void> {
  if (canary === undefined) return;
  await repeat(signal, Math.min(canary.everySeconds * 1000, 60_000), async () => {
    const [last, now] = [store.get<number>(['canaryAt']), Date.now()];
    // In the future: the clock was set back.
    if (last !== undefined && now >= last && now - last < canary.everySeconds * 1000) return true;
    await store.commit((write) => {
      write.put(['canaryAt'], now);
      canaryRows(write, store, channels, now);
    });
    return true;
  });
}
