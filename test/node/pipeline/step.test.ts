// The pure core: event lists against the state and the effects they must give. No engine, no disk, no time.

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { GENESIS_FEE_CONFIG, encodePayload, feeConfigHash, hashBytes, keccak } from '@keyfall/protocol';
import { PROTOCOL_CAPS } from '../../../node/config.ts';
import type { Effect } from '../../../node/pipeline/effect.ts';
import type { CoreEvent, Execution } from '../../../node/pipeline/event.ts';
import type { L1Block, L1Record } from '../../../node/pipeline/l1Block.ts';
import { startState, type CoreReads, type CoreState } from '../../../node/pipeline/state.ts';
import { step } from '../../../node/pipeline/step.ts';
import type { BatchRecord, BlockRecord, CommitRecord, L1BlockRecord, MessageRecord } from '../../../node/store/records.ts';
import { L1World } from '../derive/harness/l1World.ts';
import { SEQUENCING } from './harness/simulatedNode.ts';

const ZERO = new Uint8Array(32);
const hashOf = (text: string): Uint8Array => keccak(new TextEncoder().encode(text));

/** The persisted records as plain maps, changed by the effects as the driver would. */
class Records implements CoreReads {
  readonly blocks = new Map<bigint, BlockRecord>();
  readonly batches = new Map<bigint, BatchRecord>();
  readonly commits = new Map<bigint, CommitRecord>();
  readonly messages = new Map<bigint, MessageRecord>();
  readonly l1 = new Map<bigint, L1BlockRecord>();
  readonly settled = new Map<bigint, Uint8Array>();
  payloadBytes = encodePayload([{ timestampDelta: 1n, messageCount: 0n, transactions: [] }]);

  block(number: bigint) { return this.blocks.get(number); }
  batch(index: bigint) { return this.batches.get(index); }
  commit(index: bigint) { return this.commits.get(index); }
  message(index: bigint) { return this.messages.get(index); }
  settledHash(index: bigint) { return this.settled.get(index); }
  l1Block(number: bigint) { return this.l1.get(number); }
  l1BlockAtOrBelow(number: bigint) { return [...this.l1.values()].filter((block) => block.number <= number).toSorted((a, b) => Number(b.number - a.number))[0]; }
  l1Blocks(from: bigint, before: bigint, options: { reverse?: boolean; limit?: number } = {}) {
    const found = [...this.l1.values()].filter((block) => block.number >= from && block.number < before).toSorted((a, b) => Number(a.number - b.number));
    return (options.reverse === true ? found.toReversed() : found).slice(0, options.limit ?? found.length);
  }
  payload() { return this.payloadBytes; }

  apply(effect: Effect): void {
    if (effect.kind !== 'write' && effect.kind !== 'unwind' && effect.kind !== 'adopt') return;
    const { change } = effect;
    for (const block of change.l1Blocks ?? []) this.l1.set(block.number, block);
    for (const number of change.removedL1Blocks ?? []) this.l1.delete(number);
    for (const message of change.messages ?? []) this.messages.set(message.index, message);
    for (const commit of change.commits ?? []) this.commits.set(commit.index, commit);
    for (const batch of change.batches ?? []) this.batches.set(batch.index, batch);
    for (const { batchIndex, lastHash } of change.settled ?? []) this.settled.set(batchIndex, lastHash);
  }
}

function blockRecord(number: bigint, timestamp: bigint, fields: Partial<BlockRecord> = {}): BlockRecord {
  const header = {
    parentHash: number === 0n ? ZERO : hashOf(`block ${number - 1n}`), ommersHash: ZERO, coinbase: new Uint8Array(20), stateRoot: ZERO, transactionsRoot: ZERO, receiptsRoot: ZERO,
    logsBloom: new Uint8Array(256), difficulty: 0n, number, gasLimit: 10_000_000n, gasUsed: 0n, timestamp, extraData: ZERO, prevRandao: ZERO, nonce: new Uint8Array(8),
    baseFeePerGas: 1n, withdrawalsRoot: ZERO, blobGasUsed: 0n, excessBlobGas: 0n, parentBeaconBlockRoot: ZERO, requestsHash: ZERO,
  };
  return {
    number, hash: hashOf(`block ${number}`), headerRaw: ZERO, header, sizeBytes: 0, transactionCount: 0, batchIndex: 0n, origin: undefined, feeScalars: GENESIS_FEE_CONFIG,
    messagesFrom: 0n, messagesTo: 0n, dropped: [], zkGasUsed: 0n, batchUse: { firstBlock: number, blockCount: 1, payloadBytes: 6, zkGas: 0n, declaredZkGas: 0n }, ...fields,
  };
}

