// Laws of the transaction pool against a model that keeps a plain list.

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import type { SentTransaction } from '../../../node/execute/api.ts';
import { effectiveTipWei, feeCapWei, Pool, tipCapWei, type PoolLimits } from '../../../node/sequence/pool.ts';
import { Selection } from '../../../node/sequence/selection.ts';

const SEED = Number(process.env['KEYFALL_SEED'] ?? 20_261_122);
const LIMITS: PoolLimits = { transactions: 12, bytes: 1_000, perSender: 6, queued: 5, nonceLead: 8n };
const RICH = 10n ** 30n;
let counter = 0;

function transaction(fields: { sender: number; nonce: number; cap: number; tip: number; bytes?: number; gasLimit?: bigint }): SentTransaction {
  counter += 1;
  const hash = new Uint8Array(32);
  new DataView(hash.buffer).setUint32(0, counter);
  return {
    type: 2, raw: new Uint8Array(fields.bytes ?? 100), hash, chainId: 1n, nonce: BigInt(fields.nonce), gasLimit: fields.gasLimit ?? 21_000n, to: new Uint8Array(20), value: 0n,
    data: new Uint8Array(0), accessList: [], yParity: 0, r: 1n, s: 1n, maxFeePerGas: BigInt(fields.cap), maxPriorityFeePerGas: BigInt(Math.min(fields.tip, fields.cap)),
    sender: new Uint8Array(20).fill(fields.sender + 1),
  };
}
const rich = (nonce = 0n): { nonce: bigint; balance: bigint; maxCostWei: bigint } => ({ nonce, balance: RICH, maxCostWei: 1n });

const action = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('add' as const), sender: fc.nat(3), nonce: fc.nat(11), cap: fc.integer({ min: 1, max: 60 }), tip: fc.nat(60), bytes: fc.integer({ min: 20, max: 300 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('move' as const), sender: fc.nat(3), nonce: fc.nat(8) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop' as const), at: fc.nat(20) }) },
);

test('the pool never exceeds a limit, keeps one transaction per sender and nonce, and counts gaps as a plain list would', () => {
  fc.assert(fc.property(fc.array(action, { maxLength: 80 }), (actions) => {
    const pool = new Pool(LIMITS);
    const nonces = [0n, 0n, 0n, 0n];
    const model = new Map<string, SentTransaction>();
    const keyOf = (tx: SentTransaction): string => Buffer.from(tx.hash).toString('hex');
    for (const next of actions) {
      if (next.kind === 'add') {
        const tx = transaction(next);
        const added = pool.add(tx, rich(nonces[next.sender]!));
        if (!added.ok) continue;
        for (const gone of added.evicted) {
          assert(feeCapWei(tx) > feeCapWei(gone.transaction), 'whoever is pushed out paid less');
          assert(model.delete(keyOf(gone.transaction)));
        }
        model.set(keyOf(tx), tx);
      } else if (next.kind === 'move') {
        nonces[next.sender] = BigInt(next.nonce);
        for (const gone of pool.moveAccount(new Uint8Array(20).fill(next.sender + 1), BigInt(next.nonce))) {
          assert(gone.transaction.nonce < BigInt(next.nonce));
          assert(model.delete(keyOf(gone.transaction)));
        }
      } else {
        const victim = [...model.values()][next.at];
        if (victim !== undefined) {
          assert(pool.drop(victim.hash) !== undefined);
          model.delete(keyOf(victim));
        }
      }
      assertAgrees(pool, [...model.values()], nonces);
    }
  }), { numRuns: 500, seed: SEED });
  console.log(`seed ${SEED}`);
});

function assertAgrees(pool: Pool, model: readonly SentTransaction[], nonces: readonly bigint[]): void {
  assert.equal(pool.size, model.length);
  assert(pool.size <= LIMITS.transactions);
  assert(model.reduce((sum, tx) => sum + tx.raw.length, 0) <= LIMITS.bytes);
  let queued = 0;
  for (const [index, nonce] of nonces.entries()) {
    const mine = model.filter((tx) => tx.sender[0] === index + 1);
    assert(mine.length <= LIMITS.perSender);
    assert.equal(new Set(mine.map((tx) => tx.nonce)).size, mine.length);
    let gap = nonce;
    while (mine.some((tx) => tx.nonce === gap)) gap += 1n;
    queued += mine.filter((tx) => tx.nonce >= gap).length;
    const sender = new Uint8Array(20).fill(index + 1);
    assert.deepEqual([...pool.executable(sender)].map((entry) => entry.transaction.nonce), Array.from({ length: Number(gap - nonce) }, (_, offset) => nonce + BigInt(offset)));
    if (mine.length > 0) assert.equal(pool.nextNonce(sender), gap);
    const { pending, queued: waiting } = pool.ofSender(sender);
    assert.deepEqual([...pending, ...waiting].map((entry) => entry.transaction.nonce), mine.map((tx) => tx.nonce).toSorted((a, b) => Number(a - b)));
  }
  assert.equal(pool.queuedCount, queued);
}

test('a replacement needs ten percent more of both fee cap and tip, at the boundary exactly', () => {
  for (const [cap, tip, expected] of [[110, 11, true], [109, 11, false], [110, 10, false], [200, 10, false], [110, 110, true]] as const) {
    const pool = new Pool(LIMITS);
    assert(pool.add(transaction({ sender: 0, nonce: 0, cap: 100, tip: 10 }), rich()).ok);
    const result = pool.add(transaction({ sender: 0, nonce: 0, cap, tip }), rich());
    assert.equal(result.ok, expected, `cap ${cap}, tip ${tip}`);
    if (!result.ok) assert.equal(result.code, 'replacement-underpriced');
    assert.equal(pool.size, 1);
  }
});

test('the sum of what a sender can be charged never exceeds its balance', () => {
  const pool = new Pool(LIMITS);
  const account = { nonce: 0n, balance: 100n, maxCostWei: 40n };
  assert(pool.add(transaction({ sender: 0, nonce: 0, cap: 1, tip: 0 }), account).ok);
  assert(pool.add(transaction({ sender: 0, nonce: 1, cap: 1, tip: 0 }), account).ok);
  const third = pool.add(transaction({ sender: 0, nonce: 2, cap: 1, tip: 0 }), account);
  assert(!third.ok && third.code === 'insufficient-funds');
});

test('a full pool lets a better-paying newcomer in and refuses one that pays no more', () => {
  const pool = new Pool({ ...LIMITS, transactions: 2 });
  const cheap = transaction({ sender: 0, nonce: 0, cap: 10, tip: 10 });
  assert(pool.add(cheap, rich()).ok);
  assert(pool.add(transaction({ sender: 1, nonce: 0, cap: 50, tip: 50 }), rich()).ok);
  const equal = pool.add(transaction({ sender: 2, nonce: 0, cap: 10, tip: 10 }), rich());
  assert(!equal.ok && equal.code === 'underpriced');
  const better = pool.add(transaction({ sender: 2, nonce: 0, cap: 11, tip: 11 }), rich());
  assert(better.ok);
  assert.deepEqual(better.evicted.map((entry) => entry.transaction), [cheap]);
});

test('a full pool of any mix gives way to whoever pays more, one after the other, until nobody pays less', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 20 }), fc.boolean(), (senders, perSender, isByBytes) => {
    const count = senders * perSender;
    const pool = new Pool({ transactions: isByBytes ? 10_000 : count, bytes: isByBytes ? count * 100 : 10_000_000, perSender: 1_000, queued: 1_000, nonceLead: 1_000n });
    for (let sender = 0; sender < senders; sender++) for (let nonce = 0; nonce < perSender; nonce++) assert(pool.add(transaction({ sender, nonce, cap: 10 + (sender + nonce) % 7, tip: 0 }), rich()).ok);
    for (let i = 0; i < count; i++) {
      const added = pool.add(transaction({ sender: 200, nonce: i, cap: 100, tip: 0 }), rich());
      assert(added.ok, `newcomer ${i} of ${count}: ${added.ok ? '' : added.message}`);
      assert.equal(added.evicted.length, 1);
    }
    assert.equal(pool.size, count);
    assert(!pool.add(transaction({ sender: 201, nonce: 0, cap: 100, tip: 0 }), rich()).ok);
  }), { numRuns: 60, seed: SEED });
});

