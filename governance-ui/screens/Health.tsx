// Health: for whoever runs it, and for whoever wants to know whether anyone does. Owns the selection: ladder with lags, queue gauge,
// clock and stops, endpoints. Everything is read from the two chains; no operator's own page is asked.
// Invariant: silence is shown as time since the last sign of life, and a sign that cannot be read as unknown.

'use client';

import { EndpointMatrix } from '../components/endpoints.tsx';
import { durationText, group } from '../components/format.ts';
import { Ladder } from '../components/ladder.tsx';
import { QueuePanel } from '../components/queue.tsx';
import { useReading, useRound } from '../components/session.tsx';
import { WatchtowerPanel } from '../components/watchtower.tsx';
import { Badge, HexText, PageHead, Panel, Row, Rows } from '../components/ui.tsx';
import { Moment, NumberValue, ReadAt, Value } from '../components/value.tsx';
import { isBlocked, stopBudget, stoppedUntil, timeScale } from '../chain/clock.ts';
import { backlog } from '../chain/inbox.ts';
import { batchRecord, chainProfile, committedCount, finalizedCount, operator } from '../chain/rollup.ts';
import type { Reading } from '../chain/reading.ts';

export function Health() {
  return (
    <>
      <PageHead title="Health">Read from L1 and L2 alone: nobody's dashboard is believed.</PageHead>
      <Panel title="Ladder"><Ladder /></Panel>
      <div className="columns"><div className="column"><Operator /><ClockPanel /></div><QueuePanel /></div>
      <EndpointMatrix />
      <WatchtowerPanel />
    </>
  );
}

function Operator() {
  const who = useReading('l1', ['operator'], async ({ system, at }) => operator(system.rollup, at));
  const profile = useReading('l1', ['profile'], async ({ system, at }) => chainProfile(system.rollup, at));
  const committed = useReading('l1', ['committedCount'], async ({ system, at }) => committedCount(system.rollup, at));
  const finalized = useReading('l1', ['finalizedCount'], async ({ system, at }) => finalizedCount(system.rollup, at));
  const waiting = useReading('l1', ['backlog'], async ({ system, at }) => backlog(system.inbox, at));
  const last = useReading('l1', ['last commit'], async ({ system, at }): Promise<Reading<bigint>> => {
    const count = await committedCount(system.rollup, at);
    if (!count.known) return count;
    const record = await batchRecord(system.rollup, at, count.value);
    return record.known ? { ...record, value: BigInt(record.value.commitTime) } : record;
  });
  const l2 = useRound('l2');
  const now = useRound('l1')?.head;
  return (
    <Panel title="Operator">
      <Rows>
        <Row name="Hot key"><Value reading={who}>{(address) => <HexText value={address} />}</Value></Row>
        <Row name="Profile"><Value reading={profile}>{(name) => name}</Value></Row>
        <Row name="Last block on L2"><Value reading={l2?.head}>{({ number, timestamp }) => <>{group(number)}, <Moment at={timestamp} now={now?.known === true ? now.value.timestamp : timestamp} /></>}</Value></Row>
        <Row name="Last commit on L1"><Value reading={last}>{(time) => (time === 0n ? 'none yet' : <Moment at={time} now={last?.known === true ? last.at.timestamp : time} />)}</Value></Row>
        <Row name="Batches committed"><NumberValue reading={committed} /></Row>
        <Row name="Batches final"><NumberValue reading={finalized} /></Row>
        <Row name="Backlog, zkGas" hint="raises the price of messages"><NumberValue reading={waiting} /></Row>
      </Rows>
      <ReadAt reading={committed} chain="L1" />
    </Panel>
  );
}

function ClockPanel() {
  const blocked = useReading('l1', ['isBlocked'], async ({ system, at }) => isBlocked(system.clock, at));
  const budget = useReading('l1', ['budget'], async ({ system, at }) => stopBudget(system.clock, at));
  const scale = useReading('l1', ['timeScale'], async ({ system, at }) => timeScale(system.clock, at));
  const pause = useReading('l1', ['pause'], async ({ system, at }) => stoppedUntil(system.clock, at, 'pause'));
  const dispute = useReading('l1', ['dispute'], async ({ system, at }) => stoppedUntil(system.clock, at, 'dispute'));
  const stop = (reading: Reading<bigint> | undefined) => <Value reading={reading}>{(until) => (reading?.known === true && until > reading.at.timestamp ? <Badge tone="warn">until <Moment at={until} now={reading.at.timestamp} /></Badge> : 'none')}</Value>;
  return (
    <Panel title="Protocol clock">
      <Rows>
        <Row name="Finality"><Value reading={blocked}>{(isNow) => <Badge tone={isNow ? 'warn' : 'good'}>{isNow ? 'blocked by a stop' : 'not blocked'}</Badge>}</Value></Row>
        <Row name="Pause">{stop(pause)}</Row>
        <Row name="Dispute">{stop(dispute)}</Row>
        <Row name="Stop budget left" hint="then the clock runs on"><Value reading={budget}>{durationText}</Value></Row>
        <Row name="Time scale" hint="protocol durations are divided by it"><Value reading={scale}>{(value) => (value === 1n ? '1: real time' : `${value}: a devnet`)}</Value></Row>
      </Rows>
      <ReadAt reading={budget} chain="L1" />
    </Panel>
  );
}
