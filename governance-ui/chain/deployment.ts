// A deployment as the page needs it: the Rollup's address and, for each chain, its id and endpoints by operator. Owns the shape, its
// check, and its plain form for storing. Where it comes from is env.ts.
// Invariant: a deployment that does not parse is none, with the reason; nothing is filled in.

import type { Hex } from 'viem';
import type { EndpointConfig } from './rpc/endpoint.ts';

export interface ChainConfig {
  readonly chainId: number;
  readonly endpoints: readonly EndpointConfig[];
}

export interface Deployment {
  readonly rollup: Hex;
  /** L1 block of the deployment: no event of this rollup is older. */
  readonly deployBlock: bigint;
  readonly l1: ChainConfig;
  readonly l2: ChainConfig;
  /** A watchtower's API, if the person has one; its words are shown as its own, and nothing rests on them. */
  readonly watchtower?: string;
}

type Fields = Readonly<Record<string, unknown>>;

function chainOf(value: unknown, name: string): ChainConfig {
  const { chainId, endpoints } = (value ?? {}) as Fields;
  if (typeof chainId !== 'number' || !Number.isSafeInteger(chainId) || chainId < 1) throw new Error(`${name}: expected a chain id, got ${String(chainId)}`);
  if (!Array.isArray(endpoints) || endpoints.length === 0) throw new Error(`${name}: expected at least one RPC endpoint`);
  return { chainId, endpoints: endpoints.map((endpoint: unknown) => endpointOf(endpoint, name)) };
}

function endpointOf(value: unknown, name: string): EndpointConfig {
  const { url, operator } = (value ?? {}) as Fields;
  if (typeof url !== 'string' || !/^https?:\/\//.test(url) || !URL.canParse(url)) throw new Error(`${name}: expected an http(s) address, got ${String(url)}`);
  if (typeof operator !== 'string' || operator.trim() === '') throw new Error(`${name}: ${url} needs the name of who runs it`);
  return { url, operator: operator.trim() };
}

/** Reads a deployment from plain data. @throws Error that says what was expected and what came */
export function parseDeployment(value: unknown): Deployment {
  const { rollup, deployBlock, l1, l2, watchtower } = (value ?? {}) as Fields;
  if (watchtower !== undefined && (typeof watchtower !== 'string' || !/^https?:\/\//.test(watchtower) || !URL.canParse(watchtower))) throw new Error(`watchtower: expected an http(s) address, got ${JSON.stringify(watchtower)}`);
  if (typeof rollup !== 'string' || !/^0x[0-9a-fA-F]{40}$/.test(rollup)) throw new Error(`expected the Rollup's address, got ${String(rollup)}`);
  if (typeof deployBlock !== 'number' || !Number.isSafeInteger(deployBlock) || deployBlock < 0) throw new Error(`expected the block of the deployment, got ${String(deployBlock)}`);
  return { rollup: rollup as Hex, deployBlock: BigInt(deployBlock), l1: chainOf(l1, 'L1'), l2: chainOf(l2, 'L2'), ...(watchtower === undefined ? {} : { watchtower: watchtower.replace(/\/+$/, '') }) };
}

/** The same as plain data, for storing and exporting. */
export function plainDeployment({ rollup, deployBlock, l1, l2, watchtower }: Deployment): Fields {
  return { rollup, deployBlock: Number(deployBlock), l1, l2, ...(watchtower === undefined ? {} : { watchtower }) };
}
