// Events of one contract over a range of blocks, read through a quorum and decoded by the ABI. Owns the pieces a range is asked in
// and what of a log is compared. An endpoint that leaves one out differs from the others and is named; one endpoint alone is
// believed and marked `unverified`.
// Invariant: a range is complete or *unknown*; there is no shortened list.

import { decodeEventLog, encodeEventTopics } from 'viem';
import type { Hex } from 'viem';
import { ABIS } from './abis.ts';
import type { Contract } from './contract.ts';
import { mapReading, unknown } from './reading.ts';
import type { BlockRef, Reading } from './reading.ts';
import type { Quorum } from './rpc/quorum.ts';

/** Below what public endpoints and the node allow in one question. */
const BLOCKS_PER_QUESTION = 5_000n;
const MAX_QUESTIONS = 400n;

export interface EventLog<T> {
  readonly args: T;
  /** The fields that are not indexed, as bytes. */
  readonly data: Hex;
  readonly blockNumber: bigint;
  readonly transactionHash: Hex;
}

export interface RawLog { readonly address: Hex; readonly topics: [Hex, ...Hex[]]; readonly data: Hex; readonly blockNumber: Hex; readonly transactionHash: Hex; readonly logIndex: Hex }

const isHex = (value: unknown, pattern: RegExp): boolean => typeof value === 'string' && pattern.test(value);

function pickLogs(answer: unknown): RawLog[] {
  if (!Array.isArray(answer)) throw new Error('expected a list of logs');
  return answer.map((entry: unknown) => {
    const { address, topics, data, blockNumber, transactionHash, logIndex } = (entry ?? {}) as RawLog;
    const isLog = isHex(address, /^0x[0-9a-f]{40}$/i) && Array.isArray(topics) && topics.every((topic) => isHex(topic, /^0x[0-9a-f]{64}$/i)) && isHex(data, /^0x([0-9a-f]{2})*$/i) && isHex(transactionHash, /^0x[0-9a-f]{64}$/i);
    if (!isLog || !isHex(blockNumber, /^0x[0-9a-f]{1,16}$/i)) throw new Error('expected logs with address, topics, data, block and transaction');
    return { address, topics, data, blockNumber, transactionHash, logIndex };
  });
}

/** Logs by topics, from whatever contract unless one is named, in pieces. A null topic is any. */
export async function rawLogs(chain: Quorum, at: BlockRef, fromBlock: bigint, filter: { readonly address?: Hex; readonly topics: readonly (Hex | readonly Hex[] | null)[] }): Promise<Reading<readonly RawLog[]>> {
  const span = at.number >= fromBlock ? at.number - fromBlock + 1n : 0n;
  const count = (span + BLOCKS_PER_QUESTION - 1n) / BLOCKS_PER_QUESTION;
  if (count > MAX_QUESTIONS) return unknown(`${span} blocks are more than this page searches at once (${MAX_QUESTIONS * BLOCKS_PER_QUESTION}); name a later first block in Settings`);
  const found: RawLog[] = [];
  let { trust } = chain;
  for (let start = fromBlock; start <= at.number; start += BLOCKS_PER_QUESTION) {
    const last = start + BLOCKS_PER_QUESTION - 1n;
    const to = last > at.number ? at.number : last;
    const answer = await chain.read('eth_getLogs', [{ ...filter, fromBlock: `0x${start.toString(16)}`, toBlock: `0x${to.toString(16)}` }], at, pickLogs);
    if (!answer.known) return unknown(`events of blocks ${start} to ${to}: ${answer.why}`);
    ({ trust } = answer);
    found.push(...(answer.value as RawLog[]));
  }
  return { known: true, value: found, at, trust };
}

/**
 * Events `eventName` from `fromBlock` to the block given.
 * @param indexed values of indexed parameters to filter by
 */
export async function events<T>(contract: Contract, at: BlockRef, eventName: string, fromBlock: bigint, indexed: Readonly<Record<string, unknown>> = {}): Promise<Reading<readonly EventLog<T>[]>> {
  const abi = ABIS[contract.name];
  const topics = encodeEventTopics({ abi, eventName, args: indexed }) as readonly (Hex | null)[];
  const found = await rawLogs(contract.chain, at, fromBlock, { address: contract.address, topics });
  if (!found.known) return unknown(`${eventName}: ${found.why}`);
  return mapReading(found, (logs) => logs.map((log) => {
    const { args } = decodeEventLog({ abi, eventName, data: log.data, topics: log.topics });
    return { args: args as T, data: log.data, blockNumber: BigInt(log.blockNumber), transactionHash: log.transactionHash };
  }));
}
