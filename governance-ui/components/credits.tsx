// Credits of an account: what the Vault could not pay and keeps. Owns the list and the ways to have one paid: to its owner by anyone, to
// another address by the owner. Found on L1 alone, so any browser sees them.
// Invariant: "none" is said only after the events were read; another receiver only with the owner's own call or signature.

'use client';

import { useState } from 'react';
import { useConnection } from 'wagmi';
import { pad } from 'viem';
import type { Hex } from 'viem';
import { creditNonce, creditsOf, isOpenCredit, typedCreditRedirect } from '../chain/credits.ts';
import type { Credit } from '../chain/credits.ts';
import { mapReading } from '../chain/reading.ts';
import { payCredit, payCreditSigned, payCreditTo } from '../flows/credit.ts';
import { Completeness } from './completeness.tsx';
import { AssetAmount, AssetName, kitAsset } from './holdings.tsx';
import { errorOf, parseAddress } from './inputs.ts';
import { useReading, useSession, useSystem } from './session.tsx';
import { TransactionSheet } from './sheet.tsx';
import { SignRedirection } from './signRedirection.tsx';
import { Disclosure, Field, HexText, Notice, Panel } from './ui.tsx';
import { ReadAt } from './value.tsx';

export function Credits({ account }: { account: Hex }) {
  const credits = useReading<readonly Credit[]>('l1', ['credits', account], async ({ system, at, deployment }) => creditsOf(system, at, account, deployment.deployBlock));
  if (credits?.known === false) return <Panel title="Credits"><Notice tone="warn" title="Unknown">{credits.why}. That is not the same as none.</Notice></Panel>;
  if (credits === undefined || !credits.value.some(isOpenCredit)) return null;
  return (
    <Panel title="Credits: payments that failed and wait">
      <p className="quiet">A payment that its recipient or its token refused is kept by the Vault, without a time limit. Anyone may have it paid to its owner again; only the owner may send it elsewhere.</p>
      <ul className="cards">{credits.value.filter(isOpenCredit).map((credit) => <li key={credit.key}><CreditCard credit={credit} owner={account} /></li>)}</ul>
      <Completeness name="credits" what="credits of all accounts" eventOf={({ vault }) => ({ contract: vault, eventName: 'WithdrawalCredited' })}
        list={mapReading(credits, (all) => all.flatMap(({ withdrawals }) => withdrawals))} idOf={({ topics }) => (topics[3] === pad(account.toLowerCase() as Hex) ? topics[1] : undefined)} />
      <ReadAt reading={credits} chain="L1" />
    </Panel>
  );
}

function CreditCard({ credit: { asset, amount, key, withdrawals }, owner }: { credit: Credit; owner: Hex }) {
  const { deployment } = useSession();
  const { address } = useConnection();
  const system = useSystem();
  const [text, setText] = useState('');
  const [signed, setSigned] = useState<{ readonly to: Hex; readonly deadline: bigint; readonly signature: Hex }>();
  const to = parseAddress(text);
  const isOwner = address?.toLowerCase() === owner.toLowerCase();
  if (asset === undefined || system?.known !== true) return <article className="card"><p>An asset that no deposit names: <HexText value={key} /></p></article>;
  const on = { vault: system.value.vault.address, chainId: deployment.l1.chainId };
  const isElsewhere = to.ok && to.value.toLowerCase() !== owner.toLowerCase();
  const isSigned = signed !== undefined && to.ok && signed.to === to.value;
  const prepared = !isElsewhere ? payCredit(on, owner, asset) : isSigned ? payCreditSigned(on, { owner, asset, ...signed }) : isOwner ? payCreditTo(on, asset, to.value) : undefined;
  return (
    <article className="card">
      <header className="card-head"><strong><AssetAmount asset={kitAsset(asset)} amount={amount} /> <AssetName asset={kitAsset(asset)} /></strong><span className="quiet">from {withdrawals.length === 1 ? 'one withdrawal' : `${withdrawals.length} withdrawals`}</span></header>
      <Disclosure summary="Have it paid">
        <Field label="Pay it to" value={text} onChange={setText} placeholder={owner} error={errorOf(text, to) ?? (isElsewhere && !isOwner && !isSigned ? `only ${owner} can name another receiver: connect it` : undefined)} hint={isOwner ? 'Empty: to yourself.' : 'Empty: to its owner. Anyone may send that.'} />
        {isOwner && isElsewhere && to.ok ? <SignRedirection key={to.value} owner={owner} nonceOf={creditNonce} typedOf={(nonce, deadline) => typedCreditRedirect({ ...on, owner, key, to: to.value, nonce, deadline })} place="the transaction below" isSigned={isSigned} onSigned={(redirection) => setSigned({ to: to.value, ...redirection })} /> : null}
        {prepared === undefined ? null : <TransactionSheet key={prepared.data} prepared={prepared} />}
      </Disclosure>
    </article>
  );
}
