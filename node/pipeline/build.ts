// Building: when the sequencer closes a batch, when it builds a block, and from what.
//
// Owns: the batch boundaries, origin and message choice (SPEC.md sections 5 to 7), the rhythm. Does not own: which pooled
// transactions enter (node/sequence, within the limits given), committing (node/batch).
// Invariant: a closed batch is valid by node/derive's own rules (asserted on its encoded payload), and no block is built
// before every committed batch is taken over.

import { strict as assert } from 'node:assert';
import { MAX_ORIGIN_LEAD_SECONDS, dropRootOf, feeConfigHash, hashBytes, keccak, nextSkippedFrom, nextUnskipped } from '@keyfall/protocol';
import { dropsOf } from '../derive/batch.ts';
import { planBatch } from '../derive/plan.ts';
import type { Effect, StepResult } from './effect.ts';
import type { CoreEvent } from './event.ts';
import { messageDeclaredZkGas, messageTime } from '../derive/messages.ts';
import { openBatch, type Building, type ChainCaps, type CoreReads, type CoreState, type SequencingConfig } from './state.ts';
import type { BatchRecord, BatchUse, BlockRecord, CommitRecord, FeeScalars, HeadRecord, MessageRecord, Origin } from '../store/records.ts';

type Tick = Extract<CoreEvent, { kind: 'tick' }>;
/** Payload version byte and the longest prefix of the list of blocks. */
const PAYLOAD_ENVELOPE_BYTES = 5;
/** Longest encoding of a block without transactions: three list prefixes, a delta and a count. */
const BLOCK_ENVELOPE_BYTES = 30;
/** A batch with less room than this closes: nothing useful fits. */
const MIN_ROOM_BYTES = 400;
const MIN_ROOM_ZKGAS = 42_000n;

/** The sequencer's second: closes the open batch if it is time, then builds a block if there is a reason. */
export function whenTicked(state: CoreState, tick: Tick, reads: CoreReads): StepResult {
  const { sequencing } = state.config;
  // A start block's time is unknown: nothing is built before a later one was read.
  const isAtTip = state.head.l1.timestamp > 0n && (state.hasCaughtUp || (tick.l1Target !== undefined && state.head.l1.number + 2n >= tick.l1Target));
  const current: CoreState = { ...state, hasCaughtUp: isAtTip };
  if (sequencing === undefined || !isAtTip || current.halted !== undefined || current.standing !== undefined) return [current, []];
  // Outside Operating L1 takes no payload: nothing is built, and what users sent waits in the pool.
  if (current.head.progress.phase !== 'operating') return [current, []];
  if (current.head.safe.batchIndex < current.head.progress.committedBatch) return [current, [{ kind: 'again' }]];
  const open = openBatch(current);
  const [ready, closing] = open !== undefined && isTimeToClose(current, open, tick.l1Seconds, sequencing, reads) ? closeBatch(current, open, reads) : [current, []];
  const [building, effects] = startBuilding(ready, tick, sequencing, reads);
  return [building, [...closing, ...effects]];
}

function isTimeToClose({ config }: CoreState, open: BlockRecord, l1Seconds: bigint, sequencing: SequencingConfig, reads: CoreReads): boolean {
  const { batchUse } = open;
  const { caps } = config;
  const first = reads.block(batchUse.firstBlock);
  assert(first !== undefined, `first block ${batchUse.firstBlock} of the open batch is not stored`);
  return batchUse.blockCount >= caps.batchBlocks || caps.payloadBytes - batchUse.payloadBytes < MIN_ROOM_BYTES
    || caps.batchZkGas - batchUse.zkGas < MIN_ROOM_ZKGAS || l1Seconds >= first.header.timestamp + sequencing.batchAgeSeconds;
}

/** Fixes the open batch. */
function closeBatch(state: CoreState, last: BlockRecord, reads: CoreReads): StepResult {
  const first = reads.block(last.batchUse.firstBlock);
  assert(first !== undefined, `block ${last.batchUse.firstBlock} is not stored`);
  const parent = reads.block(first.number - 1n);
  assert(parent !== undefined, `block ${first.number - 1n} is not stored`);
  const payload = reads.payload(first.number, last.number);
  const drops = [];
  for (let number = first.number; number <= last.number; number++) drops.push(...(reads.block(number)?.dropped ?? []));
  const batch: BatchRecord = {
    index: last.batchIndex, parentHash: parent.hash, firstBlock: first.number, lastBlock: last.number, lastHash: last.hash,
    inboxFrom: first.messagesFrom, inboxTo: last.messagesTo, origin: last.origin, feeScalars: last.feeScalars, zkGasUsed: last.batchUse.zkGas,
    dropRoot: hashBytes(dropRootOf(dropsOf(drops))), payloadHash: keccak(payload), emptiedBecause: undefined,
  };
  assertDerives(batch, payload, parent, reads);
  const head: HeadRecord = { ...state.head, closedBatch: batch.index };
  return [{ ...state, head }, [{ kind: 'write', change: { head, batches: [batch] } }]];
}

