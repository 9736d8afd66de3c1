// What an account would take along, part by part: what it is, the way it leaves, how long that takes at worst and when it has to begin. Owns the
// table. Any account can be looked at; no wallet is needed.
// Invariant: "nothing" is said only after everything was read; a part that cannot leave is listed and says so.

'use client';

import type { Hex } from 'viem';
import { positionsOf } from '../chain/exit/positions.ts';
import type { Position, WayOut, Worst } from '../chain/exit/positions.ts';
import type { Reading } from '../chain/reading.ts';
import { lastSafeMoment } from '../chain/standing.ts';
import { durationText, group } from './format.ts';
import { AssetAmount, AssetName } from './holdings.tsx';
import { useReading, useRound } from './session.tsx';
import { RouteLink } from './router.tsx';
import { useStanding } from './standing.ts';
import { Badge, HexText, Notice, Panel } from './ui.tsx';
import type { Tone } from './ui.tsx';
import { Moment, ReadAt, Value } from './value.tsx';

const WAYS: Readonly<Record<WayOut, readonly [Tone, string, readonly string[]]>> = {
  withdraw: ['good', 'withdraw, or force it', ['withdrawals']], force: ['warn', 'force it through L1', ['force', 'withdraw']], claim: ['good', 'claim now', ['withdrawals']], credit: ['good', 'have it paid now', ['withdrawals']],
  'make good': ['warn', 'have it credited, then withdraw', ['withdrawals']], wait: ['info', 'wait, it is on its way', ['withdrawals']], refund: ['warn', 'refund on L1', ['escape']], 'frozen exit': ['warn', 'frozen exit', ['escape']], stranded: ['bad', 'cannot leave as it is', ['escape']],
};

export type WorstSeconds = Readonly<Record<Exclude<Worst, undefined>, Reading<bigint> | undefined>>;

export function Positions({ account, worst }: { account: Hex; worst: WorstSeconds }) {
  const l1 = useRound('l1')?.head;
  const read = useReading<readonly Position[]>('l2', ['positions', account, l1?.known === true], async ({ system, at, l2, deployment }) => {
    if (l1?.known !== true) throw new Error('no agreed L1 block');
    return positionsOf({ system, l1At: l1.value, l2, l2At: at, deployBlock: deployment.deployBlock, account });
  }, l1?.known === true);
  return (
    <Panel title="What leaves, and how">
      {read === undefined ? <p className="pending">Looking for what the account has…</p> : null}
      {read?.known === false ? <Notice tone="warn" title="Unknown">{read.why}. That is not the same as nothing.</Notice> : null}
      {read?.known === true && read.value.length === 0 ? <p className="quiet">Nothing of this account is here: no ether, token, withdrawal, deposit or credit, up to L2 block {group(read.at.number)}.</p> : null}
      {read?.known === true && read.value.length > 0 ? <Table list={read.value} worst={worst} /> : null}
      <ReadAt reading={read} chain="L2" />
    </Panel>
  );
}

function Table({ list, worst }: { list: readonly Position[]; worst: WorstSeconds }) {
  const hasStranded = list.some(({ way }) => way === 'stranded');
  return (
    <>
      <div className="table-scroll" role="region" aria-label="What leaves, and how" tabIndex={0}><table>
        <thead><tr><th scope="col">What</th><th scope="col" className="number">Amount</th><th scope="col">Asset</th><th scope="col">Way out</th><th scope="col">At worst</th><th scope="col">Begin by</th></tr></thead>
        <tbody>{list.map((position) => <PositionRow key={position.key} position={position} worst={position.worst === undefined ? undefined : worst[position.worst]} />)}</tbody>
      </table></div>
      {hasStranded ? <p className="quiet">L1 has no escrow for a token of L2 alone: exchange or redeem it on L2 while blocks are made. A share of a pool that named a resolver can be paid after a freeze, under <RouteLink to={['escape']}>Escape</RouteLink>.</p> : null}
    </>
  );
}

function PositionRow({ position: { what, asset, l2Token, amount, way, worst: kind }, worst }: { position: Position; worst: Reading<bigint> | undefined }) {
  const [tone, words, to] = WAYS[way];
  return (
    <tr>
      <th scope="row">{what}</th>
      <td className="number">{amount === undefined ? <span className="unknown">unknown</span> : asset === undefined ? group(amount) : <AssetAmount asset={asset} amount={amount} />}</td>
      <td>{asset === undefined ? <HexText value={l2Token ?? ''} /> : <AssetName asset={asset} />}</td>
      <td><Badge tone={tone}>{words}</Badge> {way === 'stranded' ? null : <RouteLink to={to}>Go</RouteLink>}</td>
      <td>{kind === undefined ? <span className="quiet">{way === 'stranded' ? '–' : 'at once'}</span> : <Value reading={worst}>{durationText}</Value>}</td>
      <td>{kind === undefined ? <span className="quiet">–</span> : <BeginBy worst={worst} />}</td>
    </tr>
  );
}

/** Before an upgrade that is announced; without one nothing presses. */
function BeginBy({ worst }: { worst: Reading<bigint> | undefined }) {
  const standing = useStanding();
  if (standing?.known !== true || worst?.known !== true) return <span className="unknown">unknown</span>;
  if (standing.value.kind !== 'pending') return <span className="quiet">{standing.value.kind === 'key' ? 'no time is guaranteed' : 'nothing presses'}</span>;
  const latest = lastSafeMoment(standing.value.executableAt, worst.value);
  return latest <= standing.at.timestamp ? <Badge tone="bad">no longer guaranteed</Badge> : <Moment at={latest} now={standing.at.timestamp} isHeadline />;
}
