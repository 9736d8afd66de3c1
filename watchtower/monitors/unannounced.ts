// F35: nobody votes for, schedules or lets the council act on what was not announced before. Signatures that members gather off chain are seen only with
// the act that carries them.

import type { Monitor, StoredEvent, View } from '../monitor.ts';
import { remembered } from './onward.ts';
import { holds } from './verdicts.ts';

/** ISecurityCouncil.Act: those whose subject is an upgrade's id. */
const ABOUT_UPGRADES: Readonly<Record<string, string>> = { 0: 'vetoed', 3: 'expedited' };

export const unannounced: Monitor = {
  id: 'F35-unannounced', group: 'F', about: 'votes and acts of the council are about what was announced before', severity: 'critical', needs: ['UpgradeTimelock'], staleAfterSeconds: 3_600,
  evaluate: async (view) => {
    const scheduled = view.events('UpgradeTimelock', 'UpgradeScheduled');
    const isAnnounced = (id: unknown, before: StoredEvent): boolean => scheduled.some((event) => event.args['id'] === id && event.blockNumber <= before.blockNumber);
    const acts = view.events('SecurityCouncil', 'ActCarriedOut').filter((act) => ABOUT_UPGRADES[String(act.args['act'])] !== undefined && !isAnnounced(act.args['subject'], act)).map(({ args }) => `the council ${ABOUT_UPGRADES[String(args['act'])] ?? ''} ${String(args['subject'])}`);
    const executed = view.events('UpgradeTimelock', 'UpgradeExecuted').filter((event) => !isAnnounced(event.args['id'], event)).map(({ args }) => `${String(args['id'])} was carried out`);
    const votes = strangeVotes(view).map((proposal) => `votes were cast on proposal ${proposal}`);
    const said = (subject: string, found: readonly string[]): ReturnType<typeof holds> => holds(view, found.length === 0, { subject, sentence: found.length === 0 ? 'all of it was announced before' : `never announced: ${found.join(', ')}`, expected: 'announced before', got: found.join(', ') || 'so it is', ...(found.length === 0 ? {} : { finding: found.join(', ') }) });
    return [said('council', acts), said('upgrades', executed), said('votes', votes)];
  },
};

function strangeVotes(view: View): readonly string[] {
  const known = remembered(view, 'F35', 'KeyfallGovernor', 'ProposalCreated', ({ args }) => [String(args['proposalId']), true]);
  const voted = ['VoteCast', 'VoteCastWithParams'].flatMap((name) => [...remembered(view, 'F35', 'KeyfallGovernor', name, ({ args }) => [String(args['proposalId']), true]).keys()]);
  return [...new Set(voted)].filter((id) => !known.has(id));
}
