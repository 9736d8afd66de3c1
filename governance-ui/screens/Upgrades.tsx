// Upgrades: what is scheduled, what was carried out, and, where no timelock stands, who could change what at once. Owns the list;
// one upgrade is Upgrade.tsx.
// Invariant: "nothing is scheduled" is said only after the whole history was read.

'use client';

import { Completeness } from '../components/completeness.tsx';
import { RouteLink } from '../components/router.tsx';
import { useReading, useSystem } from '../components/session.tsx';
import { Spans } from '../components/spans.tsx';
import { Badge, HexText, Notice, PageHead, Panel, Row, Rows } from '../components/ui.tsx';
import { STATE_TONES, useUpgrades } from '../components/upgrades.ts';
import { BlockValue, Moment, ReadAt, Value } from '../components/value.tsx';
import { durationText } from '../components/format.ts';
import { KEY_SENTENCE } from '../content.ts';
import { delayOf, exitWindow } from '../chain/timelock.ts';
import { readUpgrade, upgradeWords } from '../chain/upgradeWords.ts';
import { UPGRADE_KINDS } from '@keyfall/protocol/upgrade.ts';
import { UpgradeDetail } from './Upgrade.tsx';
import { mapReading, unknown } from '../chain/reading.ts';

export function Upgrades({ route: [id] }: { route: readonly string[] }) {
  const system = useSystem();
  const head = <PageHead title="Upgrades">Everything that can change the rules, before it does.</PageHead>;
  if (system === undefined) return <>{head}<p className="pending">Reading…</p></>;
  if (!system.known) return <>{head}<Notice tone="warn" title="Unknown">{system.why}</Notice></>;
  if (system.value.governance.timelock === undefined) {
    return <>{head}<Notice tone="bad" title="There is no list: changes need no announcement">No timelock stands at the upgrade authority's address <HexText value={system.value.upgradeAuthority} />. {KEY_SENTENCE}</Notice></>;
  }
  return <>{head}{id === undefined ? null : <UpgradeDetail id={id} />}<List /><Delays /></>;
}

function List() {
  const upgrades = useUpgrades();
  return (
    <Panel title="All that were ever scheduled">
      <BlockValue reading={upgrades}>{(list) => (list.length === 0 ? <p>None, since the deployment.</p> : (
        <ul className="cards">{list.map((one) => (
          <li key={one.id} className="card">
            <header className="card-head"><Badge tone={STATE_TONES[one.state]}>{one.state}</Badge><strong><RouteLink to={['upgrades', one.id]}>{readUpgrade(one.upgrade)?.name ?? 'Unreadable'} {one.id.slice(0, 10)}</RouteLink></strong></header>
            <p>{upgradeWords(one.upgrade)}</p>
            {one.state === 'Scheduled' && upgrades?.known === true ? <p className="quiet">Can be carried out from <Moment at={one.executableAt} now={upgrades.at.timestamp} isHeadline /></p> : null}
          </li>
        ))}</ul>
      ))}</BlockValue>
      <Completeness name="upgrades" what="upgrades scheduled" eventOf={({ governance: { timelock } }) => (timelock === undefined ? undefined : { contract: timelock, eventName: 'UpgradeScheduled' })}
        list={upgrades === undefined ? undefined : mapReading(upgrades, (all) => all.map(({ id, scheduledBlock }) => ({ id, block: scheduledBlock })))} idOf={({ topics }) => topics[1]} />
      <ReadAt reading={upgrades} chain="L1" />
    </Panel>
  );
}

function Delays() {
  const delays = useReading<readonly bigint[]>('l1', ['delays'], async ({ system, at }) => {
    const { timelock } = system.governance;
    if (timelock === undefined) return unknown('no timelock stands');
    const read = await Promise.all(UPGRADE_KINDS.map(async (_, kind) => delayOf(timelock, at, kind)));
    const bad = read.find((one) => !one.known);
    if (bad?.known === false) return bad;
    const [first] = read;
    return first?.known === true ? { ...first, value: read.flatMap((one) => (one.known ? [one.value] : [])) } : unknown('no kind of upgrade is known');
  });
  const window = useReading('l1', ['exitWindow'], async ({ system, at }) => (system.governance.timelock === undefined ? unknown('no timelock stands') : exitWindow(system.governance.timelock, at)));
  return (
    <Panel title="What the timelock grants">
      <Rows>
        <Row name="Slowest way out" hint="the exit window W"><Value reading={window}>{durationText}</Value></Row>
      </Rows>
      <h3>How long an upgrade of each kind waits{window?.known === true ? ', the mark being the slowest way out' : ''}</h3>
      <BlockValue reading={delays}>{(list) => <Spans label="Delays" mark={window?.known === true ? window.value : undefined} rows={UPGRADE_KINDS.map(({ name }, kind) => {
        const delay = list[kind] ?? 0n;
        return { key: name, name, words: durationText(delay), parts: [{ seconds: delay, tone: window?.known === true && delay <= window.value ? 'soft' : 'accent' }] };
      })} />}</BlockValue>
      {window?.known === true && delays?.known === true && delays.value.some((delay) => delay <= window.value) ? <p className="quiet">A grey bar is shorter than the slowest way out: before such a change not everyone can be out.</p> : null}
      <ReadAt reading={delays} chain="L1" />
    </Panel>
  );
}
