// One official state test (execution-spec-tests) through the block execution's own transition and commit.
//
// Owns: the fixture's shape, its environment as a transition context, the verdict. Does not own: reading files
// (evm-test.ts). Only chain id, header fields and the fee destination differ from our blocks; the surcharge is unlimited.
// Invariant: a case passes only if post-state root and logs hash equal the expected ones, and a case that must be
// rejected was rejected leaving the pre-state.
import { Address } from '@ethereumjs/util';
import { equalBytes, fromHex, toHex, toKey, toWord } from './bytes.ts';
import { keccak256 } from './crypto.ts';
import { createMachine } from './machine.ts';
import type { EvmBlock, Machine } from './machine.ts';
import { MemoryStore } from './memory-store.ts';
import { ABSENT_ACCOUNT } from './overlay.ts';
import { encodeRlp } from './rlp.ts';
import { commitGenesis, commitState } from './state-commit.ts';
import { CommittedState } from './state-view.ts';
import { StateStore } from './store.ts';
import { recoverTransaction } from './transaction.ts';
import { applyOrdinary } from './transition.ts';
import type { TransitionContext } from './transition.ts';
import type { Log } from './api.ts';

export interface StateTestCase {
  name: string;
  file: string;
  env: Record<string, string>;
  pre: Record<string, { nonce: string; balance: string; code: string; storage: Record<string, string> }>;
  txbytes: string;
  sender?: string;
  stateRoot: string;
  logsHash: string;
  exception?: string | null;
}
export type StateTestVerdict =
  | { status: 'passed' }
  | { status: 'unsupported'; reason: string }
  | { status: 'failed'; expected: string; got: string };

/** EIP-4844's update fraction since Prague (the fixtures' blobSchedule for Osaka). */
const BLOB_UPDATE_FRACTION = 5_007_716n;

/** EIP-4844: price of blob gas for an excess, approximating e^(excess / fraction) in integers. */
export function blobBaseFee(excessBlobGas: bigint): bigint {
  let [sum, term] = [0n, BLOB_UPDATE_FRACTION];
  for (let i = 1n; term > 0n; i++) {
    sum += term;
    term = (term * excessBlobGas) / (BLOB_UPDATE_FRACTION * i);
  }
  return sum / BLOB_UPDATE_FRACTION;
}

/** Runs cases one after another on one machine. */
export class StateTestRunner {
  readonly #machine: Machine;

  private constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** The fixtures are signed for chain id 1. */
  static async create(): Promise<StateTestRunner> {
    return new StateTestRunner(await createMachine(1n, false));
  }

  async run(test: StateTestCase): Promise<StateTestVerdict> {
    const raw = fromHex(test.txbytes);
    if (raw[0] === 3) return { status: 'unsupported', reason: 'type 3' };
    const committed = await this.#preState(test.pre);
    const view = committed.at(0n);
    this.#machine.begin(view, () => new Uint8Array(32));
    const rejection = await this.#execute(test, raw);
    // After a rejection too: it must have left the pre-state.
    const root = commitState(this.#machine.state, view, committed.store).stateRoot;
    const logs = logsHash(rejection.logs);
    const mustReject = test.exception !== undefined && test.exception !== null;
    if (mustReject && rejection.error === undefined) return { status: 'failed', expected: `rejection (${test.exception})`, got: 'an executed transaction' };
    if (!mustReject && rejection.error !== undefined) return { status: 'failed', expected: 'an executed transaction', got: `rejection: ${rejection.error}` };
    if (!equalBytes(root, fromHex(test.stateRoot))) return { status: 'failed', expected: `state root ${test.stateRoot}`, got: toHex(root) };
    if (!equalBytes(logs, fromHex(test.logsHash))) return { status: 'failed', expected: `logs hash ${test.logsHash}`, got: toHex(logs) };
    return { status: 'passed' };
  }

  async #preState(pre: StateTestCase['pre']): Promise<CommittedState> {
    const committed = new CommittedState(new StateStore(new MemoryStore(), undefined));
    this.#machine.begin({ baseAccount: () => undefined, baseStorage: () => new Uint8Array(0), baseCode: () => new Uint8Array(0) }, () => new Uint8Array(32));
    const { state } = this.#machine;
    for (const [addressHex, { nonce, balance, code, storage }] of Object.entries(pre)) {
      const key = toKey(fromHex(addressHex));
      state.write(key, { ...ABSENT_ACCOUNT, nonce: BigInt(nonce), balance: BigInt(balance) });
      const codeBytes = fromHex(code);
      if (codeBytes.length > 0) state.writeCode(key, codeBytes);
      for (const [slot, value] of Object.entries(storage)) state.writeSlot(key, toKey(word(slot)), word(value));
    }
    const { changes } = commitGenesis(state, committed.store);
    await committed.store.commit(0n, new Uint8Array(0), changes, []);
    return committed;
  }

  async #execute(test: StateTestCase, raw: Uint8Array): Promise<{ error: string | undefined; logs: readonly Log[] }> {
    const recovered = recoverTransaction(raw);
    if (!recovered.ok) return { error: recovered.message, logs: [] };
    const context = contextOf(test.env);
    const gasLeft = context.block.header.gasLimit;
    const result = await applyOrdinary(this.#machine, context, recovered.transaction, { gasLeft, zkGasLeft: Infinity });
    return result.ok ? { error: undefined, logs: result.outcome.logs } : { error: `${result.reason}: ${result.message}`, logs: [] };
  }
}

function contextOf(env: Record<string, string>): TransitionContext {
  const field = (name: string): string => {
    const value = env[name];
    if (value === undefined) throw new Error(`expected ${name} in the environment of the test`);
    return value;
  };
  const coinbase = fromHex(field('currentCoinbase'));
  const blobFee = blobBaseFee(BigInt(field('currentExcessBlobGas')));
  const block: EvmBlock = {
    header: {
      number: BigInt(field('currentNumber')), coinbase: new Address(coinbase), timestamp: BigInt(field('currentTimestamp')), difficulty: 0n,
      prevRandao: word(field('currentRandom')), gasLimit: BigInt(field('currentGasLimit')), baseFeePerGas: BigInt(field('currentBaseFee')), getBlobGasPrice: () => blobFee,
    },
  };
  return {
    chainId: 1n, block, coinbase, baseFeeWei: BigInt(field('currentBaseFee')), baseFeeRecipient: undefined,
    fees: { originBaseFeeWei: 0n, dataFeeScalar: 0n, surchargeScalar: 0n },
  };
}

function word(hex: string): Uint8Array {
  const digits = hex.slice(2);
  return toWord(fromHex(digits.length % 2 === 0 ? digits : `0${digits}`));
}

function logsHash(logs: readonly Log[]): Uint8Array {
  return keccak256(encodeRlp(logs.map(({ address, topics, data }) => [address, topics, data])));
}
