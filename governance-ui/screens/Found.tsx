// What was searched for: an L2 block or an L2 transaction, with its four steps and what this browser recomputed of it. Owns which facts are
// the endpoints' word and which hash up to something that L1 recorded.
// Invariant: *included* is the sequencer's word until L1 holds the batch; the page says which it is.

'use client';

import { DEPOSIT_TRANSACTION_TYPE } from '@keyfall/protocol/depositTransaction.ts';
import { useState } from 'react';
import type { Hex } from 'viem';
import { group, etherText } from '../components/format.ts';
import { checkBlock, checkTransactions } from '../components/proofWorker.ts';
import { Mark, useMark, useProof } from '../components/recomputed.tsx';
import type { MarkState } from '../components/recomputed.tsx';
import { RouteLink } from '../components/router.tsx';
import { useReading } from '../components/session.tsx';
import { Stages } from '../components/stages.tsx';
import { Badge, Button, HexText, Notice, Panel, Row, Rows } from '../components/ui.tsx';
import { BlockValue, Moment, Value } from '../components/value.tsx';
import { SOFT_SENTENCE } from '../content.ts';
import { batchOfBlock, l2Header, l2Receipt, payloadHolds } from '../chain/locate.ts';
import type { Reading } from '../chain/reading.ts';
import type { TransactionFacts } from '../chain/recompute/block.ts';
import { bodyOf, boundTo } from '../chain/recompute/gather.ts';
import type { Bound } from '../chain/recompute/gather.ts';
import type { Header } from '../chain/rpc/header.ts';
import { useBatch, stepsOf } from './Batch.tsx';

function useBatchOf(number: bigint | undefined) {
  return useReading('l1', ['batchOfBlock', number?.toString()], async ({ system, at, deployment }) => batchOfBlock(system, at, number ?? 0n, deployment.deployBlock), number !== undefined);
}

function BlockStages({ number, included }: { number: bigint; included: string | undefined }) {
  const where = useBatchOf(number);
  const batch = useBatch(where?.known === true ? where.value : undefined);
  if (where?.known === false) return <Notice tone="warn" title="How far it has come is unknown">{where.why}</Notice>;
  if (where === undefined) return <p className="pending">Looking on L1…</p>;
  if (where.value === undefined) return <><Stages label="Steps" steps={included === undefined ? stepsOf(undefined, 'no endpoint has it').map((step) => ({ ...step, state: step.name === 'Included' ? 'unknown' : 'waiting', ...(step.name === 'Included' ? {} : { detail: undefined }) })) : stepsOf(undefined, included)} /><p className="quiet">{SOFT_SENTENCE}</p></>;
  if (batch?.known === false) return <Notice tone="warn" title="Its batch is unknown">{batch.why}</Notice>;
  if (batch === undefined) return <p className="pending">Reading its batch…</p>;
  return (
    <>
      <Stages label="Steps" steps={stepsOf(batch.value.stage, included)} />
      <p>In <RouteLink to={['explorer', 'batch', where.value.toString()]}>batch {group(where.value)}</RouteLink>, by L1's own record. Answered by {[...(batch.value.zk === undefined ? [] : ['a validity proof']), ...(batch.value.attesters === undefined ? [] : ['the attesters'])].join(' and ') || 'no lane yet'}.</p>
    </>
  );
}

interface BlockProof {
  readonly header: Reading<Header> | undefined; readonly bound: Reading<Bound> | undefined; readonly body: Reading<readonly TransactionFacts[]> | undefined; readonly mark: MarkState; readonly why: string;
  /** Set while so many headers were not asked for: asks for them. */
  readonly askWhole: (() => void) | undefined;
}

