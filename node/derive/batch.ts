// Executing one committed batch to its one result: the dynamic half of SPEC.md section 7.
//
// Owns: running a plan block by block on an engine, turning to the empty batch when an element proves invalid, and the
// outputs of the statement. Does not own: what came before (derivation.ts), how a block is executed (node/execute).
// Invariant: the result depends on the parent state and on L1 data alone. A crash in between leaves the engine above the
// parent; unwinding it there and running again gives the same result.
//
//   plan ──► execute each ──► all valid, zkGas <= cap ──► result
//                  │ invalid ──► unwind to parent ──► planEmpty ──► result (must be valid: else a fault, never a skip)

import {
  DROP_REASONS, MAX_BATCH_ZKGAS, dropRootOf, equalBytes, inputsHash, outputsHash, toHex,
  MESSAGE_KINDS, MODES, addressBytes, decodeMessage, type Drop, type DropReason, type Hex, type StatementInputs, type StatementOutputs,
} from '@keyfall/protocol';
import type { BlockInput, DroppedMessage, ExecutedBlock, ExecutionEngine, InboxMessage, SentTransaction, StateWrite } from '../execute/api.ts';
import type { BatchContext, BatchPlan, PlannedBlock } from '../pipeline/batchPlan.ts';
import type { CommitRecord, MessageRecord } from '../store/records.ts';
import { DerivationFault } from './fault.ts';
import { planBatch, planEmpty } from './plan.ts';

/** What derivation asks of the execution engine. */
export type DerivationEngine = Pick<ExecutionEngine, 'head' | 'executeBlock' | 'unwind' | 'recoverTransactions'>;

/** The chain that statements of this rollup name. */
export interface RollupIdentity { readonly l1ChainId: bigint; readonly l2ChainId: bigint; readonly rollup: Hex }

/** What a result depends on beside the batch. */
export interface BatchRules {
  readonly identity: RollupIdentity;
  /** How long before its commit a batch's last block may lie: three days, divided by the profile's time scale. */
  readonly timestampLagSeconds: bigint;
}

/** What a committed batch comes to. */
export interface BatchResult {
  readonly index: bigint;
  readonly firstBlock: bigint;
  readonly outputs: StatementOutputs;
  readonly inputsHash: Hex;
  readonly outputsHash: Hex;
  /** Why the payload counted as empty; undefined = it was valid. */
  readonly emptiedBecause: string | undefined;
  /** Why L1 can never record an answer to it, so that it will be dropped; undefined = it can. */
  readonly unanswerableBecause: string | undefined;
}

/** Statement inputs of a commit. */
export function statementInputsOf(commit: CommitRecord, identity: RollupIdentity): StatementInputs {
  return {
    ...identity, specId: commit.specId, mode: commit.mode, parentHash: toHex(commit.parentHash), payloadKind: commit.payloadKind,
    payloadCommitment: toHex(commit.payloadCommitment), inboxFrom: commit.inboxFrom, accFrom: toHex(commit.accFrom), inboxTo: commit.inboxTo,
    accTo: toHex(commit.accTo), skipRoot: toHex(commit.skipRoot), originNumber: commit.origin?.number ?? 0n,
    originHash: toHex(commit.origin?.hash ?? new Uint8Array(32)), feeConfigHash: toHex(commit.feeConfigHash),
  };
}

/** An Inbox message as the engine executes it. @throws DerivationFault on bytes no Inbox emits (the ledger refused them). */
export function executableMessage(record: MessageRecord): InboxMessage {
  const decoded = decodeMessage(record.raw);
  if (!decoded.ok) throw new DerivationFault('ledger', `message ${record.index}: ${decoded.code}`);
  const { kind, sender, to, mintWei, valueWei, gas, surcharge, l1Time, data } = decoded.value;
  return { index: record.index, kind: MESSAGE_KINDS[kind], sender: addressBytes(sender), to: addressBytes(to), mint: mintWei, value: valueWei, gas, surcharge, l1Time, data };
}

/** SPEC section 4 names of the engine's drops. */
export function dropsOf(dropped: readonly DroppedMessage[]): readonly Drop[] {
  return dropped.map(({ messageIndex, reason }) => {
    const name = (Object.keys(DROP_REASONS) as DropReason[]).find((key) => DROP_REASONS[key] === reason);
    if (name === undefined) throw new DerivationFault('engine', `message ${messageIndex}: the engine gave drop reason ${reason}, which section 4 does not know`);
    return { index: messageIndex, reason: name };
  });
}

/** Writes to persist with the last block, given the result; and what a block's own record needs. */
export interface BatchSink {
  /** Atomically with the batch's last block. */
  finish(result: BatchResult): readonly StateWrite[];
}

type Attempt = { readonly ok: true; readonly result: BatchResult } | { readonly ok: false; readonly because: string };

/**
 * Executes a committed batch on an engine whose head is the batch's parent, and persists its blocks.
 * @throws DerivationFault 'parent' if the head is another block; 'engine' if even the empty batch is refused.
 */
