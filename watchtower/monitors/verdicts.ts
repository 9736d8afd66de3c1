// Short ways to state a verdict about the view's block. Owns the wording of evidence only.

import type { View } from '../monitor.ts';
import type { Status, Verdict } from '../verdict.ts';

interface Facts {
  readonly subject?: string;
  readonly sentence: string;
  readonly expected: string;
  readonly got: string;
  readonly finding?: string;
  readonly measure?: number;
}

export function verdict(view: View, status: Status, { subject = '', sentence, expected, got, finding, measure }: Facts): Verdict {
  return {
    subject, status, sentence, evidence: { block: { number: view.header.number, hash: view.header.hash }, expected, got },
    ...(finding === undefined ? {} : { finding }), ...(measure === undefined ? {} : { measure }),
  };
}

/** `ok` or `violation` by one condition. */
export function holds(view: View, condition: boolean, facts: Facts): Verdict {
  return verdict(view, condition ? 'ok' : 'violation', facts);
}

/** Seconds as a person says them. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) throw new TypeError(`expected a number of seconds, got ${seconds}`);
  if (seconds < 0) return `-${duration(-seconds)}`;
  const [days, hours, minutes] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3_600) % 24, Math.floor(seconds / 60) % 60];
  if (days > 0) return hours > 0 ? `${days} d ${hours} h` : `${days} d`;
  if (hours > 0) return minutes > 0 ? `${hours} h ${minutes} min` : `${hours} h`;
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}
