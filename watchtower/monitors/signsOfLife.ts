// F34: council members who were asked for a sign of life and gave none yet. One that stays silent is removed by anyone, and each removal brings the council
// nearer to being too few to act.

import type { Monitor } from '../monitor.ts';
import { duration, holds } from './verdicts.ts';

export const signsOfLife: Monitor = {
  id: 'F34-signs-of-life', group: 'F', about: 'no council member owes an answer to a challenge', severity: 'warning', needs: ['SecurityCouncil', 'Clock'], staleAfterSeconds: 86_400,
  evaluate: async (view) => {
    const [members, now] = await Promise.all([view.read<readonly { readonly account: string }[]>('SecurityCouncil', 'members'), view.read<bigint>('Clock', 'current')]);
    return Promise.all(members.map(async ({ account }) => {
      const until = await view.read<bigint>('SecurityCouncil', 'answerableUntil', [account]);
      if (until === 0n) return holds(view, true, { subject: account, sentence: `member ${account} owes no answer`, expected: 'no open challenge', got: 'none' });
      const left = Number(until - now);
      return holds(view, false, { subject: account, sentence: `member ${account} was asked for a sign of life and gave none; ${left > 0 ? `anyone may remove it in ${duration(left)} of T` : 'anyone may remove it now'}`, expected: 'no open challenge', got: `open until T ${until}`, finding: String(until), measure: left });
    }));
  },
};
