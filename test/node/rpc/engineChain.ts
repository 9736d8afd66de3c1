// A chain in memory over the real execution engine: every accepted transaction is mined at once, as anvil does.
//
// Owns: joining engine and MemoryChain, admission in the order a pool would apply, blocks with messages. Does not own:
// the pool's rules, batches, durability (the node core's and its tests').
// Invariant: what the chain shows is what the engine executed; unwinding keeps both at the same block.

import { encodeMessage, keccak } from '@keyfall/protocol';
import { createEngine, encodeHeader, MemoryStore } from '../../../node/execute/index.ts';
import type { BlockInput, CandidateOutcome, ExecutedBlock, ExecutionEngine, GenesisAccount, InboxMessage, SentTransaction } from '../../../node/execute/index.ts';
import type { Submission } from '../../../node/chainView.ts';
import { data } from '../../../node/rpc/codec/hex.ts';
import type { BlockRecord } from '../../../node/store/records.ts';
import { MemoryChain } from './memoryChain.ts';

export const CHAIN_ID = 531_337n;
const FEES = { originBaseFeeWei: 1_000_000_000n, dataFeeScalar: 1_000_000n, surchargeScalar: 1_000_000n };
const KINDS = { 1: 'call', 2: 'create', 3: 'signed' } as const;

function recordOf(block: Pick<ExecutedBlock, 'header' | 'hash' | 'headerRaw' | 'transactions' | 'dropped' | 'zkGasUsed'>, parent: BlockRecord | undefined, messageCount: number): BlockRecord {
  const { header, hash, headerRaw } = block;
  const messagesFrom = parent?.messagesTo ?? 0n;
  return {
    number: header.number, hash, headerRaw, header, sizeBytes: headerRaw.length, transactionCount: block.transactions.length, batchIndex: header.number === 0n ? 0n : 1n,
    origin: header.number === 0n ? undefined : { number: 5n, hash: new Uint8Array(32).fill(5), timestamp: 900n, baseFeeWei: FEES.originBaseFeeWei },
    feeScalars: { dataFeeScalar: FEES.dataFeeScalar, surchargeScalar: FEES.surchargeScalar }, messagesFrom, messagesTo: messagesFrom + BigInt(messageCount),
    dropped: block.dropped, zkGasUsed: block.zkGasUsed, batchUse: { firstBlock: 1n, blockCount: 1, payloadBytes: 0, zkGas: 0n, declaredZkGas: 0n },
  };
}

export class EngineChain {
  readonly engine: ExecutionEngine;
  readonly chain: MemoryChain;
  /** While true, accepted transactions stay in the pool. */
  isHolding = false;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(engine: ExecutionEngine, chain: MemoryChain) {
    this.engine = engine;
    this.chain = chain;
    chain.submission = (raw) => this.#inTurn(() => this.#submit(raw));
  }

  static async create(alloc: readonly { address: Uint8Array; account: GenesisAccount }[], retainedBlocks?: bigint): Promise<EngineChain> {
    const engine = await createEngine({ chainId: CHAIN_ID, store: new MemoryStore(), genesis: { timestamp: 1_000n, alloc }, recoveryWorkers: 0, ...(retainedBlocks === undefined ? {} : { retainedBlocks }) });
    const { header, hash } = engine.head;
    const record = recordOf({ header, hash, headerRaw: encodeHeader(header), transactions: [], dropped: [], zkGasUsed: 0n }, undefined, 0);
    return new EngineChain(engine, new MemoryChain(CHAIN_ID, record));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #submit(raw: Uint8Array): Promise<Submission> {
    const recovered = this.engine.recoverTransaction(raw);
    if (!recovered.ok) return { ok: false, code: recovered.code, message: recovered.message };
    const { transaction } = recovered;
    if (this.chain.pool.transaction(transaction.hash) !== undefined || this.chain.locate(transaction.hash) !== undefined) return { ok: false, code: 'already-known', message: 'already known' };
    const admission = this.engine.admission(transaction, FEES);
    if (!admission.ok) return { ok: false, code: admission.reason, message: admission.message };
    this.chain.addPending([transaction]);
    if (!this.isHolding) await this.#mine([], [...this.chain.pool.entries.values()]);
    return { ok: true, hash: transaction.hash };
  }

  /** Mines a block of messages and pooled transactions now. */
  mine(messages: readonly InboxMessage[] = []): Promise<void> {
    return this.#inTurn(() => this.#mine(messages, [...this.chain.pool.entries.values()]));
  }

  async #mine(messages: readonly InboxMessage[], candidates: SentTransaction[]): Promise<void> {
    const parent = this.chain.blocks.at(-1)!.record;
    const input: BlockInput = { parentHash: parent.hash, timestamp: parent.header.timestamp + 1n, fees: FEES, messages };
    const left = [...candidates];
    const result = await this.engine.buildBlock(input, { next: () => left.shift(), outcome: (transaction: SentTransaction, outcome: CandidateOutcome) => {
      if (!outcome.included && outcome.reason !== 'nonce-too-high') this.chain.pool.entries.delete(Buffer.from(transaction.hash).toString('hex'));
    } });
    if (!result.ok) throw new Error(`block is invalid: ${result.invalid.message}`);
    const { block } = result.pending;
    await result.pending.commit();
    for (const message of messages) this.#recordMessage(message);
    const record = recordOf(block, parent, messages.length);
    const transactions = block.transactions.map(({ transaction }) => transaction);
    // The replay wants the ordinary transactions alone: those of messages come from the messages.
    const fromMessages = block.transactions.length - transactions.filter((transaction) => candidates.includes(transaction as SentTransaction)).length;
    const ordinary = transactions.slice(fromMessages).filter((transaction): transaction is SentTransaction => transaction.type !== 0x7e);
    this.chain.append({
      record, transactions, receipts: block.transactions.map(({ receipt: { raw: _raw, ...receipt } }) => receipt),
      replay: { parent: parent.header, header: block.header, fees: FEES, messages, transactions: ordinary },
    });
  }

  #recordMessage(message: InboxMessage): void {
    const hex = (bytes: Uint8Array): `0x${string}` => data(bytes) as `0x${string}`;
    const raw = encodeMessage({
      kind: KINDS[message.kind], sender: hex(message.sender), to: hex(message.to), mintWei: message.mint, valueWei: message.value, gas: message.gas,
      surcharge: message.surcharge, l1Time: message.l1Time, data: message.data,
    });
    this.chain.messages.push({ index: message.index, raw, accumulator: keccak(raw), l1Number: 3n, l1TransactionHash: new Uint8Array(32).fill(3) });
  }

  /** Takes blocks back, in engine and chain. */
  unwindTo(number: bigint): Promise<void> {
    return this.#inTurn(async () => {
      await this.engine.unwind(number);
      this.chain.unwindTo(number);
    });
  }
}
