// One batch: its commit, the answers of both kinds of lane side by side, and all of it recomputed from L1's own calldata. Owns the detail
// page; anyone may also make it final from here.
// Invariant: answers are compared field by field, and a difference is called a dispute.

'use client';

import { useState } from 'react';
import { decodePayload } from '@keyfall/protocol/payload.ts';
import { fromHex } from '@keyfall/protocol/bytes.ts';
import { group } from '../components/format.ts';
import { checkBatch } from '../components/proofWorker.ts';
import { CheckList, Mark, useMark, useProof } from '../components/recomputed.tsx';
import { RouteLink } from '../components/router.tsx';
import { useReading, useSession, useSystem } from '../components/session.tsx';
import { TransactionSheet } from '../components/sheet.tsx';
import { Stages } from '../components/stages.tsx';
import type { StageStep } from '../components/stages.tsx';
import { Button, Disclosure, HexText, Notice, Panel, Row, Rows } from '../components/ui.tsx';
import { BlockValue, Moment, NumberValue, ReadAt, Value } from '../components/value.tsx';
import { unknown } from '../chain/reading.ts';
import type { Reading } from '../chain/reading.ts';
import type { BatchVerdict } from '../chain/recompute/batch.ts';
import { gatherBatch } from '../chain/recompute/gather.ts';
import { attestersFinalizeAlone, batchState, commitOf, finalizedCount } from '../chain/rollup.ts';
import type { Answer, BatchStage, BatchState } from '../chain/rollup.ts';
import { simulate } from '../chain/simulate.ts';
import { finalizeBatch } from '../flows/finalize.ts';

/** The four steps for something in a batch of this stage; undefined = not in a batch yet. */
export function stepsOf(stage: BatchStage | undefined, included: string | undefined): StageStep[] {
  const isProven = stage === 'proven' || stage === 'final';
  return [
    { name: 'Included', state: 'done', detail: included },
    { name: 'Committed', state: stage === undefined ? 'current' : 'done', detail: stage === undefined ? undefined : 'its data is on L1' },
    { name: 'Proven', state: stage === 'disputed' ? 'failed' : isProven ? 'done' : stage === undefined ? 'waiting' : 'current', detail: stage === 'disputed' ? 'lanes disagree' : isProven ? 'a lane answered' : undefined },
    { name: 'Final', state: stage === 'final' ? 'done' : stage === 'proven' ? 'current' : 'waiting', detail: stage === 'final' ? 'withdrawals can be paid' : undefined },
  ];
}

export function useBatch(index: bigint | undefined) {
  return useReading<BatchState>('l1', ['batch', index?.toString()], async ({ system, at }) => {
    const [final, alone] = await Promise.all([finalizedCount(system.rollup, at), attestersFinalizeAlone(system.rollup, at)]);
    if (!final.known) return final;
    if (!alone.known) return alone;
    return batchState(system.rollup, at, index ?? 0n, final.value, alone.value);
  }, index !== undefined);
}

export function BatchDetail({ index }: { index: bigint }) {
  const batch = useBatch(index);
  return (
    <>
      <Panel title={`Batch ${group(index)}`}>
        <BlockValue reading={batch}>{(state) => (
          <>
            <Stages label={`Batch ${index}`} steps={stepsOf(state.stage, index === 0n ? 'the genesis' : 'by whoever committed it')} />
            {state.stage === 'disputed' ? <Notice tone="bad" title="The lanes disagree">This batch cannot become final until the dispute is resolved.</Notice> : null}
            <Rows>
              <Row name="Builds on L2 block"><HexText value={state.record.parentHash} /></Row>
              {state.record.commitTime === 0 ? null : <Row name="Committed"><Moment at={BigInt(state.record.commitTime)} now={batch?.known === true ? batch.at.timestamp : 0n} /></Row>}
              <Row name="Spec">{group(state.record.specId)}</Row>
              <Row name="L1 origin block">{state.record.isEnforced ? 'none: nothing in it reads L1' : group(state.record.originNumber)}</Row>
            </Rows>
            <Answers batch={state} />
          </>
        )}</BlockValue>
        {index === 0n ? null : <Payload index={index} />}
        <ReadAt reading={batch} chain="L1" />
        {batch?.known === true && batch.value.stage === 'proven' ? <MakeFinal index={index} /> : null}
      </Panel>
      {index === 0n || batch?.known !== true ? null : <Recomputed index={index} state={batch.value} />}
    </>
  );
}

const ANSWER_FIELDS: readonly (readonly [string, (answer: Answer) => string])[] = [
  ['Last L2 block', ({ lastNumber }) => lastNumber.toString()], ['Its hash', ({ lastHash }) => lastHash], ['State root', ({ stateRoot }) => stateRoot],
  ['zkGas used', ({ zkGasUsed }) => zkGasUsed.toString()], ['Paid for it', ({ beneficiary }) => beneficiary],
];

function Answers({ batch: { zk, attesters } }: { batch: BatchState }) {
  if (zk === undefined && attesters === undefined) return <p className="quiet">No lane has answered this batch.</p>;
  return (
    <div className="table-scroll" role="region" aria-label="Table" tabIndex={0}><table>
      <thead><tr><th scope="col">Answer</th><th scope="col">Validity proof</th><th scope="col">Attesters</th></tr></thead>
      <tbody>{ANSWER_FIELDS.map(([name, read]) => <tr key={name}><th scope="row">{name}</th>{[zk, attesters].map((answer, column) => <td key={column === 0 ? 'zk' : 'attesters'}>{answer === undefined ? <span className="quiet">none</span> : read(answer).startsWith('0x') ? <HexText value={read(answer)} /> : group(read(answer))}</td>)}</tr>)}</tbody>
    </table></div>
  );
}

