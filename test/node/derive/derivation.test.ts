// Laws of derivation: however L1's events are split, reorganized and interrupted by crashes, the records left are those of
// a fresh derivation of the L1 chain as it ends; and every byte string committed derives to exactly one result.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { MAX_BATCH_ZKGAS, encodePayload, keccak, toHex } from '@keyfall/protocol';
import { MemoryStore } from '../../../node/execute/memory-store.ts';
import { Derivation } from '../../../node/derive/derivation.ts';
import { DerivationFault } from '../../../node/derive/fault.ts';
import type { L1Record } from '../../../node/pipeline/l1Block.ts';
import { MODEL_GENESIS, ModelEngine } from './harness/modelEngine.ts';
import { Crash, CrashingStore, deriveAll, enforcedRecords, fresh, open } from './harness/derived.ts';
import { IDENTITY, L1World, START, fittingPayload } from './harness/l1World.ts';

/** Everything persisted but the followed L1 blocks, of which a follower keeps more or fewer, and the head's own view of L1. */
function contents(store: MemoryStore, derivation: Derivation): unknown {
  const rows: string[] = [];
  let from = Uint8Array.of(0);
  for (let entry = store.first(from, Uint8Array.of(0xff)); entry !== undefined; entry = store.first(from, Uint8Array.of(0xff))) {
    if (entry.key[0] !== 0x90 && entry.key[0] !== 0x93) rows.push(`${toHex(entry.key)}=${toHex(entry.value)}`);
    from = Uint8Array.from([...entry.key, 0]);
  }
  const { l1, progress, derived } = derivation.head;
  return { rows, l1, progress, derived };
}

type Action =
  | { readonly kind: 'mine' }
  | { readonly kind: 'message'; readonly size: number; readonly isSigned: boolean }
  | { readonly kind: 'commit'; readonly payload: 'fitting' | 'garbage' | 'unsigned' | 'refused' | 'heavy'; readonly bytes: Uint8Array; readonly take: number; readonly isOrphan: boolean }
  | { readonly kind: 'drop'; readonly back: number }
  | { readonly kind: 'finalize' }
  | { readonly kind: 'phase'; readonly proven: number }
  | { readonly kind: 'enforced'; readonly blocks: number }
  | { readonly kind: 'skip'; readonly width: number }
  | { readonly kind: 'reorg'; readonly depth: number }
  | { readonly kind: 'l1-final'; readonly lag: number };

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('mine' as const) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('message' as const), size: fc.nat(20), isSigned: fc.boolean() }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('commit' as const), payload: fc.constantFrom('fitting', 'fitting', 'fitting', 'garbage', 'unsigned', 'refused', 'heavy'), bytes: fc.uint8Array({ maxLength: 30 }), take: fc.nat(5), isOrphan: fc.integer({ min: 0, max: 9 }).map((n) => n === 0) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop' as const), back: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('finalize' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('reorg' as const), depth: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('phase' as const), proven: fc.nat(3) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('enforced' as const), blocks: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('skip' as const), width: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('l1-final' as const), lag: fc.nat(4) }) },
);

function transactionsFor(payload: string, bytes: Uint8Array): Uint8Array[][] {
  if (payload === 'unsigned') return [[Uint8Array.of(2, 0, 1, 0)], [Uint8Array.of(1, 0, 0, 0)]];
  if (payload === 'refused') return [[Uint8Array.of(2, 0, 1, 0)], [Uint8Array.of(2, 250, 1, 0)]];
  if (payload === 'heavy') return [[Uint8Array.of(2, 0, 80, 0)], [Uint8Array.of(2, 0, 80, 0)]];
  return [[Uint8Array.of(2, 0, 3, 0, ...bytes)], []];
}

async function commitRecord(world: L1World, pending: readonly L1Record[], choice: Extract<Action, { kind: 'commit' }>): Promise<L1Record> {
  const { derivation } = await fresh(world.mine(pending, 0));
  const parent = derivation.head.derived;
  const { from, end } = world.nextMessages(pending);
  const available = end - from;
  const take = BigInt(choice.take) < available ? BigInt(choice.take) : available;
  const payload = choice.payload === 'garbage' ? choice.bytes : fittingPayload(world, parent.timestamp, take, transactionsFor(choice.payload, choice.bytes));
  return world.commit({ payload, take, parentHash: choice.isOrphan ? keccak(choice.bytes) : parent.hash }, pending);
}

