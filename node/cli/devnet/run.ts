// One run of the devnet: everything started in order, watched, and stopped in reverse. Owns that order and what is told to
// others: the manifest appears when all is ready and is gone before the first process is stopped.
//   home held -> leftovers ended -> L1 -> contracts (first start only) -> node -> batcher, attesters -> funding -> UI, watchtower -> ready
// Invariant: whatever happens in between, every process that was started is stopped and nothing on disk is half written.

import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PREDEPLOYS } from '@keyfall/protocol';
import { CommandFailure, messageOf } from '../failure.ts';
import { writeFileAtomically } from '../home.ts';
import type { Home } from '../home.ts';
import { manifestText } from '../manifest.ts';
import type { Manifest } from '../manifest.ts';
import { RollupConnection, connect } from '../rollup.ts';
import { ATTESTER_COUNT, L1_CHAIN_ID, personalAccounts, roleKeys } from './accounts.ts';
import { contractAddress, deployRollup, storedDeployment } from './deployment.ts';
import type { Deployment } from './deployment.ts';
import { fundAccounts } from './funding.ts';
import { anvilPlan, checkpoint, settleStoredState, startClock } from './l1.ts';
import { HOST } from './ports.ts';
import type { DevnetPorts } from './ports.ts';
import { attesterNames, attesterPlan, batcherPlan, isUiBuilt, nodePlan, uiPlan, waitUntilReady, watchtowerPlan } from './services.ts';
import type { RollupAddresses } from './services.ts';
import { Supervisor } from './supervisor.ts';

const CHECKPOINT_MILLISECONDS = 30_000;

export interface DevnetRun {
  readonly home: Home;
  readonly ports: DevnetPorts;
  readonly isFresh: boolean;
  /** The sequencer ignores its mempool: what a user of the forced path rehearses against. */
  readonly isInboxOnly: boolean;
  readonly isWatched: boolean;
  /** For a first start. */
  readonly timeScale: number;
  /** Aborted by the first wish to stop. */
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
  /** Called once, when everything is ready. */
  readonly onReady: (manifest: Manifest) => void;
}

const httpUrl = (port: number): string => `http://${HOST}:${port}`;

/** Runs until the signal or until it cannot go on. @throws CommandFailure in the second case */
export async function runDevnet(run: DevnetRun): Promise<void> {
  const { home, progress, signal } = run;
  let describe: (() => Manifest) | undefined;
  const announce = (): void => {
    if (describe !== undefined && !signal.aborted) writeFileAtomically(home.manifestPath, manifestText(describe()), 0o600);
  };
  const supervisor = new Supervisor(home, { onRestarted: announce, onNotice: progress });
  const l1Directory = join(home.devnetDirectory, 'l1');
  let checkpoints: NodeJS.Timeout | undefined;
  try {
    const aborted = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
    const starting = start(run, supervisor, l1Directory);
    // What still runs of the start after a failure ends with the processes it talks to; its own end is of no interest then.
    starting.catch(() => undefined);
    describe = await Promise.race([starting, supervisor.failed, aborted]);
    checkpoints = setInterval(() => void storeCheckpoint(run, l1Directory), CHECKPOINT_MILLISECONDS);
    announce();
    run.onReady(describe());
    await Promise.race([supervisor.failed, aborted]);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    clearInterval(checkpoints);
    describe = undefined;
    rmSync(home.manifestPath, { force: true });
    progress('stopping ...');
    const killed = await supervisor.stop([['ui', 'watchtower', ...attesterNames(), 'batcher'], ['node'], ['l1']]);
    if (killed.length > 0) progress(`had to be killed because they did not end by themselves: ${killed.join(', ')}`);
  }
}

async function storeCheckpoint(run: DevnetRun, l1Directory: string): Promise<void> {
  try {
    await checkpoint(httpUrl(run.ports.l1), l1Directory);
  } catch (error) {
    run.progress(`the L1 chain could not be stored just now (the next attempt follows): ${messageOf(error)}`);
  }
}

