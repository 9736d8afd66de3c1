// What a check says: ok, violation or unverifiable, always with evidence. Owns the shape and the canonical bytes that are hashed and
// logged. Does not own what is checked (monitors/) nor who is told (alerts/).
// Invariant: equal facts give equal bytes: keys sorted, numbers as decimal strings, no wall-clock time inside.

import { keccak256, stringToBytes, type Hex } from 'viem';

export const SEVERITIES = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];
export type Status = 'ok' | 'violation' | 'unverifiable';

/** The L1 block that a verdict is about. */
export interface BlockRef {
  readonly number: bigint;
  readonly hash: Hex;
}

export interface Evidence {
  readonly block: BlockRef;
  readonly expected: string;
  readonly got: string;
  readonly transaction?: Hex;
}

export interface Verdict {
  /** What it is about within the monitor: an upgrade id, an asset, an address; '' when there is one subject. */
  readonly subject: string;
  readonly status: Status;
  /** One sentence for a person, with numbers and units. */
  readonly sentence: string;
  readonly evidence: Evidence;
  /** What tells this violation from another about the same subject: when it changes, that is told as a new alarm. */
  readonly finding?: string;
  /** The number that the verdict rests on, in seconds: an age, or a time left. */
  readonly measure?: number;
}

/** Thrown by a monitor that cannot check: becomes `unverifiable`, never `ok`. */
export class Unverifiable extends Error {
  constructor(reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.name = 'Unverifiable';
  }
}

/** JSON with sorted keys and bigints as decimal strings: the same facts, the same bytes. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item === 'bigint') return item.toString();
    if (item === null || typeof item !== 'object' || Array.isArray(item)) return item;
    return Object.fromEntries(Object.entries(item).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}

export function hashOf(value: unknown): Hex {
  return keccak256(stringToBytes(canonicalJson(value)));
}

/** Identity of what a monitor found: the same finding in any process is one incident. */
export function verdictHash(monitor: string, verdict: Verdict): Hex {
  return hashOf({ monitor, ...verdict });
}
