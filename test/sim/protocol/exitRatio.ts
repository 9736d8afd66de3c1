/**
 * Model of the frozen payout ratio of one asset (03, Exits; reviews C9, N4).
 *
 * Owns the arithmetic alone, floored as Solidity floors. Invariant: what all claims together are paid never exceeds escrow minus earmarked.
 */

export interface AssetBooks {
  /** Escrow recorded by the Vault at the moment `burned` is proven. */
  readonly escrow: bigint;
  /** Deposits beyond the settled index, refunded in full. */
  readonly earmarked: bigint;
  /** Executed deposits up to the settled index, skipped ones excluded. */
  readonly minted: bigint;
  /** Burned on L2 by withdrawals, as the pinned root says. */
  readonly burned: bigint;
  /** Withdrawals already paid at that moment. */
  readonly paid: bigint;
}

/** A claim pays `amount * available / claims`, rounded down, and all of it when `available >= claims`. */
export interface PayoutRatio {
  readonly available: bigint;
  readonly claims: bigint;
}

/** Withdrawals burned on L2 and not yet paid; an operator that paid more than the pinned root knows counts as none unpaid. */
export function unpaid(books: AssetBooks): bigint {
  return books.burned > books.paid ? books.burned - books.paid : 0n;
}

/** The fixed ratio, as the two numbers it consists of. */
export function payoutRatio(books: AssetBooks): PayoutRatio {
  const available = books.escrow > books.earmarked ? books.escrow - books.earmarked : 0n;
  const live = books.minted > books.burned ? books.minted - books.burned : 0n;
  return { available, claims: live + unpaid(books) };
}

export function isInFull(ratio: PayoutRatio): boolean {
  return ratio.available >= ratio.claims;
}

/** What a claim of `amount` is paid. */
export function payout(amount: bigint, ratio: PayoutRatio): bigint {
  return isInFull(ratio) ? amount : (amount * ratio.available) / ratio.claims;
}
