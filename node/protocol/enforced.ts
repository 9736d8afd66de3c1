/**
 * Enforced blocks and skipped ranges as functions of the queue: SPEC sections 8 and 12.
 *
 * Owns where the blocks of mode Enforced end, their timestamps, and which message comes next past skipped ones. Does not own
 * who commits, execution, nor the decision to skip (the Lifecycle's).
 * Invariant: a block's end depends on its own first message and the queue after it alone, so however many whole blocks each
 * batch takes, the blocks are the same; and every block fits the block's cap, because a single message does.
 */
import { ENFORCED_INTERVAL_SECONDS, MAX_BLOCK_ZKGAS } from './constants.ts';
import { bytesToBigint, hashBytes, type Hex } from './bytes.ts';

/** What the boundary of a block depends on. */
export interface QueuedMessage {
  /** Timestamp of the L1 block that enqueued it, seconds. */
  readonly l1Time: bigint;
  readonly declaredZkGas: bigint;
}

/** One Enforced block: how many messages it takes, and when it is dated. */
export interface EnforcedBlock {
  readonly messageCount: number;
  readonly timestamp: bigint;
}

/** Messages [from, to). */
export interface MessageRange {
  readonly from: bigint;
  readonly to: bigint;
}

/** Length of the intervals that Enforced blocks gather messages of: an hour, divided by the profile's time scale, at least a second. */
export function enforcedIntervalSeconds(timeScale: bigint): bigint {
  const scaled = ENFORCED_INTERVAL_SECONDS / timeScale;
  return scaled > 0n ? scaled : 1n;
}

/** The interval that a commitment of payload kind 0 names; undefined if it is none. */
export function intervalOfCommitment(commitment: Hex): bigint | undefined {
  const seconds = bytesToBigint(hashBytes(commitment));
  return seconds > 0n && seconds <= ENFORCED_INTERVAL_SECONDS ? seconds : undefined;
}

/** How many messages, from the first on, the first block takes. */
function firstBlockLength(messages: readonly QueuedMessage[], start: number, intervalSeconds: bigint): number {
  const first = messages[start];
  if (first === undefined) return 0;
  const interval = first.l1Time / intervalSeconds;
  let zkGas = 0n;
  let end = start;
  for (let message = messages[end]; message !== undefined && message.l1Time / intervalSeconds === interval; message = messages[end]) {
    zkGas += message.declaredZkGas;
    if (zkGas > MAX_BLOCK_ZKGAS && end > start) break;
    end += 1;
  }
  return end - start;
}

/**
 * The blocks that consecutive messages make, the first starting with the first: one for each interval that has messages, split where
 * the next message would take the declared zkGas above a block's cap.
 */
export function enforcedBlocks(messages: readonly QueuedMessage[], parentTimestamp: bigint, intervalSeconds: bigint): readonly EnforcedBlock[] {
  if (intervalSeconds <= 0n) throw new RangeError(`Enforced interval: expected at least one second, got ${intervalSeconds}`);
  const blocks: EnforcedBlock[] = [];
  let timestamp = parentTimestamp;
  for (let start = 0; start < messages.length;) {
    const messageCount = firstBlockLength(messages, start, intervalSeconds);
    const newest = messages[start + messageCount - 1]?.l1Time ?? 0n;
    timestamp = newest > timestamp + 1n ? newest : timestamp + 1n;
    blocks.push({ messageCount, timestamp });
    start += messageCount;
  }
  return blocks;
}

/** Whether the interval that holds `l1Time` is over at `nowSeconds`: only then may its messages be in an Enforced block. */
export function isIntervalClosed(l1Time: bigint, nowSeconds: bigint, intervalSeconds: bigint): boolean {
  return l1Time / intervalSeconds < nowSeconds / intervalSeconds;
}

/** The first message at or after `index` that is not skipped. @param skipped sorted, disjoint, adjacent ones merged */
export function nextUnskipped(skipped: readonly MessageRange[], index: bigint): bigint {
  return skipped.find(({ from, to }) => from <= index && index < to)?.to ?? index;
}

/** Where the first skipped range that ends above `index` begins; undefined if none does. */
export function nextSkippedFrom(skipped: readonly MessageRange[], index: bigint): bigint | undefined {
  return skipped.find(({ to }) => to > index)?.from;
}

/** The ranges with one more, sorted, adjacent ones merged. @throws RangeError when it overlaps one of them or is empty */
export function withSkipped(skipped: readonly MessageRange[], added: MessageRange): readonly MessageRange[] {
  if (added.to <= added.from) throw new RangeError(`skipped range: expected messages, got [${added.from}, ${added.to})`);
  const overlapping = skipped.find(({ from, to }) => from < added.to && added.from < to);
  if (overlapping !== undefined) throw new RangeError(`skipped range [${added.from}, ${added.to}): messages [${overlapping.from}, ${overlapping.to}) are skipped already`);
  const merged: MessageRange[] = [];
  for (const range of [...skipped, added].toSorted((a, b) => (a.from < b.from ? -1 : 1))) {
    const last = merged.at(-1);
    if (last !== undefined && last.to === range.from) merged[merged.length - 1] = { from: last.from, to: range.to };
    else merged.push(range);
  }
  return merged;
}
