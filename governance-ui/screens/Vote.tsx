// Vote: every proposal in words, with its votes, its two clocks (the vote's, and the exit's that it starts) and what it changes for the
// reader; the ballot itself, from the wallet or signed for someone else to bring in. Owns the list and the voice; one proposal is
// Proposal.tsx.
// Invariant: a proposal whose bytes cannot be read is shown as the worst, and never by its author's description alone.

'use client';

import { useState } from 'react';
import { numberToHex } from 'viem';
import { useConnection } from 'wagmi';
import { Completeness } from '../components/completeness.tsx';
import { durationText } from '../components/format.ts';
import { errorOf, parseAddress } from '../components/inputs.ts';
import { RouteLink } from '../components/router.tsx';
import { useReading, useSession, useSystem } from '../components/session.tsx';
import { TransactionSheet } from '../components/sheet.tsx';
import { Tally } from '../components/tally.tsx';
import { Badge, Disclosure, Field, HexText, Notice, PageHead, Panel, Row, Rows } from '../components/ui.tsx';
import { BlockValue, Moment, ReadAt } from '../components/value.tsx';
import { PROPOSAL_TONES, proposalWords, useProposals, useVoice, votesText } from '../components/voting.ts';
import { mapReading, unknown } from '../chain/reading.ts';
import type { System } from '../chain/system.ts';
import { readUpgrade } from '../chain/upgradeWords.ts';
import { exitWindow } from '../chain/timelock.ts';
import { delegateVotes } from '../flows/vote.ts';
import { ProposalDetail } from './Proposal.tsx';

export function Vote({ route: [id] }: { route: readonly string[] }) {
  const system = useSystem();
  const head = <PageHead title="Vote">Every upgrade begins here. Read what it would do, and until when you could leave if it passes.</PageHead>;
  if (system === undefined) return <>{head}<p className="pending">Reading…</p></>;
  if (!system.known) return <>{head}<Notice tone="warn" title="Unknown">{system.why}</Notice></>;
  if (system.value.governance.governor === undefined) return <>{head}<Notice tone="bad" title="There is nothing to vote on">No governor stands behind the upgrade authority <HexText value={system.value.upgradeAuthority} />: whoever holds it decides alone.</Notice></>;
  return <>{head}{id === undefined ? null : <ProposalDetail reference={id} />}<List current={id} /><VoicePanel system={system.value} /></>;
}

function List({ current }: { current: string | undefined }) {
  const proposals = useProposals();
  const voice = useVoice(undefined);
  return (
    <Panel title="All proposals" aside={<RouteLink to={['propose']}>Propose an upgrade</RouteLink>}>
      <BlockValue reading={proposals}>{(list) => (list.length === 0 ? <p className="quiet">None, since the deployment. <RouteLink to={['propose']}>Make the first</RouteLink></p> : (
        <ul className="cards">{list.map((one) => (
          <li key={one.id.toString()} className="card" data-current={current === one.id.toString()}>
            <header className="card-head"><Badge tone={PROPOSAL_TONES[one.state]}>{one.state}</Badge><strong><RouteLink to={['vote', one.id.toString()]}>{one.does.ok ? readUpgrade(one.does.upgrade)?.name : 'Unreadable'} {one.id.toString().slice(0, 8)}…</RouteLink></strong>
              {proposals?.known === true && one.state === 'Active' ? <span className="quiet">closes <Moment at={one.closesAt} now={proposals.at.timestamp} isHeadline /></span> : null}
              {proposals?.known === true && one.state === 'Pending' ? <span className="quiet">opens <Moment at={one.opensAt} now={proposals.at.timestamp} isHeadline /></span> : null}
            </header>
            <p>{proposalWords(one)}</p>
            <Tally proposal={one} units={votesText(voice)} />
          </li>
        ))}</ul>
      ))}</BlockValue>
      <Completeness name="proposals" what="proposals" eventOf={({ governance: { governor } }) => (governor === undefined ? undefined : { contract: governor, eventName: 'ProposalCreated' })}
        list={proposals === undefined ? undefined : mapReading(proposals, (all) => all.map(({ id, createdBlock }) => ({ id: numberToHex(id, { size: 32 }), block: createdBlock })))} idOf={({ data }) => data.slice(0, 66)} />
      <ReadAt reading={proposals} chain="L1" />
    </Panel>
  );
}

function VoicePanel({ system }: { system: System }) {
  const connection = useConnection();
  const voice = useVoice(connection.address);
  const window = useReading('l1', ['exitWindow'], async ({ system: { governance }, at }) => (governance.timelock === undefined ? unknown('no timelock stands') : exitWindow(governance.timelock, at)));
  return (
    <Panel title="Your voice">
      {connection.address === undefined ? <p className="quiet">Connect a wallet to see what votes you have. Tokens vote only where they are delegated, to yourself or to someone else.</p> : (
        <BlockValue reading={voice}>{(value) => {
          const units = votesText(voice);
          const isOwn = value.delegate.toLowerCase() === connection.address?.toLowerCase();
          return (
            <Rows>
              <Row name="Tokens">{units(value.balance)}</Row>
              <Row name="Delegated to">{BigInt(value.delegate) === 0n ? <Badge tone="warn">nobody: they do not vote</Badge> : isOwn ? <Badge tone="good">yourself</Badge> : <HexText value={value.delegate} />}</Row>
              <Row name="Votes from the next snapshot on" hint="yours, and what others delegated to you">{units(value.votes)}</Row>
            </Rows>
          );
        }}</BlockValue>
      )}
      <Disclosure summary="Delegate your votes"><DelegateForm system={system} /></Disclosure>
      {window?.known === true ? <p className="quiet">Whoever votes decides on others' money too: the slowest way out takes {durationText(window.value)}, and every passed upgrade waits longer than that.</p> : null}
      <ReadAt reading={voice} chain="L1" />
    </Panel>
  );
}

function DelegateForm({ system }: { system: System }) {
  const connection = useConnection();
  const { deployment } = useSession();
  const [text, setText] = useState('');
  const to = parseAddress(text === '' ? (connection.address ?? '') : text);
  const { token } = system.governance;
  return (
    <div className="stack">
      <Field label="To whom" value={text} onChange={setText} placeholder={connection.address ?? '0x…'} error={errorOf(text, to)} hint="Empty: to yourself. It counts from the next snapshot on, not in votes that have begun." />
      {to.ok && token !== undefined ? <TransactionSheet prepared={delegateVotes({ chainId: deployment.l1.chainId, to: token.address }, to.value)} /> : null}
    </div>
  );
}
