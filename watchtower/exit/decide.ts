// Whether to force a signed exit now: opt-in, and only on facts that nobody's single word made. Owns the decision alone: pure, so that every hostile
// case is a line in a test. Sending is send.ts.
//
//   no failing upgrade ─► wait      cannot verify ─► refuse (and say so)      grace does not fit before the last safe moment ─► ask a person
//   otherwise: announce, wait for the grace in which a person may veto, then fire
//
// Invariant: `fire` needs a failed check on a pending upgrade, a quorum of at least two operators without dissent, finality, re-execution that
// reached the last final batch without a finding, the owner's next nonce, an announced grace that has passed, and no veto.

import type { OperatorAnswer } from '../l1/quorum.ts';

export interface ExitFacts {
  readonly nowT: number;
  readonly quorum: number;
  readonly answers: readonly OperatorAnswer[];
  /** Pending upgrades with the checks that failed and by when this owner must have begun. */
  readonly upgrades: readonly { readonly id: string; readonly failed: readonly string[]; readonly lastSafeT: number }[];
  /** Why re-execution proves nothing at the moment; undefined when it stands at the last final batch without a finding. */
  readonly unproven: string | undefined;
  /** The owner's nonce in the re-executed state, when the queue is executed; undefined when it is not known. */
  readonly nonce: number | undefined;
  readonly nonces: readonly number[];
  /** Whether final L1 has every signed exit. */
  readonly areAllTaken: boolean;
  readonly graceSeconds: number;
  /** T at which the exit for an upgrade was announced, and which upgrades a person vetoed. */
  readonly announcedT: Readonly<Record<string, number>>;
  readonly vetoed: readonly string[];
}

export type Decision =
  | { readonly act: 'wait'; readonly because: string }
  | { readonly act: 'refuse' | 'ask'; readonly code: string; readonly upgrade: string; readonly because: string }
  | { readonly act: 'announce'; readonly upgrade: string; readonly fireT: number; readonly because: string }
  | { readonly act: 'fire'; readonly upgrade: string; readonly from: number; readonly because: string };

const LEAST_OPERATORS = 2;

export function decideExit(facts: ExitFacts): Decision {
  const bad = facts.upgrades.filter(({ failed, id }) => failed.length > 0 && !facts.vetoed.includes(id)).toSorted((a, b) => a.lastSafeT - b.lastSafeT)[0];
  if (bad === undefined) return { act: 'wait', because: facts.upgrades.some(({ failed }) => failed.length > 0) ? 'a person vetoed it' : 'no pending upgrade fails a check' };
  const because = `upgrade ${bad.id} fails ${bad.failed.join(', ')}`;
  const agreeing = new Set(facts.answers.filter(({ state }) => state === 'agrees').map(({ operator }) => operator)).size;
  if (facts.quorum < LEAST_OPERATORS || agreeing < facts.quorum) return { act: 'refuse', code: 'quorum', upgrade: bad.id, because: `${because}, but only ${Math.min(agreeing, facts.quorum)} operators vouch for it: expected a quorum of at least ${LEAST_OPERATORS}` };
  const dissent = facts.answers.find(({ state }) => state === 'dissents');
  if (dissent !== undefined) return { act: 'refuse', code: 'dissent', upgrade: bad.id, because: `${because}, but ${dissent.operator} contradicts the others: a person must look` };
  if (facts.unproven !== undefined) return { act: 'refuse', code: 'unproven', upgrade: bad.id, because: `${because}, but the L2 state is not proven here: ${facts.unproven}` };
  if (facts.nonce === undefined) return { act: 'refuse', code: 'nonce', upgrade: bad.id, because: `${because}, but the owner's nonce is not known` };
  const from = facts.nonces.indexOf(facts.nonce);
  if (from < 0 && facts.areAllTaken && facts.nonce > Math.max(...facts.nonces)) return { act: 'wait', because: `${because}; every signed exit was taken` };
  if (from < 0) return { act: 'ask', code: 'nonce', upgrade: bad.id, because: `${because}; the signed exits begin at nonce ${String(facts.nonces[0])}, the account is at ${facts.nonce}: sign new ones` };
  const announced = facts.announcedT[bad.id];
  if (announced === undefined) {
    if (bad.lastSafeT - facts.nowT <= facts.graceSeconds) return { act: 'ask', code: 'grace', upgrade: bad.id, because: `${because}; the grace for a veto does not fit before the last safe moment: a person must decide` };
    return { act: 'announce', upgrade: bad.id, fireT: facts.nowT + facts.graceSeconds, because };
  }
  if (facts.nowT < announced + facts.graceSeconds) return { act: 'wait', because: `${because}; a person may veto until T ${announced + facts.graceSeconds}` };
  return { act: 'fire', upgrade: bad.id, from, because };
}
