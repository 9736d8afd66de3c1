// Turns what ethers throws when a call would revert or a transaction cannot be sent into a sentence. Custom errors are decoded
// by the ABI that the caller names. Owns the wording only.
// Invariant: a failure that is not understood is passed on with its own message, never replaced by a guess.

import { Interface, isError } from 'ethers';
import type { InterfaceAbi } from 'ethers';
import { CommandFailure, messageOf } from './failure.ts';

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
      const values = parsed.fragment.inputs.map((input, index) => `${input.name === '' ? index : input.name} ${String(parsed.args[index])}`);
      return `${parsed.name}(${values.join(', ')})`;
    }
  }
  return undefined;
}
