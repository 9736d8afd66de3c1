// A model of L1 with the Inbox and the Rollup: produces the events a follower would see, reorganizations among them.
//
// Owns: the contracts' bookkeeping (indices, accumulator, ranges, drops), as their interfaces state it. Every choice comes
// from the numbers given, so that a failing case shrinks and replays.

import { encodeMessage, encodePayload, hashBytes, keccak, messageHash, nextAccumulator, payloadCommitment, toHex, uintBytes, GENESIS_FEE_CONFIG, feeConfigHash, type InboxMessage, type PayloadBlock } from '@keyfall/protocol';
import type { L1Block, L1Event, L1Record } from '../../../../node/pipeline/l1Block.ts';
import type { CommitRecord, L1Reference, MessageRecord } from '../../../../node/store/records.ts';

export const START: L1Reference = { number: 0n, hash: keccak(Uint8Array.of(0x11)) };
export const IDENTITY = { l1ChainId: 31337n, l2ChainId: 531337n, rollup: `0x${'aa'.repeat(20)}` } as const;
const ZERO = new Uint8Array(32);
const SECONDS_PER_BLOCK = 12n;
const FIRST_TIME = 1_700_000_000n;

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
    const inboxFrom = standing.at(-1)?.inboxTo ?? 0n;
    const available = BigInt(messages.length) - inboxFrom;
    const inboxTo = inboxFrom + (choice.take < available ? choice.take : available);
    const accumulatorAt = (index: bigint): Uint8Array => (index === 0n ? ZERO : messages[Number(index) - 1]?.accumulator ?? ZERO);
    const tip = this.tip;
    const commit: CommitRecord = {
      index: BigInt(standing.length) + 1n, parentHash: choice.parentHash, specId: 1n, mode: 1, payloadKind: 1, payload: choice.payload,
      payloadCommitment: hashBytes(payloadCommitment(choice.payload)), inboxFrom, accFrom: accumulatorAt(inboxFrom), inboxTo, accTo: accumulatorAt(inboxTo), skipRoot: ZERO,
      origin: { number: tip.number, hash: tip.hash, timestamp: tip.timestamp, baseFeeWei: 1_000_000_000n + tip.number }, feeConfigHash: hashBytes(feeConfigHash(GENESIS_FEE_CONFIG)),
      feeScalars: GENESIS_FEE_CONFIG, commitTime: this.nextTime, l1Number: tip.number + 1n, l1TransactionHash: ZERO,
    };
    return { kind: 'commit', commit };
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

/** A payload whose blocks fit `parentTimestamp`, the origin and `take` messages. */
export function fittingPayload(world: L1World, parentTimestamp: bigint, take: bigint, transactions: readonly (readonly Uint8Array[])[]): Uint8Array {
  const origin = world.tip.timestamp;
  const newest = world.nextTime;
  const base = [parentTimestamp + 1n, origin, take > 0n ? newest : 0n].reduce((a, b) => (a > b ? a : b));
  const lists = transactions.length === 0 ? [[]] : transactions;
  const blocks: PayloadBlock[] = lists.map((list, position) => ({ timestampDelta: position === 0 ? base - parentTimestamp : 1n, messageCount: position === 0 ? take : 0n, transactions: list }));
  return encodePayload(blocks);
}
