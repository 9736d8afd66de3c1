/**
 * Other codes of the Rollup, for tests of its replacement: one that appends and migrates, one that moves every variable, one that forges.
 * Owns their sources, their deployment with the deployment's own wiring, and build output in the form in which Hardhat leaves it.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ContractFactory, ZeroHash } from 'ethers';
import { compileSources, type Compiled } from '../contracts/compile.ts';
import type { Governed } from './governed.ts';

const SOURCE = `// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;
import {Rollup} from "src/rollup/Rollup.sol";

contract NextRollup is Rollup {
    uint256 public generation;
    constructor(Config memory config, bytes32) Rollup(config) {}
    function migrate() external reinitializer(2) { generation = 2; }
}

abstract contract Owned { address private _owner; }

contract ShiftedRollup is Owned, Rollup {
    constructor(Config memory config, bytes32) Rollup(config) {}
    function migrate() external {}
}

/// Keeps its head as it was, and puts a root of its maker's choosing under the batch before it.
contract ForgingRollup is Rollup {
    bytes32 private immutable FORGED;
    constructor(Config memory config, bytes32 forged) Rollup(config) { FORGED = forged; }
    function migrate() external {
        uint256 victim = finalizedCount - 1;
        bytes32 forged = FORGED;
        assembly {
            mstore(0, victim)
            mstore(32, 6)
            sstore(keccak256(0, 64), forged)
        }
    }
}
`;
const PATH = 'test/Cores.sol';

/** All of them by name. */
export function compileCores(): Readonly<Record<string, Compiled>> {
  return compileSources({ [PATH]: SOURCE }, 200);
}

/** Deploys one, wired as the Rollup is. @returns its address */
export async function deployCore(governed: Governed, core: Compiled, forgedRoot: string = ZeroHash): Promise<string> {
  const { system } = governed;
  const config = {
    clock: governed.address('Clock'), inbox: governed.address('Inbox'), lifecycle: governed.address('Lifecycle'), lanes: governed.address('Lanes'), seat: governed.address('OperatorSeat'),
    maturity: governed.address('Maturity'), upgradeAuthority: governed.address('UpgradeTimelock'), l2ChainId: await governed.read('Rollup', 'l2ChainId'),
    genesisHash: system.deployment.genesis.hash, genesisStateRoot: system.deployment.genesis.stateRoot,
  };
  const deployed = await new ContractFactory(core.abi, core.bytecode, system.user).deploy(config, forgedRoot);
  await deployed.waitForDeployment();
  return deployed.getAddress();
}

/** Build output of them below a folder that is there and empty. */
export function writeArtifacts(folder: string, cores: Readonly<Record<string, Compiled>>): void {
  mkdirSync(join(folder, 'build-info'));
  const layouts = Object.fromEntries(Object.entries(cores).map(([name, { storageLayout }]) => [name, { storageLayout }]));
  writeFileSync(join(folder, 'build-info', 'cores.output.json'), JSON.stringify({ output: { contracts: { [PATH]: layouts } } }));
  for (const [contractName, { runtime, immutableReferences }] of Object.entries(cores)) {
    writeFileSync(join(folder, `${contractName}.json`), JSON.stringify({ contractName, inputSourceName: PATH, deployedBytecode: runtime, immutableReferences, buildInfoId: 'cores' }));
  }
}
