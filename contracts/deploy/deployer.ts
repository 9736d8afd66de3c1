// Puts contracts at addresses known beforehand. Owns the way there: Arachnid's deterministic deployment proxy (brought by its
// presigned transaction where it is missing), through it the Create3Deployer, through that every contract by name.
// Invariant: idempotent. An address that has code is left alone, so a deployment that was cut off goes on where it stopped;
// `Genesis.check` says in the end whether what stands there is right.

import { Contract, NonceManager, Wallet, encodeBytes32String, getCreate2Address, keccak256, parseEther, type JsonRpcProvider } from 'ethers';
import { readArtifact, type ContractName } from '../scripts/artifacts.ts';

/** https://github.com/Arachnid/deterministic-deployment-proxy: one signature for every chain, made by no one's key. */
const PROXY_ADDRESS = '0x4e59b44847b379578588920cA78FbF26c0B4956C';
const PROXY_SENDER = '0x3fAB184622Dc19b6109349B94811493BF2a45362';
const PROXY_COST = parseEther('0.01');
const PROXY_TRANSACTION = '0xf8a58085174876e800830186a08080b853604580600e600039806000f350fe7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf31ba02222222222222222222222222222222222222222222222222222222222222222a02222222222222222222222222222222222222222222222222222222222222222';
const SALT = `0x${'00'.repeat(32)}`;

export class DeployFault extends Error {}

/** One deployer's contracts on one L1. */
export class Deployer {
  readonly #provider: JsonRpcProvider;
  readonly #wallet: Wallet;
  readonly #signer: NonceManager;
  readonly #name: string;
  #create3: Contract | undefined;

  constructor(provider: JsonRpcProvider, privateKey: string, name: string) {
    this.#provider = provider;
    this.#wallet = new Wallet(privateKey, provider);
    this.#signer = new NonceManager(this.#wallet);
    this.#name = name;
  }

  /** Makes sure that the deployment proxy and the Create3Deployer exist. @throws DeployFault */
  async prepare(): Promise<void> {
    if (!(await this.hasCode(PROXY_ADDRESS))) await this.#bringProxy();
    const initCode = readArtifact('Create3Deployer').bytecode;
    const address = getCreate2Address(PROXY_ADDRESS, SALT, keccak256(initCode));
    if (!(await this.hasCode(address))) await this.#send('Create3Deployer', PROXY_ADDRESS, `${SALT}${initCode.slice(2)}`);
    this.#create3 = new Contract(address, [...readArtifact('Create3Deployer').abi], this.#signer);
  }

  /** Where the contract of that name is, or will be. */
  async addressOf(name: string): Promise<string> {
    return (await this.#factory().getFunction('addressOf').staticCall(this.#wallet.address, this.#salt(name))) as string;
  }

  /** Deploys `initCode` under `name` unless something stands there. @throws DeployFault when the chain refuses it */
  async deploy(name: string, initCode: string): Promise<string> {
    const address = await this.addressOf(name);
    if (await this.hasCode(address)) return address;
    const factory = this.#factory();
    const data = factory.interface.encodeFunctionData('deploy', [this.#salt(name), initCode]);
    await this.#send(name, await factory.getAddress(), data);
    if (!(await this.hasCode(address))) throw new DeployFault(`${name}: expected code at ${address} after its deployment, found none`);
    return address;
  }

  /** Wall time of the L1 head, seconds. */
  async latestTimestamp(): Promise<bigint> {
    const block = await this.#provider.getBlock('latest');
    if (block === null) throw new DeployFault('expected the L1 endpoint to have a latest block');
    return BigInt(block.timestamp);
  }

  async hasCode(address: string): Promise<boolean> {
    return (await this.#provider.getCode(address)) !== '0x';
  }

  #factory(): Contract {
    if (this.#create3 === undefined) throw new DeployFault('expected prepare() before any deployment');
    return this.#create3;
  }

  #salt(name: string): string {
    return keccak256(new TextEncoder().encode(`${this.#name}/${name}`));
  }

  async #bringProxy(): Promise<void> {
    const balance = await this.#provider.getBalance(PROXY_SENDER);
    if (balance < PROXY_COST) await this.#send('the deployment proxy\'s sender', PROXY_SENDER, '0x', PROXY_COST - balance);
    const response = await this.#provider.broadcastTransaction(PROXY_TRANSACTION);
    await response.wait();
    if (!(await this.hasCode(PROXY_ADDRESS))) throw new DeployFault(`expected the deployment proxy at ${PROXY_ADDRESS} after its transaction`);
  }

  async #send(what: string, to: string, data: string, value = 0n): Promise<void> {
    try {
      const response = await this.#signer.sendTransaction({ to, data, value });
      const receipt = await response.wait();
      if (receipt?.status !== 1) throw new DeployFault(`transaction ${response.hash} failed`);
    } catch (cause) {
      throw new DeployFault(`${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
  }
}

/** Creation code of a contract with its constructor's arguments. */
export function initCodeOf(name: ContractName, encodedArguments: string): string {
  return readArtifact(name).bytecode + encodedArguments.slice(2);
}

/** A short text as bytes32. */
export const profileBytes = (profile: 'MAINNET' | 'TEST'): string => encodeBytes32String(profile);
