// What L1 says happened, checked against itself: messages, commits, finality, drops, phases, skipped messages, block by block.
//
// Owns: the pure rules by which one L1 block's records change L1Progress, and the recomputation of the accumulator. Does not
// own: reading L1 (node/l1), executing batches, storing. It uses nothing but L1 data, so every node reaches the same ledger.
// Invariant: after any accepted block, progress.accumulator = acc(inboxCount) by our own hashing, and every commit held
// spans accumulators that we computed. What contradicts that is returned as a contradiction and changes nothing.

import {
  decodeMessage, equalBytes, hashBytes, intervalOfCommitment, messageHash, MODES, nextAccumulator, nextSkippedFrom, nextUnskipped, payloadCommitment, skipRootOf, toHex, withSkipped,
} from '@keyfall/protocol';
import type { L1Record } from '../pipeline/l1Block.ts';
import type { ChainPhase, CommitRecord, L1Progress, MessageRecord } from '../store/records.ts';

/** What the ledger looks up of earlier blocks. */
export interface LedgerReads {
  message(index: bigint): MessageRecord | undefined;
  commit(batchIndex: bigint): CommitRecord | undefined;
}

export interface LedgerChange {
  readonly after: L1Progress;
  readonly messages: readonly MessageRecord[];
  /** New commits, by index; each replaces what stood there. */
  readonly commits: readonly CommitRecord[];
  /** Commits of earlier blocks that this block removed, ascending: unwinding puts them back. */
  readonly displaced: readonly CommitRecord[];
  /** Results of batches from this index on are void; undefined = none. */
  readonly voidFrom: bigint | undefined;
  /** Batches that became final in Rollup, with the result L1 recorded. */
  readonly finalized: readonly Extract<L1Record, { kind: 'finalized' }>[];
}

export interface LedgerContradiction {
  readonly ok: false;
  readonly code: 'message-index' | 'message-bytes' | 'accumulator' | 'batch-index' | 'payload' | 'inbox-range' | 'finality-order' | 'drop-range' | 'mode' | 'phase' | 'skip-range' | 'skip-root';
  readonly message: string;
}
export type LedgerResult = { readonly ok: true; readonly change: LedgerChange } | LedgerContradiction;

export const EMPTY_PROGRESS: L1Progress = { inboxCount: 0n, accumulator: new Uint8Array(32), committedBatch: 0n, finalBatch: 0n, phase: 'operating', skipped: [] };

/** Applies the records of one L1 block, in log order. Pure. */
export function applyL1Records(before: L1Progress, records: readonly L1Record[], reads: LedgerReads): LedgerResult {
  const draft = new Draft(before, reads);
  for (const record of records) {
    const contradiction = draft.apply(record);
    if (contradiction !== undefined) return contradiction;
  }
  return { ok: true, change: draft.change() };
}

function contradiction(code: LedgerContradiction['code'], message: string): LedgerContradiction {
  return { ok: false, code, message };
}

class Draft {
  #progress: L1Progress;
  readonly #reads: LedgerReads;
  readonly #messages = new Map<bigint, MessageRecord>();
  readonly #commits = new Map<bigint, CommitRecord>();
  readonly #displaced = new Map<bigint, CommitRecord>();
  readonly #finalized: Extract<L1Record, { kind: 'finalized' }>[] = [];
  #voidFrom: bigint | undefined;

  constructor(before: L1Progress, reads: LedgerReads) {
    this.#progress = before;
    this.#reads = reads;
  }

