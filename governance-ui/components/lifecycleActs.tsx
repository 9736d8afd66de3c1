// What anyone may do about the chain's phase, each tried against the contract before it is offered. Owns the list and the words for "not yet".
// Invariant: *open* is the contract's own answer at a block; no button is shown for an act that it would refuse.

'use client';

import { encodeFunctionData } from 'viem';
import { useConnection } from 'wagmi';
import { ABIS } from '../chain/abis.ts';
import { FREEZE_CAUSES, firstUnproven, freezableBy } from '../chain/lifecycle.ts';
import type { Phase } from '../chain/lifecycle.ts';
import { unknown } from '../chain/reading.ts';
import { simulate } from '../chain/simulate.ts';
import type { Simulation } from '../chain/simulate.ts';
import type { Reading } from '../chain/reading.ts';
import type { PreparedTransaction } from '../flows/prepared.ts';
import { durationText } from './format.ts';
import { useReading, useSession } from './session.tsx';
import { TransactionSheet } from './sheet.tsx';
import { Badge, Disclosure } from './ui.tsx';
import { Value } from './value.tsx';

interface Act { readonly name: string; readonly about: string; readonly call: PreparedTransaction; readonly tried: Simulation }

const NAMES = {
  enterEnforced: ['End the operator\'s monopoly', 'when a message or a batch has waited too long'],
  announceSkip: ['Announce a skip', 'when nobody proves what is at the head of the queue'],
  takeSkip: ['Skip what was announced', 'its deposits are refunded on L1'],
  drop: ['Drop what nobody proved', 'the first batch without a proof in time, and all after it'],
  requestReturn: ['Ask for the way back', 'the seated operator alone; what waits now must be settled first'],
  returnToOperating: ['Go back to Operating', 'when the operator asked and everything older is settled'],
  freeze: ['Freeze the chain', 'for ever: everyone is paid out from its last final state'],
} as const;
type ActName = keyof typeof NAMES;
const IN_PHASE: Readonly<Record<Phase, readonly ActName[]>> = { None: [], Operating: ['drop', 'enterEnforced', 'freeze'], Enforced: ['drop', 'announceSkip', 'takeSkip', 'requestReturn', 'returnToOperating', 'freeze'], Frozen: [] };

export function LifecycleActs({ phase }: { phase: Phase }) {
  const { deployment } = useSession();
  const { address } = useConnection();
  const acts = useReading<readonly Act[]>('l1', ['lifecycle acts', phase, address], async ({ system, at, l1 }): Promise<Reading<readonly Act[]>> => {
    const { lifecycle } = system.exits;
    if (lifecycle === undefined) return unknown('no Lifecycle contract stands');
    const [fallen, openings] = await Promise.all([firstUnproven(system, at), freezableBy(lifecycle, at)]);
    if (!fallen.known) return fallen;
    if (!openings.known) return openings;
    const list: Act[] = [];
    for (const name of IN_PHASE[phase]) {
      const [opening] = openings.value;
      const args = name === 'enterEnforced' || name === 'drop' ? [fallen.value] : name === 'freeze' ? [opening?.cause ?? 0, opening?.disputeId ?? 0n] : [];
      const call: PreparedTransaction = { chain: 'l1', chainId: deployment.l1.chainId, to: name === 'drop' ? system.rollup.address : lifecycle.address, valueWei: 0n, title: NAMES[name][0], data: encodeFunctionData({ abi: name === 'drop' ? ABIS.Rollup : ABIS.Lifecycle, functionName: name, args }) };
      const tried = name === 'freeze' && opening === undefined ? { ...openings, value: { ok: false as const, why: `none of these holds: ${FREEZE_CAUSES.join('; ')}` } }
        : name === 'drop' && fallen.value === 0n ? { ...openings, value: { ok: false as const, why: 'every committed batch has a proof' } } : await simulate(l1, at, call, name === 'requestReturn' ? address : undefined);
      if (!tried.known) return tried;
      list.push({ name: NAMES[name][0], about: NAMES[name][1], call, tried: tried.value });
    }
    return { ...openings, value: list };
  });
  if (phase === 'Frozen') return null;
  if (acts?.known !== true) return <p><Value reading={acts}>{() => null}</Value></p>;
  return (
    <div className="stack" data-block={acts.at.number.toString()}>
      <h3>What anyone may do now</h3>
      <ul className="items">{acts.value.map(({ name, about, call, tried }) => (
        <li key={name}><Badge tone={tried.ok ? 'warn' : 'quiet'}>{tried.ok ? 'open' : 'not open'}</Badge>
          <div className="stack"><span>{name}<span className="hint">{tried.ok ? about : `${about}; now: ${notYet(tried.why)}`}</span></span>{tried.ok ? <Disclosure summary={`${name}…`}><TransactionSheet prepared={call} /></Disclosure> : null}</div></li>
      ))}</ul>
    </div>
  );
}

/** The contract's refusals as times, where they carry times. */
function notYet(why: string): string {
  const [, name = '', list = ''] = /^(\w+)\((.*)\)$/.exec(why) ?? [];
  const numbers = list.split(', ').filter((one) => /^\d+$/.test(one)).map(BigInt);
  const [first, second, third] = numbers;
  if (name === 'NothingLate' && first !== undefined && second !== undefined && third !== undefined) {
    const oldest = first > second ? first : second;
    return oldest === 0n ? `nothing waits; it opens ${durationText(third)} after something does` : `what waits longest is ${durationText(oldest)} old, it opens after ${durationText(third)}: in ${durationText(third - oldest)}`;
  }
  if ((name === 'SkipTooEarly' || name === 'SkipNoticeRunning' || name === 'ReturnTooEarly') && first !== undefined && second !== undefined) return `${durationText(first)} of ${durationText(second)} have passed`;
  return { NothingToSkip: 'nothing at the head of the queue is old enough', SkipNotAnnounced: 'no announcement stands', ReturnNotRequested: 'the operator has not asked for it', ReturnUnsettled: 'older messages are not settled yet', ReturnUnproven: 'since the entry and the last skip no batch became final, or since that skip none was proven' }[name] ?? why;
}
