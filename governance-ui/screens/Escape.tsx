// Escape: what happens when nobody runs the chain, step by step, with what can be done now. Owns the reading of the phase; acts of the
// Lifecycle and frozen exits are offered only where their contracts stand and this page can read them.
// Invariant: no button is shown for what this deployment cannot do.

'use client';

import { ENFORCED_TRIGGER_SECONDS } from '@keyfall/protocol/constants.ts';
import { durationText } from '../components/format.ts';
import { useQueue } from '../components/queue.tsx';
import { RouteLink } from '../components/router.tsx';
import { useReading, useSystem } from '../components/session.tsx';
import { Stages } from '../components/stages.tsx';
import { HexText, Notice, PageHead, Panel, Row, Rows } from '../components/ui.tsx';
import { BlockValue, ReadAt, Value } from '../components/value.tsx';
import { scaled } from '../chain/clock.ts';
import { codeSize } from '../chain/system.ts';

export function Escape() {
  const system = useSystem();
  const size = useReading('l1', ['lifecycle'], async ({ system, at, l1 }) => codeSize(l1, system.lifecycle, at));
  const trigger = useReading('l1', ['trigger'], async ({ system, at }) => scaled(system.clock, at, ENFORCED_TRIGGER_SECONDS));
  const queue = useQueue();
  return (
    <>
      <PageHead title="Escape">If the operator stops, anyone may go on; if nobody does, the chain freezes and pays out its last final state.</PageHead>
      <Panel title="The way">
        <Stages label="Phases of the chain" steps={[
          { name: 'Operating', state: size?.known === true ? (size.value === 0 ? 'current' : 'unknown') : 'unknown', detail: 'the operator commits' },
          { name: 'Enforced', state: 'waiting', detail: 'anyone commits and proves' }, { name: 'Frozen', state: 'waiting', detail: 'everyone is paid out' },
        ]} />
        <BlockValue reading={size}>{(bytes) => (bytes === 0
          ? <Notice tone="warn" title="Only the first phase exists on this deployment">The contracts of the later ones do not stand at their reserved addresses{system?.known === true ? <> (<HexText value={system.value.lifecycle} /> and <HexText value={system.value.escapeHatch} />)</> : null}. Until they do, a chain whose operator stops for good pays nobody out.</Notice>
          : <Notice tone="info" title="A Lifecycle contract stands">This page cannot act on it yet; <code>keyfall lifecycle</code> and <code>keyfall exit</code> can.</Notice>)}</BlockValue>
        <Rows>
          <Row name="The operator's monopoly ends after"><Value reading={trigger}>{durationText}</Value></Row>
          <Row name="Oldest unsettled message" hint="age in protocol time"><Value reading={queue}>{({ oldestAgeSeconds }) => (oldestAgeSeconds === undefined ? 'none waits' : durationText(oldestAgeSeconds))}</Value></Row>
        </Rows>
        <p>What you can do at any time: <RouteLink to={['force', 'withdraw']}>force a withdrawal</RouteLink>. It starts the clock that ends the operator's monopoly.</p>
        <ReadAt reading={trigger} chain="L1" />
      </Panel>
    </>
  );
}
