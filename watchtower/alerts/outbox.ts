// The transactional outbox: what must be told, written with what was decided. Owns rows and their order. Delivery is deliver.ts.
// Invariant: a row exists exactly when its change is in the log, except that an escalation whose incident ended before it was due is told nothing of;
// rows of one incident and channel are delivered in order.

import type { ChannelConfig } from '../config.ts';
import type { Change } from '../incidents.ts';
import type { Acknowledgement, Incident, OutboxRow } from '../rows.ts';
import type { Store, Writer } from '../store.ts';
import { oneLine } from '../text.ts';
import { hashOf, SEVERITIES } from '../verdict.ts';

const WORDS = { provisional: 'SEEN', firing: 'ALERT', resolved: 'RESOLVED', retracted: 'TAKEN BACK', canary: 'CANARY', acknowledged: 'ACKNOWLEDGED' } as const;

/** More non-critical rows than this wait for no channel: a channel that is down for days must not fill the disk. Criticals always wait. */
const MOST_WAITING = 20_000;

export function outboxRows(write: Writer, store: Store, channels: readonly ChannelConfig[], changes: readonly Change[], nowMilliseconds: number): void {
  const queue = new Queue(write, store, nowMilliseconds);
  for (const { incident, lapsed } of changes) {
    for (const { name, minimum, escalateAfterSeconds } of channels) {
      if (SEVERITIES.indexOf(incident.severity) < SEVERITIES.indexOf(minimum)) continue;
      const isOver = incident.state === 'resolved' || incident.state === 'retracted';
      if (escalateAfterSeconds > 0 && isOver && withdrawn(write, store, name, incident.id, nowMilliseconds)) continue;
      queue.add(name, { incident: incident.id, state: incident.state, severity: incident.severity, title: `[${incident.severity}] ${WORDS[incident.state]}: ${incident.monitor}`, text: textOf(incident, lapsed), ...(lapsed === undefined ? {} : { isReopened: true as const }) }, isOver ? 0 : escalateAfterSeconds);
    }
  }
  queue.close();
}

/** That somebody has seen an alarm: those that were told hear it, and whom it would have woken later is left alone. */
export function acknowledgementRows(write: Writer, store: Store, channels: readonly ChannelConfig[], incident: Incident, { by, at, note }: Acknowledgement, nowMilliseconds: number): void {
  const queue = new Queue(write, store, nowMilliseconds);
  for (const { name, minimum, escalateAfterSeconds } of channels) {
    if (SEVERITIES.indexOf(incident.severity) < SEVERITIES.indexOf(minimum)) continue;
    if (escalateAfterSeconds > 0 && withdrawn(write, store, name, incident.id, nowMilliseconds)) continue;
    const text = [oneLine(`${by} has seen it, at ${at}${note === '' ? '' : `: ${note}`}`), oneLine(incident.sentence), `incident ${incident.id}`].join('\n');
    queue.add(name, { incident: incident.id, state: 'acknowledged', severity: incident.severity, title: `[${incident.severity}] ${WORDS.acknowledged}: ${incident.monitor}`, text }, 0);
  }
  queue.close();
}

/** What tells such a row from the next of its kind, and not one attempt from another where nothing can be kept: else each attempt were told from memory. */
const headOf = (store: Store): number => store.get<number>(['outboxHead']) ?? 0;

type Told = Pick<OutboxRow, 'incident' | 'state' | 'severity' | 'title' | 'text' | 'isReopened'>;

/** Numbers rows within one transaction. */
class Queue {
  readonly #write: Writer;
  readonly #store: Store;
  readonly #now: number;
  readonly #waiting = new Map<string, number>();
  readonly #left = new Map<string, number>();
  #seq: number;

  constructor(write: Writer, store: Store, nowMilliseconds: number) {
    this.#write = write;
    this.#store = store;
    this.#now = nowMilliseconds;
    this.#seq = headOf(store);
  }

