// Deposit of a token: allowed to the Vault first, then escrowed there and credited on L2. Owns the calls' bytes.
// Invariant: the allowance is exactly what is deposited, except for ERC-1155, whose standard knows only all or nothing: there the page offers
// to take it back afterwards. What is paid covers the Inbox's price at twice the present base fee.

import { encodeFunctionData, erc20Abi, erc721Abi } from 'viem';
import type { Hex } from 'viem';
import { BRIDGE_MESSAGE_GAS, BRIDGE_MESSAGE_SURCHARGE } from '@keyfall/protocol/constants.ts';
import type { AssetKind } from '@keyfall/protocol/withdrawal.ts';
import { ABIS } from '../chain/abis.ts';
import type { PreparedTransaction } from './prepared.ts';

export const TOKEN_DEPOSIT_ZKGAS = BRIDGE_MESSAGE_GAS + BRIDGE_MESSAGE_SURCHARGE;
/** The base fee may rise until the transaction is mined. */
const PRICE_MARGIN = 2n;

export type TokenKind = Exclude<AssetKind, 'eth'>;
export interface TokenDeposit { readonly kind: TokenKind; readonly token: Hex; readonly id: bigint; readonly amount: bigint }

const READ_AS = { erc20: 'BridgedERC20', erc721: 'BridgedERC721', erc1155: 'BridgedERC1155' } as const;

function allowance(vault: Hex, { kind, amount, id }: TokenDeposit): Hex {
  if (kind === 'erc20') return encodeFunctionData({ abi: erc20Abi, functionName: 'approve', args: [vault, amount] });
  if (kind === 'erc721') return encodeFunctionData({ abi: erc721Abi, functionName: 'approve', args: [vault, id] });
  return encodeFunctionData({ abi: ABIS.BridgedERC1155, functionName: 'setApprovalForAll', args: [vault, true] });
}

export function allowVault({ vault, chainId, deposit }: { vault: Hex; chainId: number; deposit: TokenDeposit }): PreparedTransaction {
  return { chain: 'l1', chainId, to: deposit.token, valueWei: 0n, title: 'Allow', data: allowance(vault, deposit), readAs: READ_AS[deposit.kind] };
}

/** For ERC-1155, after the deposit. */
export function disallowVault({ vault, chainId, token }: { vault: Hex; chainId: number; token: Hex }): PreparedTransaction {
  return { chain: 'l1', chainId, to: token, valueWei: 0n, title: 'Take back', data: encodeFunctionData({ abi: ABIS.BridgedERC1155, functionName: 'setApprovalForAll', args: [vault, false] }), readAs: READ_AS.erc1155 };
}

export function depositToken({ vault, chainId, to, priceWei, deposit: { kind, token, id, amount } }: { vault: Hex; chainId: number; to: Hex; priceWei: bigint; deposit: TokenDeposit }): PreparedTransaction {
  const call = (functionName: string, ...args: readonly unknown[]): Hex => encodeFunctionData({ abi: ABIS.Vault, functionName, args });
  const data = kind === 'erc20' ? call('depositERC20', token, to, amount) : kind === 'erc721' ? call('depositERC721', token, to, id) : call('depositERC1155', token, to, id, amount);
  return { chain: 'l1', chainId, to: vault, valueWei: priceWei * PRICE_MARGIN, title: 'Deposit', data };
}
