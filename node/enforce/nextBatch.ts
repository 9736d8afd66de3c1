// The next Enforced batch, computed before anyone commits it: which whole blocks of the queue it takes, its inputs and its outputs.
//
// Owns: the choice of messages and the trial execution. Does not own: proving (a lane's), committing, following L1 (derivation.ts).
// Invariant: the engine and the store are left where they were; the result is what every follower will derive once the batch is
// committed as described here, because it is computed by the same function.

import {
  MAX_BATCH_MESSAGE_ZKGAS, enforcedBlocks, enforcedPayloadCommitment, feeConfigHash, hashBytes, isIntervalClosed, nextSkippedFrom, nextUnskipped, skipRootOf, toHex,
  type FeeConfig, type Hex, type MessageRange, type StatementInputs, type StatementOutputs,
} from '@keyfall/protocol';
import { executeBatch, statementInputsOf, type BatchRules, type DerivationEngine } from '../derive/batch.ts';
import type { Derivation } from '../derive/derivation.ts';
import { messageDeclaredZkGas, messageTime } from '../derive/messages.ts';
import type { CommitRecord, MessageRecord } from '../store/records.ts';

/** What L1 says at the block the batch is made for. */
export interface EnforcedView {
  /** Timestamp of that L1 block, seconds. */
  readonly nowSeconds: bigint;
  readonly intervalSeconds: bigint;
  readonly specId: bigint;
  readonly feeConfig: FeeConfig;
  /** Most blocks to take. */
  readonly maxBlocks: number;
}

export interface EnforcedBatch {
  readonly batchIndex: bigint;
  readonly parentHash: Hex;
  readonly inboxTo: bigint;
  /** First message of the last block. */
  readonly blockStart: bigint;
  readonly blockCount: number;
  readonly inputs: StatementInputs;
  readonly inputsHash: Hex;
  readonly outputs: StatementOutputs;
  readonly outputsHash: Hex;
}

export type NextEnforced = { readonly ok: true; readonly batch: EnforcedBatch } | { readonly ok: false; readonly because: string };

/** How many of the messages, from the first on, a batch of whole blocks takes, and where its last block begins. */
function wholeBlocks(messages: readonly MessageRecord[], view: EnforcedView): { readonly taken: number; readonly lastStart: number; readonly blocks: number } {
  const queue = messages.map((message) => ({ l1Time: messageTime(message), declaredZkGas: messageDeclaredZkGas(message) }));
  const open = queue.findIndex(({ l1Time }) => !isIntervalClosed(l1Time, view.nowSeconds, view.intervalSeconds));
  const closed = open < 0 ? queue : queue.slice(0, open);
  let [taken, lastStart, blocks, zkGas] = [0, 0, 0, 0n];
  for (const { messageCount } of enforcedBlocks(closed, 0n, view.intervalSeconds)) {
    zkGas += closed.slice(taken, taken + messageCount).reduce((sum, { declaredZkGas }) => sum + declaredZkGas, 0n);
    if (blocks === view.maxBlocks || zkGas > MAX_BATCH_MESSAGE_ZKGAS) break;
    [taken, lastStart, blocks] = [taken + messageCount, taken, blocks + 1];
  }
  return { taken, lastStart, blocks };
}

interface Queue { readonly parentTo: bigint; readonly from: bigint; readonly end: bigint }

/** Messages that the next batch may take, past skipped ones. */
function queueAfter(parentTo: bigint, skipped: readonly MessageRange[], inboxCount: bigint): Queue {
  const from = nextUnskipped(skipped, parentTo);
  return { parentTo, from, end: nextSkippedFrom(skipped, from) ?? inboxCount };
}

/** Computes the batch on a derivation that is current. The engine's head must be the derivation's. */
export async function nextEnforcedBatch(derivation: Derivation, engine: DerivationEngine, rules: BatchRules, view: EnforcedView): Promise<NextEnforced> {
  const { derived, progress } = derivation.head;
  if (progress.phase !== 'enforced') return { ok: false, because: `the chain is in phase ${progress.phase}: only in enforced does anyone commit` };
  if (derived.batchIndex !== progress.committedBatch) return { ok: false, because: `batch ${derived.batchIndex + 1n} is committed and has no result; it must be dropped first` };
  const parentTo = derivation.commit(progress.committedBatch)?.inboxTo ?? 0n;
  const queue = queueAfter(parentTo, progress.skipped, progress.inboxCount);
  const messages: MessageRecord[] = [];
  for (let index = queue.from; index < queue.end; index += 1n) {
    const message = derivation.message(index);
    if (message === undefined) throw new Error(`message ${index} is not stored`);
    messages.push(message);
  }
  const { taken, lastStart, blocks } = wholeBlocks(messages, view);
  if (taken === 0) {
    const first = messages[0];
    return { ok: false, because: first === undefined ? 'the queue is empty' : `message ${queue.from} came in an interval that ends at ${(messageTime(first) / view.intervalSeconds + 1n) * view.intervalSeconds}, L1 is at ${view.nowSeconds}` };
  }
  const commit = commitOf(derivation, queue, queue.from + BigInt(taken), view);
  try {
    const result = await executeBatch(engine, { commit, messages: messages.slice(0, taken), parent: derived }, rules, { finish: () => [] });
    return {
      ok: true,
      batch: {
        batchIndex: commit.index, parentHash: toHex(commit.parentHash), inboxTo: commit.inboxTo, blockStart: queue.from + BigInt(lastStart), blockCount: blocks,
        inputs: statementInputsOf(commit, rules.identity), inputsHash: result.inputsHash, outputs: result.outputs, outputsHash: result.outputsHash,
      },
    };
  } finally {
    if (engine.head.header.number > derived.number) await engine.unwind(derived.number);
  }
}

/** The commit record that L1 would emit for it. */
function commitOf(derivation: Derivation, { parentTo, from }: Queue, inboxTo: bigint, { specId, feeConfig, intervalSeconds, nowSeconds }: EnforcedView): CommitRecord {
  const { derived, progress, l1 } = derivation.head;
  const accumulatorAt = (index: bigint): Uint8Array => (index === 0n ? new Uint8Array(32) : derivation.message(index - 1n)?.accumulator ?? new Uint8Array(0));
  const accFrom = accumulatorAt(from);
  return {
    index: progress.committedBatch + 1n, parentHash: derived.hash, specId, mode: 2, payloadKind: 0, payloadCommitment: hashBytes(enforcedPayloadCommitment(intervalSeconds)), payload: new Uint8Array(0),
    inboxFrom: from, accFrom, inboxTo, accTo: accumulatorAt(inboxTo), skipRoot: hashBytes(skipRootOf(parentTo, from, toHex(accumulatorAt(parentTo)), toHex(accFrom))), origin: undefined,
    feeConfigHash: hashBytes(feeConfigHash(feeConfig)), feeScalars: feeConfig, commitTime: nowSeconds, l1Number: l1.number, l1TransactionHash: new Uint8Array(32),
  };
}
