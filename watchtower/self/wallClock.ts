// H42: this machine's clock and L1's agree. A clock that is wrong delays escalations and canaries; an L1 head that is old means that operators lag alike.

import { duration } from '../monitors/verdicts.ts';
import { says, type SelfCheck } from './selfCheck.ts';

const LONGEST_SECONDS = 900;
/** On a devnet time is moved on purpose. */
const DEVNET_CHAIN_ID = 31_337;

export const wallClock: SelfCheck = {
  id: 'H42-clock', group: 'H', about: `this machine's clock is within ${duration(LONGEST_SECONDS)} of L1's head`, severity: 'warning', needs: [], staleAfterSeconds: 3_600,
  judge: ({ l1ChainId, tipSeconds, wallMilliseconds, secondsUnread }) => {
    // While L1 is not read its head tells nothing of the clock: H42-reading says that.
    if (l1ChainId === DEVNET_CHAIN_ID || tipSeconds === undefined || secondsUnread > LONGEST_SECONDS) return [];
    const ahead = Math.floor(wallMilliseconds / 1_000) - tipSeconds;
    return [says(Math.abs(ahead) <= LONGEST_SECONDS, {
      subject: '', sentence: `this machine's clock is ${duration(Math.abs(ahead))} ${ahead < 0 ? 'behind' : 'ahead of'} L1's head: ${ahead < 0 ? 'it is set wrong' : 'it is set wrong, or every operator serves an old head'}`,
      expected: `within ${duration(LONGEST_SECONDS)}`, got: duration(ahead), measure: ahead,
    })];
  },
};
