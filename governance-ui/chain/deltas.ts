// What an upgrade changes, as "name: before -> after", the "before" read from the chain at a block. Owns which contract is asked for each kind.
// Kinds whose effect is code have the code's address, lanes their state; what new code does is not told here.
// Invariant: a "before" that cannot be read makes the whole list unknown, never a shorter one.

import type { Hex } from 'viem';
import { currentT } from './clock.ts';
import { view } from './contract.ts';
import type { Contract } from './contract.ts';
import { members, threshold } from './council.ts';
import { mapReading } from './reading.ts';
import type { BlockRef, Reading } from './reading.ts';
import type { System } from './system.ts';
import { decodedUpgrade } from './upgradeWords.ts';
import type { Upgrade } from './upgradeWords.ts';

export interface Delta { readonly name: string; readonly before: string; readonly after: string }

/** ERC-1967: where the Rollup's proxy keeps the address of its code. */
const IMPLEMENTATION_SLOT: Hex = '0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc';

const percent = (before: bigint, after: bigint): string => (before === 0n || before === after ? '' : ` (${after >= before ? '+' : ''}${(Number(((after - before) * 10_000n) / before) / 100).toString()} %)`);

/** Where the code is that the Rollup's proxy runs now. */
export async function implementationOf(rollup: Contract, at: BlockRef): Promise<Reading<Hex>> {
  const slot = await rollup.chain.read('eth_getStorageAt', [rollup.address, IMPLEMENTATION_SLOT, { blockHash: at.hash }], at);
  return mapReading(slot, (word) => `0x${String(word).slice(-40)}` as const);
}

/** Of every kind that the protocol has. */
export async function deltasOf(system: System, at: BlockRef, upgrade: Upgrade): Promise<Reading<readonly Delta[]>> {
  const decoded = decodedUpgrade(upgrade);
  if (decoded === undefined) return { known: false, why: 'the payload cannot be read' };
  const { name, fields } = decoded;
  const { rollup, governance: { council } } = system;
  if (name === 'Fees') {
    return mapReading(await view<readonly [bigint, bigint, Hex]>(rollup, at, 'feeConfig'), ([data, surcharge]) => [
      { name: 'Data fee scalar', before: data.toString(), after: `${String(fields['dataFeeScalar'])}${percent(data, BigInt(String(fields['dataFeeScalar'])))}` },
      { name: 'Surcharge scalar', before: surcharge.toString(), after: `${String(fields['surchargeScalar'])}${percent(surcharge, BigInt(String(fields['surchargeScalar'])))}` },
    ]);
  }
  if (name === 'Core') {
    return mapReading(await implementationOf(rollup, at), (present) => [{ name: 'Code of the Rollup', before: present, after: String(fields['implementation']).toLowerCase() }]);
  }
  if (name === 'Operator') {
    const [hot, cold] = await Promise.all([view<Hex>(rollup, at, 'operator'), view<Hex>(rollup, at, 'coldKey')]);
    if (!hot.known) return hot;
    return mapReading(cold, (key) => [{ name: 'Hot key', before: hot.value, after: String(fields['hotKey']) }, { name: 'Cold key', before: key, after: String(fields['coldKey']) }]);
  }
  if (name === 'Council' && council !== undefined) {
    const [list, m] = await Promise.all([members(council, at), threshold(council, at)]);
    if (!list.known) return list;
    const now = list.value.map(({ account }) => account.toLowerCase());
    const next = (fields['members'] as readonly { account: string }[]).map(({ account }) => account.toLowerCase());
    return mapReading(m, (value) => [
      { name: 'M of N', before: `${value} of ${now.length}`, after: `${String(fields['threshold'])} of ${next.length}` },
      { name: 'Joins', before: '', after: next.filter((one) => !now.includes(one)).join(', ') || 'nobody' }, { name: 'Leaves', before: now.filter((one) => !next.includes(one)).join(', ') || 'nobody', after: '' },
    ]);
  }
  return laneDeltas(system, at, name, fields);
}

interface LaneRecord { readonly kind: number; readonly isDead: boolean; readonly isEnabled: boolean }

const LANE_KINDS = ['not registered', 'zk', 'attesters'];

function laneWords({ kind, isDead, isEnabled }: LaneRecord): string {
  return kind === 0 ? 'not registered' : `${LANE_KINDS[kind] ?? 'unknown'}, ${isDead ? 'taken away for ever' : isEnabled ? 'on' : 'off'}`;
}

/** What changes among the lanes and specs. */
async function laneDeltas({ clock, governance: { timelock } }: System, at: BlockRef, name: string, fields: Readonly<Record<string, unknown>>): Promise<Reading<readonly Delta[]>> {
  if (timelock === undefined) return { known: false, why: 'no timelock stands' };
  const where = await view<Hex>(timelock, at, 'LANES');
  if (!where.known) return where;
  const lanes = { name: 'Lanes', address: where.value, chain: timelock.chain } as const;
  const record = async (lane: unknown): Promise<Reading<LaneRecord>> => view<LaneRecord>(lanes, at, 'laneRecord', lane);
  if (name === 'LaneSwitch') return mapReading(await record(fields['lane']), (now) => [{ name: `Lane ${String(fields['lane'])}`, before: laneWords(now), after: laneWords({ ...now, isEnabled: fields['isEnabled'] === true }) }]);
  if (name === 'ZkLane') return mapReading(await record(fields['lane']), (now) => [{ name: `Lane ${String(fields['lane'])}`, before: laneWords(now), after: 'zk, on' }]);
  if (name === 'AttesterSet') {
    const [next, last] = await Promise.all([record(fields['lane']), record(fields['previousLane'])]);
    if (!next.known) return next;
    return mapReading(last, (now) => [
      ...(BigInt(String(fields['previousLane'])) === 0n ? [] : [{ name: `Lane ${String(fields['previousLane'])}`, before: laneWords(now), after: laneWords({ ...now, isEnabled: false }) }]),
      { name: `Lane ${String(fields['lane'])}`, before: laneWords(next.value), after: 'attesters, on' },
    ]);
  }
  if (name === 'Spec') {
    const nowT = await currentT(clock, at);
    if (!nowT.known) return nowT;
    return mapReading(await view<bigint>(lanes, at, 'specAt', nowT.value), (spec) => [{ name: 'Spec of L2', before: spec.toString(), after: `${String(fields['specId'])}, ${String(fields['delaySeconds'])} s of protocol time after the execution` }]);
  }
  return { known: false, why: `what ${name} changes is not known here` };
}
