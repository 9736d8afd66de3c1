/**
 * Attacks of the two protocol reviews against the model: each is tried as the review describes it and must fail for the reason 03 gives.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { attempt, enforcedProver, finalizer, freezer, play, slowTrigger, type Actor } from './actors.ts';
import { isInFull, payout, payoutRatio } from './protocol/exitRatio.ts';
import { D, DAY, E, HOUR, V } from './protocol/parameters.ts';
import { Protocol } from './protocol/protocol.ts';
import { Reserve, VERIFICATION_GAS } from './protocol/reserve.ts';
import { Refused } from './protocol/refused.ts';

function chain(): Protocol {
  const protocol = new Protocol();
  protocol.lanes.add('zk', 'zk');
  protocol.lanes.add('attesters', 'attesters');
  protocol.advance(DAY);
  return protocol;
}

const refusedWith = (code: string) => (error: unknown): boolean => error instanceof Refused && error.code === code;

test('a batch on an invented parent is never answered, and falls after V (N1)', () => {
  const protocol = chain();
  protocol.enqueue();
  const honest = protocol.commit();
  const phantom = protocol.commit({ parentHash: 'operator owns everything' });
  protocol.answer(honest, 'zk');
  assert.throws(() => protocol.answer(phantom, 'zk'), refusedWith('PARENT'));
  assert.throws(() => protocol.answer(phantom, 'attesters'), refusedWith('PARENT'));
  protocol.advance(V);
  assert.throws(() => protocol.drop(phantom), refusedWith('TOO_EARLY'));
  protocol.advance(1);
  protocol.drop(phantom);
  protocol.advance(3 * DAY);
  assert.equal(protocol.finalize(), 1);
  assert.throws(() => { protocol.commit({ parentHash: 'operator owns everything' }); protocol.answer(protocol.batches.length - 1, 'zk'); }, refusedWith('PARENT'));
});

test('an answer of the other kind to the parent does not carry a child (N1)', () => {
  const protocol = chain();
  const first = protocol.commit({ to: 0 });
  const second = protocol.commit({ to: 0 });
  protocol.answer(first, 'attesters');
  assert.throws(() => protocol.answer(second, 'zk'), refusedWith('PARENT'));
  protocol.answer(second, 'attesters');
  assert.equal(protocol.finalize(), 0, 'attesters alone finalize nothing');
});

test('stops united by dispute after dispute hold T back by at most the bucket (N2)', () => {
  const protocol = chain();
  const start = { t: protocol.t, wall: protocol.wall };
  protocol.clock.setStopEnd(protocol.wall + 90 * DAY);
  for (let day = 0; day < 90; day++) protocol.advance(DAY);
  const held = (): number => protocol.wall - start.wall - (protocol.t - start.t);
  assert.equal(held(), 10 * DAY, 'an endless stop empties the bucket once');
  for (let day = 0; day < 900; day++) {
    protocol.clock.setStopEnd(protocol.wall + 30 * DAY);
    protocol.advance(DAY);
  }
  assert.ok(held() <= 10 * DAY + (protocol.t - start.t) / 9, 'stops started over and over take a ninth of the time besides');
});

test('T is monotone, never gains on wall time, and loses at most 10 days plus a ninth of the time', () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 20 * DAY }), fc.option(fc.integer({ min: 0, max: 10 * DAY }))), { maxLength: 60 }), (steps) => {
    const protocol = new Protocol();
    for (const [seconds, stop] of steps) {
      const before = { t: protocol.t, wall: protocol.wall };
      if (stop !== null) protocol.clock.setStopEnd(protocol.wall + stop);
      protocol.advance(seconds);
      assert.ok(protocol.t >= before.t && protocol.t - before.t <= protocol.wall - before.wall);
    }
    assert.ok(protocol.wall - protocol.t <= 10 * DAY + protocol.wall / 9);
  }));
});

test('two disputes and a pause still end within the bucket, or in Frozen', () => {
  const protocol = chain();
  protocol.lanes.add('zk2', 'zk');
  const index = protocol.enqueue();
  const message = protocol.messages[index]!;
  const rogue: Actor = (p) => {
    attempt(() => p.pause());
    const head = p.batches[p.finalCount];
    if (head === undefined || head.answers.length === 0) return;
    attempt(() => p.answer(p.finalCount, 'attesters', 'a lie'));
    if (p.openDisputes().some((dispute) => p.wall >= dispute.end - HOUR)) {
      attempt(() => p.disableLane('attesters'));
      attempt(() => p.answer(p.finalCount, 'zk2', 'another lie'));
    }
    if (p.openDisputes().some((dispute) => p.wall >= dispute.end - HOUR)) attempt(() => p.disableLane('zk2'));
  };
  play(protocol, [slowTrigger(), enforcedProver('zk'), rogue, finalizer, freezer], () => message.fate === 'final' || protocol.mode === 'Frozen', 90);
  assert.equal(message.fate, 'final');
  const wall = (protocol.wall - message.wall) / DAY;
  assert.ok(protocol.wall - protocol.t <= 10 * DAY + protocol.wall / 9, 'the bucket bounds what stops take from T');
  assert.ok(wall <= 13.5 + 3 + 7 + 7 + 1, `${wall} days of wall time`);
});

test('evidence after finality falls on its lane and rewinds nothing (N3)', () => {
  const protocol = chain();
  protocol.lanes.add('wrap', 'zk', ['zk']);
  const first = protocol.commit({ to: 0 });
  protocol.answer(first, 'zk');
  protocol.answer(first, 'attesters');
  assert.equal(protocol.finalize(), 1);
  const finalHash = protocol.finalHash;
  protocol.lanes.nullify('zk', protocol.t);
  assert.equal(protocol.lanes.get('wrap').active, false, 'lanes built on it fall with it');
  assert.equal(protocol.finalHash, finalHash);
  assert.throws(() => protocol.answer(first, 'zk', 'a rewrite'), refusedWith('NO_BATCH'));
  protocol.advance(30 * DAY);
  protocol.freeze();
  assert.deepEqual(protocol.pinned, { hash: finalHash, settled: 0 });
  assert.throws(() => protocol.commit(), refusedWith('NOT_OPERATING'));
});

test('disabling the zk lane voids its unfinal answers at once, and no lane is left to finalize', () => {
  const protocol = chain();
  const batch = protocol.commit({ to: 0 });
  protocol.answer(batch, 'zk', 'a forged root');
  protocol.answer(batch, 'attesters');
  assert.equal(protocol.finalize(), 0, 'a dispute halts the batch');
  protocol.disableLane('zk');
  protocol.advance(10 * DAY);
  assert.equal(protocol.finalize(), 0, 'the attesters alone finalize nothing');
  protocol.drop(batch);
  protocol.advance(20 * DAY);
  protocol.freeze();
});

test('of two zk lanes that differ, the one the council leaves waits out Z and wins', () => {
  const protocol = chain();
  protocol.lanes.add('zk2', 'zk');
  const batch = protocol.commit({ to: 0 });
  protocol.answer(batch, 'zk');
  protocol.answer(batch, 'zk2', 'a forged root');
  protocol.advance(2 * DAY);
  protocol.disableLane('zk2');
  protocol.advance(DAY);
  assert.equal(protocol.finalize(), 0, 'Z did not run during the dispute');
  protocol.advance(2 * DAY);
  assert.equal(protocol.finalize(), 1);
  assert.equal(protocol.finalHash, 'H(genesis,0,0,1)');
});

test('a burst of due messages never makes a commit impossible (H1)', () => {
  const protocol = chain();
  for (let i = 0; i < 100; i++) protocol.enqueue({ zkGas: i % 3 === 0 ? 9_900_000 : 1_000_000 });
  protocol.advance(2 * DAY);
  assert.throws(() => protocol.commit({ to: 0 }), refusedWith('DUE_MESSAGES'));
  let commits = 0;
  for (; protocol.nextMessage < 100; commits++) protocol.commit();
  assert.ok(commits <= 2 * Math.ceil((34 * 9.9 + 66) / 10), `${commits} commits`);
});

test('one message an hour does not keep the chain in Enforced (H8)', () => {
  const protocol = chain();
  protocol.enqueue();
  const spammer: Actor = (p) => void p.enqueue();
  const operator: Actor = (p) => {
    attempt(() => p.requestReturn());
    attempt(() => p.returnToOperating());
  };
  play(protocol, [spammer, slowTrigger(), enforcedProver('zk', 1), finalizer, freezer, operator], () => protocol.mode === 'Operating' && protocol.t > 9 * DAY, 40);
  assert.equal(protocol.mode, 'Operating');
  assert.ok(protocol.t < 20 * DAY, `back after ${protocol.t / DAY} days`);
});

test('the books of a paid withdrawal do not shrink what the others are owed (N4)', () => {
  const ether = 10n ** 18n;
  const paidOf = (claim: bigint, escrow: bigint, earmarked: bigint, minted: bigint, burned: bigint, paid: bigint): bigint =>
    payout(claim, payoutRatio({ escrow, earmarked, minted, burned, paid }));
  assert.equal(paidOf(40n * ether, 40n * ether, 0n, 100n * ether, 60n * ether, 60n * ether), 40n * ether);
  assert.equal(paidOf(40n, 100n, 0n, 100n, 60n, 0n), 40n);
  assert.equal(paidOf(7n, 50n, 0n, 100n, 0n, 0n), 3n, 'half, rounded down');
  assert.equal(paidOf(1n, 10n, 20n, 1n, 0n, 0n), 0n, 'underflow pays nothing and does not lock up');
});

test('however claims are split and rounded, an asset never pays more than escrow minus earmarked (C9)', () => {
  const amount = fc.bigInt({ min: 0n, max: 10n ** 24n });
  fc.assert(fc.property(fc.array(amount, { minLength: 1, maxLength: 20 }), fc.array(amount, { maxLength: 20 }), amount, amount, (balances, withdrawals, escrow, earmarked) => {
    const sum = (values: bigint[]): bigint => values.reduce((a, b) => a + b, 0n);
    const burned = sum(withdrawals);
    const ratio = payoutRatio({ escrow, earmarked, minted: sum(balances) + burned, burned, paid: 0n });
    const paid = sum([...balances, ...withdrawals].map((claim) => payout(claim, ratio)));
    const available = escrow > earmarked ? escrow - earmarked : 0n;
    assert.ok(paid <= available);
    if (isInFull(ratio)) assert.equal(paid, sum(balances) + burned);
    else assert.ok(available - paid < BigInt(balances.length + withdrawals.length), 'rounding keeps less than one unit of each claim');
  }));
});

test('withholding proofs for the top-up takes at most 2 % of the reserve a day, at an averaged base fee (N14)', () => {
  const reserve = new Reserve(50e9);
  const request = { baseFeeGwei: 5_000, averageBaseFeeGwei: 20, zkGas: 150_000, escrowGwei: 0.7e6, unprovenSeconds: 47 * HOUR };
  const first = reserve.pay(0, request);
  assert.ok(first <= 50e9 * 0.02);
  assert.equal(reserve.pay(HOUR, request), Math.min(50e9 * 0.02 - first, first));
  for (let day = 1; day < 38; day++) for (let hour = 0; hour < 24; hour++) reserve.pay(day * DAY + hour * HOUR, request);
  assert.ok(reserve.balanceGwei >= 50e9 * 0.98 ** 38 * 0.999, `after 38 days ${reserve.balanceGwei / 50e9} of it is left`);
  const fresh = new Reserve(50e9).pay(0, { ...request, unprovenSeconds: 12 * HOUR - 1 });
  assert.equal(fresh, 0, 'a head younger than 12 h earns no top-up');
  assert.ok(new Reserve(1e15).pay(0, request) <= 10 * 1.2 * (VERIFICATION_GAS * 20 + 0.05 * 150_000), 'growth is capped at ten times the cost at the averaged base fee');
});

test('the triggers stand one second past their bound and not at it', () => {
  const protocol = chain();
  protocol.enqueue();
  protocol.advance(E);
  assert.throws(() => protocol.enterEnforced(), refusedWith('NOT_LATE'));
  protocol.advance(1);
  protocol.enterEnforced();
  assert.throws(() => protocol.announceSkip(), refusedWith('SKIP_TOO_EARLY'));
  protocol.advance(5 * DAY);
  protocol.announceSkip();
  assert.throws(() => protocol.takeSkip(), refusedWith('SKIP_NOTICE'));
  protocol.advance(12 * HOUR);
  assert.equal(protocol.takeSkip(), 1);
  protocol.advance(30 * DAY - 5.5 * DAY - 1);
  assert.throws(() => protocol.freeze(), refusedWith('NOT_FREEZABLE'));
  protocol.advance(1);
  protocol.freeze();
});

test('a dispute unresolved for D of wall time freezes on the last final batch, never on a disputed one', () => {
  const protocol = chain();
  const first = protocol.commit({ to: 0 });
  const second = protocol.commit({ to: 0 });
  protocol.answer(first, 'zk');
  protocol.answer(second, 'zk', 'forged');
  protocol.answer(first, 'attesters');
  assert.equal(protocol.finalize(), 1);
  protocol.answer(second, 'attesters');
  protocol.advance(D - 1);
  assert.throws(() => protocol.freeze(), refusedWith('NOT_FREEZABLE'));
  protocol.advance(1);
  protocol.freeze();
  assert.equal(protocol.pinned?.hash, 'H(genesis,0,0,1)');
});

test('a child proven on the answer of a lane that later fell is not finalized on another parent (N1, N21)', () => {
  const protocol = chain();
  protocol.lanes.add('zk2', 'zk');
  const parent = protocol.commit({ to: 0 });
  protocol.answer(parent, 'zk');
  protocol.answer(parent, 'zk2', 'forged');
  const child = protocol.commit({ to: 0, parentHash: 'forged' });
  protocol.answer(child, 'zk');
  protocol.disableLane('zk2');
  protocol.advance(20 * DAY);
  assert.equal(protocol.finalize(), 1, 'the parent only');
  assert.equal(protocol.finalHash, 'H(genesis,0,0,1)');
});

test('a dispute goes with the batch it was about when a batch before it is dropped', () => {
  const protocol = chain();
  protocol.lanes.add('zk2', 'zk');
  const parent = protocol.commit({ to: 0 });
  const child = protocol.commit({ to: 0 });
  protocol.answer(parent, 'zk2');
  protocol.answer(child, 'zk');
  protocol.answer(parent, 'attesters');
  protocol.answer(child, 'attesters', 'a lie');
  protocol.nullify('zk2');
  protocol.advance(10 * DAY);
  protocol.drop(parent);
  assert.deepEqual(protocol.openDisputes(), []);
  const again = protocol.commit({ to: 0 });
  protocol.answer(again, 'zk');
  protocol.advance(3 * DAY);
  assert.equal(protocol.finalize(), 1);
});

test('a dispute opened after Z has passed still halts the batch', () => {
  const protocol = chain();
  const batch = protocol.commit({ to: 0 });
  protocol.answer(batch, 'zk');
  protocol.advance(4 * DAY);
  protocol.answer(batch, 'attesters', 'a lie');
  assert.equal(protocol.finalize(), 0);
  protocol.disableLane('attesters');
  assert.equal(protocol.finalize(), 1);
});

/** Enforced, with one proven batch of one message waiting out Z, and one message behind it skipped. */
function skippedBehindProven(): Protocol {
  const protocol = chain();
  protocol.enqueue();
  protocol.advance(HOUR);
  protocol.enqueue({ poison: true });
  protocol.advance(E + HOUR);
  protocol.enterEnforced();
  protocol.pause();
  protocol.commitEnforced('zk', { to: 1 });
  protocol.advance(8 * DAY);
  protocol.announceSkip();
  protocol.advance(12 * HOUR);
  protocol.takeSkip();
  return protocol;
}

