// The L2 chain from L1 alone, persisted: takes L1 events, keeps the ledger, executes each committed batch to its result.
//
// Owns: the records of a follower that never sequences (attesters, checks of a node), their atomic change, and the way
// back: every step forward writes what its unwinding needs. Does not own: reading L1 (node/l1), the rules (ledger.ts,
// plan.ts, batch.ts), the node's own chain with unsafe blocks (node/pipeline).
// Invariant: the state after any sequence of events, split and interrupted anywhere, equals a fresh derivation of the
// L1 chain that the events end with. One head record; the engine is at its block or, after a crash, above it.
//
//   apply(advanced) ─► ledger ─► one atomic write      apply(reorged) ─► engine.unwind with all records in one write
//   deriveNext ─► engine back to head if above ─► executeBatch ─► last block, result and head in one write

import { equalBytes, hashBytes, toHex } from '@keyfall/protocol';
import type { StateKeyValue, StateWrite } from '../execute/api.ts';
import type { L1Block, L1Event, L1Record } from '../pipeline/l1Block.ts';
import type { BlockReference, CommitRecord, L1Progress, L1Reference, MessageRecord } from '../store/records.ts';
import { executeBatch, type BatchResult, type DerivationEngine, type RollupIdentity } from './batch.ts';
import { DerivationFault } from './fault.ts';
import { EMPTY_PROGRESS, applyL1Records } from './ledger.ts';
import { HEAD_KEY, decodeRecord, encodeRecord, rowKey, type TableName } from './tables.ts';

type Finality = Extract<L1Record, { kind: 'finalized' }>;
interface L1Row { readonly hash: Uint8Array; readonly after: L1Progress; readonly displaced: readonly CommitRecord[] }

/** The record that every head derives from. */
export interface DerivationHead {
  readonly version: 1;
  readonly identity: RollupIdentity;
  readonly genesis: BlockReference & { readonly timestamp: bigint };
  /** Last L1 block applied. */
  readonly l1: L1Reference;
  /** Last L1 block known to be final. */
  readonly l1Finalized: L1Reference;
  readonly progress: L1Progress;
  /** Last batch executed, and its last block. */
  readonly derived: BlockReference & { readonly batchIndex: bigint; readonly timestamp: bigint };
}

export type DerivedStep =
  | { readonly kind: 'derived'; readonly result: BatchResult }
  /** Every committed batch is executed. */
  | { readonly kind: 'current' }
  /** The next batch has no result: it builds on a block that is not ours, so no lane can answer it; it waits to be dropped. */
  | { readonly kind: 'standing'; readonly batchIndex: bigint; readonly because: string };

export interface DerivationOptions {
  /** The engine persists into the same store. */
  readonly store: StateKeyValue;
  readonly engine: DerivationEngine;
  readonly identity: RollupIdentity;
  /** See BatchRules. */
  readonly timestampLagSeconds: bigint;
  /** L1 blocks below the final one that can still be undone, for an L1 whose finality is worth little. Default 0. */
  readonly rewindDepth?: bigint;
  /** An L1 block before the Rollup's first event, taken over as the cursor of an empty store. */
  readonly start: L1Reference;
}

export class Derivation {
  readonly #store: StateKeyValue;
  readonly #engine: DerivationEngine;
  readonly #timestampLagSeconds: bigint;
  readonly #rewindDepth: bigint;
  #head: DerivationHead;

  private constructor({ store, engine, timestampLagSeconds, rewindDepth = 0n }: DerivationOptions, head: DerivationHead) {
    this.#store = store;
    this.#engine = engine;
    this.#timestampLagSeconds = timestampLagSeconds;
    this.#rewindDepth = rewindDepth;
    this.#head = head;
  }

