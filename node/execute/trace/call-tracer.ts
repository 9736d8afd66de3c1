// geth's callTracer: the tree of calls.
//
// Owns: frames, their logs, revert reasons. Does not own: what happens in a frame.
// Source: geth's eth/tracers/native/call.go. Invariant: the top frame is the transaction itself, so there is one even
// when the EVM never started; frames left open by an abort show its error.
import type { EVMResult, Message } from '@ethereumjs/evm';
import { toBigInt, toFixedBytes, toHex, toKey } from '../bytes.ts';
import type { Machine } from '../machine.ts';
import { ABSENT_ACCOUNT } from '../overlay.ts';
import type { RunState } from '../surcharge.ts';
import type { TracedOutcome, TracedTransaction, Tracer } from './tracer.ts';
import { frameError, quantity, TraceBudget } from './tracer.ts';
import type { TraceJson, TraceOptions } from '../api.ts';

const TYPES = new Map([[0xf0, 'CREATE'], [0xf1, 'CALL'], [0xf2, 'CALLCODE'], [0xf4, 'DELEGATECALL'], [0xf5, 'CREATE2'], [0xfa, 'STATICCALL']]);
const SELFDESTRUCT = 0xff;
/** Inputs, outputs and logs a trace may hold; passing the same large memory to many calls costs little gas. */
const BUDGET_BYTES = 64_000_000;
const FRAME_BYTES = 300;
const ADDRESS_MASK = (1n << 160n) - 1n;

interface CallFrame {
  type: string;
  from: Uint8Array;
  to: Uint8Array | undefined;
  value: bigint | undefined;
  gas: bigint;
  gasUsed: bigint;
  input: Uint8Array;
  output: Uint8Array;
  error: string | undefined;
  calls: CallFrame[];
  logs: { [key: string]: TraceJson }[];
}

function frame(fields: Pick<CallFrame, 'type' | 'from' | 'to' | 'value' | 'gas' | 'input'>): CallFrame {
  return { ...fields, gasUsed: 0n, output: new Uint8Array(0), error: undefined, calls: [], logs: [] };
}

export class CallTracer implements Tracer {
  readonly #options: TraceOptions;
  readonly #open: CallFrame[] = [];
  readonly #budget = new TraceBudget(BUDGET_BYTES, 'use onlyTopCall');
  #lastOpcode = 0;

  constructor(options: TraceOptions) {
    this.#options = options;
  }

