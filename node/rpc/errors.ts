// JSON-RPC error objects: the codes this server answers with and the one class that carries them.
//
// Owns: codes of JSON-RPC 2.0 section 5.1, the server range as geth and EIP-1474 use it, and code 3 (a reverted
// execution with its data), which is what ethers, viem, Hardhat and cast decode custom errors from.
// Does not own: how a failed execution becomes one of them (executionError.ts).
// Invariant: only an RpcError's text ever reaches a client; any other exception is reported as -32603 without detail.

/** Codes in use. Names follow JSON-RPC 2.0; `limitExceeded` is EIP-1474's, `executionReverted` geth's, the two of transactions EIP-7966's. */
export const RPC_CODE = {
  parse: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
  server: -32000,
  limitExceeded: -32005,
  executionReverted: 3,
  transactionTimeout: 4,
  transactionUnready: 5,
} as const;

/** A refusal that the caller gets to see: its message and data go out as they stand. */
export class RpcError extends Error {
  readonly code: number;
  readonly data: unknown;
  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.name = 'RpcError';
    this.code = code;
    this.data = data;
  }
}

/** -32602: an argument that does not decode. `message` says what was expected and what came. */
export function invalidParams(message: string): RpcError {
  return new RpcError(RPC_CODE.invalidParams, message);
}

/** -32000: a valid request that the chain's present state refuses. */
export function serverError(message: string, data?: unknown): RpcError {
  return new RpcError(RPC_CODE.server, message, data);
}

/** -32005: a bound of limits.ts was reached. */
export function limitExceeded(message: string): RpcError {
  return new RpcError(RPC_CODE.limitExceeded, message);
}

/** -32601, in geth's words. */
export function methodNotFound(name: string): RpcError {
  return new RpcError(RPC_CODE.methodNotFound, `the method ${name} does not exist/is not available`);
}

/** The JSON-RPC error object of any exception; what is not an RpcError gives away nothing. */
export function errorObject(error: unknown): { code: number; message: string; data?: unknown } {
  if (!(error instanceof RpcError)) return { code: RPC_CODE.internal, message: 'internal error' };
  return error.data === undefined
    ? { code: error.code, message: error.message }
    : { code: error.code, message: error.message, data: error.data };
}
