// Propose: an upgrade of any kind composed from a form, shown with its consequences as voters will see it, then sent to the governor or
// exported unsigned. Owns the way from the form to the sheet; the form is composeForm.tsx, the preview proposalPlan.tsx.
// Invariant: what is sent is what the preview reads back from the bytes; nothing is offered before every field says one thing.

'use client';

import { useState } from 'react';
import { useConnection } from 'wagmi';
import type { Hex } from 'viem';
import { ComposeForm, formOf, freshSalt, parseReportHash } from '../components/composeForm.tsx';
import type { Draft } from '../components/composeForm.tsx';
import { errorOf, parseAddress } from '../components/inputs.ts';
import { ProposalPlan, useScheduling } from '../components/proposalPlan.tsx';
import { RouteLink } from '../components/router.tsx';
import { useReading, useSession, useSystem } from '../components/session.tsx';
import { TransactionSheet } from '../components/sheet.tsx';
import { Disclosure, Field, HexText, Notice, PageHead, Panel, Row, Rows } from '../components/ui.tsx';
import { codeAddressOf, composePayload } from '../chain/compose.ts';
import { upgradeIdOf } from '../chain/council.ts';
import { proposalIdOf } from '../chain/governor.ts';
import { codehashAt } from '../chain/proposing.ts';
import { unknown } from '../chain/reading.ts';
import type { Reading } from '../chain/reading.ts';
import type { System } from '../chain/system.ts';
import type { Upgrade } from '../chain/upgradeWords.ts';
import { descriptionOf, proposedContent, proposeUpgrade } from '../flows/propose.ts';

export function Propose() {
  const system = useSystem();
  const head = <PageHead title="Propose">One typed upgrade, as voters will read it. Nothing is sent before you have seen its consequences.</PageHead>;
  if (system === undefined) return <>{head}<p className="pending">Reading…</p></>;
  if (!system.known) return <>{head}<Notice tone="warn" title="Unknown">{system.why}</Notice></>;
  const { governor, timelock } = system.value.governance;
  if (governor === undefined || timelock === undefined) return <>{head}<Notice tone="bad" title="There is nothing to propose to">No governor stands behind the upgrade authority <HexText value={system.value.upgradeAuthority} />: whoever holds it decides alone.</Notice></>;
  return <>{head}<Compose system={system.value} /></>;
}

function Compose({ system }: { system: System }) {
  const [draft, setDraft] = useState<Draft>(() => ({ kind: undefined, typed: {}, why: '', reportHash: '', salt: freshSalt() }));
  const form = formOf(draft.kind);
  const target = form === undefined ? undefined : codeAddressOf(form, draft.typed);
  const codehash = useReading<Hex>('l1', ['codehash', target], async ({ at, l1 }) => (target === undefined ? unknown('no address') : codehashAt(l1, at, target)), target !== undefined);
  const lacking = form === undefined ? undefined : lackingOf(form, draft, target, codehash);
  const composed = form === undefined || lacking !== undefined ? undefined : composePayload(form, draft.typed, codehash?.known === true ? codehash.value : undefined);
  const report = parseReportHash(draft.reportHash);
  const upgrade = form !== undefined && composed?.ok === true && report.ok ? { kind: form.kind, payload: composed.payload, reportHash: report.value, salt: draft.salt } : undefined;
  return (
    <>
      <Panel title="What should change">
        <ComposeForm draft={draft} onChange={setDraft} />
        {target === undefined ? null : codehash?.known === false ? <Notice tone="bad" title="The code cannot be pinned">{codehash.why}</Notice> : <Rows><Row name="Code hash to be pinned" hint="read from the chain">{codehash === undefined ? <span className="pending">reading…</span> : <HexText value={codehash.value} isWhole />}</Row></Rows>}
        {form === undefined || upgrade !== undefined ? null : <p className="quiet">Still open: {lacking ?? (composed?.ok === false ? composed.why : report.ok ? 'the reason' : report.why)}.</p>}
      </Panel>
      {upgrade === undefined ? null : <Preview key={upgrade.kind} upgrade={upgrade} why={draft.why.trim()} system={system} />}
    </>
  );
}

/** The first thing that is missing, in the order of the form. */
function lackingOf(form: NonNullable<ReturnType<typeof formOf>>, draft: Draft, target: Hex | undefined, codehash: Reading<Hex> | undefined): string | undefined {
  const dry = composePayload(form, draft.typed, codehash?.known === true ? codehash.value : `0x${'0'.repeat(64)}`);
  if (!dry.ok) return dry.why;
  if (target !== undefined && codehash?.known !== true) return 'the code\'s hash';
  return draft.why.trim() === '' ? 'the reason, for those who vote' : undefined;
}

function Preview({ upgrade, why, system }: { upgrade: Upgrade; why: string; system: System }) {
  const { deployment } = useSession();
  const connection = useConnection();
  const [named, setNamed] = useState('');
  const scheduling = useScheduling(upgrade);
  const other = parseAddress(named);
  const proposer = connection.address ?? (other.ok ? other.value : undefined);
  const { governor, timelock } = system.governance;
  if (governor === undefined || timelock === undefined) return null;
  const { chainId } = deployment.l1;
  const description = proposer === undefined ? undefined : descriptionOf(why, proposer);
  const content = description === undefined ? undefined : proposedContent(timelock.address, upgrade, description);
  const refused = scheduling?.known === true && !scheduling.value.ok ? `The timelock would not take it now: ${scheduling.value.why}` : undefined;
  return (
    <Panel title="What you would propose">
      <ProposalPlan upgrade={upgrade} proposer={proposer} />
      {connection.address === undefined ? <Field label="Proposer, if it is signed elsewhere" value={named} onChange={setNamed} placeholder="0x…" error={errorOf(named, other)} hint="Its address becomes part of the description: only it can make this proposal." /> : null}
      {content === undefined || description === undefined ? null : (
        <>
          <Rows>
            <Row name="Description" hint="with its proposer"><span className="wrap">{description}</span></Row>
            <Row name="Number of the proposal"><HexText value={proposalIdOf(content).toString()} isWhole /></Row>
            <Row name="Id of the upgrade"><HexText value={upgradeIdOf(BigInt(chainId), timelock.address, upgrade)} isWhole /></Row>
          </Rows>
          <TransactionSheet key={`${connection.address ?? 'nobody'} ${proposalIdOf(content)}`} prepared={proposeUpgrade({ chainId, governor: governor.address, timelock: timelock.address }, upgrade, description)} doubt={refused} onMined={() => <Notice tone="good" title="It is proposed" isLive><RouteLink to={['vote', proposalIdOf(content).toString()]}>See the proposal, and its vote</RouteLink></Notice>} />
        </>
      )}
      <Disclosure summary="What tells it from another proposal of the same"><Rows><Row name="Salt" hint="chosen by chance in this browser"><HexText value={upgrade.salt} isWhole /></Row><Row name="Report"><HexText value={upgrade.reportHash} isWhole /></Row></Rows></Disclosure>
    </Panel>
  );
}
