// The deployment being watched: addresses from the configuration, ABIs from contracts/abi (generated, never typed again). Owns decoding of
// logs and calls. Does not own where the bytes come from (l1/).
// Invariant: a log that does not decode canonically is reported, never skipped.

import { readFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { decodeEventLog, decodeFunctionResult, encodeFunctionData, toEventSelector, type Abi, type AbiEvent, type Hex } from 'viem';
import { ConfigMistake } from './fault.ts';
import type { L1Log } from './l1/receipts.ts';

const ABI_DIRECTORY = join(import.meta.dirname, '..', 'contracts', 'abi');
/** A proxy speaks with its implementation's ABI, and with its own. */
const PROXIED: Readonly<Record<string, string>> = { Rollup: 'RollupProxy' };

export interface DecodedEvent {
  readonly contract: string;
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly log: L1Log;
}

export type Decoded = DecodedEvent | { readonly contract: string; readonly name: undefined; readonly log: L1Log };

export class Contracts {
  readonly addresses: Readonly<Record<string, Hex>>;
  readonly #abis = new Map<string, Abi>();
  readonly #names = new Map<string, string>();

  /** @param addresses by Solidity name */
  constructor(addresses: Readonly<Record<string, Hex>>) {
    this.addresses = Object.fromEntries(Object.entries(addresses).map(([name, address]) => [name, address.toLowerCase() as Hex]));
    for (const [name, address] of Object.entries(this.addresses)) {
      this.#names.set(address, name);
      const abi = readAbi(name);
      if (abi !== undefined) this.#abis.set(name, [...abi, ...(readAbi(PROXIED[name] ?? '') ?? [])]);
    }
  }

  /** The interface that every lane answers to, whatever else it is. */
  static readonly LANE = 'AttesterLane';

  has(name: string): boolean {
    return this.addresses[name] !== undefined && this.#abis.has(name);
  }

  address(name: string): Hex {
    const address = this.addresses[name];
    if (address === undefined) throw new ConfigMistake(`contracts: expected an address for ${name}, got none`);
    return address;
  }

  abi(name: string): Abi {
    const abi = this.#abis.get(name);
    if (abi === undefined) throw new ConfigMistake(`contracts: there is no ABI for ${name} in contracts/abi`);
    return abi;
  }

  nameOf(address: Hex): string | undefined {
    return this.#names.get(address.toLowerCase());
  }

  /** Whether a block with this bloom can hold a log of ours (Yellow Paper 4.3.1); false is certain. */
  get watchedAddresses(): readonly Hex[] {
    return Object.values(this.addresses);
  }

  encode(contract: string, functionName: string, args: readonly unknown[]): Hex {
    return encodeFunctionData({ abi: this.abi(contract), functionName, args: [...args] });
  }

  decode(contract: string, functionName: string, data: Hex): unknown {
    return decodeFunctionResult({ abi: this.abi(contract), functionName, data });
  }

  /** The event of a log of ours; undefined for another contract's. */
  decodeLog(log: L1Log): Decoded | undefined {
    const contract = this.nameOf(log.address);
    if (contract === undefined || !this.#abis.has(contract)) return undefined;
    try {
      const { eventName, args } = decodeEventLog({ abi: this.abi(contract), topics: log.topics as [Hex, ...Hex[]], data: log.data, strict: true });
      return { contract, name: String(eventName), args: (args ?? {}) as Readonly<Record<string, unknown>>, log };
    } catch {
      // What does not decode is itself a finding: monitor B8 reports it.
      return { contract, name: undefined, log };
    }
  }

  eventSelector(contract: string, name: string): Hex {
    const event = this.abi(contract).find((item): item is AbiEvent => item.type === 'event' && item.name === name);
    if (event === undefined) throw new ConfigMistake(`contracts: ${contract} has no event ${name}`);
    return toEventSelector(event);
  }

  hasEvent(contract: string, name: string): boolean {
    return this.has(contract) && this.abi(contract).some((item) => item.type === 'event' && item.name === name);
  }

  hasFunction(contract: string, name: string): boolean {
    return this.has(contract) && this.abi(contract).some((item) => item.type === 'function' && item.name === name);
  }
}

function readAbi(name: string): Abi | undefined {
  const path = join(ABI_DIRECTORY, `${name}.json`);
  return name !== '' && existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) as Abi : undefined;
}
