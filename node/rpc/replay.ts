// What the debug_trace* methods share: finding the block to replay, and the answer's shape.
//
// Owns: the joins from a block id or transaction hash to a replay. Does not own: tracing (node/execute).
// Invariant: genesis and unknown blocks are refused by name, never traced as empty.

import type { BlockReplay } from '../execute/api.ts';
import type { BlockRecord } from '../store/records.ts';
import { data } from './codec/hex.ts';
import { boundedTime } from './codec/traceOptions.ts';
import type { TraceRequest } from './codec/traceOptions.ts';
import { invalidParams, serverError } from './errors.ts';
import { callError } from './executionError.ts';
import type { JsonValue } from './json.ts';
import type { CallScope, RpcNode } from './node.ts';

/** Inputs of a stored block's execution. */
export function requireReplay(node: RpcNode, number: bigint): BlockReplay {
  if (number === 0n) throw serverError('genesis is not traceable');
  const replay = node.chain.replay(number);
  if (replay === undefined) throw serverError(`block #${number} not found`);
  return replay;
}

/** Overrides belong to debug_traceCall alone: a replayed transaction under other state is another transaction. */
export function refuseOverrides(request: TraceRequest): void {
  if (request.stateOverrides !== undefined || request.blockOverrides !== undefined) {
    throw invalidParams('invalid argument 1 (options): overrides are only accepted by debug_traceCall');
  }
}

/** Wall-clock and step bounds of one trace. */
export function traceBounds(node: RpcNode, request: TraceRequest, scope: CallScope): { timeCapMilliseconds: number; signal: AbortSignal } {
  return { timeCapMilliseconds: boundedTime(request, node.limits.traceTimeMilliseconds), signal: scope.signal };
}

/** Traces of all transactions of a block, as geth lists them. */
export async function traceBlock(node: RpcNode, block: BlockRecord | undefined, request: TraceRequest, scope: CallScope): Promise<JsonValue> {
  if (block === undefined) throw serverError('block not found');
  refuseOverrides(request);
  const replay = requireReplay(node, block.number);
  const result = await node.engine.traceBlock(replay, request.options, traceBounds(node, request, scope));
  if (!result.ok) throw callError(result);
  return result.traces.map(({ transactionHash, trace }) => ({ txHash: data(transactionHash), result: trace }));
}