  add(channel: string, told: Told, afterSeconds: number): void {
    const waiting = this.#waiting.get(channel) ?? this.#store.count(['outbox', channel]);
    if (told.severity !== 'critical' && waiting >= MOST_WAITING) {
      this.#left.set(channel, (this.#left.get(channel) ?? this.#store.get<number>(['leftOut', channel]) ?? 0) + 1);
      return;
    }
    this.#waiting.set(channel, waiting + 1);
    this.#seq += 1;
    const pauseMilliseconds = afterSeconds * 1_000;
    this.#write.put(['outbox', channel, this.#seq], { seq: this.#seq, channel, ...told, createdAt: this.#now, attempts: 0, nextAt: pauseMilliseconds === 0 ? 0 : this.#now + pauseMilliseconds, pauseMilliseconds, lastError: undefined } satisfies OutboxRow);
  }

  close(): void {
    this.#write.put(['outboxHead'], this.#seq);
    for (const [channel, count] of this.#left) this.#write.put(['leftOut', channel], count);
  }
}

/** Takes back what an escalation channel was not told yet. @returns whether it was told nothing of the incident */
function withdrawn(write: Writer, store: Store, channel: string, incident: OutboxRow['incident'], nowMilliseconds: number): boolean {
  // A row whose time has come may be on its way already: then the end of the incident is told after it.
  const rows = store.list<OutboxRow>(['outbox', channel]).filter((row) => row.incident === incident && row.attempts === 0 && row.nextAt > nowMilliseconds);
  for (const { seq } of rows) write.remove(['outbox', channel, seq]);
  return rows.length > 0;
}

/** One row a channel that proves the whole way to it works; none where the one before still waits. */
export function canaryRows(write: Writer, store: Store, channels: readonly ChannelConfig[], nowMilliseconds: number): void {
  const queue = new Queue(write, store, nowMilliseconds);
  const text = 'A test message of the watchtower. If these stop, nobody would tell you of a real alarm on this channel either.';
  for (const { name } of channels) {
    if (store.list<OutboxRow>(['outbox', name]).some(({ state }) => state === 'canary')) continue;
    queue.add(name, { incident: hashOf({ canary: name, after: headOf(store) }), state: 'canary', severity: 'info', title: `[info] ${WORDS.canary}: this channel works`, text }, 0);
  }
  queue.close();
}

/** That warnings did not fit into a channel's queue. */
export function leftOutRow(write: Writer, store: Store, channel: string, count: number, nowMilliseconds: number): void {
  const queue = new Queue(write, store, nowMilliseconds);
  const text = `${count} messages below critical were not kept for this channel while it did not take any: see the API or the log.`;
  queue.add(channel, { incident: hashOf({ leftOut: channel, after: headOf(store) }), state: 'firing', severity: 'warning', title: `[warning] ${count} messages were left out`, text }, 0);
  queue.close();
}

/** One critical row a channel for what is no incident of a monitor. */
export function noticeRows(write: Writer, store: Store, channels: readonly ChannelConfig[], notice: { readonly key: string; readonly title: string; readonly text: string }, nowMilliseconds: number): void {
  const queue = new Queue(write, store, nowMilliseconds);
  for (const { name } of channels) queue.add(name, { incident: hashOf(notice.key), state: 'firing', severity: 'critical', title: `[critical] ${WORDS.firing}: ${notice.title}`, text: oneLine(notice.text) }, 0);
  queue.close();
}

function textOf(incident: Change['incident'], lapsed: Acknowledgement | undefined): string {
  return [
    oneLine(incident.sentence), oneLine(`expected: ${incident.expected}`), oneLine(`got: ${incident.got}`), `L1 block ${incident.blockNumber} ${incident.blockHash}`,
    ...(incident.transaction === undefined ? [] : [`transaction ${incident.transaction}`]), `incident ${incident.id}`,
    ...(lapsed === undefined ? [] : [oneLine(`${lapsed.by} had seen it at ${lapsed.at}, while it was not final. It is now, and waits for an acknowledgement of its own.`)]),
    ...(incident.state === 'provisional' ? ['Not final yet: a reorganisation of L1 may take it back; then you are told.'] : []),
  ].join('\n');
}
