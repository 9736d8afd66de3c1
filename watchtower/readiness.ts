// Whether this watchtower can be relied on now: L1 read lately, caught up, and every check within its time. Owns the conditions. Alive but not ready is
// what a watchtower is whose eyes are shut.

import type { Check } from './monitor.ts';
import type { StoredVerdict } from './rows.ts';

const MOST_REASONS = 20;

/** @returns why it is not ready; empty when it is. @param judgedSeconds L1 time of the state that was judged last */
export function notReadyBecause(notRead: string | undefined, checks: readonly Check[], verdicts: readonly StoredVerdict[], judgedSeconds: number | undefined): readonly string[] {
  if (notRead !== undefined) return [notRead];
  if (judgedSeconds === undefined) return ['no final state was judged yet'];
  const late = verdicts.flatMap(({ monitor, subject, status, lastOk, since, sentence }) => {
    const check = checks.find(({ id }) => id === monitor);
    // A violation is an answer. What is not known for longer than its time is none.
    if (check === undefined || status !== 'unverifiable' || monitor.startsWith('H')) return [];
    const age = judgedSeconds - (lastOk ?? since);
    return age < check.staleAfterSeconds ? [] : [`${monitor}${subject === '' ? '' : ` ${subject}`} is unknown for ${age} s: ${sentence}`];
  });
  return late.slice(0, MOST_REASONS);
}
