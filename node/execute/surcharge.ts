// The zkGas surcharge: one counter per transaction, moved at the listed opcodes and precompiles before they run.
//
// Owns: the table of SPEC.md section 5, the gas of each listed precompile, the wrapping of EthereumJS's handlers. Does
// not own: budgets and what an abort costs (transition.ts).
// Invariant: the counter moves only after the opcode's gas was charged, or when the frame can pay the precompile; it
// never exceeds the budget; reverted frames do not move it back.
import type { Common } from '@ethereumjs/common';
import { getActivePrecompiles, getOpcodesForHF } from '@ethereumjs/evm';
import type { CustomPrecompile, EVMOpts, PrecompileInput } from '@ethereumjs/evm';
import { Address } from '@ethereumjs/util';
import { toBigInt, toFixedBytes, toKey } from './bytes.ts';
import type { OverlayState } from './overlay.ts';
import { precompileGas } from './precompile-gas.ts';

/** Thrown through the EVM when a transaction's budget is exceeded; not an EVM error, so no frame absorbs it. */
export class SurchargeExceeded extends Error {
  readonly code = 'surcharge-exceeded';
}

/** The counter. zkGas fits a double: the table charges at most 29 per gas. */
export class SurchargeMeter {
  #used = 0;
  #budget = Infinity;
  /** Set while an opcode's gas is computed, charged when it runs. */
  #pending = 0;
  #pendingCodes: readonly string[] = [];
  /** Accounts whose code this transaction has paid for; reverted frames do not forget it. */
  readonly #paidCodes = new Set<string>();
  #place: { pc: number; address: Uint8Array } | undefined;
  #abortedAt: { pc: number; address: Uint8Array } | undefined;

  start(budget: number): void {
    this.#used = 0;
    this.#budget = budget;
    this.#pending = 0;
    this.#pendingCodes = [];
    this.#paidCodes.clear();
    this.#place = undefined;
    this.#abortedAt = undefined;
  }

  /** Names the opcode whose charges follow; a precompile's are those of the call to it. */
  enter(pc: number, address: Uint8Array): void {
    this.#place = { pc, address };
  }

  /** Where the budget was exceeded; undefined when it was not, or before the first listed opcode. */
  get abortedAt(): { pc: number; address: Uint8Array } | undefined {
    return this.#abortedAt;
  }

