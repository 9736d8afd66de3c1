// H42: L1 is being read. Without this a watchtower whose operators all fail would be silent, and look calm.

import { duration } from '../monitors/verdicts.ts';
import { says, type SelfCheck } from './selfCheck.ts';

const LONGEST_SECONDS = 300;

export const reading: SelfCheck = {
  id: 'H42-reading', group: 'H', about: `L1 was read by agreement within ${duration(LONGEST_SECONDS)}`, severity: 'critical', needs: [], staleAfterSeconds: 900,
  judge: ({ secondsUnread, unreadBecause }) => [says(secondsUnread < LONGEST_SECONDS, {
    subject: '', sentence: secondsUnread < LONGEST_SECONDS ? 'L1 is being read' : `L1 could not be read for ${duration(Math.floor(secondsUnread))}: nothing that happens there is seen (${unreadBecause ?? 'no reason is known'})`,
    expected: `an agreed head every ${duration(LONGEST_SECONDS)}`, got: secondsUnread < LONGEST_SECONDS ? 'read' : unreadBecause ?? 'not read', measure: Math.floor(secondsUnread),
  })],
};
