// How long a user's money is safe from those who can change the rules. Owns the hero number:
//   lastSafeMoment = executableAt - worst-case exit - margin,
// and what is said when no delay protects anyone. Pure; times come in from the chain, in seconds of wall time.
// Invariant: where a part is unknown the answer is unknown; a moment that has passed is said to have passed.

/** What stands between a decision and its effect. */
export type Standing =
  /** No contract stands at the upgrade authority's address: a key decides, at once. */
  | { readonly kind: 'key'; readonly authority: `0x${string}` }
  | { readonly kind: 'quiet'; readonly netWindowSeconds: bigint; readonly upgradeDelaySeconds: bigint; readonly worstExitSeconds: bigint }
  | { readonly kind: 'pending'; readonly upgradeId: `0x${string}`; readonly executableAt: bigint; readonly lastSafeMoment: bigint; readonly secondsLeft: bigint };

export interface PendingUpgrade { readonly id: `0x${string}`; readonly executableAt: bigint }

/** Before the last moment by this share of the worst-case exit: a person needs time to notice and to act. */
const MARGIN_DIVISOR = 15n;

export function marginOf(worstExitSeconds: bigint): bigint {
  return worstExitSeconds / MARGIN_DIVISOR;
}

export function lastSafeMoment(executableAt: bigint, worstExitSeconds: bigint): bigint {
  return executableAt - worstExitSeconds - marginOf(worstExitSeconds);
}

/** The earliest pending upgrade decides. */
export function standingOf({ pending, worstExitSeconds, upgradeDelaySeconds, now }: { pending: readonly PendingUpgrade[]; worstExitSeconds: bigint; upgradeDelaySeconds: bigint; now: bigint }): Standing {
  const [first] = pending.toSorted((left, right) => Number(left.executableAt - right.executableAt));
  if (first === undefined) return { kind: 'quiet', netWindowSeconds: upgradeDelaySeconds - worstExitSeconds, upgradeDelaySeconds, worstExitSeconds };
  const safe = lastSafeMoment(first.executableAt, worstExitSeconds);
  return { kind: 'pending', upgradeId: first.id, executableAt: first.executableAt, lastSafeMoment: safe, secondsLeft: safe - now };
}
