// What a proposal would meet on the chain: code to pin, the proposer's votes, every clock from the proposal to the execution, and two
// attempts: the scheduling as the governor, the effect as the timelock. Owns these reads; composing is compose.ts.
// Invariant: every time and threshold is the contracts' own at a block; an attempt that could not be made is *unknown*, never "would succeed".

import { decodeFunctionResult, encodeFunctionData, keccak256 } from 'viem';
import type { Abi, Hex } from 'viem';
import { UPGRADE_GRACE_SECONDS } from '@keyfall/protocol/constants.ts';
import { ANSWER_KINDS } from '@keyfall/protocol/statement.ts';
import { ABIS } from './abis.ts';
import type { ContractName } from './abis.ts';
import { currentT, scaled } from './clock.ts';
import { view } from './contract.ts';
import type { Contract } from './contract.ts';
import { mapReading, unknown } from './reading.ts';
import type { BlockRef, Reading } from './reading.ts';
import type { Quorum } from './rpc/quorum.ts';
import { simulate } from './simulate.ts';
import type { Simulation } from './simulate.ts';
import type { System } from './system.ts';
import { delayOf } from './timelock.ts';
import { decodedUpgrade } from './upgradeWords.ts';
import type { Upgrade } from './upgradeWords.ts';

/** EIP-7702: an account that stands for other code, which its key exchanges at will. */
const DELEGATION_PREFIX = '0xef0100';
const DELEGATION_BYTES = 23;

/** The hash that a payload pins. @returns unknown when nothing stands there, or what stands there cannot be pinned */
export async function codehashAt(chain: Quorum, at: BlockRef, target: Hex): Promise<Reading<Hex>> {
  return mapReading(await chain.read('eth_getCode', [target, { blockHash: at.hash }], at), (code) => {
    if (typeof code !== 'string' || code === '0x') throw new Error(`no code stands at ${target}`);
    if (code.startsWith(DELEGATION_PREFIX) && code.length === 2 + 2 * DELEGATION_BYTES) throw new Error(`${target} is a key that stands for other code and can exchange it at any time: that cannot be pinned`);
    return keccak256(code as Hex);
  });
}

export interface Clocks {
  readonly proposedAt: bigint;
  readonly opensAt: bigint;
  readonly closesAt: bigint;
  /** Of a proposal that passes and is scheduled as soon as it can be. */
  readonly executableFrom: bigint;
  readonly expiresAt: bigint;
  readonly delaySeconds: bigint;
}

/** Wall seconds, as the clock runs now, of a proposal made at this block. */
export async function clocksOf({ governance: { governor, timelock }, clock }: System, at: BlockRef, kind: number): Promise<Reading<Clocks>> {
  if (governor === undefined || timelock === undefined) return unknown('no governor stands');
  const [wait, period, delay, grace] = await Promise.all([view<bigint>(governor, at, 'votingDelay'), view<bigint>(governor, at, 'votingPeriod'), delayOf(timelock, at, kind), scaled(clock, at, UPGRADE_GRACE_SECONDS)]);
  if (!wait.known) return wait;
  if (!period.known) return period;
  if (!delay.known) return delay;
  return mapReading(grace, (graceSeconds) => {
    const opensAt = at.timestamp + wait.value;
    const closesAt = opensAt + period.value;
    return { proposedAt: at.timestamp, opensAt, closesAt, executableFrom: closesAt + delay.value, expiresAt: closesAt + delay.value + graceSeconds, delaySeconds: delay.value };
  });
}

export interface ProposerVotes { readonly has: bigint; readonly needs: bigint }

/** What the governor will ask: the proposer's votes a moment ago. */
export async function proposerVotes(governor: Contract, clock: Contract, at: BlockRef, proposer: Hex): Promise<Reading<ProposerVotes>> {
  const nowT = await currentT(clock, at);
  if (!nowT.known) return nowT;
  const [has, needs] = await Promise.all([view<bigint>(governor, at, 'getVotes', proposer, nowT.value - 1n), view<bigint>(governor, at, 'proposalThreshold')]);
  if (!has.known) return has;
  return mapReading(needs, (value) => ({ has: has.value, needs: value }));
}

/** Whether the timelock would take it from the governor now. */
export async function trySchedule({ governance: { governor, timelock } }: System, at: BlockRef, upgrade: Upgrade): Promise<Reading<Simulation>> {
  if (governor === undefined || timelock === undefined) return unknown('no governor stands');
  return simulate(timelock.chain, at, { to: timelock.address, valueWei: 0n, data: encodeFunctionData({ abi: ABIS.UpgradeTimelock, functionName: 'schedule', args: [upgrade] }) }, governor.address);
}

