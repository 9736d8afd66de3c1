// H42: L1 finalizes. While it does not, everything that is told stays provisional and no check is made anew.

import { duration } from '../monitors/verdicts.ts';
import { says, type SelfCheck } from './selfCheck.ts';

const LONGEST_SECONDS = 7_200;

export const finality: SelfCheck = {
  id: 'H42-finality', group: 'H', about: `L1's final block is at most ${duration(LONGEST_SECONDS)} behind its head`, severity: 'warning', needs: [], staleAfterSeconds: 3_600,
  judge: ({ tipSeconds, finalizedSeconds }) => {
    if (tipSeconds === undefined || finalizedSeconds === undefined) return [];
    const lag = tipSeconds - finalizedSeconds;
    return [says(lag <= LONGEST_SECONDS, { subject: '', sentence: `L1's final block is ${duration(Math.max(0, lag))} behind its head`, expected: `at most ${duration(LONGEST_SECONDS)}`, got: duration(Math.max(0, lag)), measure: lag })];
  },
};
