/**
 * Model of proof lanes: which are active, and which of their answers still count (03, Lanes and Contradictions).
 *
 * Owns lane epochs: switching a lane erases all its non-final answers in O(1), because an answer counts only in the epoch it was given; and what
 * takes a lane away for ever. Does not own disputes, which the Rollup model finds between counting answers, nor specs (specs.ts).
 */
import { FREEZE_AFTER, MOST_LANES, NULLIFIED_PENALTY } from './parameters.ts';
import { demand, Refused } from './refused.ts';
import { Specs } from './specs.ts';

export type LaneKind = 'zk' | 'attesters';

export interface Lane {
  readonly id: string;
  readonly kind: LaneKind;
  readonly spec: number;
  /** Lanes whose proofs this lane verifies, directly or through others: it falls with them. */
  readonly beneath: ReadonlySet<string>;
  active: boolean;
  dead: boolean;
  epoch: number;
  /** T before which its answers alone finalize nothing. */
  zkAloneFrom: number;
}

export interface Answer {
  readonly lane: string;
  readonly epoch: number;
  readonly outputs: string;
  /** T at which it was recorded. */
  readonly at: number;
}

export class Lanes {
  readonly specs = new Specs();
  readonly all = new Map<string, Lane>();
  /** Ids of the active lanes, in the order in which they were enabled. */
  enabled: string[] = [];
  /** T since when no lane that may finalize was left after a change, or undefined. */
  #noneSince: number | undefined;

  add(id: string, kind: LaneKind, builtOn: readonly string[] = [], spec = 1, now = 0): void {
    if (this.all.has(id)) throw new Refused('LANE_EXISTS', `a new lane id, got ${id}`);
    demand(spec <= this.specs.newest.id + 1, 'LANE_SPEC', `at most ${this.specs.newest.id + 1}, got ${spec}`);
    demand(this.enabled.length < MOST_LANES, 'TOO_MANY_LANES', `at most ${MOST_LANES}`);
    const beneath = new Set(builtOn);
    for (const base of builtOn) {
      const { kind: baseKind, dead, beneath: further } = this.get(base);
      demand(kind === 'zk' && baseKind === 'zk' && !dead, 'FOUNDATION', base);
      for (const deeper of further) beneath.add(deeper);
    }
    this.#noteExpiry(now);
    this.all.set(id, { id, kind, spec, beneath, active: true, dead: false, epoch: 0, zkAloneFrom: 0 });
    this.enabled.push(id);
    this.#noteWhetherOneIsLeft(now);
  }

  get(id: string): Lane {
    const lane = this.all.get(id);
    if (lane === undefined) throw new Refused('LANE_UNKNOWN', id);
    return lane;
  }

  counts(answer: Answer): boolean {
    const lane = this.get(answer.lane);
    return lane.active && lane.epoch === answer.epoch;
  }

  addSpec(activeAt: number, now: number): void {
    const next = this.specs.newest.id + 1;
    this.specs.add(activeAt, now, [...this.all.values()].some((lane) => lane.active && lane.kind === 'zk' && lane.spec === next));
    this.#noteWhetherOneIsLeft(now);
  }

  /** By upgrade: on or off, and either way what it answered before counts no more. */
  switch(id: string, isOn: boolean, now: number): void {
    const lane = this.get(id);
    demand(!lane.dead, 'LANE_DEAD', id);
    demand(!isOn || lane.active || this.enabled.length < MOST_LANES, 'TOO_MANY_LANES', `at most ${MOST_LANES}`);
    this.#noteExpiry(now);
    lane.epoch += 1;
    if (lane.active !== isOn) this.enabled = isOn ? [...this.enabled, id] : this.enabled.filter((other) => other !== id);
    lane.active = isOn;
    this.#noteWhetherOneIsLeft(now);
  }

  /** Takes a lane away for ever. */
  disable(id: string, now: number): void {
    const lane = this.get(id);
    if (lane.dead) return;
    this.#noteExpiry(now);
    lane.dead = true;
    lane.active = false;
    lane.epoch += 1;
    this.enabled = this.enabled.filter((other) => other !== id);
    this.#noteWhetherOneIsLeft(now);
  }

  /**
   * A lane accepted two outputs for equal inputs. One of attesters falls alone; a zk lane falls with every lane built on it, and the lanes beneath
   * it lose zk-alone for 30 d.
   */
  nullify(id: string, now: number): void {
    const lane = this.get(id);
    demand(!lane.dead, 'LANE_DEAD', id);
    for (const other of this.all.values()) {
      if (other.id === id || other.beneath.has(id)) this.disable(other.id, now);
      else if (lane.beneath.has(other.id)) other.zkAloneFrom = Math.max(other.zkAloneFrom, now + NULLIFIED_PENALTY);
    }
  }

  /** Whether the chain has had no lane that may finalize for long enough to freeze. */
  goneTooLong(now: number): boolean {
    const since = this.noneSince(now);
    return since !== undefined && now - since >= FREEZE_AFTER;
  }

  /** T since when no lane that may finalize is left, or undefined. One whose spec has expired, or is not added yet, is none. */
  noneSince(now: number): number | undefined {
    if (this.#noneSince !== undefined) return this.#noneSince;
    const until = this.#leftUntil();
    return Number.isFinite(until) && now > until ? until : undefined;
  }

  #noteWhetherOneIsLeft(now: number): void {
    if (now <= this.#leftUntil()) this.#noneSince = undefined;
    else this.#noneSince ??= now;
  }

  /** Before a change: that the last lane's spec had expired is not forgotten with the lane. */
  #noteExpiry(now: number): void {
    this.#noneSince = this.noneSince(now);
  }

  #leftUntil(): number {
    return Math.max(-Infinity, ...this.enabled.map((id) => this.get(id)).filter(({ kind }) => kind === 'zk').map(({ spec }) => this.specs.answeredUntil(spec)));
  }
}
