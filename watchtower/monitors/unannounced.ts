// F35: nobody votes for, schedules or lets the council act on what was not announced before. Signatures that members gather off chain are seen only with
// the act that carries them.

import type { Monitor, StoredEvent, View } from '../monitor.ts';
import { holds } from './verdicts.ts';

/** ISecurityCouncil.Act: those whose subject is an upgrade's id. */
const ABOUT_UPGRADES: Readonly<Record<string, string>> = { 0: 'vetoed', 3: 'expedited' };

interface Votes { readonly strange: ReadonlySet<string>; readonly next: number }

export const unannounced: Monitor = {
  id: 'F35-unannounced', group: 'F', about: 'votes and acts of the council are about what was announced before', severity: 'critical', needs: ['UpgradeTimelock'], staleAfterSeconds: 3_600,
  evaluate: async (view) => {
    const scheduled = view.events('UpgradeTimelock', 'UpgradeScheduled');
    const isAnnounced = (id: unknown, before: StoredEvent): boolean => scheduled.some((event) => event.args['id'] === id && event.blockNumber <= before.blockNumber);
    const acts = view.events('SecurityCouncil', 'ActCarriedOut').filter((act) => ABOUT_UPGRADES[String(act.args['act'])] !== undefined && !isAnnounced(act.args['subject'], act)).map(({ args }) => `the council ${ABOUT_UPGRADES[String(args['act'])] ?? ''} ${String(args['subject'])}`);
    const executed = view.events('UpgradeTimelock', 'UpgradeExecuted').filter((event) => !isAnnounced(event.args['id'], event)).map(({ args }) => `${String(args['id'])} was carried out`);
    const votes = [...strangeVotes(view)].map((proposal) => `votes were cast on proposal ${proposal}`);
    const said = (subject: string, found: readonly string[]): ReturnType<typeof holds> => holds(view, found.length === 0, { subject, sentence: found.length === 0 ? 'all of it was announced before' : `never announced: ${found.join(', ')}`, expected: 'announced before', got: found.join(', ') || 'so it is', ...(found.length === 0 ? {} : { finding: found.join(', ') }) });
    return [said('council', acts), said('upgrades', executed), said('votes', votes)];
  },
};

/** Votes may be many: those that were looked at are not looked at again. */
function strangeVotes(view: View): ReadonlySet<string> {
  const { strange, next } = (view.memory.get('unannounced votes') as Votes | undefined) ?? { strange: new Set<string>(), next: 0 };
  const known = new Set(view.events('KeyfallGovernor', 'ProposalCreated').map(({ args }) => String(args['proposalId'])));
  const votes = ['VoteCast', 'VoteCastWithParams'].map((name) => view.eventsFrom('KeyfallGovernor', name, next));
  const found = new Set([...strange, ...votes.flat().map(({ args }) => String(args['proposalId']))].filter((id) => !known.has(id)));
  // From the last block of the shorter page on: a page may end within a block, and the other kind's may end later.
  const last = Math.min(...votes.filter((page) => page.length > 0).map((page) => page.at(-1)?.blockNumber ?? next));
  view.memory.set('unannounced votes', { strange: found, next: Number.isFinite(last) ? last : next } satisfies Votes);
  return found;
}