/** A batch whose payload the node's own rules would empty must never leave this process. */
function assertDerives(batch: BatchRecord, payload: Uint8Array, parent: BlockRecord, reads: CoreReads): void {
  const messages: MessageRecord[] = [];
  for (let index = batch.inboxFrom; index < batch.inboxTo; index++) {
    const message = reads.message(index);
    assert(message !== undefined, `message ${index} is not stored`);
    messages.push(message);
  }
  const zero = new Uint8Array(32);
  const commit: CommitRecord = {
    index: batch.index, parentHash: batch.parentHash, specId: 1n, mode: 1, payloadKind: 1, payloadCommitment: batch.payloadHash, payload, inboxFrom: batch.inboxFrom,
    accFrom: zero, inboxTo: batch.inboxTo, accTo: zero, skipRoot: zero, origin: batch.origin, feeConfigHash: hashBytes(feeConfigHash(batch.feeScalars)),
    feeScalars: batch.feeScalars, commitTime: 0n, l1Number: 0n, l1TransactionHash: zero,
  };
  const plan = planBatch({ commit, messages, parent: { number: parent.number, hash: parent.hash, timestamp: parent.header.timestamp } });
  assert.equal(plan.emptiedBecause, undefined, `batch ${batch.index} was built, and derivation would empty it`);
  assert.equal(BigInt(plan.blocks.length), batch.lastBlock - batch.firstBlock + 1n, `batch ${batch.index} derives to another number of blocks`);
}

function startBuilding(state: CoreState, tick: Tick, sequencing: SequencingConfig, reads: CoreReads): StepResult {
  const { tip, head } = state;
  const limit = head.l1.timestamp + sequencing.maxLeadSeconds;
  const timestamp = tick.l1Seconds < limit ? tick.l1Seconds : limit;
  const isHeartbeat = timestamp >= tip.header.timestamp + sequencing.heartbeatSeconds;
  if (timestamp <= tip.header.timestamp) return [state, []];
  const available = usableMessages(state, sequencing, reads);
  const open = openBatch(state);
  const next = nextUnskipped(head.progress.skipped, tip.messagesTo);
  if (!isHeartbeat && tick.pending === 0 && available <= next) return [state, []];
  const messages = chooseMessages(state, open, available, timestamp, reads);
  if (open !== undefined && messages.isBatchFull) {
    const [closed, closing] = closeBatch(state, open, reads);
    const [building, effects] = startBuilding(closed, tick, sequencing, reads);
    return [building, [...closing, ...effects]];
  }
  const origin = open === undefined ? chooseOrigin(state, timestamp, sequencing, reads) : open.origin;
  if (origin === undefined) return [state, []];
  const building: Building = {
    kind: 'building', batchIndex: head.closedBatch + 1n, isFirst: open === undefined, origin, feeScalars: open?.feeScalars ?? currentScalars(state, reads),
    messagesFrom: messages.from, messagesTo: messages.to, declaredZkGas: messages.declaredZkGas, isHeartbeat, isBatchFull: false,
  };
  return [{ ...state, activity: building }, [buildEffect(state, building, open, timestamp)]];
}

function buildEffect({ tip, config: { caps } }: CoreState, building: Building, open: BlockRecord | undefined, timestamp: bigint): Effect {
  const { origin, feeScalars, messagesFrom, messagesTo } = building;
  return {
    kind: 'execute',
    request: {
      parentHash: tip.hash, parentTimestamp: tip.header.timestamp, timestamp, fees: { originBaseFeeWei: origin.baseFeeWei, ...feeScalars }, messagesFrom, messagesTo,
      transactions: { pool: {
        payloadBytes: caps.payloadBytes - (open?.batchUse.payloadBytes ?? PAYLOAD_ENVELOPE_BYTES) - BLOCK_ENVELOPE_BYTES,
        zkGas: caps.batchZkGas - (open?.batchUse.zkGas ?? 0n),
      } },
    },
  };
}

/** Messages before this index are deep enough under L1's tip. */
function usableMessages({ head }: CoreState, { confirmations }: SequencingConfig, reads: CoreReads): bigint {
  if (confirmations === 0n) return head.progress.inboxCount;
  return reads.l1BlockAtOrBelow(head.l1.number - confirmations)?.after.inboxCount ?? 0n;
}

interface MessageChoice { from: bigint; to: bigint; declaredZkGas: bigint; isBatchFull: boolean }

/** As many messages, in order, as the batch and the block have room for. Skipped ones are passed between two batches alone. */
function chooseMessages({ head, tip, config: { caps } }: CoreState, open: BlockRecord | undefined, available: bigint, timestamp: bigint, reads: CoreReads): MessageChoice {
  const { skipped } = head.progress;
  let declaredZkGas = 0n;
  const from = open === undefined ? nextUnskipped(skipped, tip.messagesTo) : tip.messagesTo;
  const end = nextSkippedFrom(skipped, from) ?? available;
  if (end === from && available > nextUnskipped(skipped, from)) return { from, to: from, declaredZkGas, isBatchFull: open !== undefined };
  let to = from;
  const batchDeclared = open?.batchUse.declaredZkGas ?? 0n;
  const batchUsed = open?.batchUse.zkGas ?? 0n;
  for (; to < available && to < end; to++) {
    const message = reads.message(to);
    assert(message !== undefined, `message ${to} is not stored`);
    if (messageTime(message) > timestamp) break;
    const next = declaredZkGas + messageDeclaredZkGas(message);
    const fits = next <= caps.blockZkGas && batchDeclared + next <= caps.batchMessageZkGas && batchUsed + next <= caps.batchZkGas;
    // Only a batch that has blocks can be full for the first message: alone, every message fits.
    if (!fits) return { from, to, declaredZkGas, isBatchFull: open !== undefined && to === from };
    declaredZkGas = next;
  }
  return { from, to, declaredZkGas, isBatchFull: false };
}

