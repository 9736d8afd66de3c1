// What every method is given: the chain, the engine, and the server's own tables.
//
// Owns: the types that tie methods to the server. Does not own: the server (server.ts), the table of methods (registry.ts).
// Invariant: methods reach the outside only through these members, so that a test can stand in for any of them.

import type { Logger } from 'pino';
import type { ChainView } from '../chainView.ts';
import type { ExecutionEngine } from '../execute/api.ts';
import type { BlockContentsCache } from './blockContents.ts';
import type { FilterTable } from './filters.ts';
import type { JsonValue } from './json.ts';
import type { RpcLimits } from './limits.ts';
import type { Parameter, DecodedParameters } from './codec/parameter.ts';
import type { SubscriptionHost } from './subscriptions.ts';

/** What the node knows about the rollup it follows and cannot derive from blocks. */
export interface ChainIdentity {
  l1ChainId: bigint;
  rollup: string;
  /** L1 contracts by Solidity name. */
  contracts: Readonly<Record<string, string>>;
  /** L1 block from which the contracts exist. */
  deployBlock: bigint;
  /** Chain profile, for example training-devnet. */
  profile: string;
  /** Protocol seconds per second of L1 time. */
  timeScale: number;
}

export interface RpcNode {
  readonly chain: ChainView;
  readonly engine: ExecutionEngine;
  readonly identity: ChainIdentity;
  readonly limits: RpcLimits;
  readonly filters: FilterTable;
  readonly contents: BlockContentsCache;
  readonly clientVersion: string;
  readonly logger: Logger;
  /** Current time of the chain's clock in seconds; for the projected timestamp of the pending block. */
  readonly nowSeconds: () => bigint;
}

/** The circumstances of one call. */
export interface CallScope {
  /** Aborted when the caller went away or the server stops. */
  readonly signal: AbortSignal;
  /** Present on a WebSocket only. */
  readonly subscriptions: SubscriptionHost | undefined;
}

/** How a call is scheduled: `light` at once; `heavy` takes one of few places, because it occupies the core for long. */
export type CallCost = 'light' | 'heavy';

/** One method: what the registry dispatches to, and what docs and tests iterate over. */
export interface Method {
  readonly name: string;
  /** One sentence for the docs. */
  readonly summary: string;
  readonly parameters: readonly Parameter<unknown>[];
  readonly cost: CallCost;
  /** `args` are decoded by `parameters`. A refusal is thrown as RpcError. */
  run(node: RpcNode, args: readonly unknown[], scope: CallScope): JsonValue | Promise<JsonValue>;
}

/** Declares a method so that `args` carries the types its parameters decode to. */
export function defineMethod<const P extends readonly Parameter<unknown>[]>(method: {
  name: string; summary: string; parameters: P; cost?: CallCost;
  run(node: RpcNode, args: DecodedParameters<P>, scope: CallScope): JsonValue | Promise<JsonValue>;
}): Method {
  return {
    name: method.name, summary: method.summary, parameters: method.parameters, cost: method.cost ?? 'light',
    run: (node, args, scope) => method.run(node, args as DecodedParameters<P>, scope),
  };
}