  change(): LedgerChange {
    const byIndex = (a: { index: bigint }, b: { index: bigint }): number => (a.index < b.index ? -1 : 1);
    return {
      after: this.#progress, messages: [...this.#messages.values()], commits: [...this.#commits.values()].sort(byIndex),
      displaced: [...this.#displaced.values()].sort(byIndex), voidFrom: this.#voidFrom, finalized: this.#finalized,
    };
  }

  apply(record: L1Record): LedgerContradiction | undefined {
    switch (record.kind) {
      case 'message': return this.#enqueue(record.message);
      case 'commit': return this.#commit(record.commit);
      case 'finalized': return this.#finalize(record);
      case 'dropped': return this.#drop(record.from, record.to);
      case 'phase': return this.#enter(record.phase);
      case 'skipped': return this.#skip(record.from, record.to);
    }
  }

  #enqueue(message: MessageRecord): LedgerContradiction | undefined {
    const { inboxCount, accumulator } = this.#progress;
    if (message.index !== inboxCount) return contradiction('message-index', `Inbox message: expected index ${inboxCount}, got ${message.index}`);
    const decoded = decodeMessage(message.raw);
    if (!decoded.ok) return contradiction('message-bytes', `Inbox message ${message.index}: ${decoded.code}: expected ${decoded.expected}, got ${decoded.got}`);
    const next = hashBytes(nextAccumulator(toHex(accumulator), messageHash(message.raw)));
    if (!equalBytes(next, message.accumulator)) {
      return contradiction('accumulator', `Inbox message ${message.index}: its accumulator is ${toHex(next)}, L1 says ${toHex(message.accumulator)}`);
    }
    this.#messages.set(message.index, message);
    this.#progress = { ...this.#progress, inboxCount: inboxCount + 1n, accumulator: next };
    return undefined;
  }

  #accumulatorAt(index: bigint): Uint8Array | undefined {
    if (index === 0n) return new Uint8Array(32);
    if (index > this.#progress.inboxCount) return undefined;
    return (this.#messages.get(index - 1n) ?? this.#reads.message(index - 1n))?.accumulator;
  }

  #commitAt(index: bigint): CommitRecord | undefined {
    return this.#commits.get(index) ?? this.#reads.commit(index);
  }

