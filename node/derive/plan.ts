// From one commit to the blocks to execute: the static half of SPEC.md section 7.
//
// Owns: decoding the payload, every rule that needs no execution, and the one block of an emptied batch. Does not own: the
// rules only execution shows (invalid transactions, zkGas caps): whoever executes turns to planEmpty when one breaks.
// Invariant: pure and total. Any payload bytes give exactly one plan, and planEmpty's block always fits: the contract caps
// the declared zkGas of a batch's messages at a block's cap.

import { MAX_ORIGIN_LEAD_SECONDS, bytesToBigint, decodePayload, type PayloadBlock } from '@keyfall/protocol';
import type { BatchContext, PlanBatch, PlanEmpty, PlannedBlock } from '../pipeline/batchPlan.ts';
import type { MessageRecord } from '../store/records.ts';

/** So that an emptied batch after it still has a timestamp that fits a u64 (SPEC.md section 7). */
const MAX_TIMESTAMP = (1n << 63n) - 1n;
const L1_TIME_OFFSET = 122;

/** `l1Time` of a message's bytes, seconds: timestamp of the L1 block that enqueued it (SPEC.md section 2). */
export function messageL1Time(message: MessageRecord): bigint {
  return bytesToBigint(message.raw.subarray(L1_TIME_OFFSET, L1_TIME_OFFSET + 8));
}

function originTimestamp(context: BatchContext): bigint {
  const { origin, mode, index } = context.commit;
  if (mode !== 1 || origin === undefined) throw new RangeError(`batch ${index}: mode ${mode} is not derived by this version, which knows Operating (1) alone`);
  return origin.timestamp;
}

/** The one block of a batch whose payload counts as empty: its messages, at the earliest timestamp the rules allow. */
export const planEmpty: PlanEmpty = (context, emptiedBecause) => {
  const { commit, messages, parent } = context;
  const times = [parent.timestamp + 1n, originTimestamp(context), ...messages.map(messageL1Time)];
  const timestamp = times.reduce((latest, time) => (time > latest ? time : latest));
  return { blocks: [{ timestamp, messagesFrom: commit.inboxFrom, messagesTo: commit.inboxTo, transactions: [] }], emptiedBecause };
};

/** The blocks of a batch: its payload's, or planEmpty's where the payload breaks a static rule. */
export const planBatch: PlanBatch = (context) => {
  const decoded = decodePayload(context.commit.payload);
  if (!decoded.ok) return planEmpty(context, `${decoded.code}: expected ${decoded.expected}, got ${decoded.got}`);
  const placed = placeBlocks(context, decoded.value);
  return typeof placed === 'string' ? planEmpty(context, placed) : { blocks: placed, emptiedBecause: undefined };
};

/** Absolute timestamps and message ranges, or the rule that is broken. */
function placeBlocks(context: BatchContext, payload: readonly PayloadBlock[]): readonly PlannedBlock[] | string {
  const { commit, messages, parent } = context;
  const promised = payload.reduce((sum, block) => sum + block.messageCount, 0n);
  if (promised !== commit.inboxTo - commit.inboxFrom) {
    return `MESSAGE_COUNT: expected ${commit.inboxTo - commit.inboxFrom} messages in all, got ${promised}`;
  }
  const blocks: PlannedBlock[] = [];
  let timestamp = parent.timestamp;
  let nextMessage = commit.inboxFrom;
  for (const [position, block] of payload.entries()) {
    timestamp += block.timestampDelta;
    if (timestamp > MAX_TIMESTAMP) return `TIMESTAMP: block ${position} is not below 2^63`;
    const messagesTo = nextMessage + block.messageCount;
    const early = messages.slice(Number(nextMessage - commit.inboxFrom), Number(messagesTo - commit.inboxFrom)).find((message) => messageL1Time(message) > timestamp);
    if (early !== undefined) return `MESSAGE_TIME: block ${position} at ${timestamp} holds message ${early.index} of ${messageL1Time(early)}`;
    blocks.push({ timestamp, messagesFrom: nextMessage, messagesTo, transactions: block.transactions });
    nextMessage = messagesTo;
  }
  return originRule(context, blocks[0]?.timestamp ?? timestamp) ?? blocks;
}

function originRule(context: BatchContext, firstTimestamp: bigint): string | undefined {
  const origin = originTimestamp(context);
  if (firstTimestamp >= origin && firstTimestamp <= origin + MAX_ORIGIN_LEAD_SECONDS) return undefined;
  return `ORIGIN: expected the first timestamp in [${origin}, ${origin + MAX_ORIGIN_LEAD_SECONDS}], got ${firstTimestamp}`;
}
