// The zkGas surcharge of SPEC section 5, measured on EthereumJS's EVM. Owns the table, the counter and where it moves. Does not own budgets of
// transactions nor what an abort costs (blockRun.ts).
// Unlike the node's counter this one never stops the EVM: an exceeded budget is remembered and the whole transaction undone at its end, which
// leaves the same state. The gas of a precompile whose price depends on its length alone is asked of EthereumJS with zeros of that length.
// Invariant: the counter moves only where the frame has paid, never back, and never past the budget.

import type { Common, StateManagerInterface } from '@ethereumjs/common';
import { getActivePrecompiles, getOpcodesForHF, type CustomPrecompile, type EVMOpts, type PrecompileInput } from '@ethereumjs/evm';
import { Address } from '@ethereumjs/util';
import { bytesToBigint, toHex, uintBytes } from '@keyfall/protocol';

type CustomOpcode = Extract<NonNullable<EVMOpts['customOpcodes']>[number], { logicFunction: unknown }>;
type RunState = Parameters<CustomOpcode['logicFunction']>[0];

const KECCAK256 = 0x20;
/** Opcodes that load the code of another account: where its address is on the stack, and whether a delegation is followed. */
const CODE_LOADERS: readonly { readonly opcode: number; readonly depth: number; readonly isCall: boolean }[] = [
  { opcode: 0x3b, depth: 0, isCall: false }, { opcode: 0x3c, depth: 0, isCall: false },
  { opcode: 0xf1, depth: 1, isCall: true }, { opcode: 0xf2, depth: 1, isCall: true }, { opcode: 0xf4, depth: 1, isCall: true }, { opcode: 0xfa, depth: 1, isCall: true },
];
const ADDRESS_MASK = (1n << 160n) - 1n;
const wordsOf = (bytes: bigint | number): bigint => (BigInt(bytes) + 31n) / 32n;

/** What an EIP-7702 delegation points to; undefined for any other code. */
export function delegateOf(code: Uint8Array): Uint8Array | undefined {
  return code.length === 23 && code[0] === 0xef && code[1] === 0x01 && code[2] === 0x00 ? code.subarray(3) : undefined;
}

export class Surcharge {
  #budget = 0n;
  #used = 0n;
  #isExceeded = false;
  readonly #loaded = new Set<string>();

  /** A new transaction. @param budget undefined = it has none to exceed */
  begin(budget: bigint | undefined): void {
    this.#budget = budget ?? 1n << 200n;
    this.#used = 0n;
    this.#isExceeded = false;
    this.#loaded.clear();
  }

  get used(): bigint {
    return this.#used;
  }

  get isExceeded(): boolean {
    return this.#isExceeded;
  }

