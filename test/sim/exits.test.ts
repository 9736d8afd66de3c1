/**
 * The worst-case-exit table of the protocol review (section 1), each row a run of the model that ends within its row under the rules of 03.
 *
 * An exit is: half a day to enqueue, the run, one day to claim. T is the protocol's time, wall is what a user waits.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attempt, dropper, enforcedProver, finalizer, freezer, play, skipper, slowTrigger, type Actor } from './actors.ts';
import { DAY, HOUR } from './protocol/parameters.ts';
import { Protocol } from './protocol/protocol.ts';

const ENQUEUE = DAY / 2;
const CLAIM = DAY;

function chain(): Protocol {
  const protocol = new Protocol();
  protocol.lanes.add('zk', 'zk');
  protocol.lanes.add('attesters', 'attesters');
  protocol.advance(DAY);
  return protocol;
}

/** Days of T and of wall time from the user's decision to the payment of message `index`. */
function exit(protocol: Protocol, index: number, actors: readonly Actor[], limitDays = 60): { t: number; wall: number } {
  const message = protocol.messages[index]!;
  play(protocol, actors, () => message.fate === 'final' || protocol.mode === 'Frozen', limitDays);
  assert.equal(message.fate, 'final', `message ${index} became final (mode ${protocol.mode}, day ${protocol.t / DAY})`);
  return { t: (ENQUEUE + protocol.t - message.t + CLAIM) / DAY, wall: (ENQUEUE + protocol.wall - message.wall + CLAIM) / DAY };
}

const strangers = (): Actor[] => [slowTrigger(), enforcedProver('zk'), dropper, finalizer];
/** One step of the simulation: what a run may overshoot by. */
const STEP = (3 * HOUR) / DAY;

test('a dead operator delays an exit by at most 15 days of T', () => {
  const protocol = chain();
  const { t } = exit(protocol, protocol.enqueue(), strangers());
  assert.ok(t > 14 && t <= 15 + STEP, `${t} days`);
});

test('an operator that commits every hour and drips finality delays an exit by at most 15 days of T (C1)', () => {
  for (const withheldHours of [0, 12, 24, 36, 47, 48, 60, 72, 120, 167]) {
    const protocol = chain();
    const index = protocol.enqueue();
    const operator: Actor = (p) => {
      attempt(() => p.enqueue());
      attempt(() => p.commit());
      const next = p.batches.findIndex((batch, i) => i >= p.finalCount && batch.answers.length === 0);
      if (next >= 0 && p.t - p.batches[next]!.committedAt >= withheldHours * HOUR) attempt(() => p.answer(next, 'zk'));
    };
    const { t } = exit(protocol, index, [operator, ...strangers()]);
    assert.ok(t <= 15 + STEP, `withholding ${withheldHours} h: ${t} days`);
  }
});

test('an operator that commits unprovable batches delays an exit by at most 15 days of T', () => {
  const protocol = chain();
  const index = protocol.enqueue();
  const operator: Actor = (p) => {
    if (p.batches.length === p.finalCount) attempt(() => p.commit({ unprovable: true }));
  };
  const { t } = exit(protocol, index, [operator, ...strangers()]);
  assert.ok(t <= 15 + STEP, `${t} days`);
});

const lyingAttesters: Actor = (p) => {
  const next = p.batches[p.finalCount];
  if (next !== undefined && next.answers.length > 0) attempt(() => p.answer(p.finalCount, 'attesters', 'a lie'));
};
const lastMinuteCouncil: Actor = (p) => {
  if (p.openDisputes().some((dispute) => p.wall >= dispute.end - HOUR)) attempt(() => p.disableLane('attesters'));
};

test('malicious attesters overruled at the last minute delay an exit by at most 15 days of T, 22 of wall', () => {
  const protocol = chain();
  const { t, wall } = exit(protocol, protocol.enqueue(), [...strangers(), lyingAttesters, lastMinuteCouncil, freezer]);
  assert.ok(t <= 15 + STEP, `${t} days of T`);
  assert.ok(wall > 20 && wall <= 22 + STEP, `${wall} days of wall time`);
});

test('malicious attesters that no one overrules freeze the chain, and never make their lie final', () => {
  const protocol = chain();
  protocol.enqueue();
  play(protocol, [...strangers(), lyingAttesters, freezer], () => protocol.mode === 'Frozen', 60);
  assert.equal(protocol.mode, 'Frozen');
  assert.deepEqual(protocol.pinned, { hash: 'genesis', settled: 0 });
  assert.ok(protocol.t <= 12 * DAY, `frozen at ${protocol.t / DAY} days of T`);
});

