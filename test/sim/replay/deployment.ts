/**
 * The contracts of the model, deployed on the in-process EVM from their artifacts, with lanes that accept what a test tells them.
 *
 * Owns addresses, wiring and how a lane is made to accept a statement. A scripted lane stands for a proof: it shows what the contracts do with
 * one, not that proofs are sound. `mutate` may change one contract's code before it stands: a planted bug, which the replay must find.
 */
import { readFileSync } from 'node:fs';
import { Interface, getCreateAddress, keccak256, toUtf8Bytes, zeroPadValue, type InterfaceAbi } from 'ethers';
import type { Hex } from '@keyfall/protocol';
import { ReplayContract, ReplayEvm } from './evm.ts';

export const START = 1_800_000_000;
export const OPERATOR = '0x00000000000000000000000000000000000000a1';
export const COUNCIL = '0x00000000000000000000000000000000000000a2';
export const AUTHORITY = '0x00000000000000000000000000000000000000a3';
export const ANYONE = '0x00000000000000000000000000000000000000a4';
const DEPLOYER = '0x00000000000000000000000000000000000000a5';
const NOBODY = '0x00000000000000000000000000000000000000a6';
/** Who may come to sit in the operator's seat, as keys hot or cold. */
export const COLD = '0x00000000000000000000000000000000000000a7';
export const CANDIDATES = ['0x00000000000000000000000000000000000000b1', '0x00000000000000000000000000000000000000b2', '0x00000000000000000000000000000000000000b3'] as const;
/** What the prover reserve begins with. */
export const RESERVE_WEI = 20n * 10n ** 18n;
const HISTORY = '0x0000f90827f1c53a10cb7a02335b175320002935';
/** Answers the asked number as the hash: PUSH0 CALLDATALOAD PUSH0 MSTORE PUSH1 32 PUSH0 RETURN. */
const HISTORY_CODE = '0x5f355f5260205ff3';
const ONE = zeroPadValue('0x01', 32);

const ABI_OF: Readonly<Record<string, string>> = { RollupProxy: 'deploy/RollupProxy' };

export type ContractCode = 'Clock' | 'Inbox' | 'Lanes' | 'Lifecycle' | 'OperatorSeat' | 'ProverReserve' | 'Rollup' | 'RollupProxy';
export type Mutation = (contract: ContractCode, initCode: string) => string;

interface Artifact { readonly abi: Interface; readonly bytecode: string }

const artifacts = new Map<ContractCode, Artifact>();

function artifactOf(name: ContractCode): Artifact {
  const known = artifacts.get(name);
  if (known !== undefined) return known;
  const folder = ABI_OF[name] ?? `rollup/${name}`;
  const { abi, bytecode } = JSON.parse(readFileSync(new URL(`../../../contracts/artifacts/src/${folder}.sol/${name}.json`, import.meta.url), 'utf8')) as { abi: InterfaceAbi; bytecode: string };
  const read = { abi: new Interface(abi), bytecode };
  artifacts.set(name, read);
  return read;
}

/** specId() = `spec`, profile() = "MAINNET", accepted(s) = storage[s]. */
function laneCode(spec: number): string {
  const selector = (text: string): string => keccak256(toUtf8Bytes(text)).slice(2, 10);
  const answer = '5f5260205ff3';
  const head = `5f3560e01c8063${selector('specId()')}14602b578063${selector('profile()')}14603557600435545f5260205ff3`;
  // Offsets: the jump targets are 43 (0x2b) and 53 (0x35).
  const padded = head.padEnd(43 * 2, '0');
  const mainnet = Buffer.from('MAINNET').toString('hex').padEnd(64, '0');
  return `0x${padded}5b60${spec.toString(16).padStart(2, '0')}${answer}00${'5b'}7f${mainnet}${answer}`;
}

export interface ReplayDeployment {
  readonly evm: ReplayEvm;
  readonly clock: ReplayContract;
  readonly inbox: ReplayContract;
  readonly rollup: ReplayContract;
  readonly lanes: ReplayContract;
  readonly lifecycle: ReplayContract;
  readonly seat: ReplayContract;
  readonly reserve: ReplayContract;
  /** Addresses by the model's lane ids, in the order in which they were registered. */
  readonly laneOf: Record<string, string>;
}

