// Turns what ethers throws when a call would revert or a transaction cannot be sent into a sentence. Custom errors are decoded
// by the ABI that the caller names, states and kinds by their names. Owns the wording only.
// Invariant: a failure that is not understood is passed on with its own message, never replaced by a guess.

import { UPGRADE_KINDS } from '@keyfall/protocol/upgrade.ts';
import { Interface, isError } from 'ethers';
import type { InterfaceAbi } from 'ethers';
import { CommandFailure, messageOf } from './failure.ts';

/** Names of the contracts' enums, by the type that the ABI gives; a test compares them with the sources. */
export const ENUMS: Readonly<Record<string, readonly string[]>> = {
  'IUpgradeTimelock.UpgradeState': ['Unknown', 'Scheduled', 'Executable', 'Executed', 'Expired', 'Vetoed'],
  'IGovernor.ProposalState': ['Pending', 'Active', 'Canceled', 'Defeated', 'Succeeded', 'Queued', 'Expired', 'Executed'],
  'ILifecycle.Phase': ['None', 'Operating', 'Enforced', 'Frozen'],
  'ILifecycle.FreezeCause': ['NoFinality', 'Skipped', 'Dispute', 'NoLane'],
  'IMaturity.Stage': ['Training', 'Mature', 'Ossified'],
  UpgradeKind: UPGRADE_KINDS.map(({ name }) => name),
};

/** Runs `send` and rewords its failure. @param abis whose custom errors may come back */
export async function explainReverts<T>(action: string, abis: readonly InterfaceAbi[], send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    if (isError(error, 'CALL_EXCEPTION')) throw new CommandFailure('failed', `${action} would revert: ${revertReason(error.data, abis) ?? error.shortMessage}`, { cause: error });
    if (isError(error, 'INSUFFICIENT_FUNDS')) throw new CommandFailure('failed', `${action}: the account cannot pay value and gas`, { cause: error });
    if (isError(error, 'NETWORK_ERROR') || isError(error, 'TIMEOUT') || isConnectionLoss(error)) throw new CommandFailure('unreachable', `${action}: the endpoint was lost: ${messageOf(error)}`, { cause: error });
    throw new CommandFailure('failed', `${action}: ${messageOf(error)}`, { cause: error });
  }
}

function isConnectionLoss(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ECONNREFUSED' || error.code === 'ECONNRESET');
}

/** A custom error with its arguments by name, or undefined if no ABI knows it. */
export function revertReason(data: string | null, abis: readonly InterfaceAbi[]): string | undefined {
  if (data === null || data === '0x') return undefined;
  for (const abi of abis) {
    const parsed = new Interface(abi).parseError(data);
    if (parsed !== null) {
      const values = parsed.fragment.inputs.map((input, index) => `${input.name === '' ? index : input.name} ${valueText(abi, parsed.name, index, parsed.args[index])}`);
      return `${parsed.name}(${values.join(', ')})`;
    }
  }
  return undefined;
}

interface Entry { readonly type: string; readonly name?: string; readonly inputs?: readonly { readonly name: string; readonly internalType?: string }[] }

/** An argument of an error; one that is a state, a kind or a set of states by its name. */
function valueText(abi: InterfaceAbi, error: string, index: number, value: unknown): string {
  const entry = Array.isArray(abi) ? (abi as readonly Entry[]).find(({ type, name }) => type === 'error' && name === error) : undefined;
  const input = entry?.inputs?.[index];
  const names = ENUMS[input?.internalType?.replace(/^enum /, '') ?? ''];
  if (names !== undefined) return names[Number(value)] ?? String(value);
  // OpenZeppelin's governor gives the states that it would have taken as one bit for each.
  if (error !== 'GovernorUnexpectedProposalState' || input?.name !== 'expectedStates') return String(value);
  const states = (ENUMS['IGovernor.ProposalState'] ?? []).filter((_, state) => ((BigInt(String(value)) >> BigInt(state)) & 1n) === 1n);
  return states.join(' or ');
}
