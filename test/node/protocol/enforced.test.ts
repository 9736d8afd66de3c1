/**
 * Enforced blocks and skipped ranges as functions of the queue: laws, and the edges by hand.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  enforcedBlocks, enforcedIntervalSeconds, enforcedPayloadCommitment, intervalOfCommitment, isIntervalClosed, MAX_BLOCK_ZKGAS, nextSkippedFrom, nextUnskipped, withSkipped,
  type MessageRange, type QueuedMessage,
} from '@keyfall/protocol';

const SEED = Number(process.env['KEYFALL_SEED'] ?? 20_261_127);
const INTERVAL = 3_600n;
const at = (l1Time: bigint, declaredZkGas = 100_000n): QueuedMessage => ({ l1Time, declaredZkGas });
const counts = (messages: readonly QueuedMessage[], parent = 0n): readonly number[] => enforcedBlocks(messages, parent, INTERVAL).map(({ messageCount }) => messageCount);

/** Queues whose times never go back, with messages up to the cap of one. */
const queue = fc.array(fc.record({ gap: fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: 9_000n })), declaredZkGas: fc.oneof(fc.constantFrom(21_000n, MAX_BLOCK_ZKGAS), fc.bigInt({ min: 21_000n, max: MAX_BLOCK_ZKGAS })) }), { maxLength: 40 })
  .map((rows) => {
    let l1Time = 1_700_000_000n;
    return rows.map(({ gap, declaredZkGas }) => at(l1Time += gap, declaredZkGas));
  });

test('blocks take the whole queue in order, never mix intervals, never pass the cap, and none could have taken one message more', () => {
  fc.assert(fc.property(queue, (messages) => {
    let start = 0;
    for (const { messageCount } of enforcedBlocks(messages, 0n, INTERVAL)) {
      const block = messages.slice(start, start + messageCount);
      const zkGas = block.reduce((sum, { declaredZkGas }) => sum + declaredZkGas, 0n);
      assert(messageCount > 0 && zkGas <= MAX_BLOCK_ZKGAS);
      assert.equal(new Set(block.map(({ l1Time }) => l1Time / INTERVAL)).size, 1);
      const next = messages[start + messageCount];
      if (next !== undefined && next.l1Time / INTERVAL === block[0]!.l1Time / INTERVAL) assert(zkGas + next.declaredZkGas > MAX_BLOCK_ZKGAS, 'it ends for a reason');
      start += messageCount;
    }
    assert.equal(start, messages.length);
  }), { seed: SEED });
});

test('the blocks are the same however many whole blocks each batch takes', () => {
  fc.assert(fc.property(queue, fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 40 }), fc.bigInt({ min: 0n, max: 1_800_000_000n }), (messages, takes, parent) => {
    const whole = enforcedBlocks(messages, parent, INTERVAL);
    const pieces = [];
    let timestamp = parent;
    let start = 0;
    for (let turn = 0; start < messages.length; turn++) {
      const offered = enforcedBlocks(messages.slice(start), timestamp, INTERVAL).slice(0, takes[turn % takes.length]);
      const taken = offered.reduce((sum, { messageCount }) => sum + messageCount, 0);
      // The next prover sees only what this one committed: the batch's own messages give the batch's blocks.
      const batch = enforcedBlocks(messages.slice(start, start + taken), timestamp, INTERVAL);
      pieces.push(...batch);
      timestamp = batch.at(-1)!.timestamp;
      start += taken;
    }
    assert.deepEqual(pieces, whole);
  }), { seed: SEED });
});

