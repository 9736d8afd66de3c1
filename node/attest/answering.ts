// Bringing a quorum to L1: lane.submit, Rollup.answer, Rollup.finalize, by whichever attester's turn it is.
//
// Owns: the pure choice of what to send and when. Does not own: sending (node/l1/submitter.ts), reading L1 (lane.ts).
// Turns: for batch i the attester at position (i mod n) of the set acts at once, the next one a stagger later, and so on, so
// that any one alive is enough and two rarely pay for the same. What L1 shows as done is never sent again.
// Invariant: nothing is sent for a batch before those below it are answered or under way, because the Rollup demands a chain
// of answers.

import { AbiCoder } from 'ethers';
import { bindingHash, statementHash, type Hex, type StatementBinding, type StatementOutputs } from '@keyfall/protocol';
import { contractInterface } from '../l1/contracts.ts';
import { bytesOfHex } from '../l1/hex.ts';
import type { SubmissionRecord, SubmissionRequest } from '../l1/submission.ts';

const MAX_U64 = (1n << 64n) - 1n;
/** Measured on the contracts: 84,000 for submit with four signatures, 203,000 for answer, 165,000 to finalize one batch. */
const LANE_GAS = 150_000n;
const GAS_PER_SIGNATURE = 30_000n;
const ANSWER_GAS = 700_000n;
const FINALIZE_GAS = 300_000n;
const FINALIZE_GAS_PER_BATCH = 200_000n;
/** Most batches one finalize takes, well below a block's gas. */
export const MAX_FINALIZED_AT_ONCE = 20n;

/** How long this attester waits for those before it, milliseconds. */
export function turnDelayMilliseconds(batchIndex: bigint, position: number, memberCount: number, staggerMilliseconds: number): number {
  const first = Number(batchIndex % BigInt(memberCount));
  return ((position - first + memberCount) % memberCount) * staggerMilliseconds;
}

/** An answer that anyone may record at any time, naming `beneficiary`. */
export function openBinding(beneficiary: Hex): StatementBinding {
  return { beneficiary, minL1Time: 0n, maxL1Time: MAX_U64 };
}

export interface AnswerableBatch {
  readonly index: bigint;
  readonly inputs: Hex;
  readonly outputsHash: Hex;
  readonly outputs: StatementOutputs;
  readonly signatures: readonly Hex[];
}

/** The two transactions that record an answer, for one attempt. */
export function answerRequests(batch: AnswerableBatch, lane: Hex, rollup: Hex, beneficiary: Hex, attempt: number, isAccepted: boolean): readonly SubmissionRequest[] {
  const binding = openBinding(beneficiary);
  const bound = bindingHash(binding);
  const statement = statementHash(batch.inputs, batch.outputsHash, bound);
  const data = AbiCoder.defaultAbiCoder().encode(['bytes32', 'bytes32', 'bytes32', 'bytes[]'], [batch.inputs, batch.outputsHash, bound, [...batch.signatures]]);
  const submit: SubmissionRequest = {
    id: requestId('submit', batch.index, batch.inputs, attempt), to: lane, valueWei: 0n, gasLimit: LANE_GAS + GAS_PER_SIGNATURE * BigInt(batch.signatures.length),
    data: bytesOfHex(contractInterface('AttesterLane').encodeFunctionData('submit', [statement, 0, data])),
  };
  const answer: SubmissionRequest = {
    id: requestId('answer', batch.index, batch.inputs, attempt), to: rollup, valueWei: 0n, gasLimit: ANSWER_GAS,
    data: bytesOfHex(contractInterface('Rollup').encodeFunctionData('answer', [batch.index, lane, batch.outputs, binding])),
  };
  return isAccepted ? [answer] : [submit, answer];
}

/** Statement under which this attester would record its answer. */
export function ownStatement(inputs: Hex, outputsHash: Hex, beneficiary: Hex): Hex {
  return statementHash(inputs, outputsHash, bindingHash(openBinding(beneficiary)));
}

export function finalizeRequest(upTo: bigint, finalizedCount: bigint, rollup: Hex, inputs: Hex, attempt: number): SubmissionRequest {
  return {
    id: requestId('finalize', upTo, inputs, attempt), to: rollup, valueWei: 0n, gasLimit: FINALIZE_GAS + FINALIZE_GAS_PER_BATCH * (upTo - finalizedCount),
    data: bytesOfHex(contractInterface('Rollup').encodeFunctionData('finalize', [upTo])),
  };
}

/** Inputs are in the id because a dropped index comes back with others. */
export function requestId(kind: 'submit' | 'answer' | 'finalize', index: bigint, inputs: Hex, attempt: number): string {
  return `${kind}:${index}:${inputs.slice(2, 18)}:${attempt}`;
}

/** The attempt to make now for one purpose: undefined = one is under way; else its number, one more than all that settled. */
export function nextAttempt(kind: 'submit' | 'answer' | 'finalize', index: bigint, inputs: Hex, find: (id: string) => SubmissionRecord | undefined): number | undefined {
  for (let attempt = 0; ; attempt += 1) {
    const record = find(requestId(kind, index, inputs, attempt));
    if (record === undefined) return attempt;
    const isSettled = record.state === 'final' || (record.state === 'included' && record.inclusion?.succeeded === false);
    if (!isSettled) return undefined;
  }
}