/** Starts everything. @returns what describes the running devnet */
async function start(run: DevnetRun, supervisor: Supervisor, l1Directory: string): Promise<() => Manifest> {
  const { home, ports, isInboxOnly, progress, signal } = run;
  const stored = prepareDirectory(run);
  const l1 = settleStoredState(l1Directory);
  if (stored !== undefined && l1 === undefined) throw new CommandFailure('failed', `the stored L1 chain in ${l1Directory} is gone or damaged; start anew with --fresh`);
  progress(l1 === undefined ? 'L1: a new chain' : `L1: going on after block ${l1.blockNumber}`);
  await supervisor.start(anvilPlan(l1Directory, ports.l1, l1 !== undefined, join(home.devnetDirectory, 'logs', 'l1.log')), false);
  await startClock(httpUrl(ports.l1), l1, signal);
  const deployment = stored ?? (await deploy(run));
  const addresses: RollupAddresses = { rollup: contractAddress(deployment, 'Rollup'), lane: contractAddress(deployment, 'AttesterLane'), deployBlock: deployment.deployBlock };
  progress('rollup node ...');
  await supervisor.start(nodePlan(home, ports, addresses, isInboxOnly), true);
  await waitUntilReady('the rollup node', httpUrl(ports.l2), '/ready', signal);
  progress(`batcher and ${ATTESTER_COUNT} attesters ...`);
  await supervisor.start(batcherPlan(home, ports, addresses), true);
  for (let index = 0; index < ATTESTER_COUNT; index += 1) await supervisor.start(attesterPlan(home, ports, addresses, index), true);
  await Promise.all(ports.attesters.map((port, index) => waitUntilReady(`attester ${index + 1}`, httpUrl(port), '/ready', signal)));
  const connection = new RollupConnection(await connect(httpUrl(ports.l1)), await connect(httpUrl(ports.l2)), addresses.rollup);
  try {
    await fundAccounts(connection, personalAccounts(), signal, progress);
    const l2ChainId = Number(connection.l2ChainId);
    await startUi(run, supervisor, addresses, l2ChainId);
    if (run.isWatched) {
      progress('watchtower ...');
      await supervisor.start(watchtowerPlan(home, ports, deployment, { l1: L1_CHAIN_ID, l2: l2ChainId }), true);
      await waitUntilReady('the watchtower', httpUrl(ports.watchtower), '/healthz', signal);
    }
    return () => describeDevnet(run, deployment, l2ChainId, supervisor);
  } finally {
    connection.close();
  }
}

/** The page is no part of the rollup: a devnet without it is whole, and says that it has none. */
async function startUi({ home, ports, isWatched, progress, signal }: DevnetRun, supervisor: Supervisor, addresses: RollupAddresses, l2ChainId: number): Promise<void> {
  if (!isUiBuilt()) {
    progress('no governance UI: it is not built here (npm run up builds it)');
    return;
  }
  await supervisor.start(uiPlan(home, ports, addresses, { l1: L1_CHAIN_ID, l2: l2ChainId }, isWatched), true);
  await waitUntilReady('the governance UI', httpUrl(ports.ui), '/', signal);
}

/** Clears what must not be gone on with. @returns the deployment to go on with, if any */
function prepareDirectory({ home, isFresh, progress }: DevnetRun): Deployment | undefined {
  const stored = isFresh ? undefined : storedDeployment(home);
  if (stored === undefined && existsSync(home.devnetDirectory)) {
    progress(isFresh ? 'forgetting the stored chain' : 'an earlier first start was interrupted; starting anew');
    rmSync(home.devnetDirectory, { recursive: true });
  }
  return stored;
}

async function deploy({ home, ports, timeScale, progress, signal }: DevnetRun): Promise<Deployment> {
  progress('deploying the contracts ...');
  return deployRollup(home, httpUrl(ports.l1), timeScale, signal);
}

function describeDevnet({ ports, isWatched }: DevnetRun, deployment: Deployment, l2ChainId: number, supervisor: Supervisor): Manifest {
  return {
    profile: deployment.profile,
    timeScale: deployment.timeScale,
    l1: { rpc: httpUrl(ports.l1), chainId: L1_CHAIN_ID },
    l2: { rpc: httpUrl(ports.l2), ws: `ws://${HOST}:${ports.l2}`, chainId: l2ChainId },
    deployBlock: deployment.deployBlock,
    contracts: deployment.contracts,
    predeploys: { ...PREDEPLOYS },
    accounts: personalAccounts(),
    roles: roleKeys(),
    services: {
      l1: httpUrl(ports.l1), node: httpUrl(ports.l2),
      ...(isUiBuilt() ? { ui: httpUrl(ports.ui) } : {}), ...(isWatched ? { watchtower: httpUrl(ports.watchtower) } : {}),
      ...Object.fromEntries(ports.attesters.map((port, index) => [`attester${index + 1}`, httpUrl(port)])),
    },
    pids: { up: process.pid, ...supervisor.pids() },
  };
}
