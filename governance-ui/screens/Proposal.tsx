// One proposal: what it changes for the reader, its two clocks, the ballot, and scheduling it once it has passed. Owns the page's order:
// consequences before the buttons. Invariant: the choice is offered only while the vote is open, and a ballot is signed only for bytes
// that were read, or after typed words.

'use client';

import { useState } from 'react';
import { useConnection } from 'wagmi';
import { BallotPanel } from '../components/ballot.tsx';
import { CalendarLink } from '../components/calendar.tsx';
import { Changes } from '../components/changes.tsx';
import { RouteLink } from '../components/router.tsx';
import { useReading, useSession, useSystem } from '../components/session.tsx';
import { TransactionSheet } from '../components/sheet.tsx';
import { Tally } from '../components/tally.tsx';
import { Timeline } from '../components/timeline.tsx';
import { Badge, Disclosure, HexText, Notice, Panel, Row, Rows } from '../components/ui.tsx';
import { BlockValue, Moment, ReadAt } from '../components/value.tsx';
import { VoteTogether } from '../components/voteTogether.tsx';
import { PROPOSAL_TONES, proposalWords, useProposals, useVoice, useVoteOf, votesText } from '../components/voting.ts';
import type { Choice, Proposal } from '../chain/governor.ts';
import { unknown } from '../chain/reading.ts';
import type { Reading } from '../chain/reading.ts';
import { lastSafeMoment } from '../chain/standing.ts';
import { exitWindow } from '../chain/timelock.ts';
import { readUpgrade } from '../chain/upgradeWords.ts';
import { withdrawProposal } from '../flows/propose.ts';
import { castVote, scheduleProposal } from '../flows/vote.ts';

/** @param reference a proposal's number, or the id of the upgrade it proposes */
export function ProposalDetail({ reference }: { reference: string }) {
  const proposals = useProposals();
  if (proposals === undefined) return <p className="pending">Reading the proposals…</p>;
  if (!proposals.known) return <Notice tone="warn" title="Unknown">{proposals.why}</Notice>;
  const found = proposals.value.find(({ id, does }) => id.toString() === reference || (does.ok && does.upgradeId.toLowerCase() === reference.toLowerCase()));
  if (found === undefined) return <Notice tone="warn" title="There is no such proposal">{reference}: it was never made here. If someone showed it to you, that is false.</Notice>;
  return <Found key={found.id.toString()} proposal={found} now={proposals.at.timestamp} reading={proposals} />;
}

function Found({ proposal, now, reading }: { proposal: Proposal; now: bigint; reading: Reading<unknown> }) {
  const voice = useVoice(undefined);
  const { does, state } = proposal;
  const words = does.ok ? readUpgrade(does.upgrade) : undefined;
  return (
    <Panel title={`Proposal ${proposal.id.toString().slice(0, 8)}…`} aside={<Badge tone={PROPOSAL_TONES[state]}>{state}</Badge>}>
      <p className="sentence">{proposalWords(proposal)}</p>
      {words?.danger === 'bounded' || words?.danger === 'power' ? null : <Notice tone="bad" title="If it is malicious, it can take everything that was not paid out">Voting against it and leaving in time are the only defences.</Notice>}
      <Clocks proposal={proposal} now={now} />
      {does.ok ? <Changes upgrade={does.upgrade} /> : null}
      <Tally proposal={proposal} units={votesText(voice)} />
      <Rows>
        <Row name="Number"><HexText value={proposal.id.toString()} isWhole /></Row>
        {does.ok ? <Row name="Upgrade it schedules"><HexText value={does.upgradeId} isWhole /></Row> : null}
        {does.ok ? <Row name="Report" hint="its keccak-256"><HexText value={does.upgrade.reportHash} isWhole /></Row> : null}
        {words?.fields.map(({ name, value }) => <Row key={name} name={name}><code className="wrap">{value}</code></Row>)}
        <Row name="Proposed by"><HexText value={proposal.proposer} /></Row>
        <Row name="In its author's words" hint="nobody checked them"><span className="wrap">{proposal.description}</span></Row>
      </Rows>
      <Act proposal={proposal} />
      <ReadAt reading={reading} chain="L1" />
    </Panel>
  );
}

