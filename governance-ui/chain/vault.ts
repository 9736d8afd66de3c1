// Vault: the escrow and its payments. Owns its typed reads: whether a withdrawal was paid, what the escrow of an asset is.
// Invariant: `isWithdrawn` says paid *or credited*; money that waits as a credit was not refused.

import type { Hex } from 'viem';
import { ASSET_KINDS } from '@keyfall/protocol/withdrawal.ts';
import type { AssetKind } from '@keyfall/protocol/withdrawal.ts';
import { view } from './contract.ts';
import type { Contract } from './contract.ts';
import type { BlockRef, Reading } from './reading.ts';

export interface Asset { readonly kind: number; readonly token: Hex; readonly id: bigint }

export const ETH: Asset = { kind: ASSET_KINDS.eth, token: '0x0000000000000000000000000000000000000000', id: 0n };

/** @throws Error for a kind that no version has */
export function kindName(code: number): AssetKind {
  const found = (Object.keys(ASSET_KINDS) as AssetKind[]).find((name) => ASSET_KINDS[name] === code);
  if (found === undefined) throw new Error(`an asset kind that no version has: ${code}`);
  return found;
}

export const isWithdrawn = async (vault: Contract, at: BlockRef, hash: Hex): Promise<Reading<boolean>> => view(vault, at, 'isWithdrawn', hash);
export const recordedEscrow = async (vault: Contract, at: BlockRef, asset: Asset): Promise<Reading<bigint>> => view(vault, at, 'recordedEscrow', asset);
export const heldEscrow = async (vault: Contract, at: BlockRef, asset: Asset): Promise<Reading<bigint>> => view(vault, at, 'heldEscrow', asset);
export const storageRootOf = async (vault: Contract, at: BlockRef, stateRoot: Hex): Promise<Reading<Hex>> => view(vault, at, 'storageRootOf', stateRoot);
export const escapeHatch = async (vault: Contract, at: BlockRef): Promise<Reading<Hex>> => view(vault, at, 'ESCAPE_HATCH');
