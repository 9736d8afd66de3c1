// Lengths of time on one scale, drawn: how long each thing lasts, in parts, with a mark where something else ends. Owns the drawing; the words
// beside each bar say the same.
// Invariant: all bars of one drawing have the same scale, and none is drawn for what is unknown.

'use client';

import type { ReactNode } from 'react';

export interface SpanPart { readonly seconds: bigint; readonly tone: 'accent' | 'soft' | 'bad' | 'none' }
export interface SpanRow { readonly name: ReactNode; readonly key: string; readonly parts: readonly SpanPart[]; readonly words: ReactNode }

/** @param mark drawn through all bars */
export function Spans({ label, rows, mark }: { label: string; rows: readonly SpanRow[]; mark?: bigint | undefined }) {
  const total = (row: SpanRow): bigint => row.parts.reduce((sum, { seconds }) => sum + (seconds > 0n ? seconds : 0n), 0n);
  const longest = [...rows.map(total), mark ?? 0n].reduce((most, one) => (one > most ? one : most), 1n);
  const percent = (seconds: bigint): number => (seconds <= 0n ? 0 : (Number(seconds) / Number(longest)) * 100);
  return (
    <ol className="spans" aria-label={label}>
      {rows.map((row) => (
        <li key={row.key}>
          <span className="span-name">{row.name}</span>
          <span className="span-bar" aria-hidden="true">
            {row.parts.map(({ seconds, tone }, index) => <span key={`${row.key} ${index}`} data-tone={tone} style={{ width: `${percent(seconds)}%` }} />)}
            {mark === undefined ? null : <span className="span-mark" style={{ left: `${percent(mark)}%` }} />}
          </span>
          <span className="span-words">{row.words}</span>
        </li>
      ))}
    </ol>
  );
}
