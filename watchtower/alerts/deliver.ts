// Delivery: takes rows of the outbox to their channels until each is acknowledged. Owns order, retries and grouping. Does not own what is told.
//   critical: at once, one message each, never grouped or throttled, before everything else
//   others:   one message each while few wait, one digest a channel when a flood does
// Invariant: at least once; a row's id is the same in every attempt; a later word on an incident waits for the earlier one on that channel;
// one channel that fails holds up no other.

import type { Logger } from 'pino';
import type { OutboxRow, Store } from '../store.ts';
import type { Channel, Message } from './channel.ts';

const FIRST_RETRY_MILLISECONDS = 1_000;
const LONGEST_RETRY_MILLISECONDS = 300_000;
/** More non-critical rows than this at once become one digest. */
const DIGEST_ABOVE = 20;
const DIGEST_LINES = 50;
const IN_FLIGHT = 8;

export class Delivery {
  readonly #store: Store;
  readonly #channels: ReadonlyMap<string, Channel>;
  readonly #logger: Logger;
  readonly #now: () => number;
  readonly #busy = new Set<string>();

  constructor(store: Store, channels: readonly Channel[], logger: Logger, now: () => number = Date.now) {
    this.#store = store;
    this.#channels = new Map(channels.map((channel) => [channel.name, channel]));
    this.#logger = logger;
    this.#now = now;
  }

  get depth(): number {
    return this.#store.list<OutboxRow>(['outbox']).length;
  }

  /** Sends what is due on every channel that is not busy; resolves when those attempts ended. */
  async round(): Promise<void> {
    await Promise.all([...this.#channels.values()].filter(({ name }) => !this.#busy.has(name)).map(async (channel) => {
      this.#busy.add(channel.name);
      try {
        await this.#drain(channel);
      } finally {
        this.#busy.delete(channel.name);
      }
    }));
  }

  async #drain(channel: Channel): Promise<void> {
    const rows = this.#store.list<OutboxRow>(['outbox']).filter((row) => row.channel === channel.name);
    const waiting = new Set<string>();
    const due = rows.filter((row) => {
      const isHeld = waiting.has(row.incident);
      waiting.add(row.incident);
      return !isHeld && row.nextAt <= this.#now();
    });
    const critical = due.filter(({ severity }) => severity === 'critical');
    for (let start = 0; start < critical.length; start += IN_FLIGHT) await Promise.all(critical.slice(start, start + IN_FLIGHT).map(async (row) => this.#deliver(channel, [row])));
    const others = due.filter(({ severity }) => severity !== 'critical');
    if (others.length > DIGEST_ABOVE) await this.#deliver(channel, others);
    else for (const row of others) await this.#deliver(channel, [row]);
  }

  async #deliver(channel: Channel, rows: readonly OutboxRow[]): Promise<void> {
    try {
      await channel.send(messageOf(rows));
      await this.#store.commit((write) => {
        for (const row of rows) {
          write.remove(['outbox', row.seq]);
          write.put(['delivered', channel.name], { seq: row.seq, at: this.#now(), waitedMilliseconds: this.#now() - row.createdAt });
        }
      });
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      this.#logger.warn({ channel: channel.name, reason, rows: rows.length }, 'a message was not taken; it will be tried again');
      await this.#store.commit((write) => {
        for (const row of rows) {
          const pause = Math.min(LONGEST_RETRY_MILLISECONDS, FIRST_RETRY_MILLISECONDS * 2 ** Math.min(row.attempts, 16));
          write.put(['outbox', row.seq], { ...row, attempts: row.attempts + 1, nextAt: this.#now() + pause, lastError: reason });
        }
      });
    }
  }
}

function messageOf(rows: readonly OutboxRow[]): Message {
  const [first, ...rest] = rows as readonly [OutboxRow, ...OutboxRow[]];
  const id = `${first.channel}-${first.seq}`;
  if (rest.length === 0) return { id, incident: first.incident, state: first.state, severity: first.severity, title: first.title, text: first.text };
  const shown = rows.slice(0, DIGEST_LINES).map(({ title, text }) => `${title}: ${text.split('\n')[0] ?? ''}`);
  const more = rows.length > DIGEST_LINES ? [`... and ${rows.length - DIGEST_LINES} more: see the API or the log`] : [];
  return { id: `${id}-${rows.at(-1)?.seq ?? first.seq}`, incident: first.incident, state: first.state, severity: 'warning', title: `[warning] ${rows.length} messages`, text: [...shown, ...more].join('\n') };
}