export async function deploy(mutate: Mutation = (_, code) => code): Promise<ReplayDeployment> {
  const evm = await ReplayEvm.start(START);
  for (const account of [OPERATOR, COUNCIL, AUTHORITY, ANYONE, DEPLOYER, COLD, ...CANDIDATES]) await evm.fund(account);
  await evm.setCode(HISTORY, HISTORY_CODE);
  const laneOf: Record<string, string> = {};
  for (const id of ['zk', 'zk2', 'attesters']) laneOf[id] = await scriptedLane(evm, Object.keys(laneOf).length, 1);
  const names = ['clock', 'inbox', 'lanes', 'lifecycle', 'seat', 'implementation', 'rollup', 'reserve'] as const;
  const at = Object.fromEntries(names.map((name, nonce) => [name, getCreateAddress({ from: DEPLOYER, nonce })])) as Record<(typeof names)[number], string>;
  const create = async (name: ContractCode, args: readonly unknown[], expected: string): Promise<void> => {
    const { abi, bytecode } = artifactOf(name);
    const code = mutate(name, bytecode) + abi.encodeDeploy([...args]).slice(2);
    const outcome = await evm.call(DEPLOYER, undefined, code);
    if (!outcome.ok || outcome.data.toLowerCase() !== expected.toLowerCase()) throw new Error(`${name}: expected to stand at ${expected}, got ${outcome.ok ? outcome.data : `a revert ${outcome.data}`}`);
  };
  await create('Clock', [1n, COUNCIL, at.lanes], at.clock);
  await create('Inbox', [NOBODY, at.rollup, at.reserve, NOBODY, 10n ** 24n], at.inbox);
  const kinds: Readonly<Record<string, number>> = { zk: 1, zk2: 1, attesters: 2 };
  const initial = Object.entries(laneOf).map(([id, lane]) => ({ lane, kind: kinds[id], builtOn: [] }));
  await create('Lanes', [{
    clock: at.clock, rollup: at.rollup, maturity: NOBODY, bounty: NOBODY, securityCouncil: COUNCIL, upgradeAuthority: AUTHORITY, isTrainingDevnet: false,
  }, initial], at.lanes);
  await create('Lifecycle', [at.clock, at.inbox, at.rollup, at.lanes, at.seat], at.lifecycle);
  await create('OperatorSeat', [OPERATOR, COLD, at.clock, at.lifecycle, NOBODY, at.reserve, AUTHORITY], at.seat);
  await create('Rollup', [{
    clock: at.clock, inbox: at.inbox, lifecycle: at.lifecycle, lanes: at.lanes, seat: at.seat, maturity: NOBODY, upgradeAuthority: AUTHORITY,
    l2ChainId: 531_337n, genesisHash: hashOf('genesis'), genesisStateRoot: hashOf('root of genesis'),
  }], at.implementation);
  const rollupAbi = artifactOf('Rollup').abi;
  await create('RollupProxy', [at.implementation, rollupAbi.encodeFunctionData('initialize', [])], at.rollup);
  await create('ProverReserve', [at.clock, at.inbox, at.rollup, at.lifecycle], at.reserve);
  await evm.call(ANYONE, at.reserve, '0x', RESERVE_WEI);
  const contract = (address: string, name: ContractCode): ReplayContract => new ReplayContract(evm, address, artifactOf(name).abi);
  return {
    evm, laneOf, clock: contract(at.clock, 'Clock'), inbox: contract(at.inbox, 'Inbox'), rollup: contract(at.rollup, 'Rollup'),
    lanes: contract(at.lanes, 'Lanes'), lifecycle: contract(at.lifecycle, 'Lifecycle'), seat: contract(at.seat, 'OperatorSeat'), reserve: contract(at.reserve, 'ProverReserve'),
  };
}

/** A lane for a spec that accepts what a test tells it to, at an address of its number. */
export async function scriptedLane(evm: ReplayEvm, number: number, spec: number): Promise<string> {
  const address = `0x${(0x1a0 + number).toString(16).padStart(40, '0')}`;
  await evm.setCode(address, laneCode(spec));
  return address;
}

/** The hash that stands for a name of the model on the chain. */
export function hashOf(name: string): string {
  return keccak256(toUtf8Bytes(name));
}

/** Who is paid for a lane's proof: another for each lane, so that it shows whose decided. */
export function beneficiaryOf(lane: string): Hex {
  return `0x${hashOf(lane).slice(26)}`;
}

/** Makes a scripted lane accept a statement. */
export async function accept(chain: ReplayDeployment, lane: string, statement: string): Promise<void> {
  await chain.evm.setStorage(lane, statement, ONE);
}
