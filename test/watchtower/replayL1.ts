/**
 * L1's record of a rollup as the engine keeps it, made by hand: messages, commits, answers, finality. Owns writing what an honest L1 would, and letting a
 * test change one thing. Asserts nothing; no L1 runs.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createBlockHeader } from '@ethereumjs/block';
import { createCustomCommon, Hardfork, Mainnet } from '@ethereumjs/common';
import {
  encodeMessage, enforcedPayloadCommitment, feeConfigHash, fromHex, GENESIS_FEE_CONFIG, messageHash, nextAccumulator, payloadCommitment, skipRootOf, toHex, ZERO_HASH, type Hex, type InboxMessage,
} from '@keyfall/protocol';
import type { Endpoint } from '../../watchtower/l1/endpoint.ts';
import type { BatchResult, Finding } from '../../watchtower/replay/records.ts';
import { KEYS } from '../../watchtower/replay/records.ts';
import { Replayer } from '../../watchtower/replay/replayer.ts';
import { Store } from '../../watchtower/store.ts';
import { CHAIN_ID } from '../node/execute/chain-fixture.ts';

const ROLLUP: Hex = `0x${'11'.repeat(20)}`;
export const LANE: Hex = `0x${'22'.repeat(20)}`;
const common = createCustomCommon({ chainId: 31_337, name: 'l1' }, Mainnet, { hardfork: Hardfork.Osaka });

type Fields = Readonly<Record<string, unknown>>;
type Tamper = (fields: Record<string, unknown>) => void;

export class ReplayL1 {
  readonly directory: string;
  store: Store;
  replayer: Replayer | undefined;
  block = 0;
  time = 1_000;
  accumulator: Hex = ZERO_HASH;
  readonly accumulators: Hex[] = [ZERO_HASH];
  readonly times: number[] = [];
  committed = 0;
  committedTo = 0;
  #logIndex = 0;
  readonly #headers = new Map<number, ReturnType<typeof createBlockHeader>>();

  constructor(t: TestContext) {
    this.directory = mkdtempSync(join(tmpdir(), 'keyfall-replay-'));
    this.store = new Store(this.directory);
    t.after(async () => {
      await this.store.close();
      rmSync(this.directory, { recursive: true, force: true });
    });
    this.mine();
  }

  /** The next L1 block, so many seconds later. */
  mine(seconds = 12): void {
    this.block += 1;
    this.time += seconds;
    this.#logIndex = 0;
    this.#headers.set(this.block, createBlockHeader({ number: this.block, timestamp: this.time, baseFeePerGas: 1_000_000_000n, gasLimit: 30_000_000n }, { common, skipConsensusFormatValidation: true }));
  }

  #headerOf(number: number): Fields {
    const header = this.#headers.get(number);
    if (header === undefined) throw new Error(`no L1 block ${number}`);
    const json = header.toJSON() as Record<string, unknown>;
    return { ...json, hash: toHex(header.hash()), sha3Uncles: json['uncleHash'], miner: toHex(header.coinbase.bytes), transactionsRoot: json['transactionsTrie'], receiptsRoot: json['receiptTrie'], logsBloom: json['logsBloom'] };
  }

  get endpoint(): Endpoint {
    return { operator: 'own', request: (_method: string, [tag]: readonly unknown[]) => Promise.resolve(this.#headerOf(Number(tag))) } as unknown as Endpoint;
  }

  async emit(contract: string, name: string, args: Fields): Promise<void> {
    this.#logIndex += 1;
    const event = { blockNumber: this.block, timestamp: this.time, transactionHash: `0x${this.block.toString(16).padStart(60, '0')}${this.#logIndex.toString(16).padStart(4, '0')}`, args };
    await this.store.commit((write) => {
      write.put(['event', contract, name, this.block, this.#logIndex], event);
      write.put(['cursor'], { tip: this.block, finalized: this.block, first: 0, gaps: [] });
    });
  }

  async message(message: Omit<InboxMessage, 'l1Time'>, tamper: Tamper = () => undefined): Promise<void> {
    const raw = encodeMessage({ ...message, l1Time: BigInt(this.time) });
    this.accumulator = nextAccumulator(this.accumulator, messageHash(raw));
    this.accumulators.push(this.accumulator);
    this.times.push(this.time);
    const fields: Record<string, unknown> = { index: String(this.accumulators.length - 2), accumulator: this.accumulator, message: toHex(raw) };
    tamper(fields);
    await this.emit('Inbox', 'MessageEnqueued', fields);
  }

  /** A batch of the messages up to `to`, on what was executed last. */
  async commit(payload: Uint8Array, to = this.accumulators.length - 1, tamper: Tamper = () => undefined): Promise<void> {
    await this.#commit({ mode: '1', payloadKind: '1', payloadCommitment: payloadCommitment(payload), originNumber: String(this.block - 1), originHash: toHex((this.#headers.get(this.block - 1) as { hash(): Uint8Array }).hash()) }, payload, this.committedTo, to, tamper);
  }

  async commitEnforced(from: number, to: number, tamper: Tamper = () => undefined): Promise<void> {
    await this.#commit({ mode: '2', payloadKind: '0', payloadCommitment: enforcedPayloadCommitment(60n), originNumber: '0', originHash: ZERO_HASH }, new Uint8Array(0), from, to, tamper);
  }

  async #commit(fields: Fields, payload: Uint8Array, from: number, to: number, tamper: Tamper): Promise<void> {
    const at = (index: number): Hex => this.accumulators[index] ?? ZERO_HASH;
    const inputs: Record<string, unknown> = {
      version: '1', l1ChainId: '31337', l2ChainId: String(CHAIN_ID), rollup: ROLLUP, specId: '1', parentHash: (await this.opened()).state.executed.head.hash, inboxFrom: String(from), accFrom: at(from), inboxTo: String(to), accTo: at(to),
      skipRoot: skipRootOf(BigInt(this.committedTo), BigInt(from), at(this.committedTo), at(from)), feeConfigHash: feeConfigHash(GENESIS_FEE_CONFIG), ...fields,
    };
    tamper(inputs);
    this.committed += 1;
    this.committedTo = to;
    await this.emit('Rollup', 'BatchCommitted', { index: String(this.committed), parentHash: inputs['parentHash'], inputs, commitTime: String(this.time), payload: toHex(payload) });
  }

  /** A lane's answer to the last batch: the right one unless tampered with. */
  async answer(tamper: Tamper = () => undefined, lane = LANE): Promise<void> {
    const outputs: Record<string, unknown> = { ...this.result.outputs };
    tamper(outputs);
    await this.emit('Rollup', 'AnswerRecorded', { index: String(this.committed), kind: '2', lane, outputs, beneficiary: LANE });
  }

  async finalize(): Promise<void> {
    const { lastHash, stateRoot, lastNumber } = this.result.outputs;
    await this.emit('Rollup', 'BatchFinalized', { index: String(this.committed), lastHash, stateRoot, lastNumber, inboxTo: String(this.committedTo) });
  }

  get result(): BatchResult {
    const result = this.store.get<BatchResult>(KEYS.result(this.committed));
    if (result === undefined) throw new Error(`batch ${this.committed} has no result`);
    return result;
  }

  get findings(): readonly Finding[] {
    return this.store.list<Finding>(KEYS.findings);
  }

  async opened(): Promise<Replayer> {
    this.replayer ??= await Replayer.open({
      store: this.store, endpoints: [this.endpoint], l1ChainId: 31_337, l2ChainId: CHAIN_ID, rollup: ROLLUP, deployBlock: 1,
      allocation: JSON.parse(readFileSync(new URL('../../contracts/generated/genesis.json', import.meta.url), 'utf8')) as never,
    });
    return this.replayer;
  }

  /** Forgets what only memory holds, as a kill would. */
  forget(): void {
    this.replayer = undefined;
  }

  /** Until nothing is left to do; what is emitted later is in a later block. */
  async run(): Promise<Replayer> {
    const replayer = await this.opened();
    while (!await replayer.step());
    this.mine();
    return replayer;
  }
}

export const ALICE: Hex = '0x7e5f4552091a69125d5dfcb7b8c2659029395bdf';

/** A deposit of ETH. */
export function deposit(mintWei: bigint, fields: Partial<InboxMessage> = {}): Omit<InboxMessage, 'l1Time'> {
  return { kind: 'call', sender: ALICE, to: ALICE, mintWei, valueWei: 0n, gas: 100_000n, surcharge: 10_000n, data: fromHex('0x'), ...fields };
}