function Payload({ index }: { index: bigint }) {
  const { deployment } = useSession();
  const commit = useReading('l1', ['commit', index.toString()], async ({ system, at }) => commitOf(system.rollup, at, index, deployment.deployBlock));
  const decoded = commit?.known === true ? { ...commit, value: decodePayload(fromHex(commit.value.args.payload)) } : commit;
  const isEnforced = commit?.known === true && Number(commit.value.args.inputs.mode) === 2;
  return (
    <Rows>
      {isEnforced ? <Row name="Payload on L1">none: in Enforced the queue alone decides</Row> : <Row name="Payload on L1" hint="decoded here, from calldata"><Value reading={decoded}>{(result) => (result.ok ? <>blocks: {group(result.value.length)}, transactions: {group(result.value.reduce((sum, block) => sum + block.transactions.length, 0))}</> : <>malformed ({result.code}): it counts as empty</>)}</Value></Row>}
      <Row name="Messages it takes"><Value reading={commit}>{({ args }) => `${args.inputs.inboxFrom} to ${args.inputs.inboxTo} (${args.inputs.inboxTo - args.inputs.inboxFrom})`}</Value></Row>
      <Row name="L1 block of the commit"><NumberValue reading={commit?.known === true ? { ...commit, value: commit.value.blockNumber } : commit} /></Row>
    </Rows>
  );
}

interface Verdict extends BatchVerdict { readonly blockCount: bigint | undefined; readonly where: 'worker' | 'page' }

/** What this browser found when it computed the batch again. @param isWhole also where that takes many headers */
function useBatchVerdict(index: bigint, state: BatchState, isWhole: boolean, onProgress: (what: string) => void): Reading<Verdict> | undefined {
  return useProof<Verdict>(['batch', index.toString(), state.record.inputs, state.zk?.outputs, state.attesters?.outputs, isWhole ? 'whole' : ''], async ({ system, l1At, l2, deployment }) => {
    const gathered = await gatherBatch({ system, l2, at: l1At, deployBlock: deployment.deployBlock }, index, isWhole, { onProgress });
    if (!gathered.known) return gathered;
    onProgress('hashing');
    const verdict = await checkBatch(gathered.value.task);
    return verdict.ok ? { ...gathered, value: { ...verdict.proof, blockCount: gathered.value.blockCount, where: verdict.where } } : unknown(verdict.why);
  });
}

const BLOCKS_SHOWN = 30;

function Recomputed({ index, state }: { index: bigint; state: BatchState }) {
  const [isWhole, setWhole] = useState(false);
  const [progress, setProgress] = useState('');
  const verdict = useBatchVerdict(index, state, isWhole, setProgress);
  const markOf = useMark();
  return (
    <Panel title="Recomputed in this browser">
      {verdict === undefined ? <p className="pending">Recomputing{progress === '' ? '' : `: ${progress}`}…</p> : null}
      {verdict?.known === false ? <Notice tone="warn" title="Nothing of it could be recomputed">{verdict.why}</Notice> : null}
      {verdict?.known === true ? (
        <>
          <CheckList checks={verdict.value.checks} />
          <p className="quiet">That the blocks were executed rightly is what the lanes answer for; a watchtower that re-executes them is its own check.</p>
          {verdict.value.blocks.length === 0 && verdict.value.blockCount !== undefined && !isWhole ? <div className="actions"><Button onClick={() => setWhole(true)}>Recompute all {group(verdict.value.blockCount)} blocks</Button></div> : null}
          {verdict.value.blocks.length === 0 ? null : (
            <Disclosure summary={`Its ${group(verdict.value.blocks.length)} ${verdict.value.blocks.length === 1 ? 'block' : 'blocks'}`}>
              <div className="table-scroll" role="region" aria-label="Blocks" tabIndex={0}><table>
                <thead><tr><th scope="col" className="number">Block</th><th scope="col">Hash</th><th scope="col" className="number">Transactions</th><th scope="col">From L1 alone</th></tr></thead>
                <tbody>{verdict.value.blocks.slice(-BLOCKS_SHOWN).map(({ number, hash, transactions, isRebuilt }) => (
                  <tr key={number.toString()}><th scope="row" className="number"><RouteLink to={['explorer', 'block', number.toString()]}>{group(number)}</RouteLink></th><td><HexText value={hash} /></td><td className="number">{isRebuilt ? group(transactions.length) : '–'}</td><td><Mark state={isRebuilt ? markOf('verified') : 'unknown'} /></td></tr>
                ))}</tbody>
              </table></div>
              {verdict.value.blocks.length > BLOCKS_SHOWN ? <p className="quiet">The last {BLOCKS_SHOWN} are listed.</p> : null}
            </Disclosure>
          )}
        </>
      ) : null}
      <ReadAt reading={verdict} chain="L1" />
    </Panel>
  );
}

/** Anyone may, once the policy is met; tried before it is offered. */
function MakeFinal({ index }: { index: bigint }) {
  const { deployment } = useSession();
  const system = useSystem();
  const prepared = system?.known === true ? finalizeBatch({ rollup: system.value.rollup.address, chainId: deployment.l1.chainId, upTo: index }) : undefined;
  const tried = useReading('l1', ['finalize', index.toString()], async ({ at, l1 }) => (prepared === undefined ? unknown('the rollup is not known yet') : simulate(l1, at, prepared, undefined)), prepared !== undefined);
  if (prepared === undefined || tried?.known !== true) return null;
  if (!tried.value.ok) return <p className="quiet">It cannot be made final yet: {tried.value.why}.</p>;
  return <Disclosure summary="Make it final: anyone may"><TransactionSheet prepared={prepared} /></Disclosure>;
}