/** The clock of the vote and the clock of the exit that it would start, on one line. */
function Clocks({ proposal, now }: { proposal: Proposal; now: bigint }) {
  const window = useReading('l1', ['exitWindow'], async ({ system, at }) => (system.governance.timelock === undefined ? unknown('no timelock stands') : exitWindow(system.governance.timelock, at)));
  const { opensAt, closesAt, executableFrom, state } = proposal;
  const isOver = state === 'Canceled' || state === 'Defeated' || state === 'Expired' || state === 'Executed';
  const safe = window?.known === true && executableFrom !== undefined ? lastSafeMoment(executableFrom, window.value) : undefined;
  if (isOver) return <p className="quiet">{state === 'Executed' ? <>It passed and was scheduled. {proposal.does.ok ? <RouteLink to={['upgrades', proposal.does.upgradeId]}>See the upgrade</RouteLink> : null}</> : 'It can no longer take effect.'}</p>;
  return (
    <>
      <Timeline label="If it passes" now={now} moments={[
        { name: 'Vote opens', at: opensAt, tone: 'quiet' }, { name: 'Vote closes', at: closesAt, tone: 'warn' },
        ...(safe === undefined ? [] : [{ name: 'Your last safe moment', at: safe, tone: 'warn' as const }]), ...(executableFrom === undefined ? [] : [{ name: 'Executable', at: executableFrom, tone: 'bad' as const }]),
      ]} />
      <Rows>
        <Row name="Vote closes" hint="later, if the quorum is reached late"><Moment at={closesAt} now={now} isHeadline /> <CalendarLink moment={{ uid: `vote-${proposal.id}`, title: 'Keyfall: a vote closes', about: proposalWords(proposal), at: closesAt }} now={now} /></Row>
        {state === 'Succeeded' ? <Row name="Can be scheduled until"><Moment at={proposal.schedulableUntil} now={now} isHeadline /></Row> : null}
        {executableFrom === undefined ? null : <Row name="If it passes, executable from" hint="at the earliest"><Moment at={executableFrom} now={now} isHeadline /></Row>}
        <Row name="And you would have to start to leave by">{window?.known === false ? <span className="unknown">unknown: {window.why}</span> : safe === undefined ? 'unknown, because it cannot be read what it is' : <><Moment at={safe} now={now} isHeadline /> <CalendarLink moment={{ uid: `leave-${proposal.id}`, title: 'Keyfall: last safe moment to leave', about: proposalWords(proposal), at: safe }} now={now} /></>}</Row>
      </Rows>
    </>
  );
}

function Act({ proposal }: { proposal: Proposal }) {
  const connection = useConnection();
  const { deployment } = useSession();
  const system = useSystem();
  const governor = system?.known === true ? system.value.governance.governor : undefined;
  if (governor === undefined) return null;
  if (proposal.state === 'Succeeded') return <><h3>It has passed: anyone can schedule it</h3><TransactionSheet prepared={scheduleProposal({ chainId: deployment.l1.chainId, to: governor.address }, proposal.content)} /></>;
  if (proposal.state === 'Active') return <Cast proposal={proposal} governor={governor.address} />;
  if (proposal.state !== 'Pending') return null;
  return (
    <>
      <p className="quiet">The vote is not open yet. Votes are counted as they are delegated at its opening: whoever wants to vote delegates before.</p>
      {connection.address?.toLowerCase() === proposal.proposer.toLowerCase() ? <Disclosure summary="It is yours: withdraw it before the vote begins"><TransactionSheet prepared={withdrawProposal({ chainId: deployment.l1.chainId, governor: governor.address }, proposal.content)} /></Disclosure> : null}
    </>
  );
}

function Cast({ proposal, governor }: { proposal: Proposal; governor: `0x${string}` }) {
  const connection = useConnection();
  const { deployment } = useSession();
  const [choice, setChoice] = useState<Choice>();
  const [isByFile, setByFile] = useState(false);
  const mine = useVoteOf(proposal, connection.address);
  const units = votesText(useVoice(undefined));
  const cast = mine?.known === true ? mine.value.cast : undefined;
  return (
    <div className="stack">
      <h3>Your vote</h3>
      {connection.address === undefined ? null : <BlockValue reading={mine}>{({ weight }) => (cast === undefined ? <p>It weighs <strong>{units(weight ?? 0n)}</strong> in this vote, fixed at its snapshot.{weight === 0n ? ' Delegating now counts for later votes only.' : ''}</p> : null)}</BlockValue>}
      {cast === undefined ? (
        <>
          <fieldset className="choices"><legend className="sr-only">Your choice</legend>{(['for', 'against', 'abstain'] as const satisfies readonly Choice[]).map((one) => <label key={one} data-chosen={choice === one}><input type="radio" name={`choice-${proposal.id}`} checked={choice === one} onChange={() => setChoice(one)} />{one === 'for' ? 'For' : one === 'against' ? 'Against' : 'Abstain'}</label>)}</fieldset>
          {choice === undefined ? null : (
            <>
              <label className="check"><input type="checkbox" checked={isByFile} onChange={(event) => setByFile(event.target.checked)} />Sign it only, without gas: anyone can bring the ballot in</label>
              {isByFile ? null : <><VoteTogether proposal={proposal} choice={choice} governor={governor} /><TransactionSheet prepared={castVote({ chainId: deployment.l1.chainId, to: governor }, proposal.id, choice)}><p className="quiet">The proposal: {proposalWords(proposal)}</p></TransactionSheet></>}
            </>
          )}
          <BallotPanel proposal={proposal} choice={isByFile ? choice : undefined} governor={governor} nonce={mine?.known === true ? mine.value.nonce : undefined} />
        </>
      ) : (
        <Notice tone="good" title="Your vote is on chain" isLive>You voted <strong>{cast.choice}</strong> with {units(cast.weight)} in L1 block {cast.blockNumber.toString()}: <HexText value={cast.transactionHash} /></Notice>
      )}
    </div>
  );
}
