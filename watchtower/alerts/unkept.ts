// Alarms while the store cannot be written: what a failed write would have told goes straight from memory to the channels, with a word that nothing can be
// kept, and one when it can again. Owns that memory. What is told here is told once more when there is room, since nobody knows then that it was.
// Invariant: each once a channel while the condition lasts; the memory is bounded, criticals have most of it, and what did not fit is counted and named.

import type { Logger } from 'pino';
import type { StoreFault } from '../fault.ts';
import { oneLine } from '../text.ts';
import { hashOf } from '../verdict.ts';
import type { Channel, Message } from './channel.ts';

const MOST_WAITING = 1_000;
/** Of which others than criticals take at most so many. */
const MOST_OTHERS = 100;
const RETRY_MILLISECONDS = 5_000;

interface Waiting { readonly channel: Channel; readonly message: Message; readonly nextAt: number; readonly isSending: boolean }

export class Unkept {
  readonly #channels: readonly Channel[];
  readonly #logger: Logger;
  readonly #now: () => number;
  readonly #told = new Set<string>();
  readonly #waiting = new Map<string, Waiting>();
  #since: number | undefined;
  #leftOut = 0;

  constructor(channels: readonly Channel[], logger: Logger, now: () => number) {
    [this.#channels, this.#logger, this.#now] = [channels, logger, now];
  }

  /** When the condition began; undefined while writes succeed. */
  get since(): number | undefined {
    return this.#since;
  }

  /** A write failed. */
  failed({ message, unkept }: StoreFault): void {
    if (this.#since === undefined) {
      this.#since = this.#now();
      this.#logger.error({ reason: oneLine(message) }, 'nothing can be kept: alarms are told from memory');
      this.#all('firing', '[critical] ALERT: the watchtower cannot keep anything', `${oneLine(message)}\nWhat it finds at the block that it has reached is told from memory; it goes no further, so what happens on L1 after that is told when there is room.`);
    }
    for (const row of unkept) {
      if (row.pauseMilliseconds > 0) continue;
      for (const channel of this.#channels.filter(({ name }) => name === row.channel)) this.#add(channel, row);
    }
  }

  /** A write succeeded after that. @returns how long nothing was kept, in milliseconds */
  succeeded(): number {
    const lasted = this.#now() - (this.#since ?? this.#now());
    const leftOut = this.#leftOut === 0 ? '' : ` ${this.#leftOut} alarms did not fit into memory; they are told now.`;
    this.#all('resolved', '[critical] RESOLVED: the watchtower keeps again what it finds', `The store can be written again, after ${Math.round(lasted / 1_000)} s.${leftOut}`);
    this.#logger.warn({ milliseconds: lasted }, 'the store can be written again');
    this.#told.clear();
    [this.#since, this.#leftOut] = [undefined, 0];
    return lasted;
  }

  /** Sends what is due; resolves when those attempts ended. */
  async round(): Promise<void> {
    const due = [...this.#waiting].filter(([, { nextAt, isSending }]) => !isSending && nextAt <= this.#now());
    await Promise.all(due.map(async ([key, waiting]) => {
      this.#waiting.set(key, { ...waiting, isSending: true });
      try {
        await waiting.channel.send(waiting.message);
        this.#waiting.delete(key);
      } catch (cause) {
        this.#logger.warn({ channel: waiting.channel.name, reason: cause instanceof Error ? cause.message : String(cause) }, 'an alarm that cannot be kept was not taken; it will be tried again');
        this.#waiting.set(key, { ...waiting, isSending: false, nextAt: this.#now() + RETRY_MILLISECONDS });
      }
    }));
  }

  #all(state: Message['state'], title: string, text: string): void {
    for (const channel of this.#channels) this.#add(channel, { incident: hashOf({ unkept: this.#since ?? 0 }), state, severity: 'critical', title, text });
  }

  #add(channel: Channel, { incident, state, severity, title, text, isReopened }: Omit<Message, 'id'>): void {
    const key = `${channel.name} ${incident} ${state}`;
    if (this.#told.has(key)) return;
    if (this.#waiting.size >= (severity === 'critical' ? MOST_WAITING : MOST_OTHERS)) {
      this.#told.add(key);
      this.#leftOut += 1;
      return;
    }
    this.#told.add(key);
    // Not the id of a row: that number will be another message's.
    this.#waiting.set(key, { channel, message: { id: `unkept-${channel.name}-${incident}-${state}`, incident, state, severity, title, text, ...(isReopened === undefined ? {} : { isReopened }) }, nextAt: 0, isSending: false });
  }
}
