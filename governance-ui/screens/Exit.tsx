// Exit planner: what an account has, and the three ways out with how long each takes at worst, what it costs and the latest moment to begin.
// Owns the plan;
// the ways themselves are My withdrawals, Force and Escape.
// Invariant: a way that cannot be in time, or that does not exist yet, is struck through with its reason, never left out.

'use client';

import { PROOF_DEADLINE_SECONDS, ENFORCED_TRIGGER_SECONDS, FORCED_INCLUSION_DELAY_SECONDS, ZK_ALONE_DELAY_SECONDS } from '@keyfall/protocol/constants.ts';
import { useState } from 'react';
import { useConnection } from 'wagmi';
import { Hero } from '../components/hero.tsx';
import { durationText, etherText } from '../components/format.ts';
import { errorOf, parseAddress } from '../components/inputs.ts';
import { Positions } from '../components/positions.tsx';
import { RouteLink } from '../components/router.tsx';
import { useReading, useRound } from '../components/session.tsx';
import { useStanding } from '../components/standing.ts';
import { Spans } from '../components/spans.tsx';
import { Badge, Field, Notice, PageHead, Panel, Row, Rows } from '../components/ui.tsx';
import { BlockValue, Moment, ReadAt, Value } from '../components/value.tsx';
import { scaled } from '../chain/clock.ts';
import { price } from '../chain/inbox.ts';
import { marginOf } from '../chain/standing.ts';
import { codeSize } from '../chain/system.ts';
import type { Reading } from '../chain/reading.ts';
import { forcedWithdrawal, zkGasOf } from '../flows/forceCall.ts';

interface Way { readonly name: string; readonly to: readonly string[]; readonly worst: Reading<bigint> | undefined; readonly needs: string; readonly steps: readonly string[]; readonly missing: string | undefined }

/** Protocol durations together, scaled by the contract. */
function useSum(name: string, ...durations: readonly bigint[]): Reading<bigint> | undefined {
  return useReading<bigint>('l1', ['sum', name], async ({ system, at }) => {
    let total = 0n;
    for (const duration of durations) {
      const part = await scaled(system.clock, at, duration);
      if (!part.known) return part;
      total += part.value;
    }
    return { known: true, at, trust: system.clock.chain.trust, value: total };
  });
}

export function Exit({ route: [whose] }: { route: readonly string[] }) {
  const connection = useConnection();
  const [text, setText] = useState(whose ?? '');
  const parsed = parseAddress(text);
  const account = parsed.ok ? parsed.value : text.trim() === '' ? connection.address : undefined;
  const normal = useSum('normal', PROOF_DEADLINE_SECONDS, ZK_ALONE_DELAY_SECONDS);
  const forced = useSum('forced', FORCED_INCLUSION_DELAY_SECONDS, PROOF_DEADLINE_SECONDS, ZK_ALONE_DELAY_SECONDS);
  const enforced = useSum('enforced', ENFORCED_TRIGGER_SECONDS, PROOF_DEADLINE_SECONDS, ZK_ALONE_DELAY_SECONDS);
  const hatch = useReading('l1', ['hatch'], async ({ system, at, l1 }) => codeSize(l1, system.escapeHatch, at));
  const lifecycle = useReading('l1', ['lifecycle'], async ({ system, at, l1 }) => codeSize(l1, system.lifecycle, at));
  const absent = (reading: Reading<number> | undefined, what: string): string | undefined => (reading === undefined ? 'being read' : !reading.known ? `unknown: ${reading.why}` : reading.value === 0 ? what : undefined);
  const ways: readonly Way[] = [
    { name: 'Normal withdrawal', to: ['withdrawals'], worst: normal, needs: 'an operator that includes you, and a lane that answers', missing: undefined, steps: ['Burn on L2', 'Wait until a final batch contains it', 'Prove and claim on L1'] },
    { name: 'Forced withdrawal', to: ['force', 'withdraw'], worst: forced, needs: 'an operator that goes on committing; it may censor', missing: undefined, steps: ['Send the withdrawal through the Inbox on L1', 'The next commit must take it', 'Prove and claim on L1'] },
    { name: 'Without the operator', to: ['escape'], worst: enforced, needs: 'someone, anyone, who proves; else the frozen exit', missing: absent(lifecycle, 'the Lifecycle contract does not stand yet') ?? absent(hatch, 'the EscapeHatch contract does not stand yet'), steps: ['Send the withdrawal through the Inbox on L1', 'When it is late enough, anyone enters the enforced mode', 'Anyone commits and proves; without that, the chain freezes and you are paid from its last final state'] },
  ];
  return (
    <>
      <PageHead title="Exit planner">Three ways out of L2, from the fastest to the one that needs nobody's consent.</PageHead>
      <Hero />
      <Panel title="Whose">
        <Field label="Account" value={text} onChange={setText} placeholder={connection.address ?? '0x…'} error={errorOf(text, parsed)} hint={connection.address === undefined ? 'Any account can be planned for; no wallet is needed.' : 'Empty: the connected account.'} />
        <p className="quiet">Shares in contracts on L2 (pools, vaults) have to be withdrawn from them first.</p>
      </Panel>
      {account === undefined ? null : <Positions key={account} account={account} worst={{ normal, forced, enforced }} />}
      <WaysDrawn ways={ways} />
      {ways.map((way) => <WayPanel key={way.name} way={way} />)}
    </>
  );
}

