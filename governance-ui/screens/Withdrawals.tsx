// My withdrawals: every one of an account, found on the chain, with where it stands; a new one; the claim. Owns the list and its
// stages. Nothing is stored in the browser, so any browser goes on where another stopped.
// Invariant: *claimable* is said only when a final batch contains the block; *paid* only when the Vault says so.

'use client';

import { useState } from 'react';
import { formatUnits } from 'viem';
import { useConnection } from 'wagmi';
import { ClaimPanel } from '../components/claim.tsx';
import { useAssetForm } from '../components/assetForm.tsx';
import { group } from '../components/format.ts';
import { AssetAmount, AssetName, kitAsset } from '../components/holdings.tsx';
import { errorOf, parseAddress } from '../components/inputs.ts';
import { Credits } from '../components/credits.tsx';
import { Uncredited } from '../components/uncredited.tsx';
import { checkProof } from '../components/proofWorker.ts';
import { Mark, useMark, useProof } from '../components/recomputed.tsx';
import { routeTo } from '../components/route.ts';
import { useReading, useSession } from '../components/session.tsx';
import { TransactionSheet } from '../components/sheet.tsx';
import { Stages } from '../components/stages.tsx';
import type { StageStep } from '../components/stages.tsx';
import { Button, Field, HexText, Notice, PageHead, Panel } from '../components/ui.tsx';
import { ReadAt, Value } from '../components/value.tsx';
import { WaitingMessages } from '../components/waitingMessages.tsx';
import { withdrawalProof, withdrawalsOf } from '../chain/messagePasser.ts';
import type { FoundWithdrawal } from '../chain/messagePasser.ts';
import { unknown } from '../chain/reading.ts';
import { finalHead } from '../chain/rollup.ts';
import { isWithdrawn } from '../chain/vault.ts';
import { wasCredited } from '../chain/credits.ts';
import { withdrawEth } from '../flows/withdrawEth.ts';
import { withdrawToken } from '../flows/withdrawToken.ts';

export function Withdrawals({ route: [whose] }: { route: readonly string[] }) {
  const connection = useConnection();
  const [typed, setTyped] = useState(whose ?? '');
  const parsed = parseAddress(typed);
  const account = parsed.ok ? parsed.value : typed.trim() === '' ? connection.address : undefined;
  return (
    <>
      <PageHead title="My withdrawals">From L2 to L1 in three steps: burn, wait until it is final, claim. Anyone can make the claim; only the recipient is paid.</PageHead>
      <Panel title="Whose">
        <Field label="Account" value={typed} onChange={setTyped} placeholder={connection.address ?? '0x…'} error={errorOf(typed, parsed)} hint={connection.address === undefined ? 'Any account can be looked at; no wallet is needed.' : 'Empty: the connected account.'} />
      </Panel>
      {account === undefined ? null : <><WaitingMessages account={account} /><Credits account={account} /><Uncredited account={account} /><Found account={account} /></>}
      <StartPanel />
    </>
  );
}

function Found({ account }: { account: `0x${string}` }) {
  const found = useReading('l2', ['withdrawals', account], async ({ system, at }) => withdrawalsOf(system.messagePasser, at, account, 0n));
  return (
    <Panel title="Found on the chain">
      {found === undefined ? <p className="pending">Searching the chain…</p> : null}
      {found?.known === false ? <Notice tone="warn" title="Unknown">{found.why}. That is not the same as none.</Notice> : null}
      {found?.known === true && found.value.length === 0 ? <p className="quiet">No withdrawal of this account up to L2 block {group(found.at.number)}.</p> : null}
      {found?.known === true ? <ul className="cards">{found.value.toReversed().map((withdrawal) => <li key={withdrawal.hash}><Withdrawal found={withdrawal} /></li>)}</ul> : null}
      <ReadAt reading={found} chain="L2" />
    </Panel>
  );
}