function fresh(role: 'sequencer' | 'follower' = 'sequencer'): { state: CoreState; records: Records } {
  const records = new Records();
  const genesis = blockRecord(0n, 0n);
  records.blocks.set(0n, genesis);
  records.batches.set(0n, {
    index: 0n, parentHash: ZERO, firstBlock: 0n, lastBlock: 0n, lastHash: genesis.hash, inboxFrom: 0n, inboxTo: 0n, origin: undefined, feeScalars: GENESIS_FEE_CONFIG, zkGasUsed: 0n,
    dropRoot: ZERO, payloadHash: ZERO, emptiedBecause: undefined,
  });
  const progress = { inboxCount: 0n, accumulator: ZERO, committedBatch: 0n, finalBatch: 0n, phase: 'operating' as const, skipped: [] };
  const mark = { number: 0n, hash: genesis.hash };
  const l1 = new L1World().tip;
  records.l1.set(0n, { number: 0n, hash: l1.hash, parentHash: ZERO, timestamp: 0n, baseFeeWei: 0n, after: progress, displaced: [] });
  const head = {
    version: 1 as const, unsafe: mark, safe: { ...mark, batchIndex: 0n }, finalized: { ...mark, batchIndex: 0n }, closedBatch: 0n,
    l1: { number: 0n, hash: l1.hash, timestamp: 0n, baseFeeWei: 0n }, l1Finalized: { number: 0n, hash: l1.hash }, progress,
  };
  return { state: startState({ sequencing: role === 'sequencer' ? SEQUENCING : undefined, caps: PROTOCOL_CAPS, genesisFeeScalars: GENESIS_FEE_CONFIG }, head, genesis), records };
}

/** Steps through the events, applying effects to the records; the last step's effects. */
function run(state: CoreState, records: Records, events: readonly CoreEvent[]): { state: CoreState; effects: readonly Effect[] } {
  let effects: readonly Effect[] = [];
  for (const event of events) {
    const before = structuredClone(state);
    const [next, asked] = step(state, event, records);
    assert.deepEqual(structuredClone(state), before, 'a step changes its argument in nothing');
    assert.deepEqual(structuredClone(step(state, event, records)), structuredClone([next, asked]), 'the same step gives the same result');
    for (const effect of asked) records.apply(effect);
    state = next;
    effects = asked;
  }
  return { state, effects };
}

const kinds = (effects: readonly Effect[]): readonly string[] => effects.filter((effect) => effect.kind !== 'report').map((effect) => effect.kind);
const advanced = (blocks: readonly L1Block[]): CoreEvent => ({ kind: 'l1-advanced', blocks });
const tick = (l1Seconds: bigint, pending = 0, l1Target: bigint | 'unknown' = 1n): CoreEvent => ({ kind: 'tick', l1Seconds, pending, l1Target: l1Target === 'unknown' ? undefined : l1Target });
const execution = (number: bigint, timestamp: bigint, fields: Partial<Execution> = {}): Execution => (
  { number, hash: hashOf(`block ${number}`), timestamp, zkGasUsed: 21_000n, dropped: [], transactionCount: 1, payloadBytes: 120, hitBatchLimit: false, ...fields });

function withL1(records: number): { world: L1World; event: CoreEvent } {
  let world = new L1World();
  const messages: L1Record[] = [];
  for (let i = 0; i < records; i++) messages.push(world.message({}, messages));
  world = world.mine(messages, 1);
  return { world, event: advanced(world.blocks) };
}

test('a sequencer builds only when it has read L1 to its tip, and then only for a reason', () => {
  const { state, records } = fresh();
  const { world, event } = withL1(0);
  const now = world.tip.timestamp;
  assert.deepEqual(kinds(run(state, records, [tick(now, 5)]).effects), [], 'not before any L1 block');
  const read = run(state, records, [event]);
  assert.deepEqual(kinds(read.effects), ['write', 'again']);
  assert.deepEqual(kinds(run(read.state, records, [tick(now, 5, 'unknown')]).effects), [], 'not while the tip is unknown');
  assert.deepEqual(kinds(run(read.state, records, [tick(now, 5, 9n)]).effects), [], 'not while L1 is ahead');
  assert.deepEqual(kinds(run(read.state, records, [tick(now, 5)]).effects), ['execute']);
});

