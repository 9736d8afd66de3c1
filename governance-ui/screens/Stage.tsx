// Stage: how far the keys have fallen, by the chain's own words: stage, what the next one needs, and an honest list of what users
// still have to trust. Owns the items and the sentences that the design demands in Training.
// Invariant: an item that cannot be told from the chain says *unknown*; none passes by default. The complete table of L2BEAT's items is
// the command line's (keyfall stage).

'use client';

import { durationText, etherText, group } from '../components/format.ts';
import { useReading } from '../components/session.tsx';
import { Spans } from '../components/spans.tsx';
import type { SpanPart } from '../components/spans.tsx';
import { Stages } from '../components/stages.tsx';
import { Badge, Notice, PageHead, Panel, Row, Rows } from '../components/ui.tsx';
import type { Tone } from '../components/ui.tsx';
import { BlockValue, ReadAt, Value } from '../components/value.tsx';
import { STAGES, progress, requirement, stage } from '../chain/maturity.ts';
import { unknown } from '../chain/reading.ts';
import type { Reading } from '../chain/reading.ts';
import { attestersFinalizeAlone } from '../chain/rollup.ts';
import { codeSize } from '../chain/system.ts';
import { delayOf, exitWindow } from '../chain/timelock.ts';

type StageName = (typeof STAGES)[number];
interface Item { readonly what: string; readonly tone: Tone; readonly verdict: 'yes' | 'no' | 'unknown'; readonly why: string }

export function useStage(): Reading<StageName> | undefined {
  return useReading<StageName>('l1', ['stage'], async ({ system, at, l1 }) => (system.governance.maturity === undefined ? { known: true, at, trust: l1.trust, value: 'Training' } : stage(system.governance.maturity, at)));
}

export function Stage() {
  const now = useStage();
  return (
    <>
      <PageHead title="Stage">How far the keys have fallen. A stage is earned by value and time, and never goes back.</PageHead>
      <Panel title="Now">
        <BlockValue reading={now}>{(name) => (
          <>
            <Stages label="Stages" steps={STAGES.map((one) => ({ name: one, state: one === name ? 'current' : STAGES.indexOf(one) < STAGES.indexOf(name) ? 'done' : 'waiting', detail: one === 'Training' ? 'code can be replaced' : one === 'Mature' ? 'code is fixed, lanes are not' : 'nothing can change' }))} />
            {name === 'Training' ? <Notice tone="warn" title="At most Stage 1">In Training, M of N of the council together with a passed proposal can replace the Rollup and take unpaid funds without any window; forced and frozen exits trust the Rollup.</Notice> : null}
          </>
        )}</BlockValue>
        <ReadAt reading={now} chain="L1" />
      </Panel>
      <Items />
      {now?.known === true && now.value !== 'Ossified' ? <Next name={now.value === 'Training' ? 'Mature' : 'Ossified'} /> : null}
    </>
  );
}

