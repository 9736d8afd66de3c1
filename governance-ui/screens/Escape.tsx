// Escape: what happens when nobody runs the chain, what anyone can do about it now, and the frozen exit of one account, from search to
// payment. Owns the page's order; acts are lifecycleActs.tsx, the exit is exitKit.tsx.
// Invariant: no button is shown for what this deployment cannot do; before the freeze the exit is a rehearsal and is called so.

'use client';

import { useState } from 'react';
import { useConnection } from 'wagmi';
import { ENFORCED_TRIGGER_SECONDS, FREEZE_DELAY_SECONDS } from '@keyfall/protocol/constants.ts';
import { ExitKitPanel } from '../components/exitKit.tsx';
import { PoolSharePanel } from '../components/poolShare.tsx';
import { durationText, group } from '../components/format.ts';
import { errorOf, parseAddress } from '../components/inputs.ts';
import { LifecycleActs } from '../components/lifecycleActs.tsx';
import { useQueue } from '../components/queue.tsx';
import { RouteLink } from '../components/router.tsx';
import { useReading, useSystem } from '../components/session.tsx';
import { Stages } from '../components/stages.tsx';
import { Disclosure, Field, HexText, Notice, PageHead, Panel, Row, Rows } from '../components/ui.tsx';
import { BlockValue, ReadAt, Value } from '../components/value.tsx';
import { scaled } from '../chain/clock.ts';
import { exitState, phase } from '../chain/lifecycle.ts';
import type { ExitState, Phase } from '../chain/lifecycle.ts';
import { unknown } from '../chain/reading.ts';

export function Escape({ route: [account] }: { route: readonly string[] }) {
  return (
    <>
      <PageHead title="Escape">If the operator stops, anyone may go on; if nobody does, the chain freezes and pays out its last final state.</PageHead>
      <Way />
      <FrozenExit key={account ?? ''} account={account ?? ''} />
      <Pool />
    </>
  );
}

function Way() {
  const system = useSystem();
  const now = useReading<Phase>('l1', ['phase'], async ({ system, at }) => (system.exits.lifecycle === undefined ? unknown('no Lifecycle contract stands at its reserved address') : phase(system.exits.lifecycle, at)));
  const trigger = useReading('l1', ['trigger'], async ({ system, at }) => scaled(system.clock, at, ENFORCED_TRIGGER_SECONDS));
  const freeze = useReading('l1', ['freeze delay'], async ({ system, at }) => scaled(system.clock, at, FREEZE_DELAY_SECONDS));
  const queue = useQueue();
  const isAbsent = system?.known === true && system.value.exits.lifecycle === undefined;
  const order = ['Operating', 'Enforced', 'Frozen'] as const;
  const details = { Operating: 'the operator commits', Enforced: 'anyone commits and proves', Frozen: 'everyone is paid out' };
  const position = now?.known === true ? order.indexOf(now.value as (typeof order)[number]) : -1;
  return (
    <Panel title="Where the chain stands">
      <Stages label="Phases of the chain" steps={order.map((name, index) => ({ name, detail: details[name], state: position === -1 ? (isAbsent && index === 0 ? 'current' : isAbsent ? 'waiting' : 'unknown') : index < position ? 'done' : index === position ? 'current' : 'waiting' }))} />
      {isAbsent ? <Notice tone="warn" title="Only the first phase exists on this deployment">The contracts of the later ones do not stand at their reserved addresses (<HexText value={system.value.lifecycle} /> and <HexText value={system.value.escapeHatch} />). Until they do, a chain whose operator stops for good pays nobody out.</Notice> : null}
      {now?.known === false && !isAbsent ? <Notice tone="warn" title="Its phase is unknown">{now.why}</Notice> : null}
      <Rows>
        <Row name="The operator's monopoly ends after" hint="of waiting, in protocol time"><Value reading={trigger}>{durationText}</Value></Row>
        <Row name="Oldest unsettled message" hint="age in protocol time"><Value reading={queue}>{({ oldestAgeSeconds }) => (oldestAgeSeconds === undefined ? 'none waits' : durationText(oldestAgeSeconds))}</Value></Row>
        <Row name="Frozen after" hint="without finality in Enforced"><Value reading={freeze}>{durationText}</Value></Row>
      </Rows>
      {now?.known === true ? <LifecycleActs phase={now.value} /> : null}
      {now?.known === true && now.value !== 'Frozen' ? <p>What you can do at any time: <RouteLink to={['force', 'withdraw']}>force a withdrawal</RouteLink>. It starts the clock that ends the operator's monopoly.</p> : null}
      <ReadAt reading={now} chain="L1" />
    </Panel>
  );
}

function FrozenExit({ account }: { account: string }) {
  const connection = useConnection();
  const [text, setText] = useState(account);
  const [file, setFile] = useState<string>();
  const parsed = parseAddress(text);
  const owner = parsed.ok ? parsed.value : text.trim() === '' ? connection.address : undefined;
  const state = useReading<ExitState>('l1', ['exit state'], async ({ system, at }) => exitState(system, at));
  const isFrozen = state?.known === true && state.value.isFrozen;
  return (
    <Panel title={isFrozen ? 'Your exit from the frozen chain' : 'Rehearse your exit: what you would be paid if it froze now'}>
      {state?.known === false ? <Notice tone="warn" title="Unknown">{state.why}</Notice> : null}
      <BlockValue reading={state}>{({ root, batch, l2Block, isFrozen: isPinned }) => (
        <Rows>
          <Row name={isPinned ? 'Pinned state root' : 'Last final state root'} hint={`batch ${batch}, L2 block ${group(l2Block)}`}><HexText value={root} isWhole /></Row>
        </Rows>
      )}</BlockValue>
      <Field label="Account on L2" value={text} onChange={setText} placeholder={connection.address ?? '0x…'} error={errorOf(text, parsed)} hint={connection.address === undefined ? 'Any account can be looked at and relayed for; no wallet is needed.' : 'Empty: the connected account.'} />
      <Disclosure summary="Or from a file with the proofs, without any L2 endpoint"><KitFile onTaken={setFile} /></Disclosure>
      {state?.known === true ? <ExitKitPanel key={`${state.value.root} ${owner ?? ''} ${file === undefined}`} owner={file === undefined ? owner : undefined} state={state.value} file={file} /> : null}
      <ReadAt reading={state} chain="L1" />
    </Panel>
  );
}

function Pool() {
  const state = useReading<ExitState>('l1', ['exit state'], async ({ system, at }) => exitState(system, at));
  return state?.known === true ? <PoolSharePanel state={state.value} /> : null;
}

function KitFile({ onTaken }: { onTaken: (text: string | undefined) => void }) {
  const take = (text: string): void => onTaken(text.trim() === '' ? undefined : text);
  return (
    <>
      <div className="field"><label htmlFor="kit-file">The file, pasted</label><textarea id="kit-file" rows={4} spellCheck={false} onChange={(event) => take(event.target.value)} /></div>
      <div className="field"><label htmlFor="kit-upload">or chosen</label><input id="kit-upload" type="file" accept="application/json,.json" onChange={(event) => void event.target.files?.[0]?.text().then(take)} /></div>
      <p className="quiet">Made here, in any other browser, or by <code>keyfall exit escape --out</code>. Every proof in it is checked again.</p>
    </>
  );
}