function turnedPhase(world: L1World, proven: bigint): readonly L1Record[] {
  if (world.phase() === 'enforced') return [{ kind: 'phase', phase: 'operating' }];
  const committed = BigInt(world.commits().length);
  const from = world.finalBatch() + proven + 1n;
  return from <= committed ? [{ kind: 'phase', phase: 'enforced' }, { kind: 'dropped', from, to: committed }] : [{ kind: 'phase', phase: 'enforced' }];
}

/** The records of one L1 block that the actions ask for. */
async function blockRecords(world: L1World, step: Action): Promise<readonly L1Record[]> {
  if (step.kind === 'message') return Array.from({ length: 1 + (step.size % 3) }).reduce<L1Record[]>((pending) => [...pending, world.message(step.isSigned ? { kind: 'signed', data: new Uint8Array(step.size) } : { data: new Uint8Array(step.size) }, pending)], []);
  if (step.kind === 'commit') return world.phase() === 'operating' ? [await commitRecord(world, [], step)] : [];
  if (step.kind === 'enforced') return await enforcedRecords(world, step.blocks);
  if (step.kind === 'skip') return world.phase() === 'enforced' ? [world.skipHead(BigInt(step.width), [])].flatMap((record) => record ?? []) : [];
  if (step.kind === 'phase') return turnedPhase(world, BigInt(step.proven));
  const committed = BigInt(world.commits().length);
  const final = world.finalBatch();
  if (step.kind === 'drop' && committed > final) {
    const from = committed - BigInt(step.back) > final ? committed - BigInt(step.back) : final + 1n;
    return [{ kind: 'dropped', from, to: committed }];
  }
  if (step.kind === 'finalize') {
    const { derivation } = await fresh(world);
    const result = derivation.result(final + 1n);
    const commit = derivation.commit(final + 1n);
    if (result === undefined || commit === undefined) return [];
    const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.slice(2), 'hex'));
    return [{ kind: 'finalized', batchIndex: final + 1n, lastHash: bytes(result.outputs.lastHash), stateRoot: bytes(result.outputs.stateRoot), lastNumber: result.outputs.lastNumber, inboxTo: commit.inboxTo }];
  }
  return [];
}

