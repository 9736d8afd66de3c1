// Explorer: the latest batches with the answers of each lane, and anything searched for: a batch, an L2 block, an L2 transaction, a
// message. Owns the search and the list; details are Batch.tsx and Found.tsx.
// Invariant: how far something has come is L1's word, batch by batch; the sequencer's word is called so.

'use client';

import { useState } from 'react';
import { group } from '../components/format.ts';
import { routeTo } from '../components/route.ts';
import { RouteLink } from '../components/router.tsx';
import { useReading } from '../components/session.tsx';
import { Ladder } from '../components/ladder.tsx';
import { Badge, Button, Field, Notice, PageHead, Panel } from '../components/ui.tsx';
import type { Tone } from '../components/ui.tsx';
import { BlockValue, ReadAt } from '../components/value.tsx';
import { attestersFinalizeAlone, batchState, committedCount, finalizedCount } from '../chain/rollup.ts';
import type { Answer, BatchStage, BatchState } from '../chain/rollup.ts';
import { BatchDetail } from './Batch.tsx';
import { BlockFound, TransactionFound } from './Found.tsx';

const SHOWN = 12;
export const STAGE_TONES: Readonly<Record<BatchStage, Tone>> = { committed: 'quiet', proven: 'info', final: 'good', disputed: 'bad' };

/** Where a search leads, by its form alone. */
export function targetOf(text: string): readonly string[] | undefined {
  const trimmed = text.trim();
  if (/^0x[0-9a-fA-F]{64}$/.test(trimmed)) return ['explorer', 'tx', trimmed];
  if (/^\d{1,15}$/.test(trimmed)) return ['explorer', 'block', trimmed];
  const batch = /^batch\s+(\d{1,15})$/i.exec(trimmed)?.[1];
  return batch === undefined ? undefined : ['explorer', 'batch', batch];
}

export function Explorer({ route }: { route: readonly string[] }) {
  const [kind, value = ''] = route;
  return (
    <>
      <PageHead title="Explorer">Every L2 block goes four steps: included by the sequencer, committed on L1, proven by lanes, final.</PageHead>
      <Search />
      {kind === 'batch' && /^\d+$/.test(value) ? <BatchDetail index={BigInt(value)} /> : null}
      {kind === 'block' && /^\d+$/.test(value) ? <BlockFound number={BigInt(value)} /> : null}
      {kind === 'tx' && /^0x[0-9a-fA-F]{64}$/.test(value) ? <TransactionFound hash={value.toLowerCase() as `0x${string}`} /> : null}
      {kind === undefined ? <Panel title="How far the chain has come"><Ladder /></Panel> : null}
      <LatestBatches />
    </>
  );
}

function Search() {
  const [text, setText] = useState('');
  const target = targetOf(text);
  return (
    <form className="search" role="search" onSubmit={(event) => {
      event.preventDefault();
      if (target !== undefined) window.location.hash = routeTo(...target);
    }}>
      <Field label="Find" value={text} onChange={setText} placeholder="L2 transaction hash, L2 block number, or “batch 3”" error={text.trim() !== '' && target === undefined ? 'expected a transaction hash, a block number, or the word batch and a number' : undefined} />
      <Button type="submit" kind="primary" disabled={target === undefined}>Find</Button>
    </form>
  );
}

function LatestBatches() {
  const batches = useReading<readonly BatchState[]>('l1', ['latest batches'], async ({ system, at }) => {
    const [count, final, alone] = await Promise.all([committedCount(system.rollup, at), finalizedCount(system.rollup, at), attestersFinalizeAlone(system.rollup, at)]);
    if (!count.known) return count;
    if (!final.known) return final;
    if (!alone.known) return alone;
    const length = count.value < BigInt(SHOWN) ? Number(count.value) : SHOWN;
    const read = await Promise.all(Array.from({ length }, async (_, offset) => batchState(system.rollup, at, count.value - BigInt(offset), final.value, alone.value)));
    const bad = read.find((one) => !one.known);
    if (bad !== undefined && !bad.known) return bad;
    return { ...count, value: read.flatMap((one) => (one.known ? [one.value] : [])) };
  });
  return (
    <Panel title="Latest batches">
      <BlockValue reading={batches}>{(list) => (list.length === 0 ? <Notice tone="info" title="No batch was committed yet" /> : (
        <div className="table-scroll" role="region" aria-label="Table" tabIndex={0}><table>
          <thead><tr><th scope="col" className="number">Batch</th><th scope="col">State</th><th scope="col" className="number">Up to L2 block</th><th scope="col">zk answer</th><th scope="col">Attesters' answer</th><th scope="col" className="number">Messages before</th></tr></thead>
          <tbody>{list.map((batch) => <BatchRow key={batch.index.toString()} batch={batch} />)}</tbody>
        </table></div>
      ))}</BlockValue>
      <ReadAt reading={batches} chain="L1" />
    </Panel>
  );
}

function BatchRow({ batch }: { batch: BatchState }) {
  const answer = batch.zk ?? batch.attesters;
  return (
    <tr>
      <th scope="row" className="number"><RouteLink to={['explorer', 'batch', batch.index.toString()]}>{group(batch.index)}</RouteLink></th>
      <td><Badge tone={STAGE_TONES[batch.stage]}>{batch.stage}</Badge></td>
      <td className="number">{answer === undefined ? '–' : group(answer.lastNumber)}</td>
      <td><AnswerText answer={batch.zk} /></td><td><AnswerText answer={batch.attesters} /></td>
      <td className="number">{group(batch.record.inboxTo)}</td>
    </tr>
  );
}

function AnswerText({ answer }: { answer: Answer | undefined }) {
  return answer === undefined ? <span className="quiet">none</span> : <code title={answer.outputs}>{answer.stateRoot.slice(0, 10)}</code>;
}
