// A stranger with an L1 endpoint and the `keyfall` command, and nothing else: for the walk-away tests. Owns the L1 under them, the warping
// of its clock, the test lane, and running the command line as a user would.
// Invariant: no key of the operator, the attesters or anyone with a role signs anything after the lane is in place.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Contract, ContractFactory, HDNodeWallet, JsonRpcProvider, NonceManager, parseEther } from 'ethers';
import type { InterfaceAbi } from 'ethers';

const require = createRequire(import.meta.url);
const root = join(import.meta.dirname, '..', '..', '..');
const PHRASE = 'test test test test test test test test test test test junk';
const ZK = 1;

export function keyAt(index: number): HDNodeWallet {
  return HDNodeWallet.fromPhrase(PHRASE, undefined, `m/44'/60'/0'/0/${index}`);
}

export function abiOf(name: string): InterfaceAbi {
  return JSON.parse(readFileSync(join(root, 'contracts/abi', `${name}.json`), 'utf8')) as InterfaceAbi;
}

export interface Ended { readonly code: number; readonly stdout: string; readonly stderr: string }

export class Stranger {
  readonly l1Url: string;
  readonly l1: JsonRpcProvider;
  readonly rollup: string;
  readonly home: string;
  #lane: { address: string; key: string } | undefined;

  /** @param before whose lane is gone on with, when L1 was started anew */
  constructor(l1Url: string, rollup: string, home: string, before?: Stranger) {
    if (before !== undefined) this.#lane = before.#lane;
    this.l1Url = l1Url;
    this.l1 = new JsonRpcProvider(l1Url, 31_337, { staticNetwork: true, pollingInterval: 20, cacheTimeout: -1 });
    this.rollup = rollup;
    this.home = home;
  }

  close(): void {
    this.l1.destroy();
  }

  async rpc(method: string, ...params: unknown[]): Promise<unknown> {
    return this.l1.send(method, params);
  }

  /** Lets L1's clock run on, with a block at its end. */
  async warp(seconds: number): Promise<void> {
    await this.rpc('evm_increaseTime', seconds);
    await this.rpc('evm_mine');
  }

  async read<T>(contract: Contract, name: string, ...args: unknown[]): Promise<T> {
    return (await contract.getFunction(name).staticCall(...args)) as T;
  }

  /** A contract by the address that another one names. */
  async named(of: Contract, getter: string, abi: string): Promise<Contract> {
    return new Contract(await this.read<string>(of, getter), abiOf(abi), this.l1);
  }

  rollupContract(): Contract {
    return new Contract(this.rollup, abiOf('Rollup'), this.l1);
  }

  /** Deploys KeyedLane and has the upgrade authority register it, which is the last thing anyone with a role does. */
  async placeLane(): Promise<void> {
    const key = keyAt(40);
    const deployer = new NonceManager(keyAt(0).connect(this.l1));
    const { abi, bytecode } = compiledLane();
    const lane = await new ContractFactory(abi, bytecode, deployer).deploy(key.address);
    await lane.waitForDeployment();
    const lanes = await this.named(this.rollupContract(), 'LANES', 'Lanes');
    const authority = await this.read<string>(lanes, 'UPGRADE_AUTHORITY');
    await this.rpc('anvil_setBalance', authority, `0x${parseEther('1').toString(16)}`);
    await this.rpc('anvil_impersonateAccount', authority);
    const hash = (await this.rpc('eth_sendTransaction', { from: authority, to: await lanes.getAddress(), data: lanes.interface.encodeFunctionData('registerLane', [await lane.getAddress(), ZK, [], 0]), gas: '0x1e8480' })) as string;
    const receipt = await this.l1.waitForTransaction(hash, 1, 60_000);
    assert.equal(receipt?.status, 1, 'the test lane is registered');
    await this.rpc('anvil_stopImpersonatingAccount', authority);
    this.#lane = { address: await lane.getAddress(), key: key.privateKey };
  }

  #environment(account: number): NodeJS.ProcessEnv {
    return { ...process.env, KEYFALL_HOME: this.home, KEYFALL_PRIVATE_KEY: keyAt(account).privateKey, KEYED_LANE: this.#lane?.address ?? '', KEYED_LANE_KEY: this.#lane?.key ?? '' };
  }

  #arguments(args: readonly string[]): string[] {
    return [join(root, 'node/cli/main.ts'), ...args, '--l1', this.l1Url, '--rollup', this.rollup];
  }

  /** Runs `keyfall` with the key of an account. */
  async keyfall(account: number, ...args: readonly string[]): Promise<Ended> {
    return new Promise((resolve) => {
      execFile(process.execPath, this.#arguments(args), { env: this.#environment(account), maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, stdout, stderr });
      });
    });
  }

  /** Runs a command that must end with `code` and gives its JSON answer. */
  async json(account: number, code: number, ...args: readonly string[]): Promise<Record<string, unknown>> {
    const ended = await this.keyfall(account, ...args, '--json');
    assert.equal(ended.code, code, `keyfall ${args.join(' ')} ended with ${ended.code}:\n${ended.stdout}\n${ended.stderr}`);
    return JSON.parse(ended.stdout) as Record<string, unknown>;
  }

  /** Starts a command that the test will kill. */
  spawn(account: number, ...args: readonly string[]): ChildProcess {
    return spawn(process.execPath, this.#arguments(args), { env: this.#environment(account), stdio: 'ignore' });
  }
}

function compiledLane(): { abi: InterfaceAbi; bytecode: string } {
  const solc = require('solc') as { compile(input: string, callbacks: { import(path: string): { contents: string } }): string };
  const source = 'test/support/KeyedLane.sol';
  const input = {
    language: 'Solidity', sources: { [source]: { content: readFileSync(join(root, 'contracts', source), 'utf8') } },
    settings: { evmVersion: 'osaka', outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } } },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: (path) => ({ contents: readFileSync(join(root, 'contracts', path), 'utf8') }) })) as {
    contracts: Record<string, Record<string, { abi: InterfaceAbi; evm: { bytecode: { object: string } } }>>; errors?: readonly { severity: string; formattedMessage: string }[];
  };
  const artifact = output.contracts[source]?.['KeyedLane'];
  assert.ok(artifact !== undefined, output.errors?.map(({ formattedMessage }) => formattedMessage).join('\n'));
  return { abi: artifact.abi, bytecode: artifact.evm.bytecode.object };
}
