// The signatures of an act: drawn as places that are filled, listed with what the contract will think of each, handed on as a file or a
// link. Owns the drawing and the sharing. Invariant: a place is filled only by an approval that was judged good at a block.

'use client';

import { useState } from 'react';
import type { Hex } from 'viem';
import { linkOfAct } from '../chain/actFiles.ts';
import type { JudgedApproval } from '../chain/approvals.ts';
import { actText } from '../chain/council.ts';
import type { CouncilAct } from '../chain/council.ts';
import type { Reading } from '../chain/reading.ts';
import { copyText } from './copy.ts';
import { routeTo } from './route.ts';
import { Badge, Button } from './ui.tsx';
import { BlockValue, Value } from './value.tsx';

const STEP = 26;

/** Filled and empty places, as many as the act needs. */
export function Places({ good, needed }: { good: number; needed: number }) {
  const count = Math.max(good, needed);
  return (
    <svg className="places" viewBox={`0 0 ${count * STEP} ${STEP}`} width={count * STEP} height={STEP} role="img" aria-label={`${good} of ${needed} signatures`}>
      {Array.from({ length: count }, (_, index) => (
        <g key={index} className="stage-mark" data-state={index < good ? 'done' : 'waiting'} transform={`translate(${index * STEP + 1} 1)`}><circle cx="12" cy="12" r="9.5" />{index < good ? <path d="M7.5 12.5l3 3 6-7" /> : null}</g>
      ))}
    </svg>
  );
}

export function Approvals({ judged, needed, you }: { judged: Reading<readonly JudgedApproval[]> | undefined; needed: Reading<bigint> | undefined; you: Hex | undefined }) {
  return (
    <div className="stack">
      <h3>Signatures</h3>
      <p><Value reading={judged}>{(list) => String(list.filter(({ isGood }) => isGood).length)}</Value> of <Value reading={needed}>{String}</Value> that the act needs</p>
      <BlockValue reading={judged}>{(list) => (
        <>
          {needed?.known === true ? <Places good={list.filter(({ isGood }) => isGood).length} needed={Number(needed.value)} /> : null}
          {list.length === 0 ? null : <ul className="items">{list.map(({ signer, isGood, why }) => <li key={signer}><Badge tone={isGood ? 'good' : 'bad'}>{isGood ? 'counts' : 'does not count'}</Badge><span><code className="wrap">{signer}</code>{you?.toLowerCase() === signer.toLowerCase() ? ' (you)' : ''}<span className="hint">{why}</span></span></li>)}</ul>}
        </>
      )}</BlockValue>
    </div>
  );
}

export function HandOn({ act }: { act: CouncilAct }) {
  const [isCopied, setCopied] = useState(false);
  const copy = (): void => {
    void copyText(`${window.location.href.split('#')[0] ?? ''}${routeTo('approve', 'act', linkOfAct(act))}`).then(setCopied);
  };
  return (
    <>
      <a className="button" download={`council-${act.act}.json`} href={`data:application/json,${encodeURIComponent(actText(act))}`}>Download the act</a>
      <Button onClick={copy}>{isCopied ? 'Link copied' : 'Copy a link to it'}</Button>
    </>
  );
}
