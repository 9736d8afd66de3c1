// What an exit kit contains, as a table with what became of each part. Owns the rows. Amounts of tokens are in their smallest units unless the
// token itself says otherwise; that word is the token's own and called so.
// Invariant: *paid* and *open* are L1's words at a block.

'use client';

import { formatUnits } from 'viem';
import type { ExitKit, KitAsset } from '../chain/exit/kit.ts';
import { depositWords } from '../chain/inboxHistory.ts';
import type { OpenParts } from '../chain/exit/status.ts';
import type { Reading } from '../chain/reading.ts';
import { kindName } from '../chain/vault.ts';
import type { Asset } from '../chain/vault.ts';
import { metadataOf } from '../chain/tokens.ts';
import type { TokenWords } from '../chain/tokens.ts';
import { etherText, group } from './format.ts';
import { useReading } from './session.tsx';
import { Badge, HexText } from './ui.tsx';

interface Part { readonly key: string; readonly what: string; readonly asset: KitAsset | undefined; readonly amount: bigint | undefined; readonly isOpen: boolean | undefined }

function partsOf(kit: ExitKit, open: Reading<OpenParts> | undefined): Part[] {
  const at = (list: 'holdings' | 'refunds' | 'withdrawals', index: number): boolean | undefined => (open?.known === true ? open.value[list][index] : undefined);
  return [
    ...kit.holdings.map(({ asset, amount, isUncredited }, index) => ({ key: `h${index}`, what: isUncredited ? 'deposit that L2 could not credit' : 'held on L2', asset, amount: BigInt(amount), isOpen: at('holdings', index) })),
    ...kit.refunds.map(({ index: message }, index) => ({ key: `r${message}`, what: `deposit ${message}, never executed`, asset: undefined, amount: undefined, isOpen: at('refunds', index) })),
    ...kit.withdrawals.map(({ withdrawal }, index) => ({ key: `w${withdrawal.nonce}`, what: `withdrawal to ${withdrawal.recipient.slice(0, 10)}…`, asset: { kind: withdrawal.assetKind, token: withdrawal.token, id: withdrawal.id }, amount: BigInt(withdrawal.amount), isOpen: at('withdrawals', index) })),
  ];
}

export function HoldingsTable({ kit, open }: { kit: ExitKit; open: Reading<OpenParts> | undefined }) {
  const parts = partsOf(kit, open);
  if (parts.length === 0) return null;
  return (
    <div className="table-scroll" role="region" aria-label="What the account has" tabIndex={0}><table>
      <thead><tr><th scope="col">What</th><th scope="col">Asset</th><th scope="col" className="number">Amount</th><th scope="col">On L1</th></tr></thead>
      <tbody>{parts.map(({ key, what, asset, amount, isOpen }, row) => (
        <tr key={key}><th scope="row">{what}</th><td>{asset === undefined ? <span className="quiet">{depositWords(kit.refunds[row - kit.holdings.length]?.message ?? '0x')}</span> : <AssetName asset={asset} />}</td>
          <td className="number">{asset === undefined || amount === undefined ? '' : <AssetAmount asset={asset} amount={amount} />}</td>
          <td>{isOpen === undefined ? <span className="unknown">unknown</span> : <Badge tone={isOpen ? 'warn' : 'good'}>{isOpen ? 'not paid yet' : 'paid'}</Badge>}</td></tr>
      ))}</tbody>
    </table></div>
  );
}

/** A contract's asset as kits name it. */
export function kitAsset({ kind, token, id }: Asset): KitAsset {
  return { kind: kindName(kind), token, id: id.toString() };
}

function useTokenWords(asset: KitAsset): TokenWords | undefined {
  const read = useReading<TokenWords>('l1', ['token words', asset.token], async ({ l1, at }) => metadataOf(l1, at, asset.token), asset.kind !== 'eth');
  return read?.known === true ? read.value : undefined;
}

/** The token's own symbol beside its address: a symbol can be anyone's. */
export function AssetName({ asset }: { asset: KitAsset }) {
  const words = useTokenWords(asset);
  if (asset.kind === 'eth') return <>ETH</>;
  return <>{words?.symbol === undefined ? '' : `${words.symbol} `}<HexText value={asset.token} />{asset.kind === 'erc20' ? null : <span className="hint">{asset.kind === 'erc721' ? 'NFT' : 'ERC-1155'} number {asset.id}</span>}</>;
}

export function AssetAmount({ asset, amount }: { asset: KitAsset; amount: bigint }) {
  const words = useTokenWords(asset);
  if (asset.kind === 'eth') return <>{etherText(amount)}</>;
  if (asset.kind !== 'erc20' || words?.decimals === undefined) return <>{group(amount)}</>;
  return <span title={`${amount} smallest units; decimals as the token says`}>{formatUnits(amount, words.decimals)}</span>;
}
