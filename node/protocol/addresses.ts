/**
 * Fixed L2 addresses and the aliasing of L1 senders: SPEC section 1.
 *
 * Owns the numbers; what lives at the addresses is built in contracts/.
 */
import { addressBytes, bytesToBigint, toHex, uintBytes, type Hex } from './bytes.ts';

export const MESSAGE_PASSER: Hex = '0x4b657966616c6c00000000000000000000000001';
export const L2_BRIDGE: Hex = '0x4b657966616c6c00000000000000000000000002';
export const EXIT_REGISTRY: Hex = '0x4b657966616c6c00000000000000000000000003';
export const FEE_VAULT: Hex = '0x4b657966616c6c00000000000000000000000004';
export const BRIDGED_ERC20: Hex = '0x4b657966616c6c00000000000000000000000005';
export const BRIDGED_ERC721: Hex = '0x4b657966616c6c00000000000000000000000006';
export const BRIDGED_ERC1155: Hex = '0x4b657966616c6c00000000000000000000000007';

/** L2 sender of the Vault's messages; no code is ever there. */
export const VAULT_SENDER: Hex = '0x4b657966616c6c00000000000000000000000008';

/** Predeploys by Solidity name, in address order. */
export const PREDEPLOYS: Readonly<Record<string, Hex>> = {
  MessagePasser: MESSAGE_PASSER,
  L2Bridge: L2_BRIDGE,
  ExitRegistry: EXIT_REGISTRY,
  FeeVault: FEE_VAULT,
  BridgedERC20: BRIDGED_ERC20,
  BridgedERC721: BRIDGED_ERC721,
  BridgedERC1155: BRIDGED_ERC1155,
};

const ALIAS_OFFSET = 0x1111000000000000000000000000000000001111n;
const ADDRESS_MASK = (1n << 160n) - 1n;

/** The L2 address that acts for the L1 contract `l1Address`. */
export function applyAlias(l1Address: Hex): Hex {
  return toHex(uintBytes((bytesToBigint(addressBytes(l1Address)) + ALIAS_OFFSET) & ADDRESS_MASK, 20));
}

/** The L1 contract behind an aliased L2 address: the inverse of {@link applyAlias}. */
export function undoAlias(l2Address: Hex): Hex {
  return toHex(uintBytes((bytesToBigint(addressBytes(l2Address)) - ALIAS_OFFSET) & ADDRESS_MASK, 20));
}