  attach(machine: Machine, transaction: TracedTransaction): void {
    const { sender, to, value, gasLimit, data, creates } = transaction;
    this.#open.push(frame({ type: to === undefined ? 'CREATE' : 'CALL', from: sender, to: to ?? creates, value, gas: gasLimit, input: data }));
    machine.observer = (opcode, runState) => this.#observe(machine, opcode, runState);
    machine.evm.events.on('beforeMessage', (message: Message) => this.#enter(message));
    machine.evm.events.on('afterMessage', (result: EVMResult) => this.#leave(result));
  }

  #observe(machine: Machine, opcode: number, runState: RunState): void {
    this.#lastOpcode = opcode;
    const current = this.#open.at(-1);
    if (current === undefined) return;
    if (opcode >= 0xa0 && opcode <= 0xa4 && this.#options.withLog === true) this.#log(current, logOf(opcode - 0xa0, runState, current.calls.length), Number(runState.stack.peek(2)[1]));
    if (opcode !== SELFDESTRUCT || this.#options.onlyTopCall === true) return;
    const from = runState.interpreter.getAddress().bytes;
    const beneficiary = toFixedBytes(runState.stack.peek(1)[0]! & ADDRESS_MASK, 20);
    const { balance } = machine.state.read(toKey(from)) ?? ABSENT_ACCOUNT;
    current.calls.push(frame({ type: 'SELFDESTRUCT', from, to: beneficiary, value: balance, gas: 0n, input: new Uint8Array(0) }));
  }

  #log(current: CallFrame, log: { [key: string]: TraceJson }, dataBytes: number): void {
    this.#budget.spend(FRAME_BYTES + dataBytes);
    current.logs.push(log);
  }

  #enter(message: Message): void {
    if (message.depth === 0) return;
    this.#budget.spend(FRAME_BYTES + message.data.length);
    const type = TYPES.get(this.#lastOpcode) ?? 'CALL';
    const isInCallersContext = type === 'DELEGATECALL' || type === 'CALLCODE';
    const to = isInCallersContext ? message.codeAddress.bytes : message.to?.bytes;
    const from = type === 'DELEGATECALL' ? message.to!.bytes : message.caller.bytes;
    // A copy: the data is a view of the caller's memory, which goes on changing.
    const input = message.data.slice();
    // The message's data is a view of the caller's memory, which it may change later: keep a copy.
    const entered = frame({ type, from, to, value: type === 'STATICCALL' ? undefined : message.value, gas: message.gasLimit, input });
    if (this.#options.onlyTopCall !== true) this.#open.at(-1)!.calls.push(entered);
    this.#open.push(entered);
  }

  #leave({ execResult, createdAddress }: EVMResult): void {
    // The transaction's own frame is closed with its outcome, which knows refunds and fees.
    if (this.#open.length <= 1) return;
    const left = this.#open.pop()!;
    left.gasUsed = execResult.executionGasUsed;
    const isCreation = left.type === 'CREATE' || left.type === 'CREATE2';
    if (isCreation) left.to = createdAddress?.bytes;
    this.#budget.spend(execResult.returnValue.length);
    close(left, execResult.exceptionError?.error, execResult.returnValue.slice());
  }

  result(_machine: Machine, outcome: TracedOutcome): TraceJson {
    const top = this.#open[0]!;
    for (const unfinished of this.#open.slice(1)) close(unfinished, outcome.error ?? 'aborted', new Uint8Array(0));
    top.gasUsed = outcome.gasUsed;
    close(top, outcome.error, outcome.returnData);
    return frameJson(top);
  }
}

function close(ended: CallFrame, error: string | undefined, output: Uint8Array): void {
  ended.error = error === undefined ? undefined : frameError(error);
  if (error === undefined || error === 'revert') ended.output = output;
  if (error !== undefined) clearLogs(ended);
}

function clearLogs(failed: CallFrame): void {
  failed.logs = [];
  for (const call of failed.calls) clearLogs(call);
}

function logOf(topicCount: number, runState: RunState, position: number): { [key: string]: TraceJson } {
  const [offset, length, ...topics] = runState.stack.peek(2 + topicCount);
  const data = length === 0n ? new Uint8Array(0) : runState.memory.read(Number(offset), Number(length));
  return { address: toHex(runState.interpreter.getAddress().bytes), topics: topics.map((topic) => toHex(toFixedBytes(topic, 32))), data: toHex(data), position: quantity(position) };
}

function frameJson(shown: CallFrame): { [key: string]: TraceJson } {
  const json: { [key: string]: TraceJson } = { from: toHex(shown.from), gas: quantity(shown.gas), gasUsed: quantity(shown.gasUsed) };
  if (shown.to !== undefined) json['to'] = toHex(shown.to);
  json['input'] = toHex(shown.input);
  if (shown.output.length > 0) json['output'] = toHex(shown.output);
  if (shown.error !== undefined) json['error'] = shown.error;
  const reason = shown.error === 'execution reverted' ? revertReason(shown.output) : undefined;
  if (reason !== undefined) json['revertReason'] = reason;
  if (shown.calls.length > 0) json['calls'] = shown.calls.map(frameJson);
  if (shown.logs.length > 0) json['logs'] = shown.logs;
  if (shown.value !== undefined) json['value'] = quantity(shown.value);
  json['type'] = shown.type;
  return json;
}

/** The text of Solidity's Error(string), or undefined if the data is something else. */
export function revertReason(output: Uint8Array): string | undefined {
  if (output.length < 68 || toHex(output.subarray(0, 4)) !== '0x08c379a0' || toBigInt(output.subarray(4, 36)) !== 32n) return undefined;
  const length = toBigInt(output.subarray(36, 68));
  if (length > BigInt(output.length - 68)) return undefined;
  return Buffer.from(output.subarray(68, 68 + Number(length))).toString('utf8');
}
