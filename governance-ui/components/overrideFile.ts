// The record of acts that needed typed words, as text: what is kept in the browser, and what is exported. Owns its form and its bounds; pure.
// Invariant: text that is not this form is nothing, never an empty record.

import type { Hex } from 'viem';

export interface Override {
  /** ISO 8601, by this machine's clock. */
  readonly time: string;
  readonly kind: 'transaction' | 'typed data';
  /** The title of the act, and what the page could say about it. */
  readonly what: string;
  /** Why words had to be typed. */
  readonly why: string;
  readonly typed: string;
  readonly chainId: number;
  readonly account: Hex | undefined;
  /** Keccak-256 of a transaction's destination, value and calldata; of typed data its EIP-712 digest. */
  readonly digest: Hex;
}

const OVERRIDES_FORMAT = 'keyfall-overrides-1';
/** The oldest go first; who needs all of them exports in time. */
const MAX_KEPT = 500;

function isOverride(value: unknown): value is Override {
  const { chainId, account, ...texts } = (value ?? {}) as Readonly<Record<keyof Override, unknown>>;
  return typeof chainId === 'number' && (account === undefined || typeof account === 'string') && (['time', 'kind', 'what', 'why', 'typed', 'digest'] as const).every((name) => typeof texts[name] === 'string');
}

/** @returns the entries of a stored text; undefined when it is none */
export function parseOverrides(text: string): readonly Override[] | undefined {
  try {
    const json = JSON.parse(text) as { format?: unknown; entries?: unknown };
    return json.format === OVERRIDES_FORMAT && Array.isArray(json.entries) && json.entries.every(isOverride) ? json.entries : undefined;
  } catch {
    // Not JSON: something else than this page wrote it.
    return undefined;
  }
}

export function overridesText(entries: readonly Override[]): string {
  return `${JSON.stringify({ format: OVERRIDES_FORMAT, entries }, null, 2)}\n`;
}

/** The record with one more entry, bounded. */
export function withOverride(entries: readonly Override[], entry: Override): readonly Override[] {
  return [...entries, entry].slice(-MAX_KEPT);
}
