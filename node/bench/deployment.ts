// Unmodified contracts for the benchmark, deployed from the artifacts that their authors published on npm.
//
// Owns: deployment, and single transactions that must succeed before a measurement. Does not own: which contracts.
// Invariant: what this returns was mined with status 1; anything else is an error that says what happened.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { Interface, type InterfaceAbi } from 'ethers';
import { keccak256 } from '../execute/crypto.ts';
import type { RpcClient } from './load.ts';
import { signedBy, type CallFields, type Sender } from './workload.ts';

const DEADLINE_SECONDS = 300;
const POLL_MILLISECONDS = 100;
const DEPLOYMENT_GAS = 8_000_000n;

export interface Deployed { readonly address: Uint8Array; readonly abi: Interface }
interface MinedReceipt { readonly status: string; readonly contractAddress: string | null }

/** Deploys an artifact of an npm package, e.g. '@uniswap/v2-core/build/ERC20.json'. */
export async function deploy(client: RpcClient, sender: Sender, path: string, parameters: readonly unknown[]): Promise<Deployed> {
  const artifact = JSON.parse(readFileSync(createRequire(import.meta.url).resolve(path), 'utf8')) as { abi: InterfaceAbi; bytecode: string };
  const abi = new Interface(artifact.abi);
  const code = artifact.bytecode.replace(/^0x/, '') + abi.encodeDeploy(parameters).slice(2);
  const { contractAddress } = await mine(client, sender, { to: undefined, value: 0n, gasLimit: DEPLOYMENT_GAS, data: Buffer.from(code, 'hex') }, path);
  if (contractAddress === null) throw new Error(`${path}: its receipt names no contract`);
  return { address: new Uint8Array(Buffer.from(contractAddress.slice(2), 'hex')), abi };
}

/** Sends one transaction and waits for its receipt. Throws if it was refused, reverted or not mined in five minutes. */
export async function mine(client: RpcClient, sender: Sender, fields: CallFields, what: string): Promise<MinedReceipt> {
  const raw = signedBy(sender, fields);
  await client.call('eth_sendRawTransaction', [hex(raw)]);
  const hash = hex(keccak256(raw));
  for (const began = performance.now(); performance.now() - began < DEADLINE_SECONDS * 1_000; await sleep(POLL_MILLISECONDS)) {
    const receipt = (await client.call('eth_getTransactionReceipt', [hash])) as MinedReceipt | null;
    if (receipt === null) continue;
    if (receipt.status !== '0x1') throw new Error(`${what}: reverted`);
    return receipt;
  }
  throw new Error(`${what}: not mined within ${DEADLINE_SECONDS} s`);
}

export function hex(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes).toString('hex')}`;
}

/** Calldata of a method. */
export function callData({ abi }: Deployed, method: string, parameters: readonly unknown[]): Uint8Array {
  return new Uint8Array(Buffer.from(abi.encodeFunctionData(method, parameters).slice(2), 'hex'));
}
