// The queue of forced messages, drawn: settled, taken by a batch, waiting; and how close the oldest is to the moment when no batch
// may leave it out. Owns the drawing; the deadlines are the contract's.
// Invariant: an empty queue and an unreadable one look different.

'use client';

import { durationText, group } from './format.ts';
import { useReading } from './session.tsx';
import { Badge, Panel, Row, Rows } from './ui.tsx';
import { BlockValue, ReadAt } from './value.tsx';
import { queueState } from '../chain/queue.ts';
import type { QueueState } from '../chain/queue.ts';

export function useQueue() {
  return useReading('l1', ['queue'], async ({ system, at }) => queueState(system, at));
}

export function QueuePanel() {
  const queue = useQueue();
  return (
    <Panel title="Forced messages">
      <BlockValue reading={queue}>{(state) => <QueueDrawing state={state} />}</BlockValue>
      <ReadAt reading={queue} chain="L1" />
    </Panel>
  );
}

function QueueDrawing({ state }: { state: QueueState }) {
  const { count, settled, taken, oldestAgeSeconds, deadlineSeconds, enforcedSeconds, isDue } = state;
  const waiting = count - settled;
  return (
    <>
      <Gauge ageSeconds={oldestAgeSeconds} deadlineSeconds={deadlineSeconds} enforcedSeconds={enforcedSeconds} />
      <Rows>
        <Row name="In the Inbox">{group(count)}</Row>
        <Row name="Settled">{group(settled)}{waiting === 0n ? <> <Badge tone="good">nothing waits</Badge></> : null}</Row>
        <Row name="In a batch, not final">{group(taken - settled)}</Row>
        <Row name="Not in a batch yet">{group(count - taken)}{isDue ? <> <Badge tone="bad">overdue: the next commit must take it</Badge></> : null}</Row>
        {oldestAgeSeconds === undefined ? null : <Row name="Oldest unsettled" hint="age in protocol time">{durationText(oldestAgeSeconds)}</Row>}
        <Row name="Inclusion forced after">{durationText(deadlineSeconds)}</Row>
        <Row name="Operator loses its monopoly after">{durationText(enforcedSeconds)}</Row>
      </Rows>
    </>
  );
}

/** One line from now to the enforced mode, with the oldest message's age on it. */
function Gauge({ ageSeconds, deadlineSeconds, enforcedSeconds }: { ageSeconds: bigint | undefined; deadlineSeconds: bigint; enforcedSeconds: bigint }) {
  const share = (seconds: bigint): number => Math.min(1, Number(seconds) / Number(enforcedSeconds));
  const age = ageSeconds === undefined ? 0 : share(ageSeconds);
  const isLate = ageSeconds !== undefined && ageSeconds > deadlineSeconds;
  const words = ageSeconds === undefined ? 'No message waits.' : `The oldest message is ${durationText(ageSeconds)} old; inclusion is forced after ${durationText(deadlineSeconds)}, the operator's monopoly ends after ${durationText(enforcedSeconds)}.`;
  return (
    <div className="gauge" role="img" aria-label={words}>
      <span className="gauge-line"><span className={isLate ? 'gauge-late' : 'gauge-age'} style={{ width: `${Math.max(age * 100, ageSeconds === undefined ? 0 : 1)}%` }} /><span className="gauge-tick" style={{ left: `${share(deadlineSeconds) * 100}%` }} /></span>
      <span className="gauge-words"><span>now</span><span style={{ left: `${share(deadlineSeconds) * 100}%` }}>must be taken</span><span>anyone commits</span></span>
    </div>
  );
}
