// H40: every channel takes what it is given, and the canary came through. What one channel does not take is told through the others.

import { duration } from '../monitors/verdicts.ts';
import { says, type SelfCheck } from './selfCheck.ts';

const LONGEST_SECONDS = 600;
/** A canary that is this many times its interval late never came. */
const CANARY_SHARE = 2;

export const channels: SelfCheck = {
  id: 'H40-channels', group: 'H', about: 'every channel takes what it is given, and its canary came through', severity: 'critical', needs: [], staleAfterSeconds: 3_600,
  judge: ({ channels: all, canaryEverySeconds, wallMilliseconds, startedMilliseconds }) => all.map(({ name, oldestMilliseconds, lastError, deliveredAt }) => {
    const waits = (oldestMilliseconds ?? 0) / 1_000;
    const silent = (wallMilliseconds - Math.max(deliveredAt ?? 0, startedMilliseconds)) / 1_000;
    const isMissing = canaryEverySeconds !== undefined && silent > CANARY_SHARE * canaryEverySeconds + LONGEST_SECONDS;
    const reason = waits >= LONGEST_SECONDS ? `a message waits for ${duration(Math.floor(waits))}${lastError === undefined ? '' : `: ${lastError}`}` : `no canary came through for ${duration(Math.floor(silent))}`;
    const isRight = waits < LONGEST_SECONDS && !isMissing;
    return says(isRight, { subject: name, sentence: isRight ? `${name} takes what it is given` : `${name}: ${reason}`, expected: `every message taken within ${duration(LONGEST_SECONDS)}`, got: isRight ? 'taken' : reason, measure: Math.floor(waits) });
  }),
};
