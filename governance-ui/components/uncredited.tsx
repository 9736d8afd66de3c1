// Deposits that the L2 bridge could not credit and keeps for their receiver: anyone may have them made good there. Owns the list.
// Invariant: an amount is the bridge's own at a block; "none" is said only after its events were read.

'use client';

import type { Hex } from 'viem';
import { uncreditedOf } from '../chain/uncredited.ts';
import type { Uncredited as Waiting } from '../chain/uncredited.ts';
import { claimDeposit } from '../flows/claimDeposit.ts';
import { AssetAmount, AssetName, kitAsset } from './holdings.tsx';
import { useReading, useSession } from './session.tsx';
import { TransactionSheet } from './sheet.tsx';
import { Disclosure, Notice, Panel } from './ui.tsx';
import { ReadAt } from './value.tsx';

export function Uncredited({ account }: { account: Hex }) {
  const { deployment } = useSession();
  const found = useReading<readonly Waiting[]>('l2', ['uncredited', account], async ({ system, at }) => uncreditedOf(system, at, account));
  if (found?.known === false) return <Panel title="Deposits that L2 could not credit"><Notice tone="warn" title="Unknown">{found.why}. That is not the same as none.</Notice></Panel>;
  if (found === undefined || found.value.length === 0) return null;
  return (
    <Panel title="Deposits that L2 could not credit">
      <ul className="cards">{found.value.map(({ key, asset, amount }) => (
        <li key={key} className="card"><strong><AssetAmount asset={kitAsset(asset)} amount={amount} /> <AssetName asset={kitAsset(asset)} /></strong>
          <Disclosure summary="Have it made good on L2"><TransactionSheet prepared={claimDeposit({ chainId: deployment.l2.chainId, asset, account })} /></Disclosure></li>
      ))}</ul>
      <ReadAt reading={found} chain="L2" />
    </Panel>
  );
}
