// A moment for the reader's own calendar, as a file made in the page. Owns the link; the format is ics.ts.
// Invariant: a moment that has passed has no link.

'use client';

import { calendarText } from './ics.ts';
import type { CalendarMoment } from './ics.ts';

export function CalendarLink({ moment, now }: { moment: CalendarMoment; now: bigint }) {
  if (moment.at <= now) return null;
  return <a className="calendar" download="keyfall.ics" href={`data:text/calendar;charset=utf-8,${encodeURIComponent(calendarText(moment, now))}`}>add to calendar</a>;
}
