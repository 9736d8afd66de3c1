/**
 * Model of proof lanes: which are active, and which of their answers still count (03, Lanes and Contradictions).
 *
 * Owns lane epochs: disabling a lane erases all its non-final answers in O(1), because an answer counts only in the epoch it was given.
 * Does not own disputes, which the Rollup model finds between counting answers.
 */
import { FREEZE_AFTER, NULLIFIED_PENALTY } from './parameters.ts';
import { Refused } from './refused.ts';

export type LaneKind = 'zk' | 'attesters';

export interface Lane {
  readonly id: string;
  readonly kind: LaneKind;
  /** Lanes whose proofs this lane verifies: they fall with them. */
  readonly builtOn: readonly string[];
  active: boolean;
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
  readonly all = new Map<string, Lane>();
  /** T since when no lane that may finalize is left, or undefined. */
  noneSince: number | undefined;

  add(id: string, kind: LaneKind, builtOn: readonly string[] = []): void {
    if (this.all.has(id)) throw new Refused('LANE_EXISTS', `a new lane id, got ${id}`);
    this.all.set(id, { id, kind, builtOn, active: true, epoch: 0, zkAloneFrom: 0 });
    if (kind === 'zk') this.noneSince = undefined;
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

  disable(id: string, now: number): void {
    const lane = this.get(id);
    lane.active = false;
    lane.epoch += 1;
    if (![...this.all.values()].some((other) => other.kind === 'zk' && other.active)) this.noneSince ??= now;
  }

  /** A zk lane proved two outputs for equal inputs: it falls with every lane built on it; the lanes beneath it lose zk-alone for 30 d. */
  nullify(id: string, now: number): void {
    const lane = this.get(id);
    if (lane.kind !== 'zk') throw new Refused('NOT_ZK', id);
    for (const other of this.all.values()) {
      if (other.id === id || other.builtOn.includes(id)) this.disable(other.id, now);
      else if (lane.builtOn.includes(other.id)) other.zkAloneFrom = now + NULLIFIED_PENALTY;
    }
  }

  /** Whether the chain has had no lane that may finalize for long enough to freeze. */
  goneTooLong(now: number): boolean {
    return this.noneSince !== undefined && now - this.noneSince >= FREEZE_AFTER;
  }
}
