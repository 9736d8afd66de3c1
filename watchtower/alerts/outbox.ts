// The transactional outbox: what must be told, written with what was decided. Owns rows and their order. Delivery is deliver.ts.
// Invariant: a row exists exactly when its change is in the log, except that an escalation whose incident ended before it was due is told nothing of;
// rows of one incident and channel are delivered in order.

import type { ChannelConfig } from '../config.ts';
import type { Change } from '../incidents.ts';
import type { OutboxRow, Store, Writer } from '../store.ts';
import { hashOf, SEVERITIES } from '../verdict.ts';

const WORDS = { provisional: 'SEEN', firing: 'ALERT', resolved: 'RESOLVED', retracted: 'TAKEN BACK', canary: 'CANARY' } as const;

export function outboxRows(write: Writer, store: Store, channels: readonly ChannelConfig[], changes: readonly Change[], nowMilliseconds: number): void {
  let seq = store.get<number>(['outboxHead']) ?? 0;
  for (const { incident } of changes) {
    for (const { name, minimum, escalateAfterSeconds } of channels) {
      if (SEVERITIES.indexOf(incident.severity) < SEVERITIES.indexOf(minimum)) continue;
      const isOver = incident.state === 'resolved' || incident.state === 'retracted';
      if (escalateAfterSeconds > 0 && isOver && withdrawn(write, store, name, incident.id)) continue;
      seq += 1;
      write.put(['outbox', seq], {
        seq, channel: name, incident: incident.id, state: incident.state, severity: incident.severity, title: `[${incident.severity}] ${WORDS[incident.state]}: ${incident.monitor}`,
        text: textOf(incident), createdAt: nowMilliseconds, attempts: 0, nextAt: isOver ? 0 : nowMilliseconds + escalateAfterSeconds * 1_000, deliveredAt: undefined, lastError: undefined,
      } satisfies OutboxRow);
    }
  }
  write.put(['outboxHead'], seq);
}

/** Takes back what an escalation channel was not told yet. @returns whether it was told nothing of the incident */
function withdrawn(write: Writer, store: Store, channel: string, incident: OutboxRow['incident']): boolean {
  const rows = store.list<OutboxRow>(['outbox']).filter((row) => row.channel === channel && row.incident === incident && row.attempts === 0 && row.nextAt > 0);
  for (const { seq } of rows) write.remove(['outbox', seq]);
  return rows.length > 0;
}

/** One row a channel that proves the whole way to it works. */
export function canaryRows(write: Writer, store: Store, channels: readonly ChannelConfig[], nowMilliseconds: number): void {
  let seq = store.get<number>(['outboxHead']) ?? 0;
  for (const { name } of channels) {
    seq += 1;
    write.put(['outbox', seq], {
      seq, channel: name, incident: `0x${seq.toString(16).padStart(64, 'c')}`, state: 'canary', severity: 'info', title: `[info] ${WORDS.canary}: this channel works`,
      text: 'A test message of the watchtower. If these stop, nobody would tell you of a real alarm on this channel either.', createdAt: nowMilliseconds, attempts: 0, nextAt: 0, deliveredAt: undefined, lastError: undefined,
    } satisfies OutboxRow);
  }
  write.put(['outboxHead'], seq);
}

/** One critical row a channel for what is no incident of a monitor. */
export function noticeRows(write: Writer, store: Store, channels: readonly ChannelConfig[], notice: { readonly key: string; readonly title: string; readonly text: string }, nowMilliseconds: number): void {
  let seq = store.get<number>(['outboxHead']) ?? 0;
  for (const { name } of channels) {
    seq += 1;
    write.put(['outbox', seq], {
      seq, channel: name, incident: hashOf(notice.key), state: 'firing', severity: 'critical', title: `[critical] ${WORDS.firing}: ${notice.title}`, text: oneLine(notice.text), createdAt: nowMilliseconds, attempts: 0, nextAt: 0, deliveredAt: undefined, lastError: undefined,
    } satisfies OutboxRow);
  }
  write.put(['outboxHead'], seq);
}

/** What the chain says stays on its line and shows every character: no forged lines, no hidden or reversed text. */
export function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\u{fffd}');
}

function textOf(incident: Change['incident']): string {
  return [
    oneLine(incident.sentence), oneLine(`expected: ${incident.expected}`), oneLine(`got: ${incident.got}`), `L1 block ${incident.blockNumber} ${incident.blockHash}`,
    ...(incident.transaction === undefined ? [] : [`transaction ${incident.transaction}`]), `incident ${incident.id}`,
    ...(incident.state === 'provisional' ? ['Not final yet: a reorganisation of L1 may take it back; then you are told.'] : []),
  ].join('\n');
}
