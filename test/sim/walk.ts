/**
 * Random walks over the protocol model with every action that anyone may try, honest or not, straying past the guards.
 *
 * Owns the choice of actions and the invariants that hold after each; the seed of a failing walk reproduces it.
 */
import assert from 'node:assert/strict';
import { attempt } from './actors.ts';
import { DAY, HOUR } from './protocol/parameters.ts';
import { Protocol } from './protocol/protocol.ts';

/** A small deterministic generator (mulberry32), so that a seed and a step name a state. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What must not change once it is so. */
interface Memory {
  readonly fates: string[];
  readonly finalCount: number;
  readonly finalHash: string;
  readonly settled: number;
  readonly pinned: string | undefined;
  readonly t: number;
}

function remember(protocol: Protocol): Memory {
  const { finalCount, finalHash, settled, t } = protocol;
  return { fates: protocol.messages.map((message) => message.fate), finalCount, finalHash, settled, t, pinned: JSON.stringify(protocol.pinned) };
}

function checkInvariants(protocol: Protocol, before: Memory): void {
  before.fates.forEach((fate, index) => assert.ok(fate === 'pending' || protocol.messages[index]!.fate === fate, `fate of message ${index} is settled once`));
  assert.ok(protocol.finalCount >= before.finalCount && protocol.settled >= before.settled && protocol.t >= before.t, 'finality, settlement and T only grow');
  assert.ok(protocol.finalCount > before.finalCount || protocol.finalHash === before.finalHash, 'no final hash is rewritten');
  if (before.pinned !== undefined) {
    assert.equal(JSON.stringify(protocol.pinned), before.pinned, 'the pinned root stands');
    assert.equal(protocol.mode, 'Frozen', 'Frozen is absorbing');
    assert.equal(protocol.finalCount, before.finalCount, 'nothing becomes final in Frozen');
  }
  const covered = protocol.batches.slice(1).reduce((next, batch) => {
    for (let i = next; i < batch.from; i++) assert.equal(protocol.messages[i]!.fate, 'skipped', `message ${i} between batches was skipped`);
    return batch.to;
  }, 0);
  for (let i = covered; i < protocol.nextMessage; i++) assert.equal(protocol.messages[i]!.fate, 'skipped', `message ${i} after the last batch was skipped`);
  for (let i = 0; i < protocol.settled; i++) assert.notEqual(protocol.messages[i]!.fate, 'pending', `message ${i} below the settled index`);
  assert.ok(protocol.wall - protocol.t <= 10 * DAY + protocol.wall / 9, 'the bucket bounds the stops');
}

/** Plays `steps` random actions from `seed`; returns how many the protocol allowed. */
export function walk(seed: number, steps: number): { allowed: number; mode: string } {
  const next = random(seed);
  const pick = <T>(choices: readonly T[]): T => choices[Math.floor(next() * choices.length)]!;
  const protocol = new Protocol();
  for (const [id, kind] of [['zk', 'zk'], ['zk2', 'zk'], ['attesters', 'attesters']] as const) protocol.lanes.add(id, kind);
  const liar = next() < 0.3;
  const batch = (): number => protocol.finalCount + Math.floor(next() * 3);
  const outputs = (): string | undefined => (liar && next() < 0.2 ? `a lie ${Math.floor(next() * 3)}` : undefined);
  const actions: readonly (() => unknown)[] = [
    () => protocol.enqueue({ poison: next() < 0.1, zkGas: Math.floor(next() * 10_100_000) }), () => protocol.enqueue(), () => protocol.commit(),
    () => protocol.commit({ to: protocol.nextMessage, unprovable: next() < 0.2, ...(next() < 0.1 ? { parentHash: 'invented' } : {}) }),
    () => protocol.answer(batch(), pick(['zk', 'zk', 'zk2', 'attesters']), outputs()), () => protocol.answer(protocol.finalCount, 'zk', outputs()),
    () => protocol.finalize(), () => protocol.finalize(), () => protocol.drop(batch()), () => protocol.enterEnforced(),
    () => { const out = outputs(); protocol.commitEnforced('zk', out === undefined ? {} : { outputs: out }); },
    () => protocol.announceSkip(), () => protocol.takeSkip(), () => protocol.requestReturn(), () => protocol.returnToOperating(), () => protocol.freeze(),
    () => protocol.pause(), () => protocol.disableLane(pick(['zk', 'zk2', 'attesters'])), () => { if (next() < 0.02) protocol.nullify('zk2'); },
  ];
  let allowed = 0;
  for (let step = 0; step < steps; step++) {
    const before = remember(protocol);
    protocol.advance(next() * pick([HOUR / 4, 6 * HOUR, DAY, 3 * DAY]));
    if (attempt(pick(actions))) allowed += 1;
    try {
      checkInvariants(protocol, before);
    } catch (error) {
      throw new Error(`seed ${seed}, step ${step}`, { cause: error });
    }
  }
  return { allowed, mode: protocol.mode };
}
