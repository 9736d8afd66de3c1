// H42: the log's head is on L1 as often as was asked for.

import { duration } from '../monitors/verdicts.ts';
import { says, type SelfCheck } from './selfCheck.ts';

export const anchoring: SelfCheck = {
  id: 'H42-anchor', group: 'H', about: 'the head of the log is written to L1 in time', severity: 'warning', needs: [], staleAfterSeconds: 86_400,
  judge: ({ anchor, wallMilliseconds, startedMilliseconds }) => {
    if (anchor === undefined) return [];
    const age = Math.floor((wallMilliseconds - Math.max(anchor.anchoredAt ?? 0, startedMilliseconds)) / 1_000);
    const isRight = age < 2 * anchor.everySeconds;
    const reason = anchor.fault ?? 'no reason is known';
    return [says(isRight, { subject: '', sentence: isRight ? `the log was anchored on L1 within ${duration(2 * anchor.everySeconds)}, or its turn has not come` : `the log was not anchored on L1 for ${duration(age)}: ${reason}`, expected: `an anchor every ${duration(anchor.everySeconds)}`, got: isRight ? 'in time' : reason, measure: age })];
  },
};
