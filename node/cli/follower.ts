// The L2 chain rebuilt here from L1 data alone: a follower of the rollup node as its own process, for commands that must not depend
// on anybody's node. Owns its life: readiness, the end. Its directory is kept for the next command (rebuilt.ts).
// It does not own derivation: that is node/main.ts, started as anyone would start it.
// Invariants: what a command reads was derived up to L1's head as it stood at the start; the process never outlives the command.

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { getAddress, isAddress } from 'ethers';
import type { JsonRpcProvider } from 'ethers';
import { CommandFailure, messageOf } from './failure.ts';
import { checkoutRoot } from './home.ts';
import type { Home } from './home.ts';
import { readManifest } from './manifest.ts';
import type { Output } from './output.ts';
import { RollupConnection, connect, connectRollup } from './rollup.ts';
import type { EndpointOptions } from './rollup.ts';
import { inFirstFree, isTaken, rebuiltDirectory } from './rebuilt.ts';
import { waitFor } from './waiting.ts';

export interface FollowerOptions extends EndpointOptions {
  /** Where the rebuilt chain is kept; undefined = `rebuilt/` in the home. */
  readonly data?: string;
}

/** The rebuilt chain, or the node that --l2 names. */
export interface Followed {
  readonly connection: RollupConnection;
  /** Ends the process, if there is one, and removes what only this command could use. */
  close(): Promise<void>;
}

const START_SECONDS = 60;
const CATCH_UP_SECONDS = 6 * 3_600;
const STOP_MILLISECONDS = 20_000;

/** L1 endpoint and Rollup, from the options or the running devnet. @throws CommandFailure */
export function namedRollup(options: EndpointOptions, home: Home): { l1: string; rollup: string } {
  const manifest = options.l1 !== undefined && options.rollup !== undefined ? undefined : readManifest(home);
  const rollup = options.rollup ?? manifest?.contracts['Rollup'] ?? '';
  if (!isAddress(rollup)) throw new CommandFailure('usage', `--rollup: expected an address (0x and 40 hex digits, right checksum), got '${rollup as string}'`);
  return { l1: options.l1 ?? manifest?.l1.rpc ?? '', rollup: getAddress(rollup) };
}

/** Rebuilds L2 from L1, or takes the node named by --l2. Its answers are only as good as that node, and every proof is checked anyway. */
export async function followRollup(options: FollowerOptions, home: Home, output: Output): Promise<Followed> {
  if (options.l2 !== undefined) {
    const connection = await connectRollup(options, home);
    return { connection, close: async () => { connection.close(); } };
  }
  const { l1, rollup } = namedRollup(options, home);
  const l1Provider = await connect(l1);
  if ((await l1Provider.getCode(rollup)) === '0x') throw new CommandFailure('failed', `L1 chain ${l1Provider._network.chainId} has no contract at the Rollup address ${rollup}`);
  try {
    const place = await rebuiltDirectory(home, options.data, { l1: l1Provider, rollup, purpose: 'chain' });
    try {
      const followed = await inFirstFree(place, async (directory) => startFollower({ l1, rollup, directory }, l1Provider, output));
      return { connection: followed.connection, close: async () => { await followed.close(); place.release(); } };
    } catch (error) {
      place.release();
      throw error;
    }
  } catch (error) {
    l1Provider.destroy();
    throw error;
  }
}

async function startFollower({ l1, rollup, directory }: { l1: string; rollup: string; directory: string }, l1Provider: JsonRpcProvider, output: Output): Promise<Followed> {
  const child = spawn(process.execPath, [
    join(checkoutRoot, 'node/main.ts'), '--l1', l1, '--rollup', rollup, '--data', directory, '--port', '0', '--log-level', 'error', '--parent-pipe', '--l1-poll-ms', '200', '--retained-blocks', '0',
  ], { stdio: ['pipe', 'pipe', 'pipe'] });
  const errors = gathered(child);
  try {
    output.progress(`rebuilding the L2 chain from L1 in ${directory} ...`);
    const l2 = await connect(`http://127.0.0.1:${await servedPort(child, errors)}`);
    const connection = new RollupConnection(l1Provider, l2, rollup);
    await untilCaughtUp(connection, child, errors, output);
    return { connection, close: async () => { connection.close(); await ended(child); } };
  } catch (error) {
    await ended(child);
    if (!(error instanceof CommandFailure) || error.kind !== 'failed' || isTaken(error)) throw error;
    throw new CommandFailure('failed', `${error.message}\nwhat was rebuilt so far is in ${directory}, and may be deleted`, { cause: error });
  }
}

/** The end of what the node says about its faults. */
function gathered(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => { text = `${text}${chunk}`.slice(-4_000); });
  return () => text.trim();
}

async function servedPort(child: ChildProcess, errors: () => string): Promise<number> {
  let text = '';
  const port = new Promise<number>((fulfil, reject) => {
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.includes('\n')) fulfil((JSON.parse(text.split('\n')[0] ?? '') as { port: number }).port);
    });
    child.once('error', reject);
    child.once('exit', (code) => { reject(new CommandFailure('failed', `the node that rebuilds L2 ended with ${code}:\n${errors()}`)); });
  });
  const timeout = new Promise<never>((_fulfil, reject) => {
    setTimeout(() => { reject(new CommandFailure('unknown', `the node that rebuilds L2 did not start within ${START_SECONDS} s:\n${errors()}`)); }, START_SECONDS * 1_000).unref();
  });
  return Promise.race([port, timeout]);
}

interface Chain { readonly l1: { head: { number: string }; committedBatch: string }; readonly heads: { safe: { batchIndex: string } }; readonly haltedBecause: string | null }

/** Waits until the node has read L1 to where it stood, and has a result for every batch it read. */
async function untilCaughtUp({ l1, l2 }: RollupConnection, child: ChildProcess, errors: () => string, output: Output): Promise<void> {
  const target = await l1.getBlockNumber();
  await waitFor(async () => {
    if (child.exitCode !== null) throw new CommandFailure('failed', `the node that rebuilds L2 ended with ${child.exitCode}:\n${errors()}`);
    const chain = (await l2.send('keyfall_chain', [])) as Chain;
    if (Number(chain.l1.head.number) < target) return undefined;
    if (BigInt(chain.heads.safe.batchIndex) === BigInt(chain.l1.committedBatch)) return true;
    // A batch that no lane can answer has no result, and nothing after it has.
    return chain.haltedBecause === null ? undefined : true;
  }, {
    what: `the L2 chain to be rebuilt up to L1 block ${target}`, timeoutSeconds: CATCH_UP_SECONDS,
    onStillWaiting: (seconds, fault) => output.progress(`still rebuilding the L2 chain (${seconds} s)${fault}`),
  });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise<void>((fulfil) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MILLISECONDS);
    child.once('exit', () => { clearTimeout(timer); fulfil(); });
    try {
      child.stdin?.end();
    } catch (error) {
      process.stderr.write(`keyfall: the follower could not be told to stop: ${messageOf(error)}\n`);
      child.kill('SIGKILL');
    }
  });
}
