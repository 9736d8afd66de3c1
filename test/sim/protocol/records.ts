/** What the protocol model keeps of messages, batches, disputes and a stay in Enforced. Owns shapes only; the rules are in protocol.ts. */
import type { Answer } from './lanes.ts';

export interface Message {
  readonly wall: number;
  readonly t: number;
  readonly zkGas: number;
  /** No prover can prove a block that holds it. */
  readonly poison: boolean;
  fate: 'pending' | 'final' | 'skipped';
}

export interface Batch {
  readonly parentHash: string;
  readonly from: number;
  readonly to: number;
  readonly committedAt: number;
  readonly committedWall: number;
  readonly enforced: boolean;
  readonly spec: number;
  /** No prover can prove it, because of its own payload. */
  readonly unprovable: boolean;
  readonly answers: Answer[];
  /** Lane of the answer that made it final: the earliest zk answer. */
  decidedBy?: string;
}

export interface Dispute {
  readonly batch: number;
  readonly answers: readonly [Answer, Answer];
  /** Wall time after which, unresolved, the chain freezes. */
  readonly end: number;
}

export interface Episode {
  readonly enteredAt: number;
  lastProgressAt: number;
  lastFinalAt: number;
  skipWidth: number;
  firstSkipAt: number | undefined;
  lastSkipAt: number | undefined;
  announcedAt: number | undefined;
  returnTarget: number | undefined;
  returnSettledAt: number | undefined;
}

export type Mode = 'Operating' | 'Enforced' | 'Frozen';
