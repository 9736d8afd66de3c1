/**
 * Model of Enforced blocks as a function of the queue (SPEC 12; review H7).
 *
 * Owns where blocks begin and end: greedily, of one closed hour's messages, never over a skipped one. Does not own who commits them.
 */
import { BATCH_CAP, HOUR } from './parameters.ts';

interface QueuedMessage {
  readonly wall: number;
  readonly zkGas: number;
  readonly fate: 'pending' | 'final' | 'skipped';
}

const hourOf = (message: QueuedMessage): number => Math.floor(message.wall / HOUR);

/** Where a batch from `from` on may end at wall time `wall`: after each block, while one batch holds them. */
export function enforcedBlockEnds(messages: readonly QueuedMessage[], from: number, wall: number): number[] {
  const ends: number[] = [];
  const gas = (start: number, end: number): number => messages.slice(start, end).reduce((sum, message) => sum + message.zkGas, 0);
  const isThere = (index: number): boolean => index < messages.length && messages[index]!.fate !== 'skipped';
  const isClosed = (index: number): boolean => hourOf(messages[index]!) < Math.floor(wall / HOUR);
  for (let start = from; isThere(start) && isClosed(start);) {
    let end = start + 1;
    while (isThere(end) && hourOf(messages[end]!) === hourOf(messages[start]!) && gas(start, end + 1) <= BATCH_CAP) end += 1;
    if (gas(from, end) > BATCH_CAP) break;
    ends.push(end);
    start = end;
  }
  return ends;
}

/** First message of the last block of a batch of messages `from` to `to`. */
export function lastBlockStart(messages: readonly QueuedMessage[], from: number, to: number): number {
  let start = to - 1;
  while (start > from && hourOf(messages[start - 1]!) === hourOf(messages[to - 1]!)) start -= 1;
  return start;
}
