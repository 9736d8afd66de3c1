/**
 * What the bridge scenarios share: a devnet's endpoints and contracts for ethers, waiting for L2 to see a deposit and for a batch to be
 * final, and the claim of a withdrawal by a proof that the node serves and the Vault checks.
 *
 * Does not own any expectation: scenarios assert.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Contract, JsonRpcProvider, NonceManager, Wallet, type Interface, type Log } from 'ethers';
import { sentSlot, type Hex } from '@keyfall/protocol';
import type { Manifest } from '../../../node/cli/manifest.ts';

/** One account acting on both chains. */
export interface Person {
  readonly address: string;
  readonly l1: NonceManager;
  readonly l2: NonceManager;
}

export class Devnet {
  readonly manifest: Manifest;
  readonly l1: JsonRpcProvider;
  readonly l2: JsonRpcProvider;
  readonly #people = new Map<number, Person>();

  constructor(manifest: Manifest) {
    this.manifest = manifest;
    this.l1 = new JsonRpcProvider(manifest.l1.rpc, manifest.l1.chainId, { staticNetwork: true, pollingInterval: 250, cacheTimeout: -1 });
    this.l2 = new JsonRpcProvider(manifest.l2.rpc, manifest.l2.chainId, { staticNetwork: true, pollingInterval: 250, cacheTimeout: -1 });
  }

  /** The same person each time: one counter of nonces per account, so that scenarios may run side by side. */
  person(index: number): Person {
    const known = this.#people.get(index);
    if (known !== undefined) return known;
    const account = this.manifest.accounts[index];
    assert.ok(account !== undefined, `the devnet has an account ${index}`);
    const wallet = (provider: JsonRpcProvider): NonceManager => new NonceManager(new Wallet(account.privateKey, provider));
    const person = { address: account.address, l1: wallet(this.l1), l2: wallet(this.l2) };
    this.#people.set(index, person);
    return person;
  }

  /** An L1 contract or L2 predeploy by its Solidity name, with the committed ABI. */
  contract(name: string, runner: NonceManager | JsonRpcProvider): Contract {
    const address = this.manifest.contracts[name] ?? this.manifest.predeploys[name];
    assert.ok(address !== undefined, `the devnet names ${name}`);
    return this.at(name, address, runner);
  }

  /** Any contract at an address, by the committed ABI of `name`. */
  at(name: string, address: string, runner: NonceManager | JsonRpcProvider): Contract {
    const abi = JSON.parse(readFileSync(new URL(`../../../contracts/abi/${name}.json`, import.meta.url), 'utf8')) as never;
    return new Contract(address, abi, runner);
  }

  close(): void {
    this.l1.destroy();
    this.l2.destroy();
  }
}

/** Calls `method(...args)` as a transaction and returns its successful receipt. */
export async function transact(contract: Contract, method: string, ...args: unknown[]): Promise<{ readonly hash: string; readonly logs: readonly Log[]; readonly blockNumber: number }> {
  const response = await contract.getFunction(method).send(...args);
  const receipt = await response.wait();
  assert.equal(receipt?.status, 1, `${method} succeeds`);
  return receipt!;
}

/** Reads `method(...args)`. */
export async function read<T>(contract: Contract, method: string, ...args: unknown[]): Promise<T> {
  return (await contract.getFunction(method).staticCall(...args)) as T;
}

/** The first log of `receipt` that `abi` knows as `event`. */
export function eventOf(abi: Interface, receipt: { readonly logs: readonly Log[] }, event: string): Record<string, never> {
  const found = receipt.logs.map((log) => abi.parseLog(log)).find((log) => log?.name === event);
  assert.ok(found, `the receipt holds ${event}`);
  return found.args.toObject() as Record<string, never>;
}

/** Polls until `condition` gives something, failing with what was waited for. */
export async function eventually<T>(what: string, condition: () => Promise<T | undefined | false>, seconds = 60): Promise<T> {
  const deadline = Date.now() + seconds * 1_000;
  for (;;) {
    const found = await condition();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`waited ${seconds} s for ${what}`);
    await sleep(200);
  }
}

/** Waits until L2 block `number` belongs to a final batch and returns that batch's index and last block. */
export async function finalBatchOf(devnet: Devnet, number: number, seconds = 120): Promise<{ index: bigint; lastNumber: bigint }> {
  const rollup = devnet.contract('Rollup', devnet.l1);
  return eventually(`L2 block ${number} to be final on L1`, async () => {
    const [index, , , lastNumber] = await read<[bigint, string, string, bigint]>(rollup, 'finalHead');
    return lastNumber >= BigInt(number) ? { index, lastNumber } : undefined;
  }, seconds);
}

/** Claims on L1 the withdrawal that the L2 transaction of `receipt` sent, once its block is final. */
export async function claimWithdrawal(devnet: Devnet, claimer: Person, receipt: { readonly logs: readonly Log[]; readonly blockNumber: number }): Promise<{ readonly hash: string; readonly logs: readonly Log[] }> {
  const passer = devnet.contract('MessagePasser', devnet.l2);
  const { withdrawalHash, withdrawal } = eventOf(passer.interface, receipt, 'WithdrawalSent') as unknown as { withdrawalHash: Hex; withdrawal: unknown[] };
  const { index, lastNumber } = await finalBatchOf(devnet, receipt.blockNumber);
  const proof = (await devnet.l2.send('eth_getProof', [await passer.getAddress(), [sentSlot(withdrawalHash)], `0x${lastNumber.toString(16)}`])) as {
    accountProof: string[];
    storageProof: { proof: string[] }[];
  };
  return transact(devnet.contract('Vault', claimer.l1), 'withdraw', index, [...withdrawal], proof.accountProof, proof.storageProof[0]!.proof);
}
