// What re-execution keeps, as JSON: integers that can pass 2^53 are decimal strings. Owns the shapes and their keys in the store.
// Invariant: `state` names only what was written before or with it.

import type { Hex, MessageRange } from '@keyfall/protocol';
import type { Store } from '../store.ts';
import type { BlockHead } from './blockRun.ts';

type Phase = 'operating' | 'enforced' | 'frozen';

/** The head of what was executed. */
export interface Executed {
  readonly batch: number;
  readonly inboxTo: number;
  readonly originNumber: number;
  readonly head: { readonly number: string; readonly hash: Hex; readonly stateRoot: Hex; readonly timestamp: string; readonly baseFeeWei: string; readonly gasUsed: string };
}

export interface ReplayState {
  /** Last final L1 block taken in. */
  readonly l1Block: number;
  readonly messages: number;
  readonly accumulator: Hex;
  /** Wei that messages minted on L2, skipped ones included. */
  readonly mintedWei: string;
  readonly committed: number;
  /** Where the next batch's messages begin, before skipped ones. */
  readonly committedTo: number;
  readonly finalBatch: number;
  readonly phase: Phase;
  readonly skipped: readonly { readonly from: number; readonly to: number }[];
  readonly executed: Executed;
  /** Set when L1's own record breaks the protocol: nothing after it can be judged. */
  readonly broken: Finding | undefined;
  /** Why the next batch cannot be executed: it builds on a block that is not ours, or by a spec that is not known here. */
  readonly standing: string | undefined;
}

/** Something that is not as it must be. Kept for ever: a wrong answer stays wrong when its batch is dropped. */
export interface Finding {
  readonly subject: string;
  readonly sentence: string;
  readonly expected: string;
  readonly got: string;
  readonly transaction: Hex | undefined;
}

export interface BatchResult {
  readonly inputsHash: Hex;
  readonly outputs: Readonly<Record<'lastNumber' | 'lastHash' | 'stateRoot' | 'lastTimestamp' | 'zkGasUsed' | 'dropRoot', string>>;
  readonly emptiedBecause: string | undefined;
  /** Storage root of the MessagePasser, which withdrawals are proven against. */
  readonly passerRoot: Hex;
  readonly executed: Executed;
  readonly milliseconds: number;
}

/** What L1 recorded about a batch's outcome. */
export interface Claim {
  readonly by: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly transaction: Hex;
}

export interface StoredMessage {
  readonly raw: Hex;
  readonly accumulator: Hex;
}

export interface StoredCommit {
  readonly inputs: Readonly<Record<string, string>>;
  readonly commitTime: number;
  readonly payload: Hex;
  readonly transaction: Hex;
}

export const KEYS = {
  state: ['replay', 'state'], fault: ['replay', 'fault'], findings: ['replay', 'finding'],
  finding: (id: string) => ['replay', 'finding', id], message: (index: number) => ['replay', 'message', index], commit: (batch: number) => ['replay', 'commit', batch],
  result: (batch: number) => ['replay', 'result', batch], root: (stateRoot: string) => ['replay', 'root', stateRoot], claims: (batch: number) => ['replay', 'claim', batch], claim: (batch: number, by: string) => ['replay', 'claim', batch, by],
  fees: (hash: string) => ['replay', 'fees', hash], l2Hash: (number: number) => ['replay', 'l2Hash', number], proven: ['replay', 'proven'], provenRoot: (root: string) => ['replay', 'proven', root],
  paid: ['replay', 'paid'], paidWithdrawal: (hash: string) => ['replay', 'paid', hash],
} as const;

export function stateOf(store: Store): ReplayState | undefined {
  return store.get<ReplayState>(KEYS.state);
}

export function headOf({ head }: Executed): BlockHead {
  return { number: BigInt(head.number), hash: head.hash, stateRoot: head.stateRoot, timestamp: BigInt(head.timestamp), baseFeeWei: BigInt(head.baseFeeWei), gasUsed: BigInt(head.gasUsed) };
}

export function storedHead(head: BlockHead): Executed['head'] {
  return { number: String(head.number), hash: head.hash, stateRoot: head.stateRoot, timestamp: String(head.timestamp), baseFeeWei: String(head.baseFeeWei), gasUsed: String(head.gasUsed) };
}

export function rangesOf({ skipped }: Pick<ReplayState, 'skipped'>): readonly MessageRange[] {
  return skipped.map(({ from, to }) => ({ from: BigInt(from), to: BigInt(to) }));
}