test('a follower never builds', () => {
  const { state, records } = fresh('follower');
  const { world, event } = withL1(1);
  assert.deepEqual(kinds(run(state, records, [event, { kind: 'resume' }, tick(world.tip.timestamp + 10_000n, 9)]).effects), []);
});

test('an empty build is discarded unless a heartbeat is due, and a message is a reason by itself', () => {
  const empty = { transactionCount: 0, payloadBytes: 6 };
  const { state, records } = fresh();
  const { world, event } = withL1(1);
  const now = world.tip.timestamp;
  const building = run(state, records, [event, tick(now)]);
  const [request] = building.effects;
  assert(request?.kind === 'execute' && request.request.messagesTo === 1n);
  assert.deepEqual(kinds(run(building.state, records, [{ kind: 'executed', execution: execution(1n, now, empty) }]).effects), ['adopt']);

  const later = fresh();
  const noMessage = withL1(0);
  // Genesis is from 1970: the first block is a heartbeat whatever else. On a young tip there is none.
  const tip = blockRecord(1n, now - 5n, { batchIndex: 1n, origin: { number: 1n, hash: noMessage.world.tip.hash, timestamp: now - 10n, baseFeeWei: 1n } });
  later.records.blocks.set(1n, tip);
  const young: CoreState = { ...later.state, tip, head: { ...later.state.head, unsafe: { number: 1n, hash: tip.hash } } };
  const idle = run(young, later.records, [noMessage.event, tick(now)]);
  assert.deepEqual(kinds(idle.effects), []);
  const tried = run(idle.state, later.records, [tick(now, 3)]);
  assert.deepEqual(kinds(tried.effects), ['execute']);
  assert.deepEqual(kinds(run(tried.state, later.records, [{ kind: 'executed', execution: execution(2n, now, empty) }]).effects), ['discard']);
});

test('no more than one block is built in one second of L1 time, nor beyond the lead over L1', () => {
  const { state, records } = fresh();
  const { world, event } = withL1(0);
  const now = world.tip.timestamp;
  const built = run(state, records, [event, tick(now, 1), { kind: 'executed', execution: execution(1n, now) }]);
  const [adopt] = built.effects;
  assert(adopt?.kind === 'adopt');
  const block = blockRecord(1n, now, adopt.place);
  records.blocks.set(1n, block);
  const adopted = run(built.state, records, [{ kind: 'adopted', block }]);
  assert.deepEqual(kinds(run(adopted.state, records, [tick(now, 1)]).effects), []);
  records.payloadBytes = encodePayload([{ timestampDelta: now, messageCount: 0n, transactions: [] }]);
  const far = run(adopted.state, records, [tick(now + 100_000n, 1)]);
  const request = far.effects.find((effect) => effect.kind === 'execute');
  assert(request?.kind === 'execute');
  assert.equal(request.request.timestamp, now + SEQUENCING.maxLeadSeconds);
});

test('a block that takes its batch over a cap is discarded, and the batch closes before it', () => {
  const { state, records } = fresh();
  const { world, event } = withL1(0);
  const now = world.tip.timestamp;
  const origin = { number: 1n, hash: world.tip.hash, timestamp: now, baseFeeWei: 1n };
  const read = run(state, records, [event]);
  const tip = blockRecord(1n, now, { batchIndex: 1n, origin, batchUse: { firstBlock: 1n, blockCount: 1, payloadBytes: 1_000, zkGas: 9_000_000n, declaredZkGas: 0n } });
  records.blocks.set(1n, tip);
  records.payloadBytes = encodePayload([{ timestampDelta: now, messageCount: 0n, transactions: [] }]);
  const open: CoreState = { ...read.state, tip, head: { ...read.state.head, unsafe: { number: 1n, hash: tip.hash } } };
  const tried = run(open, records, [tick(now + 1n, 1), { kind: 'executed', execution: execution(2n, now + 1n, { zkGasUsed: 6_000_001n }) }]);
  assert.deepEqual(kinds(tried.effects), ['discard']);
  const next = run(tried.state, records, [tick(now + 1n, 1)]);
  assert.deepEqual(kinds(next.effects), ['write', 'execute']);
  assert.equal(next.state.head.closedBatch, 1n);
  const fits = run(open, records, [tick(now + 1n, 1), { kind: 'executed', execution: execution(2n, now + 1n, { zkGasUsed: 6_000_000n }) }]);
  assert.deepEqual(kinds(fits.effects), ['adopt']);
});

