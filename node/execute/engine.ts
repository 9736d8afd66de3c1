// The execution engine: committed chain state, block execution and building, and the entry to calls and traces.
//
// Owns: the head, genesis, one block at a time on one machine, pending blocks and their commit, unwinding, the pool of
// call machines. Does not own: mempool, derivation, block storage beyond headers (the node core's).
// States of a block: input -> executing -> pending -> committed (-> unwound) | dropped. Invariant: at most one block
// executes at a time; a pending block commits only onto the head it was executed on; nothing is half applied.
import { dataFeeWei, MAX_BLOCK_ZKGAS } from '@keyfall/protocol';
import { equalBytes, toHex, toKey } from './bytes.ts';
import { BlockRun, blockContext, checkTimes } from './block.ts';
import { callOnState, estimateGas } from './call.ts';
import { createAccessList } from './access-list.ts';
import { keccak256 } from './crypto.ts';
import { genesisDigest, writeGenesis } from './genesis.ts';
import { decodeHeader, encodeHeader, makeHeader } from './header.ts';
import { createMachine } from './machine.ts';
import type { Machine } from './machine.ts';
import { MachinePool } from './machine-pool.ts';
import { ABSENT_ACCOUNT } from './overlay.ts';
import { RecoveryPool } from './recovery.ts';
import { commitState } from './state-commit.ts';
import type { StateCommit } from './state-commit.ts';
import { CommittedState } from './state-view.ts';
import type { StateView } from './state-view.ts';
import { StateStore } from './store.ts';
import { decodeTransaction, recoverTransaction } from './transaction.ts';
import { simulate } from './simulate.ts';
import { traceBlock, traceCall, traceTransaction } from './trace.ts';
import { checkOrdinary, feeCapOf } from './transition.ts';
import type { TransitionResult } from './transition.ts';
import { orderedRoot } from './trie.ts';
import { ExecutionFault } from './api.ts';
import type {
  AccessListResult, AdmissionResult, BlockHeader, BlockInput, BlockReplay, BlockTraceResult, CallContext, CallRequest, CallResult, CandidateOutcome, CandidateSource, DecodedTransaction,
  EngineOptions, EstimateResult, ExecuteBlockResult, ExecutedBlock, ExecutionEngine, FeeParameters, PendingBlock, RecoveredTransaction, SentTransaction, StateAt, StateWrite,
  SimulationRequest, SimulationResult, StrictBlockInput, TraceOptions, TraceResult,
} from './api.ts';

const DEFAULT_RETAINED_BLOCKS = 100_000n;
/** Longest a block holds the event loop between two transactions. */
const SLICE_MILLISECONDS = 12;

interface Head { header: BlockHeader; hash: Uint8Array }

/** Opens the store, writing genesis if it is empty. @throws ExecutionFault wrong-genesis if it holds another chain. */
export async function createEngine(options: EngineOptions): Promise<Engine> {
  const store = new StateStore(options.store, 'retainedBlocks' in options ? options.retainedBlocks : DEFAULT_RETAINED_BLOCKS);
  const committed = new CommittedState(store);
  const machine = await createMachine(options.chainId, false);
  const digest = genesisDigest(options.genesis);
  if (store.head === undefined) await writeGenesis(machine, options.genesis, store);
  const written = store.genesisDigest;
  if (written === undefined || !equalBytes(written, digest)) {
    throw new ExecutionFault('wrong-genesis', `expected a store made from the genesis with digest ${toHex(digest)}, found ${written === undefined ? 'none' : toHex(written)}`);
  }
  return new Engine(options.chainId, committed, machine, new RecoveryPool(options.recoveryWorkers ?? 1));
}

export class Engine implements ExecutionEngine {
  readonly chainId: bigint;
  readonly #committed: CommittedState;
  readonly #machine: Machine;
  readonly #recovery: RecoveryPool;
  readonly #calls: MachinePool;
  #head: Head;
  /** Tail of the queue of block operations. */
  #last: Promise<void> = Promise.resolve();

  constructor(chainId: bigint, committed: CommittedState, machine: Machine, recovery: RecoveryPool) {
    this.chainId = chainId;
    this.#committed = committed;
    this.#machine = machine;
    this.#recovery = recovery;
    this.#calls = new MachinePool(chainId, committed, (blockNumber) => this.#blockHash(blockNumber));
    this.#head = this.#readHead();
  }

  get head(): Head {
    return this.#head;
  }

  get oldestRetained(): bigint {
    return this.#committed.store.oldestRetained;
  }