/** A follower that crashes at chosen writes and starts again from what is durable. */
class Stressed {
  readonly memory = new MemoryStore();
  readonly #crashes: number[];
  #store = new CrashingStore(this.memory);
  derivation: Derivation | undefined;
  constructor(crashes: readonly number[]) { this.#crashes = [...crashes]; }

  async #restart(): Promise<Derivation> {
    for (;;) {
      this.#store = new CrashingStore(this.memory);
      const next = this.#crashes.shift();
      if (next !== undefined) { this.#store.writesUntilCrash = 1 + (next >> 1); this.#store.isDurableAtCrash = (next & 1) === 1; }
      try {
        this.derivation = await open(this.#store);
        return this.derivation;
      } catch (error) { if (!(error instanceof Crash)) throw error; }
    }
  }

  /** Follows to `world` as a reader would lead it: from the persisted cursor, in steps of `size`. */
  async follow(world: L1World, history: readonly L1World[], size: number, isDeriving: boolean): Promise<void> {
    for (;;) {
      const derivation = this.derivation ?? await this.#restart();
      try {
        for (;;) {
          const at = history.findLast((past) => past.blocks.some((block) => toHex(block.hash) === toHex(derivation.head.l1.hash)));
          const before = (at ?? new L1World()).backTo(derivation.head.l1.number);
          const event = world.eventsFrom(before, size)[0];
          if (event === undefined) break;
          await derivation.apply(event);
          if (isDeriving) await deriveAll(derivation);
        }
        return;
      } catch (error) {
        if (!(error instanceof Crash)) throw error;
        this.derivation = undefined;
      }
    }
  }

  async settle(world: L1World, history: readonly L1World[]): Promise<Derivation> {
    for (;;) {
      await this.follow(world, history, 3, true);
      try {
        const derivation = this.derivation ?? await this.#restart();
        await deriveAll(derivation);
        return derivation;
      } catch (error) {
        if (!(error instanceof Crash)) throw error;
        this.derivation = undefined;
      }
    }
  }
}

describe('derivation', () => {
  it('ends like a fresh derivation after any events, splits, reorganizations and crashes', async () => {
    const covered = new Map<string, number>();
    const count = (what: string): void => { covered.set(what, (covered.get(what) ?? 0) + 1); };
    await fc.assert(fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 40 }), fc.array(fc.nat(30), { maxLength: 6 }), fc.integer({ min: 1, max: 5 }), fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }), async (actions, crashes, size, derives) => {
      const follower = new Stressed(crashes);
      let world = new L1World();
      let l1Final = 0n;
      const history: L1World[] = [world];
      for (const [position, step] of actions.entries()) {
        if (step.kind === 'reorg') {
          const back = world.tip.number - BigInt(step.depth);
          world = world.backTo(back > l1Final ? back : l1Final).mine([], position + 1).mine([], position + 1);
        } else if (step.kind === 'l1-final') {
          await follower.follow(world, history, size, false);
          const number = world.tip.number - BigInt(step.lag);
          const block = world.blocks.find((candidate) => candidate.number === number);
          if (block !== undefined && number > l1Final && follower.derivation !== undefined) {
            try {
              await follower.derivation.apply({ kind: 'l1-finalized', block: { number, hash: block.hash } });
            } catch (error) {
              if (!(error instanceof Crash)) throw error;
              follower.derivation = undefined;
            }
            l1Final = number;
          }
        } else {
          world = world.mine(await blockRecords(world, step), 0);
        }
        history.push(world);
        if (derives[position % derives.length] === true) await follower.follow(world, history, size, position % 2 === 0);
        count(step.kind);
      }
      const derivation = await follower.settle(world, history);
      const expected = await fresh(world);
      assert.deepEqual(contents(follower.memory, derivation), contents(expected.store, expected.derivation));
      for (let index = 1n; index <= derivation.head.derived.batchIndex; index += 1n) count(derivation.result(index)?.emptiedBecause === undefined ? 'valid batch' : 'emptied batch');
      for (const { mode } of world.commits()) if (mode === 2) count('Enforced batch');
      if (derivation.head.progress.skipped.length > 0) count('skipped');
      if ((await derivation.deriveNext()).kind === 'standing') count('standing');
    }), { numRuns: 150 });
    for (const kind of ['reorg', 'drop', 'finalize', 'l1-final', 'valid batch', 'emptied batch', 'standing']) assert.ok((covered.get(kind) ?? 0) > 10, `${kind}: covered ${covered.get(kind) ?? 0} times`);
    // An Enforced episode takes several steps to come about, so fewer stories have one.
    for (const kind of ['Enforced batch', 'skipped']) assert.ok((covered.get(kind) ?? 0) > 2, `${kind}: covered ${covered.get(kind) ?? 0} times`);
  });

  it('derives every byte string to exactly one result, whose blocks hold exactly the batch’s messages', async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.boolean(), fc.nat(3), async (bytes, isVersioned, messageCount) => {
      let world = new L1World();
      const records: L1Record[] = [];
      for (let i = 0; i < messageCount; i += 1) records.push(world.message({}, records));
      world = world.mine(records, 0);
      const payload = isVersioned ? Uint8Array.from([1, ...bytes]) : bytes;
      world = world.mine([world.commit({ payload, take: 10n, parentHash: MODEL_GENESIS.hash }, [])], 0);
      const first = await fresh(world);
      const second = await fresh(world);
      assert.equal(first.derivation.head.derived.batchIndex, 1n);
      assert.deepEqual(contents(first.store, first.derivation), contents(second.store, second.derivation));
    }), { numRuns: 300 });
  });

  it('counts a payload as empty at the first broken rule and names it', async () => {
    const world = new L1World().mine([], 0);
    const origin = world.tip.timestamp;
    const delta = origin;
    const tx = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes);
    const cases: readonly (readonly [string, Uint8Array, string | undefined])[] = [
      ['an empty payload', new Uint8Array(0), 'PAYLOAD_VERSION'],
      ['one fitting block', encodePayload([{ timestampDelta: delta, messageCount: 0n, transactions: [] }]), undefined],
      ['the last timestamp the origin allows', encodePayload([{ timestampDelta: delta + 1800n, messageCount: 0n, transactions: [] }]), undefined],
      ['one second later', encodePayload([{ timestampDelta: delta + 1801n, messageCount: 0n, transactions: [] }]), 'ORIGIN'],
      ['before the origin', encodePayload([{ timestampDelta: delta - 1n, messageCount: 0n, transactions: [] }]), 'ORIGIN'],
      ['a message that does not exist', encodePayload([{ timestampDelta: delta, messageCount: 1n, transactions: [] }]), 'MESSAGE_COUNT'],
      ['the last timestamp below 2^63', encodePayload([{ timestampDelta: delta, messageCount: 0n, transactions: [] }, { timestampDelta: (1n << 63n) - 1n - delta, messageCount: 0n, transactions: [] }]), undefined],
      ['timestamp 2^63', encodePayload([{ timestampDelta: delta, messageCount: 0n, transactions: [] }, { timestampDelta: (1n << 63n) - delta, messageCount: 0n, transactions: [] }]), 'TIMESTAMP'],
      ['a transaction without signature', encodePayload([{ timestampDelta: delta, messageCount: 0n, transactions: [tx(1, 0, 0, 0)] }]), 'TRANSACTION'],
      ['an invalid transaction in the second block', encodePayload([{ timestampDelta: delta, messageCount: 0n, transactions: [tx(2, 0, 1, 0)] }, { timestampDelta: 1n, messageCount: 0n, transactions: [tx(2, 255, 1, 0)] }]), 'BLOCK'],
      ['zkGas at the cap', encodePayload([75, 75].map((zk, i) => ({ timestampDelta: i === 0 ? delta : 1n, messageCount: 0n, transactions: [tx(2, 0, zk, 0)] }))), undefined],
      ['zkGas above the cap', encodePayload([75, 76].map((zk, i) => ({ timestampDelta: i === 0 ? delta : 1n, messageCount: 0n, transactions: [tx(2, 0, zk, 0)] }))), 'ZKGAS'],
    ];
    for (const [name, payload, rule] of cases) {
      const { derivation } = await fresh(world.mine([world.commit({ payload, take: 0n, parentHash: MODEL_GENESIS.hash }, [])], 0));
      const result = derivation.result(1n);
      assert.equal(result?.emptiedBecause?.split(':')[0], rule, name);
      if (rule !== undefined) assert.deepEqual([result?.outputs.lastNumber, result?.outputs.lastTimestamp, result?.outputs.zkGasUsed], [1n, origin, 0n], name);
      else assert.ok(result !== undefined && result.outputs.zkGasUsed <= MAX_BATCH_ZKGAS);
    }
  });

  it('dates the empty batch after the parent, the newest message and the origin alike', async () => {
    const first = new L1World().mine([], 0);
    const message = first.message({}, []);
    const world = first.mine([message], 0);
    const { derivation } = await fresh(world.mine([world.commit({ payload: Uint8Array.of(9), take: 1n, parentHash: MODEL_GENESIS.hash }, [])], 0));
    assert.equal(derivation.result(1n)?.outputs.lastTimestamp, world.tip.timestamp);
    const later = world.mine([world.commit({ payload: fittingPayload(world, 0n, 1n, [[], []]), take: 1n, parentHash: MODEL_GENESIS.hash }, [])], 0);
    const parent = (await fresh(later)).derivation.head.derived;
    const commit = later.commit({ payload: Uint8Array.of(9), take: 0n, parentHash: parent.hash }, []);
    assert.ok(commit.kind === 'commit' && commit.commit.origin !== undefined);
    const old = { ...commit, commit: { ...commit.commit, origin: { ...commit.commit.origin, timestamp: parent.timestamp - 5n } } };
    assert.equal((await fresh(later.mine([old], 0))).derivation.result(2n)?.outputs.lastTimestamp, parent.timestamp + 1n);
  });

  it('gives a batch on a foreign parent no result, and goes on after it is dropped', async () => {
    const world = new L1World().mine([], 0);
    const orphan = world.mine([world.commit({ payload: Uint8Array.of(9), take: 0n, parentHash: keccak(Uint8Array.of(5)) }, [])], 0);
    const { derivation } = await fresh(orphan);
    assert.equal((await derivation.deriveNext()).kind, 'standing');
    const dropped = orphan.mine([{ kind: 'dropped', from: 1n, to: 1n }], 0);
    const mended = dropped.mine([dropped.commit({ payload: Uint8Array.of(9), take: 0n, parentHash: MODEL_GENESIS.hash }, [])], 0);
    assert.equal((await fresh(mended)).derivation.head.derived.batchIndex, 1n);
  });

  it('marks a batch that L1 can never answer because its last block is later than its commit', async () => {
    const world = new L1World().mine([], 0);
    const payload = encodePayload([{ timestampDelta: world.nextTime + 1n, messageCount: 0n, transactions: [] }]);
    const { derivation } = await fresh(world.mine([world.commit({ payload, take: 0n, parentHash: MODEL_GENESIS.hash }, [])], 0));
    assert.match(derivation.result(1n)?.unanswerableBecause ?? '', /^LAST_TIMESTAMP/);
  });

  it('refuses L1 records that contradict each other, and keeps what it had', async () => {
    const world = new L1World();
    const good = world.message({}, []);
    assert.ok(good.kind === 'message');
    const commit = world.mine([good], 0).commit({ payload: Uint8Array.of(9), take: 1n, parentHash: MODEL_GENESIS.hash }, []);
    assert.ok(commit.kind === 'commit');
    const wrong = keccak(Uint8Array.of(3));
    const cases: readonly (readonly [string, readonly L1Record[]])[] = [
      ['message-index', [{ kind: 'message', message: { ...good.message, index: 1n } }]],
      ['accumulator', [{ kind: 'message', message: { ...good.message, accumulator: wrong } }]],
      ['accumulator', [{ kind: 'message', message: { ...good.message, raw: Uint8Array.from([...good.message.raw, 0]) } }]],
      ['message-bytes', [{ kind: 'message', message: { ...good.message, raw: good.message.raw.slice(0, 40) } }]],
      ['accumulator', [good, { kind: 'commit', commit: { ...commit.commit, accTo: wrong } }]],
      ['accumulator', [{ kind: 'commit', commit: commit.commit }]],
      ['payload', [good, { kind: 'commit', commit: { ...commit.commit, payload: Uint8Array.of(8) } }]],
      ['inbox-range', [good, { kind: 'commit', commit: { ...commit.commit, inboxFrom: 1n } }]],
      ['batch-index', [good, { kind: 'commit', commit: { ...commit.commit, index: 2n } }]],
      ['finality-order', [good, commit, { kind: 'finalized', batchIndex: 2n, lastHash: wrong, stateRoot: wrong, lastNumber: 1n, inboxTo: 1n }]],
      ['drop-range', [good, commit, { kind: 'dropped', from: 2n, to: 2n }]],
    ];
    for (const [code, records] of cases) {
      const { derivation } = await fresh(world);
      const before = derivation.head;
      const event = world.mine(records, 0).eventsFrom(world, 9)[0];
      assert.ok(event);
      await assert.rejects(derivation.apply(event), (error) => error instanceof DerivationFault && error.code === 'contradiction' && error.message.includes(code), code);
      assert.deepEqual(derivation.head, before);
    }
  });

  it('stops as diverged when L1 makes final what it computes otherwise, before or after deriving it', async () => {
    const world = new L1World();
    const committed = world.mine([world.commit({ payload: Uint8Array.of(9), take: 0n, parentHash: MODEL_GENESIS.hash }, [])], 0);
    const other = keccak(Uint8Array.of(3));
    const final = committed.mine([{ kind: 'finalized', batchIndex: 1n, lastHash: other, stateRoot: other, lastNumber: 1n, inboxTo: 0n }], 0);
    const isDiverged = (error: unknown): boolean => error instanceof DerivationFault && error.code === 'diverged';
    await assert.rejects(fresh(final), isDiverged);
    const { derivation } = await fresh(committed);
    const event = final.eventsFrom(committed, 9)[0];
    assert.ok(event);
    await assert.rejects(derivation.apply(event), isDiverged);
  });

  it('refuses a reorganization below a finalized L1 block', async () => {
    const world = new L1World().mine([], 0).mine([], 0).mine([], 0);
    const { derivation } = await fresh(world);
    const [first, second] = world.blocks;
    assert.ok(first && second);
    await derivation.apply({ kind: 'l1-finalized', block: { number: second.number, hash: second.hash } });
    await assert.rejects(derivation.apply({ kind: 'l1-reorged', ancestor: { number: first.number, hash: first.hash } }), (error) => error instanceof DerivationFault);
  });

  it('refuses a store that belongs to another rollup', async () => {
    const { store } = await fresh(new L1World());
    await assert.rejects(Derivation.open({ store, engine: new ModelEngine(store), identity: { ...IDENTITY, rollup: `0x${'bb'.repeat(20)}` }, timestampLagSeconds: 259_200n, start: START }), (error) => error instanceof DerivationFault && error.code === 'store');
  });
});
