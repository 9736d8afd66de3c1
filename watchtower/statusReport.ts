// What the store says at a glance: where it stands on L1, what does not hold, which alarms nobody has seen, what waits to be told. Owns gathering it and its
// plain text. Reads only; works beside the daemon and without it.
// Invariant: text of the chain stays on its line and moves no cursor; what is not known is said so.

import { headOf, type LogHead } from './auditLog.ts';
import type { Config } from './config.ts';
import type { Runner } from './hold.ts';
import { duration } from './monitors/verdicts.ts';
import type { CursorState, Incident, OutboxRow, StoredBlock, StoredVerdict } from './rows.ts';
import type { Store } from './store.ts';
import { oneLine } from './text.ts';

type Row = Pick<StoredVerdict, 'monitor' | 'subject' | 'status' | 'sentence' | 'blockNumber'> & { readonly secondsSinceOk: number | null };

export interface StatusReport {
  /** The process that watches now; null when there is none. */
  readonly runner: Pick<Runner, 'pid' | 'since'> | null;
  readonly cursor: CursorState | null;
  /** How old the last final block was by this machine's clock; null when there is none. */
  readonly finalizedAgeSeconds: number | null;
  readonly log: LogHead;
  readonly counts: Readonly<Record<StoredVerdict['status'], number>>;
  readonly notOk: readonly Row[];
  readonly alarms: readonly Pick<Incident, 'id' | 'monitor' | 'severity' | 'state' | 'sentence' | 'acknowledged'>[];
  readonly channels: readonly { readonly name: string; readonly waiting: number; readonly lastError: string | null; readonly deliveredAt: string | null }[];
  readonly checkpoint: unknown;
  readonly anchors: number;
}

export function statusOf(store: Store, config: Config, wallMilliseconds: number, runner: Runner | undefined): StatusReport {
  const cursor = store.get<CursorState>(['cursor']);
  const final = store.get<StoredBlock>(['block', cursor?.finalized ?? -1]);
  const verdicts = store.list<StoredVerdict>(['verdict']);
  const count = (status: StoredVerdict['status']): number => verdicts.filter((verdict) => verdict.status === status).length;
  const standing = store.list<Incident>(['incident']).filter(({ state }) => state === 'firing' || state === 'provisional').toSorted(unseenFirst);
  return {
    runner: runner === undefined ? null : { pid: runner.pid, since: runner.since }, cursor: cursor ?? null, finalizedAgeSeconds: final === undefined ? null : Math.floor(wallMilliseconds / 1_000) - final.timestamp, log: headOf(store),
    counts: { ok: count('ok'), violation: count('violation'), unverifiable: count('unverifiable') },
    notOk: verdicts.filter(({ status }) => status !== 'ok').map(({ monitor, subject, status, sentence, blockNumber, lastOk }) => ({ monitor, subject, status, sentence, blockNumber, secondsSinceOk: lastOk === undefined || final === undefined ? null : Math.max(0, final.timestamp - lastOk) })),
    alarms: standing.map(({ id, monitor, severity, state, sentence, acknowledged }) => ({ id, monitor, severity, state, sentence, ...(acknowledged === undefined ? {} : { acknowledged }) })),
    channels: config.channels.map(({ name }) => {
      const rows = store.list<OutboxRow>(['outbox', name]);
      const at = store.get<{ readonly at: number }>(['delivered', name])?.at;
      return { name, waiting: rows.length, lastError: rows.find(({ lastError }) => lastError !== undefined)?.lastError ?? null, deliveredAt: at === undefined ? null : new Date(at).toISOString() };
    }),
    checkpoint: store.get(['checkpoint']) ?? null, anchors: store.count(['anchored']),
  };
}

function unseenFirst(a: Incident, b: Incident): number {
  const [isSeenA, isSeenB] = [a.acknowledged !== undefined, b.acknowledged !== undefined];
  return isSeenA === isSeenB ? b.foundAt - a.foundAt : Number(isSeenA) - Number(isSeenB);
}

/** 0 all is well, 1 something is found, 4 something is not known: where nothing runs, nothing of now is. */
export function exitCodeOf({ runner, counts, alarms, cursor }: StatusReport): number {
  if (counts.violation > 0 || alarms.length > 0) return 1;
  return runner === null || cursor === null || counts.ok === 0 || counts.unverifiable > 0 ? 4 : 0;
}

export function statusText(report: StatusReport): string {
  const { runner, cursor, finalizedAgeSeconds, log, counts, notOk, alarms, channels, anchors } = report;
  const where = cursor === null ? 'L1 was not read yet' : `L1 read to block ${cursor.tip}, final to ${cursor.finalized}${finalizedAgeSeconds === null ? '' : `, whose age is ${duration(finalizedAgeSeconds)}`}`;
  return [
    runner === null ? 'no watchtower runs on this store now: what follows is what the last one knew' : `watching since ${runner.since} (process ${runner.pid})`, where, `${counts.ok} checks ok, ${counts.violation} violated, ${counts.unverifiable} unknown; log of ${log.seq} entries, ${anchors} anchored heads`,
    ...notOk.map(({ monitor, subject, status, sentence, secondsSinceOk }) => oneLine(`  ${status}  ${monitor}${subject === '' ? '' : ` ${subject}`}: ${sentence} (last ok ${secondsSinceOk === null ? 'never' : `${duration(secondsSinceOk)} before`})`)),
    ...alarms.map(({ id, severity, monitor, sentence, acknowledged }) => oneLine(`  ${severity}  ${id} ${monitor}: ${sentence} ${acknowledged === undefined ? '(nobody has acknowledged it)' : `(seen by ${acknowledged.by} at ${acknowledged.at})`}`)),
    ...channels.map(({ name, waiting, lastError, deliveredAt }) => oneLine(`  channel ${name}: ${waiting} waiting, last delivery ${deliveredAt ?? 'never'}${lastError === null ? '' : `, last error: ${lastError}`}`)), '',
  ].join('\n');
}