export async function executeBatch(engine: DerivationEngine, context: BatchContext, rules: BatchRules, sink: BatchSink, signal?: AbortSignal): Promise<BatchResult> {
  const parent = context.parent;
  if (!equalBytes(engine.head.hash, parent.hash)) {
    throw new DerivationFault('parent', `batch ${context.commit.index}: expected the engine at block ${parent.number} ${toHex(parent.hash)}, it is at ${engine.head.header.number} ${toHex(engine.head.hash)}`);
  }
  const plan = planBatch(context);
  const first = await attempt(engine, context, plan, rules, sink, signal);
  if (first.ok) return first.result;
  if (engine.head.header.number !== parent.number) await engine.unwind(parent.number);
  const second = plan.emptiedBecause === undefined ? await attempt(engine, context, planEmpty(context, first.because), rules, sink, signal) : first;
  if (second.ok) return second.result;
  throw new DerivationFault('engine', `batch ${context.commit.index}: the empty batch, which always fits, was refused: ${second.because}`);
}

async function attempt(
  engine: DerivationEngine, context: BatchContext, plan: BatchPlan, rules: BatchRules, sink: BatchSink, signal: AbortSignal | undefined,
): Promise<Attempt> {
  const { commit } = context;
  const run = { zkGas: 0n, dropped: [] as DroppedMessage[] };
  const last = plan.blocks.length - 1;
  for (const [position, planned] of plan.blocks.entries()) {
    signal?.throwIfAborted();
    const executed = await executePlanned(engine, context, planned, position);
    if (!executed.ok) return executed;
    const { pending } = executed;
    run.zkGas += pending.block.zkGasUsed;
    run.dropped.push(...pending.block.dropped);
    if (run.zkGas > MAX_BATCH_ZKGAS) return { ok: false, because: `ZKGAS: expected at most ${MAX_BATCH_ZKGAS} in the batch, block ${position} brings it to ${run.zkGas}` };
    if (position < last) await pending.commit();
    else {
      const result = resultOf(context, plan, rules, pending.block, run);
      await pending.commit(sink.finish(result));
      return { ok: true, result };
    }
  }
  throw new DerivationFault('engine', `batch ${commit.index}: a plan without blocks`);
}

async function executePlanned(engine: DerivationEngine, context: BatchContext, planned: PlannedBlock, position: number): Promise<
  { readonly ok: true; readonly pending: { readonly block: ExecutedBlock; commit(alongside?: readonly StateWrite[]): Promise<void> } } | { readonly ok: false; readonly because: string }
> {
  const { commit } = context;
  const recovered = await engine.recoverTransactions(planned.transactions);
  const transactions: SentTransaction[] = [];
  for (const [index, outcome] of recovered.entries()) {
    if (!outcome.ok) return { ok: false, because: `TRANSACTION: block ${position}, transaction ${index}: ${outcome.code}: ${outcome.message}` };
    transactions.push(outcome.transaction);
  }
  const messages = context.messages.slice(Number(planned.messagesFrom - commit.inboxFrom), Number(planned.messagesTo - commit.inboxFrom)).map(executableMessage);
  const input: BlockInput = {
    parentHash: engine.head.hash, timestamp: planned.timestamp, messages,
    fees: { originBaseFeeWei: commit.origin?.baseFeeWei ?? 0n, ...commit.feeScalars },
  };
  const result = await engine.executeBlock({ ...input, transactions });
  return result.ok ? result : { ok: false, because: `BLOCK: block ${position}: ${result.invalid.code}: ${result.invalid.message}` };
}

function resultOf(
  context: BatchContext, plan: BatchPlan, rules: BatchRules, block: ExecutedBlock, run: { readonly zkGas: bigint; readonly dropped: readonly DroppedMessage[] },
): BatchResult {
  const outputs: StatementOutputs = {
    lastNumber: block.header.number, lastHash: toHex(block.hash), stateRoot: toHex(block.header.stateRoot), lastTimestamp: block.header.timestamp,
    zkGasUsed: run.zkGas, dropRoot: dropRootOf(dropsOf(run.dropped)),
  };
  return {
    index: context.commit.index, firstBlock: context.parent.number + 1n, outputs, inputsHash: inputsHash(statementInputsOf(context.commit, rules.identity)),
    outputsHash: outputsHash(outputs), emptiedBecause: plan.emptiedBecause, unanswerableBecause: timeRule(context.commit, outputs.lastTimestamp, rules.timestampLagSeconds),
  };
}

/** SPEC section 7, times: the contract records an answer only within this range. An Enforced batch is answered by its very commit. */
function timeRule(commit: CommitRecord, lastTimestamp: bigint, lagSeconds: bigint): string | undefined {
  if (commit.mode === MODES.enforced) return undefined;
  const earliest = commit.commitTime - lagSeconds;
  if (lastTimestamp >= earliest && lastTimestamp <= commit.commitTime) return undefined;
  return `LAST_TIMESTAMP: expected [${earliest}, ${commit.commitTime}], got ${lastTimestamp}`;
}
