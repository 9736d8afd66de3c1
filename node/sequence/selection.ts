// Choosing pooled transactions for one block: best tip first, each sender in nonce order.
//
// Owns: the order, the limits that the batch sets, what the engine's refusals mean for the pool. Does not own: execution
// and the block's gas (ExecutionEngine.buildBlock), the pool's content (pool.ts).
// Invariant: the pool is not changed here: what is to leave is only named, because the block may yet be discarded.

import type { CandidateOutcome, CandidateSource, SentTransaction, TransactionInvalid } from '../execute/api.ts';
import { rlpLength } from '../store/chainStore.ts';
import { effectiveTipWei, type Pool, type PoolEntry } from './pool.ts';

/** Candidates the engine may refuse for their gas before the block closes: the next ones hardly fit either. */
const MAX_GAS_REFUSALS = 64;
/** A candidate without room in the batch asks for a new one only among this many best misfits: not what waits at the bottom. */
const MAX_MISFITS_HEARD = 64;
/** No transaction has a lower gas limit. */
const LEAST_GAS = 21_000n;

/** Refusals that waiting can cure; any other makes the transaction leave the pool. */
const CURABLE: ReadonlySet<TransactionInvalid> = new Set<TransactionInvalid>(['fee-cap-below-base-fee', 'block-gas', 'gas-limit', 'nonce-too-high']);

export class Selection implements CandidateSource {
  readonly #pool: Pool;
  readonly #baseFeeWei: bigint;
  readonly #limits: { payloadBytes: number; zkGas: bigint };
  /** Binary heap, best first. */
  readonly #heap: PoolEntry[] = [];
  #startRoom: bigint | undefined;
  #bytes = 0;
  #misfits = 0;
  #gasRefusals = 0;
  /** Number of misfits at which the heap is swept; doubles, so that sweeping costs no more than popping did. */
  #nextSweep = MAX_MISFITS_HEARD;
  #hitBatchLimit = false;
  /** Hashes of transactions that the state refuses for good, with the reason. */
  readonly refused: { hash: Uint8Array; sender: Uint8Array; reason: TransactionInvalid }[] = [];

  constructor(pool: Pool, baseFeeWei: bigint, limits: { payloadBytes: number; zkGas: bigint }) {
    this.#pool = pool;
    this.#baseFeeWei = baseFeeWei;
    this.#limits = limits;
    for (const entry of pool.heads()) if (effectiveTipWei(entry.transaction, baseFeeWei) >= 0n) this.#push(entry);
  }

  /** Whether something waits that only the batch, not the block, had no room for. */
  get hitBatchLimit(): boolean {
    return this.#hitBatchLimit;
  }

  /**
   * Every waiting sender is looked at while anything fits. To stop after so many misfits would let that many accounts with high
   * tips and huge gas limits, of which one enters per block and pays for 21,000, keep everybody else out.
   */
  next(room: { gasLeft: bigint; zkGasLeft: bigint }): SentTransaction | undefined {
    this.#startRoom ??= room.zkGasLeft;
    const batchLeft = this.#limits.zkGas - (this.#startRoom - room.zkGasLeft);
    while (this.#gasRefusals < MAX_GAS_REFUSALS && room.gasLeft >= LEAST_GAS && room.zkGasLeft >= LEAST_GAS) {
      const entry = this.#pop();
      if (entry === undefined) return undefined;
      const { transaction } = entry;
      const zkGas = this.#leastZkGas(transaction);
      const fitsBlock = transaction.gasLimit <= room.gasLeft && zkGas <= room.zkGasLeft;
      const fitsBatch = zkGas <= batchLeft && this.#bytes + rlpLength(transaction.raw.length) <= this.#limits.payloadBytes;
      if (fitsBlock && fitsBatch) return transaction;
      this.#hitBatchLimit ||= !fitsBatch && this.#misfits < MAX_MISFITS_HEARD;
      this.#misfits += 1;
      if (this.#misfits === this.#nextSweep) this.#sweep(room, batchLeft);
    }
    return undefined;
  }

  #leastZkGas(transaction: SentTransaction): bigint {
    return this.#pool.neededZkGas.get(transaction) ?? transaction.gasLimit;
  }

  /** Room only shrinks within a block: what has none now leaves the heap in one pass, cheaper than popping each. */
  #sweep(room: { gasLeft: bigint; zkGasLeft: bigint }, batchLeft: bigint): void {
    this.#nextSweep *= 2;
    const zkGasLeft = room.zkGasLeft < batchLeft ? room.zkGasLeft : batchLeft;
    const fitting = this.#heap.filter(({ transaction }) => transaction.gasLimit <= room.gasLeft && this.#leastZkGas(transaction) <= zkGasLeft);
    this.#heap.length = 0;
    for (const entry of fitting) this.#push(entry);
  }

  outcome(transaction: SentTransaction, result: CandidateOutcome): void {
    if (result.included) {
      this.#bytes += rlpLength(transaction.raw.length);
      const next = this.#pool.at(transaction.sender, transaction.nonce + 1n);
      if (next !== undefined && effectiveTipWei(next.transaction, this.#baseFeeWei) >= 0n) this.#push(next);
      return;
    }
    if (result.reason === 'block-gas') this.#gasRefusals += 1;
    // Not a change of the pool: it holds whatever becomes of the block.
    if (result.neededZkGas !== undefined) this.#pool.neededZkGas.set(transaction, result.neededZkGas);
    if (!CURABLE.has(result.reason)) this.refused.push({ hash: transaction.hash, sender: transaction.sender, reason: result.reason });
  }

  #isBefore(a: PoolEntry, b: PoolEntry): boolean {
    const tipA = effectiveTipWei(a.transaction, this.#baseFeeWei);
    const tipB = effectiveTipWei(b.transaction, this.#baseFeeWei);
    return tipA === tipB ? a.sequence < b.sequence : tipA > tipB;
  }

  #push(entry: PoolEntry): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(entry, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): PoolEntry | undefined {
    const heap = this.#heap;
    const best = heap[0];
    const last = heap.pop();
    if (best === undefined || last === undefined || heap.length === 0) return best;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && this.#isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!this.#isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return best;
  }
}
