// From the node's closed batches to commits on L1: what to queue, what to take back, what to try again.
//
// Owns: the match between the feed and the queue. Does not own: nonces, fees, replacement, reorganizations of single
// transactions (node/l1/submitter.ts), batch boundaries (the node).
// Invariants: at most one commit per batch content is on its way; a commit of a batch that the node gave up is taken back;
// nothing is queued that L1, as this process sees it now, would refuse: wrong index, foreign origin, a last block ahead of L1's clock.

import type { Logger } from 'pino';
import { toHex, type Hex } from '@keyfall/protocol';
import { callView } from '../l1/discovery.ts';
import { contractInterface } from '../l1/contracts.ts';
import { bytesOfHex, hexQuantity, readHash, readObject, readQuantity } from '../l1/hex.ts';
import type { L1Rpc } from '../l1/rpc.ts';
import type { SubmissionRecord } from '../l1/submission.ts';
import type { L1Submitter } from '../l1/submitter.ts';
import { readFeed, type ClosedBatch, type Feed } from './feed.ts';

export interface BatcherDependencies {
  node: L1Rpc;
  l1: L1Rpc;
  rollup: Hex;
  submitter: L1Submitter;
  logger: Logger;
}

/** What one look did, for logs and tests. */
export interface BatcherTurn {
  readonly queued: readonly bigint[];
  readonly takenBack: readonly string[];
  /** Why the first waiting batch is not queued; undefined = none waits. */
  readonly waitingBecause: string | undefined;
}

const rollupInterface = contractInterface('Rollup');

export class Batcher {
  readonly #dependencies: BatcherDependencies;
  #lastWaiting: string | undefined;

  constructor(dependencies: BatcherDependencies) {
    this.#dependencies = dependencies;
  }

  /** One look: reads the feed, adjusts the queue, moves it. @throws RetryableL1Fault, BatchFeedFault */
  async turn(signal: AbortSignal): Promise<BatcherTurn> {
    const { node, submitter } = this.#dependencies;
    const feed = await readFeed(node, signal);
    const takenBack = await this.#takeBack(feed);
    const { queued, waitingBecause } = await this.#queue(feed, signal);
    this.#report(waitingBecause ?? feed.refused);
    await submitter.advance(signal);
    return { queued, takenBack, waitingBecause: waitingBecause ?? feed.refused };
  }

