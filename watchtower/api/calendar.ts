// Deadlines as an iCalendar feed (RFC 5545): of every pending upgrade, and when each watched address must begin to leave. Owns its form. Wall times are the
// earliest possible: a stop of the clock only moves them later.

import type { ExitPlan } from '../exit/plan.ts';
import { oneLine } from '../text.ts';
import type { LookedAt } from '../upgrades/pending.ts';

/** The last second that four digits of a year can name. */
const LAST_SECOND = 253_402_300_799;
const LONGEST_LINE_BYTES = 75;

const stamp = (seconds: number): string => `${new Date(Math.min(Math.max(0, seconds), LAST_SECOND) * 1000).toISOString().replaceAll(/[-:]/g, '').slice(0, 15)}Z`;
const text = (value: string): string => oneLine(value).replaceAll('\\', '\\\\').replaceAll(';', String.raw`\;`).replaceAll(',', String.raw`\,`);

/** Lines of at most 75 octets, folded between characters. */
function folded(line: string): string {
  const parts: string[] = [''];
  for (const character of line) {
    const last = parts.at(-1) ?? '';
    // A continuation begins with a space, which counts.
    if (Buffer.byteLength(last + character) > LONGEST_LINE_BYTES - (parts.length > 1 ? 1 : 0)) parts.push(character);
    else parts[parts.length - 1] = last + character;
  }
  return parts.join('\r\n ');
}

interface Entry { readonly uid: string; readonly seconds: number; readonly summary: string; readonly description: string; readonly isAlarmed: boolean }

function upgradeEntries({ id, time, report }: LookedAt, wall: (t: number) => number): readonly Entry[] {
  const kind = report?.kind ?? 'undecodable';
  return ([
    ['safe', time.lastSafeT, `Last safe moment to begin an exit before the ${kind} upgrade`, true], ['eta', time.eta, `The ${kind} upgrade can be carried out`, false], ['expiry', time.expiry, `The ${kind} upgrade expires`, false],
  ] as const).map(([name, t, summary, isAlarmed]) => ({ uid: `${id}-${name}`, seconds: wall(t), summary, description: `upgrade ${id}; the earliest possible time`, isAlarmed }));
}

function planEntries({ upgrade, label, address, routes }: ExitPlan, wall: (t: number) => number): readonly Entry[] {
  return routes.map(({ name, latestStartT, isGuaranteed, needs }) => ({
    uid: `${upgrade}-${address}-${label.replaceAll(/[^\w-]/g, '')}-${name}`, seconds: wall(latestStartT), summary: `${label}: latest start of the ${name} exit${isGuaranteed ? '' : ' (not guaranteed)'}`, description: `${address}, upgrade ${upgrade}; ${needs}`, isAlarmed: true,
  }));
}

/** @param nowSeconds L1 time of the state that was looked at */
export function calendar(upgrades: readonly LookedAt[], plans: readonly ExitPlan[], nowSeconds: bigint): string {
  const pending = upgrades.filter(({ state }) => state === 'Scheduled' || state === 'Executable');
  const entries = pending.flatMap((upgrade) => {
    const wall = (t: number): number => Number(nowSeconds) + t - upgrade.time.nowT;
    return [...upgradeEntries(upgrade, wall), ...plans.filter((plan) => plan.upgrade === upgrade.id).flatMap((plan) => planEntries(plan, wall))];
  });
  const events = entries.flatMap(({ uid, seconds, summary, description, isAlarmed }) => [
    'BEGIN:VEVENT', `UID:${uid}@keyfall.watchtower`, `DTSTAMP:${stamp(Number(nowSeconds))}`, `DTSTART:${stamp(seconds)}`, `SUMMARY:${text(summary)}`, `DESCRIPTION:${text(description)}`,
    ...(isAlarmed ? ['BEGIN:VALARM', 'ACTION:DISPLAY', `DESCRIPTION:${text(summary)}`, 'TRIGGER:-P1D', 'END:VALARM'] : []), 'END:VEVENT',
  ]);
  return ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Keyfall//watchtower//EN', 'CALSCALE:GREGORIAN', 'X-WR-CALNAME:Keyfall deadlines', ...events, 'END:VCALENDAR'].map(folded).join('\r\n').concat('\r\n');
}