test('a batch that has no room for what waits closes at the next tick, whether or not its last block had something', () => {
  const { state, records } = fresh();
  const { world, event } = withL1(0);
  const now = world.tip.timestamp;
  const read = run(state, records, [event]);
  const tip = blockRecord(1n, now, { batchIndex: 1n, origin: { number: 1n, hash: world.tip.hash, timestamp: now, baseFeeWei: 1n }, batchUse: { firstBlock: 1n, blockCount: 1, payloadBytes: 118_000, zkGas: 0n, declaredZkGas: 0n } });
  records.blocks.set(1n, tip);
  records.payloadBytes = encodePayload([{ timestampDelta: now, messageCount: 0n, transactions: [] }]);
  const open: CoreState = { ...read.state, tip, head: { ...read.state.head, unsafe: { number: 1n, hash: tip.hash } } };
  const empty = run(open, records, [tick(now + 1n, 1), { kind: 'executed', execution: execution(2n, now + 1n, { transactionCount: 0, payloadBytes: 6, hitBatchLimit: true }) }]);
  assert.deepEqual(kinds(empty.effects), ['discard']);
  assert.deepEqual(kinds(run(empty.state, records, [tick(now + 1n, 1)]).effects), ['write', 'execute']);
  const some = run(open, records, [tick(now + 1n, 1), { kind: 'executed', execution: execution(2n, now + 1n, { hitBatchLimit: true }) }]);
  const [adopt] = some.effects;
  assert(adopt?.kind === 'adopt' && adopt.place.batchUse.payloadBytes === 118_120);
  const block = blockRecord(2n, now + 1n, adopt.place);
  records.blocks.set(2n, block);
  records.payloadBytes = encodePayload([{ timestampDelta: now, messageCount: 0n, transactions: [] }, { timestampDelta: 1n, messageCount: 0n, transactions: [] }]);
  const next = run(some.state, records, [{ kind: 'adopted', block }, tick(now + 2n, 1)]);
  assert.deepEqual(kinds(next.effects), ['write', 'execute']);
  assert.equal(next.state.head.closedBatch, 1n);
});

test('what finds no room does not end a batch that is nearly empty: one bulky transaction must not make every block a commit', () => {
  const { state, records } = fresh();
  const { world, event } = withL1(0);
  const now = world.tip.timestamp;
  const read = run(state, records, [event]);
  const built = run(read.state, records, [tick(now, 1), { kind: 'executed', execution: execution(1n, now, { hitBatchLimit: true }) }]);
  const [adopt] = built.effects;
  assert(adopt?.kind === 'adopt');
  const block = blockRecord(1n, now, adopt.place);
  records.blocks.set(1n, block);
  const next = run(built.state, records, [{ kind: 'adopted', block }, tick(now + 1n, 1)]);
  assert.deepEqual(kinds(next.effects), ['execute']);
  assert.equal(next.state.head.closedBatch, 0n);
});

test('a closed batch that derivation would empty is a bug that stops the process, never a commit', () => {
  const { state, records } = fresh();
  const { world, event } = withL1(0);
  const now = world.tip.timestamp;
  const read = run(state, records, [event]);
  const tip = blockRecord(1n, now, { batchIndex: 1n, origin: { number: 1n, hash: world.tip.hash, timestamp: now, baseFeeWei: 1n } });
  records.blocks.set(1n, tip);
  records.payloadBytes = encodePayload([{ timestampDelta: now + 1_801n, messageCount: 0n, transactions: [] }]);
  const open: CoreState = { ...read.state, tip, hasCaughtUp: true, head: { ...read.state.head, unsafe: { number: 1n, hash: tip.hash } } };
  assert.throws(() => step(open, tick(now + 1_000n, 1), records), /derivation would empty it/);
});

