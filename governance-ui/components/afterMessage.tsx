// What becomes of a message after it is in the Inbox: on L1, in a batch, final; and by when a batch must take it. Owns the stages.
// Invariant: the index comes from the L1 receipt's own event, decoded here; deadlines come from the contract.

'use client';

import type { Hex } from 'viem';
import { useConnection } from 'wagmi';
import { withdrawalsOf } from '../chain/messagePasser.ts';
import { enqueuedBy } from '../chain/messages.ts';
import { isWithdrawn } from '../chain/vault.ts';
import { ClaimPanel } from './claim.tsx';
import { useQueue } from './queue.tsx';
import { durationText, group } from './format.ts';
import { RouteLink } from './router.tsx';
import { useReading } from './session.tsx';
import { Stages } from './stages.tsx';
import { HexText, Notice } from './ui.tsx';

export function AfterMessage({ l1Hash, isWithdrawal = false }: { l1Hash: Hex; isWithdrawal?: boolean }) {
  const message = useReading('l1', ['enqueuedBy', l1Hash], async ({ system, at, deployment }) => enqueuedBy(system.inbox, at, l1Hash, deployment.l2.chainId));
  const queue = useQueue();
  if (message?.known === false) return <Notice tone="warn" title="Its fate is unknown">{message.why}</Notice>;
  if (message === undefined || queue?.known !== true) return <p className="pending">Looking for the message…</p>;
  const { index, l2Hash } = message.value;
  const { taken, settled, deadlineSeconds } = queue.value;
  return (
    <div className="stack">
      <Stages label="Where the message stands" steps={[
        { name: 'In the Inbox', state: 'done', detail: `message ${group(index)}` },
        { name: 'In a batch', state: index < taken ? 'done' : 'current', detail: index < taken ? undefined : `forced after ${durationText(deadlineSeconds)}` },
        { name: 'Final', state: index < settled ? 'done' : index < taken ? 'current' : 'waiting' },
      ]} />
      {isWithdrawal && index < settled ? <ForcedClaim l2Hash={l2Hash} /> : null}
      {isWithdrawal && index >= settled ? <p className="quiet">You can close this page: <RouteLink to={['withdrawals']}>My withdrawals</RouteLink> goes on from here, in any browser.</p> : null}
      <p className="quiet">On L2 it is transaction <HexText value={l2Hash} />, computed here from the message's own bytes.</p>
    </div>
  );
}

/** The last step of a forced withdrawal, in place: found by its own L2 transaction, proven, claimed, paid. */
function ForcedClaim({ l2Hash }: { l2Hash: Hex }) {
  const { address } = useConnection();
  const found = useReading('l2', ['forced withdrawal', l2Hash, address], async ({ system, at }) => {
    const all = await withdrawalsOf(system.messagePasser, at, address ?? '0x', 0n);
    return all.known ? { ...all, value: all.value.find(({ l2Transaction }) => l2Transaction.toLowerCase() === l2Hash.toLowerCase()) } : all;
  }, address !== undefined);
  const hash = found?.known === true ? found.value?.hash : undefined;
  const paid = useReading('l1', ['isWithdrawn', hash], async ({ system, at }) => isWithdrawn(system.vault, at, hash ?? '0x'), hash !== undefined);
  if (found?.known === false) return <Notice tone="warn" title="Its withdrawal is unknown">{found.why}</Notice>;
  if (found === undefined) return <p className="pending">Looking for the withdrawal on L2…</p>;
  if (found.value === undefined) return <Notice tone="bad" title="The message made no withdrawal">It is final, and L2 recorded no withdrawal by it: it failed there. <RouteLink to={['explorer', 'tx', l2Hash]}>See what became of it</RouteLink></Notice>;
  if (paid?.known === true && paid.value) return <Notice tone="good" title="Paid, or credited" isLive>The Vault says so.</Notice>;
  return <ClaimPanel found={found.value} />;
}
