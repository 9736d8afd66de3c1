// L1 as a clock that commits what the node closed: what the node under measurement follows instead of a real L1.
//
// Owns: one L1 block a wall second, whose time runs `speed` times as fast; commits of closed batches, their finality in the
// Rollup and the finality of L1 itself, so that records are kept and forgotten as in real use. Does not own: fees, proofs.
// Invariant: a commit holds the payload that the stored blocks encode to and is never mined before its last block's time.

import { setTimeout as sleep } from 'node:timers/promises';
import { feeConfigHash, hashBytes } from '@keyfall/protocol';
import { keccak256 } from '../execute/crypto.ts';
import type { L1Event, L1Record, L1Source } from '../pipeline/l1Block.ts';
import type { ChainStore } from '../store/chainStore.ts';
import { payloadOf } from '../store/payloads.ts';
import type { HeadRecord, L1Reference } from '../store/records.ts';

const START_SECONDS = 1_700_000_000n;
/** L1 blocks until a block is final on L1, as on Ethereum: two epochs. */
const FINALITY_BLOCKS = 64n;
/** L1 blocks between two announcements of finality. */
const FINALITY_STEP_BLOCKS = 16n;
/** Committed batches that are not final in the Rollup yet. */
const OPEN_BATCHES = 100n;
const MAX_COMMITS = 16n;
const ZERO = new Uint8Array(32);

/** Hash of synthetic L1 block `number`. */
export function l1BlockHash(number: bigint): Uint8Array {
  return keccak256(Buffer.from(`bench L1 block ${number}`));
}

export class SyntheticL1 implements L1Source {
  readonly #store: ChainStore;
  readonly #monotonic: () => number;

  /** `monotonic` is L1's clock in milliseconds since the start. */
  constructor(store: ChainStore, monotonic: () => number) {
    this.#store = store;
    this.#monotonic = monotonic;
  }

  async next(cursor: L1Reference, _known: (number: bigint) => Uint8Array | undefined, signal: AbortSignal): Promise<L1Event> {
    const head = this.#store.head();
    if (head === undefined) throw new Error('the store holds no head');
    const final = cursor.number - FINALITY_BLOCKS;
    if (final >= head.l1Finalized.number + FINALITY_STEP_BLOCKS) return { kind: 'l1-finalized', block: { number: final, hash: l1BlockHash(final) } };
    if (cursor.number > 0n) await sleep(1_000, undefined, { signal });
    const number = cursor.number + 1n;
    const timestamp = START_SECONDS + BigInt(Math.floor(this.#monotonic() / 1_000));
    // The head is read after the wait: nothing else moves it between here and the event's own write that matters to a commit.
    const records = this.#records(this.#store.head() ?? head, number, timestamp);
    return { kind: 'l1-advanced', blocks: [{ number, hash: l1BlockHash(number), parentHash: l1BlockHash(cursor.number), timestamp, baseFeeWei: 1_000_000_000n, records }] };
  }

  #records({ progress, closedBatch }: HeadRecord, l1Number: bigint, timestamp: bigint): L1Record[] {
    const records: L1Record[] = [];
    let committed = progress.committedBatch;
    for (; committed < closedBatch && committed < progress.committedBatch + MAX_COMMITS; committed++) {
      const record = this.#commit(committed + 1n, l1Number, timestamp);
      if (record === undefined) break;
      records.push(record);
    }
    const batchIndex = committed - OPEN_BATCHES;
    if (batchIndex > progress.finalBatch) {
      const batch = this.#store.batch(batchIndex);
      const last = batch === undefined ? undefined : this.#store.block(batch.lastBlock);
      if (batch === undefined || last === undefined) throw new Error(`batch ${batchIndex} is committed but not stored`);
      records.push({ kind: 'finalized', batchIndex, lastHash: batch.lastHash, stateRoot: last.header.stateRoot, lastNumber: batch.lastBlock, inboxTo: batch.inboxTo });
    }
    return records;
  }

  /** Undefined while L1's time has not reached the batch's last block. */
  #commit(index: bigint, l1Number: bigint, timestamp: bigint): L1Record | undefined {
    const batch = this.#store.batch(index);
    const last = batch === undefined ? undefined : this.#store.block(batch.lastBlock);
    if (batch === undefined || last === undefined) throw new Error(`batch ${index} is closed but not stored`);
    if (last.header.timestamp > timestamp) return undefined;
    return { kind: 'commit', commit: {
      index, parentHash: batch.parentHash, specId: 1n, mode: 1, payloadKind: 1, payloadCommitment: batch.payloadHash, payload: payloadOf(this.#store, batch.firstBlock, batch.lastBlock),
      inboxFrom: batch.inboxFrom, accFrom: ZERO, inboxTo: batch.inboxTo, accTo: ZERO, skipRoot: ZERO, origin: batch.origin,
      feeConfigHash: hashBytes(feeConfigHash(batch.feeScalars)), feeScalars: batch.feeScalars, commitTime: timestamp, l1Number, l1TransactionHash: l1BlockHash(l1Number),
    } };
  }
}
