// F34: council members who were asked for a sign of life and gave none yet. One that stays silent is removed by anyone, and each removal brings the council
// nearer to being too few to act.

import type { Monitor, View } from '../monitor.ts';
import type { Verdict } from '../verdict.ts';
import { judgedAlone } from './alone.ts';
import { duration, holds } from './verdicts.ts';

const EXPECTED = 'no open challenge';

export const signsOfLife: Monitor = {
  id: 'F34-signs-of-life', group: 'F', about: 'no council member owes an answer to a challenge', severity: 'warning', needs: ['SecurityCouncil', 'Clock'], staleAfterSeconds: 86_400,
  evaluate: async (view) => {
    const [members, now] = await Promise.all([view.read<readonly { readonly account: string }[]>('SecurityCouncil', 'members'), view.read<bigint>('Clock', 'current')]);
    return judgedAlone(view, {
      monitor: signsOfLife.id, items: members, subjectOf: ({ account }) => account, expected: EXPECTED, judge: async ({ account }) => owes(view, account, now),
      gone: (account) => `${account} is no member any more: it was asked for a sign of life and gave none, or was replaced`,
    });
  },
};

async function owes(view: View, account: string, now: bigint): Promise<Verdict> {
  const until = await view.read<bigint>('SecurityCouncil', 'answerableUntil', [account]);
  if (until === 0n) return holds(view, true, { subject: account, sentence: `member ${account} owes no answer`, expected: EXPECTED, got: 'none' });
  const left = Number(until - now);
  return holds(view, false, { subject: account, sentence: `member ${account} was asked for a sign of life and gave none; ${left > 0 ? `anyone may remove it in ${duration(left)} of T` : 'anyone may remove it now'}`, expected: EXPECTED, got: `open until T ${until}`, finding: String(until), measure: left });
}
