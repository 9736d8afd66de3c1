// A line of time, drawn: moments with names on it, and where we are; on narrow screens it runs downwards. Owns the drawing and its text
// alternative; the same moments stand as rows beside it, for readers who cannot see it.
// Invariant: moments are placed by their times; two that fall together are still both named.

'use client';

import { headlineMoment } from './format.ts';

export interface TimelineMoment { readonly name: string; readonly at: bigint; readonly tone: 'quiet' | 'warn' | 'bad' | 'good' }

/** About a panel's width, so that the names keep the size of text. */
const WIDTH = 860;
/** Nearer than this to a name below the line, the word *now* is left out. */
const ROOM = 90;
const INSET = 14;

export function Timeline({ label, moments, now }: { label: string; moments: readonly TimelineMoment[]; now: bigint }) {
  const sorted = moments.toSorted((left, right) => Number(left.at - right.at));
  const times = [...sorted.map(({ at }) => at), now];
  const first = times.reduce((least, time) => (time < least ? time : least));
  const last = times.reduce((most, time) => (time > most ? time : most));
  const span = last === first ? 1n : last - first;
  const x = (time: bigint): number => INSET + (Number(time - first) / Number(span)) * (WIDTH - 2 * INSET);
  const words = `${label}: ${sorted.map(({ name, at }) => `${name} ${headlineMoment(at)}`).join('; ')}; now ${headlineMoment(now)}`;
  return (
    <>
    <svg className="timeline" viewBox={`0 0 ${WIDTH} 92`} role="img" aria-label={words}>
      <line x1={INSET} x2={WIDTH - INSET} y1="44" y2="44" className="timeline-line" />
      <line x1={INSET} x2={x(now)} y1="44" y2="44" className="timeline-past" />
      {sorted.map(({ name, at, tone }, index) => {
        const place = x(at);
        const anchor = place < WIDTH * 0.2 ? 'start' : place > WIDTH * 0.8 ? 'end' : 'middle';
        const isAbove = index % 2 === 0;
        return (
          <g key={name} className="timeline-moment" data-tone={tone}>
            <circle cx={place} cy="44" r="6" />
            <text x={place} y={isAbove ? 18 : 74} textAnchor={anchor} className="timeline-name">{name}</text>
            <text x={place} y={isAbove ? 31 : 87} textAnchor={anchor} className="timeline-time">{headlineMoment(at)}</text>
          </g>
        );
      })}
      {sorted.every(({ at }, index) => index % 2 === 0 || Math.abs(x(at) - x(now)) > ROOM) ? <text x={x(now)} y="74" textAnchor={x(now) < ROOM ? 'start' : x(now) > WIDTH - ROOM ? 'end' : 'middle'} className="timeline-time">now</text> : null}
      <path d={`M${x(now) - 5} 58 L${x(now)} 49 L${x(now) + 5} 58 Z`} className="timeline-now" />
    </svg>
    <ol className="timeline-narrow" aria-label={label}>
      {sorted.map(({ name, at, tone }) => <li key={name} data-tone={tone} data-past={at <= now}><strong>{name}</strong><span>{headlineMoment(at)}</span></li>)}
    </ol>
    </>
  );
}
