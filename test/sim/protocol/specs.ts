/**
 * Model of specs: what L2 transactions do, and from which T on (03, Batch and statement; review H12).
 *
 * Owns their order, which one a message or commit has, and how long one is answered for after its successor became active. Does not own lanes:
 * whether one answers for the next spec is asked of who adds it.
 */
import { SPEC_NOTICE, V, Z } from './parameters.ts';
import { demand } from './refused.ts';

interface Spec {
  readonly id: number;
  readonly activeAt: number;
}

const ANSWERED_FOR = V + Z;

export class Specs {
  readonly all: Spec[] = [{ id: 1, activeAt: -Infinity }];

  get newest(): Spec { return this.all.at(-1)!; }

  add(activeAt: number, now: number, isAnsweredFor: boolean): void {
    demand(now >= this.newest.activeAt, 'SPEC_OUT_OF_ORDER', 'the last spec is active');
    demand(activeAt >= now + SPEC_NOTICE, 'SPEC_TOO_SOON', `T of ${now + SPEC_NOTICE} or later, got ${activeAt}`);
    demand(isAnsweredFor, 'SPEC_WITHOUT_LANE', `a lane for spec ${this.newest.id + 1}`);
    this.all.push({ id: this.newest.id + 1, activeAt });
  }

  at(t: number): number {
    return this.all.findLast((spec) => spec.activeAt <= t)!.id;
  }

  /** The spec of a message that is proven now: of its own time, or the oldest that is still answered for. */
  forMessage(t: number, now: number): number {
    return this.at(Math.max(t, now - ANSWERED_FOR));
  }

  isAnswered(id: number, now: number): boolean {
    return now <= this.answeredUntil(id);
  }

  /** Last T at which a spec is answered for; the newest has no end, and one that nobody has added has no beginning. */
  answeredUntil(id: number): number {
    if (id > this.newest.id) return -Infinity;
    const successor = this.all.find((spec) => spec.id === id + 1);
    return successor === undefined ? Infinity : successor.activeAt + ANSWERED_FOR;
  }
}
