// What an upgrade changes, as "name: before -> after", the "before" read from the chain at a block. Owns which contract is asked for each kind.
// Kinds whose effect is code have the code's address; what new code does is not told here.
// Invariant: a "before" that cannot be read makes the whole list unknown, never a shorter one.

import type { Hex } from 'viem';
import { view } from './contract.ts';
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

/** Empty for kinds that replace nothing. */
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
    const slot = await rollup.chain.read('eth_getStorageAt', [rollup.address, IMPLEMENTATION_SLOT, { blockHash: at.hash }], at);
    return mapReading(slot, (word) => [{ name: 'Code of the Rollup', before: `0x${String(word).slice(-40)}`, after: String(fields['implementation']).toLowerCase() }]);
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
  return { known: true, at, trust: rollup.chain.trust, value: [] };
}