function commitOf(world: L1World, payload: Uint8Array, parentHash: Uint8Array): L1World {
  return world.mine([world.commit({ payload, take: 0n, parentHash }, [])], 7);
}

test('a committed batch is executed block by block on its parent, and safe moves only with the last', () => {
  const { state, records } = fresh();
  const base = new L1World().mine([], 1);
  const time = base.tip.timestamp;
  const payload = encodePayload([{ timestampDelta: time, messageCount: 0n, transactions: [] }, { timestampDelta: 1n, messageCount: 0n, transactions: [] }]);
  const world = commitOf(base, payload, state.head.unsafe.hash);
  const read = run(state, records, [advanced(world.blocks), { kind: 'resume' }]);
  assert.deepEqual(kinds(read.effects), ['execute']);
  const first = run(read.state, records, [{ kind: 'executed', execution: execution(1n, time) }]);
  const [adopt] = first.effects;
  assert(adopt?.kind === 'adopt' && adopt.change.head.safe.number === 0n && adopt.change.head.unsafe.number === 1n && adopt.change.batches === undefined);
  const second = run(first.state, records, [{ kind: 'adopted', block: blockRecord(1n, time) }, { kind: 'executed', execution: execution(2n, time + 1n) }]);
  const [last] = second.effects;
  assert(last?.kind === 'adopt');
  assert.deepEqual([last.change.head.safe.number, last.change.head.safe.batchIndex, last.change.head.closedBatch], [2n, 1n, 1n]);
  assert.equal(last.change.batches?.[0]?.emptiedBecause, undefined);
  assert.deepEqual(kinds(run(second.state, records, [{ kind: 'adopted', block: blockRecord(2n, time + 1n) }]).effects), ['again']);
});

test('an invalid block in the middle takes the batch back to its parent and makes it one empty block', () => {
  const { state, records } = fresh();
  const base = new L1World().mine([], 1);
  const time = base.tip.timestamp;
  const payload = encodePayload([{ timestampDelta: time, messageCount: 0n, transactions: [] }, { timestampDelta: 1n, messageCount: 0n, transactions: [Uint8Array.of(0xc0)] }]);
  const world = commitOf(base, payload, state.head.unsafe.hash);
  const middle = run(state, records, [
    advanced(world.blocks), { kind: 'resume' }, { kind: 'executed', execution: execution(1n, time) }, { kind: 'adopted', block: blockRecord(1n, time) },
    { kind: 'invalid', message: 'transaction 0 is not one' },
  ]);
  assert.deepEqual(kinds(middle.effects), ['unwind', 'execute']);
  const unwind = middle.effects.find((effect) => effect.kind === 'unwind');
  assert(unwind?.kind === 'unwind' && unwind.requeue, 'transactions of the pool that the batch contained go back to it');
  const request = middle.effects.at(-1);
  assert(request?.kind === 'execute' && Array.isArray(request.request.transactions) && request.request.transactions.length === 0);
  assert.equal(request.request.parentHash, records.block(0n)!.hash);
  const emptied = run(middle.state, records, [{ kind: 'executed', execution: execution(1n, request.request.timestamp) }]);
  const [adopt] = emptied.effects;
  assert(adopt?.kind === 'adopt');
  assert.match(adopt.change.batches?.[0]?.emptiedBecause ?? '', /BLOCK: block 1: transaction 0 is not one/);
});

test('a batch over the zkGas cap counts as empty, at the cap it does not', () => {
  for (const [zkGasUsed, expected] of [[15_000_000n, ['adopt']], [15_000_001n, ['discard', 'execute']]] as const) {
    const { state, records } = fresh();
    const base = new L1World().mine([], 1);
    const world = commitOf(base, encodePayload([{ timestampDelta: base.tip.timestamp, messageCount: 0n, transactions: [] }]), state.head.unsafe.hash);
    const done = run(state, records, [advanced(world.blocks), { kind: 'resume' }, { kind: 'executed', execution: execution(1n, base.tip.timestamp, { zkGasUsed }) }]);
    assert.deepEqual(kinds(done.effects), expected);
  }
});

