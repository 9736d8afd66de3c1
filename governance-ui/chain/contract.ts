// One contract read through a quorum: a function by name, at a block. Owns encoding, decoding and the error for an address without
// code; the functions' meaning is in one file per contract.
// Invariant: bytes that the ABI does not decode are *unknown*, never a default.

import { decodeFunctionResult, encodeFunctionData } from 'viem';
import type { Abi, Hex } from 'viem';
import { ABIS } from './abis.ts';
import type { ContractName } from './abis.ts';
import type { Quorum } from './rpc/quorum.ts';
import { mapReading, reasonOf, unknown } from './reading.ts';
import type { BlockRef, Reading } from './reading.ts';

export interface Contract {
  readonly name: ContractName;
  readonly address: Hex;
  readonly chain: Quorum;
}

/** Calls a view function. The type parameter is what the ABI says it returns (one value, or the tuple of several). */
export async function view<T>(contract: Contract, at: BlockRef, functionName: string, ...args: readonly unknown[]): Promise<Reading<T>> {
  const abi: Abi = ABIS[contract.name];
  let data: Hex;
  try {
    data = encodeFunctionData({ abi, functionName, args });
  } catch (error) {
    return unknown(`${contract.name}.${functionName}: ${reasonOf(error)}`);
  }
  const answer = await contract.chain.call(contract.address, data, at);
  if (answer.known && answer.value === '0x') return unknown(`${contract.name}: nothing answers at ${contract.address}`);
  return mapReading(answer, (bytes) => decodeFunctionResult({ abi, functionName, data: bytes }) as T);
}
