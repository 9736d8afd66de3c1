// Delivery: takes rows of the outbox to their channels until each is acknowledged. Owns order, retries and grouping. Does not own what is told.
//   critical: at once, one message each, never grouped or throttled, before everything else
//   others:   one message each while few wait, one digest a channel when a flood does
// Invariant: at least once; a row's id is the same in every attempt; a later word on an incident waits for the earlier one on that channel;
// one channel that fails or hangs holds up no other, and a clock that was set back holds up nothing.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { StoreFault } from '../fault.ts';
import type { OutboxRow } from '../rows.ts';
import type { Store, Writer } from '../store.ts';
import type { Channel, Message } from './channel.ts';
import { leftOutRow } from './outbox.ts';

const FIRST_RETRY_MILLISECONDS = 1_000;
const LONGEST_RETRY_MILLISECONDS = 300_000;
/** More non-critical rows than this at once become one digest. */
const DIGEST_ABOVE = 20;
const DIGEST_LINES = 50;
const IN_FLIGHT = 8;
/** Less than the shortest pause before a retry. */
const IDLE_MILLISECONDS = 900;

export class Delivery {
  readonly #store: Store;
  readonly #channels: ReadonlyMap<string, Channel>;
  readonly #logger: Logger;
  readonly #now: () => number;
  /** By the row's number: what was taken, or until when it waits, where the store could not be told. */
  readonly #held = new Map<number, number | 'taken'>();
  readonly #idle = new Map<string, { readonly head: number; readonly since: number; readonly until: number }>();

  constructor(store: Store, channels: readonly Channel[], logger: Logger, now: () => number = Date.now) {
    this.#store = store;
    this.#channels = new Map(channels.map((channel) => [channel.name, channel]));
    this.#logger = logger;
    this.#now = now;
  }

  get depth(): number {
    return this.#store.count(['outbox']);
  }

