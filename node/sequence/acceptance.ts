// Whether the chain as it stands can include an ordinary transaction at all. Owns that question and the words of the answer. Does not own
// whether a particular transaction is good (mempool.ts).
// Invariant: nothing is acknowledged that no sequencer could include: outside Operating L1 takes no payload, and a node that halted builds
// nothing more.

import type { Submission } from '../chainView.ts';
import type { ChainPhase } from '../store/records.ts';

/** @param haltedBecause a contradiction that no waiting resolves */
export function refusalOfAll(phase: ChainPhase, haltedBecause: string | undefined): Extract<Submission, { ok: false }> | undefined {
  switch (phase) {
    case 'frozen':
      return { ok: false, code: 'frozen', message: 'the chain is frozen for ever: no transaction is executed any more; what the last final state holds leaves on L1 (keyfall exit escape)' };
    case 'enforced':
      return { ok: false, code: 'enforced', message: 'the chain is in Enforced: no sequencer can include transactions until it is back in Operating; send it through the Inbox on L1 (keyfall force, keyfall exit force)' };
    case 'operating':
      return haltedBecause === undefined ? undefined : { ok: false, code: 'halted', message: `this node builds no blocks any more: ${haltedBecause}` };
  }
}