  #readHead(): Head {
    const { store } = this.#committed;
    const raw = store.head === undefined ? undefined : store.header(store.head);
    if (raw === undefined) throw new ExecutionFault('store-corrupt', `expected the header of block ${store.head ?? 'none'}, found none`);
    const decoded = decodeHeader(raw);
    if (!decoded.ok) throw new ExecutionFault('store-corrupt', `expected a header for block ${store.head}: ${decoded.message}`);
    return { header: decoded.header, hash: keccak256(raw) };
  }

  #blockHash(blockNumber: bigint): Uint8Array {
    const raw = this.#committed.store.header(blockNumber);
    return raw === undefined ? new Uint8Array(32) : keccak256(raw);
  }

  /** Runs block operations one after another. */
  async #exclusively<T>(operation: () => Promise<T>): Promise<T> {
    const previous = this.#last;
    const done = Promise.withResolvers<void>();
    this.#last = done.promise;
    await previous;
    try {
      return await operation();
    } finally {
      done.resolve();
    }
  }

  async executeBlock(input: StrictBlockInput): Promise<ExecuteBlockResult> {
    return this.#runBlock(input, async (run) => {
      const pause = new Pause();
      for (const [index, transaction] of input.transactions.entries()) {
        const result = await run.ordinary(transaction);
        if (!result.ok) return { code: 'transaction', index, reason: result.reason, message: `transaction ${index} (${toHex(transaction.hash)}): ${result.message}` };
        await pause.ifDue();
      }
      return undefined;
    });
  }

  async buildBlock(input: BlockInput, candidates: CandidateSource): Promise<ExecuteBlockResult> {
    return this.#runBlock(input, async (run) => {
      const pause = new Pause();
      let unpaidZkGas = 0n;
      for (;;) {
        const { gasLeft, zkGasLeft } = run.room;
        const candidate = candidates.next({ gasLeft, zkGasLeft: BigInt(zkGasLeft) });
        if (candidate === undefined) return undefined;
        const result = await run.ordinary(candidate, unpaidZkGas < MAX_BLOCK_ZKGAS);
        // Whoever waits ran for nothing: at most what the block had left. A block's worth of that is given, then such candidates pay.
        if (!result.ok && result.neededZkGas !== undefined) unpaidZkGas += BigInt(zkGasLeft);
        candidates.outcome(candidate, outcomeOf(result));
        await pause.ifDue();
      }
    });
  }

  async #runBlock(input: BlockInput, transactions: (run: BlockRun) => Promise<Extract<ExecuteBlockResult, { ok: false }>['invalid'] | undefined>): Promise<ExecuteBlockResult> {
    return this.#exclusively(async () => {
      const parent = this.#head;
      if (!equalBytes(input.parentHash, parent.hash)) throw new ExecutionFault('stale-block', `expected a block on the head ${toHex(parent.hash)}, got one on ${toHex(input.parentHash)}`);
      const untimely = checkTimes(parent.header, input.timestamp, input.messages);
      if (untimely !== undefined) return { ok: false, invalid: untimely };
      const view = this.#committed.at(parent.header.number);
      this.#machine.begin(view, (blockNumber) => this.#blockHash(blockNumber));
      const run = new BlockRun(this.#machine, blockContext(this.chainId, parent.header, parent.hash, input.timestamp, input.fees));
      await run.start(parent.hash);
      for (const message of input.messages) await run.message(message);
      const invalid = run.overflow() ?? (await transactions(run));
      return invalid === undefined ? { ok: true, pending: this.#seal(parent, input, run, view) } : { ok: false, invalid };
    });
  }

  #seal(parent: Head, input: BlockInput, run: BlockRun, view: StateView): PendingBlock {
    const state = commitState(this.#machine.state, view, this.#committed.store);
    const { baseFeeWei, block } = blockContext(this.chainId, parent.header, parent.hash, input.timestamp, input.fees);
    const header = makeHeader({
      parentHash: parent.hash, number: block.header.number, timestamp: input.timestamp, baseFeePerGas: baseFeeWei, gasUsed: run.gasUsed, stateRoot: state.stateRoot,
      transactionsRoot: orderedRoot(run.included.map(({ transaction }) => transaction.raw)), receiptsRoot: orderedRoot(run.included.map(({ receipt }) => receipt.raw)), logsBloom: run.bloom,
    });
    const headerRaw = encodeHeader(header);
    const executed: ExecutedBlock = { header, hash: keccak256(headerRaw), headerRaw, transactions: run.included, dropped: run.dropped, zkGasUsed: run.zkGasUsed };
    return { block: executed, commit: (alongside = []) => this.#commit(parent, executed, state, alongside) };
  }

  async #commit(parent: Head, block: ExecutedBlock, state: StateCommit, alongside: readonly StateWrite[]): Promise<void> {
    return this.#exclusively(async () => {
      if (!equalBytes(this.#head.hash, parent.hash)) throw new ExecutionFault('stale-block', `expected to commit onto ${toHex(parent.hash)}, the head is ${toHex(this.#head.hash)}`);
      await this.#committed.commit(block.header.number, block.headerRaw, state, alongside);
      this.#head = { header: block.header, hash: block.hash };
    });
  }

  async unwind(blockNumber: bigint, alongside: readonly StateWrite[] = []): Promise<void> {
    return this.#exclusively(async () => {
      await this.#committed.store.unwind(blockNumber, alongside);
      this.#committed.unwound();
      this.#head = this.#readHead();
    });
  }

  stateAt(blockNumber: bigint): StateAt {
    if (blockNumber > this.#head.header.number) return { ok: false, code: 'unknown-block', message: `expected a block of at most ${this.#head.header.number}, got ${blockNumber}` };
    if (blockNumber < this.oldestRetained) return { ok: false, code: 'pruned', message: `the state of block ${blockNumber} was pruned; the oldest kept is ${this.oldestRetained}` };
    return { ok: true, state: this.#committed.at(blockNumber) };
  }

  async call(request: CallRequest, context: CallContext): Promise<CallResult> {
    return callOnState(this.#calls, request, context);
  }

  async estimateGas(request: CallRequest, context: CallContext): Promise<EstimateResult> {
    return estimateGas(this.#calls, request, context);
  }

  async createAccessList(request: CallRequest, context: CallContext): Promise<AccessListResult> {
    return createAccessList(this.#calls, request, context);
  }

  async traceCall(request: CallRequest, context: CallContext, options: TraceOptions): Promise<TraceResult> {
    return traceCall(this.#calls, request, context, options);
  }

  async simulate(base: Head, request: SimulationRequest): Promise<SimulationResult> {
    return simulate(this.#calls, base, request);
  }

  async traceTransaction(replay: BlockReplay, position: number, options: TraceOptions, limits: { timeCapMilliseconds?: number; signal?: AbortSignal } = {}): Promise<TraceResult> {
    return traceTransaction(this.#calls, replay, position, options, limits);
  }

  async traceBlock(replay: BlockReplay, options: TraceOptions, limits: { timeCapMilliseconds?: number; signal?: AbortSignal } = {}): Promise<BlockTraceResult> {
    return traceBlock(this.#calls, replay, options, limits);
  }

  decodeTransaction(raw: Uint8Array): DecodedTransaction {
    return decodeTransaction(raw);
  }

  recoverTransaction(raw: Uint8Array): RecoveredTransaction {
    return recoverTransaction(raw);
  }

  async recoverTransactions(raws: readonly Uint8Array[]): Promise<readonly RecoveredTransaction[]> {
    return this.#recovery.recover(raws);
  }

  dataFee(raw: Uint8Array, fees: FeeParameters): bigint {
    return dataFeeWei(raw, fees.originBaseFeeWei, fees);
  }

  admission(transaction: SentTransaction, fees: FeeParameters): AdmissionResult {
    const view = this.#committed.at(this.#head.header.number);
    const account = view.baseAccount(toKey(transaction.sender)) ?? ABSENT_ACCOUNT;
    const dataFee = this.dataFee(transaction.raw, fees);
    const context = blockContext(this.chainId, this.#head.header, this.#head.hash, this.#head.header.timestamp + 1n, fees);
    const { gasLimit } = context.block.header;
    // The same checks as inclusion, with the nonce it would have when its turn comes.
    const nonce = account.nonce > transaction.nonce ? account.nonce : transaction.nonce;
    const state = { read: () => ({ ...account, nonce }), codeOf: () => view.code(transaction.sender) };
    // A base fee falls by an eighth a block: what pays too little now may pay enough soon, so the pool decides on that.
    const invalid = checkOrdinary({ state }, { ...context, baseFeeWei: 0n }, transaction, { gasLeft: gasLimit, zkGasLeft: Number(gasLimit) }, dataFee);
    if (invalid !== undefined) return { ok: false, reason: invalid.reason, message: invalid.message };
    return { ok: true, accountNonce: account.nonce, balance: account.balance, maxCostWei: transaction.gasLimit * feeCapOf(transaction) + transaction.value + dataFee };
  }

  async close(): Promise<void> {
    await this.#recovery.close();
  }
}

function outcomeOf(result: TransitionResult): CandidateOutcome {
  if (result.ok) return { included: true };
  const { reason, message, neededZkGas } = result;
  return { included: false, reason, message, ...(neededZkGas === undefined ? {} : { neededZkGas }) };
}

/** Gives the event loop a turn when a block has held it long enough. */
class Pause {
  #until = performance.now() + SLICE_MILLISECONDS;
  async ifDue(): Promise<void> {
    if (performance.now() < this.#until) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#until = performance.now() + SLICE_MILLISECONDS;
  }
}
