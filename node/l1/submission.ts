// What to do with a queued L1 transaction: pure decisions over its record and what L1 shows.
//
// Owns: the life of a submission, fees, caps and replacement. Does not own: signing, sending, storing (submitter.ts).
// Invariant: a submission executes at most once. It moves to a new nonce only when its old one was consumed by a foreign
// transaction in a *final* block; every attempt shares one nonce, so at most one of them can be included. No attempt's fee
// exceeds the caps, and none is sent that the account could not pay.
//
//   queued ──sign, persist, send──► sent ──receipt──► included ──final on L1──► final
//     ▲  │ held (cap, funds, revert)  │ ▲  └── replaced at +12.5 % after some blocks
//     │  └───────────────────────────┘ └── receipt gone (reorganization)
//     └── nonce finally used by someone else

import type { Hex } from '@keyfall/protocol';

export interface SubmissionRequest {
  /** Chosen by the caller; enqueueing the same id again returns the existing record. */
  readonly id: string;
  readonly to: Hex;
  readonly data: Uint8Array;
  readonly valueWei: bigint;
  /** undefined = estimated on the pending block, plus a fifth. */
  readonly gasLimit: bigint | undefined;
}

/** One signed version of the transaction; persisted before it is sent. */
export interface Attempt {
  readonly hash: Hex;
  readonly raw: Uint8Array;
  readonly maxFeeWei: bigint;
  readonly tipWei: bigint;
  /** L1 head when it was signed. */
  readonly signedAtBlock: bigint;
}

export interface Inclusion {
  readonly transactionHash: Hex;
  readonly blockNumber: bigint;
  readonly blockHash: Hex;
  /** Whether its execution succeeded; a reverted transaction is included too. */
  readonly succeeded: boolean;
  readonly gasUsed: bigint;
}

export interface SubmissionRecord {
  readonly request: SubmissionRequest;
  /** Order of enqueueing. */
  readonly sequence: bigint;
  readonly state: 'queued' | 'sent' | 'included' | 'final';
  readonly nonce: bigint | undefined;
  readonly gasLimit: bigint | undefined;
  /** Oldest first. */
  readonly attempts: readonly Attempt[];
  readonly inclusion: Inclusion | undefined;
  /** Why it does not move, for a person; undefined = it does. */
  readonly heldBecause: string | undefined;
  /** Its attempts from now on are empty transactions to ourselves, to free the nonce. */
  readonly isCancelled: boolean;
}

export interface FeePolicy {
  /** Cap of maxFeePerGas, wei. */
  readonly maxFeeWei: bigint;
  /** Cap of maxPriorityFeePerGas, wei. */
  readonly maxTipWei: bigint;
  /** Cap of what one transaction may cost in gas, wei. */
  readonly maxCostWei: bigint;
  /** L1 blocks without inclusion after which an attempt is replaced. */
  readonly bumpAfterBlocks: bigint;
}

/** L1 as one submission needs to see it. */
export interface SubmissionView {
  readonly headNumber: bigint;
  readonly baseFeeWei: bigint;
  readonly finalizedNumber: bigint;
  /** Account nonce at the head, and at the finalized block. */
  readonly nonce: bigint;
  readonly finalizedNonce: bigint;
  readonly balanceWei: bigint;
  readonly suggestedTipWei: bigint;
  /** Receipt of one of the attempts on the canonical chain. */
  readonly inclusion: Inclusion | undefined;
  /** Whether the endpoint still knows the newest attempt. */
  readonly isKnown: boolean;
}

export interface Fees { readonly maxFeeWei: bigint; readonly tipWei: bigint }

export type SubmissionStep =
  | { readonly kind: 'wait' }
  | { readonly kind: 'hold'; readonly because: string }
  | { readonly kind: 'record'; readonly record: SubmissionRecord }
  /** Sign with these fees, persist, send. */
  | { readonly kind: 'sign'; readonly fees: Fees }
  /** Send the newest attempt again: the endpoint lost it. */
  | { readonly kind: 'rebroadcast' };

/** Least rise of both fees at which pools take a replacement is 10 %; an eighth leaves room for rounding. */
function raised(feeWei: bigint): bigint {
  return feeWei + feeWei / 8n + 1n;
}

