// Deadlines as an iCalendar feed (RFC 5545). Owns its form. Wall times are the earliest possible: a stop of the clock only moves them later.

import type { LookedAt } from '../upgrades/pending.ts';

const stamp = (seconds: number): string => `${new Date(seconds * 1000).toISOString().replaceAll(/[-:]/g, '').slice(0, 15)}Z`;
const text = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll(';', '\\;').replaceAll(',', '\\,').replaceAll(/\r?\n/g, '\\n');

/** Lines of at most 75 octets, folded. */
function folded(line: string): string {
  return line.match(/.{1,73}/gu)?.join('\r\n ') ?? line;
}

/** @param nowSeconds L1 time of the state that was looked at */
export function calendar(upgrades: readonly LookedAt[], nowSeconds: bigint): string {
  const events = upgrades.filter(({ state }) => state === 'Scheduled' || state === 'Executable').flatMap(({ id, time, report }) => {
    const wall = (t: number): number => Number(nowSeconds) + t - time.nowT;
    const kind = report?.kind ?? 'undecodable';
    return [
      ['safe', wall(time.lastSafeT), `Last safe moment to begin an exit before the ${kind} upgrade`], ['eta', wall(time.eta), `The ${kind} upgrade can be carried out`], ['expiry', wall(time.expiry), `The ${kind} upgrade expires`],
    ].map(([name, seconds, summary]) => [
      'BEGIN:VEVENT', `UID:${id}-${String(name)}@keyfall.watchtower`, `DTSTAMP:${stamp(Number(nowSeconds))}`, `DTSTART:${stamp(Number(seconds))}`, `SUMMARY:${text(String(summary))}`, `DESCRIPTION:${text(`upgrade ${id}; the earliest possible time`)}`, 'END:VEVENT',
    ]);
  });
  return ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Keyfall//watchtower//EN', ...events.flat(), 'END:VCALENDAR'].map(folded).join('\r\n').concat('\r\n');
}
