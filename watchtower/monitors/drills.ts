// F36: rehearsals. A proposal that calls itself a drill is told with that label and with the warning that the label binds nobody; nothing is quieter for it:
// every other check judges it like any other, and one that goes on to be queued or executed is no drill.

import type { Monitor } from '../monitor.ts';
import { remembered } from './onward.ts';
import { holds } from './verdicts.ts';

const LABEL = /^\W{0,4}(drill|exercise|rehearsal)\b/i;
const isDrill = (args: Readonly<Record<string, unknown>>): boolean => LABEL.test(String(args['description']));

export const drills: Monitor = {
  id: 'F36-drills', group: 'F', about: 'no proposal that calls itself a drill is queued or executed', severity: 'critical', needs: ['KeyfallGovernor'], staleAfterSeconds: 3_600,
  evaluate: async (view) => {
    const labelled = remembered(view, 'F36', 'KeyfallGovernor', 'ProposalCreated', ({ args }) => (isDrill(args) ? [String(args['proposalId']), true] : undefined));
    const real = ['ProposalQueued', 'ProposalExecuted'].map((name) => remembered(view, 'F36', 'KeyfallGovernor', name, ({ blockNumber, args }) => [String(args['proposalId']), blockNumber]));
    if (labelled.size === 0) return [holds(view, true, { sentence: 'no proposal calls itself a drill', expected: 'no drill that became real', got: 'none' })];
    return [...labelled.keys()].map((id) => {
      const became = real.map((blocks) => blocks.get(id)).find((block) => block !== undefined);
      return holds(view, became === undefined, { subject: id, sentence: became === undefined ? `proposal ${id} calls itself a drill, and was neither queued nor executed` : `proposal ${id} calls itself a drill and was carried on in block ${became}: it is none`, expected: 'neither queued nor executed', got: became === undefined ? 'neither' : `block ${became}` });
    });
  },
  notices: [{
    contract: 'KeyfallGovernor', event: 'ProposalCreated', severity: 'warning', subject: ({ args }) => String(args['proposalId']),
    sentence: ({ args }) => `${isDrill(args) ? 'a proposal that calls itself a drill (which binds nobody: judge it like any other)' : 'a proposal'} was made by ${String(args['proposer'])}: ${String(args['description']).replaceAll(/\s+/g, ' ').slice(0, 200)}`,
  }],
};