  /** Delivers until it is asked to stop, each channel in its own time. */
  async run(signal: AbortSignal, pauseMilliseconds: number): Promise<void> {
    await Promise.all([...this.#channels.values()].map(async (channel) => {
      while (!signal.aborted) {
        await this.#drain(channel, signal);
        await sleep(pauseMilliseconds, undefined, { signal }).catch((cause: unknown) => { if (!signal.aborted) throw cause; });
      }
    }));
  }

  /** Sends what is due on every channel; resolves when those attempts ended. */
  async round(): Promise<void> {
    await Promise.all([...this.#channels.values()].map(async (channel) => this.#drain(channel)));
  }

  /** One round of a channel: every row that is due is tried once, criticals before each other message. */
  async #drain(channel: Channel, signal?: AbortSignal): Promise<void> {
    if (this.#held.size > 0) await this.#settleTaken(channel);
    await this.#tellLeftOut(channel);
    const tried = new Set<number>();
    while (signal?.aborted !== true) {
      const due = this.#due(channel).filter(({ seq }) => !tried.has(seq));
      const critical = due.filter(({ severity }) => severity === 'critical').slice(0, IN_FLIGHT);
      const batches = critical.length > 0 ? critical.map((row) => [row]) : due.length > DIGEST_ABOVE ? [due] : due.slice(0, 1).map((row) => [row]);
      if (batches.length === 0) return;
      for (const { seq } of batches.flat()) tried.add(seq);
      await Promise.all(batches.map(async (rows) => this.#deliver(channel, rows)));
    }
  }

  /** Reads the queue only when something was added to it or is due, so that a channel that is down costs nothing while it waits. */
  #due(channel: Channel): readonly OutboxRow[] {
    const head = this.#store.get<number>(['outboxHead']) ?? 0;
    const idle = this.#idle.get(channel.name);
    const now = this.#now();
    if (idle?.head === head && now >= idle.since && now < idle.until) return [];
    const due = this.#read(channel);
    if (due.length > 0) this.#idle.delete(channel.name);
    else this.#idle.set(channel.name, { head, since: now, until: now + IDLE_MILLISECONDS });
    return due;
  }

  #read(channel: Channel): readonly OutboxRow[] {
    const waiting = new Set<string>();
    return this.#store.list<OutboxRow>(['outbox', channel.name]).filter((row) => {
      const held = this.#held.get(row.seq);
      if (held === 'taken') return false;
      const isHeld = waiting.has(row.incident) || (held !== undefined && held > this.#now());
      waiting.add(row.incident);
      // Before the row was written: the clock was set back, and nobody knows how long the pause still is.
      const isBack = this.#now() < row.nextAt - row.pauseMilliseconds;
      return !isHeld && (row.nextAt <= this.#now() || isBack);
    });
  }

  /** What did not fit into the queue of a channel that was down is named once it works again. */
  async #tellLeftOut(channel: Channel): Promise<void> {
    const count = this.#store.get<number>(['leftOut', channel.name]);
    if (count === undefined || this.#store.count(['outbox', channel.name]) > DIGEST_ABOVE) return;
    await this.#kept((write) => {
      write.remove(['leftOut', channel.name]);
      leftOutRow(write, this.#store, channel.name, count, this.#now());
    });
  }

  async #deliver(channel: Channel, rows: readonly OutboxRow[]): Promise<void> {
    let reason: string | undefined;
    try {
      await channel.send(messageOf(rows));
    } catch (cause) {
      reason = cause instanceof Error ? cause.message : String(cause);
      this.#logger.warn({ channel: channel.name, reason, rows: rows.length }, 'a message was not taken; it will be tried again');
    }
    const pauseOf = ({ attempts }: OutboxRow): number => Math.min(LONGEST_RETRY_MILLISECONDS, FIRST_RETRY_MILLISECONDS * 2 ** Math.min(attempts, 16));
    // A store that cannot be written must not make a message be sent over and over.
    for (const row of rows) this.#held.set(row.seq, reason === undefined ? 'taken' : this.#now() + pauseOf(row));
    if (reason === undefined) return this.#settle(channel, rows);
    const isKept = await this.#kept((write) => {
      for (const row of rows) {
        // What was withdrawn meanwhile stays so.
        if (this.#store.get(['outbox', channel.name, row.seq]) === undefined) continue;
        write.put(['outbox', channel.name, row.seq], { ...row, attempts: row.attempts + 1, nextAt: this.#now() + pauseOf(row), pauseMilliseconds: pauseOf(row), lastError: reason });
      }
    });
    if (isKept) for (const { seq } of rows) this.#held.delete(seq);
  }

  /** What was taken while the store could not be written. */
  async #settleTaken(channel: Channel): Promise<void> {
    const taken = this.#store.list<OutboxRow>(['outbox', channel.name]).filter(({ seq }) => this.#held.get(seq) === 'taken');
    if (taken.length > 0) await this.#settle(channel, taken);
  }

  /** What was taken leaves the queue. */
  async #settle(channel: Channel, rows: readonly OutboxRow[]): Promise<void> {
    const isKept = await this.#kept((write) => {
      for (const row of rows) {
        write.remove(['outbox', channel.name, row.seq]);
        write.put(['delivered', channel.name], { seq: row.seq, at: this.#now(), waitedMilliseconds: Math.max(0, this.#now() - row.createdAt) });
      }
    });
    if (isKept) for (const { seq } of rows) this.#held.delete(seq);
  }

  /** @returns whether the store took it; if not, whoever watches the store says so, and what is in the queue is delivered all the same */
  async #kept(change: (write: Writer) => void): Promise<boolean> {
    try {
      await this.#store.commit(change);
      return true;
    } catch (cause) {
      if (!(cause instanceof StoreFault)) throw cause;
      return false;
    }
  }
}

function messageOf(rows: readonly OutboxRow[]): Message {
  const [first, ...rest] = rows as readonly [OutboxRow, ...OutboxRow[]];
  const id = `${first.channel}-${first.seq}`;
  if (rest.length === 0) return { id, incident: first.incident, state: first.state, severity: first.severity, title: first.title, text: first.text, ...(first.isReopened === undefined ? {} : { isReopened: first.isReopened }) };
  const shown = rows.slice(0, DIGEST_LINES).map(({ title, text }) => `${title}: ${text.split('\n')[0] ?? ''}`);
  const more = rows.length > DIGEST_LINES ? [`... and ${rows.length - DIGEST_LINES} more: see the API or the log`] : [];
  return { id: `${id}-${rows.at(-1)?.seq ?? first.seq}`, incident: first.incident, state: first.state, severity: 'warning', title: `[warning] ${rows.length} messages`, text: [...shown, ...more].join('\n') };
}
