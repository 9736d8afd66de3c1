// F36: rehearsals. A proposal that calls itself a drill is told with that label and with the warning that the label binds nobody; nothing is quieter for it:
// every other check judges it like any other, and one that goes on to be queued or executed is no drill.

import type { Monitor, StoredEvent } from '../monitor.ts';
import { holds } from './verdicts.ts';

const LABEL = /^\W{0,4}(drill|exercise|rehearsal)\b/i;
const isDrill = (args: Readonly<Record<string, unknown>>): boolean => LABEL.test(String(args['description']));

export const drills: Monitor = {
  id: 'F36-drills', group: 'F', about: 'no proposal that calls itself a drill is queued or executed', severity: 'critical', needs: ['KeyfallGovernor'], staleAfterSeconds: 3_600,
  evaluate: async (view) => {
    const labelled = view.events('KeyfallGovernor', 'ProposalCreated').filter(({ args }) => isDrill(args));
    const real = new Map(['ProposalQueued', 'ProposalExecuted'].flatMap((name) => view.events('KeyfallGovernor', name).map((event): [string, StoredEvent] => [String(event.args['proposalId']), event])));
    if (labelled.length === 0) return [holds(view, true, { sentence: 'no proposal calls itself a drill', expected: 'no drill that became real', got: 'none' })];
    return labelled.map(({ args }) => {
      const id = String(args['proposalId']);
      const became = real.get(id);
      return holds(view, became === undefined, { subject: id, sentence: became === undefined ? `proposal ${id} calls itself a drill, and was neither queued nor executed` : `proposal ${id} calls itself a drill and was carried on in block ${became.blockNumber}: it is none`, expected: 'neither queued nor executed', got: became === undefined ? 'neither' : `block ${became.blockNumber}` });
    });
  },
  notices: [{
    contract: 'KeyfallGovernor', event: 'ProposalCreated', severity: 'warning', subject: ({ args }) => String(args['proposalId']),
    sentence: ({ args }) => `${isDrill(args) ? 'a proposal that calls itself a drill (which binds nobody: judge it like any other)' : 'a proposal'} was made by ${String(args['proposer'])}: ${String(args['description']).replaceAll(/\s+/g, ' ').slice(0, 200)}`,
  }],
};
