/**
 * Why a SIGNED message was dropped, in words (SPEC 4): for whoever forced it, on the command line and in the page.
 *
 * Owns the sentences. Does not own the reasons (accumulator.ts) nor the checks (execution). Invariant: each reason has its sentence; a number that
 * is none has none.
 */
import { DROP_REASONS, type DropReason } from './accumulator.ts';

const SENTENCES: Record<DropReason, string> = {
  malformed: 'its bytes are no L2 transaction',
  unsupportedType: 'its transaction type does not exist on this chain',
  wrongChain: 'it was signed for another chain, or without naming one',
  badSignature: 'nobody signed it',
  invalidFields: 'no account could send it (tip, init code, authorizations or nonce)',
  overBudget: 'its gas limit is above the gas that the message prepaid: force it again with more gas',
  intrinsicGas: 'its gas limit is below what its bytes cost',
  senderHasCode: 'its sender is a contract',
  nonceTooLow: 'its nonce was used before its turn, by this or another transaction',
  nonceTooHigh: 'one with an earlier nonce must come first: force it again after that',
  insufficientBalance: 'its sender had less than its value: force it again once the balance is there',
  surchargeExceeded: 'its run takes more surcharge than the message prepaid: force it again with more surcharge',
};

/** What dropped a message. @returns undefined if no message is dropped for this number */
export function dropSentence(reason: number): string | undefined {
  const name = (Object.keys(DROP_REASONS) as DropReason[]).find((key) => DROP_REASONS[key] === reason);
  return name === undefined ? undefined : SENTENCES[name];
}
