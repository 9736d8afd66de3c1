// The queue between the Inbox and finality: counts, the oldest unsettled message's age in T, and the deadlines it runs into.
// Owns their reading together, at one block.
// Invariant: ages are in T, because the triggers are; deadlines are scaled by the contract.

import { ENFORCED_TRIGGER_SECONDS, FORCED_INCLUSION_DELAY_SECONDS } from '@keyfall/protocol/constants.ts';
import { currentT, scaled, timeAt } from './clock.ts';
import { messageCount, messagePrefix } from './inbox.ts';
import { batchRecord, committedCount, dueMessage, settledIndex } from './rollup.ts';
import type { BlockRef, Reading } from './reading.ts';
import type { System } from './system.ts';

export interface QueueState {
  readonly count: bigint;
  readonly settled: bigint;
  /** Messages before this index are in a committed batch. */
  readonly taken: bigint;
  readonly oldestAgeSeconds: bigint | undefined;
  readonly deadlineSeconds: bigint;
  readonly enforcedSeconds: bigint;
  readonly isDue: boolean;
}

export async function queueState({ rollup, inbox, clock }: System, at: BlockRef): Promise<Reading<QueueState>> {
  const [count, settled, committed, due, now, deadline, enforced] = await Promise.all([
    messageCount(inbox, at), settledIndex(rollup, at), committedCount(rollup, at), dueMessage(rollup, at), currentT(clock, at),
    scaled(clock, at, FORCED_INCLUSION_DELAY_SECONDS), scaled(clock, at, ENFORCED_TRIGGER_SECONDS),
  ]);
  if (!count.known) return count;
  if (!settled.known) return settled;
  if (!committed.known) return committed;
  if (!due.known) return due;
  if (!now.known) return now;
  if (!deadline.known) return deadline;
  if (!enforced.known) return enforced;
  const last = await batchRecord(rollup, at, committed.value);
  if (!last.known) return last;
  const age = settled.value < count.value ? await ageOf(settled.value, now.value, inbox, clock, at) : undefined;
  if (age?.known === false) return age;
  return { ...count, value: { count: count.value, settled: settled.value, taken: BigInt(last.value.inboxTo), oldestAgeSeconds: age?.value, deadlineSeconds: deadline.value, enforcedSeconds: enforced.value, isDue: due.value !== undefined } };
}

async function ageOf(index: bigint, nowT: bigint, inbox: System['inbox'], clock: System['clock'], at: BlockRef): Promise<Reading<bigint>> {
  const prefix = await messagePrefix(inbox, at, index);
  if (!prefix.known) return prefix;
  const enqueuedT = await timeAt(clock, at, BigInt(prefix.value.time));
  return enqueuedT.known ? { ...enqueuedT, value: nowT - enqueuedT.value } : enqueuedT;
}
