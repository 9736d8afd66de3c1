// From one commit to the blocks to execute: the static half of SPEC.md section 7.
//
// Owns: decoding the payload, every rule that needs no execution, and the one block of an emptied batch. Does not own: the
// rules only execution shows (invalid transactions, zkGas caps): whoever executes turns to planEmpty when one breaks.
// Invariant: pure and total. Any payload bytes give exactly one plan, and planEmpty's block always fits: the contract caps
// the declared zkGas of a batch's messages at a block's cap.

import { MAX_ORIGIN_LEAD_SECONDS, MODES, decodePayload, enforcedBlocks, intervalOfCommitment, toHex, type PayloadBlock } from '@keyfall/protocol';
import type { BatchContext, BatchPlan, PlanBatch, PlanEmpty, PlannedBlock } from '../pipeline/batchPlan.ts';
import { messageDeclaredZkGas, messageTime } from './messages.ts';

/** So that an emptied batch after it still has a timestamp that fits a u64 (SPEC.md section 7). */
const MAX_TIMESTAMP = (1n << 63n) - 1n;

function originTimestamp(context: BatchContext): bigint {
  const { origin, index } = context.commit;
  if (origin === undefined) throw new RangeError(`batch ${index}: a batch of mode Operating without an origin`);
  return origin.timestamp;
}

/** Mode Enforced: the blocks are a function of the queue and of the interval that the statement names. Nothing of them can be invalid. */
function planEnforced({ commit, messages, parent }: BatchContext): BatchPlan {
  const interval = intervalOfCommitment(toHex(commit.payloadCommitment));
  if (interval === undefined) throw new RangeError(`batch ${commit.index}: its commitment ${toHex(commit.payloadCommitment)} names no interval`);
  const queue = messages.map((message) => ({ l1Time: messageTime(message), declaredZkGas: messageDeclaredZkGas(message) }));
  let messagesFrom = commit.inboxFrom;
  const blocks = enforcedBlocks(queue, parent.timestamp, interval).map(({ messageCount, timestamp }): PlannedBlock => {
    const block = { timestamp, messagesFrom, messagesTo: messagesFrom + BigInt(messageCount), transactions: [] };
    messagesFrom = block.messagesTo;
    return block;
  });
  return { blocks, emptiedBecause: undefined };
}

/** The one block of a batch whose payload counts as empty: its messages, at the earliest timestamp the rules allow. */
export const planEmpty: PlanEmpty = (context, emptiedBecause) => {
  const { commit, messages, parent } = context;
  // An Enforced batch has nothing that could count as empty: whoever asks learns from the same blocks that they do not execute.
  if (commit.mode === MODES.enforced) return { ...planEnforced(context), emptiedBecause };
  const times = [parent.timestamp + 1n, originTimestamp(context), ...messages.map(messageTime)];
  const timestamp = times.reduce((latest, time) => (time > latest ? time : latest));
  return { blocks: [{ timestamp, messagesFrom: commit.inboxFrom, messagesTo: commit.inboxTo, transactions: [] }], emptiedBecause };
};

/** The blocks of a batch: the queue's in Enforced, else its payload's, or planEmpty's where the payload breaks a static rule. */
export const planBatch: PlanBatch = (context) => {
  if (context.commit.mode === MODES.enforced) return planEnforced(context);
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
    const early = messages.slice(Number(nextMessage - commit.inboxFrom), Number(messagesTo - commit.inboxFrom)).find((message) => messageTime(message) > timestamp);
    if (early !== undefined) return `MESSAGE_TIME: block ${position} at ${timestamp} holds message ${early.index} of ${messageTime(early)}`;
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
