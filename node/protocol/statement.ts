/**
 * The statement that every lane answers: SPEC section 8.
 *
 * Owns the three hashes and their order. Final: a change here is a new protocol version.
 */
import { addressBytes, hashBytes, keccakHex, words, type Hex } from './bytes.ts';

export const STATEMENT_VERSION = 1n;
export const MODES = { operating: 1, enforced: 2 } as const;
export const ANSWER_KINDS = { zk: 1, attesters: 2 } as const;

export interface StatementInputs {
  readonly l1ChainId: bigint;
  readonly l2ChainId: bigint;
  readonly rollup: Hex;
  readonly specId: bigint;
  readonly mode: number;
  readonly parentHash: Hex;
  readonly payloadKind: number;
  readonly payloadCommitment: Hex;
  readonly inboxFrom: bigint;
  readonly accFrom: Hex;
  readonly inboxTo: bigint;
  readonly accTo: Hex;
  readonly skipRoot: Hex;
  readonly originNumber: bigint;
  readonly originHash: Hex;
  readonly feeConfigHash: Hex;
}

export interface StatementOutputs {
  readonly lastNumber: bigint;
  readonly lastHash: Hex;
  readonly stateRoot: Hex;
  readonly lastTimestamp: bigint;
  readonly zkGasUsed: bigint;
  readonly dropRoot: Hex;
}

export interface StatementBinding {
  readonly beneficiary: Hex;
  readonly minL1Time: bigint;
  readonly maxL1Time: bigint;
}

/** Hash of what a batch is computed from; for a committed batch every field comes from its commit record. */
export function inputsHash(inputs: StatementInputs): Hex {
  return keccakHex(words(
    STATEMENT_VERSION, inputs.l1ChainId, inputs.l2ChainId, addressBytes(inputs.rollup), inputs.specId, BigInt(inputs.mode),
    hashBytes(inputs.parentHash), BigInt(inputs.payloadKind), hashBytes(inputs.payloadCommitment),
    inputs.inboxFrom, hashBytes(inputs.accFrom), inputs.inboxTo, hashBytes(inputs.accTo), hashBytes(inputs.skipRoot),
    inputs.originNumber, hashBytes(inputs.originHash), hashBytes(inputs.feeConfigHash),
  ));
}

/** Hash of what executing the batch gives. */
export function outputsHash(outputs: StatementOutputs): Hex {
  return keccakHex(words(
    outputs.lastNumber, hashBytes(outputs.lastHash), hashBytes(outputs.stateRoot), outputs.lastTimestamp, outputs.zkGasUsed, hashBytes(outputs.dropRoot),
  ));
}

/** Hash of who is paid and when the proof may be used; no output depends on it. */
export function bindingHash(binding: StatementBinding): Hex {
  return keccakHex(words(addressBytes(binding.beneficiary), binding.minL1Time, binding.maxL1Time));
}

/** What a lane accepts. */
export function statementHash(inputs: Hex, outputs: Hex, binding: Hex): Hex {
  return keccakHex(words(hashBytes(inputs), hashBytes(outputs), hashBytes(binding)));
}
