// What an act of the plan costs in L1 gas: asked of L1 for the very transaction where it can be made now, else measured beforehand by the
// contracts' own gas snapshot, else unknown. Owns where each figure comes from, and says so.
// Invariant: no figure without its source; what cannot be told is unknown, never a guess.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { MESSAGE_PASSER } from '@keyfall/protocol';
import type { Hex } from '@keyfall/protocol';
import { messageOf } from '../failure.ts';
import { checkoutRoot } from '../home.ts';
import type { RollupConnection } from '../rollup.ts';
import type { PlannedTransaction } from '../sending.ts';
import type { Snapshot, WayOut } from '../wayOut.ts';
import type { Positions } from './collect.ts';
import { collectKit } from './collect.ts';
import { keyOf, onChain, unpaid } from './kit.ts';
import type { ExitKit, KitAsset } from './kit.ts';
import { kitTransactions } from './kitPlan.ts';

export interface Cost {
  /** Undefined = unknown. */
  readonly gas: bigint | undefined;
  readonly source: string;
}

const SNAPSHOT = 'contracts/gas-snapshot.json';
const [FORCED_GAS, FORCED_SURCHARGE] = [300_000n, 100_000n];
const snapshotSchema = z.record(z.string(), z.number().int().positive());
type Table = z.infer<typeof snapshotSchema>;

function measured(table: Table | undefined, ...names: readonly string[]): Cost {
  const figures = names.map((name) => table?.[name]);
  if (figures.some((figure) => figure === undefined)) return { gas: undefined, source: `${SNAPSHOT} has no ${names.map((name) => `"${name}"`).join(' and ')}` };
  return { gas: figures.reduce((sum: bigint, figure) => sum + BigInt(figure ?? 0), 0n), source: `measured beforehand (${SNAPSHOT}: ${names.join('; ')})` };
}

function snapshotTable(): Table | undefined {
  try {
    return snapshotSchema.parse(JSON.parse(readFileSync(join(checkoutRoot, SNAPSHOT), 'utf8')));
  } catch {
    // Without the file its figures are unknown, which each of them says.
    return undefined;
  }
}

/** A transaction's gas as L1 estimates it now, or why it cannot. */
async function estimated({ l1 }: RollupConnection, from: string, { to, data, valueWei }: Pick<PlannedTransaction, 'to' | 'data' | 'valueWei'>): Promise<Cost> {
  try {
    return { gas: await l1.estimateGas({ from, to, data, value: valueWei }), source: 'estimated by L1 now' };
  } catch (error) {
    return { gas: undefined, source: `L1 estimates none: ${messageOf(error).split(' (')[0] ?? ''}` };
  }
}

function firstKnown(...costs: readonly Cost[]): Cost {
  return costs.find(({ gas }) => gas !== undefined) ?? { gas: undefined, source: costs.map(({ source }) => source).join('; ') };
}

function sum(a: Cost, b: Cost): Cost {
  return a.gas === undefined || b.gas === undefined ? { gas: undefined, source: [a, b].flatMap((cost) => (cost.gas === undefined ? [cost.source] : [])).join('; ') } : { gas: a.gas + b.gas, source: `${a.source}, and ${b.source}` };
}

export interface PlanCosts {
  /** Forcing a burn through the Inbox and, once it is final, claiming it. */
  leaving(kind: KitAsset['kind']): Cost;
  claiming(kind: KitAsset['kind']): Cost;
  holding(asset: KitAsset, isUncredited: boolean): Cost;
  refund(index: bigint): Cost;
  /** Everything at once, in as few transactions as fit. */
  readonly all: Cost | undefined;
}

export async function planCosts(connection: RollupConnection, out: WayOut, snapshot: Snapshot, positions: Positions): Promise<PlanCosts> {
  const table = snapshotTable();
  const { owner } = positions;
  const passer = connection.predeploy('MessagePasser');
  const price = ((await out.inbox.getFunction('price').staticCall(FORCED_GAS + FORCED_SURCHARGE)) as bigint) * 2n;
  const burn = passer.interface.encodeFunctionData('withdrawEth', [owner]);
  const message = { to: await out.inbox.getAddress(), data: out.inbox.interface.encodeFunctionData('sendCall', [MESSAGE_PASSER, 0n, 1n, FORCED_GAS, FORCED_SURCHARGE, burn]), valueWei: price };
  const forcing = snapshot.phase === 'frozen' ? { gas: undefined, source: 'nothing is forced into a frozen chain' } : firstKnown(await estimated(connection, owner, message), measured(table, 'forced call, 100 bytes, change returned'));
  const claiming = (kind: KitAsset['kind']): Cost => (kind === 'eth' ? measured(table, 'withdrawal of ETH, first of its root, among 100,000') : measured(table, `withdrawal of ${named(kind)}`));
  const isRefundable = positions.deposits.some(({ waiting }) => waiting.isSkipped);
  const kit = snapshot.phase === 'frozen' || isRefundable ? await unpaid(await collectKit(connection, out, snapshot, positions), out) : undefined;
  const known = kit === undefined ? new Map<string, Cost>() : await kitCosts(connection, out, owner, kit);
  return {
    claiming, leaving: (kind) => sum(forcing, claiming(kind)),
    holding: (asset, isUncredited) => firstKnown(known.get(`${keyOf(asset)} ${isUncredited}`) ?? { gas: undefined, source: 'its ratio is not fixed yet' }, ...(asset.kind === 'eth' || asset.kind === 'erc20'
      ? [measured(table, `frozen ratio of ${named(asset.kind)} fixed`, asset.kind === 'eth' ? 'frozen exit of ETH, relayed, among 100,000, median' : 'frozen exit of an ERC-20, relayed, first of its token, among 100,000')] : [])),
    refund: (index) => known.get(`refund ${index}`) ?? { gas: undefined, source: 'it cannot be refunded now' },
    all: known.get('all'),
  };
}

function named(kind: KitAsset['kind']): string {
  return kind === 'eth' ? 'ETH' : kind === 'erc20' ? 'an ERC-20' : kind === 'erc721' ? 'an ERC-721' : 'an ERC-1155';
}

/** Each part of the kit by itself, where L1 can try it now, and the whole. */
async function kitCosts(connection: RollupConnection, out: WayOut, owner: Hex, kit: ExitKit): Promise<Map<string, Cost>> {
  const costs = new Map<string, Cost>();
  const hatch = await out.hatch.getAddress();
  const call = async (method: string, args: readonly unknown[]): Promise<Cost> => estimated(connection, owner, { to: hatch, data: out.hatch.interface.encodeFunctionData(method, [...args]), valueWei: 0n });
  for (const { asset, isUncredited, accountProof, storageProof } of kit.holdings) {
    costs.set(`${keyOf(asset)} ${isUncredited}`, await call('exit', [kit.claimant, [{ asset: onChain(asset), isUncredited, accountProof, storageProof }]]));
  }
  for (const { index, message } of kit.refunds) costs.set(`refund ${index}`, await call('refund', [index, message, `0x${'0'.repeat(40)}`, 0, '0x']));
  const plan = await kitTransactions([kit], out);
  const [first] = plan;
  if (plan.length === 1 && first !== undefined) costs.set('all', await estimated(connection, owner, first));
  return costs;
}
