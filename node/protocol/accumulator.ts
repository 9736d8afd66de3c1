/**
 * Rolling hashes over Inbox messages: the accumulator (SPEC 2), the root of skipped messages (SPEC 8) and of dropped ones (SPEC 4).
 *
 * Owns only the hash steps; which messages are skipped or dropped is decided by Lifecycle and by execution.
 */
import { hashBytes, keccakHex, words, type Hex } from './bytes.ts';

export const ZERO_HASH: Hex = `0x${'0'.repeat(64)}`;

/** The accumulator after one more message. */
export function nextAccumulator(accumulator: Hex, hashOfMessage: Hex): Hex {
  return keccakHex(hashBytes(accumulator), hashBytes(hashOfMessage));
}

/** Drop reasons of SIGNED messages, in the order in which they are checked. */
export const DROP_REASONS = {
  malformed: 1,
  unsupportedType: 2,
  wrongChain: 3,
  badSignature: 4,
  invalidFields: 5,
  overBudget: 6,
  intrinsicGas: 7,
  senderHasCode: 8,
  nonceTooLow: 9,
  nonceTooHigh: 10,
  insufficientBalance: 11,
  surchargeExceeded: 12,
} as const;
export type DropReason = keyof typeof DROP_REASONS;

export interface Drop {
  readonly index: bigint;
  readonly reason: DropReason;
}

/** The drop root after one more dropped message. */
export function nextDropRoot(dropRoot: Hex, drop: Drop): Hex {
  return keccakHex(words(hashBytes(dropRoot), drop.index, BigInt(DROP_REASONS[drop.reason])));
}

/** The drop root of a batch's drops in order; zero when nothing was dropped. */
export function dropRootOf(drops: readonly Drop[]): Hex {
  return drops.reduce(nextDropRoot, ZERO_HASH);
}

/** The skip root of `[from, to)` given the accumulators at its two ends; zero when the range is empty. */
export function skipRootOf(from: bigint, to: bigint, accumulatorFrom: Hex, accumulatorTo: Hex): Hex {
  if (to < from) throw new RangeError(`skipRoot of [${from}, ${to}): expected an end that is not before the start`);
  if (from === to) return ZERO_HASH;
  return keccakHex(words(from, to, hashBytes(accumulatorFrom), hashBytes(accumulatorTo)));
}
