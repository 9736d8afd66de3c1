// A proposal of one typed upgrade, and its withdrawal. Owns the bytes of both.
// Invariant: the description ends with its proposer, so that nobody else can make the same proposal first and cancel it.

import { encodeFunctionData, keccak256, stringToHex } from 'viem';
import type { Hex } from 'viem';
import { ABIS } from '../chain/abis.ts';
import type { Content } from '../chain/governor.ts';
import type { Upgrade } from '../chain/upgradeWords.ts';
import type { PreparedTransaction } from './prepared.ts';

interface On { readonly chainId: number; readonly governor: Hex; readonly timelock: Hex }

export function descriptionOf(why: string, proposer: Hex): string {
  return `${why}#proposer=${proposer}`;
}

/** What the governor hashes to the proposal's number. */
export function proposedContent(timelock: Hex, upgrade: Upgrade, description: string): Content {
  return { targets: [timelock], values: [0n], calldatas: [encodeFunctionData({ abi: ABIS.UpgradeTimelock, functionName: 'schedule', args: [upgrade] })], descriptionHash: keccak256(stringToHex(description)) };
}

export function proposeUpgrade({ chainId, governor, timelock }: On, upgrade: Upgrade, description: string): PreparedTransaction {
  const { targets, values, calldatas } = proposedContent(timelock, upgrade, description);
  return { chain: 'l1', chainId, to: governor, valueWei: 0n, title: 'Propose', data: encodeFunctionData({ abi: ABIS.KeyfallGovernor, functionName: 'propose', args: [targets, values, calldatas, description] }) };
}

export function withdrawProposal({ chainId, governor }: Omit<On, 'timelock'>, { targets, values, calldatas, descriptionHash }: Content): PreparedTransaction {
  return { chain: 'l1', chainId, to: governor, valueWei: 0n, title: 'Withdraw the proposal', data: encodeFunctionData({ abi: ABIS.KeyfallGovernor, functionName: 'cancel', args: [targets, values, calldatas, descriptionHash] }) };
}
