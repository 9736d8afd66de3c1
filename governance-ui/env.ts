// Where the page finds its rollup: what the server beside it says (keyfall.config.js sets a global, which also works from a disk),
// and what the person set in Settings, which wins. Owns the shape, its check and where it is kept.
// Invariant: a deployment that does not parse is none, with the reason; nothing is filled in.

import type { Hex } from 'viem';
import type { EndpointConfig } from './chain/rpc/endpoint.ts';

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
}

export type DeploymentResult = { readonly ok: true; readonly deployment: Deployment; readonly source: 'settings' | 'server' } | { readonly ok: false; readonly why: string };

const SETTINGS_KEY = 'keyfall.settings.1';

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
  const { rollup, deployBlock, l1, l2 } = (value ?? {}) as Fields;
  if (typeof rollup !== 'string' || !/^0x[0-9a-fA-F]{40}$/.test(rollup)) throw new Error(`expected the Rollup's address, got ${String(rollup)}`);
  if (typeof deployBlock !== 'number' || !Number.isSafeInteger(deployBlock) || deployBlock < 0) throw new Error(`expected the block of the deployment, got ${String(deployBlock)}`);
  return { rollup: rollup as Hex, deployBlock: BigInt(deployBlock), l1: chainOf(l1, 'L1'), l2: chainOf(l2, 'L2') };
}

/** The same as plain data, for storing and exporting. */
export function plainDeployment({ rollup, deployBlock, l1, l2 }: Deployment): Fields {
  return { rollup, deployBlock: Number(deployBlock), l1, l2 };
}

/** What counts now. */
export function loadDeployment(): DeploymentResult {
  const stored = window.localStorage.getItem(SETTINGS_KEY);
  const served = (window as { KEYFALL_CONFIG?: unknown }).KEYFALL_CONFIG;
  const source = stored === null ? 'server' : 'settings';
  if (stored === null && (served === undefined || served === null)) return { ok: false, why: 'no rollup is configured here yet' };
  try {
    return { ok: true, deployment: parseDeployment(stored === null ? served : JSON.parse(stored)), source };
  } catch (error) {
    return { ok: false, why: `the ${source === 'settings' ? 'stored settings are' : 'configuration beside the page is'} not usable: ${error instanceof Error ? error.message : String(error)}` };
  }
}

export function storeDeployment(deployment: Deployment): void {
  window.localStorage.setItem(SETTINGS_KEY, JSON.stringify(plainDeployment(deployment)));
}

/** Back to what the server says. */
export function forgetDeployment(): void {
  window.localStorage.removeItem(SETTINGS_KEY);
}