  get used(): bigint {
    return BigInt(this.#used);
  }

  /** Moves the counter, or clamps it to the budget and aborts. */
  charge(amount: number): void {
    this.#used += amount;
    if (this.#used <= this.#budget) return;
    this.#used = this.#budget;
    this.#abortedAt = this.#place;
    throw new SurchargeExceeded('expected the surcharge to stay within its budget');
  }

  hold(amount: number): void {
    this.#pending = amount;
  }

  /** Holds the surcharge of loading the code of these accounts, as far as the transaction has not paid for it. */
  holdCode(state: OverlayState, accountKeys: readonly string[]): void {
    this.#pendingCodes = [...new Set(accountKeys)].filter((key) => !this.#paidCodes.has(key));
    this.#pending = this.#pendingCodes.reduce((sum, key) => sum + codeSurcharge(state.codeOf(key).length), 0);
  }

  chargeHeld(): void {
    const amount = this.#pending;
    for (const key of this.#pendingCodes) this.#paidCodes.add(key);
    this.#pending = 0;
    this.#pendingCodes = [];
    if (amount > 0) this.charge(amount);
  }
}

export const KECCAK_BASE = 30;
export const KECCAK_WORD = 6;
export const CODE_WORD = 16;

/** Surcharge per gas of a precompile, by address. Absent = 0. */
export const PRECOMPILE_FACTORS: ReadonlyMap<number, number> = new Map([
  [0x02, 9], [0x03, 1], [0x05, 5], [0x06, 1], [0x07, 1], [0x08, 1], [0x09, 29], [0x0a, 3],
  [0x0b, 2], [0x0c, 2], [0x0d, 2], [0x0e, 2], [0x0f, 2], [0x10, 2], [0x11, 2],
]);

/** Opcodes that load another account's code, with the stack position of the address and whether they follow a delegation. */
const CODE_LOADERS = new Map([
  [0x3b, { addressAt: 0, follows: false }], [0x3c, { addressAt: 0, follows: false }],
  [0xf1, { addressAt: 1, follows: true }], [0xf2, { addressAt: 1, follows: true }], [0xf4, { addressAt: 1, follows: true }], [0xfa, { addressAt: 1, follows: true }],
]);

const ADDRESS_MASK = (1n << 160n) - 1n;

function codeSurcharge(sizeBytes: number): number {
  return CODE_WORD * Math.ceil(sizeBytes / 32);
}

/** Target of an EIP-7702 delegation, or undefined if `code` is not one. */
export function delegationTarget(code: Uint8Array): Uint8Array | undefined {
  return code.length === 23 && code[0] === 0xef && code[1] === 0x01 && code[2] === 0x00 ? code.subarray(3) : undefined;
}

/** An opcode as EthereumJS takes it. */
export type CustomOpcode = Extract<NonNullable<EVMOpts['customOpcodes']>[number], { logicFunction: unknown }>;
export type RunState = Parameters<CustomOpcode['logicFunction']>[0];

/** The listed opcodes with their surcharge in front of EthereumJS's own handlers. */
export function surchargedOpcodes(common: Common, meter: SurchargeMeter, state: OverlayState): CustomOpcode[] {
  const wrap = (opcode: number, holdSurcharge: (runState: RunState) => void): CustomOpcode => {
    const { info, gas, run } = handlersOf(common, opcode);
    return {
      opcode, opcodeName: info.name, baseFee: info.fee,
      gasFunction: async (runState, baseGas, rules) => {
        holdSurcharge(runState);
        return gas(runState, baseGas, rules);
      },
      logicFunction: (runState, rules) => {
        // EthereumJS has already moved past the opcode.
        meter.enter(runState.programCounter - 1, runState.interpreter.getAddress().bytes);
        meter.chargeHeld();
        return run(runState, rules) as void;
      },
    };
  };
  const opcodes = [
    wrap(0x20, (runState) => {
      const length = runState.stack.peek(2)[1]!;
      // A longer input cannot be paid for: its memory alone costs more than any gas limit.
      meter.hold(length > 0xffffffffn ? 0 : KECCAK_BASE + KECCAK_WORD * Math.ceil(Number(length) / 32));
    }),
  ];
  for (const [opcode, { addressAt, follows }] of CODE_LOADERS) {
    opcodes.push(
      wrap(opcode, (runState) => {
        const target = toFixedBytes(runState.stack.peek(addressAt + 1)[addressAt]! & ADDRESS_MASK, 20);
        meter.holdCode(state, loadedBy(state, target, follows));
      }),
    );
  }
  return opcodes;
}

/** Keys of the accounts whose code is loaded with `target`: its own, and what it delegates to if that is followed. */
export function loadedBy(state: Pick<OverlayState, 'codeOf'>, target: Uint8Array, followsDelegation: boolean): string[] {
  const key = toKey(target);
  const delegate = followsDelegation ? delegationTarget(state.codeOf(key)) : undefined;
  return delegate === undefined ? [key] : [key, toKey(delegate)];
}

/** The listed precompiles with their surcharge in front of EthereumJS's own. */
export function surchargedPrecompiles(common: Common, meter: SurchargeMeter): CustomPrecompile[] {
  const active = getActivePrecompiles(common);
  const custom: CustomPrecompile[] = [];
  for (const [number, factor] of PRECOMPILE_FACTORS) {
    const address = new Address(toFixedBytes(BigInt(number), 20));
    const original = active.get(address.toString().slice(2));
    if (original === undefined) throw new Error(`expected a precompile at 0x${number.toString(16)}, found none`);
    custom.push({
      address,
      function: (input: PrecompileInput) => {
        const gas = precompileGas(number, input.data);
        if (gas <= input.gasLimit) meter.charge(factor * Number(gas));
        return original(input);
      },
    });
  }
  return custom;
}

export interface OpcodeHandlers {
  info: { name: string; fee: number };
  gas: (runState: RunState, baseGas: bigint, common: Common) => bigint | Promise<bigint>;
  run: (runState: RunState, common: Common) => void | Promise<void>;
}

/** EthereumJS's own handlers of an opcode. */
export function handlersOf(common: Common, opcode: number): OpcodeHandlers {
  const { handlers, dynamicGasHandlers, opcodes } = getOpcodesForHF(common);
  const [info, run] = [opcodes.get(opcode), handlers.get(opcode)];
  if (info === undefined || run === undefined) throw new Error(`expected opcode 0x${opcode.toString(16)} to be active`);
  return { info: { name: info.name, fee: info.fee }, gas: dynamicGasHandlers.get(opcode) ?? ((_runState, baseGas) => baseGas), run };
}

/** Precompile number of an address, or undefined. */
export function precompileNumber(address: Uint8Array): number | undefined {
  const value = toBigInt(address);
  return value === 0x100n || (value >= 1n && value <= 0x11n) ? Number(value) : undefined;
}
