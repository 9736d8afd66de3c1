// Doing what the core decided: execution, persistence, the mempool's part of both.
//
// Owns: turning each effect into calls of engine, store and mempool, and its notice. Does not own: order and the loop
// (driver.ts), decisions (step.ts).
// Invariant: each effect that persists is one atomic write which includes the head record; at most one execution is pending.

import { strict as assert } from 'node:assert';
import { nextBaseFeeWei } from '@keyfall/protocol';
import type { ExecutionEngine, InboxMessage, PendingBlock, SentTransaction } from '../execute/api.ts';
import type { Notice, UnwoundBlock } from '../chainView.ts';
import { executableMessage } from '../derive/batch.ts';
import { addBlock, blockSizeBytes, removeBlock, type ChainStore } from '../store/chainStore.ts';
import { messageTransactionCount, ordinaryTransactions, payloadBytesOf } from '../store/payloads.ts';
import type { BlockRecord } from '../store/records.ts';
import { accountsMovedBy, type Mempool } from '../sequence/mempool.ts';
import type { Selection } from '../sequence/selection.ts';
import { writesOf } from './changes.ts';
import type { BlockPlace, Change, Effect, ExecutionRequest } from './effect.ts';
import type { CoreEvent } from './event.ts';
import type { CoreReads } from './state.ts';

export interface PerformerDependencies {
  store: ChainStore;
  reads: CoreReads;
  engine: ExecutionEngine;
  /** Undefined on a follower. */
  mempool: Mempool | undefined;
}

type Performed = Exclude<Effect, { kind: 'again' | 'report' }>;
interface PendingExecution { pending: PendingBlock; request: ExecutionRequest; selection: Selection | undefined; payloadBytes: number }

export class Performer {
  readonly #dependencies: PerformerDependencies;
  readonly #announce: (notice: Notice) => void;
  #pending: PendingExecution | undefined;

  constructor(dependencies: PerformerDependencies, announce: (notice: Notice) => void) {
    this.#dependencies = dependencies;
    this.#announce = announce;
  }

  /** Resolves when the effect is complete and durable, with its answer if it has one. */
  async perform(effect: Performed): Promise<CoreEvent | undefined> {
    switch (effect.kind) {
      case 'write':
        await this.#dependencies.store.kv.write(writesOf(effect.change));
        this.#announce({ kind: 'heads', heads: effect.change.head });
        return undefined;
      case 'unwind':
        await this.#unwind(effect.to, effect.change, effect.requeue);
        return undefined;
      case 'execute':
        return this.#execute(effect.request);
      case 'adopt':
        return this.#adopt(effect.place, effect.change);
      case 'discard':
        this.#pending = undefined;
        return undefined;
      default:
        return assertUnreachable(effect);
    }
  }

  async #execute(request: ExecutionRequest): Promise<CoreEvent> {
    const { engine, mempool } = this.#dependencies;
    this.#pending = undefined;
    const { parentHash, timestamp, fees, transactions } = request;
    const input = { parentHash, timestamp, fees, messages: this.#messages(request.messagesFrom, request.messagesTo) };
    let selection: Selection | undefined;
    let result;
    if ('pool' in transactions) {
      assert(mempool !== undefined, 'a follower was asked to build');
      const { baseFeePerGas, gasUsed, gasLimit } = engine.head.header;
      selection = mempool.select(nextBaseFeeWei({ baseFeeWei: baseFeePerGas, gasUsed, gasLimit }), transactions.pool);
      result = await engine.buildBlock(input, selection);
    } else {
      const sent: SentTransaction[] = [];
      for (const [position, recovered] of (await engine.recoverTransactions(transactions)).entries()) {
        if (!recovered.ok) return { kind: 'invalid', message: `transaction ${position}: ${recovered.message}` };
        sent.push(recovered.transaction);
      }
      result = await engine.executeBlock({ ...input, transactions: sent });
    }
    if (!result.ok) return { kind: 'invalid', message: result.invalid.message };
    return this.#executed(result.pending, request, selection);
  }

