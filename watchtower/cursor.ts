// Where the watchtower stands on L1 and what the next block means. Owns the decision: append, unwind, or a gap; pure, so that reorgs of every
// depth and crashes between any two steps are replayed from a seed. Does not own reading blocks nor what they hold.
//
//   block n+1 on our tip ──► append          on another parent ──► unwind our tip, look again          below finality ──► refused
//
// Invariant: processed blocks form one hash chain from `first`, or a gap between them is on record.

import type { L1Header } from './l1/header.ts';
import type { CursorState, StoredBlock } from './rows.ts';

export type Move =
  | { readonly kind: 'append' }
  | { readonly kind: 'unwind'; readonly number: number }
  | { readonly kind: 'refused'; readonly expected: string; readonly got: string };

export function firstCursor(deployBlock: number): CursorState {
  return { tip: deployBlock - 1, finalized: deployBlock - 1, first: deployBlock, gaps: [] };
}

/**
 * What to do with `header`, the agreed block after the cursor's tip.
 * @param tip the stored block at the tip; undefined before the first block and right after a gap
 */
export function place(cursor: CursorState, tip: StoredBlock | undefined, header: L1Header): Move {
  if (header.number !== BigInt(cursor.tip + 1)) return { kind: 'refused', expected: `block ${cursor.tip + 1}`, got: `block ${header.number}` };
  if (tip === undefined || header.parentHash === tip.hash) return { kind: 'append' };
  if (cursor.tip > cursor.finalized) return { kind: 'unwind', number: cursor.tip };
  return { kind: 'refused', expected: `a chain that keeps the finalized block ${tip.number} ${tip.hash}`, got: `block ${header.number} on ${header.parentHash}` };
}

export function appended(cursor: CursorState): CursorState {
  return { ...cursor, tip: cursor.tip + 1 };
}

export function unwound(cursor: CursorState): CursorState {
  return { ...cursor, tip: cursor.tip - 1 };
}

/** Passes blocks that cannot be read; the record stays for ever. */
export function gapped(cursor: CursorState, to: number): CursorState {
  return { ...cursor, tip: to, gaps: [...cursor.gaps, { from: cursor.tip + 1, to }] };
}