/** The header, what its hash rests on, and everything under its roots. */
function useBlockProof(number: bigint | undefined): BlockProof {
  const markOf = useMark();
  const [whole, setWhole] = useState<bigint>();
  const isWhole = number !== undefined && whole === number;
  const header = useReading('l2', ['l2Header', number?.toString()], async ({ l2 }) => l2Header(l2, number ?? 0n), number !== undefined);
  const hash = header?.known === true ? header.value.hash : undefined;
  const where = useBatchOf(number);
  const batchIndex = where?.known === true ? where.value : undefined;
  const batch = useBatch(batchIndex);
  const answered = batch?.known === true ? (batch.value.zk ?? batch.value.attesters)?.outputs : undefined;
  const bound = useProof<Bound>(['bound', hash, batchIndex?.toString(), answered, isWhole ? 'whole' : ''], async ({ system, l1At, l2, deployment }) => {
    if (header?.known !== true || batchIndex === undefined) throw new Error('no header');
    return boundTo({ system, l2, at: l1At, deployBlock: deployment.deployBlock }, header.value, batchIndex, isWhole, { onProgress: () => undefined });
  }, header?.known === true && batchIndex !== undefined && batch?.known === true);
  const body = useProof<readonly TransactionFacts[]>(['body', hash], async ({ l2, at }) => {
    if (header?.known !== true) throw new Error('no header');
    const { value } = header;
    return bodyOf(l2, at, value, { transactions: async (raw) => checkTransactions(value, raw), block: async (rawBlock, receipts) => checkBlock({ header: value, rawBlock, receipts }) });
  }, header?.known === true);
  const parts = { header, bound, body, askWhole: undefined };
  if (where?.known === true && batchIndex === undefined) return { ...parts, bound: undefined, mark: 'unverified', why: 'L1 does not hold its batch yet: its hash is your L2 endpoints\' word' };
  if (bound?.known === false) return { ...parts, mark: 'unknown', why: bound.why };
  if (bound === undefined) return { ...parts, mark: 'unknown', why: isWhole ? 'being recomputed, header by header' : 'being recomputed' };
  if (bound.value.by === 'unasked') return { ...parts, mark: 'unverified', why: `your L2 endpoints' word: ${group(bound.value.headers)} headers lie between it and the block that L1 names as the end of its batch, too many to ask for unasked`, askWhole: () => setWhole(number) };
  if (bound.value.by === 'endpoints') return { ...parts, mark: 'unverified', why: bound.value.why };
  return { ...parts, mark: markOf('verified'), why: `${bound.value.links === 1 ? 'it is the block' : `${bound.value.links} headers, each hashed here, lead from it to the one`} that the answer to batch ${bound.value.batch} on L1 names` };
}

function Foundation({ proof: { mark, why, body, askWhole } }: { proof: BlockProof }) {
  return (
    <ul className="items">
      <li><Mark state={mark} /><div><strong>Its hash</strong> <span className="wrap">{why}</span>{askWhole === undefined ? null : <div className="actions"><Button onClick={askWhole}>Ask for them and recompute</Button></div>}</div></li>
      <li><Mark state={body === undefined ? 'unknown' : !body.known ? 'unknown' : mark} /><div><strong>Transactions and receipts</strong> <span className="wrap">{body === undefined ? 'being recomputed' : body.known ? 'all of them, hashed here up to the two roots of its header' : body.why}</span></div></li>
    </ul>
  );
}

export function BlockFound({ number }: { number: bigint }) {
  const proof = useBlockProof(number);
  const { header, body, mark, why } = proof;
  const sign = header?.known === true ? <Mark state={mark} why={why} /> : null;
  if (header?.known === false) return <Panel title={`L2 block ${group(number)}`}><BlockStages number={number} included={undefined} /><Notice tone="warn" title="Unknown">{header.why}. It may not be made yet, or your L2 endpoints may not know it.</Notice></Panel>;
  return (
    <>
      <Panel title={`L2 block ${group(number)}`}>
        <BlockStages number={number} included="the sequencer's word" />
        <Rows>
          <Row name="Hash" hint="its header was recomputed here"><Value reading={header}>{({ hash }) => <HexText value={hash} />}</Value> {sign}</Row>
          <Row name="Time"><Value reading={header}>{({ timestamp }) => <Moment at={timestamp} now={BigInt(Math.floor(Date.now() / 1000))} />}</Value> {sign}</Row>
          <Row name="State root"><Value reading={header}>{({ stateRoot }) => <HexText value={stateRoot} />}</Value> {sign}</Row>
          <Row name="Gas used"><Value reading={header}>{({ gasUsed }) => group(gasUsed)}</Value> {sign}</Row>
        </Rows>
      </Panel>
      <Panel title="Recomputed in this browser">
        <Foundation proof={proof} />
        {body?.known === true ? <Transactions list={body.value} /> : null}
      </Panel>
    </>
  );
}

