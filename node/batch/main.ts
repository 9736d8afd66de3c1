// Entry of the batcher: packages nothing, commits what the sequencer closed.
//
// Owns: composition, the rhythm, the process. Does not own: what is committed (batcher.ts).
// Exit codes: 0 stopped as asked, 1 a fault ended it, 2 wrong arguments.

import { join } from 'node:path';
import { mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import pino, { type Logger } from 'pino';
import { configurationOrExit } from '../config.ts';
import { callView } from '../l1/discovery.ts';
import { FatalL1Fault, L1Fault } from '../l1/fault.ts';
import { readChainId } from '../l1/reader.ts';
import { L1Rpc } from '../l1/rpc.ts';
import { L1Submitter } from '../l1/submitter.ts';
import { runProcess } from '../process.ts';
import { openLmdb } from '../store/lmdb.ts';
import { Batcher } from './batcher.ts';
import { BATCHER_USAGE, parseBatcherConfig, type BatcherConfig } from './config.ts';
import { BatchFeedFault } from './feed.ts';

const KEY_PREFIX = 0x90;

async function run(config: BatcherConfig, logger: Logger, signal: AbortSignal, die: (cause: unknown) => never): Promise<void> {
  mkdirSync(config.dataDirectory, { recursive: true });
  const store = await openLmdb(join(config.dataDirectory, 'queue'), die);
  const l1 = new L1Rpc({ urls: config.l1Urls });
  // An unreachable node is asked again in the next turn, not within one.
  const node = new L1Rpc({ urls: [config.nodeUrl], retries: 0, maxResponseBytes: 8 * 1_048_576 });
  try {
    const chainId = await patiently(async () => await readChainId(l1, undefined, signal), config, logger, signal);
    const { maxFeeWei, maxTipWei, maxCostWei, bumpAfterBlocks, maxInFlight } = config;
    const submitter = new L1Submitter({
      rpc: l1, chainId, privateKey: config.operatorKey, store, keyPrefix: KEY_PREFIX, policy: { maxFeeWei, maxTipWei, maxCostWei, bumpAfterBlocks }, maxInFlight,
    });
    const batcher = new Batcher({ node, l1, rollup: config.rollup, submitter, logger });
    process.stdout.write(`${JSON.stringify({ ready: true, operator: submitter.address })}\n`);
    await patiently(async () => {
      const operator = String(await callView(l1, 'Rollup', config.rollup, 'operator', 'latest', signal)).toLowerCase();
      if (operator !== submitter.address) logger.warn({ operator, key: submitter.address }, 'the Rollup names another operator: it will refuse commits of this key');
    }, config, logger, signal);
    while (!signal.aborted) {
      await patiently(async () => await batcher.turn(signal), config, logger, signal);
      await pause(config.pollMilliseconds, signal);
    }
  } finally {
    l1.close();
    node.close();
    await store.close();
  }
}

/** Repeats what an endpoint fails at; the queue on disk makes a turn that was cut short harmless. */
async function patiently<T>(work: () => Promise<T>, config: BatcherConfig, logger: Logger, signal: AbortSignal): Promise<T> {
  let told = '';
  for (;;) {
    try {
      return await work();
    } catch (fault) {
      signal.throwIfAborted();
      const isCurable = (fault instanceof L1Fault && !(fault instanceof FatalL1Fault)) || fault instanceof BatchFeedFault;
      if (!isCurable) throw fault;
      if (fault.message !== told) logger.warn({ code: fault.code }, fault.message);
      told = fault.message;
      await pause(config.pollMilliseconds, signal);
    }
  }
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(milliseconds, undefined, { signal });
  } catch (cause) {
    if (!signal.aborted) throw cause;
  }
}

const config = configurationOrExit(BATCHER_USAGE, (args) => parseBatcherConfig(args, process.env));
const logger = pino({ name: 'batcher', level: config.logLevel }, pino.destination({ dest: 2, sync: true }));
await runProcess({ logger, stopsWithParent: config.stopsWithParent }, async (signal, die) => { await run(config, logger, signal, die); });
