/**
 * Withdrawals and asset keys: SPEC section 10.
 *
 * Owns the hash that the MessagePasser stores on L2 and the Vault proves on L1, and the storage slots to prove.
 */
import { addressBytes, hashBytes, keccakHex, words, type Hex } from './bytes.ts';

export const ASSET_KINDS = { eth: 0, erc20: 1, erc721: 2, erc1155: 3 } as const;
export type AssetKind = keyof typeof ASSET_KINDS;

export interface Withdrawal {
  readonly nonce: bigint;
  readonly assetKind: AssetKind;
  /** L1 token address; zero for ETH. */
  readonly token: Hex;
  readonly id: bigint;
  readonly amount: bigint;
  readonly from: Hex;
  readonly recipient: Hex;
}

export const MESSAGE_PASSER_SLOTS = { sent: 0n, burned: 1n, nextNonce: 2n } as const;

/** The message hash of a withdrawal. */
export function withdrawalHash(withdrawal: Withdrawal): Hex {
  return keccakHex(words(
    withdrawal.nonce, BigInt(ASSET_KINDS[withdrawal.assetKind]), addressBytes(withdrawal.token), withdrawal.id, withdrawal.amount,
    addressBytes(withdrawal.from), addressBytes(withdrawal.recipient),
  ));
}

/** The key under which an asset is counted: the token, or token and id. */
export function assetKey(kind: AssetKind, token: Hex, id: bigint): Hex {
  return keccakHex(words(BigInt(ASSET_KINDS[kind]), addressBytes(token), id));
}

/** Storage slot of `mapping(bytes32 => …)` at `slot`, as Solidity lays it out. */
export function mappingSlot(key: Hex, slot: bigint): Hex {
  return keccakHex(words(hashBytes(key), slot));
}

/** MessagePasser slot that holds 1 once `hash` was sent. */
export function sentSlot(hash: Hex): Hex {
  return mappingSlot(hash, MESSAGE_PASSER_SLOTS.sent);
}
