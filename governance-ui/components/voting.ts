// Proposals and voices as screens read them. Owns the readings, tones and how votes are written.
// Invariant: where no governor stands there is no list, and that is *unknown*, not an empty one.

'use client';

import { formatUnits } from 'viem';
import type { Hex } from 'viem';
import { proposals, voiceOf, voteOf } from '../chain/governor.ts';
import type { GovernanceSides, Proposal, ProposalState, Voice, VoteOf } from '../chain/governor.ts';
import { unknown } from '../chain/reading.ts';
import type { Reading } from '../chain/reading.ts';
import type { System } from '../chain/system.ts';
import { upgradeWords } from '../chain/upgradeWords.ts';
import { group } from './format.ts';
import { useReading } from './session.tsx';
import type { Tone } from './ui.tsx';

export const PROPOSAL_TONES: Readonly<Record<ProposalState, Tone>> = { Pending: 'info', Active: 'warn', Canceled: 'quiet', Defeated: 'good', Succeeded: 'bad', Queued: 'bad', Expired: 'quiet', Executed: 'info' };

function sidesOf({ governance: { governor, timelock }, clock }: System, chainId: number): GovernanceSides | undefined {
  return governor === undefined || timelock === undefined ? undefined : { governor, timelock, clock, chainId };
}

export function useProposals(): Reading<readonly Proposal[]> | undefined {
  return useReading<readonly Proposal[]>('l1', ['proposals'], async ({ system, at, deployment }) => {
    const sides = sidesOf(system, deployment.l1.chainId);
    return sides === undefined ? unknown('no governor stands') : proposals(sides, at, deployment.deployBlock);
  });
}

/** @param account undefined = only the token's own facts are of interest */
export function useVoice(account: Hex | undefined): Reading<Voice> | undefined {
  return useReading<Voice>('l1', ['voice', account], async ({ system: { governance: { token } }, at }) => (token === undefined ? unknown('no token votes here') : voiceOf(token, at, account ?? token.address)));
}

export function useVoteOf(proposal: Proposal, account: Hex | undefined): Reading<VoteOf> | undefined {
  return useReading<VoteOf>('l1', ['vote of', proposal.id.toString(), account], async ({ system, at, deployment }) => {
    const sides = sidesOf(system, deployment.l1.chainId);
    return sides === undefined || account === undefined ? unknown('no account is connected') : voteOf(sides, at, proposal, account);
  }, account !== undefined);
}

/** Votes in the token's units, cut off at two places. */
export function votesText(voice: Reading<Voice> | undefined): (votes: bigint) => string {
  return (votes) => {
    if (voice?.known !== true) return `${group(votes)} smallest units`;
    const [whole = '0', fraction = ''] = formatUnits(votes, voice.value.decimals).split('.');
    const shown = fraction.slice(0, 2).replace(/0+$/, '');
    return `${group(whole)}${shown === '' ? '' : `.${shown}`} ${voice.value.symbol}`;
  };
}

export function proposalWords({ does }: Proposal): string {
  return does.ok ? upgradeWords(does.upgrade) : `This page cannot read what it does (${does.why}): treat it as able to take everything.`;
}
