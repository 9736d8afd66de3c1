// The sheet before a signature: what the call does in words, its fields, what the device will show, whether it would succeed now,
// and the two ways on: sign here or export unsigned. Owns the gate: what cannot be read or would fail needs typed words.
// Invariant: the bytes described are the bytes handed to the wallet, and the ones looked for on the chain afterwards.

'use client';

import { useState } from 'react';
import type { ReactNode } from 'react';
import { encodeAbiParameters, keccak256 } from 'viem';
import type { Hex } from 'viem';
import { useConnection } from 'wagmi';
import { decodeCall } from '../chain/decode.ts';
import type { Decoding } from '../chain/decode.ts';
import { knownContracts } from '../chain/names.ts';
import { simulate } from '../chain/simulate.ts';
import type { Simulation } from '../chain/simulate.ts';
import type { Reading } from '../chain/reading.ts';
import { unsignedJson } from '../flows/prepared.ts';
import type { PreparedTransaction } from '../flows/prepared.ts';
import { etherText, group } from './format.ts';
import { Unrecorded } from './overrideLog.tsx';
import { useRecording } from './overrides.ts';
import { Badge, Button, Disclosure, Field, HexText, Notice, Row, Rows } from './ui.tsx';
import { GuardNotice, NetworkBadge, useActGuard } from './guard.tsx';
import { useReading, useSystem } from './session.tsx';
import { useSending } from './useSending.ts';
import type { Sending } from './useSending.ts';
import { isFromDisk } from './wallet.tsx';

const OVERRIDE = 'SIGN UNREAD';
const OVERRIDE_FAILING = 'SIGN ANYWAY';

/** @param doubt what a screen found to speak against it: sending it then needs typed words */
export function TransactionSheet({ prepared, onMined, doubt, children }: { prepared: PreparedTransaction; onMined?: (sending: Sending & { step: 'mined' }) => ReactNode; doubt?: string | undefined; children?: ReactNode }) {
  const connection = useConnection();
  const system = useSystem();
  const guard = useActGuard(prepared.chainId);
  const { sending, send } = useSending(guard);
  const bytes = `${prepared.to} ${prepared.valueWei} ${prepared.data}`;
  const [typed, setTyped] = useState({ bytes, text: '' });
  // What was typed, and who was asked, counts for these bytes alone.
  const override = typed.bytes === bytes ? typed.text : '';
  const setOverride = (text: string): void => setTyped({ bytes, text });
  const decoding: Decoding = system?.known === true ? decodeCall(prepared, knownContracts(system.value)) : { ok: false, why: 'the rollup\'s contracts are not known yet' };
  const account = connection.address;
  const tried = useReading(prepared.chain, ['simulate', prepared.to, prepared.data, prepared.valueWei.toString(), account], async ({ at, l1, l2 }) => simulate(prepared.chain === 'l1' ? l1 : l2, at, prepared, account), account !== undefined && sending.step === 'idle');
  const wouldFail = tried?.known === true && !tried.value.ok;
  const unread = decoding.ok ? decoding.call.unread : decoding.why;
  const phrase = unread !== undefined ? OVERRIDE : wouldFail || doubt !== undefined ? OVERRIDE_FAILING : undefined;
  const isBusy = sending.step === 'asking' || sending.step === 'sent';
  const { isUnrecorded, record } = useRecording();
  const sign = (): void => {
    if (phrase !== undefined) record({ kind: 'transaction', what: decoding.ok ? `${prepared.title}: ${decoding.call.sentence}` : prepared.title, why: unread ?? doubt ?? 'it would fail now', typed: override, chainId: prepared.chainId, account, digest: transactionDigest(prepared) });
    void send(prepared);
  };
  return (
    <div className="sheet">
      {decoding.ok ? <p className="sentence">{decoding.call.sentence}</p> : null}
      {unread === undefined ? null : <Notice tone="bad" title={decoding.ok ? 'Part of it cannot be read here' : 'This page cannot read what you would sign'}>{unread}. Unless you can read it by other means, do not sign.</Notice>}
      {children}
      <Rows>
        <Row name="Network">{prepared.chain === 'l1' ? 'L1' : 'L2'}, chain {prepared.chainId} <NetworkBadge chainId={prepared.chainId} present={connection.chainId} /></Row>
        <Row name="Contract">{decoding.ok ? `${decoding.call.contract} ` : ''}<HexText value={prepared.to} /></Row>
        <Row name="Value">{etherText(prepared.valueWei)}</Row>
        <Row name="Tried now"><SimulationText reading={tried} hasAccount={account !== undefined} /></Row>
      </Rows>
      <Disclosure summary="What your device should show">
        <Rows>
          <Row name="To"><HexText value={prepared.to} isWhole /></Row>
          <Row name="Value, wei"><code>{prepared.valueWei.toString()}</code></Row>
          <Row name="Calldata, bytes">{group((prepared.data.length - 2) / 2)}</Row>
          <Row name="Keccak-256 of it"><HexText value={keccak256(prepared.data)} isWhole /></Row>
          {decoding.ok ? decoding.call.fields.map(({ name, type, value }) => <Row key={name} name={name} hint={type}><code className="wrap">{value}</code></Row>) : null}
        </Rows>
        <p className="quiet">Raw calldata</p><code className="raw">{prepared.data}</code>
      </Disclosure>
      {phrase === undefined ? null : <Field label={unread === undefined ? `${doubt ?? 'It would fail now'}. Type ${phrase} to send it nevertheless` : `Type ${phrase} to sign what this page cannot read`} value={override} onChange={setOverride} />}
      {guard.isHeld ? <GuardNotice chainId={prepared.chainId} /> : null}
      <div className="actions">
        <Button kind="primary" disabled={isBusy || guard.isHeld || account === undefined || (phrase !== undefined && override !== phrase)} onClick={sign}>{isBusy ? 'Working…' : `${prepared.title}: sign in wallet`}</Button>
        <ExportButton prepared={prepared} account={account} />
        {account === undefined ? <span className="quiet">{isFromDisk() ? 'Opened from a disk: export it and sign elsewhere.' : 'Connect a wallet to sign here.'}</span> : null}
      </div>
      <Unrecorded is={isUnrecorded} />
      <SendingText sending={sending} />
      {sending.step === 'mined' && onMined !== undefined ? onMined(sending) : null}
    </div>
  );
}

