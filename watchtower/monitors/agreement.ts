// A2: the operators asked agree on the finalized block. Lagging is absence, not dissent; one that names another hash is lying or on another chain.

import type { Monitor } from '../monitor.ts';
import { holds } from './verdicts.ts';

export const agreement: Monitor = {
  id: 'A2-agreement', group: 'A', about: 'no operator contradicts the others about a finalized block', severity: 'warning', needs: [], staleAfterSeconds: 300,
  evaluate: async (view) => view.answers.map(({ operator, state, detail }) => holds(view, state !== 'dissents', {
    subject: operator, sentence: state === 'dissents' ? `${operator} contradicts the others: ${detail}` : `${operator} ${state}`, expected: `${view.header.hash} or nothing yet`, got: detail,
  })),
};
