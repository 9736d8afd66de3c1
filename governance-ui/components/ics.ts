// A moment for the reader's own calendar: one event with a reminder, as text. Owns the format (RFC 5545); the link is calendar.tsx.
// Invariant: the time is the chain's at the block it was read; the event says so, because a stop of the clock moves it later.

export interface CalendarMoment { readonly uid: string; readonly title: string; readonly about: string; readonly at: bigint }

const LINE_BYTES = 73;

function stamp(seconds: bigint): string {
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
}

function escaped(text: string): string {
  return text.replace(/[\\;,]/g, (char) => `\\${char}`).replace(/\r?\n/g, '\\n');
}

/** Lines longer than 75 bytes go on after a space. */
function folded(line: string): string {
  return line.length <= LINE_BYTES ? line : `${line.slice(0, LINE_BYTES)}\r\n ${folded(line.slice(LINE_BYTES))}`;
}

/** @param now the chain's time at which the moment was read */
export function calendarText({ uid, title, about, at }: CalendarMoment, now: bigint): string {
  return ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Keyfall//governance-ui//EN', 'BEGIN:VEVENT', `UID:${escaped(uid)}@keyfall`, `DTSTAMP:${stamp(now)}`, `DTSTART:${stamp(at)}`, `SUMMARY:${escaped(title)}`,
    `DESCRIPTION:${escaped(`${about} Read from the chain at ${stamp(now)}; a stop of the protocol's clock moves it later.`)}`, 'BEGIN:VALARM', 'ACTION:DISPLAY', 'TRIGGER:-PT12H', `DESCRIPTION:${escaped(title)}`, 'END:VALARM', 'END:VEVENT', 'END:VCALENDAR', '']
    .map(folded).join('\r\n');
}
