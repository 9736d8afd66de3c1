// One upgrade: in words, on a line of time with your last safe moment, its fields, what was checked (upgradeChecks.tsx), and what anyone
// can do with it now. Owns the detail; signing an act of the council is Approve.tsx.
// Invariant: a moment that depends on what could not be read is not shown.

'use client';

import { encodeFunctionData } from 'viem';
import { RouteLink } from '../components/router.tsx';
import { useReading, useSession, useSystem } from '../components/session.tsx';
import { TransactionSheet } from '../components/sheet.tsx';
import { Timeline } from '../components/timeline.tsx';
import { Changes } from '../components/changes.tsx';
import { CalendarLink } from '../components/calendar.tsx';
import { UpgradeChecks } from '../components/upgradeChecks.tsx';
import { Badge, HexText, Notice, Panel, Row, Rows } from '../components/ui.tsx';
import { STATE_TONES, useUpgrades } from '../components/upgrades.ts';
import { Moment, ReadAt, Value } from '../components/value.tsx';
import { ABIS } from '../chain/abis.ts';
import { unknown } from '../chain/reading.ts';
import type { Reading } from '../chain/reading.ts';
import { lastSafeMoment } from '../chain/standing.ts';
import { exitWindow, guard, vetoedTimeOf } from '../chain/timelock.ts';
import type { ScheduledUpgrade } from '../chain/timelock.ts';
import type { PreparedTransaction } from '../flows/prepared.ts';
import { contentOf, readUpgrade, upgradeWords } from '../chain/upgradeWords.ts';

export function UpgradeDetail({ id }: { id: string }) {
  const upgrades = useUpgrades();
  const found = upgrades?.known === true ? upgrades.value.find((one) => one.id.toLowerCase() === id.toLowerCase()) : undefined;
  if (upgrades === undefined) return <p className="pending">Reading the timelock…</p>;
  if (!upgrades.known) return <Notice tone="warn" title="Unknown">{upgrades.why}</Notice>;
  if (found === undefined) return <Notice tone="warn" title="The timelock has no such upgrade">{id}: it was never scheduled here. If someone showed it to you as scheduled, that is false.</Notice>;
  return <Found one={found} now={upgrades.at.timestamp} reading={upgrades} />;
}

function Found({ one, now, reading }: { one: ScheduledUpgrade; now: bigint; reading: Reading<unknown> }) {
  const words = readUpgrade(one.upgrade);
  const window = useReading('l1', ['exitWindow'], async ({ system, at }) => (system.governance.timelock === undefined ? unknown('no timelock stands') : exitWindow(system.governance.timelock, at)));
  const vetoed = useReading('l1', ['vetoed', contentOf(one.upgrade)], async ({ system, at }) => (system.governance.timelock === undefined ? unknown('no timelock stands') : vetoedTimeOf(system.governance.timelock, at, contentOf(one.upgrade))));
  const safe = window?.known === true ? lastSafeMoment(one.executableAt, window.value) : undefined;
  const isOpen = one.state === 'Scheduled' || one.state === 'Executable';
  return (
    <Panel title={`Upgrade ${one.id.slice(0, 10)}`} tone={isOpen ? 'bad' : undefined} aside={<Badge tone={STATE_TONES[one.state]}>{one.state}</Badge>}>
      <p className="sentence">{upgradeWords(one.upgrade)}</p>
      {words?.danger === 'everything' && isOpen ? <Notice tone="bad" title="If it is malicious, it can take everything that was not paid out">Leaving in time is the only defence. <RouteLink to={['exit']}>Plan your exit</RouteLink></Notice> : null}
      {isOpen ? <Timeline label="This upgrade" now={now} moments={[
        { name: 'Scheduled', at: one.scheduledAt, tone: 'quiet' }, ...(safe === undefined ? [] : [{ name: 'Your last safe moment', at: safe, tone: 'warn' as const }]),
        { name: 'Executable', at: one.executableAt, tone: 'bad' }, { name: 'Expires', at: one.expiresAt, tone: 'quiet' },
      ]} /> : null}
      <Rows>
        <Row name="Id"><HexText value={one.id} isWhole /></Row>
        {isOpen ? <Row name="Start to leave by"><Value reading={window}>{() => (safe === undefined ? '' : <><Moment at={safe} now={now} isHeadline /> <CalendarLink moment={{ uid: `leave-${one.id}`, title: 'Keyfall: last safe moment to leave', about: upgradeWords(one.upgrade), at: safe }} now={now} /></>)}</Value></Row> : null}
        <Row name="Executable from"><Moment at={one.executableAt} now={now} isHeadline /></Row>
        <Row name="Expires"><Moment at={one.expiresAt} now={now} isHeadline /></Row>
        <Row name="Veto of its content" hint="whichever schedule of it was named"><Value reading={vetoed}>{(time) => (time === 0n ? 'none so far' : <><Moment at={time} now={now} />{isOpen ? ': this one was scheduled later and stands; there is no second veto' : ''}</>)}</Value></Row>
        <Row name="Report" hint="its keccak-256"><HexText value={one.upgrade.reportHash} isWhole /></Row>
        {words?.fields.map(({ name, value }) => <Row key={name} name={name}><code className="wrap">{value}</code></Row>)}
      </Rows>
      {isOpen ? <Changes upgrade={one.upgrade} /> : null}
      <UpgradeChecks id={one.id} upgrade={one.upgrade} />
      {one.state === 'Executable' ? <Execute one={one} /> : null}
      {isOpen ? <p><RouteLink to={['approve', one.id]}>For members of the council: veto or expedite</RouteLink></p> : null}
      <ReadAt reading={reading} chain="L1" />
    </Panel>
  );
}

function Execute({ one }: { one: ScheduledUpgrade }) {
  const { deployment } = useSession();
  const system = useSystem();
  const timelock = system?.known === true ? system.value.governance.timelock : undefined;
  const held = useReading('l1', ['guard'], async ({ system: { governance }, at }) => (governance.timelock === undefined ? unknown('no timelock stands') : guard(governance.timelock, at)));
  if (timelock === undefined) return null;
  const call = (title: string, functionName: 'execute' | 'extend', args: readonly unknown[]): PreparedTransaction => ({ chain: 'l1', chainId: deployment.l1.chainId, to: timelock.address, valueWei: 0n, title, data: encodeFunctionData({ abi: ABIS.UpgradeTimelock, functionName, args }) });
  return (
    <>
      <h3>It can be carried out now, by anyone</h3>
      {held?.known === true && held.value.exitsGoFirst ? <TransactionSheet prepared={call('Extend', 'extend', [one.id])} /> : null}
      <TransactionSheet prepared={call('Execute', 'execute', [one.upgrade])} />
    </>
  );
}
