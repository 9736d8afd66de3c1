// What the journeys take from a running devnet's manifest: keys of its accounts, and settings of the page for it.
// Invariant: only what the manifest says; nothing of a devnet is known here.

import type { Hex } from 'viem';
import type { Manifest } from '../../../node/cli/manifest.ts';

export function keyOf(manifest: Manifest, index: number): Hex {
  return (manifest.accounts[index]?.privateKey ?? '0x') as Hex;
}

export function settingsOf(manifest: Manifest, l1: readonly { url: string; operator: string }[], watchtower?: string): Record<string, unknown> {
  return { rollup: manifest.contracts['Rollup'], deployBlock: manifest.deployBlock, ...(watchtower === undefined ? {} : { watchtower }), l1: { chainId: manifest.l1.chainId, endpoints: l1 }, l2: { chainId: manifest.l2.chainId, endpoints: [{ url: manifest.l2.rpc, operator: 'devnet' }] } };
}