/** Fees for a first attempt, or why it must wait. Twice the base fee survives six full blocks (EIP-1559's 12.5 % each). */
function freshFees(view: SubmissionView, policy: FeePolicy): Fees | string {
  const tipWei = view.suggestedTipWei < policy.maxTipWei ? view.suggestedTipWei : policy.maxTipWei;
  const wanted = 2n * view.baseFeeWei + tipWei;
  const maxFeeWei = wanted < policy.maxFeeWei ? wanted : policy.maxFeeWei;
  if (maxFeeWei < view.baseFeeWei + tipWei) return `fee cap: L1's base fee ${view.baseFeeWei} plus tip ${tipWei} is above the cap of ${policy.maxFeeWei} wei`;
  return { maxFeeWei, tipWei };
}

function affordable(record: SubmissionRecord, fees: Fees, gasLimit: bigint, view: SubmissionView, policy: FeePolicy): string | undefined {
  const costWei = gasLimit * fees.maxFeeWei;
  if (costWei > policy.maxCostWei) return `cost cap: ${gasLimit} gas at ${fees.maxFeeWei} wei is ${costWei}, the cap is ${policy.maxCostWei} wei`;
  const neededWei = costWei + (record.isCancelled ? 0n : record.request.valueWei);
  return view.balanceWei < neededWei ? `funds: the account holds ${view.balanceWei} wei, this transaction may need ${neededWei}` : undefined;
}

/** The next step of a submission. `gasLimit` is known for anything that is to be signed. Pure. */
export function decideSubmission(record: SubmissionRecord, view: SubmissionView, policy: FeePolicy, gasLimit: bigint): SubmissionStep {
  if (record.state === 'final') return { kind: 'wait' };
  if (record.state === 'queued') return signFresh(record, view, policy, gasLimit);
  if (view.inclusion !== undefined) return settle(record, view.inclusion, view.finalizedNumber);
  if (record.state === 'included') return { kind: 'record', record: { ...record, state: 'sent', inclusion: undefined } };
  if (record.nonce !== undefined && view.finalizedNonce > record.nonce) {
    const again: SubmissionRecord = { ...record, state: 'queued', nonce: undefined, attempts: [], heldBecause: undefined };
    return { kind: 'record', record: record.isCancelled ? { ...record, state: 'final', heldBecause: undefined } : again };
  }
  if (record.nonce !== undefined && view.nonce > record.nonce) return { kind: 'hold', because: `nonce ${record.nonce} was used by another transaction; waiting until that is final` };
  return replace(record, view, policy, gasLimit);
}

function signFresh(record: SubmissionRecord, view: SubmissionView, policy: FeePolicy, gasLimit: bigint): SubmissionStep {
  const fees = freshFees(view, policy);
  if (typeof fees === 'string') return { kind: 'hold', because: fees };
  const because = affordable(record, fees, gasLimit, view, policy);
  return because === undefined ? { kind: 'sign', fees } : { kind: 'hold', because };
}

function settle(record: SubmissionRecord, inclusion: Inclusion, finalizedNumber: bigint): SubmissionStep {
  const state = inclusion.blockNumber <= finalizedNumber ? 'final' : 'included';
  if (record.state === state && record.inclusion?.blockHash === inclusion.blockHash) return { kind: 'wait' };
  return { kind: 'record', record: { ...record, state, inclusion, heldBecause: undefined } };
}

function replace(record: SubmissionRecord, view: SubmissionView, policy: FeePolicy, gasLimit: bigint): SubmissionStep {
  const newest = record.attempts.at(-1);
  if (newest === undefined) return signFresh(record, view, policy, gasLimit);
  const isDue = view.headNumber >= newest.signedAtBlock + policy.bumpAfterBlocks;
  if (!isDue) return view.isKnown ? { kind: 'wait' } : { kind: 'rebroadcast' };
  const fresh = freshFees(view, policy);
  const base = typeof fresh === 'string' ? newest : fresh;
  const higher = (a: bigint, b: bigint): bigint => (a > b ? a : b);
  const fees: Fees = { maxFeeWei: higher(raised(newest.maxFeeWei), base.maxFeeWei), tipWei: higher(raised(newest.tipWei), base.tipWei) };
  if (fees.maxFeeWei > policy.maxFeeWei || fees.tipWei > policy.maxTipWei) {
    const because = `fee cap: not included at ${newest.maxFeeWei} wei, a replacement needs ${fees.maxFeeWei} (tip ${fees.tipWei}), the caps are ${policy.maxFeeWei} and ${policy.maxTipWei}`;
    return view.isKnown ? { kind: 'hold', because } : { kind: 'rebroadcast' };
  }
  const because = affordable(record, fees, gasLimit, view, policy);
  if (because === undefined) return { kind: 'sign', fees };
  return view.isKnown ? { kind: 'hold', because } : { kind: 'rebroadcast' };
}
