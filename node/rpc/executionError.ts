// From the engine's refusals to JSON-RPC errors, in the words and codes that tools parse.
//
// Owns: code 3 with revert data and decoded reason (geth's format), and the texts of geth's transaction errors that
// ethers, viem, Hardhat and cast match on. Does not own: when the engine refuses.
// Invariant: revert data goes out untouched; the reason is only added when it decodes completely.

import type { CallFailure, CallRefusal } from '../execute/api.ts';
import type { SubmissionRefusal } from '../chainView.ts';
import { bytesToQuantity, data } from './codec/hex.ts';
import { RPC_CODE, RpcError, serverError } from './errors.ts';

/** Solidity's panic codes (documentation, "Panic via assert and Error via require"), in geth's wording. */
const PANIC_REASONS: Readonly<Record<number, string>> = {
  0x00: 'generic panic', 0x01: 'assert(false)', 0x11: 'arithmetic underflow or overflow', 0x12: 'division or modulo by zero',
  0x21: 'enum overflow', 0x22: 'invalid encoded storage byte array accessed', 0x31: 'out-of-bounds array access; popping on an empty array',
  0x32: 'out-of-bounds access of an array or bytesN', 0x41: 'out of memory', 0x51: 'uninitialized function',
};
const ERROR_STRING_SELECTOR = 0x08c379a0n;
const PANIC_SELECTOR = 0x4e487b71n;

/** The text of Error(string) or Panic(uint256) data, or undefined when it is neither or malformed. */
export function revertReason(returnData: Uint8Array): string | undefined {
  if (returnData.length < 36) return undefined;
  const selector = bytesToQuantity(returnData.subarray(0, 4));
  const body = returnData.subarray(4);
  if (selector === PANIC_SELECTOR && body.length === 32) {
    const code = bytesToQuantity(body);
    return (code < 256n ? PANIC_REASONS[Number(code)] : undefined) ?? `unknown panic code: 0x${code.toString(16)}`;
  }
  if (selector !== ERROR_STRING_SELECTOR) return undefined;
  const offset = bytesToQuantity(body.subarray(0, 32));
  if (offset + 32n > BigInt(body.length)) return undefined;
  const start = Number(offset) + 32;
  const length = bytesToQuantity(body.subarray(start - 32, start));
  if (length > BigInt(body.length - start)) return undefined;
  return new TextDecoder().decode(body.subarray(start, start + Number(length)));
}

/** Code 3 for a revert, -32000 for any other failed execution. */
export function executionError(failure: CallFailure): RpcError {
  if (!failure.reverted) return serverError(failure.error);
  const reason = revertReason(failure.returnData);
  const message = reason === undefined ? 'execution reverted' : `execution reverted: ${reason}`;
  return new RpcError(RPC_CODE.executionReverted, message, data(failure.returnData));
}

/** What geth says, for each reason this chain refuses a transaction for; tools match on these words. */
const REFUSAL_TEXT: Readonly<Partial<Record<SubmissionRefusal, string>>> = {
  'nonce-too-low': 'nonce too low',
  'nonce-too-high': 'nonce too high',
  'nonce-overflow': 'nonce has max value',
  'insufficient-funds': 'insufficient funds for gas * price + value',
  'fee-cap-below-base-fee': 'max fee per gas less than block base fee',
  'tip-above-fee-cap': 'max priority fee per gas higher than max fee per gas',
  'intrinsic-gas': 'intrinsic gas too low',
  'gas-limit': 'exceeds block gas limit',
  'gas-limit-above-block': 'exceeds block gas limit',
  'block-gas': 'exceeds block gas limit',
  'init-code-size': 'max initcode size exceeded',
  'sender-not-eoa': 'sender not an eoa',
  'empty-authorization-list': 'set code tx with empty auth list',
  'authorization-destination': 'set code tx must not create a contract',
  'chain-id': 'invalid chain id for signer',
  'unsupported-type': 'transaction type not supported',
  'invalid-signature': 'invalid sender',
  'already-known': 'already known',
  'underpriced': 'transaction underpriced',
  'replacement-underpriced': 'replacement transaction underpriced',
  'account-full': 'account limit exceeded',
  'pool-full': 'txpool is full',
  'too-large': 'oversized data',
};

/** geth's words first, then the details this node knows. */
export function refusalText(code: SubmissionRefusal, message: string): string {
  const text = REFUSAL_TEXT[code];
  return text === undefined || message.startsWith(text) ? message : message === '' ? text : `${text}: ${message}`;
}

/** A refusal of eth_sendRawTransaction. */
export function submissionError(code: SubmissionRefusal, message: string): RpcError {
  return serverError(refusalText(code, message));
}

/** A call, estimate or trace that did not run, or ran and failed. */
export function callError(refusal: CallFailure | CallRefusal): RpcError {
  switch (refusal.code) {
    case 'execution': return executionError(refusal);
    case 'state': return serverError(refusal.reason === 'pruned' ? `missing trie node: ${refusal.message}` : 'header not found');
    case 'invalid':
      return refusal.reason === 'overrides' || refusal.reason === 'unsupported'
        ? new RpcError(RPC_CODE.invalidParams, refusal.message)
        : serverError(refusalText(refusal.reason, refusal.message));
    case 'timeout': return serverError(`execution aborted: ${refusal.message}`);
    case 'aborted': return serverError(`request aborted: ${refusal.message}`);
  }
}
