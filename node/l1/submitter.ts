// The durable queue of L1 transactions of one account: batcher and attester send through it.
//
// Owns: records, nonces, signing, sending, looking after what was sent. Does not own: decisions (submission.ts), what the
// transactions mean. One account is used by one submitter alone; a foreign transaction is survived, not expected.
// Invariant: a signed attempt is durable before it is sent, so that after kill -9 the same bytes are sent again and no
// nonce is used for two requests.

import { SigningKey, Transaction, computeAddress } from 'ethers';
import { bytesToBigint, concat, uintBytes, type Hex } from '@keyfall/protocol';
import type { StateKeyValue } from '../execute/api.ts';
import { RetryableL1Fault } from './fault.ts';
import { bytesOfHex, hexOf, hexQuantity, readHash, readObject, readQuantity } from './hex.ts';
import { readHeader } from './header.ts';
import type { L1Rpc } from './rpc.ts';
import { decideSubmission, type Attempt, type FeePolicy, type Fees, type Inclusion, type SubmissionRecord, type SubmissionRequest, type SubmissionStep, type SubmissionView } from './submission.ts';
import { decodeTagged, encodeTagged } from './taggedJson.ts';

export interface SubmitterOptions {
  readonly rpc: L1Rpc;
  readonly chainId: bigint;
  /** 0x and 32 bytes. Held in memory only. */
  readonly privateKey: string;
  readonly store: StateKeyValue;
  /** First byte of the keys this queue may use; another one for each queue in a store. */
  readonly keyPrefix: number;
  readonly policy: FeePolicy;
  /** Most transactions sent and not included. Default 8. */
  readonly maxInFlight?: number;
  /** Final records kept for inspection, without their data. Default 1,000. */
  readonly keptFinal?: number;
}

const CANCEL_GAS = 21_000n;
const ROW = 1;
const ID = 2;
const MAX_ROWS = 2n ** 64n - 1n;

interface AccountView { readonly headNumber: bigint; readonly baseFeeWei: bigint; readonly finalizedNumber: bigint; readonly nonce: bigint; readonly finalizedNonce: bigint; readonly balanceWei: bigint; readonly suggestedTipWei: bigint }

export class L1Submitter {
  readonly address: Hex;
  readonly #options: SubmitterOptions;
  readonly #key: SigningKey;
  /** Mirror of the stored records by sequence, ascending; changed only after the write is durable. */
  readonly #records = new Map<bigint, SubmissionRecord>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: SubmitterOptions) {
    this.#options = options;
    this.#key = new SigningKey(options.privateKey);
    this.address = hexOf(bytesOfHex(computeAddress(this.#key.publicKey)));
    const end = this.#rowKey(MAX_ROWS);
    for (let entry = options.store.first(this.#rowKey(0n), end); entry !== undefined; entry = options.store.first(concat(entry.key, Uint8Array.of(0)), end)) {
      const record = decodeTagged(entry.value) as SubmissionRecord;
      this.#records.set(record.sequence, record);
    }
  }

  /** Adds a request durably; an id seen before gives its existing record, whatever else the request says. */
  async enqueue(request: SubmissionRequest): Promise<SubmissionRecord> {
    return await this.#inTurn(async () => {
      const existing = this.get(request.id);
      if (existing !== undefined) return existing;
      const sequence = (this.#rows().at(-1)?.sequence ?? -1n) + 1n;
      const record: SubmissionRecord = { request, sequence, state: 'queued', nonce: undefined, gasLimit: request.gasLimit, attempts: [], inclusion: undefined, heldBecause: undefined, isCancelled: false };
      await this.#save(record);
      return record;
    });
  }

  get(id: string): SubmissionRecord | undefined {
    const sequence = this.#options.store.get(this.#idKey(id));
    return sequence === undefined ? undefined : this.#records.get(bytesToBigint(sequence));
  }

  /** All records, oldest first: the queue as it stands. */
  list(): readonly SubmissionRecord[] {
    return this.#rows();
  }

  /** Takes a request back: at once if it was never signed, else by replacing it with an empty transaction, if L1 lets it. */
  async cancel(id: string): Promise<'removed' | 'replacing' | 'too-late' | 'unknown'> {
    return await this.#inTurn(async () => {
      const record = this.get(id);
      if (record === undefined) return 'unknown';
      if (record.state === 'included' || record.state === 'final') return 'too-late';
      if (record.state === 'queued') {
        await this.#remove([record]);
        return 'removed';
      }
      await this.#save({ ...record, isCancelled: true });
      return 'replacing';
    });
  }

