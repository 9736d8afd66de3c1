// A model of L1 with the Inbox, the Rollup and the Lifecycle: produces the events a follower would see, reorganizations among them.
//
// Owns: the contracts' bookkeeping (indices, accumulator, ranges, drops), as their interfaces state it. Every choice comes
// from the numbers given, so that a failing case shrinks and replays.

import {
  encodeMessage, encodePayload, enforcedBlocks, enforcedPayloadCommitment, hashBytes, isIntervalClosed, keccak, messageHash, nextAccumulator, nextSkippedFrom, nextUnskipped, payloadCommitment, skipRootOf,
  toHex, uintBytes, withSkipped, GENESIS_FEE_CONFIG, MAX_BATCH_MESSAGE_ZKGAS, feeConfigHash, type InboxMessage, type MessageRange, type PayloadBlock,
} from '@keyfall/protocol';
import { messageDeclaredZkGas, messageTime } from '../../../../node/derive/messages.ts';
import type { L1Block, L1Event, L1Record } from '../../../../node/pipeline/l1Block.ts';
import type { ChainPhase, CommitRecord, L1Reference, MessageRecord } from '../../../../node/store/records.ts';

export const START: L1Reference = { number: 0n, hash: keccak(Uint8Array.of(0x11)) };
export const IDENTITY = { l1ChainId: 31337n, l2ChainId: 531337n, rollup: `0x${'aa'.repeat(20)}` } as const;
const ZERO = new Uint8Array(32);
const SECONDS_PER_BLOCK = 12n;
const FIRST_TIME = 1_700_000_000n;
/** Two L1 blocks: so that stories close intervals often. */
const ENFORCED_INTERVAL = 24n;

/** What the next commit carries. `parent` undefined = the true one. */
export interface CommitChoice { readonly payload: Uint8Array; readonly take: bigint; readonly parentHash: Uint8Array }

/** One L1 chain: immutable, so that a branch shares its past. */
export class L1World {
  readonly blocks: readonly L1Block[];
  constructor(blocks: readonly L1Block[] = []) { this.blocks = blocks; }

  get tip(): L1Reference & { timestamp: bigint } { return this.blocks.at(-1) ?? { ...START, timestamp: FIRST_TIME }; }
  get nextTime(): bigint { return this.tip.timestamp + SECONDS_PER_BLOCK; }

  records(): readonly L1Record[] { return this.blocks.flatMap((block) => block.records); }
  messages(pending: readonly L1Record[] = []): readonly MessageRecord[] {
    return [...this.records(), ...pending].flatMap((record) => (record.kind === 'message' ? [record.message] : []));
  }
  /** Commits that stand, by index. */
  commits(pending: readonly L1Record[] = []): readonly CommitRecord[] {
    const standing: CommitRecord[] = [];
    for (const record of [...this.records(), ...pending]) {
      if (record.kind === 'commit') standing.push(record.commit);
      if (record.kind === 'dropped') standing.splice(Number(record.from) - 1);
    }
    return standing;
  }
  finalBatch(pending: readonly L1Record[] = []): bigint {
    return [...this.records(), ...pending].reduce((final, record) => (record.kind === 'finalized' ? record.batchIndex : final), 0n);
  }

  phase(pending: readonly L1Record[] = []): ChainPhase {
    return [...this.records(), ...pending].reduce<ChainPhase>((phase, record) => (record.kind === 'phase' ? record.phase : phase), 'operating');
  }
  skipped(pending: readonly L1Record[] = []): readonly MessageRange[] {
    return [...this.records(), ...pending].reduce<readonly MessageRange[]>((skipped, record) => (record.kind === 'skipped' ? withSkipped(skipped, record) : skipped), []);
  }

