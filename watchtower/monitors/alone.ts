// Subjects that are judged each alone (lanes, members, upgrades). Owns two things that whoever hides would use: one that cannot be asked leaves the others
// judged, and one that L1 says is gone is named once more, so that its alarm ends. Who is a subject is the monitor's to read, and throws as a whole.

import type { View } from '../monitor.ts';
import { Unverifiable, type Verdict } from '../verdict.ts';
import { verdict } from './verdicts.ts';

interface Alone<T> {
  readonly monitor: string;
  readonly items: readonly T[];
  readonly subjectOf: (item: T) => string;
  readonly expected: string;
  readonly judge: (item: T) => Promise<Verdict>;
  /** What has become of one that is no subject any more. */
  readonly gone: (subject: string) => string;
}

export async function judgedAlone<T>(view: View, { monitor, items, subjectOf, expected, judge, gone }: Alone<T>): Promise<readonly Verdict[]> {
  const each = await Promise.all(items.map(async (item) => {
    try {
      return await judge(item);
    } catch (cause) {
      if (!(cause instanceof Unverifiable)) throw cause;
      return verdict(view, 'unverifiable', { subject: subjectOf(item), sentence: cause.message, expected, got: cause.message });
    }
  }));
  const named = new Set(items.map(subjectOf));
  const left = view.verdicts().filter((before) => before.monitor === monitor && before.subject !== '' && before.status !== 'ok' && !named.has(before.subject));
  return [...each, ...left.map(({ subject }) => verdict(view, 'ok', { subject, sentence: gone(subject), expected, got: gone(subject) }))];
}
