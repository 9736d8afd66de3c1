// Messages of an account that lie in the Inbox and are not final: found on L1 alone, whatever browser or command sent them. Owns the list
// and the stages of each. A withdrawal among them is claimed under My withdrawals once it is final.
// Invariant: "none waits" is said only after every message of the Inbox was seen.

'use client';

import { formatEther } from 'viem';
import type { Hex } from 'viem';
import { decodeCall } from '../chain/decode.ts';
import { allMessages, isFrom, l2HashOfMessage, tokenDepositOf } from '../chain/inboxHistory.ts';
import type { SentMessage } from '../chain/inboxHistory.ts';
import { knownContracts } from '../chain/names.ts';
import type { System } from '../chain/system.ts';
import { toHex } from '@keyfall/protocol/bytes.ts';
import { durationText, group } from './format.ts';
import { useQueue } from './queue.tsx';
import { useReading, useSession, useSystem } from './session.tsx';
import { Stages } from './stages.tsx';
import { HexText, Notice, Panel } from './ui.tsx';
import { ReadAt } from './value.tsx';

export function WaitingMessages({ account }: { account: Hex }) {
  const queue = useQueue();
  const system = useSystem();
  const { deployment } = useSession();
  const found = useReading<readonly SentMessage[]>('l1', ['messages of', account], async ({ system, at, deployment }) => {
    const all = await allMessages(system, at, deployment.deployBlock);
    return all.known ? { ...all, value: all.value.filter((one) => isFrom(one, account)) } : all;
  });
  if (found?.known === false) return <Panel title="Forced, and not final yet"><Notice tone="warn" title="Unknown">{found.why}. That is not the same as none.</Notice></Panel>;
  if (found === undefined || queue?.known !== true || system?.known !== true) return null;
  const { taken, settled, deadlineSeconds } = queue.value;
  const waiting = found.value.filter(({ index }) => index >= settled);
  if (waiting.length === 0) return null;
  return (
    <Panel title="Forced, and not final yet">
      <ul className="cards">{waiting.map((one) => (
        <li key={one.index.toString()} className="card">
          <p>{wordsOf(one, system.value)}</p>
          <Stages label="Where the message stands" steps={[
            { name: 'In the Inbox', state: 'done', detail: `message ${group(one.index)}` }, { name: 'In a batch', state: one.index < taken ? 'done' : 'current', detail: one.index < taken ? undefined : `forced after ${durationText(deadlineSeconds)}` },
            { name: 'Final', state: one.index < taken ? 'current' : 'waiting' },
          ]} />
          <p className="quiet">L1 transaction <HexText value={one.l1Transaction} />, L2 transaction <HexText value={l2HashOfMessage(one, deployment.l2.chainId)} /></p>
        </li>
      ))}</ul>
      <ReadAt reading={found} chain="L1" />
    </Panel>
  );
}

/** What a message does on L2, read from its bytes. */
function wordsOf(sent: SentMessage, system: System): string {
  const { message } = sent;
  const token = tokenDepositOf(message);
  if (token !== undefined) return `Deposit of a token ${token.l1Token} to ${token.to}.`;
  if (message.kind === 'signed') return 'A transaction that was signed for L2.';
  if (message.data.length === 0) return `Bring ${formatEther(message.mintWei)} ETH from L1 and pay ${formatEther(message.valueWei)} ETH to ${message.to}.`;
  const call = decodeCall({ to: message.to, data: toHex(message.data), valueWei: message.valueWei }, knownContracts(system));
  return call.ok ? call.call.sentence : `A call of ${message.to} with data that this page cannot read.`;
}