test('a flood of refused newcomers at a full pool does not sort the pool each time', () => {
  const pool = new Pool({ transactions: 200, bytes: 10_000_000, perSender: 10, queued: 10, nonceLead: 10n });
  let priceReads = 0;
  for (let sender = 0; sender < 200; sender++) {
    const pooled = { ...transaction({ sender, nonce: 0, cap: 10, tip: 10 }), get maxFeePerGas() { priceReads += 1; return 10n; } };
    assert(pool.add(pooled as SentTransaction, rich()).ok);
  }
  const refuse = (): number => {
    const before = priceReads;
    assert(!pool.add(transaction({ sender: 201, nonce: 0, cap: 10, tip: 10 }), rich()).ok);
    return priceReads - before;
  };
  assert(refuse() > 200, 'the first one sorts');
  for (let i = 0; i < 50; i++) assert(refuse() < 10);
});

test('selection gives each sender in nonce order and always the best tip among the first ones', () => {
  const entry = fc.record({ sender: fc.nat(4), cap: fc.integer({ min: 1, max: 100 }), tip: fc.nat(100) });
  fc.assert(fc.property(fc.array(entry, { maxLength: 40 }), fc.integer({ min: 0, max: 50 }), (entries, baseFee) => {
    const pool = new Pool({ ...LIMITS, transactions: 100, bytes: 100_000, perSender: 100, nonceLead: 100n });
    const counts = [0, 0, 0, 0, 0];
    for (const { sender, cap, tip } of entries) assert(pool.add(transaction({ sender, nonce: counts[sender]!++, cap, tip }), rich()).ok);
    const selection = new Selection(pool, BigInt(baseFee), { payloadBytes: 1_000_000, zkGas: 10n ** 12n });
    const expected = modelOrder(pool, BigInt(baseFee));
    const room = { gasLeft: 10n ** 12n, zkGasLeft: 10n ** 12n };
    for (let next = selection.next(room); next !== undefined; next = selection.next(room)) {
      assert.equal(next, expected.shift());
      assert(feeCapWei(next) >= BigInt(baseFee) && tipCapWei(next) <= feeCapWei(next));
      selection.outcome(next, { included: true });
    }
    assert.equal(expected.length, 0);
  }), { numRuns: 300, seed: SEED });
});

