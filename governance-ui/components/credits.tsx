// Credits of an account: what the Vault could not pay and keeps. Owns the list and the ways to have one paid: to its owner by anyone, to
// another address by the owner. Found on L1 alone, so any browser sees them.
// Invariant: "none" is said only after the events were read; another receiver only with the owner's own call or signature.

'use client';

import { useState } from 'react';
import { useConnection } from 'wagmi';
import type { Hex } from 'viem';
import { creditNonce, creditsOf, typedCreditRedirect } from '../chain/credits.ts';
import type { Credit } from '../chain/credits.ts';
import { payCredit, payCreditSigned, payCreditTo } from '../flows/credit.ts';
import { DeviceMirror } from './deviceMirror.tsx';
import { GuardNotice } from './guard.tsx';
import { AssetAmount, AssetName, kitAsset } from './holdings.tsx';
import { errorOf, parseAddress } from './inputs.ts';
import { useReading, useRound, useSession, useSystem } from './session.tsx';
import { TransactionSheet } from './sheet.tsx';
import { Button, Disclosure, Field, HexText, Notice, Panel } from './ui.tsx';
import { useSigning } from './useSigning.ts';
import { ReadAt } from './value.tsx';

/** Long enough for someone else to send it. */
const VALID_SECONDS = 604_800n;

export function Credits({ account }: { account: Hex }) {
  const credits = useReading<readonly Credit[]>('l1', ['credits', account], async ({ system, at, deployment }) => creditsOf(system, at, account, deployment.deployBlock));
  if (credits?.known === false) return <Panel title="Credits"><Notice tone="warn" title="Unknown">{credits.why}. That is not the same as none.</Notice></Panel>;
  if (credits === undefined || credits.value.length === 0) return null;
  return (
    <Panel title="Credits: payments that failed and wait">
      <p className="quiet">A payment that its recipient or its token refused is kept by the Vault, without a time limit. Anyone may have it paid to its owner again; only the owner may send it elsewhere.</p>
      <ul className="cards">{credits.value.map((credit) => <li key={credit.key}><CreditCard credit={credit} owner={account} /></li>)}</ul>
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
        {isOwner && isElsewhere && to.ok ? <SignElsewhere key={to.value} owner={owner} assetKey={key} to={to.value} isSigned={isSigned} onSigned={setSigned} /> : null}
        {prepared === undefined ? null : <TransactionSheet key={prepared.data} prepared={prepared} />}
      </Disclosure>
    </article>
  );
}

function SignElsewhere({ owner, assetKey, to, isSigned, onSigned }: { owner: Hex; assetKey: Hex; to: Hex; isSigned: boolean; onSigned: (signed: { to: Hex; deadline: bigint; signature: Hex }) => void }) {
  const { deployment } = useSession();
  const system = useSystem();
  const head = useRound('l1')?.head;
  const { isPending, isHeld, sign } = useSigning(deployment.l1.chainId);
  const [fault, setFault] = useState<string>();
  const [deadline] = useState(() => (head?.known === true ? head.value.timestamp + VALID_SECONDS : 0n));
  const nonce = useReading('l1', ['credit nonce', owner], async ({ system, at }) => creditNonce(system, at, owner));
  if (nonce?.known !== true || deadline === 0n || system?.known !== true) return null;
  const typed = typedCreditRedirect({ vault: system.value.vault.address, chainId: deployment.l1.chainId, owner, key: assetKey, to, nonce: nonce.value, deadline });
  const start = async (): Promise<void> => {
    const answer = await sign(typed);
    setFault(answer.ok ? undefined : answer.why);
    if (answer.ok) onSigned({ to, deadline, signature: answer.signature });
  };
  return (
    <Disclosure summary="Have someone else send it: sign a redirection">
      <p className="sentence">{typed.sentence}</p>
      <DeviceMirror typed={typed} />
      <GuardNotice chainId={deployment.l1.chainId} />
      <div className="actions"><Button disabled={isPending || isHeld} onClick={() => void start()}>{isPending ? 'In your wallet…' : 'Sign the redirection in wallet'}</Button></div>
      {fault === undefined ? null : <Notice tone="bad" title="Not signed" isLive>{fault}</Notice>}
      {isSigned ? <Notice tone="good" title="Signed" isLive>Recovered and compared. It is in the transaction below: anyone can send it now.</Notice> : null}
    </Disclosure>
  );
}
