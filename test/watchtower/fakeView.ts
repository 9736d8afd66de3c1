/**
 * A view that says what a test tells it: reads by "Contract.function" (a value, or a function of the arguments), events by "Contract.Event". What was not
 * told is Unverifiable, as on a chain that cannot be read. Asserts nothing.
 */
import { keccak256, type Hex } from 'viem';
import type { Monitor, ProvenAccount, StoredEvent, View } from '../../watchtower/monitor.ts';
import type { StoredVerdict } from '../../watchtower/rows.ts';
import { Unverifiable, type Verdict } from '../../watchtower/verdict.ts';

export interface Told {
  readonly reads?: Readonly<Record<string, unknown>>;
  readonly events?: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;
  readonly lacks?: readonly string[];
  readonly accounts?: Readonly<Record<string, { readonly code?: Hex; readonly storage?: Readonly<Record<Hex, bigint>> }>>;
  readonly reexecuted?: unknown;
  /** What was said before. */
  readonly verdicts?: readonly Pick<StoredVerdict, 'monitor' | 'subject' | 'status'>[];
}

export const NOW_SECONDS = 2_000_000_000;
export const addressOf = (byte: string): Hex => `0x${byte.repeat(20)}`;

/** An event's `block` and `timestamp` may stand among its arguments. */
function storedEvent({ block = 1, timestamp = NOW_SECONDS, ...args }: Readonly<Record<string, unknown>>): StoredEvent {
  return { blockNumber: Number(block), timestamp: Number(timestamp), transactionHash: '0x01', args };
}

export function fakeView({ reads = {}, events = {}, lacks = [], accounts = {}, reexecuted, verdicts = [] }: Told): View {
  const answer = (name: string, args: readonly unknown[]): Promise<unknown> => {
    const value = reads[name];
    if (value === undefined) return Promise.reject(new Unverifiable(`nobody says ${name}`));
    return Promise.resolve(typeof value === 'function' ? (value as (...all: readonly unknown[]) => unknown)(...args) : value);
  };
  const eventsOf = (contract: string, name: string): readonly StoredEvent[] => (events[`${contract}.${name}`] ?? []).map(storedEvent);
  const prove = (address: Hex, slots: readonly Hex[] = []): Promise<ProvenAccount> => {
    const { code = '0x', storage = {} } = accounts[address.toLowerCase()] ?? {};
    return Promise.resolve({ balance: 0n, nonce: 0n, codeHash: keccak256(code), storage: new Map(slots.map((slot) => [slot, storage[slot] ?? 0n])) });
  };
  return {
    header: { number: 9n, hash: `0x${'09'.repeat(32)}`, timestamp: BigInt(NOW_SECONDS) }, config: { l1: { chainId: 1 } }, cursor: { first: 3 }, block: (number: bigint) => answer('block', [number]), memory: new Map(),
    contracts: { has: (name: string) => !lacks.includes(name), hasFunction: (name: string) => !lacks.includes(name), address: (name: string) => addressOf(name === 'Rollup' ? 'aa' : 'bb') },
    read: async (contract: string, name: string, args: readonly unknown[] = []) => answer(`${contract}.${name}`, args),
    readAt: async (address: Hex, abiOf: string, name: string, args: readonly unknown[] = [], from?: Hex) => answer(`${abiOf}.${name}`, [address, ...args, from]),
    prove, code: (address: Hex) => Promise.resolve(accounts[address.toLowerCase()]?.code ?? '0x'),
    events: eventsOf, eventsFrom: (contract: string, name: string, block: number) => eventsOf(contract, name).filter(({ blockNumber }) => blockNumber >= block), lastEvent: (contract: string, name: string) => eventsOf(contract, name).at(-1), eventCount: (contract: string, name: string) => eventsOf(contract, name).length,
    reexecuted: () => reexecuted, verdicts: () => verdicts,
  } as unknown as View;
}

/** What a monitor says, subject by subject; 'unverifiable' under '' where it cannot judge, as the engine turns it. */
export async function saysOf(monitor: Monitor, told: Told): Promise<Readonly<Record<string, Verdict['status']>>> {
  try {
    return Object.fromEntries((await monitor.evaluate?.(fakeView(told)) ?? []).map(({ subject, status }) => [subject, status]));
  } catch (cause) {
    if (!(cause instanceof Unverifiable)) throw cause;
    return { '': 'unverifiable' };
  }
}
