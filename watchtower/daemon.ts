// The running watchtower: steps, delivery, heartbeat, canary and the API side by side until it is asked to stop. Owns their rhythm and
// readiness. Does not own what any of them does.
// Invariant: delivery never waits for L1, and L1 never for delivery; ready = caught up, agreed lately, and every check within its time.

import type { Logger } from 'pino';
import type { Hex } from 'viem';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { canaryRows } from './alerts/outbox.ts';
import { Delivery } from './alerts/deliver.ts';
import { openChannel } from './alerts/channels.ts';
import { createApi } from './api/server.ts';
import type { Config } from './config.ts';
import { Contracts } from './contracts.ts';
import { Engine } from './engine.ts';
import { AutoExit } from './exit/autoExit.ts';
import { messageOf } from './fault.ts';
import { Endpoint } from './l1/endpoint.ts';
import { Quorum } from './l1/quorum.ts';
import type { View } from './monitor.ts';
import { MONITORS } from './registry.ts';
import { Store } from './store.ts';
import { Unverifiable } from './verdict.ts';
import { createView } from './view.ts';

const DELIVERY_MILLISECONDS = 250;
const REEXECUTION_RESTART_MILLISECONDS = 10_000;
const HEARTBEAT_TIMEOUT_MILLISECONDS = 10_000;

export interface Running {
  readonly port: number;
  readonly ended: Promise<void>;
}

/** Starts it; resolves when the API listens. @throws ConfigMistake */
export async function startWatchtower(config: Config, logger: Logger, signal: AbortSignal): Promise<Running> {
  const contracts = new Contracts(config.deployment.contracts);
  const { timeoutMilliseconds, maxResponseBytes } = config.l1;
  const endpoints = config.l1.endpoints.map(({ url, operator }) => new Endpoint({ url, operator, timeoutMilliseconds, maxResponseBytes }));
  const quorum = new Quorum(endpoints, config.l1.quorum);
  const channels = config.channels.map(openChannel);
  const store = new Store(config.data);
  const viewParts = { config, contracts, quorum, endpoints, store, memory: new Map<string, unknown>() };
  const engine = new Engine({
    config, contracts, quorum, store, monitors: MONITORS, logger, channels: config.channels, wallMilliseconds: Date.now,
    viewAt: (header, answers, cursor) => createView(viewParts, header, answers, cursor),
  });
  const delivery = new Delivery(store, channels, logger);
  let notReady: string | undefined = 'it has not read L1 yet';
  const api = createApi({ store, quorum, monitors: MONITORS, configHash: config.hash, outboxDepth: () => delivery.depth, notReady: () => notReady, lastView: () => engine.lastView });
  await api.listen({ host: config.api.host, port: config.api.port });
  const address = api.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : config.api.port;

  let autoExit: AutoExit | undefined;
  let considered: View | undefined;

  const watching = repeat(signal, config.l1.pollMilliseconds, async () => {
    try {
      await checkChain(quorum, config);
      const { isCaughtUp, tip } = await engine.step();
      if (config.autoExit !== undefined && engine.lastView !== undefined && engine.lastView !== considered) {
        autoExit ??= await AutoExit.open({ config, store, quorum, endpoints, wallMilliseconds: Date.now }, await l2ChainIdOf(quorum, contracts));
        await autoExit?.consider(engine.lastView);
        considered = engine.lastView;
      }
      notReady = isCaughtUp ? undefined : `it is catching up, at block ${tip}`;
      return isCaughtUp;
    } catch (cause) {
      if (!(cause instanceof Unverifiable)) throw cause;
      notReady = messageOf(cause);
      logger.warn({ reason: notReady }, 'L1 could not be read');
      return true;
    }
  });
  const delivering = repeat(signal, DELIVERY_MILLISECONDS, async () => { await delivery.round(); return true; });
  const beating = config.deadMan === undefined ? Promise.resolve() : repeat(signal, config.deadMan.everySeconds * 1000, async () => {
    if (notReady === undefined && config.deadMan !== undefined) await beat(config.deadMan.url, logger);
    return true;
  });
  const singing = config.canary === undefined ? Promise.resolve() : repeat(signal, Math.min(config.canary.everySeconds * 1000, 60_000), async () => {
    await sing(store, config, Date.now());
    return true;
  });
  const reexecuting = config.isReexecuting ? startReexecution(config, logger, signal) : Promise.resolve();
  const ended = Promise.all([watching, delivering, beating, singing, reexecuting]).then(async () => {
    await api.close();
    await store.close();
  });
  return { port, ended };
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
  return contracts.decode('Rollup', 'l2ChainId', answer) as bigint;
}

async function checkChain(quorum: Quorum, config: Config): Promise<void> {
  const id = await quorum.same<string>('eth_chainId', 'eth_chainId', [], String);
  if (BigInt(id) !== BigInt(config.l1.chainId)) throw new Unverifiable(`L1: expected chain id ${config.l1.chainId}, the operators say ${BigInt(id)}`);
}

/** @param round resolves to false when it wants to go on at once */
async function repeat(signal: AbortSignal, milliseconds: number, round: () => Promise<boolean>): Promise<void> {
  while (!signal.aborted) {
    const isDone = await round();
    if (isDone) await pauseUntil(signal, milliseconds);
  }
}

async function pauseUntil(signal: AbortSignal, milliseconds: number): Promise<void> {
  await sleep(milliseconds, undefined, { signal, ref: true }).catch((cause: unknown) => { if (!signal.aborted) throw cause; });
}

async function beat(url: string, logger: Logger): Promise<void> {
  try {
    const response = await fetch(url, { method: 'POST', signal: AbortSignal.timeout(HEARTBEAT_TIMEOUT_MILLISECONDS) });
    await response.body?.cancel();
  } catch (cause) {
    logger.warn({ reason: messageOf(cause) }, 'the dead-man switch could not be reached: it will say so itself');
  }
}

async function sing(store: Store, config: Config, now: number): Promise<void> {
  const last = store.get<number>(['canaryAt']);
  if (last !== undefined && now - last < (config.canary?.everySeconds ?? 0) * 1000) return;
  await store.commit((write) => {
    write.put(['canaryAt'], now);
    canaryRows(write, store, config.channels, now);
  });
}
