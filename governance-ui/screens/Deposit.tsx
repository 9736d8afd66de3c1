// Deposit: ETH from L1 to L2 as a message that nobody can refuse. Owns the form and its quote.
// Invariant: the price shown is the Inbox's own at a block; what is paid beyond it comes back in the same transaction.

'use client';

import { useState } from 'react';
import { useConnection } from 'wagmi';
import { AfterMessage } from '../components/afterMessage.tsx';
import { etherText } from '../components/format.ts';
import { errorOf, parseAddress, parseAmount } from '../components/inputs.ts';
import { useReading, useSession, useSystem } from '../components/session.tsx';
import { TransactionSheet } from '../components/sheet.tsx';
import { TokenDeposit } from '../components/tokenDeposit.tsx';
import { Field, PageHead, Panel, Row, Rows } from '../components/ui.tsx';
import { ReadAt, Value } from '../components/value.tsx';
import { depositCap, price, totalMinted } from '../chain/inbox.ts';
import { DEPOSIT_GAS, DEPOSIT_SURCHARGE_ZKGAS, depositEth } from '../flows/depositEth.ts';

export function Deposit() {
  const connection = useConnection();
  const { deployment } = useSession();
  const system = useSystem();
  const [amountText, setAmount] = useState('');
  const [toText, setTo] = useState('');
  const amount = parseAmount(amountText);
  const to = parseAddress(toText === '' ? (connection.address ?? '') : toText);
  const quote = useReading('l1', ['price', 'deposit'], async ({ system, at }) => price(system.inbox, at, DEPOSIT_GAS + DEPOSIT_SURCHARGE_ZKGAS));
  const cap = useReading('l1', ['depositCap'], async ({ system, at }) => depositCap(system.inbox, at));
  const minted = useReading('l1', ['totalMinted'], async ({ system, at }) => totalMinted(system.inbox, at));
  return (
    <>
      <PageHead title="Deposit">From L1 to L2. The message cannot be refused, paused or filtered, by anyone.</PageHead>
      <Panel title="ETH">
        <div className="form">
          <Field label="Amount, ETH" value={amountText} onChange={setAmount} mode="decimal" error={errorOf(amountText, amount)} />
          <Field label="Recipient on L2" value={toText} onChange={setTo} placeholder={connection.address ?? '0x…'} error={errorOf(toText, to)} hint="If the recipient is a contract that fails, the ETH stays with your own L2 address." />
        </div>
        <Rows>
          <Row name="Price of the message" hint="change is returned"><Value reading={quote}>{etherText}</Value></Row>
          <Row name="Guarded launch" hint="cap on all ETH in escrow"><Value reading={cap}>{etherText}</Value>, brought in so far <Value reading={minted}>{etherText}</Value></Row>
        </Rows>
        <ReadAt reading={quote} chain="L1" />
        {amount.ok && to.ok && quote?.known === true && system?.known === true
          ? <TransactionSheet key={`${amountText} ${to.value}`} prepared={depositEth({ inbox: system.value.inbox.address, chainId: deployment.l1.chainId, to: to.value, amountWei: amount.value, priceWei: quote.value })} onMined={({ hash }) => <AfterMessage l1Hash={hash} />} />
          : null}
      </Panel>
      <TokenDeposit />
    </>
  );
}
