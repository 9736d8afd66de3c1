// From a committed batch to the blocks it makes: SPEC sections 7 and 12, read from the text and not from the node. Owns every rule that needs no
// execution. Does not own execution: whoever runs the blocks comes back for `emptied` when one proves invalid.
// Invariant: every batch that L1 accepted has exactly one list of blocks.

import { decodePayload, enforcedBlocks, intervalOfCommitment, MAX_ORIGIN_LEAD_SECONDS, MODES, declaredZkGas, type Hex, type InboxMessage } from '@keyfall/protocol';

export interface NumberedMessage {
  readonly index: bigint;
  readonly message: InboxMessage;
}

export interface BatchFacts {
  readonly mode: number;
  readonly payload: Uint8Array;
  readonly payloadCommitment: Hex;
  /** Time of the batch's origin; undefined in Enforced. */
  readonly originTimestamp: bigint | undefined;
  readonly messages: readonly NumberedMessage[];
  readonly parentTimestamp: bigint;
}

export interface PlannedBlock {
  readonly timestamp: bigint;
  readonly messages: readonly NumberedMessage[];
  readonly transactions: readonly Uint8Array[];
}

/** A plan, or why the payload counts as empty. */
type Plan = { readonly isEmptied: false; readonly blocks: readonly PlannedBlock[] } | { readonly isEmptied: true; readonly because: string };

/** No timestamp reaches it, so that an empty batch after this one still has one. */
const TIMESTAMP_LIMIT = 1n << 63n;

export function planBatch(facts: BatchFacts): Plan {
  if (facts.mode === MODES.enforced) return { isEmptied: false, blocks: enforced(facts) };
  const payload = decodePayload(facts.payload);
  if (!payload.ok) return { isEmptied: true, because: `${payload.code}: expected ${payload.expected}, got ${payload.got}` };
  const promised = payload.value.reduce((sum, { messageCount }) => sum + messageCount, 0n);
  if (promised !== BigInt(facts.messages.length)) return { isEmptied: true, because: `its blocks take ${promised} messages, it was committed with ${facts.messages.length}` };
  const blocks: PlannedBlock[] = [];
  let [timestamp, taken] = [facts.parentTimestamp, 0];
  for (const { timestampDelta, messageCount, transactions } of payload.value) {
    timestamp += timestampDelta;
    if (timestamp >= TIMESTAMP_LIMIT) return { isEmptied: true, because: `timestamp ${timestamp} is not below 2^63` };
    blocks.push({ timestamp, messages: facts.messages.slice(taken, taken + Number(messageCount)), transactions });
    taken += Number(messageCount);
  }
  const [first, origin] = [blocks[0]?.timestamp ?? 0n, facts.originTimestamp ?? 0n];
  if (first < origin || first > origin + MAX_ORIGIN_LEAD_SECONDS) return { isEmptied: true, because: `its first block is of ${first}, its origin of ${origin}` };
  return { isEmptied: false, blocks };
}

/** The one block of a batch whose payload counts as empty. */
export function emptied({ messages, parentTimestamp, originTimestamp }: BatchFacts): readonly PlannedBlock[] {
  const newest = messages.reduce((latest, { message: { l1Time } }) => (l1Time > latest ? l1Time : latest), 0n);
  const timestamp = [newest, originTimestamp ?? 0n].reduce((latest, time) => (time > latest ? time : latest), parentTimestamp + 1n);
  return [{ timestamp, messages, transactions: [] }];
}

function enforced({ payloadCommitment, messages, parentTimestamp }: BatchFacts): readonly PlannedBlock[] {
  const interval = intervalOfCommitment(payloadCommitment);
  if (interval === undefined) throw new RangeError(`an Enforced batch: expected an interval as its commitment, got ${payloadCommitment}`);
  let taken = 0;
  return enforcedBlocks(messages.map(({ message }) => ({ l1Time: message.l1Time, declaredZkGas: declaredZkGas(message) })), parentTimestamp, interval).map(({ messageCount, timestamp }) => {
    const block = { timestamp, messages: messages.slice(taken, taken + messageCount), transactions: [] };
    taken += messageCount;
    return block;
  });
}
