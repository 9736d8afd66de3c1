// Which contracts a deployment consists of and how they name each other. Owns the order and the constructor arguments; the addresses
// come from the deployer and are known before anything stands.
// Until a deployment is complete, whoever holds the deployer's key decides what will stand at the names without code.

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Interface, concat, id, keccak256 } from 'ethers';
import { readArtifact, type ContractName } from '../scripts/artifacts.ts';
import { initCodeOf, profileBytes, type Deployer } from './deployer.ts';
import type { DeployOptions } from './options.ts';

export const DEVNET_CHAIN_ID = 31_337n;
const DEPLOYED = [
  'Clock', 'Inbox', 'RollupImplementation', 'Rollup', 'Vault', 'EscapeHatch', 'AttesterLane', 'Lanes', 'Lifecycle', 'OperatorSeat', 'ProverReserve',
  'KeyfallToken', 'KeyfallGovernor', 'UpgradeTimelock', 'SecurityCouncil', 'Maturity', 'Bounty', 'Genesis',
] as const;
const ANSWER_ATTESTERS = 2;
const SPEC_ID = 1n;
const ETHER = 10n ** 18n;
const DAY_SECONDS = 86_400n;

type Name = (typeof DEPLOYED)[number];

export interface Deployment {
  readonly contracts: Readonly<Record<string, string>>;
  readonly genesis: { readonly hash: string; readonly stateRoot: string };
}

interface GenesisHead { readonly hash: string; readonly stateRoot: string }

function genesisHead(): GenesisHead {
  const path = join(dirname(import.meta.dirname), 'generated/genesis-head.json');
  return JSON.parse(readFileSync(path, 'utf8')) as GenesisHead;
}

/**
 * What a lane must have verified before it can be added, unless the deployment names another. No batch hashes to it, so a zk lane cannot
 * prove it and, by default, none can be added: a deployment that wants one names the statement of a batch in its prover's corpus.
 */
function defaultCorpusStatement(): string {
  const parts = ['inputs', 'outputs', 'binding'].map((part) => id(`keyfall corpus 1: ${part}`));
  return keccak256(concat(parts));
}

function constructorOf(name: ContractName, values: readonly unknown[]): string {
  return initCodeOf(name, Interface.from([...readArtifact(name).abi]).encodeDeploy([...values]));
}

async function allAddresses(deployer: Deployer): Promise<Record<Name, string>> {
  const entries = await Promise.all(DEPLOYED.map(async (name) => [name, await deployer.addressOf(name)] as const));
  return Object.fromEntries(entries) as Record<Name, string>;
}

/** The keys: token, governor, timelock, council, maturity, bounty. Not one of them has an owner. */
async function placeGovernance(at: Record<Name, string>, options: DeployOptions, timestamp: bigint, place: (name: Name, code: string) => Promise<void>): Promise<void> {
  const holders = options.tokens.map(({ holder }) => holder);
  await place('KeyfallToken', constructorOf('KeyfallToken', [at.Clock, holders, options.tokens.map(({ amountWei }) => amountWei)]));
  await place('KeyfallGovernor', constructorOf('KeyfallGovernor', [at.KeyfallToken, at.UpgradeTimelock, at.Clock]));
  await place('UpgradeTimelock', constructorOf('UpgradeTimelock', [{
    governor: at.KeyfallGovernor, council: at.SecurityCouncil, clock: at.Clock, rollup: at.Rollup, lanes: at.Lanes, seat: at.OperatorSeat,
    lifecycle: at.Lifecycle, maturity: at.Maturity, inbox: at.Inbox, delaySeconds: options.upgradeDelayDays * DAY_SECONDS,
    sunset: timestamp + (options.sunsetDays * DAY_SECONDS) / options.timeScale, corpusStatement: options.corpusStatement ?? defaultCorpusStatement(),
  }]));
  await place('SecurityCouncil', constructorOf('SecurityCouncil', [at.Clock, at.Lanes, at.UpgradeTimelock, options.council, options.councilThreshold]));
  await place('Maturity', constructorOf('Maturity', [at.Clock, at.Vault, at.Rollup, at.Lanes]));
  await place('Bounty', constructorOf('Bounty', [at.Clock, at.Lanes]));
}

