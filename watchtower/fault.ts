// Faults of the watchtower that are not verdicts. Owns their names. A fault of an endpoint is expected and becomes `unverifiable`
// or an absent operator; a configuration mistake ends the process with exit code 2.

import type { OutboxRow } from './rows.ts';

export class ConfigMistake extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ConfigMistake';
  }
}

export type EndpointCode = 'unreachable' | 'timeout' | 'http-status' | 'rate-limited' | 'too-large' | 'malformed' | 'rpc-error' | 'lying';

/** An endpoint did not give a usable answer; `lying` = the answer contradicts a hash that it must match. */
export class EndpointFault extends Error {
  readonly code: EndpointCode;
  readonly operator: string;
  constructor(code: EndpointCode, operator: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EndpointFault';
    this.code = code;
    this.operator = operator;
  }
}

/** Something could not be kept, or the store is another's; `unkept` is what would have been told. Retried, but for `locked`. */
export class StoreFault extends Error {
  readonly code: 'disk-full' | 'read-only' | 'io' | 'locked';
  readonly unkept: readonly OutboxRow[];
  constructor(code: StoreFault['code'], message: string, unkept: readonly OutboxRow[] = [], options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreFault';
    [this.code, this.unkept] = [code, unkept];
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