/** The newest L1 block that is deep enough, not older than the parent batch's origin, and close enough in time. */
function chooseOrigin({ head, tip }: CoreState, timestamp: bigint, { confirmations }: SequencingConfig, reads: CoreReads): Origin | undefined {
  const block = reads.l1BlockAtOrBelow(head.l1.number - confirmations);
  if (block === undefined || (tip.origin !== undefined && block.number < tip.origin.number)) return undefined;
  if (timestamp < block.timestamp || timestamp > block.timestamp + MAX_ORIGIN_LEAD_SECONDS) return undefined;
  return { number: block.number, hash: block.hash, timestamp: block.timestamp, baseFeeWei: block.baseFeeWei };
}

/** Fee scalars of the newest commit, or of genesis. */
function currentScalars({ head, config }: CoreState, reads: CoreReads): FeeScalars {
  return reads.commit(head.progress.committedBatch)?.feeScalars ?? config.genesisFeeScalars;
}

/** Results of the execution that building asked for. */
export function whileBuilding(state: CoreState, building: Building, event: Extract<CoreEvent, { kind: 'executed' | 'invalid' | 'adopted' }>): StepResult {
  const idle: CoreState = { ...state, activity: { kind: 'idle' } };
  switch (event.kind) {
    case 'invalid':
      return [idle, [{ kind: 'report', level: 'error', message: `a block of ${building.messagesTo - building.messagesFrom} messages could not be built: ${event.message}` }]];
    case 'adopted':
      return [building.isBatchFull ? withFullBatch({ ...idle, tip: event.block }) : { ...idle, tip: event.block }, []];
    case 'executed':
      return adoptBuilt(state, building, event, idle);
  }
}

function adoptBuilt(state: CoreState, building: Building, { execution }: Extract<CoreEvent, { kind: 'executed' }>, idle: CoreState): StepResult {
  const isEmpty = execution.transactionCount === 0 && building.messagesFrom === building.messagesTo;
  if (isEmpty && !building.isHeartbeat) return [execution.hitBatchLimit && !building.isFirst ? withFullBatch(idle) : idle, [{ kind: 'discard' }]];
  const before = building.isFirst
    ? { firstBlock: execution.number, blockCount: 0, payloadBytes: PAYLOAD_ENVELOPE_BYTES, zkGas: 0n, declaredZkGas: 0n }
    : state.tip.batchUse;
  const batchUse = {
    firstBlock: before.firstBlock, blockCount: before.blockCount + 1, payloadBytes: before.payloadBytes + execution.payloadBytes,
    zkGas: before.zkGas + execution.zkGasUsed, declaredZkGas: before.declaredZkGas + building.declaredZkGas,
  };
  const { caps } = state.config;
  if (batchUse.zkGas > caps.batchZkGas || batchUse.payloadBytes > caps.payloadBytes) return overflow(idle, building);
  const { batchIndex, origin, feeScalars, messagesFrom, messagesTo } = building;
  const head: HeadRecord = { ...state.head, unsafe: { number: execution.number, hash: execution.hash } };
  const activity: Building = { ...building, isBatchFull: execution.hitBatchLimit && isHalfFull(batchUse, caps) };
  return [{ ...state, head, activity }, [{ kind: 'adopt', place: { batchIndex, origin, feeScalars, messagesFrom, messagesTo, batchUse }, change: { head } }]];
}

/**
 * What asks for a new batch gets one early only when this one is worth its commit: a transaction of nearly a whole payload, always
 * outbid by a few small ones, would otherwise make every block a batch at the operator's cost. It then waits for the batch's age.
 */
function isHalfFull(use: BatchUse, caps: ChainCaps): boolean {
  return use.payloadBytes * 2 >= caps.payloadBytes || use.zkGas * 2n >= caps.batchZkGas;
}

/** Surcharges took the block beyond the batch: the batch ends before it. A block alone in its batch always fits. */
function overflow(idle: CoreState, building: Building): StepResult {
  assert(!building.isFirst, 'a block alone in its batch is above the batch caps');
  return [withFullBatch(idle), [{ kind: 'discard' }]];
}

/** The open batch closes at the next tick. Only in memory: after a restart the next build finds out again. */
function withFullBatch(state: CoreState): CoreState {
  return { ...state, tip: { ...state.tip, batchUse: { ...state.tip.batchUse, payloadBytes: state.config.caps.payloadBytes } } };
}
