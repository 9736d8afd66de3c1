// What was deployed on the devnet's L1, kept beside its chain. Owns starting the contracts' own deploy entry and storing its
// answer; which contracts there are and with which parameters is decided there.
// Invariant: `deployment.json` exists only for a chain whose deployment is complete. A start that finds a chain without it throws
// that chain away: it was interrupted before anyone could have used it.

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { CommandFailure, messageOf } from '../failure.ts';
import { checkoutRoot, writeFileAtomically } from '../home.ts';
import type { Home } from '../home.ts';
import { ATTESTER_COUNT, COUNCIL_COUNT, personalAccounts, roleKey } from './accounts.ts';

const execute = promisify(execFile);
const DEPLOY_ENTRY = 'contracts/deploy/main.ts';
/** Whole KEY for the proposer and each personal account. */
const TOKENS_EACH = 1_000_000;
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

const schema = z.object({
  profile: z.string(),
  timeScale: z.number().int().positive(),
  deployBlock: z.number().int().nonnegative(),
  contracts: z.record(z.string(), z.string().regex(/^0x[0-9a-fA-F]{40}$/)),
});

/** The stored form also says which L2 genesis the chain was made with: code that makes another one cannot go on with it. */
const storedSchema = schema.extend({ genesisDigest: z.string() });

export type Deployment = z.infer<typeof schema>;

function deploymentPath(home: Home): string {
  return join(home.devnetDirectory, 'deployment.json');
}

/** The stored deployment, or undefined when none was completed. @throws CommandFailure (failed) when it belongs to another genesis */
export function storedDeployment(home: Home): Deployment | undefined {
  const path = deploymentPath(home);
  if (!existsSync(path)) return undefined;
  const { genesisDigest, ...deployment } = storedSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  if (genesisDigest !== currentGenesisDigest()) {
    throw new CommandFailure('failed', 'the stored chain was made with other L2 predeploys than this checkout has, so nothing here can go on with it; start anew with --fresh');
  }
  return deployment;
}

function currentGenesisDigest(): string {
  return createHash('sha256').update(readFileSync(join(checkoutRoot, 'contracts/generated/genesis.json'))).digest('hex');
}

/** Deploys everything and stores the answer. @throws CommandFailure (failed) with the output of the deployment */
export async function deployRollup(home: Home, l1Url: string, timeScale: number, signal: AbortSignal): Promise<Deployment> {
  const attesters = Array.from({ length: ATTESTER_COUNT }, (_, index) => roleKey(`attester${index + 1}`).address);
  // Half of the members are external, which on the devnet means nothing.
  const council = Array.from({ length: COUNCIL_COUNT }, (_, index) => `${roleKey(`council${index + 1}`).address}${index % 2 === 0 ? '' : ':external'}`);
  const tokens = [roleKey('proposer'), ...personalAccounts()].map(({ address }) => `${address}=${TOKENS_EACH}`);
  const args = [
    '--l1', l1Url, '--time-scale', String(timeScale), '--operator', roleKey('operator').address, '--cold-key', roleKey('coldKey').address,
    '--attesters', attesters.join(','), '--council', council.join(','), '--tokens', tokens.join(','),
  ];
  let stdout: string;
  try {
    ({ stdout } = await execute(process.execPath, [join(checkoutRoot, DEPLOY_ENTRY), ...args], {
      env: { ...process.env, KEYFALL_DEPLOYER_KEY: roleKey('deployer').privateKey }, maxBuffer: MAX_OUTPUT_BYTES, signal,
    }));
  } catch (cause) {
    const output = cause instanceof Error && 'stderr' in cause ? String(cause.stderr) : '';
    throw new CommandFailure('failed', `deploying the contracts failed: ${messageOf(cause)}\n${output}`, { cause });
  }
  const deployment = schema.parse(JSON.parse(stdout));
  writeFileAtomically(deploymentPath(home), `${JSON.stringify({ ...deployment, genesisDigest: currentGenesisDigest() }, null, 2)}\n`);
  return deployment;
}

/** A contract's address. @throws CommandFailure (failed) */
export function contractAddress(deployment: Deployment, name: string): string {
  const address = deployment.contracts[name];
  if (address === undefined) throw new CommandFailure('failed', `the deployment names no contract ${name}; it has ${Object.keys(deployment.contracts).join(', ')}`);
  return address;
}
