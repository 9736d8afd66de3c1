// Council and keys: every address with a power over this rollup, what it can do to users at worst, and whether a contract or a key
// stands there; the council's thresholds and powers. Owns the table of powers; members and their challenges are lives.tsx.
// Invariant: an address without code is called a key or reserved, never safe; no power is left out because it cannot be read.

'use client';

import { Places } from '../components/approvals.tsx';
import { BringInAnswer, Lives } from '../components/lives.tsx';
import { RouteLink } from '../components/router.tsx';
import { useReading, useSystem } from '../components/session.tsx';
import { Badge, HexText, Notice, PageHead, Panel, Row, Rows } from '../components/ui.tsx';
import { BlockValue, Moment, NumberValue, ReadAt, Value } from '../components/value.tsx';
import { ACTS, epoch, isDormant, members, nextPause, quorumOf, threshold } from '../chain/council.ts';
import { unknown } from '../chain/reading.ts';
import type { Reading } from '../chain/reading.ts';
import { operator } from '../chain/rollup.ts';
import { codeSize } from '../chain/system.ts';
import type { System } from '../chain/system.ts';

interface Power { readonly name: string; readonly address: `0x${string}`; readonly can: string; readonly asKey: string }

function powersOf(system: System, operatorKey: `0x${string}`): Power[] {
  return [
    { name: 'Upgrade authority', address: system.upgradeAuthority, can: 'Changes code, lanes and parameters, after a delay that is fixed.', asKey: 'Changes code and lanes at once: can take everything that was not paid out.' },
    { name: 'Security council', address: system.securityCouncil, can: 'Pauses finality for days, vetoes once, resolves a dispute; in Training carries out a passed upgrade early.', asKey: 'Reserved: nobody can pause.' },
    { name: 'Operator', address: operatorKey, can: 'Orders transactions, leaves them out until they are forced.', asKey: 'Orders transactions, leaves them out until they are forced.' },
    { name: 'Lifecycle', address: system.lifecycle, can: 'Ends the operator\'s monopoly, freezes the chain; by fixed rules that anyone triggers.', asKey: 'Reserved: the chain stays in its first phase.' },
    { name: 'Escape hatch', address: system.escapeHatch, can: 'Pays frozen exits and refunds out of the escrow; by fixed rules.', asKey: 'Reserved: whoever can deploy there decides who is paid from the escrow.' },
    { name: 'Maturity', address: system.maturity, can: 'Lets the stage advance, by what it counted.', asKey: 'Reserved: the stage is Training.' },
  ];
}

export function Council({ route: [what, member, signature] }: { route: readonly string[] }) {
  const system = useSystem();
  const council = system?.known === true ? system.value.governance.council : undefined;
  const powers = useReading<readonly (Power & { readonly size: number })[]>('l1', ['powers of all'], async ({ system, at, l1 }) => {
    const who = await operator(system.rollup, at);
    if (!who.known) return who;
    const list = powersOf(system, who.value);
    const sizes = await Promise.all(list.map(async ({ address }) => codeSize(l1, address, at)));
    const bad = sizes.find((size) => !size.known);
    if (bad?.known === false) return bad;
    return { ...who, value: list.map((power, index) => ({ ...power, size: known(sizes[index]) })) };
  });
  return (
    <>
      <PageHead title="Council & keys">Every address that has a power here, and the worst it can do to you.</PageHead>
      {what === 'answer' && council !== undefined ? <BringInAnswer council={council} member={member ?? ''} signature={signature ?? ''} /> : null}
      <Panel title="Powers">
        <BlockValue reading={powers}>{(list) => (
          <div className="table-scroll" role="region" aria-label="Powers" tabIndex={0}><table className="stacking">
            <thead><tr><th scope="col">Power</th><th scope="col">Address</th><th scope="col">What stands there</th><th scope="col">At worst</th></tr></thead>
            <tbody>{list.map(({ name, address, can, asKey, size }) => (
              <tr key={name}><th scope="row">{name}</th><td><HexText value={address} /></td><td>{size === 0 ? <Badge tone={name === 'Operator' ? 'quiet' : name === 'Upgrade authority' ? 'bad' : 'warn'}>no code: a key, or reserved</Badge> : <Badge tone="good">contract</Badge>}</td><td>{size === 0 ? asKey : can}</td></tr>
            ))}</tbody>
          </table></div>
        )}</BlockValue>
        <ReadAt reading={powers} chain="L1" />
      </Panel>
      <Rules />
      {council === undefined ? null : <Lives council={council} />}
    </>
  );
}

function known(reading: Reading<number> | undefined): number {
  if (reading?.known !== true) throw new Error('a size that was read is gone');
  return reading.value;
}

function useCouncil<T>(name: string, read: (council: NonNullable<System['governance']['council']>, at: Parameters<typeof members>[1]) => Promise<Reading<T>>): Reading<T> | undefined {
  return useReading('l1', ['council', name], async ({ system, at }): Promise<Reading<T>> => (system.governance.council === undefined ? unknown('no council stands at its reserved address') : read(system.governance.council, at)));
}

function Rules() {
  const list = useCouncil('members', members);
  const m = useCouncil('threshold', threshold);
  const version = useCouncil('epoch', epoch);
  const dormant = useCouncil('dormant', isDormant);
  const pause = useCouncil('nextPause', nextPause);
  const quorums = useCouncil<readonly bigint[]>('quorums', async (council, at) => {
    const read = await Promise.all(ACTS.map(async (act) => quorumOf(council, at, act)));
    const bad = read.find((one) => !one.known);
    if (bad?.known === false) return bad;
    const [first] = read;
    return first?.known === true ? { ...first, value: read.flatMap((one) => (one.known ? [one.value] : [])) } : unknown('no act is known');
  });
  if (list?.known === false && list.why.startsWith('no council')) return <Panel title="Security council"><Notice tone="warn" title="There is none yet">{list.why}. Nobody can pause, veto or resolve.</Notice></Panel>;
  return (
    <Panel title="Security council" aside={<RouteLink to={['approve']}>Sign an act</RouteLink>}>
      <Rows>
        <Row name="M" hint="needed to resolve or to carry out early"><NumberValue reading={m} /> of <Value reading={list}>{(all) => all.length}</Value></Row>
        {ACTS.map((act, index) => <Row key={act} name={`Signatures to ${act}`}><Value reading={quorums}>{(all) => <span className="signatures">{String(all[index])}{list?.known === true ? <Places good={Number(all[index] ?? 0n)} needed={list.value.length} /> : null}</span>}</Value></Row>)}
        <Row name="Version of the list"><NumberValue reading={version} /></Row>
        <Row name="Able to act"><Value reading={dormant}>{(is) => <Badge tone={is ? 'bad' : 'good'}>{is ? 'dormant: too few are left' : 'yes'}</Badge>}</Value></Row>
        <Row name="Next pause possible"><Value reading={pause}>{(time) => (pause?.known === true && time <= pause.at.timestamp ? 'now' : <Moment at={time} now={pause?.known === true ? pause.at.timestamp : time} />)}</Value></Row>
      </Rows>
      <ReadAt reading={list} chain="L1" />
    </Panel>
  );
}
