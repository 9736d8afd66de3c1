// The rollup's own processes of the devnet: sequencing node, batcher, attesters, the watchtower and the pages of the governance UI. Owns their arguments, their data directories and
// how their readiness is seen; they are other folders' entries, started as anyone would start them.
// Invariant: keys are handed over in the environment, never as arguments.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { checkoutRoot, writeFileAtomically } from '../home.ts';
import type { Home } from '../home.ts';
import { waitFor } from '../waiting.ts';
import { ATTESTER_COUNT, roleKey } from './accounts.ts';
import type { ChildPlan } from './child.ts';
import { HOST } from './ports.ts';
import type { DevnetPorts } from './ports.ts';

const UI_EXPORT = 'governance-ui/out/index.html';
const READY_TIMEOUT_SECONDS = 120;
const PROBE_TIMEOUT_MILLISECONDS = 2_000;
/** Often enough to be told within seconds, seldom enough to leave the processors to the chain. */
const WATCH_MILLISECONDS = 4_000;

export interface RollupAddresses {
  readonly rollup: string;
  readonly lane: string;
  /** L1 block of the deployment: anvil keeps no states of earlier runs to look for it in. */
  readonly deployBlock: number;
}

function plan(home: Home, name: string, entry: string, args: readonly string[], stopSeconds: number, environment: Readonly<Record<string, string>> = {}): ChildPlan {
  return { name, file: process.execPath, args: [join(checkoutRoot, entry), ...args], environment, logPath: join(home.devnetDirectory, 'logs', `${name}.log`), stopSeconds };
}

function url(port: number): string {
  return `http://${HOST}:${port}`;
}

/** The sequencing node. @param isInboxOnly whether its blocks ignore the mempool */
export function nodePlan(home: Home, ports: DevnetPorts, addresses: RollupAddresses, isInboxOnly: boolean): ChildPlan {
  return plan(home, 'node', 'node/main.ts', [
    '--sequencer', '--l1', url(ports.l1), '--rollup', addresses.rollup, '--data', join(home.devnetDirectory, 'node'), '--host', HOST, '--port', String(ports.l2),
    '--deploy-block', String(addresses.deployBlock), ...(isInboxOnly ? ['--inbox-only'] : []),
  ], 30);
}

/** The batcher, which commits what the node has closed. */
export function batcherPlan(home: Home, ports: DevnetPorts, addresses: RollupAddresses): ChildPlan {
  return plan(home, 'batcher', 'node/batch/main.ts', [
    '--node', url(ports.l2), '--l1', url(ports.l1), '--rollup', addresses.rollup, '--data', join(home.devnetDirectory, 'batcher'),
  ], 20, { KEYFALL_OPERATOR_KEY: roleKey('operator').privateKey });
}

export function attesterNames(): string[] {
  return Array.from({ length: ATTESTER_COUNT }, (_, index) => `attester${index + 1}`);
}

/** One attester; `index` counts from 0. */
export function attesterPlan(home: Home, ports: DevnetPorts, addresses: RollupAddresses, index: number): ChildPlan {
  const name = `attester${index + 1}`;
  const peers = ports.attesters.filter((_, other) => other !== index).map(url);
  return plan(home, name, 'node/attest/main.ts', [
    '--l1', url(ports.l1), '--rollup', addresses.rollup, '--lane', addresses.lane, '--data', join(home.devnetDirectory, name),
    '--port', String(ports.attesters[index]), '--peers', peers.join(','), '--deploy-block', String(addresses.deployBlock),
  ], 20, { KEYFALL_ATTESTER_KEY: roleKey(name).privateKey });
}

/** Whether the page was built; `npm run up` sees to that. */
export function isUiBuilt(): boolean {
  return existsSync(join(checkoutRoot, UI_EXPORT));
}

/** Static files and what they are to look at; the page itself talks to the chains, and to the devnet's watchtower if there is one. */
export function uiPlan(home: Home, ports: DevnetPorts, addresses: RollupAddresses, chainIds: { readonly l1: number; readonly l2: number }, isWatched: boolean): ChildPlan {
  const config = join(home.devnetDirectory, 'ui.json');
  const chain = (chainId: number, port: number): unknown => ({ chainId, endpoints: [{ url: url(port), operator: 'this devnet' }] });
  writeFileAtomically(config, `${JSON.stringify({ rollup: addresses.rollup, deployBlock: addresses.deployBlock, l1: chain(chainIds.l1, ports.l1), l2: chain(chainIds.l2, ports.l2), ...(isWatched ? { watchtower: url(ports.watchtower) } : {}) }, null, 2)}\n`);
  return plan(home, 'ui', 'governance-ui/scripts/serve.ts', ['--port', String(ports.ui), '--config', config], 5);
}

/** The watchtower over the devnet's L1, which has one operator, and its node. It writes nothing but its own directory. */
export function watchtowerPlan(home: Home, ports: DevnetPorts, deployment: { readonly contracts: Readonly<Record<string, string>>; readonly deployBlock: number }, chainIds: { readonly l1: number; readonly l2: number }): ChildPlan {
  const config = join(home.devnetDirectory, 'watchtower.json');
  writeFileAtomically(config, `${JSON.stringify({
    l1: { chainId: chainIds.l1, quorum: 1, pollMilliseconds: WATCH_MILLISECONDS, endpoints: [{ url: url(ports.l1), operator: 'this devnet' }] },
    deployment: { deployBlock: deployment.deployBlock, contracts: deployment.contracts }, l2: { url: url(ports.l2), chainId: chainIds.l2 },
    artifacts: join(checkoutRoot, 'contracts/artifacts'), data: join(home.devnetDirectory, 'watchtower'), api: { host: HOST, port: ports.watchtower },
  }, null, 2)}\n`);
  return plan(home, 'watchtower', 'watchtower/main.ts', ['run', '--config', config], 10);
}

/** Waits until a service says that it is ready. @param path where it says so */
export async function waitUntilReady(name: string, serviceUrl: string, path: string, signal: AbortSignal): Promise<void> {
  await waitFor(async () => {
    const response = await fetch(`${serviceUrl}${path}`, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MILLISECONDS) });
    return response.ok ? true : undefined;
  }, { what: `${name} to be ready`, timeoutSeconds: READY_TIMEOUT_SECONDS, intervalMilliseconds: 200, signal });
}