  /** Moves every record as far as L1 allows now. Call it again after each L1 block. @throws RetryableL1Fault */
  async advance(signal?: AbortSignal): Promise<void> {
    await this.#inTurn(async () => {
      if (this.#rows().every((record) => record.state === 'final')) return;
      const account = await this.#account(signal);
      await this.#fillGap(account);
      for (const record of this.#rows()) {
        if (record.state !== 'final') await this.#advanceOne(record, account, signal);
      }
      await this.#prune();
    });
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work, work);
    this.#turn = turn.catch(() => undefined);
    return await turn;
  }

  async #advanceOne(record: SubmissionRecord, account: AccountView, signal: AbortSignal | undefined): Promise<void> {
    if (record.state === 'queued' && record.nonce === undefined && this.#rows().filter((other) => other.state === 'sent').length >= (this.#options.maxInFlight ?? 8)) return;
    const gas = record.isCancelled ? CANCEL_GAS : record.gasLimit ?? await this.#estimate(record.request, signal);
    if (typeof gas === 'string') return await this.#apply(record, { kind: 'hold', because: gas }, account, 0n, signal);
    const view: SubmissionView = { ...account, ...await this.#fate(record, signal) };
    await this.#apply(record, decideSubmission(record, view, this.#options.policy, gas), account, gas, signal);
  }

  async #apply(record: SubmissionRecord, step: SubmissionStep, account: AccountView, gasLimit: bigint, signal: AbortSignal | undefined): Promise<void> {
    switch (step.kind) {
      case 'wait': return;
      case 'hold':
        if (record.heldBecause !== step.because) await this.#save({ ...record, heldBecause: step.because });
        return;
      case 'record': return await this.#save(step.record.state === 'final' ? withoutBytes(step.record) : step.record);
      case 'rebroadcast': return await this.#send(record, signal);
      case 'sign': {
        const nonce = record.nonce ?? this.#nextNonce(account);
        const attempt = this.#sign(record, nonce, gasLimit, step.fees, account.headNumber);
        const signed: SubmissionRecord = { ...record, state: 'sent', nonce, gasLimit: record.isCancelled ? record.gasLimit : gasLimit, attempts: [...record.attempts, attempt], heldBecause: undefined };
        await this.#save(signed);
        return await this.#send(signed, signal);
      }
    }
  }

  /**
   * After everything this queue has signed and not settled, and after what the chain has seen of this account. Settled ones do
   * not count: the chain has seen them, unless even final blocks were replaced, and then their nonces are free again.
   */
  #nextNonce(account: AccountView): bigint {
    return this.#rows().reduce((next, record) => (record.state !== 'final' && record.nonce !== undefined && record.nonce >= next ? record.nonce + 1n : next), account.nonce);
  }

  /**
   * Nonces below a sent transaction that nothing fills any more (final blocks were replaced): an empty transaction takes each,
   * because what was sent under a higher nonce may be included once the way is free, and so must not be signed again.
   */
  async #fillGap(account: AccountView): Promise<void> {
    const open = this.#rows().filter((record) => record.state !== 'final' && record.nonce !== undefined);
    const nonces = open.map((record) => record.nonce ?? 0n);
    if (!nonces.some((nonce) => nonce > account.nonce) || nonces.includes(account.nonce)) return;
    const sequence = (this.#rows().at(-1)?.sequence ?? -1n) + 1n;
    const request: SubmissionRequest = { id: `gap:${account.nonce}:${sequence}`, to: this.address, data: new Uint8Array(0), valueWei: 0n, gasLimit: CANCEL_GAS };
    await this.#save({ request, sequence, state: 'queued', nonce: account.nonce, gasLimit: CANCEL_GAS, attempts: [], inclusion: undefined, heldBecause: undefined, isCancelled: true });
  }

  #sign(record: SubmissionRecord, nonce: bigint, gasLimit: bigint, fees: Fees, headNumber: bigint): Attempt {
    const { to, data, valueWei } = record.request;
    const content = record.isCancelled ? { to: this.address, data: '0x', value: 0n } : { to, data: hexOf(data), value: valueWei };
    const transaction = Transaction.from({
      type: 2, chainId: this.#options.chainId, nonce: Number(nonce), gasLimit, maxFeePerGas: fees.maxFeeWei, maxPriorityFeePerGas: fees.tipWei, ...content,
    });
    transaction.signature = this.#key.sign(transaction.unsignedHash);
    const raw = bytesOfHex(transaction.serialized);
    return { hash: readHash(transaction.hash, 'transaction hash'), raw, maxFeeWei: fees.maxFeeWei, tipWei: fees.tipWei, signedAtBlock: headNumber };
  }

  /** Sends the newest attempt. What the endpoint answers is noted, never trusted: only a receipt settles anything. */
  async #send(record: SubmissionRecord, signal: AbortSignal | undefined): Promise<void> {
    const newest = record.attempts.at(-1);
    if (newest === undefined) return;
    try {
      await this.#options.rpc.call('eth_sendRawTransaction', [hexOf(newest.raw)], signal);
    } catch (fault) {
      if (!(fault instanceof RetryableL1Fault) || fault.rpc === undefined) throw fault;
      if (/already known|already imported|known transaction/i.test(fault.rpc.message)) return;
      await this.#save({ ...record, heldBecause: `L1 refused it: ${fault.rpc.message.slice(0, 300)}` });
      return;
    }
    if (record.heldBecause !== undefined) await this.#save({ ...record, heldBecause: undefined });
  }

  /** Gas on the pending block, plus a fifth; a string says why it would fail. */
  async #estimate(request: SubmissionRequest, signal: AbortSignal | undefined): Promise<bigint | string> {
    const call = { from: this.address, to: request.to, data: hexOf(request.data), value: hexQuantity(request.valueWei) };
    try {
      const gas = readQuantity(await this.#options.rpc.call('eth_estimateGas', [call, 'pending'], signal), 'eth_estimateGas');
      return gas + gas / 5n;
    } catch (fault) {
      if (fault instanceof RetryableL1Fault && fault.rpc !== undefined) return `would fail: ${fault.rpc.message.slice(0, 300)} ${typeof fault.rpc.data === 'string' ? fault.rpc.data.slice(0, 330) : ''}`.trim();
      throw fault;
    }
  }

  async #account(signal: AbortSignal | undefined): Promise<AccountView> {
    const [latest, finalized, nonce, finalizedNonce, balance, tip] = await this.#options.rpc.batch([
      { method: 'eth_getBlockByNumber', params: ['latest', false] },
      { method: 'eth_getBlockByNumber', params: ['finalized', false] },
      { method: 'eth_getTransactionCount', params: [this.address, 'latest'] },
      { method: 'eth_getTransactionCount', params: [this.address, 'finalized'] },
      { method: 'eth_getBalance', params: [this.address, 'latest'] },
      { method: 'eth_maxPriorityFeePerGas', params: [] },
    ], signal);
    const head = readHeader(latest);
    return {
      headNumber: head.number, baseFeeWei: head.baseFeeWei, finalizedNumber: readHeader(finalized).number, nonce: readQuantity(nonce, 'nonce'),
      finalizedNonce: readQuantity(finalizedNonce, 'finalized nonce'), balanceWei: readQuantity(balance, 'balance'), suggestedTipWei: readQuantity(tip, 'tip'),
    };
  }

  async #fate(record: SubmissionRecord, signal: AbortSignal | undefined): Promise<Pick<SubmissionView, 'inclusion' | 'isKnown'>> {
    const newest = record.attempts.at(-1);
    if (newest === undefined) return { inclusion: undefined, isKnown: false };
    const answers = await this.#options.rpc.batch([
      { method: 'eth_getTransactionByHash', params: [newest.hash] },
      ...record.attempts.map((attempt) => ({ method: 'eth_getTransactionReceipt', params: [attempt.hash] })),
    ], signal);
    const receipt = answers.slice(1).find((answer) => answer !== null && answer !== undefined);
    return { inclusion: receipt === undefined ? undefined : readInclusion(receipt), isKnown: answers[0] !== null };
  }

  #rows(): readonly SubmissionRecord[] {
    return [...this.#records.values()];
  }

  async #save(record: SubmissionRecord): Promise<void> {
    await this.#options.store.write([{ key: this.#rowKey(record.sequence), value: encodeTagged(record) }, { key: this.#idKey(record.request.id), value: uintBytes(record.sequence, 8) }]);
    this.#records.set(record.sequence, record);
  }

  async #remove(records: readonly SubmissionRecord[]): Promise<void> {
    await this.#options.store.write(records.flatMap((record) => [{ key: this.#rowKey(record.sequence), value: undefined }, { key: this.#idKey(record.request.id), value: undefined }]));
    for (const record of records) this.#records.delete(record.sequence);
  }

  /** Oldest final records beyond the number kept. The newest ones hold the highest nonce, which nextNonce needs. */
  async #prune(): Promise<void> {
    const final = this.#rows().filter((record) => record.state === 'final');
    const excess = final.slice(0, Math.max(0, final.length - (this.#options.keptFinal ?? 1_000)));
    if (excess.length > 0) await this.#remove(excess);
  }

  #rowKey(sequence: bigint): Uint8Array {
    return concat(Uint8Array.of(this.#options.keyPrefix, ROW), uintBytes(sequence, 8));
  }
  #idKey(id: string): Uint8Array {
    return concat(Uint8Array.of(this.#options.keyPrefix, ID), new TextEncoder().encode(id));
  }
}

/** A settled record without the bytes that only sending needed. */
function withoutBytes(record: SubmissionRecord): SubmissionRecord {
  const nothing = new Uint8Array(0);
  return { ...record, request: { ...record.request, data: nothing }, attempts: record.attempts.map((attempt) => ({ ...attempt, raw: nothing })) };
}

function readInclusion(value: unknown): Inclusion {
  const json = readObject(value, 'receipt');
  return {
    transactionHash: readHash(json['transactionHash'], 'receipt.transactionHash'), blockNumber: readQuantity(json['blockNumber'], 'receipt.blockNumber'),
    blockHash: readHash(json['blockHash'], 'receipt.blockHash'), succeeded: readQuantity(json['status'], 'receipt.status') === 1n, gasUsed: readQuantity(json['gasUsed'], 'receipt.gasUsed'),
  };
}
