// Whether a list of events of L1 is all of them: every header of a range, hashed here and linked up to the agreed head, says by its bloom which
// blocks can have one; the receipts of those are hashed up to its receiptsRoot. So one endpoint alone cannot leave an event out, or make one up,
// without forging headers too. Owns the walk and the comparison.
// The list that a reader sees came by an answer of its own, so it is compared too: an endpoint may answer the walk truly and the list not.
// Invariant: *complete* is said of a range of blocks every one of which was looked at, and of no other.

import { encodeEventTopics } from 'viem';
import type { Hex } from 'viem';
import { ABIS } from '../abis.ts';
import type { Contract } from '../contract.ts';
import { rawLogs } from '../logs.ts';
import { unknown } from '../reading.ts';
import type { BlockRef, Reading } from '../reading.ts';
import type { Quorum } from '../rpc/quorum.ts';
import { bloomMayHold } from './block.ts';
import type { BlockLog, HeaderRoots } from './block.ts';
import { headersFrom } from './gather.ts';

/** So many headers are walked through in one go; older ones are said to be left out. */
export const MAX_HEADERS_WALKED = 20_000n;
/** Headers held at once. */
const HEADERS_PER_STEP = 400n;

export interface EventName { readonly contract: Contract; readonly eventName: string }

export interface Completeness {
  readonly from: bigint;
  readonly to: bigint;
  /** Blocks whose receipts were opened, because their blooms allow such an event. */
  readonly openedBlocks: number;
  readonly count: number;
  /** All of them, under the receipts. */
  readonly events: readonly FoundEvent[];
  /** In the receipts, not in what the endpoints listed. */
  readonly leftOut: readonly FoundEvent[];
  /** Listed, but in no receipt. */
  readonly madeUp: readonly FoundEvent[];
}

export interface FoundEvent { readonly block: bigint; readonly address: Hex; readonly topics: readonly Hex[]; readonly data: Hex }

/** An event as a list on the page has it. */
export interface ListedEvent { readonly id: string; readonly block: bigint }

/**
 * In what a list on the page differs from the receipts.
 * @param idOf an event's identity in the list; undefined for one that is not of this list
 * @returns undefined while the list is of an older block than the walk, or unknown
 */
export function againstList({ events, from, to }: Completeness, list: Reading<readonly ListedEvent[]>, idOf: (event: FoundEvent) => string | undefined): Pick<Completeness, 'leftOut' | 'madeUp'> | undefined {
  if (!list.known || list.at.number < to) return undefined;
  const ids = events.map((event) => idOf(event)?.toLowerCase());
  const listed = list.value.map(({ id }) => id.toLowerCase());
  const made = list.value.filter(({ block }, index) => block >= from && block <= to && !ids.includes(listed[index]));
  return { leftOut: events.filter((_, index) => ids[index] !== undefined && !listed.includes(ids[index])), madeUp: made.map(({ id, block }) => ({ block, address: '0x', topics: [], data: id as Hex })) };
}

/** The first block of the range that is walked through. */
export const firstWalked = (deployBlock: bigint, head: bigint): bigint => (head - deployBlock + 1n > MAX_HEADERS_WALKED ? head - MAX_HEADERS_WALKED + 1n : deployBlock);

interface Walk { readonly onProgress: (what: string) => void; readonly open: (header: HeaderRoots, receipts: unknown) => Promise<readonly BlockLog[]> }

/** @param at the agreed head, where the walk ends. @param open `logsUnderRoot`, in a worker where there is one */
export async function completeness({ contract, eventName }: EventName, at: BlockRef, from: bigint, { onProgress, open }: Walk): Promise<Reading<Completeness>> {
  const { chain, address } = contract;
  const [topic] = encodeEventTopics({ abi: ABIS[contract.name], eventName, args: {} } as never) as Hex[];
  if (topic === undefined) return unknown(`${contract.name} has no event ${eventName}`);
  const told = await rawLogs(chain, at, from, { address, topics: [topic] });
  if (!told.known) return told;
  const truth: FoundEvent[] = [];
  let [openedBlocks, parent] = [0, undefined as Hex | undefined];
  for (let first = from; first <= at.number; first += HEADERS_PER_STEP) {
    const count = first + HEADERS_PER_STEP > at.number ? at.number - first + 1n : HEADERS_PER_STEP;
    onProgress(`block ${first} of ${at.number}`);
    const headers = await headersFrom(chain, first, count, () => undefined);
    if (!headers.known) return headers;
    for (const header of headers.value) {
      if (parent !== undefined && header.parentHash !== parent) return unknown(`the endpoints' block ${header.number} does not follow on their block ${header.number - 1n}: the chain was reorganized meanwhile, or a header is another chain's`);
      parent = header.hash;
      if (!bloomMayHold(header.logsBloom, [address, topic])) continue;
      const logs = await receiptsOf(chain, at, header, open);
      if (!logs.known) return logs;
      openedBlocks += 1;
      truth.push(...logs.value.filter((log) => log.address === address.toLowerCase() && log.topics[0] === topic).map((log) => ({ block: header.number, ...log })));
    }
  }
  if (parent !== at.hash) return unknown(`the headers do not lead up to the agreed block ${at.number}`);
  const listed = told.value.map((log) => ({ block: BigInt(log.blockNumber), address: log.address, topics: log.topics, data: log.data }));
  return { known: true, at, trust: chain.trust === 'agreed' ? 'proven' : chain.trust, value: { from, to: at.number, openedBlocks, count: truth.length, events: truth, leftOut: without(truth, listed), madeUp: without(listed, truth) } };
}

async function receiptsOf(chain: Quorum, at: BlockRef, header: HeaderRoots, open: Walk['open']): Promise<Reading<readonly BlockLog[]>> {
  return chain.first('eth_getBlockReceipts', [`0x${header.number.toString(16)}`], at, async (receipts) => open(header, receipts));
}

const textOf = ({ block, address, topics, data }: FoundEvent): string => [block, address, ...topics, data].join(' ').toLowerCase();

/** Those of `all` that are not in `others`, each counted as often as it stands there. */
function without(all: readonly FoundEvent[], others: readonly FoundEvent[]): FoundEvent[] {
  const left = new Map<string, number>();
  for (const one of others) left.set(textOf(one), (left.get(textOf(one)) ?? 0) + 1);
  return all.filter((one) => {
    const count = left.get(textOf(one)) ?? 0;
    left.set(textOf(one), count - 1);
    return count < 1;
  });
}
