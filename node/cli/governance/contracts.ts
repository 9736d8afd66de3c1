// The governance contracts of a rollup, found from the Rollup's address alone: it names its upgrade authority, which names the rest.
// Owns connecting to L1 without L2 and the times that every command shows. Nothing is typed twice: ABIs are the build's, addresses
// and durations are read from chain.
// Invariant: all contracts returned have code; one that does not is *failed*, never skipped.

import { Contract, getAddress, isAddress } from 'ethers';
import type { ContractRunner, JsonRpcProvider } from 'ethers';
import { explainReverts } from '../contractErrors.ts';
import { CommandFailure } from '../failure.ts';
import type { Home } from '../home.ts';
import { readManifest } from '../manifest.ts';
import { connect, contractAbi } from '../rollup.ts';

export interface GovernanceOptions {
  readonly l1?: string;
  readonly rollup?: string;
  readonly home?: string;
  readonly fromBlock?: string;
}

export class GovernanceConnection {
  readonly l1: JsonRpcProvider;
  readonly chainId: bigint;
  readonly fromBlock: number;
  readonly addresses: Readonly<Record<GovernanceContract, string>>;

  constructor(l1: JsonRpcProvider, fromBlock: number, addresses: Readonly<Record<GovernanceContract, string>>) {
    this.l1 = l1;
    this.chainId = l1._network.chainId;
    this.fromBlock = fromBlock;
    this.addresses = addresses;
  }

  contract(name: GovernanceContract, runner: ContractRunner = this.l1): Contract {
    return new Contract(this.addresses[name], contractAbi(name), runner);
  }

  close(): void {
    this.l1.destroy();
  }
}

const NAMES = ['Rollup', 'UpgradeTimelock', 'KeyfallGovernor', 'KeyfallToken', 'SecurityCouncil', 'Maturity', 'Clock', 'OperatorSeat'] as const;
export type GovernanceContract = (typeof NAMES)[number];

/** Calls a view of any contract. @throws CommandFailure saying which could not be read, and why */
export async function view<T>(contract: Contract, name: string, ...args: readonly unknown[]): Promise<T> {
  return explainReverts(`reading ${name} of ${contract.target as string}`, [contract.interface.fragments], async () => (await contract.getFunction(name).staticCall(...args)) as T);
}

/** @throws CommandFailure (failed) naming the contract that is not there */
export async function connectGovernance(options: GovernanceOptions, home: Home): Promise<GovernanceConnection> {
  const manifest = options.l1 !== undefined && options.rollup !== undefined ? undefined : readManifest(home);
  const rollup = options.rollup ?? manifest?.contracts['Rollup'];
  if (rollup === undefined || !isAddress(rollup)) throw new CommandFailure('usage', `--rollup: expected an address, got '${rollup ?? 'nothing'}'`);
  const fromBlock = options.fromBlock ?? String(manifest?.deployBlock ?? 0);
  if (!/^\d+$/.test(fromBlock)) throw new CommandFailure('usage', `--from-block: expected a block number, got '${fromBlock}'`);
  const l1 = await connect(options.l1 ?? manifest?.l1.rpc ?? '');
  const at = async (name: string, address: string): Promise<Contract> => {
    if ((await l1.getCode(address)) === '0x') throw new CommandFailure('failed', `expected the ${name} at ${address} on L1 chain ${l1._network.chainId}, there is no code`);
    return new Contract(address, contractAbi(name), l1);
  };
  const address = async (contract: Contract, name: string): Promise<string> => getAddress(await view<string>(contract, name));
  const core = await at('Rollup', getAddress(rollup));
  const timelock = await at('UpgradeTimelock', await address(core, 'UPGRADE_AUTHORITY'));
  // Other contracts name an upgrade authority as well: the Rollup is the one that the authority names in turn.
  const served = await address(timelock, 'ROLLUP');
  if (served !== getAddress(rollup)) throw new CommandFailure('failed', `expected a Rollup at ${rollup}: its upgrade authority ${timelock.target as string} serves the Rollup at ${served}`);
  const governor = await at('KeyfallGovernor', await address(timelock, 'GOVERNOR'));
  const found: Record<GovernanceContract, string> = {
    Rollup: getAddress(rollup),
    UpgradeTimelock: await timelock.getAddress(),
    KeyfallGovernor: await governor.getAddress(),
    KeyfallToken: await address(governor, 'token'),
    SecurityCouncil: await address(timelock, 'COUNCIL'),
    Maturity: await address(timelock, 'MATURITY'),
    Clock: await address(timelock, 'CLOCK'),
    OperatorSeat: await address(timelock, 'SEAT'),
  };
  for (const name of ['KeyfallToken', 'SecurityCouncil', 'Maturity', 'Clock', 'OperatorSeat'] as const) await at(name, found[name]);
  return new GovernanceConnection(l1, Number(fromBlock), found);
}

/** Now, in both times. T may stand still; a wall time derived from it holds only if it does not. */
export interface Times { readonly nowT: bigint; readonly nowWall: bigint }

export async function readTimes(connection: GovernanceConnection): Promise<Times> {
  const block = await connection.l1.getBlock('latest');
  if (block === null) throw new CommandFailure('unknown', 'the L1 endpoint has no latest block');
  const nowT = (await connection.contract('Clock').getFunction('current').staticCall({ blockTag: block.number })) as bigint;
  return { nowT, nowWall: BigInt(block.timestamp) };
}

/** "3 d 4 h", "12 s". */
export function durationText(seconds: bigint): string {
  if (seconds < 0n) return `-${durationText(-seconds)}`;
  const parts: string[] = [];
  let left = seconds;
  for (const [unit, size] of [['d', 86_400n], ['h', 3_600n], ['min', 60n], ['s', 1n]] as const) {
    if (left / size > 0n) parts.push(`${left / size} ${unit}`);
    left %= size;
  }
  return parts.slice(0, 2).join(' ') || '0 s';
}

/** When a moment of T comes if the clock does not stand still until then. */
export function wallText(times: Times, atT: bigint): string {
  const wall = times.nowWall + (atT - times.nowT);
  return `${new Date(Number(wall) * 1000).toISOString()} (${atT >= times.nowT ? `in ${durationText(atT - times.nowT)}` : `${durationText(times.nowT - atT)} ago`}, if T does not stand still)`;
}
