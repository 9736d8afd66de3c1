// The chain view over the store: what JSON-RPC, metrics and the batcher read.
//
// Owns: decoding stored bytes into what readers want. Does not own: storage (node/store), the head's movement
// (node/pipeline), state reads (ExecutionEngine).
// Invariant: reads see the last completed atomic write, never a part of one; and no block above the announced head, because a write
// is on disk a little before the engine can read its state, and a receipt whose block `latest` does not know yet would be a contradiction.

import { strict as assert } from 'node:assert';
import { addressBytes, decodeDepositTransaction } from '@keyfall/protocol';
import type { ChainView, Notice, PoolView, Submission, SyncStatus, TransactionLocation } from './chainView.ts';
import { executableMessage } from './derive/batch.ts';
import type { BlockReplay, BlockTransaction, ExecutionEngine, InboxMessage, SentTransaction } from './execute/api.ts';
import type { Driver } from './pipeline/driver.ts';
import { refusalOfAll } from './sequence/acceptance.ts';
import type { Mempool } from './sequence/mempool.ts';
import type { ChainStore } from './store/chainStore.ts';
import { messageTransactionCount, payloadOf } from './store/payloads.ts';
import type { BatchRecord, BlockRecord, CommitRecord, HeadRecord, MessageRecord, StoredReceipt } from './store/records.ts';

export interface ChainDependencies {
  store: ChainStore;
  engine: ExecutionEngine;
  driver: Pick<Driver, 'state' | 'subscribe'>;
  /** Undefined on a follower, which takes no transactions. */
  mempool: Mempool | undefined;
  l1Target: () => bigint | undefined;
}

const NO_POOL: PoolView = {
  transaction: () => undefined, nextNonce: () => undefined, counts: () => ({ pending: 0, queued: 0 }), ofSender: () => ({ pending: [], queued: [] }),
  senders: () => [], suggestedTipWei: () => 0n,
};

export class StoredChain implements ChainView {
  readonly chainId: bigint;
  readonly pool: PoolView;
  readonly #dependencies: ChainDependencies;
  #head: HeadRecord;

  constructor(dependencies: ChainDependencies) {
    this.#dependencies = dependencies;
    this.chainId = dependencies.engine.chainId;
    this.pool = dependencies.mempool ?? NO_POOL;
    const head = dependencies.store.head();
    assert(head !== undefined, 'the store has no head record');
    this.#head = head;
    // Readers see a head once it is announced: the record on disk is visible a little before the engine can read its state.
    dependencies.driver.subscribe((notice) => { if (notice.kind === 'heads') this.#head = notice.heads; });
  }

  get #store(): ChainStore {
    return this.#dependencies.store;
  }

  heads(): HeadRecord {
    return this.#head;
  }

  status(): SyncStatus {
    const { driver, l1Target } = this.#dependencies;
    const { state } = driver;
    return {
      mode: state.config.sequencing === undefined ? 'follower' : 'sequencer', l1Target: l1Target(), l1Current: state.head.l1.number,
      haltedBecause: state.halted ?? state.standing ?? state.trouble,
    };
  }

  #isAnnounced(blockNumber: bigint): boolean {
    return blockNumber <= this.#head.unsafe.number;
  }