  message(fields: Partial<InboxMessage>, pending: readonly L1Record[]): L1Record {
    const before = this.messages(pending);
    const address = `0x${'22'.repeat(20)}` as const;
    const kind = fields.kind ?? 'call';
    const raw = encodeMessage({ kind, sender: address, to: kind === 'call' ? address : `0x${'00'.repeat(20)}`, mintWei: 0n, valueWei: 0n, gas: 100_000n, surcharge: 0n, l1Time: this.nextTime, data: new Uint8Array(0), ...fields });
    const accumulator = hashBytes(nextAccumulator(toHex(before.at(-1)?.accumulator ?? ZERO), messageHash(raw)));
    return { kind: 'message', message: { index: BigInt(before.length), raw, accumulator, l1Number: this.tip.number + 1n, l1TransactionHash: ZERO } };
  }

  commit(choice: CommitChoice, pending: readonly L1Record[]): L1Record {
    const messages = this.messages(pending);
    const standing = this.commits(pending);
    const { inboxFrom, end, ...skip } = this.#inbox(pending);
    const inboxTo = inboxFrom + (choice.take < end - inboxFrom ? choice.take : end - inboxFrom);
    const tip = this.tip;
    const commit: CommitRecord = {
      index: BigInt(standing.length) + 1n, parentHash: choice.parentHash, specId: 1n, mode: 1, payloadKind: 1, payload: choice.payload,
      payloadCommitment: hashBytes(payloadCommitment(choice.payload)), inboxFrom, inboxTo, accTo: accumulatorAt(messages, inboxTo), ...skip,
      origin: { number: tip.number, hash: tip.hash, timestamp: tip.timestamp, baseFeeWei: 1_000_000_000n + tip.number }, feeConfigHash: hashBytes(feeConfigHash(GENESIS_FEE_CONFIG)),
      feeScalars: GENESIS_FEE_CONFIG, commitTime: this.nextTime, l1Number: tip.number + 1n, l1TransactionHash: ZERO,
    };
    return { kind: 'commit', commit };
  }

  /** The messages that the next batch may take. */
  nextMessages(pending: readonly L1Record[]): { from: bigint; end: bigint } {
    const { inboxFrom, end } = this.#inbox(pending);
    return { from: inboxFrom, end };
  }

