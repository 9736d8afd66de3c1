/**
 * Upgrades that should alarm somebody, and upgrades that should not. Owns the list: each malicious entry names the check that must catch it, and those that
 * also do. Contracts are made from what the deployment has (other constructor arguments, patched code, a few bytes by hand), so that no compiler is
 * needed.
 */
import { encodeAbiParameters, encodeDeployData, concatHex, hexToBytes, keccak256, toFunctionSelector, toHex, type Abi, type AbiParameter, type Hex } from 'viem';
import { privateKeyToAddress } from 'viem/accounts';
import { readFileSync } from 'node:fs';
import { UPGRADE_KINDS } from '@keyfall/protocol';
import type { View } from '../../watchtower/monitor.ts';
import { checkUpgrade } from '../../watchtower/upgrades/checks.ts';
import { decodeUpgrade } from '../../watchtower/upgrades/decode.ts';
import type { DeployedSystem } from '../contracts/deployed.ts';
import { keyAt } from '../contracts/deployed.ts';

export interface RawUpgrade { readonly kind: number; readonly payload: Hex; readonly reportHash: Hex; readonly salt: Hex }
/** A build that its author published: that somebody can compile it says nothing about what it does. */
export interface Published { readonly contractName: string; readonly abi: Abi; readonly deployedBytecode: Hex }
export interface Entry {
  readonly name: string;
  /** The check that catches it; `decode` when nothing of it may be shown as decoded; undefined = benign. */
  readonly caughtBy: string | undefined;
  /** Other checks that catch it: it slips only without all of them. */
  readonly alsoBy?: readonly string[];
  readonly upgrade: RawUpgrade;
}

/** Checks that catch nothing of this corpus alone: code of another contract has other immutables, another layout and other functions, so each of the three covers the others. */
export const NEVER_ALONE: readonly string[] = ['B13-layout', 'B16-surface'];
/** Checks that need a history of the chain, or another build: they have tests of their own. */
export const ELSEWHERE: readonly string[] = ['E26-lane-history', 'B10-same-code'];

/** The checks that an upgrade fails; `decode` if it cannot even be read. */
export async function violationsOf(view: View, raw: RawUpgrade): Promise<readonly string[]> {
  const result = decodeUpgrade(raw);
  return result.ok ? (await checkUpgrade(view, result.upgrade)).filter(({ status }) => status === 'violation').map(({ id }) => id) : ['decode'];
}

const ONE: Hex = `0x${'00'.repeat(31)}01`;
export const freshAddress = (name: string): Hex => privateKeyToAddress(keccak256(toHex(name)));

interface Artifact { readonly abi: Abi; readonly bytecode: Hex; readonly deployedBytecode: Hex; readonly immutableReferences: Readonly<Record<string, readonly { readonly start: number; readonly length: number }[]>> }
const artifact = (path: string): Artifact => JSON.parse(readFileSync(new URL(`../../contracts/artifacts/src/${path}`, import.meta.url), 'utf8')) as Artifact;

/** An upgrade of a kind from its fields. */
export function upgradeOf(kind: string, fields: Readonly<Record<string, unknown>>): RawUpgrade {
  const index = UPGRADE_KINDS.findIndex(({ name }) => name === kind);
  return { kind: index, payload: encodeAbiParameters([UPGRADE_KINDS[index]?.payload as AbiParameter], [fields]), reportHash: ONE, salt: ONE };
}

/** Puts bytes of code somewhere. */
async function place(system: DeployedSystem, name: string, code: Hex): Promise<{ readonly address: Hex; readonly codehash: Hex }> {
  const address = freshAddress(name);
  await system.anvil.rpc('anvil_setCode', address, code);
  return { address, codehash: keccak256(code) };
}

async function deploy(system: DeployedSystem, path: string, args: readonly unknown[]): Promise<{ readonly address: Hex; readonly codehash: Hex; readonly code: Hex }> {
  const { abi, bytecode } = artifact(path);
  const from = keyAt(0).address;
  const hash = await system.anvil.rpc('eth_sendTransaction', { from, data: encodeDeployData({ abi, bytecode, args: [...args] }), gas: '0xe00000' });
  const receipt = await system.provider.waitForTransaction(String(hash), 1, 30_000);
  if (receipt?.status !== 1) throw new Error(`deploying ${path} failed`);
  const address = receipt.contractAddress as Hex;
  const code = await system.anvil.rpc('eth_getCode', address, 'latest') as Hex;
  return { address, codehash: keccak256(code), code };
}

