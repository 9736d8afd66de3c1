// A composed upgrade before it is proposed: in words, what it changes, when it could take effect and until when people would have to
// leave, and what the chain says to it now. Owns the drawing of these; the reads are chain/proposing.ts.
// Invariant: consequences stand before any button; an attempt that could not be made is called *unknown*.

'use client';

import type { Hex } from 'viem';
import { clocksOf, proposerVotes, tryEffect, trySchedule } from '../chain/proposing.ts';
import type { Clocks, ProposerVotes } from '../chain/proposing.ts';
import { unknown } from '../chain/reading.ts';
import type { Reading } from '../chain/reading.ts';
import type { Simulation } from '../chain/simulate.ts';
import { lastSafeMoment } from '../chain/standing.ts';
import { exitWindow } from '../chain/timelock.ts';
import { readUpgrade, upgradeWords } from '../chain/upgradeWords.ts';
import type { Upgrade } from '../chain/upgradeWords.ts';
import { Changes } from './changes.tsx';
import { CoreLayoutItem, isCore } from './coreLayout.tsx';
import { durationText } from './format.ts';
import { RouteLink } from './router.tsx';
import { useReading } from './session.tsx';
import { Timeline } from './timeline.tsx';
import { Badge, Notice, Row, Rows } from './ui.tsx';
import { BlockValue, Moment, ReadAt, Value } from './value.tsx';
import { useProposals, useVoice, votesText } from './voting.ts';

/** Whether the timelock would take it from the governor now; every screen that offers the proposal asks the same. */
export function useScheduling(upgrade: Upgrade): Reading<Simulation> | undefined {
  return useReading<Simulation>('l1', ['try schedule', upgrade.payload, upgrade.reportHash, upgrade.salt, upgrade.kind], async ({ system, at }) => trySchedule(system, at, upgrade));
}

export function ProposalPlan({ upgrade, proposer }: { upgrade: Upgrade; proposer: Hex | undefined }) {
  const clocks = useReading<Clocks>('l1', ['clocks', upgrade.kind], async ({ system, at }) => clocksOf(system, at, upgrade.kind));
  const window = useReading('l1', ['exitWindow'], async ({ system: { governance }, at }) => (governance.timelock === undefined ? unknown('no timelock stands') : exitWindow(governance.timelock, at)));
  const isHarmful = readUpgrade(upgrade)?.danger === 'everything';
  return (
    <>
      <p className="sentence">{upgradeWords(upgrade)}</p>
      <Rows>{readUpgrade(upgrade)?.fields.map(({ name, value }) => <Row key={name} name={name}><code className="wrap">{value}</code></Row>)}</Rows>
      {isHarmful ? <Notice tone="warn" title="Everyone who reads this has to trust you">If it were malicious it could take everything that was not paid out: what you propose will be read as that until your report shows otherwise.</Notice> : null}
      <BlockValue reading={clocks}>{(times) => <Plan times={times} window={window} now={times.proposedAt} />}</BlockValue>
      <Changes upgrade={upgrade} />
      <Tries upgrade={upgrade} />
      <Proposer proposer={proposer} />
      <SameContent upgrade={upgrade} />
      <ReadAt reading={clocks} chain="L1" />
    </>
  );
}

function Plan({ times, window, now }: { times: Clocks; window: Reading<bigint> | undefined; now: bigint }) {
  const safe = window?.known === true ? lastSafeMoment(times.executableFrom, window.value) : undefined;
  return (
    <>
      <Timeline label="If it is proposed now and passes" now={now} moments={[
        { name: 'Vote opens', at: times.opensAt, tone: 'quiet' }, { name: 'Vote closes', at: times.closesAt, tone: 'quiet' },
        ...(safe === undefined ? [] : [{ name: 'Last safe moment to leave', at: safe, tone: 'warn' as const }]), { name: 'Executable', at: times.executableFrom, tone: 'bad' }, { name: 'Expires', at: times.expiresAt, tone: 'quiet' },
      ]} />
      <Rows>
        <Row name="Vote"><Moment at={times.opensAt} now={now} isHeadline /> until <Moment at={times.closesAt} now={now} isHeadline /></Row>
        <Row name="Executable" hint={`after ${durationText(times.delaySeconds)} of delay, at the earliest`}><Moment at={times.executableFrom} now={now} isHeadline /></Row>
        <Row name="People have to begin to leave by"><Value reading={window}>{(seconds) => <><Moment at={lastSafeMoment(times.executableFrom, seconds)} now={now} isHeadline /> <span className="quiet">the slowest way out takes {durationText(seconds)}</span></>}</Value></Row>
      </Rows>
    </>
  );
}

function Tries({ upgrade }: { upgrade: Upgrade }) {
  const scheduling = useScheduling(upgrade);
  const effect = useReading<Simulation>('l1', ['try effect', upgrade.payload, upgrade.kind], async ({ system, at }) => tryEffect(system, at, upgrade));
  return (
    <>
      <h3>What the chain says to it now</h3>
      <ul className="items">
        <Try reading={scheduling} what="Scheduling it, tried as the governor" />
        <Try reading={effect} what="Its effect, tried as the timelock" />
        {isCore(upgrade) ? <CoreLayoutItem upgrade={upgrade} /> : null}
      </ul>
    </>
  );
}

function Try({ reading, what }: { reading: Reading<Simulation> | undefined; what: string }) {
  const [tone, verdict, why] = reading === undefined ? ['quiet', 'trying…', ''] as const : !reading.known ? ['warn', 'unknown', reading.why] as const : reading.value.ok ? ['good', 'accepted', ''] as const : ['bad', 'refused', reading.value.why] as const;
  return <li><Badge tone={tone}>{verdict}</Badge><span className="wrap">{what}{why === '' ? null : <span className="hint">{why}</span>}</span></li>;
}

function Proposer({ proposer }: { proposer: Hex | undefined }) {
  const voice = useVoice(undefined);
  const units = votesText(voice);
  const votes = useReading<ProposerVotes>('l1', ['proposer votes', proposer], async ({ system: { governance: { governor }, clock }, at }) => (governor === undefined || proposer === undefined ? unknown('no account is connected') : proposerVotes(governor, clock, at, proposer)), proposer !== undefined);
  return (
    <Rows>
      <Row name="Your votes" hint="delegated to you a moment ago">{proposer === undefined ? <span className="quiet">connect a wallet, or name the proposer</span> : <Value reading={votes}>{({ has, needs }) => <>{units(has)} of {units(needs)} that a proposal needs <Badge tone={has >= needs ? 'good' : 'bad'}>{has >= needs ? 'enough' : 'too few: the governor will refuse'}</Badge></>}</Value>}</Row>
    </Rows>
  );
}

/** Who proposes the same again should know what became of it. */
function SameContent({ upgrade }: { upgrade: Upgrade }) {
  const proposals = useProposals();
  const same = proposals?.known === true ? proposals.value.filter(({ does }) => does.ok && does.upgrade.kind === upgrade.kind && does.upgrade.payload === upgrade.payload) : [];
  if (same.length === 0) return null;
  return <Notice tone="info" title="The same change was proposed before"><ul>{same.map(({ id, state }) => <li key={id.toString()}><RouteLink to={['vote', id.toString()]}>Proposal {id.toString().slice(0, 8)}…</RouteLink>: {state}</li>)}</ul></Notice>;
}