/** The same order by repeated linear search. */
function modelOrder(pool: Pool, baseFee: bigint): SentTransaction[] {
  const queues = [...pool.senders()].map((sender) => [...pool.executable(sender)]);
  const order: SentTransaction[] = [];
  for (;;) {
    const heads = queues.flatMap((queue) => (queue[0] !== undefined && effectiveTipWei(queue[0].transaction, baseFee) >= 0n ? [queue[0]] : []));
    const [best] = heads.toSorted((a, b) => {
      const byTip = Number(effectiveTipWei(b.transaction, baseFee) - effectiveTipWei(a.transaction, baseFee));
      return byTip === 0 ? a.sequence - b.sequence : byTip;
    });
    if (best === undefined) return order;
    order.push(best.transaction);
    queues.find((queue) => queue[0] === best)!.shift();
  }
}

test('selection never passes the room of block or batch', () => {
  const pool = new Pool({ ...LIMITS, transactions: 100, bytes: 100_000, perSender: 100, nonceLead: 100n });
  for (let sender = 0; sender < 20; sender++) assert(pool.add(transaction({ sender, nonce: 0, cap: 10, tip: 10, gasLimit: 21_000n, bytes: 50 }), rich()).ok);
  const count = (limits: { payloadBytes: number; zkGas: bigint }, blockGas: bigint): number => {
    const selection = new Selection(pool, 0n, limits);
    let used = 0n;
    for (let taken = 0; ; taken++) {
      const next = selection.next({ gasLeft: blockGas - used, zkGasLeft: blockGas - used });
      if (next === undefined) return taken;
      used += next.gasLimit;
      selection.outcome(next, { included: true });
    }
  };
  assert.equal(count({ payloadBytes: 10_000, zkGas: 2_100_000n }, 210_000n), 10);
  assert.equal(count({ payloadBytes: 10_000, zkGas: 147_000n }, 210_000n), 7);
  assert.equal(count({ payloadBytes: 51 * 4, zkGas: 2_100_000n }, 210_000n), 4);
  assert.equal(count({ payloadBytes: 51 * 4 - 1, zkGas: 2_100_000n }, 210_000n), 3);
});

test('what a run showed to need more than its gas limit is offered again only where that much is left', () => {
  const pool = new Pool({ ...LIMITS, transactions: 100, bytes: 100_000 });
  const hungry = transaction({ sender: 0, nonce: 0, cap: 50, tip: 50 });
  assert(pool.add(hungry, rich()).ok && pool.add(transaction({ sender: 1, nonce: 0, cap: 10, tip: 10 }), rich()).ok);
  const limits = { payloadBytes: 100_000, zkGas: 15_000_000n };
  const first = new Selection(pool, 0n, limits);
  assert.equal(first.next({ gasLeft: 300_000n, zkGasLeft: 300_000n }), hungry);
  first.outcome(hungry, { included: false, reason: 'block-gas', message: '', neededZkGas: 300_001n });
  assert.equal(first.refused.length, 0, 'it stays in the pool');
  for (const [zkGasLeft, batchZkGas, isOffered] of [[300_000n, 15_000_000n, false], [300_001n, 15_000_000n, true], [300_001n, 300_000n, false], [300_001n, 300_001n, true]] as const) {
    const offered = new Selection(pool, 0n, { ...limits, zkGas: batchZkGas }).next({ gasLeft: 10_000_000n, zkGasLeft });
    assert.equal(offered === hungry, isOffered, `${zkGasLeft} of ${batchZkGas}`);
    assert(offered !== undefined, 'the other one is not kept out');
  }
});

test('a hundred accounts with high tips and gas limits of a whole block do not keep the others out', () => {
  const pool = new Pool({ ...LIMITS, transactions: 200, bytes: 100_000 });
  for (let sender = 0; sender < 100; sender++) assert(pool.add(transaction({ sender, nonce: 0, cap: 50, tip: 50, gasLimit: 10_000_000n }), rich()).ok);
  for (let sender = 100; sender < 150; sender++) assert(pool.add(transaction({ sender, nonce: 0, cap: 10, tip: 10 }), rich()).ok);
  const selection = new Selection(pool, 0n, { payloadBytes: 100_000, zkGas: 15_000_000n });
  let left = 10_000_000n;
  let included = 0;
  for (let next = selection.next({ gasLeft: left, zkGasLeft: left }); next !== undefined; next = selection.next({ gasLeft: left, zkGasLeft: left })) {
    selection.outcome(next, { included: true });
    // What a transfer uses, whatever its limit.
    left -= 21_000n;
    included += 1;
  }
  assert.equal(included, 51);
});
