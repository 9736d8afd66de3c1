// The thread that executes batches again, so that a heavy block delays no alarm. Owns its rhythm, and saying in the store why it cannot go on. It
// shares the store with the daemon; lmdb serializes their transactions.
// Invariant: whatever goes wrong here is an unknown in the store, never a verdict, and never the end of the daemon.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { urlOf, type Config } from '../config.ts';
import { Contracts } from '../contracts.ts';
import { messageOf, StoreFault } from '../fault.ts';
import { Endpoint } from '../l1/endpoint.ts';
import { Quorum } from '../l1/quorum.ts';
import { Store } from '../store.ts';
import { Unverifiable } from '../verdict.ts';
import type { Allocation } from './machine.ts';
import { KEYS } from './records.ts';
import { Replayer, type ReplayParts } from './replayer.ts';

const GENESIS = join(import.meta.dirname, '..', '..', 'contracts', 'generated', 'genesis.json');
const RETRY_MILLISECONDS = 5_000;

const config = workerData as Config;
const stop = new AbortController();
parentPort?.once('message', () => { stop.abort(); });

async function partsOf(store: Store): Promise<ReplayParts> {
  const contracts = new Contracts(config.deployment.contracts);
  const { timeoutMilliseconds, maxResponseBytes } = config.l1;
  const endpoints = config.l1.endpoints.map((endpoint) => new Endpoint({ url: urlOf(endpoint), operator: endpoint.operator, timeoutMilliseconds, maxResponseBytes }));
  const quorum = new Quorum(endpoints, config.l1.quorum);
  const { header } = await quorum.head('finalized');
  const answer = await quorum.same<`0x${string}`>('Rollup.l2ChainId()', 'eth_call', [{ to: contracts.address('Rollup'), data: contracts.encode('Rollup', 'l2ChainId', []) }, { blockHash: header.hash }], String);
  return {
    store, endpoints, l1ChainId: config.l1.chainId, l2ChainId: contracts.decode('Rollup', 'l2ChainId', answer) as bigint, rollup: contracts.address('Rollup'), deployBlock: config.deployment.deployBlock,
    allocation: JSON.parse(readFileSync(GENESIS, 'utf8')) as Allocation,
  };
}

async function pause(milliseconds: number): Promise<void> {
  await sleep(milliseconds, undefined, { signal: stop.signal }).catch((cause: unknown) => { if (!stop.signal.aborted) throw cause; });
}

async function main(): Promise<void> {
  const store = new Store(config.data);
  let replayer: Replayer | undefined;
  while (!stop.signal.aborted) {
    try {
      replayer ??= await Replayer.open(await partsOf(store));
      const isDone = await replayer.step();
      if (store.get(KEYS.fault) !== undefined) await store.commit((write) => { write.remove(KEYS.fault); });
      if (isDone) await pause(config.l1.pollMilliseconds);
    } catch (cause) {
      const reason = messageOf(cause);
      if (!(cause instanceof Unverifiable)) replayer = undefined;
      // Where not even that can be kept, the daemon says so, whose writes fail too.
      if (store.get(KEYS.fault) !== reason) await store.commit((write) => { write.put(KEYS.fault, reason); }).catch((fault: unknown) => { if (!(fault instanceof StoreFault)) throw fault; });
      await pause(RETRY_MILLISECONDS);
    }
  }
  await store.close();
}

await main();
