// Machines for calls: handed out on any retained block's state, with the caller's overrides and time limit.
//
// Owns: reuse, the bound on how many run at once, state and block overrides. Does not own: what runs (call.ts, trace.ts).
// Invariant: a machine is used by one caller at a time and returns whatever happened; at most MACHINE_LIMIT exist.
import { Address } from '@ethereumjs/util';
import { toKey, toWord } from './bytes.ts';
import { CallInterrupted, createMachine } from './machine.ts';
import type { Machine } from './machine.ts';
import { ABSENT_ACCOUNT } from './overlay.ts';
import { commitState } from './state-commit.ts';
import type { CommittedState } from './state-view.ts';
import { TraceTooLarge } from './trace/tracer.ts';
import { ExecutionFault } from './api.ts';
import type { BlockHeader, CallContext, CallRefusal } from './api.ts';
import type { TransitionContext } from './transition.ts';

/** Calls that may be in progress; further ones wait. */
const MACHINE_LIMIT = 8;
/** Calls that may wait; more are refused at once rather than late. */
const WAITING_LIMIT = 256;
export const DEFAULT_TIME_CAP_MILLISECONDS = 5_000;

/** Runs callers' work on pooled machines. */
export class MachinePool {
  readonly chainId: bigint;
  readonly #committed: CommittedState;
  readonly #blockHash: (blockNumber: bigint) => Uint8Array;
  readonly #idle: Machine[] = [];
  #created = 0;
  readonly #waiting: ((machine: Machine) => void)[] = [];

  constructor(chainId: bigint, committed: CommittedState, blockHash: (blockNumber: bigint) => Uint8Array) {
    this.chainId = chainId;
    this.#committed = committed;
    this.#blockHash = blockHash;
  }

  /**
   * Runs `work` on the state after `blockNumber`, turning pruned states and time limits into refusals.
   * @param madeUpHash hashes of blocks that exist only for this work
   */
  async run<T>(
    blockNumber: bigint, limits: { timeCapMilliseconds?: number; signal?: AbortSignal }, work: (machine: Machine) => Promise<T>,
    madeUpHash: (blockNumber: bigint) => Uint8Array | undefined = () => undefined,
  ): Promise<T | CallRefusal> {
    const { store } = this.#committed;
    if (store.head === undefined || blockNumber > store.head) return { ok: false, code: 'state', reason: 'unknown-block', message: `expected a block of at most ${store.head ?? 'none'}, got ${blockNumber}` };
    if (blockNumber < store.oldestRetained) return { ok: false, code: 'state', reason: 'pruned', message: `the state of block ${blockNumber} was pruned; the oldest kept is ${store.oldestRetained}` };
    if (this.#waiting.length >= WAITING_LIMIT) return { ok: false, code: 'timeout', message: `${WAITING_LIMIT} calls are waiting already; try again` };
    const machine = await this.#take();
    try {
      machine.begin(this.#committed.at(blockNumber), (number) => madeUpHash(number) ?? this.#blockHash(number));
      machine.pulse.arm(limits.timeCapMilliseconds ?? DEFAULT_TIME_CAP_MILLISECONDS, limits.signal);
      return await work(machine);
    } catch (error) {
      if (error instanceof CallInterrupted) return { ok: false, code: error.code, message: error.message };
      if (error instanceof TraceTooLarge) return { ok: false, code: 'invalid', reason: 'unsupported', message: error.message };
      if (error instanceof ExecutionFault && error.code === 'not-retained') return { ok: false, code: 'state', reason: 'pruned', message: error.message };
      throw error;
    } finally {
      this.#give(machine);
    }
  }

  /** Root of the state after `blockNumber` with what the machine wrote on top of it; nothing is stored. */
  rootOf(machine: Machine, blockNumber: bigint): Uint8Array {
    return commitState(machine.state, this.#committed.at(blockNumber), this.#committed.store).stateRoot;
  }

  async #take(): Promise<Machine> {
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    if (this.#created < MACHINE_LIMIT) {
      this.#created++;
      return createMachine(this.chainId, true);
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #give(machine: Machine): void {
    machine.observer = undefined;
    machine.pulse.disarm();
    const next = this.#waiting.shift();
    if (next === undefined) this.#idle.push(machine);
    else next(machine);
  }
}

/** Writes the state overrides into a fresh overlay, or says what is wrong with them. */
export function applyStateOverrides(machine: Machine, overrides: NonNullable<CallContext['stateOverrides']>): string | undefined {
  const { state } = machine;
  for (const { address, override } of overrides) {
    if (override.state !== undefined && override.stateDiff !== undefined) return 'expected either state or stateDiff in an account override, got both';
    const key = toKey(address);
    const account = state.read(key) ?? ABSENT_ACCOUNT;
    state.write(key, { ...account, balance: override.balance ?? account.balance, nonce: override.nonce ?? account.nonce });
    if (override.code !== undefined) state.writeCode(key, override.code);
    if (override.state !== undefined) state.clearSlots(key);
    for (const { slot, value } of override.state ?? override.stateDiff ?? []) state.writeSlot(key, toKey(toWord(slot)), toWord(value));
  }
  return undefined;
}

/** The environment of a call: `header`'s own, with the block overrides. Fees are the caller's business. */
export function callEnvironment(chainId: bigint, header: BlockHeader, overrides: CallContext['blockOverrides'] = {}): TransitionContext {
  const coinbase = overrides.coinbase ?? header.coinbase;
  const baseFeeWei = overrides.baseFeePerGas ?? header.baseFeePerGas;
  return {
    chainId, coinbase, baseFeeWei, baseFeeRecipient: undefined, fees: { originBaseFeeWei: 0n, dataFeeScalar: 0n, surchargeScalar: 0n },
    block: {
      header: {
        number: overrides.number ?? header.number, timestamp: overrides.timestamp ?? header.timestamp, coinbase: new Address(coinbase), difficulty: 0n,
        prevRandao: overrides.prevRandao ?? header.prevRandao, gasLimit: overrides.gasLimit ?? header.gasLimit, baseFeePerGas: baseFeeWei, getBlobGasPrice: () => 1n,
      },
    },
  };
}