  block(number: bigint): BlockRecord | undefined {
    return this.#isAnnounced(number) ? this.#store.block(number) : undefined;
  }
  blockNumber(hash: Uint8Array): bigint | undefined {
    const number = this.#store.blockNumber(hash);
    return number !== undefined && this.#isAnnounced(number) ? number : undefined;
  }
  transactions(blockNumber: bigint): readonly BlockTransaction[] | undefined {
    if (!this.#isAnnounced(blockNumber)) return undefined;
    const stored = this.#store.transactions(blockNumber);
    const hashes = this.#store.transactionHashes(blockNumber);
    if (stored === undefined || hashes === undefined) return undefined;
    return stored.map((transaction, position) => this.#decode(transaction, hashes[position]!));
  }
  transaction({ blockNumber, position }: TransactionLocation): BlockTransaction | undefined {
    if (!this.#isAnnounced(blockNumber)) return undefined;
    const transaction = this.#store.transactions(blockNumber)?.[position];
    const hash = this.#store.transactionHashes(blockNumber)?.[position];
    return transaction === undefined || hash === undefined ? undefined : this.#decode(transaction, hash);
  }
  transactionHashes(blockNumber: bigint): readonly Uint8Array[] | undefined {
    return this.#isAnnounced(blockNumber) ? this.#store.transactionHashes(blockNumber) : undefined;
  }
  locate(transactionHash: Uint8Array): TransactionLocation | undefined {
    const location = this.#store.locate(transactionHash);
    return location !== undefined && this.#isAnnounced(location.blockNumber) ? location : undefined;
  }
  receipts(blockNumber: bigint): readonly StoredReceipt[] | undefined {
    return this.#isAnnounced(blockNumber) ? this.#store.receipts(blockNumber) : undefined;
  }
  blooms(from: bigint, to: bigint): Iterable<{ blockNumber: bigint; bloom: Uint8Array }> {
    return this.#store.blooms(from, to);
  }

  replay(blockNumber: bigint): BlockReplay | undefined {
    const block = this.block(blockNumber);
    const parent = blockNumber > 0n ? this.#store.block(blockNumber - 1n) : undefined;
    const transactions = this.transactions(blockNumber);
    if (block === undefined || parent === undefined || transactions === undefined) return undefined;
    const messages: InboxMessage[] = [];
    for (let index = block.messagesFrom; index < block.messagesTo; index++) {
      const record = this.#store.message(index);
      assert(record !== undefined, `message ${index} of block ${blockNumber} is not stored`);
      messages.push(executableMessage(record));
    }
    const ordinary = transactions.slice(messageTransactionCount(block)).map((transaction): SentTransaction => {
      assert(transaction.type !== 0x7e, `block ${blockNumber} has a message's transaction among the ordinary ones`);
      return transaction;
    });
    const fees = { originBaseFeeWei: block.origin?.baseFeeWei ?? 0n, ...block.feeScalars };
    return { parent: parent.header, header: block.header, fees, messages, transactions: ordinary };
  }

  message(index: bigint): MessageRecord | undefined {
    return this.#store.message(index);
  }
  batch(index: bigint): BatchRecord | undefined {
    return this.#store.batch(index);
  }
  commit(batchIndex: bigint): CommitRecord | undefined {
    return this.#store.commit(batchIndex);
  }
  payload(batchIndex: bigint): Uint8Array | undefined {
    const batch = this.#store.batch(batchIndex);
    if (batch === undefined || batchIndex === 0n) return undefined;
    return this.#store.commit(batchIndex)?.payload ?? payloadOf(this.#store, batch.firstBlock, batch.lastBlock);
  }

  async submit(raw: Uint8Array): Promise<Submission> {
    const { mempool, driver } = this.#dependencies;
    const refusal = refusalOfAll(this.#head.progress.phase, driver.state.halted);
    if (refusal !== undefined) return refusal;
    if (mempool === undefined) return { ok: false, code: 'read-only', message: 'this node follows the chain and takes no transactions; send to the sequencer' };
    return mempool.submit(raw);
  }
  subscribe(listener: (notice: Notice) => void): () => void {
    return this.#dependencies.driver.subscribe(listener);
  }

  #decode({ raw, sender }: { raw: Uint8Array; sender: Uint8Array }, hash: Uint8Array): BlockTransaction {
    if (raw[0] !== 0x7e) {
      const decoded = this.#dependencies.engine.decodeTransaction(raw);
      assert(decoded.ok, 'a stored transaction does not decode');
      return { ...decoded.transaction, sender };
    }
    const decoded = decodeDepositTransaction(raw);
    assert(decoded.ok, 'a stored message transaction does not decode');
    const { chainId, index, to, mintWei, valueWei, gas, surcharge, data } = decoded.value;
    return {
      type: 0x7e, raw, hash, chainId, messageIndex: index, sender, to: to === null ? undefined : addressBytes(to),
      mint: mintWei, value: valueWei, gasLimit: gas, surchargeLimit: surcharge, data,
    };
  }
}
