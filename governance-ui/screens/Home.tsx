// Home: time left for you, what finality rests on, where the chain stands, what lies in the queue. Owns the order of importance.
// Invariant: the headline is about the reader's money, and it is *unknown* when a part of it cannot be read.

'use client';

import { Hero } from '../components/hero.tsx';
import { Ladder } from '../components/ladder.tsx';
import { QueuePanel } from '../components/queue.tsx';
import { RouteLink } from '../components/router.tsx';
import { useReading } from '../components/session.tsx';
import { Badge, HexText, PageHead, Panel, Row, Rows } from '../components/ui.tsx';
import { BlockValue, ReadAt, Value } from '../components/value.tsx';
import { etherText } from '../components/format.ts';
import { KEY_SENTENCE, PROOF_SENTENCE } from '../content.ts';
import { attestersFinalizeAlone, operator } from '../chain/rollup.ts';
import { codeSize } from '../chain/system.ts';
import { ETH, heldEscrow, recordedEscrow } from '../chain/vault.ts';
import { mapReading } from '../chain/reading.ts';

export function Home() {
  return (
    <>
      <PageHead title="Time left for you" />
      <Hero />
      <Panel title="Where the chain stands" aside={<RouteLink to={['explorer']}>Explorer</RouteLink>}><Ladder /></Panel>
      <div className="columns"><Powers /><div className="column"><Escrow /><QueuePanel /></div></div>
    </>
  );
}

function Powers() {
  const rows = useReading('l1', ['powers'], async ({ system, at, l1 }) => {
    const [authority, council, who, alone] = await Promise.all([codeSize(l1, system.upgradeAuthority, at), codeSize(l1, system.securityCouncil, at), operator(system.rollup, at), attestersFinalizeAlone(system.rollup, at)]);
    if (!authority.known) return authority;
    if (!council.known) return council;
    if (!who.known) return who;
    return mapReading(alone, (isAlone) => ({ authority: authority.value, council: council.value, operator: who.value, isAlone, system }));
  });
  return (
    <Panel title="Who could hurt you" aside={<RouteLink to={['council']}>All powers</RouteLink>}>
      <BlockValue reading={rows}>{({ authority, council, operator, isAlone, system }) => (
        <Rows>
          <Row name="Upgrade authority">{authority === 0 ? <><Badge tone="bad">a key</Badge> <HexText value={system.upgradeAuthority} /><p className="quiet">{KEY_SENTENCE}</p></> : <><Badge tone="good">a contract with a delay</Badge> <HexText value={system.upgradeAuthority} /></>}</Row>
          <Row name="Security council">{council === 0 ? <><Badge tone="warn">does not exist yet</Badge><p className="quiet">Its address is reserved; nobody can pause, veto or resolve.</p></> : <HexText value={system.securityCouncil} />}</Row>
          <Row name="Finality">{isAlone ? <><Badge tone="warn">attesters alone</Badge><p className="quiet">No validity proof backs it.</p></> : <><Badge tone="good">validity proof</Badge><p className="quiet">{PROOF_SENTENCE}</p></>}</Row>
          <Row name="Operator">It can leave your transaction out, not take your money: <RouteLink to={['force']}>force it</RouteLink>. <HexText value={operator} /></Row>
        </Rows>
      )}</BlockValue>
      <ReadAt reading={rows} chain="L1" />
    </Panel>
  );
}

function Escrow() {
  const recorded = useReading('l1', ['recordedEscrow'], async ({ system, at }) => recordedEscrow(system.vault, at, ETH));
  const held = useReading('l1', ['heldEscrow'], async ({ system, at }) => heldEscrow(system.vault, at, ETH));
  const isShort = recorded?.known === true && held?.known === true && held.value < recorded.value;
  return (
    <Panel title="Escrow of ETH" tone={isShort ? 'bad' : undefined}>
      <Rows>
        <Row name="Owed to users" hint="deposited − paid − refunded"><Value reading={recorded}>{etherText}</Value></Row>
        <Row name="Really held"><Value reading={held}>{etherText}</Value></Row>
        <Row name="Covered">{recorded?.known === true && held?.known === true ? <Badge tone={isShort ? 'bad' : 'good'}>{isShort ? 'no: less is held than is owed' : 'yes'}</Badge> : <span className="unknown">unknown</span>}</Row>
      </Rows>
      <ReadAt reading={recorded} chain="L1" />
    </Panel>
  );
}