test('a skip stands when the batch before it falls, and the next batches leave it out', () => {
  const protocol = skippedBehindProven();
  protocol.enqueue();
  protocol.advance(HOUR);
  protocol.lanes.add('zk2', 'zk');
  protocol.lanes.nullify('zk', protocol.t);
  protocol.drop(protocol.finalCount);
  assert.equal(protocol.nextMessage, 0);
  const first = protocol.commitEnforced('zk2');
  const second = protocol.commitEnforced('zk2');
  assert.deepEqual([protocol.batches[first]!.to, protocol.batches[second]!.from, protocol.batches[second]!.to], [1, 2, 3]);
  protocol.advance(3 * DAY);
  assert.equal(protocol.finalize(), 2);
  assert.equal(protocol.settled, 3);
  assert.deepEqual(protocol.messages.map((message) => message.fate), ['final', 'skipped', 'final']);
});

test('an episode with a skip that no one ends freezes after 30 days, however much is finalized meanwhile', () => {
  const protocol = skippedBehindProven();
  for (let day = 0; day < 29; day++) {
    protocol.enqueue();
    protocol.advance(DAY);
    protocol.commitEnforced('zk');
    protocol.finalize();
    assert.throws(() => protocol.freeze(), refusedWith('NOT_FREEZABLE'), `day ${day}`);
  }
  protocol.advance(DAY);
  protocol.freeze();
});
