// The L2 chain re-executed from final L1 data alone: takes in the rollup's events, runs every committed batch on its own machine and compares what
// L1 recorded about it: answers of lanes, finality, proven withdrawal roots, paid withdrawals. Owns the order and the records; what it finds is
// reported by monitors/reexecution.ts. Does not own the rules (ledger.ts, plan.ts, blockRun.ts).
//
//   final L1 events ─► ledger ─► one write a block      committed batch ─► origin's header ─► plan ─► run ─► one write: nodes, result, head
//   answer, finality, root, withdrawal ─► compared with the result as soon as both are there ─► finding, kept for ever
//
// Invariant: state, nodes and results are written together, so a kill at any moment repeats at most one batch; nothing is concluded from a fault.

import {
  dropRootOf, fromHex, GENESIS_FEE_CONFIG, feeConfigHash, inputsHash, MAX_BATCH_ZKGAS, MESSAGE_PASSER, MODES, decodeMessage, sentSlot, SPEC_ID, toHex, ZERO_HASH, type Drop, type FeeConfig, type Hex, type StatementInputs,
} from '@keyfall/protocol';
import { Address } from '@ethereumjs/util';
import type { Endpoint } from '../l1/endpoint.ts';
import { EndpointFault } from '../fault.ts';
import { readHeader, type L1Header } from '../l1/header.ts';
import type { StoredEvent } from '../monitor.ts';
import type { CursorState } from '../rows.ts';
import type { Store, Writer } from '../store.ts';
import { hashOf, Unverifiable } from '../verdict.ts';
import { genesisHead, InvalidBlock, runBlock, storageWord, type BlockHead } from './blockRun.ts';
import { FOLLOWED, Intake, type FollowedEvent } from './ledger.ts';
import { createMachine, writeGenesis, type Allocation, type Machine } from './machine.ts';
import { emptied, planBatch, type BatchFacts, type NumberedMessage, type PlannedBlock } from './plan.ts';
import { headOf, KEYS, stateOf, storedHead, type BatchResult, type Claim, type Executed, type Finding, type ReplayState, type StoredCommit, type StoredMessage } from './records.ts';
import { TrieStore } from './trieStore.ts';

export interface ReplayParts {
  readonly store: Store;
  readonly endpoints: readonly Endpoint[];
  readonly l1ChainId: number;
  readonly l2ChainId: bigint;
  readonly rollup: Hex;
  readonly deployBlock: number;
  readonly allocation: Allocation;
}

/** Blocks of L1 taken in at once, and batches run at once, before the caller is asked again. */
const BLOCKS_PER_STEP = 200;
const BATCHES_PER_STEP = 4;
/** BLOCKHASH reads 256; a drop goes back by more. */
const KEPT_HASHES = 8_192;

export class Replayer {
  readonly #parts: ReplayParts;
  readonly #nodes: TrieStore;
  readonly #machine: Machine;
  /** Hashes of blocks of the batch being run, which are not written yet. */
  readonly #fresh = new Map<number, Hex>();

