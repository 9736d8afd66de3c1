// E25: every committed batch, executed again from L1 data by this watchtower's own machine, gives what L1 recorded about it. Owns turning the replay's
// records into verdicts. A finding is kept for ever, so that its verdict never turns ok by itself.

import type { Monitor, View } from '../monitor.ts';
import { Unverifiable } from '../verdict.ts';
import { holds, verdict } from './verdicts.ts';

export const reexecution: Monitor = {
  id: 'E25-reexecution', group: 'E', about: 'every final batch, answer, proven withdrawal root and paid withdrawal is what executing L1\'s data gives', severity: 'critical', needs: ['Rollup', 'Inbox', 'Lifecycle', 'Vault'], staleAfterSeconds: 1_800,
  evaluate: async (view) => {
    const replay = view.reexecuted();
    if (replay === undefined) throw new Unverifiable('batches are not executed again here: it is switched off (isReexecuting) or has not begun');
    const { state: { broken }, findings } = replay;
    const found = [...findings, ...(broken === undefined ? [] : [broken])].map((finding) => {
      const found = verdict(view, 'violation', finding);
      return { ...found, evidence: { ...found.evidence, ...(finding.transaction === undefined ? {} : { transaction: finding.transaction }) } };
    });
    return [...found, await finalVerdict(view, replay)];
  },
};

/** About the last final batch as the quorum reads it: reached, and the same. */
async function finalVerdict(view: View, { state, fault, resultOf }: NonNullable<ReturnType<View['reexecuted']>>): Promise<ReturnType<typeof verdict>> {
  const [index, lastHash] = await view.read<readonly [bigint, string, string, bigint]>('Rollup', 'finalHead');
  const subject = 'final batches';
  const unknown = (sentence: string): ReturnType<typeof verdict> => verdict(view, 'unverifiable', { subject, sentence, expected: `final batch ${index}, block ${lastHash}`, got: sentence });
  if (state.broken !== undefined) return unknown('L1\'s record breaks the protocol, and nothing after that can be executed');
  if (state.executed.batch < Number(index)) return unknown(state.standing ?? (fault === undefined ? `batch ${state.executed.batch} of ${index} was reached so far` : `it cannot go on: ${fault}`));
  const own = state.executed.batch === Number(index) ? state.executed.head.hash : resultOf(Number(index))?.outputs['lastHash'];
  if (own === undefined) return unknown(`the result of batch ${index} is not kept`);
  return holds(view, own === lastHash, { subject, sentence: `all ${index} final batches were executed again from L1 data; the last ends with block ${lastHash}`, expected: own, got: lastHash });
}
