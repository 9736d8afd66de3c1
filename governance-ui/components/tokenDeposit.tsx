// Deposit of a token: allowing it to the Vault, then the deposit. Owns the form and which of the two steps is next; that is read from the
// token at each block, so that another browser goes on. Invariant: the deposit is offered only when the Vault may take it.

'use client';

import { useState } from 'react';
import type { Hex } from 'viem';
import { useConnection } from 'wagmi';
import { price } from '../chain/inbox.ts';
import { unknown } from '../chain/reading.ts';
import { mayTake } from '../chain/tokens.ts';
import { TOKEN_DEPOSIT_ZKGAS, allowVault, depositToken, disallowVault } from '../flows/depositToken.ts';
import type { TokenDeposit as Deposit, TokenKind } from '../flows/depositToken.ts';
import { AfterMessage } from './afterMessage.tsx';
import { etherText } from './format.ts';
import { errorOf, parseAddress } from './inputs.ts';
import type { Parsed } from './inputs.ts';
import { useReading, useSession, useSystem } from './session.tsx';
import { TransactionSheet } from './sheet.tsx';
import { Disclosure, Field, Panel, Row, Rows } from './ui.tsx';
import { Value } from './value.tsx';

const KINDS: readonly (readonly [TokenKind, string])[] = [['erc20', 'ERC-20 token'], ['erc721', 'NFT (ERC-721)'], ['erc1155', 'ERC-1155']];

function parseUnitsOf(text: string): Parsed<bigint> {
  return /^[1-9]\d{0,76}$/.test(text.trim()) ? { ok: true, value: BigInt(text.trim()) } : { ok: false, why: 'expected digits, in the token\'s smallest units' };
}

function parseNumber(text: string): Parsed<bigint> {
  return /^\d{1,78}$/.test(text.trim()) ? { ok: true, value: BigInt(text.trim()) } : { ok: false, why: 'expected digits' };
}

export function TokenDeposit() {
  return <Panel title="Tokens"><Disclosure summary="Deposit an ERC-20 token, an NFT or an ERC-1155"><Form /></Disclosure></Panel>;
}

function depositOf(kind: TokenKind, token: Parsed<Hex>, amount: Parsed<bigint>, id: Parsed<bigint>): Deposit | undefined {
  if (!token.ok) return undefined;
  if (kind === 'erc20') return amount.ok ? { kind, token: token.value, id: 0n, amount: amount.value } : undefined;
  if (!id.ok) return undefined;
  if (kind === 'erc721') return { kind, token: token.value, id: id.value, amount: 1n };
  return amount.ok ? { kind, token: token.value, id: id.value, amount: amount.value } : undefined;
}

function Form() {
  const { address } = useConnection();
  const [kind, setKind] = useState<TokenKind>('erc20');
  const [tokenText, setToken] = useState('');
  const [amountText, setAmount] = useState('');
  const [idText, setId] = useState('');
  const [toText, setTo] = useState('');
  const [token, amount, id] = [parseAddress(tokenText), parseUnitsOf(amountText), parseNumber(idText)];
  const to = parseAddress(toText === '' ? (address ?? '') : toText);
  const deposit = depositOf(kind, token, amount, id);
  return (
    <div className="stack">
      <div className="form">
        <div className="field"><label htmlFor="deposit-kind">Kind</label><select id="deposit-kind" value={kind} onChange={(event) => setKind(KINDS.find(([name]) => name === event.target.value)?.[0] ?? 'erc20')}>{KINDS.map(([name, words]) => <option key={name} value={name}>{words}</option>)}</select></div>
        <Field label="Token contract on L1" value={tokenText} onChange={setToken} placeholder="0x…" error={errorOf(tokenText, token)} />
        {kind === 'erc20' ? null : <Field label={kind === 'erc721' ? 'Number of the NFT' : 'Number of the token'} value={idText} onChange={setId} mode="decimal" error={errorOf(idText, id)} />}
        {kind === 'erc721' ? null : <Field label={kind === 'erc20' ? 'Amount, smallest units' : 'Amount, units'} value={amountText} onChange={setAmount} mode="decimal" error={errorOf(amountText, amount)} />}
        <Field label="Who gets the token on L2" value={toText} onChange={setTo} placeholder={address ?? '0x…'} error={errorOf(toText, to)} />
      </div>
      <Steps deposit={deposit} to={to.ok ? to.value : undefined} />
    </div>
  );
}

function Steps({ deposit, to }: { deposit: Deposit | undefined; to: Hex | undefined }) {
  const { address } = useConnection();
  const { deployment } = useSession();
  const system = useSystem();
  const quote = useReading('l1', ['price', 'token deposit'], async ({ system, at }) => price(system.inbox, at, TOKEN_DEPOSIT_ZKGAS));
  // Once it was allowed the second step stays, though the deposit uses the allowance up.
  const step = deposit === undefined ? '' : `${deposit.kind} ${deposit.token} ${deposit.id} ${deposit.amount}`;
  const isAllowed = useReading<boolean>('l1', ['allowance', step, address], async ({ system, l1, at }) => (deposit === undefined || address === undefined ? unknown('no account is connected') : mayTake(l1, at, deposit, address, system.vault.address)), deposit !== undefined && address !== undefined);
  const [allowed, setAllowed] = useState('');
  if (isAllowed?.known === true && isAllowed.value && allowed !== step) setAllowed(step);
  const vault = system?.known === true ? system.value.vault.address : undefined;
  const { chainId } = deployment.l1;
  return (
    <>
      <Rows><Row name="Price of the message" hint="change is returned"><Value reading={quote}>{etherText}</Value></Row></Rows>
      {deposit === undefined || vault === undefined || to === undefined ? null : allowed === step
        ? (quote?.known === true ? <TransactionSheet prepared={depositToken({ vault, chainId, to, priceWei: quote.value, deposit })} onMined={({ hash }) => <AfterMessage l1Hash={hash} />} /> : null)
        : <><p className="quiet">First step of two: the Vault may not take it yet{isAllowed?.known === false ? ` (unknown: ${isAllowed.why})` : ''}.{deposit.kind === 'erc1155' ? ' The standard of these tokens knows only all or nothing: what you allow here can be taken back below once the deposit is made. The Vault takes nothing that its caller did not name.' : ''}</p><TransactionSheet prepared={allowVault({ vault, chainId, deposit })} /></>}
      {deposit?.kind === 'erc1155' && vault !== undefined && allowed === step ? <Disclosure summary="After the deposit: take the allowance back"><TransactionSheet prepared={disallowVault({ vault, chainId, token: deposit.token })} /></Disclosure> : null}
    </>
  );
}