  /** Opens a store, or begins an empty one at `start`. @throws DerivationFault 'store' if it belongs to another rollup. */
  static async open(options: DerivationOptions): Promise<Derivation> {
    const { store, engine, identity, start } = options;
    const bytes = store.get(HEAD_KEY);
    if (bytes !== undefined) {
      const head = decodeRecord<DerivationHead>(bytes, 'head');
      if (!equalBytes(encodeRecord(head.identity), encodeRecord(identityOf(identity)))) {
        throw new DerivationFault('store', `data directory: expected rollup ${identity.rollup} on L1 ${identity.l1ChainId}, it holds ${head.identity.rollup} on ${head.identity.l1ChainId}`);
      }
      return new Derivation(options, head);
    }
    const { header, hash } = engine.head;
    if (header.number !== 0n) throw new DerivationFault('store', `data directory: an engine at block ${header.number} without a head record`);
    const genesis = { number: 0n, hash, timestamp: header.timestamp };
    const head: DerivationHead = {
      version: 1, identity: identityOf(identity), genesis, l1: start, l1Finalized: start, progress: EMPTY_PROGRESS, derived: { batchIndex: 0n, ...genesis },
    };
    await store.write([{ key: HEAD_KEY, value: encodeRecord(head) }, put('l1Block', start.number, { hash: start.hash, after: EMPTY_PROGRESS, displaced: [] } satisfies L1Row)]);
    return new Derivation(options, head);
  }

  get head(): DerivationHead {
    return this.#head;
  }

  /** Hash of the followed L1 block at this number; undefined below the oldest kept and where a final block was left out. */
  known(l1Number: bigint): Uint8Array | undefined {
    return this.#row<L1Row>('l1Block', l1Number)?.hash;
  }
  message(index: bigint): MessageRecord | undefined {
    return index < this.#head.progress.inboxCount ? this.#row('message', index) : undefined;
  }
  commit(batchIndex: bigint): CommitRecord | undefined {
    return batchIndex <= this.#head.progress.committedBatch ? this.#row('commit', batchIndex) : undefined;
  }
  result(batchIndex: bigint): BatchResult | undefined {
    return batchIndex <= this.#head.derived.batchIndex ? this.#row('result', batchIndex) : undefined;
  }

  /** Takes one L1 event; durable when it resolves. @throws DerivationFault 'contradiction' | 'diverged': nothing changed. */
  async apply(event: L1Event): Promise<void> {
    switch (event.kind) {
      case 'l1-advanced': return await this.#advance(event.blocks);
      case 'l1-reorged': return await this.#reorganize(event.ancestor);
      case 'l1-finalized': return await this.#finalize(event.block);
      case 'l1-trouble': return;
    }
  }

