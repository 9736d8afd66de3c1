// Deposit of a token: allowing it to the Vault, then the deposit. Owns the form and which of the two steps is next; that is read from the
// token at each block, so that another browser goes on. Invariant: the deposit is offered only when the Vault may take exactly it.

'use client';

import { useState } from 'react';
import { decodeFunctionResult, encodeFunctionData, erc721Abi } from 'viem';
import { useConnection } from 'wagmi';
import { price } from '../chain/inbox.ts';
import { mapReading, unknown } from '../chain/reading.ts';
import type { Reading } from '../chain/reading.ts';
import { allowanceOf } from '../chain/tokens.ts';
import { TOKEN_DEPOSIT_ZKGAS, allowVault, depositToken } from '../flows/depositToken.ts';
import { AfterMessage } from './afterMessage.tsx';
import { etherText } from './format.ts';
import { errorOf, parseAddress } from './inputs.ts';
import type { Parsed } from './inputs.ts';
import { useReading, useSession, useSystem } from './session.tsx';
import { TransactionSheet } from './sheet.tsx';
import { Disclosure, Field, Panel, Row, Rows } from './ui.tsx';
import { Value } from './value.tsx';

function parseUnitsOf(text: string): Parsed<bigint> {
  return /^[1-9]\d{0,76}$/.test(text.trim()) ? { ok: true, value: BigInt(text.trim()) } : { ok: false, why: 'expected digits, in the token\'s smallest units' };
}

export function TokenDeposit() {
  return <Panel title="Tokens"><Disclosure summary="Deposit an ERC-20 token or an NFT"><Form /></Disclosure></Panel>;
}

function Form() {
  const { address } = useConnection();
  const { deployment } = useSession();
  const system = useSystem();
  const [kind, setKind] = useState<'erc20' | 'erc721'>('erc20');
  const [tokenText, setToken] = useState('');
  const [amountText, setAmount] = useState('');
  const [toText, setTo] = useState('');
  const token = parseAddress(tokenText);
  const amount = parseUnitsOf(amountText);
  const to = parseAddress(toText === '' ? (address ?? '') : toText);
  const quote = useReading('l1', ['price', 'token deposit'], async ({ system, at }) => price(system.inbox, at, TOKEN_DEPOSIT_ZKGAS));
  const deposit = token.ok && amount.ok ? { kind, token: token.value, id: kind === 'erc721' ? amount.value : 0n, amount: kind === 'erc721' ? 1n : amount.value } : undefined;
  const isAllowed = useReading<boolean>('l1', ['allowance', kind, deposit?.token, deposit?.id.toString(), deposit?.amount.toString(), address], async ({ system, l1, at }): Promise<Reading<boolean>> => {
    if (deposit === undefined || address === undefined) return unknown('no account is connected');
    if (kind === 'erc20') return mapReading(await allowanceOf(l1, at, deposit.token, address, system.vault.address), (allowed) => allowed >= deposit.amount);
    const approved = await l1.call(deposit.token, encodeFunctionData({ abi: erc721Abi, functionName: 'getApproved', args: [deposit.id] }), at);
    return mapReading(approved, (data) => decodeFunctionResult({ abi: erc721Abi, functionName: 'getApproved', data }).toLowerCase() === system.vault.address.toLowerCase());
  }, deposit !== undefined && address !== undefined);
  // Once it was allowed the second step stays, though the deposit uses the allowance up.
  const step = deposit === undefined ? '' : `${deposit.token} ${deposit.id} ${deposit.amount}`;
  const [allowed, setAllowed] = useState('');
  if (isAllowed?.known === true && isAllowed.value && allowed !== step) setAllowed(step);
  const vault = system?.known === true ? system.value.vault.address : undefined;
  return (
    <div className="stack">
      <div className="form">
        <div className="field"><label htmlFor="deposit-kind">Kind</label><select id="deposit-kind" value={kind} onChange={(event) => setKind(event.target.value === 'erc721' ? 'erc721' : 'erc20')}><option value="erc20">ERC-20 token</option><option value="erc721">NFT (ERC-721)</option></select></div>
        <Field label="Token contract on L1" value={tokenText} onChange={setToken} placeholder="0x…" error={errorOf(tokenText, token)} />
        <Field label={kind === 'erc20' ? 'Amount, smallest units' : 'Number of the NFT'} value={amountText} onChange={setAmount} mode="decimal" error={errorOf(amountText, amount)} />
        <Field label="Who gets the token on L2" value={toText} onChange={setTo} placeholder={address ?? '0x…'} error={errorOf(toText, to)} />
      </div>
      <Rows><Row name="Price of the message" hint="change is returned"><Value reading={quote}>{etherText}</Value></Row></Rows>
      {deposit === undefined || vault === undefined || !to.ok ? null : allowed === step
        ? (quote?.known === true ? <TransactionSheet prepared={depositToken({ vault, chainId: deployment.l1.chainId, to: to.value, priceWei: quote.value, deposit })} onMined={({ hash }) => <AfterMessage l1Hash={hash} />} /> : null)
        : <><p className="quiet">First step of two: the Vault may not take it yet{isAllowed?.known === false ? ` (unknown: ${isAllowed.why})` : ''}.</p><TransactionSheet prepared={allowVault({ vault, chainId: deployment.l1.chainId, deposit })} /></>}
    </div>
  );
}