test('a block is dated by its newest message, and after its parent whatever that is', () => {
  assert.deepEqual(enforcedBlocks([at(3_600n), at(3_700n), at(7_200n)], 0n, INTERVAL), [{ messageCount: 2, timestamp: 3_700n }, { messageCount: 1, timestamp: 7_200n }]);
  assert.deepEqual(enforcedBlocks([at(3_600n), at(7_200n)], 10_000n, INTERVAL), [{ messageCount: 1, timestamp: 10_001n }, { messageCount: 1, timestamp: 10_002n }]);
  assert.deepEqual(enforcedBlocks([at(3_600n)], 3_600n, INTERVAL), [{ messageCount: 1, timestamp: 3_601n }]);
  assert.deepEqual(enforcedBlocks([at(3_600n)], 3_599n, INTERVAL), [{ messageCount: 1, timestamp: 3_600n }]);
  assert.deepEqual(enforcedBlocks([], 5n, INTERVAL), []);
});

test('the cap splits exactly above 10,000,000 and an interval exactly at its first second', () => {
  const half = MAX_BLOCK_ZKGAS / 2n;
  assert.deepEqual(counts([at(0n, half), at(0n, half)]), [2]);
  assert.deepEqual(counts([at(0n, half), at(0n, half + 1n)]), [1, 1]);
  assert.deepEqual(counts([at(0n, half), at(0n, half), at(0n, 1n)]), [2, 1]);
  assert.deepEqual(counts([at(3_598n), at(3_599n)]), [2]);
  assert.deepEqual(counts([at(3_599n), at(3_600n)]), [1, 1]);
  assert.equal(isIntervalClosed(3_599n, 3_599n, INTERVAL), false);
  assert.equal(isIntervalClosed(3_599n, 3_600n, INTERVAL), true);
  assert.equal(isIntervalClosed(3_600n, 7_199n, INTERVAL), false);
});

test('the interval scales with the profile, stays a second at least, and survives its commitment', () => {
  assert.equal(enforcedIntervalSeconds(1n), 3_600n);
  assert.equal(enforcedIntervalSeconds(24n), 150n);
  assert.equal(enforcedIntervalSeconds(3_601n), 1n);
  for (const seconds of [1n, 150n, 3_600n]) assert.equal(intervalOfCommitment(enforcedPayloadCommitment(seconds)), seconds);
  assert.equal(intervalOfCommitment(`0x${'00'.repeat(32)}`), undefined, 'no interval');
  assert.equal(intervalOfCommitment(enforcedPayloadCommitment(3_601n)), undefined, 'longer than any profile has');
  assert.throws(() => enforcedBlocks([at(1n)], 0n, 0n), /at least one second/);
});

test('skipped ranges stay sorted, disjoint and merged, and say which message comes next', () => {
  const range = fc.tuple(fc.bigInt({ min: 0n, max: 60n }), fc.bigInt({ min: 1n, max: 8n })).map(([from, width]) => ({ from, to: from + width }));
  fc.assert(fc.property(fc.array(range, { maxLength: 12 }), (added) => {
    let skipped: readonly MessageRange[] = [];
    const isSkipped = new Set<bigint>();
    for (const next of added) {
      const members = Array.from({ length: Number(next.to - next.from) }, (_, i) => next.from + BigInt(i));
      if (members.some((index) => isSkipped.has(index))) {
        assert.throws(() => withSkipped(skipped, next), RangeError);
        continue;
      }
      skipped = withSkipped(skipped, next);
      for (const index of members) isSkipped.add(index);
    }
    for (const [i, { from, to }] of skipped.entries()) assert(from < to && (skipped[i + 1]?.from ?? to + 1n) > to, 'sorted, and adjacent ones merged');
    for (let index = 0n; index < 70n; index++) {
      let unskipped = index;
      while (isSkipped.has(unskipped)) unskipped += 1n;
      assert.equal(nextUnskipped(skipped, index), unskipped);
      if (isSkipped.has(index)) continue;
      let from: bigint | undefined = index;
      while (from !== undefined && !isSkipped.has(from)) from = from < 70n ? from + 1n : undefined;
      assert.equal(nextSkippedFrom(skipped, index), from);
    }
  }), { seed: SEED });
  assert.throws(() => withSkipped([], { from: 3n, to: 3n }), /expected messages/);
});
