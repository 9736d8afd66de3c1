// What crosses the boundary of node/l1: verified L1 blocks and the steps of a cursor over them.
//
// Owns: the types. Does not own: reading (reader.ts), verifying (header.ts, receipt.ts), deriving L2 (node/derive).
// Invariant: an L1Header or L1Log exists only after its hash, or its block's receipts root, was recomputed and matched.

import type { Hex } from '@keyfall/protocol';

/** One block of one L1 chain. */
export interface L1Point { readonly number: bigint; readonly hash: Hex }

/** The fields of a verified header that the rollup reads. `hash` was recomputed from all of the header's fields. */
export interface L1Header extends L1Point {
  readonly parentHash: Hex;
  /** Seconds. */
  readonly timestamp: bigint;
  /** 0 before London. */
  readonly baseFeeWei: bigint;
  readonly stateRoot: Hex;
  readonly transactionsRoot: Hex;
  readonly receiptsRoot: Hex;
  readonly logsBloom: Uint8Array;
}

/** A log of a followed address, read from receipts whose root the header commits to. */
export interface L1Log {
  readonly address: Hex;
  readonly topics: readonly Hex[];
  readonly data: Uint8Array;
  /** Position among all logs of the block. */
  readonly logIndex: number;
  /** Of the emitting transaction: recomputed from its signed bytes under the header's transactions root. */
  readonly transactionHash: Hex;
}

export interface L1Block {
  readonly header: L1Header;
  /** Logs of the followed addresses, in block order; complete. */
  readonly logs: readonly L1Log[];
}

/** What the follower already holds; every read is synchronous and from the persisted record. */
export interface KnownL1Chain {
  /** Last L1 block taken over. */
  readonly cursor: L1Point;
  /** Hash taken over at `number`; undefined below the oldest kept one. Kept at least from the finalized block to `cursor`. */
  hashAt(number: bigint): Hex | undefined;
}

/** Tips the endpoint showed, each header verified. */
export interface L1Tips { readonly head: L1Header; readonly finalized: L1Header }

export type L1Step =
  /** `blocks` (at least one) follow the cursor in order. */
  | { readonly kind: 'forward'; readonly blocks: readonly L1Block[]; readonly tips: L1Tips }
  /** The chain was reorganized: drop everything above `ancestor`, then ask again. */
  | { readonly kind: 'unwind'; readonly ancestor: L1Point; readonly tips: L1Tips }
  /** Nothing new. */
  | { readonly kind: 'current'; readonly tips: L1Tips };