test('a batch on a foreign parent stands still, stops building, and is told once', () => {
  const { state, records } = fresh();
  const base = new L1World().mine([], 1);
  const world = commitOf(base, encodePayload([{ timestampDelta: base.tip.timestamp, messageCount: 0n, transactions: [] }]), hashOf('elsewhere'));
  const standing = run(state, records, [advanced(world.blocks), { kind: 'resume' }]);
  assert.deepEqual(standing.effects.map((effect) => effect.kind), ['report']);
  assert.match(standing.state.standing ?? '', /can answer it/);
  const again = run(standing.state, records, [{ kind: 'resume' }]);
  assert.deepEqual(again.effects, []);
  assert.deepEqual(kinds(run(again.state, records, [tick(world.tip.timestamp, 9, 2n)]).effects), []);
  const dropped = world.mine([{ kind: 'dropped', from: 1n, to: 1n }], 8);
  const free = run(again.state, records, [advanced(dropped.blocks.slice(-1)), { kind: 'resume' }]);
  assert.equal(free.state.standing, undefined);
});

test('the batch this node closed is recognised by its inputs without executing anything', () => {
  const { state, records } = fresh();
  const base = new L1World().mine([], 1);
  const time = base.tip.timestamp;
  const payload = encodePayload([{ timestampDelta: time, messageCount: 0n, transactions: [] }]);
  const world = commitOf(base, payload, state.head.unsafe.hash);
  const { commit } = world.blocks.at(-1)!.records[0] as { commit: CommitRecord };
  assert.deepEqual(commit.feeConfigHash, hashBytes(feeConfigHash(GENESIS_FEE_CONFIG)));
  const own = blockRecord(1n, time, { batchIndex: 1n, origin: commit.origin });
  records.blocks.set(1n, own);
  const batch: BatchRecord = {
    index: 1n, parentHash: commit.parentHash, firstBlock: 1n, lastBlock: 1n, lastHash: own.hash, inboxFrom: 0n, inboxTo: 0n, origin: commit.origin, feeScalars: GENESIS_FEE_CONFIG,
    zkGasUsed: 0n, dropRoot: ZERO, payloadHash: keccak(payload), emptiedBecause: undefined,
  };
  records.batches.set(1n, batch);
  const sequenced: CoreState = { ...state, tip: own, head: { ...state.head, unsafe: { number: 1n, hash: own.hash }, closedBatch: 1n } };
  const recognised = run(sequenced, records, [advanced(world.blocks), { kind: 'resume' }]);
  assert.deepEqual(kinds(recognised.effects), ['write']);
  assert.deepEqual(recognised.state.head.safe, { number: 1n, hash: own.hash, batchIndex: 1n });
  for (const other of [{ payloadHash: ZERO }, { origin: { ...commit.origin!, hash: ZERO } }, { inboxTo: 1n }, { feeScalars: { dataFeeScalar: 1n, surchargeScalar: 1n } }] satisfies Partial<BatchRecord>[]) {
    records.batches.set(1n, { ...batch, ...other });
    const [, effects] = step(sequenced.head.progress.committedBatch === 1n ? sequenced : { ...sequenced, head: { ...sequenced.head, progress: recognised.state.head.progress } }, { kind: 'resume' }, records);
    assert.deepEqual(kinds(effects), ['unwind', 'execute'], `another ${Object.keys(other)[0]}`);
    const unwind = effects.find((effect) => effect.kind === 'unwind');
    assert(unwind?.kind === 'unwind' && unwind.requeue && unwind.to === 0n);
  }
});

test('L1 calling another result final halts the node and says both hashes', () => {
  const { state, records } = fresh();
  const base = new L1World().mine([], 1);
  const time = base.tip.timestamp;
  const committed = commitOf(base, encodePayload([{ timestampDelta: time, messageCount: 0n, transactions: [] }]), state.head.unsafe.hash);
  const world = committed.mine([{ kind: 'finalized', batchIndex: 1n, lastHash: hashOf('another'), stateRoot: ZERO, lastNumber: 1n, inboxTo: 0n }], 9);
  const derived = run(state, records, [advanced(world.blocks), { kind: 'resume' }, { kind: 'executed', execution: execution(1n, time) }, { kind: 'adopted', block: blockRecord(1n, time) }, { kind: 'resume' }]);
  assert.match(derived.state.halted ?? '', /one of them executes wrongly/);
  assert.deepEqual(kinds(run(derived.state, records, [tick(world.tip.timestamp, 9, 3n)]).effects), []);
});