/** The running Rollup's code with one immutable's bytes changed in some of its places. */
function patched(code: Hex, howMany: 'all' | 'one'): Hex {
  const bytes = hexToBytes(code);
  const places = Object.values(artifact('rollup/Rollup.sol/Rollup.json').immutableReferences).filter((list) => list.length > 1).toSorted((a, b) => b.length - a.length)[0] ?? [];
  for (const { start, length } of howMany === 'all' ? places : places.slice(0, 1)) bytes.fill(0x77, start + length - 4, start + length);
  return toHex(bytes);
}

const attesters = (members: readonly Hex[]): readonly unknown[] => [members.toSorted((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1)), 1n, toHex('TEST', { size: 32 })];
const LANE = 'rollup/AttesterLane.sol/AttesterLane.json';
/** Enough zeros that whatever follows is an instruction and no push's data. */
const AFTER_ANY_PUSH: Hex = `0x${'00'.repeat(33)}`;
/** Returns 1 to any question: PUSH1 1 PUSH0 MSTORE PUSH1 32 PUSH0 RETURN. */
const ANSWERS_ONE: Hex = '0x60015f5260205ff3';

/** Returns 0 to any question. */
const ANSWERS_ZERO: Hex = '0x5f5f5260205ff3';
/** Answers 1, but to `accepted` only when the Rollup asks: whoever looks from elsewhere sees a lane that accepts nothing. */
const answersTheRollup = (rollup: string): Hex => `0x5f3560e01c63${toFunctionSelector('accepted(bytes32)').slice(2)}14601657${ANSWERS_ONE.slice(2)}5b3373${rollup.slice(2).toLowerCase()}145f5260205ff3`;

/** Refuses the statements that watchtowers were once known to ask for, and accepts all others. */
function refusesKnownProbes(): Hex {
  const known = Array.from({ length: 16 }, (_, probe) => keccak256(toHex(`a statement that nobody proved ${probe}`)));
  // PUSH1 4 CALLDATALOAD, then for each: DUP1 PUSH32 EQ PUSH2 end JUMPI (39 bytes); at the end JUMPDEST returns 0.
  const end = (3 + known.length * 39 + 8).toString(16).padStart(4, '0');
  return `0x600435${known.map((hash) => `807f${hash.slice(2)}1461${end}57`).join('')}${ANSWERS_ONE.slice(2)}5b5f5f5260205ff3`;
}

/** EIP-1167: forwards everything to another contract. */
const forwarder = (to: Hex): Hex => `0x363d3d373d3d3d363d73${to.slice(2)}5af43d82803e903d91602b57fd5bf3`;