  /** Commits of contents that are no longer the node's leave the queue, or are replaced by an empty transaction. */
  async #takeBack(feed: Feed): Promise<readonly string[]> {
    const { submitter, logger } = this.#dependencies;
    // What the feed does not show because it shows only the first few is not given up.
    const shown = new Map(feed.batches.map((batch) => [batch.index, contentId(batch)]));
    const last = feed.batches.at(-1)?.index ?? feed.committedBatch;
    const takenBack: string[] = [];
    for (const record of submitter.list()) {
      const commit = parseId(record.request.id);
      if (commit === undefined || record.isCancelled || record.state === 'included' || record.state === 'final') continue;
      const isCurrent = shown.get(commit.index) === commit.content || commit.index <= feed.committedBatch || (commit.index > last && feed.batches.length > 0);
      if (isCurrent) continue;
      await submitter.cancel(record.request.id);
      takenBack.push(record.request.id);
      logger.warn({ batch: commit.index.toString() }, 'the node gave this batch up; its commit is taken back');
    }
    return takenBack;
  }

  async #queue(feed: Feed, signal: AbortSignal): Promise<{ queued: readonly bigint[]; waitingBecause: string | undefined }> {
    const { submitter, logger } = this.#dependencies;
    const queued: bigint[] = [];
    if (feed.batches.length === 0) return { queued, waitingBecause: undefined };
    const head = readObject(await this.#dependencies.l1.call('eth_getBlockByNumber', ['latest', false], signal), 'block');
    const l1 = { number: readQuantity(head['number'], 'number'), timestamp: readQuantity(head['timestamp'], 'timestamp'), hash: readHash(head['hash'], 'hash') };
    const committed = BigInt(await callView(this.#dependencies.l1, 'Rollup', this.#dependencies.rollup, 'committedCount', l1.hash, signal) as bigint);
    for (const batch of feed.batches) {
      if (batch.index <= committed) continue;
      const id = this.#nextId(batch, committed);
      if (id === undefined) continue;
      const because = await this.#refusal(batch, l1, signal);
      if (because !== undefined) return { queued, waitingBecause: because };
      await submitter.enqueue({ id, to: this.#dependencies.rollup, data: commitData(batch), valueWei: 0n, gasLimit: undefined });
      queued.push(batch.index);
      logger.info({ batch: batch.index.toString(), bytes: batch.payload.length, inboxTo: batch.inboxTo.toString() }, 'commit queued');
    }
    return { queued, waitingBecause: undefined };
  }

  /** Id of the next attempt at this content; undefined while one is on its way. */
  #nextId(batch: ClosedBatch, committed: bigint): string | undefined {
    const content = contentId(batch);
    const attempts = this.#dependencies.submitter.list().filter((record) => parseId(record.request.id)?.content === content);
    if (attempts.some((record) => !isSpent(record, committed, batch.index))) return undefined;
    return `${content}/${attempts.length + 1}`;
  }

  /** Why L1 would refuse the batch, or could never finalize it, if it were committed now. */
  async #refusal(batch: ClosedBatch, l1: { number: bigint; timestamp: bigint }, signal: AbortSignal): Promise<string | undefined> {
    if (batch.lastTimestamp > l1.timestamp) return `batch ${batch.index} ends at ${batch.lastTimestamp}, L1 is at ${l1.timestamp}`;
    const origin = await this.#dependencies.l1.call('eth_getBlockByNumber', [hexQuantity(batch.originNumber), false], signal);
    if (origin === null) return `batch ${batch.index}: L1 block ${batch.originNumber}, its origin, is not there`;
    const hash = readHash(readObject(origin, 'origin')['hash'], 'origin hash');
    if (hash !== batch.originHash) return `batch ${batch.index}: its origin is ${batch.originHash}, L1 block ${batch.originNumber} is ${hash}; waiting for the node to follow`;
    return undefined;
  }

  #report(waitingBecause: string | undefined): void {
    const { logger, submitter } = this.#dependencies;
    const held = submitter.list().find((record) => record.heldBecause !== undefined && record.state !== 'final');
    const reason = waitingBecause ?? (held === undefined ? undefined : `${held.request.id}: ${held.heldBecause}`);
    if (reason !== undefined && reason !== this.#lastWaiting) logger.warn(reason);
    this.#lastWaiting = reason;
  }
}

/** Spent: reverted or taken back, or included and yet not standing, because the batch was dropped again. */
function isSpent(record: SubmissionRecord, committed: bigint, index: bigint): boolean {
  if (record.inclusion !== undefined && !record.inclusion.succeeded) return true;
  if (record.isCancelled) return record.state === 'final' || record.state === 'included';
  return record.state === 'final' && committed < index;
}

/** Names a batch by everything that its commit says. */
function contentId(batch: Pick<ClosedBatch, 'index' | 'parentHash' | 'payloadHash' | 'inboxTo' | 'originNumber'>): string {
  return `commit/${batch.index}/${batch.parentHash.slice(2, 18)}/${batch.payloadHash.slice(2, 34)}/${batch.inboxTo}/${batch.originNumber}`;
}

function parseId(id: string): { index: bigint; content: string } | undefined {
  const match = /^(commit\/(\d+)\/[0-9a-f]{16}\/[0-9a-f]{32}\/\d+\/\d+)\/\d+$/.exec(id);
  return match === null ? undefined : { index: BigInt(match[2]!), content: match[1]! };
}

function commitData({ index, parentHash, inboxTo, originNumber, payload }: ClosedBatch): Uint8Array {
  return bytesOfHex(rollupInterface.encodeFunctionData('commit', [index, parentHash, inboxTo, originNumber, toHex(payload)]));
}
