// Which asset and how much of it: ether or a token named by its L1 address. Owns the fields and the parsing; what is done with it is the
// screen's. Invariant: an amount of a token is read with the decimals that the bridged token on L2 has, or in smallest units, and said so.

'use client';

import { useState } from 'react';
import type { ReactNode } from 'react';
import type { Hex } from 'viem';
import { parseUnits } from 'viem';
import { ASSET_KINDS } from '@keyfall/protocol/withdrawal.ts';
import type { AssetKind } from '@keyfall/protocol/withdrawal.ts';
import { view } from '../chain/contract.ts';
import { mapReading, unknown } from '../chain/reading.ts';
import type { Reading } from '../chain/reading.ts';
import { balanceOf, metadataOf } from '../chain/tokens.ts';
import type { TokenWords } from '../chain/tokens.ts';
import { errorOf, parseAddress, parseAmount } from './inputs.ts';
import type { Parsed } from './inputs.ts';
import { useReading } from './session.tsx';
import { Field } from './ui.tsx';

export interface ChosenAsset { readonly kind: AssetKind; readonly token: Hex; readonly id: bigint; readonly amount: bigint }

const ZERO_ADDRESS: Hex = `0x${'0'.repeat(40)}`;
const NAMES: readonly (readonly [AssetKind, string])[] = [['eth', 'ETH'], ['erc20', 'ERC-20 token'], ['erc721', 'NFT (ERC-721)'], ['erc1155', 'ERC-1155']];

function parseWhole(text: string): Parsed<bigint> {
  return /^\d{1,78}$/.test(text.trim()) ? { ok: true, value: BigInt(text.trim()) } : { ok: false, why: text.trim() === '' ? 'expected a number' : 'expected digits' };
}

function parseToken(text: string, decimals: number | undefined): Parsed<bigint> {
  if (decimals === undefined) return parseWhole(text);
  if (!new RegExp(`^\\d{1,60}(\\.\\d{1,${decimals}})?$`).test(text.trim())) return { ok: false, why: text.trim() === '' ? 'expected an amount' : `expected digits with a point and at most ${decimals} places` };
  const value = parseUnits(text.trim(), decimals);
  return value === 0n ? { ok: false, why: 'expected more than 0' } : { ok: true, value };
}

export interface L2TokenFacts { readonly l2Token: Hex; readonly words: TokenWords; readonly balance: bigint | undefined }

/** The bridged token on L2 and what the account holds of it. */
export function useL2Token(kind: AssetKind, token: Hex | undefined, account: Hex | undefined): Reading<L2TokenFacts> | undefined {
  return useReading<L2TokenFacts>('l2', ['l2 token', kind, token, account], async ({ system, l2, at }) => {
    if (token === undefined) return unknown('no token is named');
    const where = await view<Hex>(system.l2Bridge, at, 'tokenOf', ASSET_KINDS[kind], token);
    if (!where.known) return where;
    const [words, balance] = await Promise.all([metadataOf(l2, at, where.value), account === undefined || kind === 'erc1155' ? undefined : balanceOf(l2, at, where.value, account)]);
    return mapReading(words, (value) => ({ l2Token: where.value, words: value, balance: balance?.known === true ? balance.value : undefined }));
  }, token !== undefined && kind !== 'eth');
}

/** Fields for an asset, and what they say. @param hint below the amount */
export function useAssetForm(account: Hex | undefined, hint?: ReactNode): { readonly fields: ReactNode; readonly asset: Parsed<ChosenAsset>; readonly facts: Reading<L2TokenFacts> | undefined } {
  const [kind, setKind] = useState<AssetKind>('eth');
  const [tokenText, setToken] = useState('');
  const [idText, setId] = useState('');
  const [amountText, setAmount] = useState('');
  const token = parseAddress(tokenText);
  const facts = useL2Token(kind, token.ok ? token.value : undefined, account);
  const decimals = kind === 'erc20' && facts?.known === true ? facts.value.words.decimals : undefined;
  const amount: Parsed<bigint> = kind === 'eth' ? parseAmount(amountText) : kind === 'erc721' ? { ok: true, value: 1n } : parseToken(amountText, decimals);
  const id: Parsed<bigint> = kind === 'erc721' || kind === 'erc1155' ? parseWhole(idText) : { ok: true, value: 0n };
  const asset: Parsed<ChosenAsset> = !amount.ok ? amount : !id.ok ? id : kind === 'eth' ? { ok: true, value: { kind, token: ZERO_ADDRESS, id: 0n, amount: amount.value } } : token.ok ? { ok: true, value: { kind, token: token.value, id: id.value, amount: amount.value } } : token;
  const unit = kind === 'eth' ? 'ETH' : kind === 'erc20' ? (decimals === undefined ? 'smallest units' : (facts?.known === true ? facts.value.words.symbol : undefined) ?? 'tokens') : 'units';
  const fields = (
    <>
      <div className="field"><label htmlFor="asset-kind">Asset</label><select id="asset-kind" value={kind} onChange={(event) => setKind(NAMES.find(([name]) => name === event.target.value)?.[0] ?? 'eth')}>{NAMES.map(([name, words]) => <option key={name} value={name}>{words}</option>)}</select></div>
      {kind === 'eth' ? null : <Field label="Token contract on L1" value={tokenText} onChange={setToken} placeholder="0x…" error={errorOf(tokenText, token)} hint={facts?.known === true && facts.value.words.symbol !== undefined ? `It calls itself ${facts.value.words.symbol} on L2.` : 'The token\'s address on L1, also on L2.'} />}
      {kind === 'erc721' || kind === 'erc1155' ? <Field label="Number" value={idText} onChange={setId} mode="decimal" error={errorOf(idText, id)} /> : null}
      {kind === 'erc721' ? null : <Field label={`Amount, ${unit}`} value={amountText} onChange={setAmount} mode="decimal" error={errorOf(amountText, amount)} hint={hint} />}
    </>
  );
  return { fields, asset, facts };
}