  private constructor(parts: ReplayParts, nodes: TrieStore, machine: Machine) {
    this.#parts = parts;
    this.#nodes = nodes;
    this.#machine = machine;
    machine.blockHash = (number) => fromHex(this.#fresh.get(Number(number)) ?? this.#parts.store.get<Hex>(KEYS.l2Hash(Number(number))) ?? ZERO_HASH);
  }

  /** Opens what is kept, or begins with the genesis. */
  static async open(parts: ReplayParts): Promise<Replayer> {
    const nodes = new TrieStore((key) => parts.store.bytes(key));
    const machine = await createMachine(parts.l2ChainId, nodes);
    const replayer = new Replayer(parts, nodes, machine);
    if (stateOf(parts.store) === undefined) await replayer.#begin();
    await replayer.#backTo(replayer.state.executed);
    return replayer;
  }

  get state(): ReplayState {
    const state = stateOf(this.#parts.store);
    if (state === undefined) throw new Error('replay: expected a state, there is none');
    return state;
  }

  async #begin(): Promise<void> {
    const { store, allocation, deployBlock } = this.#parts;
    const head = genesisHead(await writeGenesis(this.#machine, allocation));
    const executed: Executed = { batch: 0, inboxTo: 0, originNumber: 0, head: storedHead(head) };
    await store.commit((write) => {
      this.#writeNodes(write);
      write.put(['replay', 'genesis'], executed);
      write.put(KEYS.l2Hash(0), head.hash);
      write.put(KEYS.state, { l1Block: deployBlock - 1, messages: 0, accumulator: ZERO_HASH, mintedWei: '0', committed: 0, committedTo: 0, finalBatch: 0, phase: 'operating', skipped: [], executed, broken: undefined, standing: undefined } satisfies ReplayState);
    });
  }

  /**
   * One round over what the engine has confirmed. @returns whether there is nothing left to do. @throws Unverifiable when L1 cannot be read; after any
   * other error this instance may be in the middle of a transaction: open another
   */
  async step(): Promise<boolean> {
    const isTakenIn = await this.#takeIn();
    let count = 0;
    while (count < BATCHES_PER_STEP && await this.#executeNext()) count += 1;
    await this.#compareProven();
    return isTakenIn && count < BATCHES_PER_STEP;
  }

  async #takeIn(): Promise<boolean> {
    const { store, l1ChainId, rollup } = this.#parts;
    const target = store.get<CursorState>(['cursor'])?.finalized ?? -1;
    for (let count = 0; count < BLOCKS_PER_STEP; count += 1) {
      const { state } = this;
      if (state.l1Block >= target || state.broken !== undefined) return true;
      const next = this.#nextBlock(state.l1Block + 1, target);
      const intake = new Intake(store, state, { chainId: l1ChainId, rollup });
      for (const event of next === undefined ? [] : this.#eventsOf(next)) intake.take(event);
      await store.commit((write) => { intake.write(write, next ?? target); });
      if (this.state.executed.head.hash !== state.executed.head.hash) await this.#backTo(this.state.executed);
      for (const batch of this.#claimed(state, this.state)) await this.#compare(batch);
    }
    return false;
  }

  /** Batches that L1 may have said more about after they were executed, or could not be. */
  #claimed(before: ReplayState, after: ReplayState): readonly number[] {
    const first = Math.min(before.finalBatch, after.executed.batch);
    return Array.from({ length: after.executed.batch - first + 2 }, (_, index) => first + index);
  }

  #nextBlock(from: number, to: number): number | undefined {
    const numbers = FOLLOWED.flatMap(([contract, name]) => this.#parts.store.entries(['event', contract, name], from, 1).map(({ key }) => Number(key[3]))).filter((number) => number <= to);
    return numbers.length === 0 ? undefined : Math.min(...numbers);
  }

  #eventsOf(block: number): readonly FollowedEvent[] {
    return FOLLOWED.flatMap(([contract, name]) => this.#parts.store.entries<StoredEvent>(['event', contract, name, block], 0, 1_000_000).map(({ key, value }) => ({ index: Number(key[4]), event: { ...value, name } })))
      .toSorted((a, b) => a.index - b.index).map(({ event }) => event);
  }

  async #executeNext(): Promise<boolean> {
    const { store } = this.#parts;
    const { executed, committed, standing } = this.state;
    if (standing !== undefined || executed.batch >= committed) return false;
    const batch = executed.batch + 1;
    const commit = store.get<StoredCommit>(KEYS.commit(batch));
    if (commit === undefined) throw new Error(`replay: the commit of batch ${batch} is missing`);
    const blocked = this.#blocked(batch, commit, executed);
    if (blocked !== undefined) {
      await store.commit((write) => { write.put(KEYS.state, { ...this.state, standing: blocked }); });
      await this.#compare(batch);
      return false;
    }
    const start = performance.now();
    const origin = Number(commit.inputs['mode']) === MODES.enforced ? undefined : await this.#origin(Number(commit.inputs['originNumber']), commit.inputs['originHash'] as Hex);
    await this.#run(batch, commit, executed, origin, start);
    await this.#compare(batch);
    return true;
  }

  #blocked(batch: number, { inputs }: StoredCommit, executed: Executed): string | undefined {
    if (BigInt(inputs['specId'] ?? 0) !== SPEC_ID) return `batch ${batch} is executed by spec ${inputs['specId']}, which this watchtower does not know`;
    if (BigInt(inputs['l2ChainId'] ?? 0) !== this.#parts.l2ChainId) return `batch ${batch} is of L2 chain ${inputs['l2ChainId']}, expected ${this.#parts.l2ChainId}`;
    if (inputs['parentHash'] !== executed.head.hash) return `batch ${batch} builds on block ${inputs['parentHash']}, not on ${executed.head.hash}: no lane can answer it`;
    return undefined;
  }

  async #run(batch: number, commit: StoredCommit, executed: Executed, origin: L1Header | undefined, start: number): Promise<void> {
    const { store } = this.#parts;
    const { inputs } = commit;
    const [from, to] = [Number(inputs['inboxFrom']), Number(inputs['inboxTo'])];
    const facts: BatchFacts = {
      mode: Number(inputs['mode']), payload: fromHex(commit.payload), payloadCommitment: inputs['payloadCommitment'] as Hex, originTimestamp: origin?.timestamp,
      messages: Array.from({ length: to - from }, (_, offset) => this.#message(from + offset)), parentTimestamp: BigInt(executed.head.timestamp),
    };
    const fees = { fees: this.#fees(String(inputs['feeConfigHash'])), originBaseFeeWei: origin?.baseFeePerGas ?? 0n };
    const plan = planBatch(facts);
    let outcome = plan.isEmptied ? plan.because : await this.#runBlocks(executed, plan.blocks, fees);
    const emptiedBecause = typeof outcome === 'string' ? outcome : undefined;
    if (typeof outcome === 'string') {
      await this.#backTo(executed);
      outcome = facts.mode === MODES.enforced ? outcome : await this.#runBlocks(executed, emptied(facts), fees);
      if (typeof outcome === 'string') throw new Error(`batch ${batch}: a batch that always fits was refused: ${outcome}`);
    }
    const { heads, zkGas, drops } = outcome;
    const head = heads.at(-1);
    if (head === undefined) throw new Error(`batch ${batch}: a plan without blocks`);
    const after: Executed = { batch, inboxTo: to, originNumber: Number(inputs['originNumber']), head: storedHead(head) };
    const passer = await this.#machine.state.getAccount(new Address(fromHex(MESSAGE_PASSER)));
    const result: BatchResult = {
      inputsHash: inputsHash(statementInputs(inputs)), emptiedBecause, passerRoot: toHex(passer?.storageRoot ?? new Uint8Array(32)), executed: after, milliseconds: Math.round(performance.now() - start),
      outputs: { lastNumber: String(head.number), lastHash: head.hash, stateRoot: head.stateRoot, lastTimestamp: String(head.timestamp), zkGasUsed: String(zkGas), dropRoot: dropRootOf(drops) },
    };
    await store.commit((write) => {
      this.#writeNodes(write);
      for (const { number, hash } of heads) {
        write.put(KEYS.l2Hash(Number(number)), hash);
        write.remove(KEYS.l2Hash(Number(number) - KEPT_HASHES));
      }
      write.put(KEYS.root(head.stateRoot), result.passerRoot);
      write.put(KEYS.result(batch), result);
      write.put(KEYS.state, { ...this.state, executed: after });
    });
    this.#fresh.clear();
  }

  /** All blocks of a plan, or why one is none. */
  async #runBlocks(executed: Executed, blocks: readonly PlannedBlock[], fees: { readonly fees: FeeConfig; readonly originBaseFeeWei: bigint }): Promise<{ readonly heads: readonly BlockHead[]; readonly zkGas: bigint; readonly drops: readonly Drop[] } | string> {
    let parent = headOf(executed);
    let zkGas = 0n;
    const [heads, drops]: [BlockHead[], Drop[]] = [[], []];
    for (const [position, block] of blocks.entries()) {
      try {
        const outcome = await runBlock(this.#machine, parent, { ...block, ...fees });
        zkGas += outcome.zkGasUsed;
        if (zkGas > MAX_BATCH_ZKGAS) return `block ${position} brings the batch to ${zkGas} zkGas, expected at most ${MAX_BATCH_ZKGAS}`;
        parent = outcome.head;
        drops.push(...outcome.drops);
        heads.push(parent);
        this.#fresh.set(Number(parent.number), parent.hash);
      } catch (cause) {
        if (cause instanceof InvalidBlock) return `block ${position}: ${cause.message}`;
        throw cause;
      }
    }
    return { heads, zkGas, drops };
  }

  #message(index: number): NumberedMessage {
    const stored = this.#parts.store.get<StoredMessage>(KEYS.message(index));
    const decoded = decodeMessage(fromHex(stored?.raw ?? '0x'));
    if (!decoded.ok) throw new Error(`replay: message ${index} is missing`);
    return { index: BigInt(index), message: decoded.value };
  }

  #fees(hash: string): FeeConfig {
    const stored = this.#parts.store.get<{ readonly dataFeeScalar: string; readonly surchargeScalar: string }>(KEYS.fees(hash));
    if (stored !== undefined) return { dataFeeScalar: BigInt(stored.dataFeeScalar), surchargeScalar: BigInt(stored.surchargeScalar) };
    if (hash === feeConfigHash(GENESIS_FEE_CONFIG)) return GENESIS_FEE_CONFIG;
    throw new Error(`replay: the fee configuration ${hash} is missing`);
  }

  /** The origin's header from whoever has it: its hash is in the statement, so no quorum is needed. @throws Unverifiable */
  async #origin(number: number, hash: Hex): Promise<L1Header> {
    const faults: string[] = [];
    for (const endpoint of this.#parts.endpoints) {
      try {
        const header = readHeader(await endpoint.request('eth_getBlockByNumber', [`0x${number.toString(16)}`, false]), endpoint.operator);
        if (header.hash === hash) return header;
        faults.push(`${endpoint.operator}: block ${number} is ${header.hash}`);
      } catch (cause) {
        if (!(cause instanceof EndpointFault)) throw cause;
        faults.push(cause.message);
      }
    }
    throw new Unverifiable(`L1 block ${number} ${hash}, the origin of a batch: no endpoint has it (${faults.join('; ')})`);
  }

  async #backTo(executed: Executed): Promise<void> {
    this.#fresh.clear();
    await this.#machine.state.setStateRoot(fromHex(executed.head.stateRoot));
    // What a given-up batch wrote has no name any more.
    this.#nodes.take();
  }