  /** Executes the next committed batch, if there is one with a result. */
  async deriveNext(signal?: AbortSignal): Promise<DerivedStep> {
    const { derived, progress, identity } = this.#head;
    if (derived.batchIndex >= progress.committedBatch) return { kind: 'current' };
    const index = derived.batchIndex + 1n;
    const commit = this.#require<CommitRecord>('commit', index);
    if (!equalBytes(commit.parentHash, derived.hash)) {
      return { kind: 'standing', batchIndex: index, because: `batch ${index} builds on ${toHex(commit.parentHash)}, the block before it is ${toHex(derived.hash)}` };
    }
    if (this.#engine.head.header.number > derived.number) await this.#engine.unwind(derived.number);
    const messages: MessageRecord[] = [];
    for (let i = commit.inboxFrom; i < commit.inboxTo; i += 1n) messages.push(this.#require('message', i));
    let next = this.#head;
    const sink = { finish: (result: BatchResult): readonly StateWrite[] => {
      this.#requireAgreement(result);
      next = { ...this.#head, derived: { batchIndex: index, number: result.outputs.lastNumber, hash: hashBytes(result.outputs.lastHash), timestamp: result.outputs.lastTimestamp } };
      return [put('result', index, result), { key: HEAD_KEY, value: encodeRecord(next) }];
    } };
    const result = await executeBatch(this.#engine, { commit, messages, parent: derived }, { identity, timestampLagSeconds: this.#timestampLagSeconds }, sink, signal);
    this.#head = next;
    return { kind: 'derived', result };
  }

  async #advance(blocks: readonly L1Block[]): Promise<void> {
    const writes: StateWrite[] = [];
    const fresh = { messages: new Map<bigint, MessageRecord>(), commits: new Map<bigint, CommitRecord>() };
    let { l1, progress } = this.#head;
    let voidFrom: bigint | undefined;
    for (const block of blocks) {
      if (block.number <= l1.number) throw new DerivationFault('contradiction', `L1 block ${block.number} was given after ${l1.number}`);
      const reads = {
        message: (index: bigint) => fresh.messages.get(index) ?? this.#row<MessageRecord>('message', index),
        commit: (index: bigint) => fresh.commits.get(index) ?? this.#row<CommitRecord>('commit', index),
      };
      const outcome = applyL1Records(progress, block.records, reads);
      if (!outcome.ok) throw new DerivationFault('contradiction', `L1 block ${block.number}: ${outcome.code}: ${outcome.message}`);
      const { change } = outcome;
      if (change.voidFrom !== undefined && (voidFrom === undefined || change.voidFrom < voidFrom)) voidFrom = change.voidFrom;
      for (const message of change.messages) { fresh.messages.set(message.index, message); writes.push(put('message', message.index, message)); }
      for (const commit of change.displaced) { fresh.commits.delete(commit.index); writes.push(drop('commit', commit.index)); }
      for (const commit of change.commits) { fresh.commits.set(commit.index, commit); writes.push(put('commit', commit.index, commit)); }
      for (const finality of change.finalized) writes.push(put('finality', finality.batchIndex, finality));
      writes.push(put('l1Block', block.number, { hash: block.hash, after: change.after, displaced: change.displaced } satisfies L1Row));
      this.#requireFinality(change.finalized, voidFrom);
      progress = change.after;
      l1 = { number: block.number, hash: block.hash };
    }
    await this.#persist({ ...this.#head, l1, progress }, writes, voidFrom);
  }

  async #reorganize(ancestor: L1Reference): Promise<void> {
    const row = this.#row<L1Row>('l1Block', ancestor.number);
    if (row === undefined || !equalBytes(row.hash, ancestor.hash)) throw new DerivationFault('contradiction', `L1 reorganization: block ${ancestor.number} ${toHex(ancestor.hash)} was never followed`);
    const { l1Finalized } = this.#head;
    if (ancestor.number + this.#rewindDepth < l1Finalized.number) {
      throw new DerivationFault('below-finalized', `L1 reorganization: back to ${ancestor.number}, but block ${l1Finalized.number} was final`);
    }
    const writes: StateWrite[] = [];
    const before = this.#head.progress;
    let voidFrom = row.after.committedBatch < before.committedBatch ? row.after.committedBatch + 1n : undefined;
    const isHigher = (index: bigint): boolean => voidFrom === undefined || index < voidFrom;
    for (let index = row.after.inboxCount; index < before.inboxCount; index += 1n) writes.push(drop('message', index));
    for (let index = row.after.committedBatch + 1n; index <= before.committedBatch; index += 1n) writes.push(drop('commit', index));
    for (let index = row.after.finalBatch + 1n; index <= before.finalBatch; index += 1n) writes.push(drop('finality', index));
    // Newest block first, so that of two commits displaced at one index the older is written last.
    for (let number = this.#head.l1.number; number > ancestor.number; number -= 1n) {
      const undone = this.#row<L1Row>('l1Block', number);
      if (undone === undefined) continue;
      for (const commit of undone.displaced) {
        if (commit.index > row.after.committedBatch) continue;
        if (isHigher(commit.index)) voidFrom = commit.index;
        writes.push(put('commit', commit.index, commit));
      }
      writes.push(drop('l1Block', number));
    }
    const stillFinal = ancestor.number < l1Finalized.number ? ancestor : l1Finalized;
    await this.#persist({ ...this.#head, l1: ancestor, l1Finalized: stillFinal, progress: row.after }, writes, voidFrom);
  }

  async #finalize(block: L1Reference): Promise<void> {
    const { l1Finalized } = this.#head;
    if (block.number <= l1Finalized.number) return;
    const ours = this.known(block.number);
    if (ours === undefined || !equalBytes(ours, block.hash)) throw new DerivationFault('contradiction', `L1 finality: block ${block.number} ${toHex(block.hash)} was never followed`);
    const writes: StateWrite[] = [];
    const oldest = (finalNumber: bigint): bigint => (finalNumber > this.#rewindDepth ? finalNumber - this.#rewindDepth : 0n);
    for (let number = oldest(l1Finalized.number); number < oldest(block.number); number += 1n) {
      if (this.#row<L1Row>('l1Block', number) !== undefined) writes.push(drop('l1Block', number));
    }
    await this.#persist({ ...this.#head, l1Finalized: block }, writes, undefined);
  }

  /** One atomic write of records and head, with the engine unwound in it when results are void. */
  async #persist(changed: DerivationHead, writes: readonly StateWrite[], voidFrom: bigint | undefined): Promise<void> {
    const isVoid = voidFrom !== undefined && voidFrom <= changed.derived.batchIndex;
    const next: DerivationHead = isVoid ? { ...changed, derived: this.#endOf(voidFrom - 1n) } : changed;
    const results: StateWrite[] = [];
    for (let index = next.derived.batchIndex + 1n; index <= changed.derived.batchIndex; index += 1n) results.push(drop('result', index));
    const all = [...writes, ...results, { key: HEAD_KEY, value: encodeRecord(next) }];
    if (this.#engine.head.header.number > next.derived.number) await this.#engine.unwind(next.derived.number, all);
    else await this.#store.write(all);
    this.#head = next;
  }

  #endOf(batchIndex: bigint): DerivationHead['derived'] {
    if (batchIndex === 0n) return { batchIndex, ...this.#head.genesis };
    const { lastNumber, lastHash, lastTimestamp } = this.#require<BatchResult>('result', batchIndex).outputs;
    return { batchIndex, number: lastNumber, hash: hashBytes(lastHash), timestamp: lastTimestamp };
  }

  /** L1 made final what we compute otherwise: nothing here may go on. */
  #requireAgreement(result: BatchResult): void {
    const finality = this.#row<Finality>('finality', result.index);
    if (finality !== undefined && result.index <= this.#head.progress.finalBatch) requireSame(result, finality);
  }

  #requireFinality(finalities: readonly Finality[], voidFrom: bigint | undefined): void {
    for (const finality of finalities) {
      const result = voidFrom === undefined || finality.batchIndex < voidFrom ? this.result(finality.batchIndex) : undefined;
      if (result !== undefined) requireSame(result, finality);
    }
  }

  #row<T>(table: TableName, index: bigint): T | undefined {
    const bytes = this.#store.get(rowKey(table, index));
    return bytes === undefined ? undefined : decodeRecord<T>(bytes, `${table} ${index}`);
  }

  #require<T>(table: TableName, index: bigint): T {
    const row = this.#row<T>(table, index);
    if (row === undefined) throw new DerivationFault('store', `${table} ${index}: expected a record, got none`);
    return row;
  }
}

function identityOf({ l1ChainId, l2ChainId, rollup }: RollupIdentity): RollupIdentity {
  return { l1ChainId, l2ChainId, rollup };
}

function put(table: TableName, index: bigint, value: unknown): StateWrite {
  return { key: rowKey(table, index), value: encodeRecord(value) };
}
function drop(table: TableName, index: bigint): StateWrite {
  return { key: rowKey(table, index), value: undefined };
}

function requireSame(result: BatchResult, finality: Finality): void {
  if (result.outputs.lastHash === toHex(finality.lastHash) && result.outputs.stateRoot === toHex(finality.stateRoot)) return;
  throw new DerivationFault('diverged', `batch ${result.index}: L1 made ${toHex(finality.lastHash)} final with root ${toHex(finality.stateRoot)}, here it is ${result.outputs.lastHash} with ${result.outputs.stateRoot}`);
}
