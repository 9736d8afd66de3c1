// An act with enough signatures, sent by anyone. Owns the call for each kind of act.
// Invariant: the call carries exactly the act that was shown and its approvals, in the contract's order.

'use client';

import { encodeFunctionData } from 'viem';
import { ABIS } from '../chain/abis.ts';
import type { CouncilAct } from '../chain/council.ts';
import { useSession } from './session.tsx';
import { TransactionSheet } from './sheet.tsx';

function argumentsOf({ act, upgrade, disputeId, lane, nonce, deadline, approvals }: CouncilAct): readonly unknown[] {
  const rest = [BigInt(nonce), BigInt(deadline), approvals];
  if (act === 'pause') return rest;
  return act === 'resolve' ? [BigInt(disputeId ?? ''), lane, ...rest] : [upgrade, ...rest];
}

export function SubmitAct({ act }: { act: CouncilAct }) {
  const { deployment } = useSession();
  const data = encodeFunctionData({ abi: ABIS.SecurityCouncil, functionName: act.act, args: argumentsOf(act) });
  return <TransactionSheet prepared={{ chain: 'l1', chainId: deployment.l1.chainId, to: act.council, valueWei: 0n, title: `Submit the ${act.act}`, data }} />;
}
