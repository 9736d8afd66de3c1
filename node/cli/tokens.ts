// The few token functions the command line calls, and the names of token kinds as a person types them.
// Owns the parsing of --kind. Invariant: the kinds are those of the protocol, minus ETH, which is no token.

import type { AssetKind } from '@keyfall/protocol';
import { CommandFailure } from './failure.ts';

/** ERC-20, ERC-721 and ERC-1155, as published in their EIPs. */
export const TOKEN_ABI: readonly string[] = [
  'function decimals() view returns (uint8)',
  'function balanceOf(address owner) view returns (uint256)',
  'function allowance(address owner, address spender) view returns (uint256)',
  'function approve(address spender, uint256 amount) returns (bool)',
  'function isApprovedForAll(address owner, address operator) view returns (bool)',
  'function setApprovalForAll(address operator, bool approved)',
];

export type TokenKind = Exclude<AssetKind, 'eth'>;

/** @throws CommandFailure (usage) */
export function parseTokenKind(text: string): TokenKind {
  if (text === 'erc20' || text === 'erc721' || text === 'erc1155') return text;
  throw new CommandFailure('usage', `--kind: expected erc20, erc721 or erc1155, got '${text}'`);
}