test('a pause lengthens the wall time of an exit by its three days and T by nothing', () => {
  const protocol = chain();
  const pauser: Actor = (p) => void attempt(() => p.pause());
  const { t, wall } = exit(protocol, protocol.enqueue(), [...strangers(), pauser]);
  assert.ok(t <= 15 + STEP && wall <= 18 + STEP, `${t} of T, ${wall} of wall`);
});

test('a pause and then a dispute keep an exit within 25 days of wall time', () => {
  const protocol = chain();
  const pauser: Actor = (p) => void attempt(() => p.pause());
  const { t, wall } = exit(protocol, protocol.enqueue(), [...strangers(), pauser, lyingAttesters, lastMinuteCouncil, freezer]);
  assert.ok(t <= 15 + STEP && wall <= 25 + STEP, `${t} of T, ${wall} of wall`);
});

test('a poison message at the head costs 20.5 days of T, and each further skip 1.5 (C4 under N5 and N10)', () => {
  // The review's row says 20 + 0.5: 03 has since put a notice of 12 h before each skip and a day of waiting between skips.
  for (const [poisons, skips] of [[1, 1], [2, 2], [3, 2], [4, 3], [7, 3]] as const) {
    const protocol = chain();
    for (let i = 0; i < poisons; i++) protocol.enqueue({ poison: true });
    protocol.advance(HOUR);
    const index = protocol.enqueue();
    // A skip as wide as the episode's next width would take the honest message too: it is older than E by then. It resends, as its value was refunded.
    const user: Actor = (p) => {
      if (p.messages.at(-1)!.fate === 'skipped') p.enqueue();
    };
    const actors = [...strangers(), skipper, freezer, user];
    const first = protocol.messages[index]!;
    play(protocol, actors, () => protocol.messages.at(-1)!.fate === 'final' || protocol.mode === 'Frozen', 90);
    assert.equal(protocol.messages.at(-1)!.fate, 'final', `${poisons} poisons: mode ${protocol.mode}`);
    const days = (ENQUEUE + protocol.t - first.t + CLAIM) / DAY;
    const resent = protocol.messages.length - 1 > index ? 1 : 0;
    assert.ok(days <= 20.5 + 1.5 * (skips - 1) + 1.5 * resent + STEP, `${poisons} poisons, ${skips} skips, ${resent} resent: ${days} days`);
  }
});

test('when nobody can prove, the chain freezes 37.5 days of T after the message', () => {
  const protocol = chain();
  const message = protocol.messages[protocol.enqueue()]!;
  play(protocol, [slowTrigger(), finalizer, freezer], () => protocol.mode === 'Frozen', 60);
  assert.equal(protocol.mode, 'Frozen');
  const days = (protocol.t - message.t) / DAY;
  assert.ok(days > 37 && days <= 37.5 + STEP, `${days} days`);
});

test('an operator that returns on skips alone keeps no chain alive that nobody can prove', () => {
  const returning: Actor = (p) => {
    if (p.mode !== 'Enforced') return;
    attempt(() => p.requestReturn());
    attempt(() => p.returnToOperating());
  };
  for (const everyDays of [0, 3, 7, 14, 20, 25, 30]) {
    const protocol = chain();
    let last = -Infinity;
    // Zero: sends again whenever nothing waits, as one who was refunded does.
    const sender: Actor = (p) => {
      const isTime = everyDays === 0 ? p.mode === 'Operating' && p.settled === p.messages.length : p.t - last >= everyDays * DAY;
      if (p.mode === 'Frozen' || !isTime) return;
      last = p.t;
      p.enqueue();
    };
    play(protocol, [sender, slowTrigger(), returning, skipper, dropper, finalizer, freezer], () => protocol.mode === 'Frozen', 60);
    assert.equal(protocol.mode, 'Frozen', `a message every ${everyDays} days`);
  }
});

test('interleaved poison freezes the chain about 43 days of T after the first message instead of delaying for ever (N5)', () => {
  const protocol = chain();
  const first = protocol.messages[protocol.enqueue({ poison: true })]!;
  for (let i = 0; i < 600; i++) {
    protocol.advance(HOUR / 6);
    protocol.enqueue({ poison: i % 2 === 1 });
  }
  play(protocol, [slowTrigger(), enforcedProver('zk', 0.5), skipper, finalizer, freezer], () => protocol.mode === 'Frozen', 90);
  assert.equal(protocol.mode, 'Frozen');
  const days = (protocol.t - first.t) / DAY;
  assert.ok(days <= 43.5 + STEP, `${days} days`);
});

test('a proof within the notice of a skip cancels it and the message is not lost (N10)', () => {
  const protocol = chain();
  const index = protocol.enqueue();
  const { t } = exit(protocol, index, [slowTrigger(), enforcedProver('zk', 5.2), skipper, finalizer, freezer]);
  assert.ok(t <= 18, `${t} days`);
  assert.equal(protocol.episode?.firstSkipAt, undefined);
});