function Transactions({ list }: { list: readonly TransactionFacts[] }) {
  if (list.length === 0) return <p className="quiet">The block has no transaction.</p>;
  return (
    <div className="table-scroll" role="region" aria-label="Transactions" tabIndex={0}><table>
      <thead><tr><th scope="col">Transaction</th><th scope="col">Came by</th><th scope="col">From</th><th scope="col">To</th><th scope="col" className="number">Value</th><th scope="col" className="number">Gas</th><th scope="col">Outcome</th></tr></thead>
      <tbody>{list.map(({ hash, inboxIndex, from, to, valueWei, mintWei, gasUsed, isSuccess }) => (
        <tr key={hash}><th scope="row"><RouteLink to={['explorer', 'tx', hash]}><code>{hash.slice(0, 10)}…</code></RouteLink></th><td>{inboxIndex === undefined ? 'the sequencer' : `message ${group(inboxIndex)}`}</td><td><HexText value={from} /></td><td>{to === null ? 'a new contract' : <HexText value={to} />}</td>
          <td className="number">{etherText(valueWei)}{mintWei === 0n ? null : <span className="hint">{etherText(mintWei)} brought</span>}</td><td className="number">{group(gasUsed)}</td><td><Badge tone={isSuccess ? 'good' : 'bad'}>{isSuccess ? 'succeeded' : 'reverted'}</Badge></td></tr>
      ))}</tbody>
    </table></div>
  );
}

export function TransactionFound({ hash }: { hash: Hex }) {
  const receipt = useReading('l2', ['l2Receipt', hash], async ({ l2, at }) => l2Receipt(l2, at, hash));
  const number = receipt?.known === true ? receipt.value?.blockNumber : undefined;
  const proof = useBlockProof(number);
  const facts = proof.body?.known === true ? proof.body.value.find((one) => one.hash === hash) : undefined;
  const isMissing = proof.body?.known === true && facts === undefined;
  // Without the block's body what stands here is the endpoints' word alone.
  const mark: MarkState = proof.body === undefined ? 'unknown' : !proof.body.known ? 'unverified' : isMissing ? 'false' : proof.mark;
  const sign = <Mark state={mark} why={proof.why} />;
  const isMessage = (facts?.type ?? (receipt?.known === true ? receipt.value?.type : undefined)) === DEPOSIT_TRANSACTION_TYPE;
  return (
    <Panel title="L2 transaction">
      <p><HexText value={hash} isWhole /></p>
      <BlockValue reading={receipt}>{(found) => (found === undefined ? <Notice tone="warn" title="No endpoint has it">It was not included, or your L2 endpoints do not know it. If you sent it as a forced message, look at <RouteLink to={['health']}>the queue</RouteLink>.</Notice> : (
        <>
          <BlockStages number={found.blockNumber} included={`block ${group(found.blockNumber)}`} />
          {isMissing ? <Notice tone="bad" title="The block does not hold it">An endpoint said that it is in block {group(found.blockNumber)}; the transactions under that block's root do not contain it.</Notice> : null}
          <Rows>
            <Row name="Outcome"><Badge tone={(facts ?? found).isSuccess ? 'good' : 'bad'}>{(facts ?? found).isSuccess ? 'succeeded' : 'reverted'}</Badge> {sign}</Row>
            <Row name="From"><HexText value={facts?.from ?? found.from} /> {sign}</Row>
            <Row name="To">{(facts === undefined ? found.to : facts.to) === null ? 'a new contract' : <HexText value={(facts?.to ?? found.to) as string} />} {sign}</Row>
            {facts === undefined ? null : <Row name="Value">{etherText(facts.valueWei)}{facts.mintWei === 0n ? null : `, ${etherText(facts.mintWei)} brought from L1`} {sign}</Row>}
            <Row name="Came by">{isMessage ? <>the Inbox on L1 (forced){facts?.inboxIndex === undefined ? null : `, message ${group(facts.inboxIndex)}`}</> : 'the sequencer'} {sign}</Row>
            <Row name="Gas used">{group(facts?.gasUsed ?? found.gasUsed)} {sign}</Row>
            {facts === undefined ? null : <Row name="Place in its block">{group(facts.position + 1)} of {proof.body?.known === true ? group(proof.body.value.length) : '?'}, events: {group(facts.logs.length)} {sign}</Row>}
            {isMessage ? null : <Row name="In L1's calldata" hint="looked for in the committed payload"><InPayload hash={hash} number={found.blockNumber} /></Row>}
          </Rows>
          <Foundation proof={proof} />
        </>
      ))}</BlockValue>
    </Panel>
  );
}

function InPayload({ hash, number }: { hash: Hex; number: bigint }) {
  const where = useBatchOf(number);
  const index = where?.known === true ? where.value : undefined;
  const holds = useReading('l1', ['payloadHolds', hash, index?.toString()], async ({ system, at, deployment }) => payloadHolds(system, at, index ?? 0n, hash, deployment.deployBlock), index !== undefined);
  if (where?.known === true && where.value === undefined) return <span className="quiet">not committed yet</span>;
  return <Value reading={holds}>{(isThere) => <Badge tone={isThere ? 'good' : 'bad'}>{isThere ? 'yes, bytes found' : 'no: the endpoint and L1 contradict each other'}</Badge>}</Value>;
}
