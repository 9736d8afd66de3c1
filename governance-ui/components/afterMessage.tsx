// What becomes of a message after it is in the Inbox: on L1, in a batch, final; and by when a batch must take it. Owns the stages.
// Invariant: the index comes from the L1 receipt's own event, decoded here; deadlines come from the contract.

'use client';

import type { Hex } from 'viem';
import { enqueuedBy } from '../chain/messages.ts';
import { useQueue } from './queue.tsx';
import { durationText, group } from './format.ts';
import { useReading } from './session.tsx';
import { Stages } from './stages.tsx';
import { HexText, Notice } from './ui.tsx';

export function AfterMessage({ l1Hash }: { l1Hash: Hex }) {
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
      <p className="quiet">On L2 it is transaction <HexText value={l2Hash} />, computed here from the message's own bytes.</p>
    </div>
  );
}