/** Deploys what is missing. @throws DeployFault naming the contract */
export async function deployAll(deployer: Deployer, options: DeployOptions, l1ChainId: bigint, progress: (text: string) => void): Promise<Deployment> {
  const at = await allAddresses(deployer);
  const isDevnet = l1ChainId === DEVNET_CHAIN_ID;
  const depositCapWei = options.depositCapWei ?? (isDevnet ? 100_000n : 1_000n) * ETHER;
  const head = genesisHead();
  const place = async (name: Name, code: string): Promise<void> => {
    await deployer.deploy(name, code);
    progress(`${name} at ${at[name]}`);
  };
  await place('Clock', constructorOf('Clock', [options.timeScale, at.SecurityCouncil, at.Lanes]));
  await place('Inbox', constructorOf('Inbox', [at.Vault, at.Rollup, at.ProverReserve, at.Maturity, depositCapWei]));
  await place('Vault', constructorOf('Vault', [at.Inbox, at.Rollup, at.Lifecycle, at.EscapeHatch, at.ProverReserve]));
  await place('EscapeHatch', constructorOf('EscapeHatch', [at.Lifecycle, at.Vault, at.Inbox, at.Clock]));
  await place('AttesterLane', constructorOf('AttesterLane', [options.attesters, SPEC_ID, profileBytes(isDevnet ? 'TEST' : 'MAINNET')]));
  await place('Lanes', constructorOf('Lanes', [{
    clock: at.Clock, rollup: at.Rollup, maturity: at.Maturity, bounty: at.Bounty, securityCouncil: at.SecurityCouncil, upgradeAuthority: at.UpgradeTimelock, isTrainingDevnet: isDevnet,
  }, [{ lane: at.AttesterLane, kind: ANSWER_ATTESTERS, builtOn: [] }]]));
  await place('Lifecycle', constructorOf('Lifecycle', [at.Clock, at.Inbox, at.Rollup, at.Lanes, at.OperatorSeat]));
  await place('OperatorSeat', constructorOf('OperatorSeat', [options.operator, options.coldKey, at.Clock, at.Lifecycle, at.Maturity, at.ProverReserve, at.UpgradeTimelock]));
  await place('ProverReserve', constructorOf('ProverReserve', [at.Clock, at.Inbox, at.Rollup, at.Lifecycle]));
  await place('RollupImplementation', constructorOf('Rollup', [{
    clock: at.Clock, inbox: at.Inbox, lifecycle: at.Lifecycle, lanes: at.Lanes, seat: at.OperatorSeat, maturity: at.Maturity,
    upgradeAuthority: at.UpgradeTimelock, l2ChainId: options.l2ChainId, genesisHash: head.hash, genesisStateRoot: head.stateRoot,
  }]));
  const initialization = Interface.from([...readArtifact('Rollup').abi]).encodeFunctionData('initialize', []);
  await place('Rollup', constructorOf('RollupProxy', [at.RollupImplementation, initialization]));
  await placeGovernance(at, options, await deployer.latestTimestamp(), place);
  await place('Genesis', constructorOf('Genesis', [{
    clock: at.Clock, inbox: at.Inbox, rollup: at.Rollup, vault: at.Vault, attesterLane: at.AttesterLane, lifecycle: at.Lifecycle,
    escapeHatch: at.EscapeHatch, securityCouncil: at.SecurityCouncil, upgradeTimelock: at.UpgradeTimelock, maturity: at.Maturity, reserve: at.ProverReserve,
    governor: at.KeyfallGovernor, token: at.KeyfallToken, bounty: at.Bounty, lanes: at.Lanes, seat: at.OperatorSeat,
  }, head.hash, options.l2ChainId]));
  const pick = (names: readonly Name[]): Record<string, string> => Object.fromEntries(names.map((name) => [name, at[name]]));
  return { contracts: pick(DEPLOYED), genesis: head };
}
