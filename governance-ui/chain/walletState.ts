// What a wallet says of itself just before an act: its account and its network, against those that the page showed. Owns the comparison
// and its words; asking the wallet is components/guard.tsx.
// Invariant: pure; an act goes on only for exactly the account that the page showed and exactly the network that the act names.

import type { Hex } from 'viem';

export interface WalletState { readonly accounts: readonly Hex[]; readonly chainId: number }

type WalletVerdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly differs: 'account' | 'network'; readonly why: string };

/** @param wanted the account that the page showed while the act was read, and the act's network */
export function judgeWallet(wanted: { readonly account: Hex; readonly chainId: number }, { accounts: [first], chainId }: WalletState): WalletVerdict {
  // The first is the one that a wallet shows as its own; others are merely allowed.
  if (first?.toLowerCase() !== wanted.account.toLowerCase()) return { ok: false, differs: 'account', why: `this was shown to ${wanted.account}, the wallet now acts as ${first ?? 'nobody'}: read it again` };
  if (chainId !== wanted.chainId) return { ok: false, differs: 'network', why: `this is for chain ${wanted.chainId}, the wallet is on chain ${chainId}` };
  return { ok: true };
}
