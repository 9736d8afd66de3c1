// What a holder of votes, or anyone, can send to the governor and its token. Owns the bytes of each act.
// Invariant: scheduling carries the proposal's own content, byte for byte: another one has another number and fails.

import { encodeFunctionData } from 'viem';
import type { Hex } from 'viem';
import { ABIS } from '../chain/abis.ts';
import { CHOICES } from '../chain/governor.ts';
import type { Ballot, Choice, Content } from '../chain/governor.ts';
import type { PreparedTransaction } from './prepared.ts';

interface On { readonly chainId: number; readonly to: Hex }

const l1 = ({ chainId, to }: On, title: string, data: Hex): PreparedTransaction => ({ chain: 'l1', chainId, to, valueWei: 0n, title, data });

export const castVote = (governor: On, proposalId: bigint, choice: Choice): PreparedTransaction =>
  l1(governor, `Vote ${choice}`, encodeFunctionData({ abi: ABIS.KeyfallGovernor, functionName: 'castVote', args: [proposalId, CHOICES.indexOf(choice)] }));

export const castBallot = (governor: On, { proposalId, choice, voter, signature }: Ballot): PreparedTransaction =>
  l1(governor, 'Bring in the ballot', encodeFunctionData({ abi: ABIS.KeyfallGovernor, functionName: 'castVoteBySig', args: [BigInt(proposalId), CHOICES.indexOf(choice), voter, signature] }));

export const delegateVotes = (token: On, delegate: Hex): PreparedTransaction =>
  l1(token, 'Delegate', encodeFunctionData({ abi: ABIS.KeyfallToken, functionName: 'delegate', args: [delegate] }));

/** Carrying a passed proposal out is scheduling its upgrade. */
export const scheduleProposal = (governor: On, { targets, values, calldatas, descriptionHash }: Content): PreparedTransaction =>
  l1(governor, 'Schedule', encodeFunctionData({ abi: ABIS.KeyfallGovernor, functionName: 'execute', args: [targets, values, calldatas, descriptionHash] }));