/** By which a transaction is found again in the list of Settings, before it has a hash. */
function transactionDigest({ to, valueWei, data }: PreparedTransaction): Hex {
  return keccak256(encodeAbiParameters([{ type: 'address' }, { type: 'uint256' }, { type: 'bytes' }], [to, valueWei, data]));
}

function SimulationText({ reading, hasAccount }: { reading: Reading<Simulation> | undefined; hasAccount: boolean }) {
  if (!hasAccount) return <span className="quiet">needs an account to be tried as</span>;
  if (reading === undefined) return <span className="pending">trying…</span>;
  if (!reading.known) return <Badge tone="warn">unknown: {reading.why}</Badge>;
  return reading.value.ok ? <Badge tone="good">would succeed at block {group(reading.at.number)}</Badge> : <Badge tone="bad">would fail: {reading.value.why}</Badge>;
}

function ExportButton({ prepared, account }: { prepared: PreparedTransaction; account: `0x${string}` | undefined }) {
  const [text, setText] = useState<string>();
  return (
    <>
      <Button onClick={() => setText(text === undefined ? unsignedJson(prepared, account) : undefined)} aria-expanded={text !== undefined}>Export unsigned</Button>
      {text === undefined ? null : (
        <div className="export"><textarea readOnly rows={8} value={text} aria-label="Unsigned transaction" /><a className="button" download="unsigned-transaction.json" href={`data:application/json,${encodeURIComponent(text)}`}>Download</a></div>
      )}
    </>
  );
}

function SendingText({ sending }: { sending: Sending }) {
  switch (sending.step) {
    case 'idle': return null;
    case 'asking': return <Notice tone="info" title="In your wallet" isLive>{sending.what}</Notice>;
    case 'refused': return <Notice tone="warn" title="Nothing was sent" isLive>{sending.why}</Notice>;
    case 'sent': return <Notice tone="info" title={sending.isCompared ? 'Sent, and it is what was asked for' : 'Sent'} isLive><HexText value={sending.hash} /> {sending.isCompared ? 'Waiting for it to be mined.' : 'Waiting for the endpoints to show it, to compare its bytes.'}</Notice>;
    case 'tampered': return <Notice tone="bad" title="Your wallet sent something else"><HexText value={sending.hash} isWhole /><ul>{sending.found.map((one) => <li key={one}>{one}</li>)}</ul>Stop using this wallet and this machine for anything of worth.</Notice>;
    case 'mined': return <Notice tone="good" title={`Done in block ${group(sending.receipt.blockNumber)}`} isLive><HexText value={sending.hash} /></Notice>;
    case 'reverted': return <Notice tone="bad" title={`Reverted in block ${group(sending.receipt.blockNumber)}`}><HexText value={sending.hash} /> Nothing changed but the fee.</Notice>;
    case 'lost': return <Notice tone="warn" title="Not seen yet"><HexText value={sending.hash} /> {sending.why}</Notice>;
  }
}
