// What was searched for: an L2 block or an L2 transaction, with its four steps. Owns which facts are the endpoints' word and which
// were checked against L1.
// Invariant: *included* is the sequencer's word until L1 holds the batch; the page says which it is.

'use client';

import { DEPOSIT_TRANSACTION_TYPE } from '@keyfall/protocol/depositTransaction.ts';
import type { Hex } from 'viem';
import { group } from '../components/format.ts';
import { RouteLink } from '../components/router.tsx';
import { useReading } from '../components/session.tsx';
import { Stages } from '../components/stages.tsx';
import { Badge, HexText, Notice, Panel, Row, Rows } from '../components/ui.tsx';
import { BlockValue, Moment, Value } from '../components/value.tsx';
import { SOFT_SENTENCE } from '../content.ts';
import { batchOfBlock, l2Header, l2Receipt, payloadHolds } from '../chain/locate.ts';
import { useBatch, stepsOf } from './Batch.tsx';

function useBatchOf(number: bigint | undefined) {
  return useReading('l1', ['batchOfBlock', number?.toString()], async ({ system, at, deployment }) => batchOfBlock(system, at, number ?? 0n, deployment.deployBlock), number !== undefined);
}

function BlockStages({ number, included }: { number: bigint; included: string }) {
  const where = useBatchOf(number);
  const batch = useBatch(where?.known === true ? where.value : undefined);
  if (where?.known === false) return <Notice tone="warn" title="How far it has come is unknown">{where.why}</Notice>;
  if (where === undefined) return <p className="pending">Looking on L1…</p>;
  if (where.value === undefined) return <><Stages label="Steps" steps={stepsOf(undefined, included)} /><p className="quiet">{SOFT_SENTENCE}</p></>;
  if (batch?.known === false) return <Notice tone="warn" title="Its batch is unknown">{batch.why}</Notice>;
  if (batch === undefined) return <p className="pending">Reading its batch…</p>;
  return <><Stages label="Steps" steps={stepsOf(batch.value.stage, included)} /><p>In <RouteLink to={['explorer', 'batch', where.value.toString()]}>batch {group(where.value)}</RouteLink>, by L1's own record.</p></>;
}

export function BlockFound({ number }: { number: bigint }) {
  const header = useReading('l2', ['l2Header', number.toString()], async ({ l2 }) => l2Header(l2, number));
  return (
    <Panel title={`L2 block ${group(number)}`}>
      <BlockStages number={number} included="the sequencer's word" />
      <Rows>
        <Row name="Hash" hint="its header was recomputed here"><Value reading={header}>{({ hash }) => <HexText value={hash} />}</Value></Row>
        <Row name="Time"><Value reading={header}>{({ timestamp }) => <Moment at={timestamp} now={BigInt(Math.floor(Date.now() / 1000))} />}</Value></Row>
        <Row name="State root"><Value reading={header}>{({ stateRoot }) => <HexText value={stateRoot} />}</Value></Row>
      </Rows>
    </Panel>
  );
}

export function TransactionFound({ hash }: { hash: Hex }) {
  const receipt = useReading('l2', ['l2Receipt', hash], async ({ l2, at }) => l2Receipt(l2, at, hash));
  return (
    <Panel title="L2 transaction">
      <p><HexText value={hash} isWhole /></p>
      <BlockValue reading={receipt}>{(found) => (found === undefined ? <Notice tone="warn" title="No endpoint has it">It was not included, or your L2 endpoints do not know it. If you sent it as a forced message, look at <RouteLink to={['health']}>the queue</RouteLink>.</Notice> : (
        <>
          <BlockStages number={found.blockNumber} included={`block ${group(found.blockNumber)}`} />
          <Rows>
            <Row name="Outcome"><Badge tone={found.isSuccess ? 'good' : 'bad'}>{found.isSuccess ? 'succeeded' : 'reverted'}</Badge></Row>
            <Row name="From"><HexText value={found.from} /></Row>
            <Row name="To">{found.to === null ? 'a new contract' : <HexText value={found.to} />}</Row>
            <Row name="Came by">{found.type === DEPOSIT_TRANSACTION_TYPE ? 'the Inbox on L1 (forced)' : 'the sequencer'}</Row>
            <Row name="Gas used">{group(found.gasUsed)}</Row>
            {found.type === DEPOSIT_TRANSACTION_TYPE ? null : <Row name="In L1's calldata" hint="looked for in the committed payload"><InPayload hash={hash} number={found.blockNumber} /></Row>}
          </Rows>
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