  /** Where the next batch begins, past skipped messages, and where it must end at the latest. */
  #inbox(pending: readonly L1Record[]): { inboxFrom: bigint; end: bigint; accFrom: Uint8Array; skipRoot: Uint8Array } {
    const messages = this.messages(pending);
    const skipped = this.skipped(pending);
    const parentTo = this.commits(pending).at(-1)?.inboxTo ?? 0n;
    const inboxFrom = nextUnskipped(skipped, parentTo);
    const accFrom = accumulatorAt(messages, inboxFrom);
    const skipRoot = hashBytes(skipRootOf(parentTo, inboxFrom, toHex(accumulatorAt(messages, parentTo)), toHex(accFrom)));
    return { inboxFrom, end: nextSkippedFrom(skipped, inboxFrom) ?? BigInt(messages.length), accFrom, skipRoot };
  }

  /** A batch of whole Enforced blocks, at most `blocks` of them; undefined when no interval with messages is closed. */
  enforcedCommit(choice: { readonly parentHash: Uint8Array; readonly blocks: number }, pending: readonly L1Record[]): L1Record | undefined {
    const messages = this.messages(pending);
    const { inboxFrom, end, ...skip } = this.#inbox(pending);
    const queue = messages.slice(Number(inboxFrom), Number(end)).map((message) => ({ l1Time: messageTime(message), declaredZkGas: messageDeclaredZkGas(message) }));
    const open = queue.findIndex(({ l1Time }) => !isIntervalClosed(l1Time, this.nextTime, ENFORCED_INTERVAL));
    const closed = open < 0 ? queue : queue.slice(0, open);
    let taken = 0;
    for (const { messageCount } of enforcedBlocks(closed, 0n, ENFORCED_INTERVAL).slice(0, choice.blocks)) {
      const zkGas = closed.slice(0, taken + messageCount).reduce((sum, { declaredZkGas }) => sum + declaredZkGas, 0n);
      if (zkGas > MAX_BATCH_MESSAGE_ZKGAS) break;
      taken += messageCount;
    }
    if (taken === 0) return undefined;
    const inboxTo = inboxFrom + BigInt(taken);
    const commit: CommitRecord = {
      index: BigInt(this.commits(pending).length) + 1n, parentHash: choice.parentHash, specId: 1n, mode: 2, payloadKind: 0, payload: new Uint8Array(0),
      payloadCommitment: hashBytes(enforcedPayloadCommitment(ENFORCED_INTERVAL)), inboxFrom, inboxTo, accTo: accumulatorAt(messages, inboxTo), ...skip,
      origin: undefined, feeConfigHash: hashBytes(feeConfigHash(GENESIS_FEE_CONFIG)), feeScalars: GENESIS_FEE_CONFIG, commitTime: this.nextTime, l1Number: this.tip.number + 1n, l1TransactionHash: ZERO,
    };
    return { kind: 'commit', commit };
  }

  /** The head of the queue is given up, `width` messages of it; undefined when nothing is left. */
  skipHead(width: bigint, pending: readonly L1Record[]): L1Record | undefined {
    const { inboxFrom, end } = this.#inbox(pending);
    const to = inboxFrom + width < end ? inboxFrom + width : end;
    return to > inboxFrom ? { kind: 'skipped', from: inboxFrom, to } : undefined;
  }

  /** The chain with one more block; `salt` tells branches apart. */
  mine(records: readonly L1Record[], salt: number): L1World {
    const { tip } = this;
    const number = tip.number + 1n;
    const hash = keccak(tip.hash, uintBytes(BigInt(salt), 8), uintBytes(number, 8));
    return new L1World([...this.blocks, { number, hash, parentHash: tip.hash, timestamp: this.nextTime, baseFeeWei: 1_000_000_000n + number, records }]);
  }

  backTo(number: bigint): L1World { return new L1World(this.blocks.filter((block) => block.number <= number)); }

  /** Events that lead a follower of `before` to this chain, in steps of at most `size` blocks. */
  eventsFrom(before: L1World, size: number): readonly L1Event[] {
    let shared = 0;
    while (shared < this.blocks.length && shared < before.blocks.length && toHex(this.blocks[shared]?.hash ?? ZERO) === toHex(before.blocks[shared]?.hash ?? ZERO)) shared += 1;
    const events: L1Event[] = [];
    if (shared < before.blocks.length) events.push({ kind: 'l1-reorged', ancestor: new L1World(this.blocks.slice(0, shared)).tip });
    for (let from = shared; from < this.blocks.length; from += size) events.push({ kind: 'l1-advanced', blocks: this.blocks.slice(from, from + size) });
    return events.map((event) => (event.kind === 'l1-reorged' ? { kind: 'l1-reorged', ancestor: { number: event.ancestor.number, hash: event.ancestor.hash } } : event));
  }
}

function accumulatorAt(messages: readonly MessageRecord[], index: bigint): Uint8Array {
  return index === 0n ? ZERO : messages[Number(index) - 1]?.accumulator ?? ZERO;
}

/** A payload whose blocks fit `parentTimestamp`, the origin and `take` messages. */
export function fittingPayload(world: L1World, parentTimestamp: bigint, take: bigint, transactions: readonly (readonly Uint8Array[])[]): Uint8Array {
  const origin = world.tip.timestamp;
  const newest = world.nextTime;
  const base = [parentTimestamp + 1n, origin, take > 0n ? newest : 0n].reduce((a, b) => (a > b ? a : b));
  const lists = transactions.length === 0 ? [[]] : transactions;
  const blocks: PayloadBlock[] = lists.map((list, position) => ({ timestampDelta: position === 0 ? base - parentTimestamp : 1n, messageCount: position === 0 ? take : 0n, transactions: list }));
  return encodePayload(blocks);
}
