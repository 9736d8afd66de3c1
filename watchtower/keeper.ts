// Keeps what checks say: verdicts, incidents, what is told of them, and the log, in one transaction. Owns how a verdict follows the one before it and
// what becomes of subjects that a check no longer names. Does not own what is decided (incidents.ts) nor how it is delivered (alerts/).
// Invariant: what was decided and that it must be told are written together; a subject that nobody judges any more keeps no `ok`; each finding is an alarm
// of its own, so that none hides behind another.

import type { Hex } from 'viem';
import { append, headOf } from './auditLog.ts';
import { outboxRows } from './alerts/outbox.ts';
import type { ChannelConfig } from './config.ts';
import { judged, logEntry, staleIncident, type Change } from './incidents.ts';
import type { Check } from './monitor.ts';
import type { Acknowledgement, Incident, StoredVerdict } from './rows.ts';
import type { Store, Writer } from './store.ts';
import type { Verdict } from './verdict.ts';

/** The moment of L1 that is judged. */
export interface Moment {
  readonly hash: Hex;
  readonly seconds: number;
}

interface KeeperParts {
  readonly store: Store;
  readonly channels: readonly ChannelConfig[];
  readonly wallMilliseconds: () => number;
}

export class Keeper {
  readonly #parts: KeeperParts;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  /** Takes everything that a check says of one moment. */
  async keep(check: Check, moment: Moment, verdicts: readonly Verdict[]): Promise<void> {
    const { store } = this.#parts;
    await store.commit((write) => {
      const entries: Record<string, unknown>[] = [];
      const unnamed = this.#unnamed(write, check, verdicts);
      const changes: Change[] = [...unnamed.changes];
      for (const said of bySubject([...verdicts, ...unnamed.verdicts])) {
        const [{ subject }] = said;
        const before = store.get<StoredVerdict>(['verdict', check.id, subject]);
        const result = judged(check, said, before, store.list<Incident>(['open', check.id, subject]), moment.seconds, this.#parts.wallMilliseconds());
        const { verdict } = result;
        write.put(['verdict', check.id, subject], verdict);
        if (before?.status !== verdict.status) entries.push({ kind: 'verdict', check: check.id, subject, verdict: verdict.status, sentence: verdict.sentence, blockHash: moment.hash, inputsHash: verdict.hash });
        for (const { incident } of result.changes) {
          if (incident.state === 'firing') write.put(['open', check.id, subject, incident.id], incident);
          else write.remove(['open', check.id, subject, incident.id]);
        }
        changes.push(...result.changes, ...this.#staleness(write, check, verdict, moment.seconds));
      }
      this.record(write, changes, entries);
    });
  }

  /** Incidents, what is told of them, and the log: within the caller's transaction. */
  record(write: Writer, changes: readonly Change[], entries: readonly Readonly<Record<string, unknown>>[] = [], isHistory = false): void {
    const { store, channels, wallMilliseconds } = this.#parts;
    const told = changes.map((change): Change => { const lapsed = this.#lapsed(change); return lapsed === undefined ? change : { ...change, lapsed }; });
    const all = [...entries, ...told.flatMap((change) => [logEntry(change), ...(change.lapsed === undefined ? [] : [{ kind: 'acknowledgement-lapsed', incident: change.incident.id, by: change.lapsed.by }])])];
    if (all.length === 0) return;
    for (const { incident, from, lapsed } of told) {
      const acknowledged = from === undefined || from === 'retracted' || lapsed !== undefined ? undefined : store.get<Incident>(['incident', incident.id])?.acknowledged;
      write.put(['incident', incident.id], acknowledged === undefined ? incident : { ...incident, acknowledged });
    }
    if (!isHistory) outboxRows(write, store, channels, told, wallMilliseconds());
    append(write, headOf(store), all);
  }

  /** Who saw an alarm while a reorganisation could still take it back has not seen that it is final: that wakes whoever must be woken. */
  #lapsed({ incident, from }: Change): Acknowledgement | undefined {
    return from === 'provisional' && incident.state === 'firing' ? this.#parts.store.get<Incident>(['incident', incident.id])?.acknowledged : undefined;
  }

  /** What the check said before and does not say now. A check that failed as a whole turns its subjects unverifiable; else a subject is gone. */
  #unnamed(write: Writer, check: Check, verdicts: readonly Verdict[]): { readonly verdicts: readonly Verdict[]; readonly changes: readonly Change[] } {
    const { store } = this.#parts;
    const named = new Set(verdicts.map(({ subject }) => subject));
    const unnamed = store.list<StoredVerdict>(['verdict', check.id]).filter(({ subject }) => !named.has(subject));
    const [only] = verdicts;
    if (verdicts.length === 1 && only?.subject === '' && only.status === 'unverifiable') return { verdicts: unnamed.map(({ subject }) => ({ ...only, subject })), changes: [] };
    const changes: Change[] = [];
    const left = unnamed.flatMap(({ subject, blockHash, blockNumber, expected }): Verdict[] => {
      // An alarm does not end because its subject is no longer spoken of.
      if (store.count(['open', check.id, subject]) > 0) {
        return [{ subject, status: 'unverifiable', sentence: 'this check no longer speaks of it, and it was a violation', evidence: { block: { number: BigInt(blockNumber), hash: blockHash }, expected, got: 'nothing' } }];
      }
      const stale = store.get<Incident>(['stale', check.id, subject]);
      write.remove(['verdict', check.id, subject]);
      write.remove(['stale', check.id, subject]);
      if (stale !== undefined) changes.push({ from: stale.state, incident: { ...stale, state: 'resolved' } });
      return [];
    });
    return { verdicts: left, changes };
  }

  #staleness(write: Writer, check: Check, verdict: StoredVerdict, seconds: number): readonly Change[] {
    const { store, wallMilliseconds } = this.#parts;
    const key = ['stale', check.id, verdict.subject];
    const open = store.get<Incident>(key);
    if (verdict.status !== 'unverifiable' && open !== undefined) {
      write.remove(key);
      return [{ from: open.state, incident: { ...open, state: 'resolved' } }];
    }
    const incident = open === undefined ? staleIncident(check, verdict, seconds, wallMilliseconds()) : undefined;
    if (incident === undefined) return [];
    write.put(key, incident);
    return [{ from: undefined, incident }];
  }
}

const WORST = ['ok', 'unverifiable', 'violation'] as const;

/** What is said of each subject, the worst first. */
function bySubject(verdicts: readonly Verdict[]): readonly (readonly [Verdict, ...Verdict[]])[] {
  return [...Map.groupBy(verdicts, ({ subject }) => subject).values()].map((said) => said.toSorted((a, b) => WORST.indexOf(b.status) - WORST.indexOf(a.status)) as [Verdict, ...Verdict[]]);
}
