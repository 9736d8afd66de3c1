// A transaction that was signed for L2, put through the Inbox by anyone. Owns the form and what of the bytes is read before anyone pays for
// them. Invariant: who signed is recovered here, and what would have it dropped is said before it is sent.

'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Hex } from 'viem';
import { price } from '../chain/inbox.ts';
import { mapReading } from '../chain/reading.ts';
import type { Reading } from '../chain/reading.ts';
import { readSigned } from '../chain/signedMessage.ts';
import type { SignedFacts } from '../chain/signedMessage.ts';
import { FORCE_SURCHARGE_ZKGAS, forceSigned, signedGas } from '../flows/forceCall.ts';
import { AfterMessage } from './afterMessage.tsx';
import { etherText, group } from './format.ts';
import { parseHex, parseSurcharge } from './inputs.ts';
import { useReading, useSession, useSystem } from './session.tsx';
import { TransactionSheet } from './sheet.tsx';
import { Badge, HexText, Notice, Panel, Row, Rows } from './ui.tsx';
import { Value } from './value.tsx';

export function ForceSigned() {
  const { deployment } = useSession();
  const [text, setText] = useState('');
  const raw = parseHex(text);
  const read = useQuery({ queryKey: ['signed', text, deployment.l2.chainId], enabled: text.trim() !== '' && raw.ok, queryFn: async () => readSigned(raw.ok ? raw.value : '0x', deployment.l2.chainId) }).data;
  return (
    <Panel title="A signed transaction">
      <p className="quiet">An ordinary L2 transaction, signed by whoever it is from, goes through the Inbox at the price that you pay on L1; on L2 it pays nothing. It is dropped, and its nonce stays unused, if it is invalid when its turn comes or takes more surcharge than is prepaid here.</p>
      <div className="field"><label htmlFor="signed-raw">The signed transaction, hexadecimal</label><textarea id="signed-raw" rows={4} spellCheck={false} value={text} onChange={(event) => setText(event.target.value)} placeholder="0x02f8…" />{text.trim() !== '' && !raw.ok ? <p className="field-about" data-error="true">{raw.why}</p> : null}</div>
      {read === undefined ? null : read.ok ? <Ready key={text} raw={raw.ok ? raw.value : '0x'} facts={read.facts} /> : <Notice tone="bad" title="It would be dropped">{read.why}</Notice>}
    </Panel>
  );
}

function Ready({ raw, facts }: { raw: Hex; facts: SignedFacts }) {
  const { deployment } = useSession();
  const system = useSystem();
  const gas = signedGas(raw, facts.gas);
  const [text, setText] = useState(FORCE_SURCHARGE_ZKGAS.toString());
  const surcharge = parseSurcharge(text, gas);
  const zkGas = gas + (surcharge.ok ? surcharge.value : 0n);
  const quote = useReading('l1', ['price', zkGas.toString()], async ({ system, at }) => price(system.inbox, at, zkGas), surcharge.ok);
  const nonce = useReading('l2', ['nonce', facts.from], async ({ l2, at }): Promise<Reading<bigint>> => mapReading(await l2.read('eth_getTransactionCount', [facts.from, { blockHash: at.hash }], at), (value) => BigInt(String(value))));
  return (
    <>
      <Rows>
        <Row name="Signed by" hint="recovered here"><HexText value={facts.from} /></Row>
        <Row name="To">{facts.to === null ? 'a new contract' : <HexText value={facts.to} />}</Row>
        <Row name="Value">{etherText(facts.valueWei)}</Row>
        <Row name="Its nonce"><code>{group(facts.nonce)}</code>, the account's now: <Value reading={nonce}>{(value) => <>{group(value)} {value === facts.nonce ? <Badge tone="good">its turn</Badge> : <Badge tone="warn">{value > facts.nonce ? 'used already: it would be dropped' : 'earlier ones must come first'}</Badge>}</>}</Value></Row>
        <Row name="Data, bytes">{group((facts.data.length - 2) / 2)}</Row>
        <Row name="Price of the message" hint="change is returned"><Value reading={quote}>{etherText}</Value></Row>
      </Rows>
      <div className="field"><label htmlFor="signed-surcharge">Surcharge to prepay, zkGas</label><input id="signed-surcharge" inputMode="numeric" value={text} onChange={(event) => setText(event.target.value)} /><p className="field-about" data-error={!surcharge.ok}>{surcharge.ok ? 'For hashing, precompiles and code that it loads. If its run takes more, it is dropped and can be forced again.' : surcharge.why}</p></div>
      {surcharge.ok && quote?.known === true && system?.known === true ? <TransactionSheet key={text} prepared={forceSigned({ inbox: system.value.inbox.address, chainId: deployment.l1.chainId, message: { raw, gas, surcharge: surcharge.value }, priceWei: quote.value })} onMined={({ hash }) => <AfterMessage l1Hash={hash} />} /> : null}
    </>
  );
}
