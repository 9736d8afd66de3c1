// What a read of a chain came to: a value with the block it holds at and how far it is vouched for, or *unknown* with the reason.
// Owns these two shapes and how they are combined. A value is never made up: whoever cannot read passes the reason on.
// Invariant: there is no third case; zero and empty are values, and a failed read is neither.

export interface BlockRef {
  readonly number: bigint;
  readonly hash: `0x${string}`;
  /** Wall time of the block, seconds. */
  readonly timestamp: bigint;
}

/**
 * agreed: a quorum of operators gave this value. unverified: one operator's word. proven: recomputed here from bytes that hash
 * to something a quorum agreed on.
 */
export type Trust = 'agreed' | 'unverified' | 'proven';

export interface Known<T> {
  readonly known: true;
  readonly value: T;
  readonly at: BlockRef;
  readonly trust: Trust;
}

export interface Unknown {
  readonly known: false;
  readonly why: string;
}

export type Reading<T> = Known<T> | Unknown;

export function unknown(why: string): Unknown {
  return { known: false, why };
}

/** Derives a value; *unknown* stays what it is, and a derivation that throws is unknown too. */
export function mapReading<T, U>(reading: Reading<T>, derive: (value: T) => U): Reading<U> {
  if (!reading.known) return reading;
  try {
    return { ...reading, value: derive(reading.value) };
  } catch (error) {
    return unknown(reasonOf(error));
  }
}

/** The first line of an error's message: what a person is shown. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n')[0] ?? 'no reason given';
}