/** The ways against each other, and against the time until the next change of the rules. */
function WaysDrawn({ ways }: { ways: readonly Way[] }) {
  const standing = useStanding();
  const left = standing?.known === true && standing.value.kind === 'pending' ? standing.value.executableAt - standing.at.timestamp : undefined;
  const rows = ways.flatMap(({ name, worst }) => (worst?.known === true ? [{ key: name, name, words: durationText(worst.value), parts: [{ seconds: worst.value, tone: left !== undefined && worst.value + marginOf(worst.value) >= left ? 'bad' as const : 'accent' as const }] }] : []));
  if (rows.length < ways.length) return null;
  return <Panel title="How long each takes at worst"><Spans label="The ways out, by how long they take at worst" rows={rows} mark={left !== undefined && left > 0n ? left : undefined} />{left === undefined ? null : <p className="quiet">{left > 0n ? <>The mark: an upgrade can be carried out in {durationText(left)}.</> : 'An upgrade can be carried out now.'}</p>}</Panel>;
}

function WayPanel({ way }: { way: Way }) {
  const standing = useStanding();
  const head = useRound('l1')?.head;
  const quote = useReading('l1', ['price', 'exit'], async ({ system, at }) => price(system.inbox, at, zkGasOf(forcedWithdrawal('0x0000000000000000000000000000000000000001', 1n))));
  const { worst, missing } = way;
  const executableAt = standing?.known === true && standing.value.kind === 'pending' ? standing.value.executableAt : undefined;
  const latest = executableAt !== undefined && worst?.known === true ? executableAt - worst.value - marginOf(worst.value) : undefined;
  const isLate = latest !== undefined && head?.known === true && latest <= head.value.timestamp;
  const why = missing ?? (isLate ? 'it would take longer than the time that is left' : undefined);
  return (
    <div className="route" data-feasible={why === undefined}>
      <Panel title={way.name} aside={why === undefined ? <RouteLink to={way.to}>Begin</RouteLink> : <Badge tone="warn">{isLate && missing === undefined ? 'no longer guaranteed' : 'not possible here'}</Badge>}>
        {why === undefined ? null : <Notice tone="warn" title="Struck through, because">{why}.</Notice>}
        <ol className="route-steps">{way.steps.map((step) => <li key={step}>{step}</li>)}</ol>
        <Rows>
          <Row name="Needs">{way.needs}</Row>
          <Row name="At worst" hint="a stop of the clock adds to it"><Value reading={worst}>{durationText}</Value></Row>
          <Row name="Latest start">{standing?.known === false ? <span className="unknown">unknown</span> : latest === undefined || head?.known !== true ? 'no upgrade is announced that it would have to precede' : <Moment at={latest} now={head.value.timestamp} isHeadline />}</Row>
          {way.name === 'Normal withdrawal' ? null : <Row name="Price of the message"><BlockValue reading={quote}>{(wei) => <span>{etherText(wei)}, and L1 gas</span>}</BlockValue></Row>}
        </Rows>
        <ReadAt reading={worst} chain="L1" />
      </Panel>
    </div>
  );
}
