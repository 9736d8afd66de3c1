// geth's default tracer: one entry per opcode.
//
// Owns: the structLogs format of debug_traceTransaction without a tracer. Does not own: the steps (EthereumJS's events).
// Source: geth's eth/tracers/logger. Invariant: a trace is complete, or cut at the limit the caller gave, or refused for its
// size; never cut silently.
import type { InterpreterStep } from '@ethereumjs/evm';
import { toHex, toKey, toFixedBytes, toWord } from '../bytes.ts';
import type { Machine } from '../machine.ts';
import type { TracedOutcome, Tracer } from './tracer.ts';
import { quantity, TraceBudget } from './tracer.ts';
import type { TraceJson, TraceOptions } from '../api.ts';

/** Words a trace may hold; a step counts as eight besides its stack and memory. About 250 MB. */
const BUDGET_WORDS = 4_000_000;
const STEP_WORDS = 8;
const [SLOAD, SSTORE] = [0x54, 0x55];
const CALLS = new Set([0xf1, 0xf2, 0xf4, 0xfa]);

export class StructLogger implements Tracer {
  readonly #options: TraceOptions;
  readonly #limit: number;
  readonly #logs: { [key: string]: TraceJson }[] = [];
  /** Slots each contract touched so far, as geth shows them. */
  readonly #storage = new Map<string, { [slot: string]: string }>();
  /** What the last call of each depth returned. */
  readonly #returned = new Map<number, Uint8Array>();
  readonly #budget = new TraceBudget(BUDGET_WORDS, 'give a limit, disableStack, or use another tracer');
  #depth = 0;

  constructor(options: TraceOptions) {
    this.#options = options;
    this.#limit = options.limit !== undefined && options.limit > 0 ? options.limit : Infinity;
  }

  attach(machine: Machine): void {
    const { events } = machine.evm;
    events.on('step', (step: InterpreterStep) => this.#step(machine, step));
    events.on('beforeMessage', () => {
      this.#depth++;
      this.#returned.delete(this.#depth);
    });
    events.on('afterMessage', (result: { execResult: { returnValue: Uint8Array } }) => {
      this.#depth--;
      this.#returned.set(this.#depth, result.execResult.returnValue);
    });
  }

  #step(machine: Machine, step: InterpreterStep): void {
    if (this.#logs.length >= this.#limit) return;
    const { opcode, stack } = step;
    this.#budget.spend(STEP_WORDS + (this.#options.disableStack === true ? 0 : stack.length) + (this.#options.enableMemory === true ? Number(step.memoryWordCount) : 0));
    const cost = (opcode.dynamicFee ?? BigInt(opcode.fee)) + (CALLS.has(opcode.code) ? machine.forwarded.gas : 0n);
    const log: { [key: string]: TraceJson } = { pc: step.pc, op: opcode.name, gas: Number(step.gasLeft), gasCost: Number(cost), depth: step.depth + 1 };
    if (step.gasRefund > 0n) log['refund'] = Number(step.gasRefund);
    if (cost > step.gasLeft) log['error'] = 'out of gas';
    if (this.#options.disableStack !== true) log['stack'] = stack.map(quantity);
    if (this.#options.enableMemory === true) log['memory'] = memoryWords(step.memory, Number(step.memoryWordCount));
    if (this.#options.enableReturnData === true) {
      const returned = this.#returned.get(this.#depth);
      if (returned !== undefined && returned.length > 0) log['returnData'] = toHex(returned);
    }
    if (this.#options.disableStorage !== true && (opcode.code === SLOAD || opcode.code === SSTORE)) log['storage'] = this.#touch(machine, step);
    this.#logs.push(log);
  }

  #touch(machine: Machine, { opcode, stack, address }: InterpreterStep): { [slot: string]: string } {
    const addressKey = toKey(address.bytes);
    const touched = this.#storage.get(addressKey) ?? {};
    const [top, next] = [stack.at(-1), stack.at(-2)];
    if (top !== undefined && (opcode.code === SLOAD || next !== undefined)) {
      const slot = toFixedBytes(top, 32);
      const value = opcode.code === SSTORE ? toFixedBytes(next ?? 0n, 32) : toWord(machine.state.slot(addressKey, toKey(slot)));
      touched[toHex(slot).slice(2)] = toHex(value).slice(2);
      this.#storage.set(addressKey, touched);
    }
    return { ...touched };
  }

  result(_machine: Machine, outcome: TracedOutcome): TraceJson {
    return { gas: Number(outcome.gasUsed), failed: outcome.status === 0, returnValue: toHex(outcome.returnData), structLogs: this.#logs };
  }
}

function memoryWords(memory: Uint8Array, wordCount: number): string[] {
  const words: string[] = [];
  for (let i = 0; i < wordCount; i++) {
    const word = new Uint8Array(32);
    word.set(memory.subarray(32 * i, 32 * i + 32));
    words.push(toHex(word).slice(2));
  }
  return words;
}