  #writeNodes(write: Writer): void {
    for (const [key, value] of this.#nodes.take()) write.putBytes(key, value);
  }

  /** Holds what L1 recorded about a batch against its result. */
  async #compare(batch: number): Promise<void> {
    const { store } = this.#parts;
    const result = store.get<BatchResult>(KEYS.result(batch));
    const own: Readonly<Record<string, string>> | undefined = batch === 0 ? this.#genesisOutputs() : result?.outputs;
    const standing = this.state.executed.batch + 1 === batch ? this.state.standing : undefined;
    if (own === undefined && standing === undefined) return;
    const findings = store.list<Claim>(KEYS.claims(batch)).flatMap(({ by, outputs, transaction }): Finding[] => {
      const fields = Object.keys(outputs).filter((name) => own !== undefined && name in own);
      const wrong = own === undefined ? ['parentHash'] : fields.filter((name) => own[name] !== outputs[name]);
      if (wrong.length === 0) return [];
      return [{
        subject: `batch ${batch}, ${by}`, sentence: `batch ${batch}: ${by} says something else than L1's data gives: ${wrong.join(', ')}`,
        expected: own === undefined ? standing ?? '' : wrong.map((name) => `${name} ${own[name]}`).join(', '), got: own === undefined ? 'an answer' : wrong.map((name) => `${name} ${outputs[name]}`).join(', '), transaction,
      }];
    });
    await this.#keep(findings);
  }

  #genesisOutputs(): Readonly<Record<string, string>> | undefined {
    const genesis = this.#parts.store.get<Executed>(['replay', 'genesis']);
    return genesis === undefined ? undefined : { lastNumber: '0', lastHash: genesis.head.hash, stateRoot: genesis.head.stateRoot };
  }

  /** Roots that withdrawals are proven against, and withdrawals that were paid: both must be of the state that L1's data gives. */
  async #compareProven(): Promise<void> {
    const { store } = this.#parts;
    const { executed, finalBatch } = this.state;
    if (executed.batch < finalBatch) return;
    const findings: Finding[] = [];
    const done: (readonly (string | number)[])[] = [];
    for (const { key, value } of store.entries<{ readonly storageRoot: Hex; readonly transaction: Hex }>(KEYS.proven, 0, 1_000)) {
      const root = String(key[2]);
      const own = store.get<Hex>(KEYS.root(root));
      if (own !== value.storageRoot) findings.push({ subject: `withdrawal root ${root}`, sentence: `withdrawals are proven against ${value.storageRoot} under state root ${root}, which is not what L1's data gives`, expected: own ?? 'a state root that L1\'s data gives', got: value.storageRoot, transaction: value.transaction });
      done.push(key);
    }
    for (const { key, value } of store.entries<{ readonly transaction: Hex }>(KEYS.paid, 0, 1_000)) {
      const hash = String(key[2]) as Hex;
      const sent = await storageWord(this.#machine, MESSAGE_PASSER, sentSlot(hash));
      if (sent !== 1n) findings.push({ subject: `withdrawal ${hash}`, sentence: `withdrawal ${hash} was paid, and nobody withdrew it on L2`, expected: '1 in the MessagePasser', got: String(sent), transaction: value.transaction });
      done.push(key);
    }
    if (done.length === 0) return;
    await this.#keep(findings);
    await store.commit((write) => { for (const key of done) write.remove(key); });
  }

  async #keep(findings: readonly Finding[]): Promise<void> {
    const fresh = findings.map((finding) => ({ id: hashOf(finding), finding })).filter(({ id }) => this.#parts.store.get(KEYS.finding(id)) === undefined);
    if (fresh.length === 0) return;
    await this.#parts.store.commit((write) => { for (const { id, finding } of fresh) write.put(KEYS.finding(id), finding); });
  }
}

function statementInputs(inputs: Readonly<Record<string, string>>): StatementInputs {
  const [integer, hash] = [(name: string): bigint => BigInt(inputs[name] ?? 0), (name: string): Hex => inputs[name] as Hex];
  return {
    l1ChainId: integer('l1ChainId'), l2ChainId: integer('l2ChainId'), rollup: hash('rollup'), specId: integer('specId'), mode: Number(integer('mode')), parentHash: hash('parentHash'), payloadKind: Number(integer('payloadKind')), payloadCommitment: hash('payloadCommitment'),
    inboxFrom: integer('inboxFrom'), accFrom: hash('accFrom'), inboxTo: integer('inboxTo'), accTo: hash('accTo'), skipRoot: hash('skipRoot'), originNumber: integer('originNumber'), originHash: hash('originHash'), feeConfigHash: hash('feeConfigHash'),
  };
}
