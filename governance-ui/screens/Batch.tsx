// One batch: its commit, the answers of both kinds of lane side by side, its payload decoded from L1's own calldata. Owns the detail
// page; anyone may also make it final from here.
// Invariant: answers are compared field by field, and a difference is called a dispute.

'use client';

import { decodePayload } from '@keyfall/protocol/payload.ts';
import { fromHex } from '@keyfall/protocol/bytes.ts';
import { group } from '../components/format.ts';
import { useReading, useSession } from '../components/session.tsx';
import { Stages } from '../components/stages.tsx';
import type { StageStep } from '../components/stages.tsx';
import { HexText, Notice, Panel, Row, Rows } from '../components/ui.tsx';
import { BlockValue, Moment, NumberValue, ReadAt, Value } from '../components/value.tsx';
import { attestersFinalizeAlone, batchState, commitOf, finalizedCount } from '../chain/rollup.ts';
import type { Answer, BatchStage, BatchState } from '../chain/rollup.ts';

/** The four steps for something in a batch of this stage; undefined = not in a batch yet. */
export function stepsOf(stage: BatchStage | undefined, included: string | undefined): StageStep[] {
  const isProven = stage === 'proven' || stage === 'final';
  return [
    { name: 'Included', state: 'done', detail: included },
    { name: 'Committed', state: stage === undefined ? 'current' : 'done' },
    { name: 'Proven', state: stage === 'disputed' ? 'failed' : isProven ? 'done' : stage === undefined ? 'waiting' : 'current', detail: stage === 'disputed' ? 'lanes disagree' : undefined },
    { name: 'Final', state: stage === 'final' ? 'done' : stage === 'proven' ? 'current' : 'waiting' },
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
    <Panel title={`Batch ${group(index)}`}>
      <BlockValue reading={batch}>{(state) => (
        <>
          <Stages label={`Batch ${index}`} steps={stepsOf(state.stage, index === 0n ? 'the genesis' : 'by the operator')} />
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
    </Panel>
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
  return (
    <Rows>
      <Row name="Payload on L1" hint="decoded here, from calldata"><Value reading={decoded}>{(result) => (result.ok ? <>blocks: {group(result.value.length)}, transactions: {group(result.value.reduce((sum, block) => sum + block.transactions.length, 0))}</> : <>malformed ({result.code}): it counts as empty</>)}</Value></Row>
      <Row name="Messages it takes"><Value reading={commit}>{({ args }) => `${args.inputs.inboxFrom} to ${args.inputs.inboxTo} (${args.inputs.inboxTo - args.inputs.inboxFrom})`}</Value></Row>
      <Row name="L1 block of the commit"><NumberValue reading={commit?.known === true ? { ...commit, value: commit.value.blockNumber } : commit} /></Row>
    </Rows>
  );
}