  #commit(commit: CommitRecord): LedgerContradiction | undefined {
    const { committedBatch } = this.#progress;
    if (commit.index !== committedBatch + 1n) return contradiction('batch-index', `commit: expected batch ${committedBatch + 1n}, got ${commit.index}`);
    const broken = this.#payloadRule(commit) ?? this.#inboxRule(commit);
    if (broken !== undefined) return broken;
    for (const [index, claimed] of [[commit.inboxFrom, commit.accFrom], [commit.inboxTo, commit.accTo]] as const) {
      const ours = this.#accumulatorAt(index);
      if (ours === undefined || !equalBytes(ours, claimed)) {
        return contradiction('accumulator', `batch ${commit.index}: the accumulator at ${index} is ${ours === undefined ? 'unknown' : toHex(ours)}, its inputs say ${toHex(claimed)}`);
      }
    }
    this.#commits.set(commit.index, commit);
    this.#progress = { ...this.#progress, committedBatch: commit.index };
    return undefined;
  }

  /** Operating: the payload is what it is committed to. Enforced: there is none, and the commitment names the interval of its blocks. */
  #payloadRule(commit: CommitRecord): LedgerContradiction | undefined {
    const isEnforced = commit.mode === MODES.enforced;
    if (isEnforced !== (this.#progress.phase === 'enforced') || this.#progress.phase === 'frozen') {
      return contradiction('mode', `batch ${commit.index}: mode ${commit.mode} was committed in phase ${this.#progress.phase}`);
    }
    if (isEnforced) {
      const isWhole = commit.payloadKind === 0 && commit.payload.length === 0 && commit.origin === undefined && commit.inboxTo > commit.inboxFrom
        && intervalOfCommitment(toHex(commit.payloadCommitment)) !== undefined;
      return isWhole ? undefined : contradiction('payload', `batch ${commit.index}: expected an Enforced batch of messages without payload and origin, with an interval as its commitment, got ${toHex(commit.payloadCommitment)}`);
    }
    const commitment = hashBytes(payloadCommitment(commit.payload));
    if (commit.payloadKind === 1 && equalBytes(commitment, commit.payloadCommitment)) return undefined;
    return contradiction('payload', `batch ${commit.index}: its payload hashes to ${toHex(commitment)}, its commitment is ${toHex(commit.payloadCommitment)}`);
  }

  /** A batch begins where its parent ended, past skipped messages, which its skipRoot names; it takes none of them. */
  #inboxRule(commit: CommitRecord): LedgerContradiction | undefined {
    const { committedBatch, skipped } = this.#progress;
    const parentTo = committedBatch === 0n ? 0n : this.#commitAt(committedBatch)?.inboxTo;
    const from = parentTo === undefined ? undefined : nextUnskipped(skipped, parentTo);
    const end = from === undefined ? undefined : nextSkippedFrom(skipped, from);
    if (parentTo === undefined || from === undefined || commit.inboxFrom !== from || commit.inboxTo < from || (end !== undefined && commit.inboxTo > end)) {
      return contradiction('inbox-range', `batch ${commit.index}: expected messages from ${from}${end === undefined ? '' : ` to at most ${end}`}, got [${commit.inboxFrom}, ${commit.inboxTo})`);
    }
    const [accFrom, accTo] = [this.#accumulatorAt(parentTo), this.#accumulatorAt(from)];
    if (accFrom === undefined || accTo === undefined) return contradiction('accumulator', `batch ${commit.index}: the accumulators at ${parentTo} and ${from} are unknown`);
    const root = skipRootOf(parentTo, from, toHex(accFrom), toHex(accTo));
    if (root === toHex(commit.skipRoot)) return undefined;
    return contradiction('skip-root', `batch ${commit.index}: the skip root of [${parentTo}, ${from}) is ${root}, its inputs say ${toHex(commit.skipRoot)}`);
  }

  #enter(phase: ChainPhase): LedgerContradiction | undefined {
    const { phase: before } = this.#progress;
    if (before === 'frozen' || before === phase) return contradiction('phase', `Lifecycle: from ${before} there is no way to ${phase}`);
    this.#progress = { ...this.#progress, phase };
    return undefined;
  }

  /** Only messages that exist and that no committed batch holds are skipped, in Enforced. */
  #skip(from: bigint, to: bigint): LedgerContradiction | undefined {
    const { phase, skipped, inboxCount, committedBatch } = this.#progress;
    const head = nextUnskipped(skipped, committedBatch === 0n ? 0n : this.#commitAt(committedBatch)?.inboxTo ?? 0n);
    const isFree = !skipped.some((range) => range.from < to && from < range.to);
    if (phase !== 'enforced' || to <= from || from < head || to > inboxCount || !isFree) {
      return contradiction('skip-range', `skip: expected messages in [${head}, ${inboxCount}) that are not skipped, in phase enforced, got [${from}, ${to}) in phase ${phase}`);
    }
    this.#progress = { ...this.#progress, skipped: withSkipped(skipped, { from, to }) };
    return undefined;
  }

  #finalize(record: Extract<L1Record, { kind: 'finalized' }>): LedgerContradiction | undefined {
    const { finalBatch, committedBatch } = this.#progress;
    // The genesis is final by its deployment; its hash is checked where this node computes it.
    if (record.batchIndex === 0n && committedBatch === 0n) return undefined;
    if (record.batchIndex <= finalBatch || record.batchIndex > committedBatch) {
      return contradiction('finality-order', `finality: expected a batch in (${finalBatch}, ${committedBatch}], got ${record.batchIndex}`);
    }
    this.#finalized.push(record);
    this.#progress = { ...this.#progress, finalBatch: record.batchIndex };
    return undefined;
  }

  #drop(from: bigint, to: bigint): LedgerContradiction | undefined {
    const { finalBatch, committedBatch } = this.#progress;
    if (from <= finalBatch || from > to || to !== committedBatch) {
      return contradiction('drop-range', `drop: expected batches (${finalBatch}, ...] up to ${committedBatch}, got [${from}, ${to}]`);
    }
    for (let index = from; index <= to; index += 1n) {
      // A commit of this very block leaves no trace; one of an earlier block must come back when this block is unwound.
      const isOfThisBlock = this.#commits.delete(index);
      const earlier = isOfThisBlock ? undefined : this.#reads.commit(index);
      if (earlier !== undefined) this.#displaced.set(index, earlier);
    }
    if (this.#voidFrom === undefined || from < this.#voidFrom) this.#voidFrom = from;
    this.#progress = { ...this.#progress, committedBatch: from - 1n };
    return undefined;
  }
}
