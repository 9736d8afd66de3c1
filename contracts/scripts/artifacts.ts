// The compiler's outputs, by contract name. Owns the list of contracts that a deployment or the L2 genesis consists of: exactly
// these have an ABI, a surface snapshot and a layout snapshot.

import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { JsonFragment } from 'ethers';

const artifacts = join(dirname(import.meta.dirname), 'artifacts');

/** Contract name to its source file. */
export const CONTRACTS = {
  Clock: 'src/rollup/Clock.sol',
  Inbox: 'src/rollup/Inbox.sol',
  Rollup: 'src/rollup/Rollup.sol',
  Lanes: 'src/rollup/Lanes.sol',
  Lifecycle: 'src/rollup/Lifecycle.sol',
  OperatorSeat: 'src/rollup/OperatorSeat.sol',
  ProverReserve: 'src/rollup/ProverReserve.sol',
  Vault: 'src/rollup/Vault.sol',
  EscapeHatch: 'src/rollup/EscapeHatch.sol',
  PoolResolver: 'src/resolvers/PoolResolver.sol',
  AttesterLane: 'src/rollup/AttesterLane.sol',
  RollupProxy: 'src/deploy/RollupProxy.sol',
  KeyfallToken: 'src/governance/KeyfallToken.sol',
  KeyfallGovernor: 'src/governance/KeyfallGovernor.sol',
  UpgradeTimelock: 'src/governance/UpgradeTimelock.sol',
  SecurityCouncil: 'src/governance/SecurityCouncil.sol',
  Maturity: 'src/governance/Maturity.sol',
  Bounty: 'src/governance/Bounty.sol',
  Create3Deployer: 'src/deploy/Create3Deployer.sol',
  Genesis: 'src/deploy/Genesis.sol',
  MessagePasser: 'src/l2/MessagePasser.sol',
  L2Bridge: 'src/l2/L2Bridge.sol',
  ExitRegistry: 'src/l2/ExitRegistry.sol',
  FeeVault: 'src/l2/FeeVault.sol',
  BridgedERC20: 'src/l2/BridgedERC20.sol',
  BridgedERC721: 'src/l2/BridgedERC721.sol',
  BridgedERC1155: 'src/l2/BridgedERC1155.sol',
} as const;

export type ContractName = keyof typeof CONTRACTS;

export interface Artifact {
  readonly contractName: string;
  readonly sourceName: string;
  readonly abi: readonly JsonFragment[];
  readonly bytecode: string;
  readonly deployedBytecode: string;
  readonly immutableReferences: Readonly<Record<string, unknown>>;
  readonly buildInfoId: string;
}

/** One contract's artifact. @throws Error if it was not compiled or needs linking. */
export function readArtifact(name: string): Artifact {
  const source = (CONTRACTS as Readonly<Record<string, string>>)[name];
  if (source === undefined) throw new Error(`expected the name of a contract, got ${name}`);
  const artifact = JSON.parse(readFileSync(join(artifacts, source, `${name}.json`), 'utf8')) as Artifact;
  if (artifact.bytecode.includes('__$')) throw new Error(`${name} refers to an external library, expected none`);
  return artifact;
}

export interface StorageEntry {
  readonly label: string;
  readonly slot: string;
  readonly offset: number;
  readonly type: string;
}

export interface StorageLayout {
  readonly storage: readonly StorageEntry[];
  readonly types: Readonly<Record<string, {
    readonly label: string;
    readonly numberOfBytes: string;
    readonly members?: readonly StorageEntry[];
    readonly value?: string;
    readonly key?: string;
    readonly base?: string;
  }>> | null;
}

/** The compiler's storage layout of a contract. @throws Error if the build did not output it. */
export function readLayout(name: string): StorageLayout {
  const artifact = readArtifact(name);
  const folder = join(artifacts, 'build-info');
  const file = readdirSync(folder).find((entry) => entry === `${artifact.buildInfoId}.output.json`);
  if (file === undefined) throw new Error(`expected build info ${artifact.buildInfoId} of ${name}`);
  const output = JSON.parse(readFileSync(join(folder, file), 'utf8')) as {
    output: { contracts: Record<string, Record<string, { storageLayout?: StorageLayout }>> };
  };
  for (const [source, contracts] of Object.entries(output.output.contracts)) {
    const found = source.endsWith(artifact.sourceName) ? contracts[name]?.storageLayout : undefined;
    if (found !== undefined) return found;
  }
  throw new Error(`expected a storage layout of ${name} in ${file}`);
}
