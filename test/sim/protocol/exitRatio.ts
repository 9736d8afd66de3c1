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

export const RATIO_ONE = 10n ** 18n;

/** Withdrawals burned on L2 and not yet paid; an operator that paid more than the pinned root knows counts as none unpaid. */
export function unpaid(books: AssetBooks): bigint {
  return books.burned > books.paid ? books.burned - books.paid : 0n;
}

/** The fixed ratio in units of 1e18. */
export function payoutRatio(books: AssetBooks): bigint {
  const available = books.escrow > books.earmarked ? books.escrow - books.earmarked : 0n;
  const live = books.minted > books.burned ? books.minted - books.burned : 0n;
  const claims = live + unpaid(books);
  if (claims === 0n || available >= claims) return RATIO_ONE;
  return (available * RATIO_ONE) / claims;
}

/** What a claim of `amount` is paid. */
export function payout(amount: bigint, ratio: bigint): bigint {
  return (amount * ratio) / RATIO_ONE;
}
