// What a tracer is: something attached to a machine for the length of one transaction.
//
// Owns: the interface, the formats geth gives hexadecimal quantities. Does not own: any one tracer, replays (../trace.ts).
// Invariant: attach and detach leave the machine's results unchanged; a tracer sees one transaction only.
import type { Machine } from '../machine.ts';
import type { TraceJson } from '../api.ts';

/** The traced transaction, as far as tracers show it. */
export interface TracedTransaction {
  sender: Uint8Array;
  to: Uint8Array | undefined;
  value: bigint;
  gasLimit: bigint;
  data: Uint8Array;
  /** Address a creation makes. */
  creates: Uint8Array | undefined;
  coinbase: Uint8Array;
}
export interface TracedOutcome { gasUsed: bigint; status: 0 | 1; error: string | undefined; returnData: Uint8Array }

export interface Tracer {
  /** Called when the transaction is about to start. */
  attach(machine: Machine, transaction: TracedTransaction): void;
  /** Called when it has ended; the machine still has its state. */
  result(machine: Machine, outcome: TracedOutcome): TraceJson;
}

/** Thrown through the EVM when a trace outgrows what may be held in memory; nothing of it is returned. */
export class TraceTooLarge extends Error {
  readonly code = 'trace-too-large';
}

/** Counts what a tracer holds. */
export class TraceBudget {
  #left: number;
  readonly #advice: string;

  constructor(size: number, advice: string) {
    this.#left = size;
    this.#advice = advice;
  }

  spend(amount: number): void {
    this.#left -= amount;
    if (this.#left < 0) throw new TraceTooLarge(`the trace is too large to be held in memory; ${this.#advice}`);
  }
}

/** 0x-prefixed without leading zeros. */
export function quantity(value: bigint | number): string {
  return `0x${value.toString(16)}`;
}

/** geth's text of a failed frame. */
export function frameError(error: string): string {
  return error === 'revert' ? 'execution reverted' : error;
}
