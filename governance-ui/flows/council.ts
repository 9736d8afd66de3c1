// What is sent to the security council: an act with its approvals, and the challenges of its members. Owns the bytes of each.
// Invariant: an act's call carries exactly the act that was shown and the approvals given, in the contract's order.

import { encodeFunctionData } from 'viem';
import type { Hex } from 'viem';
import { ABIS } from '../chain/abis.ts';
import type { CouncilAct } from '../chain/council.ts';
import type { PreparedTransaction } from './prepared.ts';

interface On { readonly chainId: number; readonly council: Hex }

const send = ({ chainId, council }: On, title: string, functionName: string, ...args: readonly unknown[]): PreparedTransaction =>
  ({ chain: 'l1', chainId, to: council, valueWei: 0n, title, data: encodeFunctionData({ abi: ABIS.SecurityCouncil, functionName, args }) });

export function submitAct(chainId: number, { act, council, upgrade, disputeId, lane, nonce, deadline }: CouncilAct, approvals: CouncilAct['approvals']): PreparedTransaction {
  const rest = [BigInt(nonce), BigInt(deadline), approvals];
  const args = act === 'pause' ? rest : act === 'resolve' ? [BigInt(disputeId ?? ''), lane, ...rest] : [upgrade, ...rest];
  return send({ chainId, council }, `Submit the ${act}`, act, ...args);
}

export const challengeMember = (on: On, member: Hex): PreparedTransaction => send(on, 'Challenge', 'challenge', member);
export const answerChallenge = (on: On): PreparedTransaction => send(on, 'Answer', 'respond');
export const bringInAnswer = (on: On, member: Hex, signature: Hex): PreparedTransaction => send(on, 'Bring in the answer', 'respondBySignature', member, signature);
export const removeSilent = (on: On, member: Hex): PreparedTransaction => send(on, 'Remove', 'removeSilent', member);
