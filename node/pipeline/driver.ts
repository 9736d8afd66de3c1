// The only impure loop: takes events, steps, does the effects, announces.
//
// Owns: order (an effect's result before any outside event), the pending execution, notices, the end. Does not own:
// decisions (step.ts), what an effect writes (changes.ts, perform.ts).
// Invariant: an effect is complete and durable before the next begins; notices follow durability; a fault of the machinery
// ends the loop with that fault, and nothing is written after it.

import { strict as assert } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Notice } from '../chainView.ts';
import type { L1Clock } from '../clock.ts';
import type { Effect } from './effect.ts';
import type { CoreEvent } from './event.ts';
import type { L1Event, L1Source } from './l1Block.ts';
import { Performer, type PerformerDependencies } from './perform.ts';
import type { CoreReads, CoreState } from './state.ts';
import { step } from './step.ts';

export interface DriverDependencies extends PerformerDependencies {
  source: L1Source;
  clock: L1Clock;
  logger: Logger;
  /** Highest L1 block the endpoint reports, if known. */
  l1Target: () => bigint | undefined;
  /** Milliseconds between ticks. */
  tickMilliseconds: number;
}

interface Queued { event: CoreEvent; done: (() => void) | undefined }

export class Driver {
  readonly #dependencies: DriverDependencies;
  readonly #performer: Performer;
  readonly #queue: Queued[] = [];
  readonly #listeners = new Set<(notice: Notice) => void>();
  readonly #failure = Promise.withResolvers<never>();
  #wake: (() => void) | undefined;
  #state: CoreState;

  constructor(dependencies: DriverDependencies, start: CoreState) {
    this.#dependencies = dependencies;
    this.#performer = new Performer(dependencies, (notice) => { this.announce(notice); });
    this.#state = start;
    // A failure before or after `run` has nobody waiting for it.
    this.#failure.promise.catch(() => undefined);
  }

  /** Ends `run` with a fault that came from elsewhere. */
  fail(cause: unknown): void {
    this.#failure.reject(cause);
  }

  get state(): CoreState {
    return this.#state;
  }

  /** The records as the core sees them. */
  get reads(): CoreReads {
    return this.#dependencies.reads;
  }

  /** The listener is told of every notice from now on. */
  subscribe(listener: (notice: Notice) => void): () => void {
    this.#listeners.add(listener);
    return () => { this.#listeners.delete(listener); };
  }

  announce(notice: Notice): void {
    for (const listener of this.#listeners) listener(notice);
  }

  /** Runs until the signal aborts (resolves) or the machinery fails (rejects with the fault). */
  async run(signal: AbortSignal): Promise<void> {
    const stop = new AbortController();
    const inner = AbortSignal.any([signal, stop.signal]);
    inner.addEventListener('abort', () => this.#wake?.(), { once: true });
    const parts = [this.#consume(inner), this.#follow(inner), this.#tick(inner), this.#untilFailure(inner)].map(async (part) => {
      try {
        await part;
      } finally {
        stop.abort();
      }
    });
    const results = await Promise.allSettled(parts);
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  /** Takes one event and everything that follows from it, `again` included. For simulations, which own time; not beside run. */
  async take(event: CoreEvent): Promise<void> {
    await this.#dispatch(event);
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) await this.#dispatch(next.event);
  }

  async #untilFailure(signal: AbortSignal): Promise<void> {
    const ended = Promise.withResolvers<void>();
    signal.addEventListener('abort', () => { ended.resolve(); }, { once: true });
    await Promise.race([this.#failure.promise, ended.promise]);
  }

  async #consume(signal: AbortSignal): Promise<void> {
    await this.#dispatch({ kind: 'resume' });
    while (!signal.aborted) {
      const next = this.#queue.shift();
      if (next === undefined) {
        await new Promise<void>((resolve) => { this.#wake = resolve; });
        continue;
      }
      await this.#dispatch(next.event);
      next.done?.();
    }
  }

  /** One event and everything that follows from it. */
  async #dispatch(first: CoreEvent): Promise<void> {
    const { reads, clock, logger } = this.#dependencies;
    let event: CoreEvent | undefined = first;
    while (event !== undefined) {
      const [state, effects]: readonly [CoreState, readonly Effect[]] = step(this.#state, event, reads);
      event = undefined;
      for (const effect of effects) {
        assert(event === undefined, `an effect '${effect.kind}' follows one that answers`);
        if (effect.kind === 'again') this.#enqueue({ kind: 'resume' });
        else if (effect.kind === 'report') logger[effect.level](effect.message);
        else event = await this.#performer.perform(effect);
      }
      this.#state = state;
      clock.seen(state.head.l1.timestamp);
    }
  }

  #enqueue(event: CoreEvent, done?: () => void): void {
    if (event.kind === 'resume' && this.#queue.some((queued) => queued.event.kind === 'resume')) return;
    this.#queue.push({ event, done });
    this.#wake?.();
    this.#wake = undefined;
  }

  /** Reads L1, one event at a time: the next question is asked from the cursor that the last one left. */
  async #follow(signal: AbortSignal): Promise<void> {
    const { source, reads } = this.#dependencies;
    while (!signal.aborted) {
      const { l1 } = this.#state.head;
      let event: L1Event;
      try {
        event = await source.next({ number: l1.number, hash: l1.hash }, (number) => reads.l1Block(number)?.hash, signal);
      } catch (cause) {
        if (signal.aborted) return;
        throw cause;
      }
      await this.#taken(event, signal);
    }
  }

  async #tick(signal: AbortSignal): Promise<void> {
    const { tickMilliseconds, clock, l1Target, mempool } = this.#dependencies;
    while (!signal.aborted) {
      try {
        await sleep(tickMilliseconds, undefined, { signal });
      } catch {
        // The only rejection of this wait is the abort.
        return;
      }
      await this.#taken({ kind: 'tick', l1Seconds: clock.seconds(), pending: mempool?.pendingCount ?? 0, l1Target: l1Target() }, signal);
    }
  }

  /** Queues the event and waits until it and all that follows from it is done, or the end. */
  async #taken(event: CoreEvent, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const ended = Promise.withResolvers<void>();
    const end = (): void => { ended.resolve(); };
    signal.addEventListener('abort', end, { once: true });
    this.#enqueue(event, end);
    await ended.promise;
    signal.removeEventListener('abort', end);
  }
}
