/**
 * Model of the Clock: protocol time T (03, Clock; review N2).
 *
 * Owns the arithmetic of T = wall time minus the union of pauses and open disputes, with the bucket that bounds it. Does not own who may
 * start a stop. Invariants: T never decreases and never gains on wall time; over any 90 days T loses at most 10 + 10 days.
 *
 *      stop active, bucket > 0    T stands, bucket drains 1 s per s
 *      bucket empties             T runs and the bucket refills; only a new stop spends it again (finality is still blocked, not here)
 *      no stop                    T runs, bucket refills 1 s per 9 s up to 10 d
 */
import { STOP_BUCKET_SECONDS } from '@keyfall/protocol';

/** The bucket is kept in ninths of a second so that refilling is exact in integers. */
const NINTHS = 9;
const CAPACITY = Number(STOP_BUCKET_SECONDS) * NINTHS;

export class Clock {
  wall = 0;
  t = 0;
  bucketNinths = CAPACITY;
  /** Wall time at which the running stop ends; at or before `wall` when none runs. */
  stopEnd = 0;
  /** Wall time and T wherever T began or ceased to stand: between two of them it ran or it stood. */
  readonly #moments: [number, number][] = [[0, 0]];

  /** Moves to wall time `wall`, splitting the interval where the stop ends or the bucket empties. */
  advanceTo(wall: number): void {
    if (wall < this.wall) throw new RangeError(`the clock cannot go back: at ${this.wall}, asked for ${wall}`);
    const stopped = Math.max(0, Math.min(wall, this.stopEnd) - this.wall);
    const held = Math.min(stopped, Math.floor(this.bucketNinths / NINTHS));
    if (held < stopped) this.stopEnd = this.wall + held;
    this.bucketNinths -= held * NINTHS;
    if (held > 0) this.#moments.push([this.wall + held, this.t]);
    this.#run(wall - this.wall - held);
    this.wall = wall;
    this.#moments.push([wall, this.t]);
  }

  /** T of a past moment of wall time. */
  at(wall: number): number {
    if (wall > this.wall) throw new RangeError(`a past moment, at most ${this.wall}, got ${wall}`);
    const after = this.#moments.findIndex(([end]) => end >= wall);
    const [end, t] = this.#moments[after]!;
    const before = this.#moments[after - 1];
    return before === undefined || before[1] === t ? t : t - (end - wall);
  }

  /** A stop starts; the caller passes the latest end of all stops that are open now, so stops unite. */
  setStopEnd(end: number): void {
    this.stopEnd = Math.max(end, this.wall);
  }

  /** A stop ended before its time; `end` is the latest end of those that are left. One that ran out stays out. */
  shortenTo(end: number): void {
    this.stopEnd = Math.min(this.stopEnd, Math.max(end, this.wall));
  }

  #run(seconds: number): void {
    this.t += seconds;
    this.bucketNinths = Math.min(CAPACITY, this.bucketNinths + seconds);
  }
}
