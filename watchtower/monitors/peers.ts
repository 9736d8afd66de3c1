// H41: other watchtowers, run by others, say of one block what this one says. A contradiction (ok here, violation there, or the reverse) means that one of
// the two is fed lies, is broken or was tampered with: a person must look at both. Unknown contradicts nothing.
// Owns asking and comparing; what a peer answers is data, bounded in size and time, and changes nothing here.

import { z } from 'zod';
import { boundedJson } from '../boundedFetch.ts';
import { urlOf } from '../config.ts';
import { messageOf } from '../fault.ts';
import type { Monitor, View } from '../monitor.ts';
import type { StoredVerdict } from '../rows.ts';
import { oneLine } from '../text.ts';
import { verdict } from './verdicts.ts';

/** Blocks whose own verdicts are remembered, because a peer is never at the same block. */
const REMEMBERED_BLOCKS = 64;

const answer = z.array(z.object({ monitor: z.string(), subject: z.string(), status: z.enum(['ok', 'violation', 'unverifiable']), blockHash: z.string() }));

export const peers: Monitor = {
  id: 'H41-peers', group: 'H', about: 'no other watchtower contradicts this one about a block', severity: 'warning', needs: [], staleAfterSeconds: 3_600,
  evaluate: async (view) => {
    if (view.config.peers.length === 0) return [];
    const own = remembered(view);
    return Promise.all(view.config.peers.map(async (peer) => {
      const { name } = peer;
      const facts = { subject: name, expected: 'the same verdicts about the same blocks' };
      try {
        const theirs = (await verdictsOf(urlOf(peer))).flatMap((found) => { const mine = own.get(keyOf(found)); return mine === undefined ? [] : [{ ...found, mine }]; });
        const contradicting = theirs.filter(({ status, mine }) => status !== mine && status !== 'unverifiable' && mine !== 'unverifiable');
        if (contradicting.length > 0) return verdict(view, 'violation', { ...facts, sentence: `${name} contradicts this watchtower: ${contradicting.map(({ monitor, subject, status, mine }) => `${monitor} ${oneLine(subject)} is ${status} there and ${mine} here`).slice(0, 8).join('; ')}`, got: `${contradicting.length} contradictions`, finding: contradicting.map(({ monitor, subject }) => `${monitor} ${subject}`).toSorted().join('; ') });
        if (theirs.length === 0) return verdict(view, 'unverifiable', { ...facts, sentence: `${name} has said nothing about a block that was judged here`, got: 'nothing to compare' });
        return verdict(view, 'ok', { ...facts, sentence: `${name} agrees`, got: 'no contradiction' });
      } catch (cause) {
        return verdict(view, 'unverifiable', { ...facts, sentence: `${name} could not be asked: ${messageOf(cause)}`, got: 'no answer' });
      }
    }));
  },
};

const keyOf = ({ monitor, subject, blockHash }: Pick<StoredVerdict, 'monitor' | 'subject'> & { readonly blockHash: string }): string => JSON.stringify([blockHash, monitor, subject]);

function remembered(view: View): ReadonlyMap<string, StoredVerdict['status']> {
  const blocks = (view.memory.get('own verdicts') as Map<string, StoredVerdict['status']>[] | undefined) ?? [];
  blocks.push(new Map(view.verdicts().filter(({ monitor }) => !monitor.startsWith('H')).map((found) => [keyOf(found), found.status])));
  view.memory.set('own verdicts', blocks.slice(-REMEMBERED_BLOCKS));
  return new Map(blocks.flatMap((block) => [...block]));
}

async function verdictsOf(url: string): Promise<z.infer<typeof answer>> {
  const parsed = answer.safeParse(await boundedJson(`${url.replace(/\/$/, '')}/v1/verdicts`));
  if (!parsed.success) throw new Error('expected a list of verdicts');
  // Its checks of itself are about another machine.
  return parsed.data.filter(({ monitor }) => !monitor.startsWith('H'));
}
