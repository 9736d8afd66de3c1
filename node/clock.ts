// Time as the node knows it: monotonic wall time, and from it the L1 time between two L1 blocks.
//
// Owns: the estimate of L1's clock. Does not own: what is decided by it (pipeline/build.ts).
// Invariant: the estimate is never below the last L1 block's timestamp and runs on by elapsed monotonic time only, so a
// change of the machine's clock does nothing, and after an L1 that stood still it continues from L1, not from the wall.

/** Monotonic milliseconds; a parameter, so that tests own time. */
export type MonotonicMilliseconds = () => number;

export class L1Clock {
  readonly #now: MonotonicMilliseconds;
  #timestamp: bigint;
  #seenAt: number;

  /** Starts at the last applied L1 block's timestamp, seconds. */
  constructor(timestamp: bigint, now: MonotonicMilliseconds = () => performance.now()) {
    this.#now = now;
    this.#timestamp = timestamp;
    this.#seenAt = now();
  }

  /** An L1 block became the tip; also after a reorganization to an older one. */
  seen(timestamp: bigint): void {
    if (timestamp === this.#timestamp) return;
    this.#timestamp = timestamp;
    this.#seenAt = this.#now();
  }

  /** Estimated L1 time, whole seconds. */
  seconds(): bigint {
    return this.#timestamp + BigInt(Math.max(0, Math.floor((this.#now() - this.#seenAt) / 1000)));
  }
}
