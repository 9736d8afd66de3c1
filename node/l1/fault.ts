// Faults of the L1 connection: what can go wrong between us and an endpoint, and what the caller must do about it.
//
// Owns: the classes and codes. Does not own: retrying (transport.ts, follower loops) or wording of health.
// Invariant: nothing that fails verification is ever returned as data; it is one of these, thrown.
//
//   RetryableL1Fault  the endpoint is slow, busy, away or behind: try again later, or another endpoint
//   LyingL1Fault      what came contradicts itself or a verified block: never adopt; start again from the persisted cursor
//   FatalL1Fault      no later answer can mend it (another chain, a finalized block replaced): stop and tell a person

export type RetryableL1Code =
  | 'unreachable' | 'timeout' | 'rate-limited' | 'http-status' | 'malformed' | 'too-large' | 'rpc-error' | 'missing' | 'behind' | 'aborted';
export type LyingL1Code =
  | 'forged-header' | 'wrong-parent' | 'wrong-number' | 'wrong-receipts' | 'wrong-transactions' | 'wrong-proof' | 'contradiction';
export type FatalL1Code = 'wrong-chain' | 'finalized-reorg' | 'no-contract' | 'unknown-parameters' | 'protocol';

/** Root of the L1 faults: `code` names the cause, `endpoint` the URL without credentials where one was involved. */
export abstract class L1Fault extends Error {
  abstract readonly code: RetryableL1Code | LyingL1Code | FatalL1Code;
  readonly endpoint: string | undefined;
  constructor(message: string, endpoint: string | undefined, options?: ErrorOptions) {
    super(endpoint === undefined ? message : `${message} (endpoint ${endpoint})`, options);
    this.endpoint = endpoint;
  }
}

export class RetryableL1Fault extends L1Fault {
  readonly code: RetryableL1Code;
  /** What the endpoint asked us to wait, milliseconds. */
  readonly retryAfterMilliseconds: number | undefined;
  /** JSON-RPC error object's code and data, when the endpoint answered with an error. */
  readonly rpc: { readonly code: number; readonly message: string; readonly data: unknown } | undefined;
  constructor(
    code: RetryableL1Code, message: string, endpoint?: string,
    details: { retryAfterMilliseconds?: number; rpc?: { code: number; message: string; data: unknown }; cause?: unknown } = {},
  ) {
    super(message, endpoint, 'cause' in details ? { cause: details.cause } : {});
    this.name = 'RetryableL1Fault';
    this.code = code;
    this.retryAfterMilliseconds = details.retryAfterMilliseconds;
    this.rpc = details.rpc;
  }
}

export class LyingL1Fault extends L1Fault {
  readonly code: LyingL1Code;
  constructor(code: LyingL1Code, message: string, endpoint?: string) {
    super(message, endpoint);
    this.name = 'LyingL1Fault';
    this.code = code;
  }
}

export class FatalL1Fault extends L1Fault {
  readonly code: FatalL1Code;
  constructor(code: FatalL1Code, message: string, endpoint?: string, options?: ErrorOptions) {
    super(message, endpoint, options);
    this.name = 'FatalL1Fault';
    this.code = code;
  }
}