function Items() {
  const items = useReading<readonly Item[]>('l1', ['stage items'], async ({ system, at, l1 }) => {
    const { timelock, council } = system.governance;
    const [alone, hatch, lifecycle] = await Promise.all([attestersFinalizeAlone(system.rollup, at), codeSize(l1, system.escapeHatch, at), codeSize(l1, system.lifecycle, at)]);
    const windows = timelock === undefined ? undefined : await Promise.all([delayOf(timelock, at, 0), exitWindow(timelock, at)]);
    const item = (what: string, is: boolean | undefined, why: string): Item => ({ what, tone: is === undefined ? 'warn' : is ? 'good' : 'bad', verdict: is === undefined ? 'unknown' : is ? 'yes' : 'no', why });
    const [delay, window] = windows ?? [];
    const list = [
      item('State roots need a validity proof', alone.known ? !alone.value : undefined, alone.known ? (alone.value ? 'attesters alone finalize on this profile' : 'the Rollup\'s policy') : alone.why),
      item('All data is on L1', true, 'payloads are calldata of the commits; the explorer decodes them'),
      item('Users can force transactions', true, 'the Inbox has no owner and no filter; a commit must take what is due'),
      item('Users can leave without the operator', hatch.known && lifecycle.known ? hatch.value > 0 && lifecycle.value > 0 : undefined, hatch.known && lifecycle.known ? (hatch.value > 0 && lifecycle.value > 0 ? 'Lifecycle and EscapeHatch stand' : 'Lifecycle or EscapeHatch does not stand') : 'could not be read'),
      item('Upgrades leave time to exit', timelock === undefined ? false : delay?.known === true && window?.known === true ? delay.value > window.value : undefined, timelock === undefined ? 'a key can upgrade at once' : delay?.known === true && window?.known === true ? `${durationText(delay.value)} of delay, ${durationText(window.value)} for the slowest way out` : 'could not be read'),
      item('A council with outsiders exists', council !== undefined, council === undefined ? 'none stands' : 'see Council & keys for its members'),
      item('The verifier\'s program is reproducible', undefined, 'cannot be told from the chain'),
    ];
    return { known: true, at, trust: l1.trust, value: list };
  });
  return (
    <Panel title="What can be told from the chain">
      <BlockValue reading={items}>{(list) => <ul className="items">{list.map(({ what, tone, verdict, why }) => <li key={what}><Badge tone={tone}>{verdict}</Badge><span>{what}<span className="hint">{why}</span></span></li>)}</ul>}</BlockValue>
      <ReadAt reading={items} chain="L1" />
    </Panel>
  );
}

/** A share as a length of a whole that all bars have. */
const WHOLE = 1_000n;
function shareParts(counted: bigint, needed: bigint): readonly SpanPart[] {
  const share = needed === 0n || counted >= needed ? WHOLE : (counted * WHOLE) / needed;
  return [{ seconds: share, tone: 'accent' }, { seconds: WHOLE - share, tone: 'none' }];
}
const percentText = (counted: bigint, needed: bigint): string => `${needed === 0n || counted >= needed ? 100n : (counted * 100n) / needed} %`;

function Next({ name }: { name: StageName }) {
  const needed = useReading('l1', ['requirement', name], async ({ system, at }) => (system.governance.maturity === undefined ? unknown('no maturity contract stands') : requirement(system.governance.maturity, at, name)));
  const counted = useReading('l1', ['progress'], async ({ system, at }) => (system.governance.maturity === undefined ? unknown('no maturity contract stands') : progress(system.governance.maturity, at)));
  return (
    <Panel title={`What ${name} needs`}>
      <Rows>
        <Row name="Value at risk × time" hint="of ETH, capped"><Value reading={counted}>{({ valueSeconds }) => `${etherText(valueSeconds / 86_400n)} × days`}</Value> of <Value reading={needed}>{({ valueSeconds }) => `${etherText(valueSeconds / 86_400n)} × days`}</Value></Row>
        <Row name="Days with a final batch"><Value reading={counted}>{({ batchDays }) => group(batchDays)}</Value> of <Value reading={needed}>{({ batchDays }) => group(batchDays)}</Value></Row>
        <Row name="Age of a zk lane">at least <Value reading={needed}>{({ laneAgeSeconds }) => durationText(laneAgeSeconds)}</Value></Row>
      </Rows>
      {counted?.known === true && needed?.known === true ? <Spans label="What is counted of what is needed" rows={[
        { key: 'value', name: 'Value at risk', parts: shareParts(counted.value.valueSeconds, needed.value.valueSeconds), words: percentText(counted.value.valueSeconds, needed.value.valueSeconds) },
        { key: 'days', name: 'Days', parts: shareParts(BigInt(counted.value.batchDays), BigInt(needed.value.batchDays)), words: percentText(BigInt(counted.value.batchDays), BigInt(needed.value.batchDays)) },
      ]} /> : null}
      <ReadAt reading={needed} chain="L1" />
    </Panel>
  );
}
