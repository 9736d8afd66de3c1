// What the node shows of itself: the read interface that JSON-RPC, metrics and the batcher's feed are written against.
//
// Owns: the types only. Does not own: the implementation (node/chain.ts over node/store), execution reads
// (ExecutionEngine.stateAt, call, trace), JSON.
// Invariant: a notice is sent only after what it names is durable, and everything it names can be read when it comes.

import type { BlockReplay, BlockTransaction, SentTransaction, TransactionInvalid } from './execute/api.ts';
import type { BatchRecord, BlockRecord, BlockReference, CommitRecord, HeadRecord, MessageRecord, StoredReceipt } from './store/records.ts';

/** Where a transaction stands: its block and its position in it (messages' transactions included). */
export interface TransactionLocation { blockNumber: bigint; position: number }

/** A change of what readers see. */
export type Notice =
  /** New tip. `block` is durable. */
  | { kind: 'block'; block: BlockRecord }
  /** Blocks left the chain, newest first; their logs are `removed`. Records are given because they are gone from the store. */
  | { kind: 'unwound'; blocks: readonly UnwoundBlock[]; head: BlockReference }
  /** safe, finalized or the L1 cursor moved. */
  | { kind: 'heads'; heads: HeadRecord }
  /** Transactions entered the pool, durably. */
  | { kind: 'pending'; transactions: readonly SentTransaction[] };
export interface UnwoundBlock { block: BlockRecord; receipts: readonly StoredReceipt[]; transactionHashes: readonly Uint8Array[] }

/** Outcome of eth_sendRawTransaction: `ok` only after the transaction is durable and survives kill -9. */
export type Submission =
  | { ok: true; hash: Uint8Array }
  | { ok: false; code: SubmissionRefusal; message: string };
export type SubmissionRefusal =
  | 'malformed' | 'unsupported-type' | 'invalid-signature' | 'already-known' | 'underpriced' | 'replacement-underpriced'
  | 'account-full' | 'pool-full' | 'too-large' | 'gas-limit-above-block' | 'stopping' | 'read-only' | 'enforced' | 'frozen' | 'halted' | TransactionInvalid;

export interface PoolView {
  transaction(hash: Uint8Array): SentTransaction | undefined;
  /** First nonce this sender has no pooled transaction for, counting from its account nonce; undefined = it has none pooled. */
  nextNonce(sender: Uint8Array): bigint | undefined;
  /** `pending` = executable in nonce order now, `queued` = behind a nonce gap. */
  counts(): { pending: number; queued: number };
  /** Ascending nonces. */
  ofSender(sender: Uint8Array): { pending: readonly SentTransaction[]; queued: readonly SentTransaction[] };
  senders(): Iterable<Uint8Array>;
  /** Lowest effective tip that is likely to enter the next block, wei; 0 when blocks are not full. */
  suggestedTipWei(): bigint;
}

export interface SyncStatus {
  mode: 'sequencer' | 'follower';
  /** Highest L1 block its endpoint reports; undefined = unknown (endpoint unreachable or refused as lying). */
  l1Target: bigint | undefined;
  /** Applied L1 block. */
  l1Current: bigint;
  /** undefined = following normally; else why it stands still, for a person. */
  haltedBecause: string | undefined;
}

export interface ChainView {
  readonly chainId: bigint;
  readonly pool: PoolView;
  heads(): HeadRecord;
  status(): SyncStatus;
  block(number: bigint): BlockRecord | undefined;
  blockNumber(hash: Uint8Array): bigint | undefined;
  /** All transactions of a block in order, decoded, with senders; undefined = no such block. */
  transactions(blockNumber: bigint): readonly BlockTransaction[] | undefined;
  transaction(location: TransactionLocation): BlockTransaction | undefined;
  transactionHashes(blockNumber: bigint): readonly Uint8Array[] | undefined;
  locate(transactionHash: Uint8Array): TransactionLocation | undefined;
  receipts(blockNumber: bigint): readonly StoredReceipt[] | undefined;
  /** Blocks with a non-zero bloom in [from, to], ascending: the index that eth_getLogs filters. */
  blooms(from: bigint, to: bigint): Iterable<{ blockNumber: bigint; bloom: Uint8Array }>;
  /** What tracing re-executes; undefined = no such block, or genesis. */
  replay(blockNumber: bigint): BlockReplay | undefined;
  message(index: bigint): MessageRecord | undefined;
  batch(index: bigint): BatchRecord | undefined;
  commit(batchIndex: bigint): CommitRecord | undefined;
  /** The payload a closed batch of this node encodes to; undefined = not closed here. */
  payload(batchIndex: bigint): Uint8Array | undefined;
  /** Never throws on bad bytes. Concurrent calls share one recovery batch and one durable write. */
  submit(raw: Uint8Array): Promise<Submission>;
  /** The listener must not throw and must return at once. Returns the unsubscriber. */
  subscribe(listener: (notice: Notice) => void): () => void;
}
