// What the watchtower checks of itself. Owns the facts that are looked at and the interface; one property a file. These verdicts rest on this machine (its
// clock, disk and network), so unlike the monitors' they differ between watchtowers and are compared with no peer's.
// Invariant: a check is a pure function of the facts.

import type { LogHead } from '../auditLog.ts';
import type { Check } from '../monitor.ts';
import type { Verdict } from '../verdict.ts';

export interface ChannelFacts {
  readonly name: string;
  /** Milliseconds since which the oldest message that is due waits; undefined when none does. */
  readonly oldestMilliseconds: number | undefined;
  readonly lastError: string | undefined;
  /** Wall time of the last message that was taken. */
  readonly deliveredAt: number | undefined;
}

export interface WitnessFacts {
  readonly name: string;
  readonly seq: number;
  /** Why nothing newer was seen; undefined when the last look succeeded. */
  readonly fault: string | undefined;
  /** What it says otherwise than before, unsigned: it may be whoever stands between. Gone when it is said no more. */
  readonly contradiction: string | undefined;
  /** Two heads that its key signed and that cannot be of one log; stays. */
  readonly broken: { readonly what: string; readonly heads: readonly LogHead[] } | undefined;
}

export interface SelfFacts {
  readonly l1ChainId: number;
  /** By a clock that nobody sets, since L1 was last read by agreement. */
  readonly secondsUnread: number;
  readonly unreadBecause: string | undefined;
  readonly wallMilliseconds: number;
  readonly startedMilliseconds: number;
  /** L1 times of the last block walked and of the last final one; undefined before the first. */
  readonly tipSeconds: number | undefined;
  readonly finalizedSeconds: number | undefined;
  readonly freeBytes: number | undefined;
  readonly channels: readonly ChannelFacts[];
  readonly canaryEverySeconds: number | undefined;
  readonly witnesses: readonly WitnessFacts[];
  /** Anchoring of the log: how often, when the last one was final, and what stands in the way. */
  readonly anchor: { readonly everySeconds: number; readonly anchoredAt: number | undefined; readonly fault: string | undefined } | undefined;
}

export type Said = Omit<Verdict, 'evidence'> & { readonly expected: string; readonly got: string };

export interface SelfCheck extends Check {
  readonly group: 'H';
  readonly judge: (facts: SelfFacts) => readonly Said[];
}

/** `ok` or `violation` by one condition. */
export function says(isRight: boolean, said: Omit<Said, 'status'>): Said {
  return { ...said, status: isRight ? 'ok' : 'violation' };
}
