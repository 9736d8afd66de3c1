// What becomes of a message after it is in the Inbox: on L1, in a batch, final; by when a batch must take it; and whether a signed one ran. Owns the stages.
// Invariant: the index comes from the L1 receipt's own event, decoded here; deadlines come from the contract.

'use client';

import type { Hex } from 'viem';
import { useConnection } from 'wagmi';
import { fromHex } from '@keyfall/protocol/bytes.ts';
import { decodeMessage } from '@keyfall/protocol/message.ts';
import { withdrawalsOf } from '../chain/messagePasser.ts';
import { enqueuedBy, signedFate } from '../chain/messages.ts';
import type { Enqueued } from '../chain/messages.ts';
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
      {index < taken && isSigned(message.value) ? <SignedFateNotice enqueued={message.value} /> : null}
      {isWithdrawal && index < settled ? <ForcedClaim l2Hash={l2Hash} /> : null}
      {isWithdrawal && index >= settled ? <p className="quiet">You can close this page: <RouteLink to={['withdrawals']}>My withdrawals</RouteLink> goes on from here, in any browser.</p> : null}
      <p className="quiet">{isSigned(message.value) ? 'Unless it is dropped, on L2 it is transaction' : 'On L2 it is transaction'} <HexText value={l2Hash} />, computed here from the message's own bytes.</p>
    </div>
  );
}

function isSigned({ message }: Enqueued): boolean {
  const decoded = decodeMessage(fromHex(message));
  return decoded.ok && decoded.value.kind === 'signed';
}

/** A batch has taken it: whether L2 executed it, or dropped it and why. */
function SignedFateNotice({ enqueued }: { enqueued: Enqueued }) {
  const fate = useReading('l2', ['signed fate', enqueued.index.toString(), enqueued.l2Hash], async ({ l2, at }) => signedFate(l2, at, enqueued));
  if (fate === undefined) return <p className="pending">Looking for it on L2…</p>;
  if (!fate.known) return <Notice tone="warn" title="What L2 made of it is unknown">{fate.why}. That is not the same as dropped.</Notice>;
  switch (fate.value.kind) {
    case 'succeeded': return <Notice tone="good" title="Executed on L2" isLive>It ran as it was signed.</Notice>;
    case 'reverted': return <Notice tone="bad" title="Executed on L2, and failed there" isLive>It ran as it was signed and failed; its nonce is used.</Notice>;
    case 'dropped': return <Notice tone="bad" title="Dropped" isLive>Nothing happened on L2, and its nonce is unused by it: {fate.value.why}.</Notice>;
    case 'skipped': return <Notice tone="bad" title="Skipped" isLive>No batch could prove it in time. It will never be executed; the same signed transaction can be forced again.</Notice>;
    case 'waiting': return <p className="pending">The L2 endpoints have not executed it yet…</p>;
  }
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
