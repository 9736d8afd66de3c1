// Paying a credit: to its owner by anyone, elsewhere by the owner's own call or signature. Owns these calls' bytes.
// Invariant: without the owner's call or signature only the owner is named.

import { encodeFunctionData } from 'viem';
import type { Hex } from 'viem';
import { ABIS } from '../chain/abis.ts';
import type { Asset } from '../chain/vault.ts';
import type { PreparedTransaction } from './prepared.ts';

interface On { readonly vault: Hex; readonly chainId: number }

const l1 = ({ vault, chainId }: On, title: string, functionName: string, args: readonly unknown[]): PreparedTransaction => ({ chain: 'l1', chainId, to: vault, valueWei: 0n, title, data: encodeFunctionData({ abi: ABIS.Vault, functionName, args }) });

export const payCredit = (on: On, owner: Hex, asset: Asset): PreparedTransaction => l1(on, 'Pay the credit', 'claimFor', [owner, asset]);
/** Sent by the owner. */
export const payCreditTo = (on: On, asset: Asset, to: Hex): PreparedTransaction => l1(on, 'Pay the credit', 'claim', [asset, to]);
export const payCreditSigned = (on: On, { owner, asset, to, deadline, signature }: { owner: Hex; asset: Asset; to: Hex; deadline: bigint; signature: Hex }): PreparedTransaction => l1(on, 'Pay the credit', 'claimBySignature', [owner, asset, to, deadline, signature]);
