// `keyfall status`: what the chain itself says about the rollup: heads, batches, finality and by whose word, the queue.
// Owns the reading and the wording. Every read stands alone: one that fails shows *unknown*, and the command then ends with
// the exit code for it; nothing is filled in.
// Invariant: finality is never shown without the profile it rests on.

import type { Contract, JsonRpcProvider } from 'ethers';
import { etherText } from '../amounts.ts';
import { CommandFailure, EXIT_CODES, messageOf } from '../failure.ts';
import { homeAt } from '../home.ts';
import { columns } from '../output.ts';
import type { Output } from '../output.ts';
import { connectRollup } from '../rollup.ts';
import type { RollupConnection } from '../rollup.ts';
import type { CommonOptions } from './options.ts';

type Reading = { readonly known: true; readonly value: unknown; readonly text: string } | { readonly known: false; readonly why: string };

async function reading(read: () => Promise<{ value: unknown; text: string }>): Promise<Reading> {
  try {
    return { known: true, ...(await read()) };
  } catch (error) {
    return { known: false, why: messageOf(error).split('\n')[0] ?? 'no message' };
  }
}

async function headOf(provider: JsonRpcProvider, tag: string): Promise<{ value: unknown; text: string }> {
  const block = await provider.getBlock(tag);
  if (block === null) throw new Error(`the endpoint has no ${tag} block`);
  const ageSeconds = Math.round(Date.now() / 1000) - block.timestamp;
  return { value: { number: block.number, hash: block.hash, timestamp: block.timestamp }, text: `block ${block.number} (${new Date(block.timestamp * 1000).toISOString()}, ${ageSeconds} s by this clock)` };
}

async function number(contract: Contract, name: string, ...args: unknown[]): Promise<bigint> {
  return (await contract.getFunction(name).staticCall(...args)) as bigint;
}

/** Name in the JSON answer, name for a person, how it is read. */
type Row = readonly [string, string, () => Promise<{ value: unknown; text: string }>];

function rows(connection: RollupConnection): readonly Row[] {
  const { l1, l2 } = connection;
  const rollup = connection.rollup();
  const plain = (value: bigint | string): { value: unknown; text: string } => ({ value, text: value.toString() });
  return [
    ['l1ChainId', 'L1 chain', async () => plain(connection.l1ChainId)],
    ['l1Head', 'L1 head', () => headOf(l1, 'latest')],
    ['l1Finalized', 'L1 finalized', () => headOf(l1, 'finalized')],
    ['l2ChainId', 'L2 chain', async () => plain(connection.l2ChainId)],
    ['l2Head', 'L2 head (the sequencer\'s word)', () => headOf(l2, 'latest')],
    ['l2Safe', 'L2 safe (committed on L1)', () => headOf(l2, 'safe')],
    ['l2Finalized', 'L2 finalized', () => headOf(l2, 'finalized')],
    ['profile', 'profile', async () => plain((await rollup.getFunction('chainProfile').staticCall()) as string)],
    ['finalityRestsOn', 'finality rests on', async () => finalityBasis(rollup)],
    ['batchesCommitted', 'batches committed', async () => plain(await number(rollup, 'committedCount'))],
    ['batchesFinal', 'batches final', async () => plain(await number(rollup, 'finalizedCount'))],
    ['operator', 'operator', async () => plain((await rollup.getFunction('operator').staticCall()) as string)],
    ['inboxMessages', 'inbox messages', async () => plain(await number(await connection.inbox(), 'count'))],
    ['inboxSettled', 'inbox settled', async () => plain(await number(rollup, 'settledIndex'))],
    ['overdueMessage', 'a message is overdue', async () => overdue(rollup)],
    ['mintedWei', 'ETH minted through the inbox', async () => {
      const minted = await number(await connection.inbox(), 'totalMinted');
      return { value: minted, text: etherText(minted) };
    }],
  ];
}

async function finalityBasis(rollup: Contract): Promise<{ value: unknown; text: string }> {
  const alone = (await rollup.getFunction('attestersFinalizeAlone').staticCall()) as boolean;
  return alone
    ? { value: 'attesters alone', text: 'attesters alone: no validity proof backs it (training profile, worth nothing real)' }
    : { value: 'validity proof', text: 'a validity proof, with the attesters or after the delay' };
}

async function overdue(rollup: Contract): Promise<{ value: unknown; text: string }> {
  const [found, index] = (await rollup.getFunction('dueMessage').staticCall()) as unknown as [boolean, bigint];
  return found ? { value: index, text: `yes: ${index}; the next commit must contain it` } : { value: null, text: 'no' };
}

export async function status(options: CommonOptions, output: Output): Promise<void> {
  const connection = await connectRollup(options, homeAt(options.home));
  try {
    const read = await Promise.all(rows(connection).map(async ([name, label, get]) => ({ name, label, entry: await reading(get) })));
    const facts = Object.fromEntries(read.map(({ name, entry }) => [name, entry.known ? entry.value : 'unknown']));
    const lines = columns(read.map(({ label, entry }) => [label, entry.known ? entry.text : `unknown: ${entry.why}`] as const));
    const unknown = read.filter(({ entry }) => !entry.known).map(({ name }) => name);
    if (unknown.length > 0 && output.isJson) throw new CommandFailure('unknown', `could not be read: ${unknown.join(', ')}`, { facts: { rollup: connection.rollupAddress, ...facts } });
    output.result({ rollup: connection.rollupAddress, ...facts }, [`Rollup ${connection.rollupAddress}`, ...lines]);
    if (unknown.length > 0) process.exitCode = EXIT_CODES.unknown;
  } finally {
    connection.close();
  }
}
