// The L1 chain of the devnet: anvil, one block a second, its state kept across starts with its clock standing still meanwhile.
// Owns anvil's arguments, where its state is and which of its state files counts. anvil's npm command is a wrapper, so the
// binary itself is started and supervised.
// State files: anvil writes `exit.json` when it ends; `checkpoint.json` is written here now and then, whole or not at all, for
// the case that anvil is killed. The one with the higher block is what the next start loads. `genesis-time` dates block 0.
// Invariant: a start goes on from the highest block that was stored, and the next block's time is that block's time plus one or two.

import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { CommandFailure } from '../failure.ts';
import { writeFileAtomically } from '../home.ts';
import { probeRpc } from '../rollup.ts';
import { waitFor } from '../waiting.ts';
import { MNEMONIC, ANVIL_ACCOUNTS, L1_CHAIN_ID } from './accounts.ts';
import type { ChildPlan } from './child.ts';
import { HOST } from './ports.ts';

const STATE_FILES = ['exit.json', 'checkpoint.json', 'state.json'] as const;
const START_TIMEOUT_SECONDS = 60;
/** Writing a long chain's state takes a while. */
const STOP_SECONDS = 60;
const BLOCK_SECONDS = 1;

export interface StoredL1 { readonly blockNumber: bigint; readonly timestamp: bigint }

const stateSchema = z.object({ block: z.object({ number: z.string(), timestamp: z.string() }) });

/** What of a state file is needed here, or undefined when the file is absent or not whole. */
function readState(path: string): StoredL1 | undefined {
  if (!existsSync(path)) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    // anvil was killed while it wrote; the checkpoint is what counts then.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const parsed = stateSchema.safeParse(json);
  return parsed.success ? { blockNumber: BigInt(parsed.data.block.number), timestamp: BigInt(parsed.data.block.timestamp) } : undefined;
}

/** Makes `state.json` the best of the stored states. @returns what it holds; undefined for a new chain */
export function settleStoredState(directory: string): StoredL1 | undefined {
  mkdirSync(directory, { recursive: true });
  const candidates = STATE_FILES.flatMap((name) => {
    const stored = readState(join(directory, name));
    return stored === undefined ? [] : [{ name, stored }];
  });
  const best = candidates.toSorted((left, right) => Number(right.stored.blockNumber - left.stored.blockNumber))[0];
  if (best !== undefined && best.name !== 'state.json') renameSync(join(directory, best.name), join(directory, 'state.json'));
  for (const name of STATE_FILES) if (name !== 'state.json' || best === undefined) rmSync(join(directory, name), { force: true });
  return best?.stored;
}

function anvilBinary(): string {
  const require = createRequire(import.meta.url);
  const wrapper = require.resolve('@foundry-rs/anvil/package.json');
  const platformPackage = join(dirname(dirname(wrapper)), 'anvil-linux-amd64', 'bin', 'anvil');
  if (!existsSync(platformPackage)) throw new CommandFailure('failed', `expected anvil's binary at ${platformPackage}; 'npm run setup' installs it`);
  return platformPackage;
}

/**
 * Timestamp of block 0, the same at every start. anvil makes block 0 anew when it loads a state, dates it by its own start, and after a few starts
 * serves that one: block 1 then has a parent that nobody has, and whoever follows the chain from its beginning refuses it.
 */
function genesisTime(directory: string, isResumed: boolean): string {
  const path = join(directory, 'genesis-time');
  if (!isResumed || !existsSync(path)) writeFileAtomically(path, String(Math.floor(Date.now() / 1000)));
  return readFileSync(path, 'utf8');
}

/** How anvil is to be started. It mines nothing until {@link startClock}. */
export function anvilPlan(directory: string, port: number, isResumed: boolean, logPath: string): ChildPlan {
  const args = [
    '--host', HOST, '--port', String(port), '--chain-id', String(L1_CHAIN_ID), '--hardfork', 'osaka',
    '--mnemonic', MNEMONIC, '--accounts', String(ANVIL_ACCOUNTS), '--balance', '100000',
    '--slots-in-an-epoch', '1', '--no-mining', '--timestamp', genesisTime(directory, isResumed), '--gas-limit', '60000000', '--quiet',
    '--cache-path', join(directory, 'cache'), '--dump-state', join(directory, 'exit.json'),
    ...(isResumed ? ['--load-state', join(directory, 'state.json')] : []),
  ];
  return { name: 'l1', file: anvilBinary(), args, logPath, stopSeconds: STOP_SECONDS };
}

/** Waits until anvil answers, then lets its clock go on from the stored block. */
export async function startClock(url: string, stored: StoredL1 | undefined, signal: AbortSignal): Promise<void> {
  await waitFor(async () => {
    try {
      return await probeRpc(url, 'eth_chainId');
    } catch (error) {
      if (error instanceof CommandFailure) return undefined;
      throw error;
    }
  }, { what: 'the L1 chain to answer', timeoutSeconds: START_TIMEOUT_SECONDS, intervalMilliseconds: 50, signal });
  if (stored !== undefined) await probeRpc(url, 'anvil_setTime', [Number(stored.timestamp) + BLOCK_SECONDS]);
  await probeRpc(url, 'evm_setIntervalMining', [BLOCK_SECONDS]);
  // The tags `safe` and `finalized` lag by one and two blocks, and states of earlier runs are not kept: three blocks make all answer.
  const first = stored?.blockNumber ?? 0n;
  await waitFor(async () => (BigInt((await probeRpc(url, 'eth_blockNumber')) as string) >= first + 3n ? true : undefined), { what: 'the L1 chain to mine', timeoutSeconds: START_TIMEOUT_SECONDS, intervalMilliseconds: 100, signal });
}

/** Stores the chain as it is now. */
export async function checkpoint(url: string, directory: string): Promise<void> {
  const dumped = await probeRpc(url, 'anvil_dumpState');
  if (typeof dumped !== 'string') throw new CommandFailure('failed', `anvil_dumpState: expected a hex string, got ${typeof dumped}`);
  writeFileAtomically(join(directory, 'checkpoint.json'), gunzipSync(Buffer.from(dumped.slice(2), 'hex')).toString('utf8'));
}
