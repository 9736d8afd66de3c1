// The finalized state as monitors see it. Owns the two ways to read: a view function that K operators answer alike at the block's hash, and a
// Merkle proof against the block's state root, which needs no one's word. Does not own what is concluded.
// Invariant: a read that cannot be had is Unverifiable; nothing defaults to zero.

import { isHex, keccak256, toHex, type Hex } from 'viem';
import { assetKey, mappingSlot, MESSAGE_PASSER, MESSAGE_PASSER_SLOTS } from '@keyfall/protocol';
import type { Contracts } from './contracts.ts';
import { EndpointFault } from './fault.ts';
import { Endpoint } from './l1/endpoint.ts';
import { readHeader, type L1Header } from './l1/header.ts';
import { provenAccount } from './l1/proof.ts';
import type { Quorum } from './l1/quorum.ts';
import type { ProvenAccount, Reexecuted, StoredEvent, View } from './monitor.ts';
import { accountAt, wordAt } from './replay/account.ts';
import { KEYS, stateOf, type BatchResult, type Finding } from './replay/records.ts';
import { urlOf, type Config } from './config.ts';
import type { CursorState, StoredVerdict } from './rows.ts';
import type { Store } from './store.ts';
import { Unverifiable } from './verdict.ts';

export interface ViewParts {
  readonly config: Config;
  readonly contracts: Contracts;
  readonly quorum: Quorum;
  readonly endpoints: readonly Endpoint[];
  readonly store: Store;
  readonly memory: Map<string, unknown>;
}

/** More events than this at once are read in the next block. */
const MOST_EVENTS = 10_000;

export function createView(parts: ViewParts, header: L1Header, answers: View['answers'], cursor: CursorState): View {
  const { config, contracts, quorum, endpoints, store, memory } = parts;
  // One block, one question, one answer: what was agreed is not asked again, whoever asks (a monitor, the API).
  const agreed = new Map<string, Promise<Hex>>();
  const ask = async (what: string, call: { readonly to: Hex; readonly data: Hex; readonly from?: Hex }): Promise<Hex> => {
    const key = `${call.to} ${call.data} ${call.from ?? ''}`;
    const found = agreed.get(key) ?? quorum.same<Hex>(what, 'eth_call', [call, { blockHash: header.hash }], (value) => String(value));
    agreed.set(key, found);
    try {
      const answer = await found;
      if (!isHex(answer)) throw new Unverifiable(`${what}: expected hexadecimal data, the operators say ${JSON.stringify(answer).slice(0, 80)}`);
      return answer;
    } catch (cause) {
      agreed.delete(key);
      throw cause;
    }
  };
  const readAt = async <T>(address: Hex, abiOf: string, functionName: string, args: readonly unknown[] = [], from?: Hex): Promise<T> => {
    const data = await ask(`${abiOf}.${functionName}(${args.map(String).join(', ')})`, { to: address, data: contracts.encode(abiOf, functionName, args), ...(from === undefined ? {} : { from }) });
    try {
      return contracts.decode(abiOf, functionName, data) as T;
    } catch (cause) {
      throw new Unverifiable(`${abiOf}.${functionName} at ${address}: its answer ${data.slice(0, 80)} does not decode`, { cause });
    }
  };
  const prove = async (address: Hex, slots: readonly Hex[] = []): Promise<ProvenAccount> => provenAccount(endpoints, header, address, slots);
  return {
    header, answers, cursor, config, contracts, readAt, prove, memory, isSimulating: config.isSimulating,
    read: async <T>(contract: string, functionName: string, args: readonly unknown[] = []) => {
      if (!contracts.has(contract)) throw new Unverifiable(`the configuration names no ${contract}`);
      return readAt<T>(contracts.address(contract), contract, functionName, args);
    },
    code: async (address) => {
      const { codeHash } = await prove(address);
      return quorum.checked<Hex>(`the code of ${address}`, 'eth_getCode', [address, `0x${header.number.toString(16)}`], (code) => (isHex(code) && keccak256(code) === codeHash ? undefined : `code ${isHex(code) ? `of hash ${keccak256(code)}` : 'that is none'}, its account says ${codeHash}`));
    },
    block: async (number) => {
      const agreed = number === header.number ? header : (await quorum.header(number)).header;
      return quorum.checked(`block ${number}`, 'eth_getBlockByNumber', [toHex(number), false], (json, operator) => (json !== null && readHeader(json, operator).hash === agreed.hash ? undefined : `another block than ${agreed.hash}`));
    },
    events: (contract, name) => store.list<StoredEvent>(['event', contract, name]),
    eventsFrom: (contract, name, block) => store.entries<StoredEvent>(['event', contract, name], block, MOST_EVENTS).map(({ value }) => value),
    eventCount: (contract, name) => store.get<number>(['eventCount', contract, name]) ?? store.count(['event', contract, name]),
    lastEvent: (contract, name) => store.list<StoredEvent>(['event', contract, name], { reverse: true, limit: 1 })[0],
    verdicts: () => store.list<StoredVerdict>(['verdict']),
    reexecuted: () => reexecutedFrom(config, store),
    l2BlockHash: config.l2 === undefined ? undefined : blockHashReader(config, urlOf(config.l2)),
  };
}

function reexecutedFrom(config: Config, store: Store): Reexecuted | undefined {
  const state = config.isReexecuting ? stateOf(store) : undefined;
  if (state === undefined) return undefined;
  return { state, findings: store.list<Finding>(KEYS.findings), fault: store.get<string>(KEYS.fault), resultOf: (batch) => store.get<BatchResult>(KEYS.result(batch)), burnedOf: async (asset) => burnedOf(store, state.executed.head.stateRoot, asset) };
}

/** SPEC section 10: ETH is burned by staying with the MessagePasser; for others it counts, plus one from the first deposit on. */
async function burnedOf(store: Store, stateRoot: Hex, { kind, token, id }: Parameters<Reexecuted['burnedOf']>[0]): Promise<bigint> {
  const { balance, storageRoot } = await accountAt(store, stateRoot, MESSAGE_PASSER);
  if (kind === 'eth') return balance;
  const counted = await wordAt(store, storageRoot, mappingSlot(assetKey(kind, token, id), MESSAGE_PASSER_SLOTS.burned));
  return counted === 0n ? 0n : counted - 1n;
}

function blockHashReader(config: Config, url: string): (number: bigint) => Promise<Hex | undefined> {
  const endpoint = new Endpoint({ url, operator: 'l2', timeoutMilliseconds: config.l1.timeoutMilliseconds, maxResponseBytes: config.l1.maxResponseBytes });
  return async (number) => {
    try {
      const block = await endpoint.request('eth_getBlockByNumber', [toHex(number), false]) as { readonly hash?: Hex } | null;
      return block?.hash;
    } catch (cause) {
      if (cause instanceof EndpointFault) throw new Unverifiable(`the L2 node: ${cause.message}`, { cause });
      throw cause;
    }
  };
}