  add(amount: bigint): void {
    if (this.#isExceeded) return;
    this.#used += amount;
    if (this.#used <= this.#budget) return;
    this.#used = this.#budget;
    this.#isExceeded = true;
  }

  /** The first time a transaction loads the code of an account: that code, and what it delegates to if calls follow it. */
  async load(state: StateManagerInterface, address: Uint8Array, followsDelegation: boolean): Promise<void> {
    const code = await this.#codeOnce(state, address);
    const delegate = followsDelegation ? delegateOf(code) : undefined;
    if (delegate !== undefined) await this.#codeOnce(state, delegate);
  }

  async #codeOnce(state: StateManagerInterface, address: Uint8Array): Promise<Uint8Array> {
    const code = await state.getCode(new Address(address));
    const name = toHex(address);
    if (!this.#loaded.has(name)) this.add(16n * wordsOf(code.length));
    this.#loaded.add(name);
    return code;
  }
}

/** The listed opcodes: their own gas, then the surcharge, then what they do. */
export function meteredOpcodes(common: Common, surcharge: Surcharge): CustomOpcode[] {
  const { opcodes, handlers, dynamicGasHandlers } = getOpcodesForHF(common);
  const metered = (opcode: number, charge: (runState: RunState) => Promise<void> | void): CustomOpcode => {
    const [info, run, gas] = [opcodes.get(opcode), handlers.get(opcode), dynamicGasHandlers.get(opcode)];
    if (info === undefined || run === undefined) throw new Error(`expected opcode 0x${opcode.toString(16)} in this fork`);
    return {
      opcode, opcodeName: info.name, baseFee: info.fee, ...(gas === undefined ? {} : { gasFunction: gas as NonNullable<CustomOpcode['gasFunction']> }),
      // The interpreter has taken the gas by now: whoever could not pay never comes here.
      logicFunction: async (runState, rules) => {
        await charge(runState);
        await run(runState, rules);
      },
    };
  };
  return [
    metered(KECCAK256, ({ stack }) => { surcharge.add(30n + 6n * wordsOf(stack.peek(2)[1] ?? 0n)); }),
    ...CODE_LOADERS.map(({ opcode, depth, isCall }) => metered(opcode, async ({ stack, stateManager }) => surcharge.load(stateManager, uintBytes((stack.peek(depth + 1)[depth] ?? 0n) & ADDRESS_MASK, 20), isCall))),
  ];
}

type Price = (data: Uint8Array, ofZeros: (bytes: number) => Promise<bigint>) => bigint | Promise<bigint>;

const fixed = (bytes: number): Price => async (_data, ofZeros) => ofZeros(bytes);
/** A base and so much for each whole unit. */
const linear = (unitBytes: number, base: bigint): Price => async ({ length }, ofZeros) => {
  const units = BigInt(Math.floor(length / unitBytes));
  return units === 0n ? base : base + units * (await ofZeros(unitBytes) - base);
};
/** EIP-2537's discounts end at 128 pairs; above, the price is proportional. */
const LAST_DISCOUNT = 128;
const discounted = (unitBytes: number): Price => async ({ length }, ofZeros) => {
  const units = Math.floor(length / unitBytes);
  if (units === 0) return 0n;
  return units <= LAST_DISCOUNT ? ofZeros(units * unitBytes) : (BigInt(units) * await ofZeros(LAST_DISCOUNT * unitBytes)) / BigInt(LAST_DISCOUNT);
};

/** SPEC section 5: surcharge per gas, and what each charges for an input by Ethereum's rules. */
const PRECOMPILES: readonly { readonly number: number; readonly factor: bigint; readonly price: Price }[] = [
  { number: 0x02, factor: 9n, price: ({ length }) => 60n + 12n * wordsOf(length) }, { number: 0x03, factor: 1n, price: ({ length }) => 600n + 120n * wordsOf(length) },
  { number: 0x05, factor: 5n, price: modexpGas }, { number: 0x06, factor: 1n, price: fixed(128) }, { number: 0x07, factor: 1n, price: fixed(96) }, { number: 0x08, factor: 1n, price: linear(192, 45_000n) },
  // Rounds; another length fails and burns what its frame had, which is no price.
  { number: 0x09, factor: 29n, price: (data) => (data.length === 213 ? bytesToBigint(data.subarray(0, 4)) : 0n) }, { number: 0x0a, factor: 3n, price: () => 50_000n },
  { number: 0x0b, factor: 2n, price: fixed(256) }, { number: 0x0c, factor: 2n, price: discounted(160) }, { number: 0x0d, factor: 2n, price: fixed(512) },
  { number: 0x0e, factor: 2n, price: discounted(288) }, { number: 0x0f, factor: 2n, price: linear(384, 37_700n) }, { number: 0x10, factor: 2n, price: fixed(64) }, { number: 0x11, factor: 2n, price: fixed(128) },
];
const PLENTY = 1n << 60n;

/** The listed precompiles with their surcharge in front. */
export function meteredPrecompiles(common: Common, surcharge: Surcharge): CustomPrecompile[] {
  const active = getActivePrecompiles(common);
  return PRECOMPILES.map(({ number, factor, price }) => {
    const address = new Address(uintBytes(BigInt(number), 20));
    const original = active.get(address.toString().slice(2));
    if (original === undefined) throw new Error(`expected a precompile at 0x${number.toString(16)}`);
    const known = new Map<number, bigint>();
    return {
      address,
      function: async (input: PrecompileInput) => {
        const gas = await price(input.data, async (bytes) => {
          const before = known.get(bytes);
          if (before !== undefined) return before;
          const { executionGasUsed, exceptionError } = await original({ ...input, data: new Uint8Array(bytes), gasLimit: PLENTY });
          if (exceptionError !== undefined) throw new Error(`precompile 0x${number.toString(16)}: expected a price for ${bytes} zeros, got ${exceptionError.error}`);
          known.set(bytes, executionGasUsed);
          return executionGasUsed;
        });
        if (gas <= input.gasLimit) surcharge.add(factor * gas);
        return original(input);
      },
    };
  });
}

/** EIP-7883. */
function modexpGas(data: Uint8Array): bigint {
  const word = (start: bigint, size: bigint): bigint => {
    const bytes = new Uint8Array(Number(size));
    if (start < BigInt(data.length)) bytes.set(data.subarray(Number(start), Number(start + size)));
    return bytesToBigint(bytes);
  };
  const [base, exponent, modulus] = [word(0n, 32n), word(32n, 32n), word(64n, 32n)];
  const length = base > modulus ? base : modulus;
  const eights = (length + 7n) / 8n;
  const complexity = length > 32n ? 2n * eights * eights : 16n;
  const head = word(96n + base, exponent > 32n ? 32n : exponent);
  const bits = head === 0n ? 0n : BigInt(head.toString(2).length) - 1n;
  const count = (exponent > 32n ? 16n * (exponent - 32n) : 0n) + bits;
  const gas = complexity * (count > 0n ? count : 1n);
  return gas > 500n ? gas : 500n;
}
