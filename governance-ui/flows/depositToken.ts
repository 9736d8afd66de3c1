// Deposit of a token: allowed to the Vault first, then escrowed there and credited on L2. Owns both calls' bytes.
// Invariant: the allowance is exactly what is deposited; what is paid covers the Inbox's price at twice the present base fee.

import { encodeFunctionData, erc20Abi, erc721Abi } from 'viem';
import type { Hex } from 'viem';
import { BRIDGE_MESSAGE_GAS, BRIDGE_MESSAGE_SURCHARGE } from '@keyfall/protocol/constants.ts';
import { ABIS } from '../chain/abis.ts';
import type { PreparedTransaction } from './prepared.ts';

export const TOKEN_DEPOSIT_ZKGAS = BRIDGE_MESSAGE_GAS + BRIDGE_MESSAGE_SURCHARGE;
/** The base fee may rise until the transaction is mined. */
const PRICE_MARGIN = 2n;

interface Deposit { readonly kind: 'erc20' | 'erc721'; readonly token: Hex; readonly id: bigint; readonly amount: bigint }

export function allowVault({ vault, chainId, deposit: { kind, token, id, amount } }: { vault: Hex; chainId: number; deposit: Deposit }): PreparedTransaction {
  const data = kind === 'erc20' ? encodeFunctionData({ abi: erc20Abi, functionName: 'approve', args: [vault, amount] }) : encodeFunctionData({ abi: erc721Abi, functionName: 'approve', args: [vault, id] });
  return { chain: 'l1', chainId, to: token, valueWei: 0n, title: 'Allow', data, readAs: kind === 'erc20' ? 'BridgedERC20' : 'BridgedERC721' };
}

export function depositToken({ vault, chainId, to, priceWei, deposit: { kind, token, id, amount } }: { vault: Hex; chainId: number; to: Hex; priceWei: bigint; deposit: Deposit }): PreparedTransaction {
  const data = kind === 'erc20' ? encodeFunctionData({ abi: ABIS.Vault, functionName: 'depositERC20', args: [token, to, amount] }) : encodeFunctionData({ abi: ABIS.Vault, functionName: 'depositERC721', args: [token, to, id] });
  return { chain: 'l1', chainId, to: vault, valueWei: priceWei * PRICE_MARGIN, title: 'Deposit', data };
}
