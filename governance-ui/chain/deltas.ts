// What an upgrade changes, as "name: now -> then", the "now" read from the chain at a block. Owns which contract is asked for each kind.
// Kinds whose effect is code have the code's address; what new code does is not told here.
// Invariant: a "now" that cannot be read makes the whole list unknown, never a shorter one.

import type { Hex } from 'viem';
import { view } from './contract.ts';
import { members, threshold } from './council.ts';
import { mapReading } from './reading.ts';
import type { BlockRef, Reading } from './reading.ts';
import type { System } from './system.ts';
import { decodedUpgrade } from './upgradeWords.ts';
import type { Upgrade } from './upgradeWords.ts';

export interface Delta { readonly name: string; readonly now: string; readonly then: string }

/** ERC-1967: where the Rollup's proxy keeps the address of its code. */
const IMPLEMENTATION_SLOT: Hex = '0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc';

const percent = (now: bigint, then: bigint): string => (now === 0n ? '' : ` (${then >= now ? '+' : ''}${(Number(((then - now) * 10_000n) / now) / 100).toString()} %)`);

/** Empty for kinds that replace nothing. */
export async function deltasOf(system: System, at: BlockRef, upgrade: Upgrade): Promise<Reading<readonly Delta[]>> {
  const decoded = decodedUpgrade(upgrade);
  if (decoded === undefined) return { known: false, why: 'the payload cannot be read' };
  const { name, fields } = decoded;
  const { rollup, governance: { council } } = system;
  if (name === 'Fees') {
    return mapReading(await view<readonly [bigint, bigint, Hex]>(rollup, at, 'feeConfig'), ([data, surcharge]) => [
      { name: 'Data fee scalar', now: data.toString(), then: `${String(fields['dataFeeScalar'])}${percent(data, BigInt(String(fields['dataFeeScalar'])))}` },
      { name: 'Surcharge scalar', now: surcharge.toString(), then: `${String(fields['surchargeScalar'])}${percent(surcharge, BigInt(String(fields['surchargeScalar'])))}` },
    ]);
  }
  if (name === 'Core') {
    const slot = await rollup.chain.read('eth_getStorageAt', [rollup.address, IMPLEMENTATION_SLOT, { blockHash: at.hash }], at);
    return mapReading(slot, (word) => [{ name: 'Code of the Rollup', now: `0x${String(word).slice(-40)}`, then: String(fields['implementation']).toLowerCase() }]);
  }
  if (name === 'Operator') {
    const [hot, cold] = await Promise.all([view<Hex>(rollup, at, 'operator'), view<Hex>(rollup, at, 'coldKey')]);
    if (!hot.known) return hot;
    return mapReading(cold, (key) => [{ name: 'Hot key', now: hot.value, then: String(fields['hotKey']) }, { name: 'Cold key', now: key, then: String(fields['coldKey']) }]);
  }
  if (name === 'Council' && council !== undefined) {
    const [list, m] = await Promise.all([members(council, at), threshold(council, at)]);
    if (!list.known) return list;
    const now = list.value.map(({ account }) => account.toLowerCase());
    const then = (fields['members'] as readonly { account: string }[]).map(({ account }) => account.toLowerCase());
    return mapReading(m, (value) => [
      { name: 'M of N', now: `${value} of ${now.length}`, then: `${String(fields['threshold'])} of ${then.length}` },
      { name: 'Joins', now: '', then: then.filter((one) => !now.includes(one)).join(', ') || 'nobody' }, { name: 'Leaves', now: now.filter((one) => !then.includes(one)).join(', ') || 'nobody', then: '' },
    ]);
  }
  return { known: true, at, trust: rollup.chain.trust, value: [] };
}
