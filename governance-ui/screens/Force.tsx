// Force: an L2 transaction through L1, past any sequencer: a transfer, a withdrawal, a call with data, or
// a transaction that was signed for L2 (forceSigned.tsx). Owns the form; what L2 does
// with the message is the protocol's.
// Invariant: the sender is shown as L2 will see it: your own address, or its alias if you are a contract.

'use client';

import { useState } from 'react';
import { useConnection } from 'wagmi';
import { AfterMessage } from '../components/afterMessage.tsx';
import { useAssetForm } from '../components/assetForm.tsx';
import type { ChosenAsset } from '../components/assetForm.tsx';
import { durationText, etherText } from '../components/format.ts';
import { errorOf, parseAddress, parseAmount, parseHex } from '../components/inputs.ts';
import type { Parsed } from '../components/inputs.ts';
import { useQueue } from '../components/queue.tsx';
import { routeTo } from '../components/route.ts';
import { useReading, useSession, useSystem } from '../components/session.tsx';
import { TransactionSheet } from '../components/sheet.tsx';
import { Field, PageHead, Panel, Row, Rows } from '../components/ui.tsx';
import { BlockValue, ReadAt, Value } from '../components/value.tsx';
import { price } from '../chain/inbox.ts';
import { ForceSigned } from '../components/forceSigned.tsx';
import { FORCE_SURCHARGE_ZKGAS, forceCall, forcedWithdrawal, gasOf, zkGasOf } from '../flows/forceCall.ts';
import type { ForcedCall } from '../flows/forceCall.ts';
import { forcedTokenWithdrawal } from '../flows/withdrawToken.ts';

const KINDS = [['transfer', 'Send ETH'], ['withdraw', 'Withdraw to L1'], ['call', 'Call a contract'], ['signed', 'A signed transaction']] as const;
type Kind = (typeof KINDS)[number][0];

export function Force({ route }: { route: readonly string[] }) {
  const kind: Kind = KINDS.find(([name]) => name === route[0])?.[0] ?? 'transfer';
  return (
    <>
      <PageHead title="Force a transaction">Sent through L1. The operator must take it by the deadline, or it cannot commit any batch at all.</PageHead>
      <nav className="tabs" aria-label="Kind of transaction">{KINDS.map(([name, words]) => <a key={name} href={routeTo('force', name)} aria-current={name === kind ? 'page' : undefined}>{words}</a>)}</nav>
      {kind === 'signed' ? <ForceSigned /> : <ForceForm key={kind} kind={kind} />}
      <Deadlines />
    </>
  );
}

function ForceForm({ kind }: { kind: Exclude<Kind, 'signed'> }) {
  const connection = useConnection();
  const { deployment } = useSession();
  const system = useSystem();
  const [toText, setTo] = useState('');
  const [amountText, setAmount] = useState('');
  const form = useAssetForm(connection.address, 'From your L2 balance.');
  const [dataText, setData] = useState('');
  const [mintText, setMint] = useState('');
  const to = parseAddress(toText === '' && kind === 'withdraw' ? (connection.address ?? '') : toText);
  const amount = kind === 'call' && amountText.trim() === '' ? { ok: true as const, value: 0n } : parseAmount(amountText);
  const data = parseHex(dataText);
  const mint = kind === 'withdraw' || mintText.trim() === '' ? { ok: true as const, value: 0n } : parseAmount(mintText);
  const call: ForcedCall | undefined = !to.ok ? undefined : kind === 'withdraw' ? withdrawalOf(to.value, form.asset) : !amount.ok || !data.ok || !mint.ok ? undefined : { to: to.value, valueWei: amount.value, mintWei: mint.value, data: kind === 'call' ? data.value : '0x' };
  const zkGas = call === undefined ? undefined : zkGasOf(call);
  const quote = useReading('l1', ['price', zkGas?.toString()], async ({ system, at }) => price(system.inbox, at, zkGas ?? 0n), zkGas !== undefined);
  return (
    <Panel title={KINDS.find(([name]) => name === kind)?.[1] ?? ''}>
      <div className="form">
        <Field label={kind === 'withdraw' ? 'Recipient on L1' : 'To, on L2'} value={toText} onChange={setTo} placeholder={kind === 'withdraw' ? (connection.address ?? '0x…') : '0x…'} error={errorOf(toText, to)} />
        {kind === 'withdraw' ? form.fields : <Field label={kind === 'call' ? 'Value, ETH (may be empty)' : 'Amount, ETH'} value={amountText} onChange={setAmount} mode="decimal" error={errorOf(amountText, amount)} hint="From your L2 balance." />}
        {kind === 'withdraw' ? null : <Field label="Bring along from L1, ETH" value={mintText} onChange={setMint} mode="decimal" error={errorOf(mintText, mint)} hint="May be empty. Created for your own L2 address before the call, and never lost if it fails." />}
        {kind === 'call' ? <Field label="Data" value={dataText} onChange={setData} placeholder="0x" error={errorOf(dataText, data)} /> : null}
      </div>
      {call === undefined ? null : (
        <Rows>
          <Row name="Price of the message" hint="change is returned"><Value reading={quote}>{etherText}</Value></Row>
          <Row name="Declared" hint="gas + surcharge budget">{gasOf(call).toString()} + {FORCE_SURCHARGE_ZKGAS.toString()} zkGas</Row>
        </Rows>
      )}
      {call !== undefined && quote?.known === true && system?.known === true
        ? <TransactionSheet key={`${call.to} ${call.valueWei} ${call.mintWei} ${call.data}`} prepared={forceCall({ inbox: system.value.inbox.address, chainId: deployment.l1.chainId, call, priceWei: quote.value })} onMined={({ hash }) => <AfterMessage l1Hash={hash} isWithdrawal={kind === 'withdraw'} />} />
        : null}
    </Panel>
  );
}

function withdrawalOf(recipient: `0x${string}`, asset: Parsed<ChosenAsset>): ForcedCall | undefined {
  if (!asset.ok) return undefined;
  return asset.value.kind === 'eth' ? forcedWithdrawal(recipient, asset.value.amount) : forcedTokenWithdrawal(recipient, asset.value);
}

function Deadlines() {
  const queue = useQueue();
  return (
    <Panel title="What is promised">
      <BlockValue reading={queue}>{({ deadlineSeconds, enforcedSeconds }) => (
        <Rows>
          <Row name={`After ${durationText(deadlineSeconds)}`}>No batch may be committed that leaves your message out.</Row>
          <Row name={`After ${durationText(enforcedSeconds)}`}>If it is still not final, anyone may commit and prove in the operator's place.</Row>
        </Rows>
      )}</BlockValue>
      <ReadAt reading={queue} chain="L1" />
    </Panel>
  );
}
