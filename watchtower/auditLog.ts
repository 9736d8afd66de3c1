// The hash-chained log of everything the watchtower decided: `{seq, prev, hash, entry}`, hash = H(canonical {seq, prev, entry}). Owns the chain,
// its export as JSON lines and its verification. Does not own what is decided (engine.ts).
// Invariant: an entry that was edited, removed or reordered breaks the chain; a log cut at its end is shorter than the head that was kept.

import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Hex } from 'viem';
import type { LogRow } from './rows.ts';
import type { Store, Writer } from './store.ts';
import { hashOf } from './verdict.ts';

const GENESIS: Hex = `0x${'00'.repeat(32)}`;

export interface LogHead {
  readonly seq: number;
  readonly hash: Hex;
}

export function headOf(store: Store): LogHead {
  return store.get<LogHead>(['logHead']) ?? { seq: 0, hash: GENESIS };
}

/** Appends entries within a transaction. @returns the new head */
export function append(writer: Writer, head: LogHead, entries: readonly Readonly<Record<string, unknown>>[]): LogHead {
  let { seq, hash: prev } = head;
  for (const entry of entries) {
    seq += 1;
    const hash = hashOf({ seq, prev, entry });
    writer.put(['log', seq], { seq, prev, hash, entry } satisfies LogRow);
    prev = hash;
  }
  writer.put(['logHead'], { seq, hash: prev });
  return { seq, hash: prev };
}

export type LogVerdict =
  | { readonly ok: true; readonly entries: number; readonly head: Hex }
  | { readonly ok: false; readonly line: number; readonly expected: string; readonly got: string };

/** Checks that rows follow on a head, one after the other. @returns what is wrong first, if something is */
export function verifyLinks(rows: readonly LogRow[], after: LogHead): { readonly line: number; readonly expected: string; readonly got: string } | undefined {
  let { seq, hash: prev } = after;
  for (const [index, row] of rows.entries()) {
    const wrong = linkFault(row, seq + 1, prev);
    if (wrong !== undefined) return { line: index + 1, ...wrong };
    [seq, prev] = [row.seq, row.hash];
  }
  return undefined;
}

function linkFault(row: Partial<LogRow>, seq: number, prev: Hex): { readonly expected: string; readonly got: string } | undefined {
  if (row.seq !== seq) return { expected: `seq ${seq}`, got: `seq ${String(row.seq)}` };
  if (row.prev !== prev) return { expected: `prev ${prev}`, got: `prev ${String(row.prev)}` };
  const hash = hashOf({ seq: row.seq, prev: row.prev, entry: row.entry });
  return row.hash === hash ? undefined : { expected: `hash ${hash}`, got: `hash ${String(row.hash)}` };
}

/** Checks rows in order against each other, and their end against a head kept elsewhere. @param seen called with each row that is right */
export async function verifyRows(rows: AsyncIterable<unknown> | Iterable<unknown>, expectedHead?: LogHead, seen?: (row: LogRow) => void): Promise<LogVerdict> {
  let [line, prev] = [0, GENESIS];
  for await (const value of rows) {
    line += 1;
    const row = (value ?? {}) as Partial<LogRow>;
    const wrong = linkFault(row, line, prev);
    if (wrong !== undefined) return { ok: false, line, ...wrong };
    seen?.(row as LogRow);
    prev = row.hash as Hex;
  }
  if (expectedHead !== undefined && (expectedHead.seq !== line || expectedHead.hash !== prev)) {
    return { ok: false, line, expected: `${expectedHead.seq} entries that end with ${expectedHead.hash}`, got: `${line} entries that end with ${prev}` };
  }
  return { ok: true, entries: line, head: prev };
}

/** Rows of an exported file; a line that is not JSON is a row that fails the check. */
export async function* rowsOfFile(path: string): AsyncIterable<unknown> {
  for await (const text of createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity })) {
    if (text === '') continue;
    try {
      yield JSON.parse(text);
    } catch {
      yield { seq: Number.NaN };
    }
  }
}