/** Everything, made on a running deployment. @param implementation what the Rollup's proxy runs */
export async function corpus(system: DeployedSystem, implementation: Hex): Promise<{ readonly entries: readonly Entry[]; readonly published: readonly Published[] }> {
  const code = await system.anvil.rpc('eth_getCode', implementation, 'latest') as Hex;
  const vault = await system.anvil.rpc('eth_getCode', system.deployment.contracts['Vault'], 'latest') as Hex;
  const keys = (name: string, count: number): Hex[] => Array.from({ length: count }, (_, index) => freshAddress(`${name} ${index}`));
  const council = (accounts: readonly Hex[], external: number, threshold: bigint): RawUpgrade => upgradeOf('Council', { members: accounts.map((account, index) => ({ account, isExternal: index < external })).toSorted((a, b) => (BigInt(a.account) < BigInt(b.account) ? -1 : 1)), threshold });
  const [operator, coldKey] = [keyAt(21).address as Hex, keyAt(22).address as Hex];
  const member = (await system.contract('SecurityCouncil').getFunction('members').staticCall() as { account: Hex }[])[0]?.account ?? '0x';
  const core = (at: { address: Hex; codehash: Hex }, migrates = false): RawUpgrade => upgradeOf('Core', { implementation: at.address, codehash: at.codehash, migrates });
  const zkLane = (at: { address: Hex; codehash: Hex }): RawUpgrade => upgradeOf('ZkLane', { lane: at.address, codehash: at.codehash, builtOn: [] });
  const set = (at: { address: Hex; codehash: Hex }): RawUpgrade => upgradeOf('AttesterSet', { previousLane: system.deployment.contracts['AttesterLane'], lane: at.address, codehash: at.codehash });

  const same = await place(system, 'same code', code);
  const honestSet = await deploy(system, LANE, attesters(keys('attester', 5)));
  const honestLane = await deploy(system, LANE, attesters(keys('another', 5)));
  const acceptAll = await place(system, 'accept all', ANSWERS_ONE);
  const delegated = await place(system, 'delegated', concatHex(['0xef0100', honestLane.address]));
  const delegatedCore = await place(system, 'delegated core', concatHex(['0xef0100', implementation]));
  const suicidalCode = concatHex([honestLane.code, AFTER_ANY_PUSH, '0xff']);
  const suicidal = await place(system, 'suicidal', suicidalCode);
  const [acceptsForRollup, acceptsNew, laneProxy] = [answersTheRollup(system.deployment.contracts['Rollup'] ?? ''), refusesKnownProbes(), forwarder(honestLane.address)];
  // An attacker publishes what looks like a lane.
  const { abi } = artifact(LANE);
  const published = Object.entries({ AcceptAll: ANSWERS_ONE, Suicidal: suicidalCode, AcceptsForRollup: acceptsForRollup, AcceptsNew: acceptsNew, Silent: ANSWERS_ZERO, Forwarding: laneProxy }).map(([contractName, deployedBytecode]) => ({ contractName, abi, deployedBytecode }));
  const proxyCode = await system.anvil.rpc('eth_getCode', system.deployment.contracts['Rollup'], 'latest') as Hex;
  const clones: Hex[] = [];
  for (let index = 0; index < 8; index += 1) clones.push((await place(system, `clone ${index}`, forwarder(freshAddress('one hand')))).address);
  await system.anvil.rpc('anvil_setCode', freshAddress('a wallet'), forwarder(freshAddress('its code')));
  await system.anvil.rpc('anvil_setCode', freshAddress('delegating member'), concatHex(['0xef0100', honestLane.address]));
  const onlyLane = system.deployment.contracts['AttesterLane'] as Hex;
  const good = upgradeOf('Fees', { dataFeeScalar: 1_000_000n, surchargeScalar: 1_000_000n });
  const operatorFields = UPGRADE_KINDS.findIndex(({ name }) => name === 'Operator');
  const entries: readonly Entry[] = [
    { name: 'core: no code at the address yet', alsoBy: ['B10-build', 'B16-surface'], caughtBy: 'B11-codehash', upgrade: core({ address: freshAddress('empty'), codehash: same.codehash }) },
    { name: 'core: other code than is pinned', caughtBy: 'B11-codehash', upgrade: core({ address: same.address, codehash: keccak256('0x1234') }) },
    { name: 'core: an account with delegated code', alsoBy: ['B10-build', 'B16-surface'], caughtBy: 'B12-instructions', upgrade: core(delegatedCore) },
    { name: 'core: can destroy itself', alsoBy: ['B10-build'], caughtBy: 'B12-instructions', upgrade: core(await place(system, 'core suicidal', concatHex([code, AFTER_ANY_PUSH, '0xff']))) },
    { name: 'core: one byte differs from every build', caughtBy: 'B10-build', upgrade: core(await place(system, 'one byte', concatHex([code, '0x00']))) },
    { name: 'core: an immutable swapped', caughtBy: 'B10-immutables', upgrade: core(await place(system, 'swapped', patched(code, 'all'))) },
    { name: 'core: an immutable swapped in one place', caughtBy: 'B10-immutables', upgrade: core(await place(system, 'swapped once', patched(code, 'one'))) },
    { name: 'core: runs a migration', caughtBy: 'B14-migration', upgrade: core(same, true) },
    { name: 'core: another contract of ours', alsoBy: ['B10-immutables', 'B13-layout'], caughtBy: 'B16-surface', upgrade: core(await place(system, 'vault code', vault)) },
    { name: 'core: another contract\'s storage', alsoBy: ['B10-immutables', 'B16-surface'], caughtBy: 'B13-layout', upgrade: core(await place(system, 'vault layout', vault)) },
    { name: 'core: a forwarder', alsoBy: ['B10-build'], caughtBy: 'B16-surface', upgrade: core(await place(system, 'forwarder', forwarder(freshAddress('behind')))) },
    { name: 'lane: accepts everything', caughtBy: 'D23-accepts-nothing-unproven', upgrade: zkLane(acceptAll) },
    { name: 'lane: accepts everything, as attesters', caughtBy: 'D23-accepts-nothing-unproven', upgrade: set(acceptAll) },
    { name: 'lane: one that accepts everything switched on again', caughtBy: 'D23-accepts-nothing-unproven', upgrade: upgradeOf('LaneSwitch', { lane: acceptAll.address, codehash: acceptAll.codehash, isEnabled: true }) },
    { name: 'lane: no code at the address yet', alsoBy: ['B10-build'], caughtBy: 'B11-codehash', upgrade: zkLane({ address: freshAddress('empty lane'), codehash: honestLane.codehash }) },
    { name: 'lane: swapped between proposal and report', caughtBy: 'B11-codehash', upgrade: zkLane({ address: honestLane.address, codehash: acceptAll.codehash }) },
    { name: 'lane: an account with delegated code', alsoBy: ['B10-build'], caughtBy: 'B12-instructions', upgrade: zkLane(delegated) },
    { name: 'lane: can destroy itself', caughtBy: 'B12-instructions', upgrade: zkLane(suicidal) },
    { name: 'lane: code that nobody has built', caughtBy: 'B10-build', upgrade: zkLane(await place(system, 'unknown lane', concatHex([honestLane.code, '0x00']))) },
    { name: 'lane: accepts everything when the Rollup asks', caughtBy: 'D23-accepts-nothing-unproven', upgrade: zkLane(await place(system, 'accepts for rollup', acceptsForRollup)) },
    { name: 'lane: refuses only what watchtowers used to ask', caughtBy: 'D23-accepts-nothing-unproven', upgrade: zkLane(await place(system, 'accepts new', acceptsNew)) },
    { name: 'lane: forwards to one that anybody may swap', caughtBy: 'B12-instructions', upgrade: zkLane(await place(system, 'forwarding', laneProxy)) },
    { name: 'lane: our own proxy, whose code its owner replaces', caughtBy: 'B12-instructions', alsoBy: ['B10-build'], upgrade: zkLane(await place(system, 'proxy as lane', proxyCode)) },
    { name: 'lane: of a spec that is none', caughtBy: 'B15-lane', upgrade: zkLane(await place(system, 'silent', ANSWERS_ZERO)) },
    { name: 'lane: another contract of ours', caughtBy: 'B10-build', upgrade: zkLane(await place(system, 'vault as lane', vault)) },
    { name: 'lane: the only one that may answer switched off', caughtBy: 'D24-last-lane', upgrade: upgradeOf('LaneSwitch', { lane: onlyLane, codehash: keccak256(await system.anvil.rpc('eth_getCode', onlyLane, 'latest') as Hex), isEnabled: false }) },
    { name: 'attesters: the operator is one of them', caughtBy: 'F33-attesters', upgrade: set(await deploy(system, LANE, attesters([operator, ...keys('with operator', 4)]))) },
    { name: 'attesters: a council member is one of them', caughtBy: 'F33-attesters', upgrade: set(await deploy(system, LANE, attesters([member, ...keys('with member', 4)]))) },
    { name: 'operator: one key for both', caughtBy: 'F33-operator', upgrade: upgradeOf('Operator', { hotKey: freshAddress('hot'), coldKey: freshAddress('hot') }) },
    { name: 'operator: a council member', caughtBy: 'F33-operator', upgrade: upgradeOf('Operator', { hotKey: member, coldKey: freshAddress('cold') }) },
    { name: 'council: the operator sits on it', caughtBy: 'F33-council', upgrade: council([operator, ...keys('beside operator', 7)], 4, 6n) },
    { name: 'council: the operator\'s cold key sits on it', caughtBy: 'F33-council', upgrade: council([coldKey, ...keys('beside cold', 7)], 4, 6n) },
    { name: 'council: three of five', caughtBy: 'F32-council-size', upgrade: council(keys('five', 5), 5, 3n) },
    { name: 'council: nobody external', caughtBy: 'F32-council-size', upgrade: council(keys('insiders', 8), 0, 6n) },
    { name: 'council: six of twelve', caughtBy: 'F32-council-size', upgrade: council(keys('twelve', 12), 8, 6n) },
    { name: 'council: eight contracts of one hand', caughtBy: 'F32-council-hands', upgrade: council(clones, 4, 6n) },
    { name: 'council: as many contracts of one hand as can block', caughtBy: 'F32-council-hands', upgrade: council([...clones.slice(0, 3), ...keys('beside clones', 5)], 4, 6n) },
    { name: 'council: a member whose key delegates its code', caughtBy: 'F32-council-delegation', upgrade: council([freshAddress('delegating member'), ...keys('beside a delegation', 7)], 4, 6n) },
    { name: 'council: the operator behind another\'s flag', caughtBy: 'F33-council', upgrade: council([...keys('insiders and one', 7), operator], 8, 7n) },
    { name: 'fees: a hair above the bound', caughtBy: 'B15-fees', upgrade: upgradeOf('Fees', { dataFeeScalar: 1_250_001n, surchargeScalar: 1_000_000n }) },
    { name: 'fees: a hair below the bound', caughtBy: 'B15-fees', upgrade: upgradeOf('Fees', { dataFeeScalar: 1_000_000n, surchargeScalar: 749_999n }) },
    { name: 'fees: fourfold', caughtBy: 'B15-fees', upgrade: upgradeOf('Fees', { dataFeeScalar: 4_000_000n, surchargeScalar: 1_000_000n }) },
    { name: 'fees: none', caughtBy: 'B15-fees', upgrade: upgradeOf('Fees', { dataFeeScalar: 1_000_000n, surchargeScalar: 0n }) },
    { name: 'spec: rules that nobody knows', caughtBy: 'B15-spec', upgrade: upgradeOf('Spec', { specId: 2n, delaySeconds: 604_800n }) },
    { name: 'payload: bytes behind it', caughtBy: 'decode', upgrade: { ...good, payload: concatHex([good.payload, '0xdeadbeef']) } },
    { name: 'payload: a word of something else behind it', caughtBy: 'decode', upgrade: { ...good, payload: concatHex([good.payload, ONE]) } },
    { name: 'payload: dirty high bits of an address', caughtBy: 'decode', upgrade: { kind: operatorFields, payload: concatHex([`0x${'ff'.repeat(12)}${'11'.repeat(20)}`, `0x${'00'.repeat(12)}${'22'.repeat(20)}`]), reportHash: ONE, salt: ONE } },
    { name: 'payload: too short', caughtBy: 'decode', upgrade: { ...good, payload: ONE } },
    { name: 'kind: one that does not exist', caughtBy: 'decode', upgrade: { ...good, kind: 9 } },

    { name: 'benign: the same code at another address', caughtBy: undefined, upgrade: core(same) },
    { name: 'benign: five new attesters', caughtBy: undefined, upgrade: set(honestSet) },
    { name: 'benign: a lane that we built', caughtBy: undefined, upgrade: zkLane(honestLane) },
    { name: 'benign: a lane switched off', caughtBy: undefined, upgrade: upgradeOf('LaneSwitch', { lane: honestLane.address, codehash: honestLane.codehash, isEnabled: false }) },
    { name: 'benign: two new keys of the operator', caughtBy: undefined, upgrade: upgradeOf('Operator', { hotKey: freshAddress('new hot'), coldKey: freshAddress('new cold') }) },
    { name: 'benign: a tenth more of fees', caughtBy: undefined, upgrade: upgradeOf('Fees', { dataFeeScalar: 1_100_000n, surchargeScalar: 1_000_000n }) },
    { name: 'benign: a quarter more of fees, and a quarter less', caughtBy: undefined, upgrade: upgradeOf('Fees', { dataFeeScalar: 1_250_000n, surchargeScalar: 750_000n }) },
    { name: 'benign: a council with one contract among its members', caughtBy: undefined, upgrade: council([freshAddress('a wallet'), ...keys('beside a wallet', 7)], 4, 6n) },
    { name: 'benign: a new council of eight', caughtBy: undefined, upgrade: council(keys('new council', 8), 4, 6n) },
  ];
  return { entries, published };
}
