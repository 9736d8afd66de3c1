/**
 * Random walks for the replay: every act that anyone may try, honest or not, straying past the guards.
 *
 * Owns the choice of acts; a seed and a step name a state. What the acts are on each side is in replay.ts and money.ts.
 */
import { DAY, HOUR, SPEC_NOTICE } from '../protocol/parameters.ts';
import { random } from '../walk.ts';
import { AUTHORITY, type Mutation, ANYONE, RESERVE_WEI } from './deployment.ts';
import { KEYS } from './money.ts';
import { Replay } from './replay.ts';

type Act = () => Promise<unknown>;

class Walk {
  readonly both: Replay;
  readonly next: () => number;
  readonly isLiar: boolean;
  readonly patience: number;

  constructor(both: Replay, next: () => number) {
    [this.both, this.next] = [both, next];
    this.isLiar = next() < 0.4;
    this.patience = this.pick([HOUR / 4, HOUR * 3, DAY]);
  }

  pick<T>(choices: readonly T[]): T { return choices[Math.floor(this.next() * choices.length)]!; }
  chance(share: number): boolean { return this.next() < share; }
  below(bound: number): number { return Math.floor(this.next() * bound); }

  lie(): string | undefined { return this.isLiar && this.chance(0.25) ? `a lie ${this.below(3)}` : undefined; }
  batch(): number { return Math.max(1, this.both.model.finalCount + this.below(3) - (this.chance(0.1) ? 1 : 0)); }
  enforcedTo(): number { return this.chance(0.15) ? this.both.model.nextMessage + this.below(4) : this.both.model.enforceable(); }
  lane(): string { return this.pick([...this.both.model.lanes.all.keys()]); }
  /** Mostly one that can prove what is next. */
  zkLane(): string {
    const { lanes } = this.both.model;
    const fitting = lanes.enabled.filter((id) => lanes.get(id).kind === 'zk' && lanes.get(id).spec >= lanes.specs.newest.id - 1);
    return fitting.length === 0 || this.chance(0.1) ? this.lane() : this.pick(fitting);
  }

  /** What keeps the chain going when nobody errs. */
  honest(): readonly Act[] {
    const { both } = this;
    const { model } = both;
    const unanswered = (): number => Math.max(1, model.batches.findIndex((batch, index) => index >= model.finalCount && batch.answers.length === 0));
    return [
      () => both.enqueue({ zkGas: 150_000, poison: false }), () => both.commit(model.operable(), model.honestTip(), false), () => both.answer(unanswered(), this.zkLane(), undefined),
      () => both.finalize(), () => both.commitEnforced(this.zkLane(), model.enforceable(), undefined), () => both.enterEnforced(),
    ];
  }

  /** What moves the chain. */
  chain(): readonly Act[] {
    const { both } = this;
    const { model } = both;
    return [
      () => both.enqueue({ zkGas: 21_000 + this.below(this.chance(0.3) ? 10_100_000 : 2_000_000), poison: this.chance(0.1) }),
      () => both.enqueue({ zkGas: 150_000, poison: false }),
      () => both.commit(this.chance(0.7) ? model.operable() : Math.max(0, model.nextMessage + this.below(3) - (this.chance(0.1) ? 1 : 0)), this.chance(0.1) ? 'invented' : model.honestTip(), this.chance(0.15)),
      () => both.answer(this.batch(), this.chance(0.3) ? this.lane() : this.zkLane(), this.lie()), () => both.answer(model.finalCount, this.pick(['zk', 'attesters']), this.lie()),
      () => both.finalize(), () => both.finalize(), () => both.drop(this.batch()), () => both.enterEnforced(),
      () => both.commitEnforced(this.lane(), this.enforcedTo(), this.lie()), () => both.commitEnforced(this.zkLane(), this.enforcedTo(), undefined),
      () => both.announceSkip(), () => both.takeSkip(), () => both.requestReturn(), () => both.returnToOperating(), () => both.freeze(),
    ];
  }

  /** What councils, upgrades and contradictions do. */
  powers(): readonly Act[] {
    const { both } = this;
    const { lanes } = both.model;
    const registered = (): Promise<unknown> => {
      const spec = lanes.specs.newest.id + (this.chance(0.8) ? 1 : 2);
      const kind = this.chance(0.7) ? 'zk' : 'attesters';
      return both.registerLane(`${kind} ${lanes.all.size}`, kind, spec, this.chance(0.3) ? [this.lane()] : []);
    };
    return [
      () => both.pause(), () => both.disableLane(this.lane()), () => (this.chance(0.1) ? both.nullify(this.lane()) : both.finalize()),
      registered, () => both.addSpec(both.model.t + SPEC_NOTICE - (this.chance(0.2) ? 1 : 0) + this.below(DAY)), () => both.switchLane(this.lane(), this.chance(0.7)),
    ];
  }

  /** What is paid, bid and owed. */
  money(): readonly Act[] {
    const { money, model } = this.both;
    const key = (): string => this.pick(KEYS);
    const bid = (): bigint => (this.chance(0.2) ? RESERVE_WEI / 2n - 1n : (money.seat.auction?.bidWei ?? RESERVE_WEI / 2n) * BigInt(100 + this.below(20)) / 100n);
    return [
      () => money.rotate(this.chance(0.7) ? money.seat.coldKey : key(), key()), () => money.setColdKey(this.chance(0.7) ? money.seat.coldKey : key(), key()),
      () => money.replace(this.chance(0.5) ? AUTHORITY : key(), key(), key()), () => money.bid(key(), key(), bid()), () => money.bid(key(), key(), bid()),
      () => money.settleAuction(), () => money.settleAuction(), () => money.forfeit(), () => money.releaseBond(), () => money.withdrawOwed(key()),
      () => money.pay(Math.max(0, model.finalCount - this.below(4)), this.chance(0.5)), () => money.pay(Math.max(0, model.finalCount - 1), this.chance(0.5)), () => money.withdrawPay(this.lane()),
      () => money.baseFee(BigInt(this.below(60)) * 700_000_001n, this.chance(0.5)),
      () => this.both.commit(model.operable(), model.honestTip(), false, ANYONE), () => this.both.requestReturn(this.chance(0.5) ? money.seat.coldKey : ANYONE),
    ];
  }
}

/** Plays `steps` random acts from `seed` on both; returns how many went through, and which ever did. */
export async function replay(seed: number, steps: number, mutate?: Mutation): Promise<{ allowed: number; mode: string; both: Replay }> {
  const both = await Replay.start(mutate);
  const walk = new Walk(both, random(seed));
  const [honest, chain, powers, money] = [walk.honest(), walk.chain(), walk.powers(), walk.money()];
  let allowed = 0;
  for (let step = 0; step < steps; step++) {
    both.advance(walk.next() * walk.pick([walk.patience / 4, walk.patience, 6 * HOUR, DAY, 3 * DAY]));
    const acts = walk.pick([honest, honest, chain, chain, money, walk.chance(0.5) ? powers : chain]);
    try {
      if ((await walk.pick(acts)()) === undefined) allowed += 1;
    } catch (cause) {
      throw new Error(`seed ${seed}, step ${step}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
  }
  return { allowed, mode: both.model.mode, both };
}
