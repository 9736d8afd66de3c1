// What an upgrade changes, now and then, and what that means for the reader's fees, delay and withdrawals. Owns the table and the
// sentences. Invariant: "now" is read at a block; what this page cannot tell is listed as *unknown*.

'use client';

import { deltasOf } from '../chain/deltas.ts';
import { contentOf, readUpgrade } from '../chain/upgradeWords.ts';
import type { Danger, Upgrade } from '../chain/upgradeWords.ts';
import { useReading } from './session.tsx';
import { Badge, HexText } from './ui.tsx';
import { BlockValue } from './value.tsx';

/** What each danger can do to a reader's fees, delay and withdrawals. */
const FOR_ME: Readonly<Record<Danger, { readonly withdrawals: string; readonly delay: string; readonly fees: string }>> = {
  everything: { withdrawals: 'can be taken, unless they are paid out before it is carried out', delay: 'can be lengthened or taken away', fees: 'can change' },
  power: { withdrawals: 'cannot be taken by this act alone; forced and frozen exits stay', delay: 'of other upgrades stays as it is', fees: 'stay within the bounds of the Rollup' },
  bounded: { withdrawals: 'stay as they are', delay: 'stays as it is', fees: 'change as listed, within the bounds of the Rollup' },
};

function cell(text: string) {
  return /^0x[0-9a-fA-F]{40}$/.test(text) ? <HexText value={text} /> : text === '' ? '–' : text;
}

/** Lists of addresses may break anywhere; a number never does. */
const styleOf = (text: string): string | undefined => (text.includes('0x') ? 'wrap' : undefined);

export function Changes({ upgrade }: { upgrade: Upgrade }) {
  const deltas = useReading('l1', ['deltas', contentOf(upgrade)], async ({ system, at }) => deltasOf(system, at, upgrade));
  const danger = readUpgrade(upgrade)?.danger ?? 'everything';
  const mine = FOR_ME[danger];
  const tone = danger === 'everything' ? 'bad' : danger === 'power' ? 'warn' : 'good';
  return (
    <div className="stack">
      <h3>What it changes for you</h3>
      <ul className="items">
        <li><Badge tone={tone}>Withdrawals</Badge><span>{mine.withdrawals}</span></li>
        <li><Badge tone={tone}>Delay</Badge><span>{mine.delay}</span></li>
        <li><Badge tone={danger === 'power' ? 'quiet' : danger === 'bounded' ? 'warn' : 'bad'}>Fees</Badge><span>{mine.fees}</span></li>
      </ul>
      <BlockValue reading={deltas}>{(list) => (list.length === 0 ? null : (
        <div className="table-scroll" role="region" aria-label="Now and then" tabIndex={0}><table className="stacking">
          <thead><tr><th scope="col">What</th><th scope="col">Now</th><th scope="col">Then</th></tr></thead>
          <tbody>{list.map(({ name, before, after }) => <tr key={name}><th scope="row">{name}</th><td data-name="now" className={styleOf(before)}>{cell(before)}</td><td data-name="then" className={styleOf(after)}>{cell(after)}</td></tr>)}</tbody>
        </table></div>
      ))}</BlockValue>
    </div>
  );
}