interface Effect { readonly to: Hex; readonly on: ContractName; readonly functionName: string; readonly args: readonly unknown[] }

/** The one call that each kind makes when it is carried out. */
async function effectOf({ rollup, clock, governance: { timelock, council } }: System, at: BlockRef, upgrade: Upgrade): Promise<Reading<Effect>> {
  const decoded = decodedUpgrade(upgrade);
  if (decoded === undefined || timelock === undefined) return unknown('the payload cannot be read');
  const { name, fields } = decoded;
  const [lanes, seat, nowT] = await Promise.all([view<Hex>(timelock, at, 'LANES'), view<Hex>(timelock, at, 'SEAT'), currentT(clock, at)]);
  if (!lanes.known) return lanes;
  if (!seat.known) return seat;
  if (!nowT.known) return nowT;
  const give = (to: Hex, on: ContractName, functionName: string, ...args: readonly unknown[]): Reading<Effect> => ({ ...lanes, value: { to, on, functionName, args } });
  switch (name) {
    case 'Core': return give(rollup.address, 'Rollup', 'upgradeToAndCall', fields['implementation'], fields['migrates'] === true ? MIGRATE : '0x');
    case 'ZkLane': return give(lanes.value, 'Lanes', 'registerLane', fields['lane'], ANSWER_KINDS.zk, fields['builtOn'], 0);
    case 'LaneSwitch': return give(lanes.value, 'Lanes', 'switchLane', fields['lane'], fields['isEnabled']);
    case 'Spec': return give(lanes.value, 'Lanes', 'addSpec', Number(fields['specId']), Number(nowT.value + (fields['delaySeconds'] as bigint)));
    case 'AttesterSet': return give(lanes.value, 'Lanes', 'registerLane', fields['lane'], ANSWER_KINDS.attesters, [], 0);
    case 'Operator': return give(seat.value, 'OperatorSeat', 'replace', fields['hotKey'], fields['coldKey']);
    case 'Fees': return give(rollup.address, 'Rollup', 'setFeeConfig', fields['dataFeeScalar'], fields['surchargeScalar']);
    case 'Council': return council === undefined ? unknown('no council stands') : give(council.address, 'SecurityCouncil', 'setMembers', fields['members'], fields['threshold']);
    default: return unknown(`what ${name} does when it is carried out is not known here`);
  }
}

/** `migrate()`, which only a new core has. */
const MIGRATE = encodeFunctionData({ abi: [{ type: 'function', name: 'migrate', inputs: [], outputs: [], stateMutability: 'nonpayable' }], functionName: 'migrate' });
const ACCEPTED: Abi = [{ type: 'function', name: 'accepted', inputs: [{ name: 'statement', type: 'bytes32' }], outputs: [{ name: '', type: 'bool' }], stateMutability: 'view' }];

/** Whether its effect would be accepted if the timelock carried it out now. Post-conditions are not part of it. */
export async function tryEffect(system: System, at: BlockRef, upgrade: Upgrade): Promise<Reading<Simulation>> {
  const { timelock } = system.governance;
  if (timelock === undefined) return unknown('no timelock stands');
  const lacking = await lacksCorpus(timelock, at, upgrade);
  if (!lacking.known) return lacking;
  if (lacking.value !== undefined) return { ...lacking, value: { ok: false, why: lacking.value } };
  const effect = await effectOf(system, at, upgrade);
  if (!effect.known) return effect;
  const { to, on, functionName, args } = effect.value;
  let data: Hex;
  try {
    data = encodeFunctionData({ abi: ABIS[on], functionName, args });
  } catch (error) {
    return { ...effect, value: { ok: false, why: `a value is too large for ${on}.${functionName}: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : ''}` } };
  }
  return simulate(timelock.chain, at, { to, valueWei: 0n, data }, timelock.address);
}

/** A new lane must have accepted the deployment's corpus statement before it is registered. */
async function lacksCorpus(timelock: Contract, at: BlockRef, upgrade: Upgrade): Promise<Reading<string | undefined>> {
  const decoded = decodedUpgrade(upgrade);
  const statement = await view<Hex>(timelock, at, 'CORPUS_STATEMENT');
  if (!statement.known || (decoded?.name !== 'ZkLane' && decoded?.name !== 'AttesterSet')) return mapReading(statement, () => undefined);
  const answer = await timelock.chain.call(decoded.fields['lane'] as Hex, encodeFunctionData({ abi: ACCEPTED, functionName: 'accepted', args: [statement.value] }), at);
  return mapReading(answer, (data) => (data !== '0x' && decodeFunctionResult({ abi: ACCEPTED, functionName: 'accepted', data }) === true ? undefined : `the lane has not accepted the corpus statement ${statement.value}`));
}
