// Votes of a proposal, drawn: for, against, abstain, and the bar that the quorum asks for. Owns the drawing; the same numbers stand in
// words below it. Invariant: the bar is the contract's own quorum; what counts towards it is for and abstaining, and it is drawn so.

'use client';

import type { Proposal } from '../chain/governor.ts';
import { Badge } from './ui.tsx';

const WIDTH = 600;

export function Tally({ proposal: { votes, quorum, state }, units }: { proposal: Proposal; units: (votes: bigint) => string }) {
  const { for: inFavour, against, abstain } = votes;
  const towards = inFavour + abstain;
  const most = [towards, against, quorum, 1n].reduce((left, right) => (left > right ? left : right));
  const width = (value: bigint): number => (Number((value * 10_000n) / most) / 10_000) * WIDTH;
  const isReached = towards >= quorum;
  const words = `for ${units(inFavour)}, abstaining ${units(abstain)}, against ${units(against)}; quorum ${units(quorum)}, ${isReached ? 'reached' : 'not reached'}`;
  return (
    <div className="tally">
      <svg viewBox={`0 0 ${WIDTH} 40`} role="img" aria-label={words} preserveAspectRatio="none">
        <rect x="0" y="4" width={WIDTH} height="12" className="bar-ground" /><rect x="0" y="24" width={WIDTH} height="12" className="bar-ground" />
        <rect x="0" y="4" width={width(inFavour)} height="12" className="tally-for" /><rect x={width(inFavour)} y="4" width={width(abstain)} height="12" className="tally-abstain" />
        <rect x="0" y="24" width={width(against)} height="12" className="tally-against" />
        <line x1={Math.min(width(quorum), WIDTH - 1)} x2={Math.min(width(quorum), WIDTH - 1)} y1="0" y2="20" className="tally-quorum" />
      </svg>
      <ul className="tally-words">
        <li data-vote="for">For <strong>{units(inFavour)}</strong></li><li data-vote="abstain">Abstaining <strong>{units(abstain)}</strong></li><li data-vote="against">Against <strong>{units(against)}</strong></li>
        <li>Quorum {units(quorum)} <Badge tone={isReached ? 'info' : 'quiet'}>{isReached ? 'reached' : state === 'Pending' ? 'vote not open yet' : 'not reached'}</Badge></li>
      </ul>
    </div>
  );
}
