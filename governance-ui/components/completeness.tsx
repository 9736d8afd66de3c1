// Under a list of events: whether it is all of them, by the receipts of L1 (chain/recompute/l1Events.ts). Owns asking for it, because a long range
// takes a while, and the words for what was found. With one operator the headers too are its word, and that is said.
// Invariant: nothing is called complete before it was recomputed; a shortened range is named by its blocks.

'use client';

import { useState } from 'react';
import { unknown } from '../chain/reading.ts';
import type { Reading } from '../chain/reading.ts';
import { HEADERS_UNASKED } from '../chain/recompute/gather.ts';
import { againstList, completeness, firstWalked } from '../chain/recompute/l1Events.ts';
import type { Completeness as Found, EventName, FoundEvent, ListedEvent } from '../chain/recompute/l1Events.ts';
import type { System } from '../chain/system.ts';
import { group } from './format.ts';
import { checkLogs } from './proofWorker.ts';
import { Mark, useProof } from './recomputed.tsx';
import { useRound, useSession } from './session.tsx';
import { Button, HexText, Notice } from './ui.tsx';

interface Shown {
  readonly name: string;
  /** The events in words, plural. */
  readonly what: string;
  /** @returns undefined where their contract does not stand */
  readonly eventOf: (system: System) => EventName | undefined;
  /** What of them stands above. */
  readonly list: Reading<readonly ListedEvent[]> | undefined;
  readonly idOf: (event: FoundEvent) => string | undefined;
}

export function Completeness({ name, what, eventOf, list, idOf }: Shown) {
  const { deployment, l1 } = useSession();
  const head = useRound('l1')?.head;
  const [asked, setAsked] = useState<bigint>();
  const [progress, setProgress] = useState('');
  const size = head?.known === true ? head.value.number - firstWalked(deployment.deployBlock, head.value.number) + 1n : undefined;
  const found = useProof<Found>(['complete', name, asked?.toString()], async ({ system, l1At }) => {
    const event = eventOf(system);
    if (event === undefined) return unknown('its contract does not stand');
    return completeness(event, l1At, firstWalked(deployment.deployBlock, l1At.number), { onProgress: setProgress, open: checkLogs });
  }, asked !== undefined || (size !== undefined && size <= HEADERS_UNASKED));
  const again = (): void => setAsked(head?.known === true ? head.value.number : 0n);
  if (size === undefined) return null;
  // A short walk begins unasked.
  if (found === undefined && asked === undefined && size > HEADERS_UNASKED) {
    return <div className="actions"><Mark state="unverified" /><span>That this list leaves nothing out is {l1.trust === 'unverified' ? 'one RPC\'s word' : 'what the quorum says'}.</span><Button onClick={again}>Recompute it from {group(size)} headers</Button></div>;
  }
  if (found === undefined) return <p className="pending" role="status">Walking through L1's headers{progress === '' ? '' : `: ${progress}`}…</p>;
  if (!found.known) return <div className="stack"><p><Mark state="unknown" /> Whether this list leaves nothing out: <span className="unknown-why">{found.why}</span></p><div className="actions"><Button onClick={again}>Try again</Button></div></div>;
  const { from, to, openedBlocks, count } = found.value;
  const above = list === undefined ? undefined : againstList(found.value, list, idOf);
  const [leftOut, madeUp] = [bothOf(found.value.leftOut, above?.leftOut), bothOf(found.value.madeUp, above?.madeUp)];
  if (leftOut.length + madeUp.length > 0) {
    return (
      <Notice tone="bad" title="This list is not what L1's receipts hold">
        {leftOut.length === 0 ? null : <><p>Left out by your endpoint, but in L1's receipts:</p><Events list={leftOut} /></>}
        {madeUp.length === 0 ? null : <><p>Told by your endpoint, but in no receipt of L1:</p><Events list={madeUp} /></>}
        Use another endpoint (Settings); believe nothing that this one says. <button type="button" className="copy" onClick={again}>again</button>
      </Notice>
    );
  }
  if (above === undefined) return <p className="pending" role="status">Comparing the receipts with the list…</p>;
  return <p className="quiet"><Mark state={found.trust === 'proven' ? 'verified' : 'unverified'} /> Recomputed: {what} in blocks {group(from)} to {group(to)}: {group(count)}, none left out and none made up. Every header was hashed and linked to the head, the receipts of {group(openedBlocks)} {openedBlocks === 1 ? 'block' : 'blocks'} opened.{found.trust === 'proven' ? '' : ' The headers are one RPC\'s word.'}{from > deployment.deployBlock ? ` Older blocks, from ${group(deployment.deployBlock)} on, were not looked at.` : ''} <button type="button" className="copy" onClick={again}>again</button></p>;
}

/** The walk's own question found some, the list on the page may have others. */
function bothOf(walked: readonly FoundEvent[], listed: readonly FoundEvent[] = []): readonly FoundEvent[] {
  return [...walked, ...listed.filter(({ block, topics, data }) => !walked.some((one) => one.block === block && one.data === data && one.topics.join() === topics.join()))];
}

function Events({ list }: { list: readonly FoundEvent[] }) {
  return <ul>{list.slice(0, 20).map(({ block, topics, data }) => <li key={`${block} ${topics.join()} ${data}`}>block {group(block)}: {topics.slice(1).map((topic) => <HexText key={topic} value={topic} />)}{topics.length < 2 ? <HexText value={data.slice(0, 66)} /> : null}</li>)}</ul>;
}
