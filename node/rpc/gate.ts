// A counting gate: at most so many at once, at most so many waiting, first come first served.
//
// Owns: admission of heavy calls. Does not own: which calls are heavy (the methods).
// Invariant: `running <= places` and `waiting <= queue`; a place is given back exactly once per admission, also when
// the work throws; an aborted waiter leaves the queue.

import { limitExceeded, serverError } from './errors.ts';

interface Waiter { start: () => void; abort: () => void }

export class Gate {
  readonly #places: number;
  readonly #queue: number;
  readonly #waiters = new Set<Waiter>();
  #running = 0;

  constructor(places: number, queue: number) {
    this.#places = places;
    this.#queue = queue;
  }

  get running(): number { return this.#running; }
  get waiting(): number { return this.#waiters.size; }

  /** Runs `work` when a place is free. Throws RpcError when the queue is full or the caller went away while waiting. */
  async run<T>(signal: AbortSignal, work: () => T | Promise<T>): Promise<T> {
    if (this.#running >= this.#places) await this.#wait(signal);
    else this.#running++;
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  #wait(signal: AbortSignal): Promise<void> {
    if (this.#waiters.size >= this.#queue) throw limitExceeded(`too many expensive calls at once: ${this.#running} running, ${this.#waiters.size} waiting; try again`);
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        start: () => { signal.removeEventListener('abort', waiter.abort); resolve(); },
        abort: () => { this.#waiters.delete(waiter); reject(serverError('request aborted: the caller went away')); },
      };
      if (signal.aborted) { waiter.abort(); return; }
      this.#waiters.add(waiter);
      signal.addEventListener('abort', waiter.abort, { once: true });
    });
  }

  /** Hands the place to the first waiter, or frees it. */
  #leave(): void {
    const next = this.#waiters.values().next();
    if (next.done === true) { this.#running--; return; }
    this.#waiters.delete(next.value);
    next.value.start();
  }
}