function Withdrawal({ found }: { found: FoundWithdrawal }) {
  const [isOpen, setOpen] = useState(false);
  const { hash, withdrawal, l2Block } = found;
  const asset = kitAsset({ kind: withdrawal.assetKind, token: withdrawal.token, id: withdrawal.id });
  const head = useReading('l1', ['finalHead'], async ({ system, at }) => finalHead(system.rollup, at));
  const paid = useReading('l1', ['isWithdrawn', hash], async ({ system, at }) => isWithdrawn(system.vault, at, hash));
  const credited = useReading('l1', ['wasCredited', hash], async ({ system, at, deployment }) => wasCredited(system, at, hash, deployment.deployBlock), paid?.known === true && paid.value);
  const isFinal = head?.known === true ? head.value.lastNumber >= l2Block : undefined;
  const isPaid = paid?.known === true ? paid.value : undefined;
  const mark = useSentMark(found, isFinal, isPaid);
  const steps: StageStep[] = [
    { name: 'Burnt on L2', state: 'done', detail: `block ${group(l2Block)}` },
    { name: 'Final on L1', state: isFinal === undefined ? 'unknown' : isFinal ? 'done' : 'current', detail: isFinal === false && head?.known === true ? `final up to block ${group(head.value.lastNumber)}` : undefined },
    { name: 'Claimed', state: isPaid === undefined ? 'unknown' : isPaid ? 'done' : isFinal === true ? 'current' : 'waiting', detail: isPaid === true ? (credited?.known !== true ? 'paid, or credited' : credited.value ? 'the payment failed: kept as a credit' : 'paid out') : isFinal === true && isPaid === false ? 'can be claimed now' : undefined },
  ];
  return (
    <article className="card">
      <header className="card-head">
        <strong><AssetAmount asset={asset} amount={withdrawal.amount} /> <AssetName asset={asset} /></strong> {mark}
        <span>to <HexText value={withdrawal.recipient} /></span>
      </header>
      <Stages label="Where this withdrawal stands" steps={steps} />
      {isFinal === true && isPaid === false ? <Button kind="primary" onClick={() => setOpen(!isOpen)} aria-expanded={isOpen}>{isOpen ? 'Not now' : 'Prove and claim'}</Button> : null}
      {isOpen && isPaid === false ? <ClaimPanel found={found} /> : null}
      <p className="quiet">Hash <HexText value={hash} />, L2 transaction <HexText value={found.l2Transaction} /></p>
    </article>
  );
}

/** Whether it was sent at all: an L2 endpoint's word, until a final root proves it here or L1 has paid it. */
function useSentMark({ hash }: FoundWithdrawal, isFinal: boolean | undefined, isPaid: boolean | undefined) {
  const markOf = useMark();
  const proven = useProof<boolean>(['sent', hash], async ({ system, l1At }) => {
    const head = await finalHead(system.rollup, l1At);
    if (!head.known) return head;
    const answer = await withdrawalProof(system.messagePasser, hash, head.value.lastNumber, head.value.stateRoot, l1At);
    if (!answer.known) return answer;
    const verdict = await checkProof({ stateRoot: head.value.stateRoot, withdrawalHash: hash, answer: answer.value });
    return verdict.ok ? { ...answer, value: true } : unknown(verdict.why);
  }, isFinal === true && isPaid === false);
  if (isPaid === true) return <Mark state={markOf('verified')} why="L1 has paid it" />;
  if (isFinal === false) return <Mark state="unverified" why="your L2 endpoints' word until a final batch contains it" />;
  if (proven?.known === true) return <Mark state={markOf('verified')} why="proven here, in a worker, under the last final state root" />;
  return <Mark state="unknown" why={proven?.known === false ? proven.why : 'being proven'} />;
}

function StartPanel() {
  const connection = useConnection();
  const { deployment } = useSession();
  const [recipientText, setRecipient] = useState('');
  const { fields, asset, facts } = useAssetForm(connection.address);
  const recipient = parseAddress(recipientText === '' ? (connection.address ?? '') : recipientText);
  const prepared = !asset.ok || !recipient.ok ? undefined : asset.value.kind === 'eth' ? withdrawEth({ chainId: deployment.l2.chainId, recipient: recipient.value, amountWei: asset.value.amount }) : withdrawToken({ chainId: deployment.l2.chainId, recipient: recipient.value, asset: asset.value });
  return (
    <Panel title="Withdraw">
      <div className="form">
        {fields}
        <Field label="Recipient on L1" value={recipientText} onChange={setRecipient} placeholder={connection.address ?? '0x…'} error={errorOf(recipientText, recipient)} hint="Cannot be changed afterwards." />
      </div>
      {facts === undefined || connection.address === undefined ? null : <p className="quiet">You hold <Value reading={facts}>{({ balance, words }) => (balance === undefined ? 'an amount that could not be read' : `${words.decimals === undefined ? balance.toString() : formatUnits(balance, words.decimals)} ${words.symbol ?? ''}`)}</Value> of it on L2.</p>}
      <p className="quiet">If the operator leaves the transaction out, <a href={routeTo('force', 'withdraw')}>force it through L1</a>.</p>
      {prepared === undefined ? null : <TransactionSheet prepared={prepared} />}
    </Panel>
  );
}