  #executed(pending: PendingBlock, request: ExecutionRequest, selection: Selection | undefined): CoreEvent {
    const { block } = pending;
    const ordinary = block.transactions.slice(messageTransactionCount({ ...request, dropped: block.dropped }));
    const payloadBytes = payloadBytesOf({
      timestampDelta: request.timestamp - request.parentTimestamp, messageCount: request.messagesTo - request.messagesFrom,
      transactions: ordinary.map(({ transaction }) => transaction),
    });
    this.#pending = { pending, request, selection, payloadBytes };
    return {
      kind: 'executed',
      execution: {
        number: block.header.number, hash: block.hash, timestamp: block.header.timestamp, zkGasUsed: block.zkGasUsed, dropped: block.dropped,
        transactionCount: ordinary.length, payloadBytes, hitBatchLimit: selection?.hitBatchLimit ?? false,
      },
    };
  }

  #messages(from: bigint, to: bigint): InboxMessage[] {
    const messages: InboxMessage[] = [];
    for (let index = from; index < to; index++) {
      const record = this.#dependencies.store.message(index);
      assert(record !== undefined, `message ${index} is not stored`);
      messages.push(executableMessage(record));
    }
    return messages;
  }

  async #adopt(place: BlockPlace, change: Change): Promise<CoreEvent> {
    const execution = this.#pending;
    assert(execution !== undefined, 'nothing is pending to adopt');
    this.#pending = undefined;
    const { engine, mempool } = this.#dependencies;
    const { pending, selection } = execution;
    const { block } = pending;
    const { header, hash, headerRaw } = block;
    const record: BlockRecord = {
      number: header.number, hash, headerRaw, header, sizeBytes: blockSizeBytes(headerRaw, block.transactions.map(({ transaction }) => transaction)),
      transactionCount: block.transactions.length, batchIndex: place.batchIndex, origin: place.origin, feeScalars: place.feeScalars,
      messagesFrom: place.messagesFrom, messagesTo: place.messagesTo, dropped: block.dropped, zkGasUsed: block.zkGasUsed, batchUse: place.batchUse,
    };
    const included = block.transactions.map(({ transaction }) => transaction);
    const journal = mempool?.journalOf(included, selection) ?? [];
    await pending.commit([...addBlock(record, block), ...writesOf(change), ...journal]);
    this.#announce({ kind: 'heads', heads: change.head });
    this.#announce({ kind: 'block', block: record });
    if (mempool !== undefined) {
      const ordinary = included.slice(messageTransactionCount(record)).flatMap((transaction) => (transaction.type === 0x7e ? [] : [transaction]));
      await mempool.blockAdopted(accountsMovedBy(included), selection, {
        baseFeeWei: header.baseFeePerGas, isFull: header.gasUsed * 10n > engine.head.header.gasLimit * 9n, included: ordinary,
      });
    }
    return { kind: 'adopted', block: record };
  }

  async #unwind(to: bigint, change: Change, requeue: boolean): Promise<void> {
    const { store, engine, mempool } = this.#dependencies;
    const head = engine.head.header.number;
    this.#pending = undefined;
    if (to === head) {
      await store.kv.write(writesOf(change));
      this.#announce({ kind: 'heads', heads: change.head });
      return;
    }
    const unwound: UnwoundBlock[] = [];
    const returned: SentTransaction[] = [];
    for (let number = head; number > to; number--) {
      const block = store.block(number);
      const receipts = store.receipts(number);
      const transactionHashes = store.transactionHashes(number);
      assert(block !== undefined && receipts !== undefined && transactionHashes !== undefined, `block ${number} is not stored`);
      unwound.push({ block, receipts, transactionHashes });
      if (requeue && mempool !== undefined) returned.unshift(...this.#ordinary(block));
    }
    const removals = unwound.flatMap(({ block }) => removeBlock(store, block.number));
    await engine.unwind(to, [...removals, ...writesOf(change), ...(mempool?.journalOfUnwound(returned) ?? [])]);
    this.#announce({ kind: 'heads', heads: change.head });
    this.#announce({ kind: 'unwound', blocks: unwound, head: change.head.unsafe });
    await mempool?.blocksUnwound(returned);
  }

  #ordinary(block: BlockRecord): SentTransaction[] {
    return ordinaryTransactions(this.#dependencies.store, block).map(({ raw, sender }) => {
      const decoded = this.#dependencies.engine.decodeTransaction(raw);
      assert(decoded.ok, `a transaction of block ${block.number} does not decode`);
      return { ...decoded.transaction, sender };
    });
  }
}

function assertUnreachable(effect: never): never {
  throw new assert.AssertionError({ message: `unknown effect ${JSON.stringify(effect)}` });
}
