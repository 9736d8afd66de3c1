// What a veto takes and what it leaves, beside the veto itself. Owns the words; which upgrades and proposals these are is chain/vetoReach.ts.
// Invariant: what could not be read is *unknown*, never "no others".

'use client';

import type { Hex } from 'viem';
import type { Upgrade } from '../chain/upgradeWords.ts';
import { vetoReach } from '../chain/vetoReach.ts';
import { RouteLink } from './router.tsx';
import { HexText, Notice } from './ui.tsx';
import { useUpgrades } from './upgrades.ts';
import { Moment } from './value.tsx';
import { useProposals } from './voting.ts';

export function VetoReachNotice({ id, upgrade }: { id: Hex; upgrade: Upgrade }) {
  const [upgrades, proposals] = [useUpgrades(), useProposals()];
  if (upgrades === undefined || proposals === undefined) return <p className="pending">Reading what else the veto takes…</p>;
  if (!upgrades.known) return <Notice tone="warn" title="What else the veto takes is unknown">{upgrades.why}</Notice>;
  const { falls, passed, undecided, unread } = vetoReach(id, upgrade, upgrades.value, proposals.known ? proposals.value : []);
  return (
    <div className="stack">
      {falls.length === 0
        ? <p className="quiet">The veto takes every schedule of the same content that stands when it is carried out. No other one stands now.</p>
        : <Notice tone="info" title="Others of the same content fall with it"><ul>{falls.map((one) => <li key={one.id}>Upgrade <HexText value={one.id} /> ({one.state.toLowerCase()}): the same change, scheduled <Moment at={one.scheduledAt} now={upgrades.at.timestamp} />.</li>)}</ul></Notice>}
      {proposals.known ? null : <Notice tone="warn" title="Whether a proposal of the same content has passed is unknown">{proposals.why}</Notice>}
      {unread.length === 0 ? null : <Notice tone="warn" title="Whether these proposals are of the same content is unknown"><ul>{unread.map((one) => <li key={one.id.toString()}><RouteLink to={['vote', one.id.toString()]}>Proposal {one.id.toString().slice(0, 8)}…</RouteLink> ({one.state.toLowerCase()}) cannot be read here{one.does.ok ? '' : `: ${one.does.why}`}.</li>)}</ul></Notice>}
      {!proposals.known || passed.length === 0 ? null : (
        <Notice tone="bad" title="A proposal of the same content has passed and is not scheduled: the veto does not take it">
          <ul>{passed.map((one) => <li key={one.id.toString()}><RouteLink to={['vote', one.id.toString()]}>Proposal {one.id.toString().slice(0, 8)}…</RouteLink> can be scheduled by anyone until <Moment at={one.schedulableUntil} now={proposals.at.timestamp} />. Scheduled after the veto it stands, and there is no second veto of this content. Schedule it first, and the veto takes it as well.</li>)}</ul>
        </Notice>
      )}
      {!proposals.known || undecided.length === 0 ? null : (
        <Notice tone="warn" title="A proposal of the same content is not decided yet: the veto does not take it">
          <ul>{undecided.map((one) => <li key={one.id.toString()}><RouteLink to={['vote', one.id.toString()]}>Proposal {one.id.toString().slice(0, 8)}…</RouteLink> ({one.state === 'Active' ? 'voted on now' : 'its vote has not begun'}): if it passes and is scheduled after the veto it stands, and there is no second veto.</li>)}</ul>
        </Notice>
      )}
    </div>
  );
}
