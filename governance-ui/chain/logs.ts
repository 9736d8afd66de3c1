// Events of one contract over a range of blocks, read through a quorum and decoded by the ABI. Owns the pieces a range is asked in
// and what of a log is compared. An endpoint that leaves one out differs from the others and is named; one endpoint alone is
// believed and marked `unverified`.
// Invariant: a range is complete or *unknown*; there is no shortened list.

import { decodeEventLog, encodeEventTopics } from 'viem';
import type { Hex } from 'viem';
import { ABIS } from './abis.ts';
import type { Contract } from './contract.ts';
import { unknown } from './reading.ts';
import type { BlockRef, Reading } from './reading.ts';

/** Below what public endpoints and the node allow in one question. */
const BLOCKS_PER_QUESTION = 5_000n;
const MAX_QUESTIONS = 400n;

export interface EventLog<T> {
  readonly args: T;
  readonly blockNumber: bigint;
  readonly transactionHash: Hex;
}

interface RawLog { readonly address: Hex; readonly topics: [Hex, ...Hex[]]; readonly data: Hex; readonly blockNumber: Hex; readonly transactionHash: Hex; readonly logIndex: Hex }

function pickLogs(answer: unknown): RawLog[] {
  if (!Array.isArray(answer)) throw new Error('expected a list of logs');
  return answer.map((entry: unknown) => {
    const { address, topics, data, blockNumber, transactionHash, logIndex } = (entry ?? {}) as RawLog;
    if (typeof blockNumber !== 'string' || typeof data !== 'string' || !Array.isArray(topics)) throw new Error('expected logs with block, topics and data');
    return { address, topics, data, blockNumber, transactionHash, logIndex };
  });
}

/**
 * Events `eventName` from `fromBlock` to the block given.
 * @param indexed values of indexed parameters to filter by
 */
export async function events<T>(contract: Contract, at: BlockRef, eventName: string, fromBlock: bigint, indexed: Readonly<Record<string, unknown>> = {}): Promise<Reading<readonly EventLog<T>[]>> {
  const abi = ABIS[contract.name];
  const topics = encodeEventTopics({ abi, eventName, args: indexed });
  const span = at.number >= fromBlock ? at.number - fromBlock + 1n : 0n;
  const count = (span + BLOCKS_PER_QUESTION - 1n) / BLOCKS_PER_QUESTION;
  if (count > MAX_QUESTIONS) return unknown(`${span} blocks are more than this page searches at once (${MAX_QUESTIONS * BLOCKS_PER_QUESTION}); name a later first block in Settings`);
  const starts = Array.from({ length: Number(count) }, (_, index) => fromBlock + BigInt(index) * BLOCKS_PER_QUESTION);
  const found: EventLog<T>[] = [];
  let trust = contract.chain.trust;
  for (const start of starts) {
    const last = start + BLOCKS_PER_QUESTION - 1n;
    const to = last > at.number ? at.number : last;
    const filter = { address: contract.address, topics, fromBlock: `0x${start.toString(16)}`, toBlock: `0x${to.toString(16)}` };
    const answer = await contract.chain.read('eth_getLogs', [filter], at, pickLogs);
    if (!answer.known) return unknown(`events ${eventName} of blocks ${start} to ${to}: ${answer.why}`);
    ({ trust } = answer);
    for (const log of answer.value as RawLog[]) {
      const { args } = decodeEventLog({ abi, eventName, data: log.data, topics: log.topics });
      found.push({ args: args as T, blockNumber: BigInt(log.blockNumber), transactionHash: log.transactionHash });
    }
  }
  return { known: true, value: found, at, trust };
}
