// Prometheus metrics of the watchtower, read from the store when they are asked for. Owns names and help texts.

import { Gauge, Registry } from 'prom-client';
import { headOf } from './auditLog.ts';
import type { Quorum } from './l1/quorum.ts';
import { KEYS, stateOf, type BatchResult } from './replay/records.ts';
import type { CursorState, Incident, StoredBlock, StoredVerdict } from './rows.ts';
import type { Store } from './store.ts';
import { oneLine } from './text.ts';
import { SEVERITIES } from './verdict.ts';

const STATUS_VALUES = { ok: 1, violation: 0, unverifiable: -1 } as const;
const MOST_SUBJECTS = 200;
const AGREEMENT_VALUES = { agrees: 1, absent: 0, faulty: -1, dissents: -2 } as const;

type MakeGauge = (name: string, help: string, labelNames?: string[]) => Gauge;

export async function metricsText(store: Store, quorum: Quorum, outboxDepth: number, wallMilliseconds: number = Date.now()): Promise<string> {
  const registry = new Registry();
  const gauge: MakeGauge = (name, help, labelNames = []) => new Gauge({ name, help, labelNames, registers: [registry] });
  const verdicts = store.list<StoredVerdict>(['verdict']);
  const [status, lastOk] = [gauge('wt_check_verdict', '1 ok, 0 violation, -1 unverifiable', ['check', 'subject']), gauge('wt_check_last_success_timestamp', 'L1 time of the last ok', ['check', 'subject'])];
  const left = gauge('wt_subjects_left_out', 'subjects of a check above the number that is shown', ['check']);
  for (const [check, all] of Map.groupBy(verdicts, ({ monitor }) => monitor)) {
    // Whoever deposits a thousand tokens must not make a thousand series; what is no ok is shown first.
    for (const { subject, ...verdict } of all.toSorted((a, b) => STATUS_VALUES[a.status] - STATUS_VALUES[b.status]).slice(0, MOST_SUBJECTS)) {
      status.set({ check, subject: oneLine(subject) }, STATUS_VALUES[verdict.status]);
      if (verdict.lastOk !== undefined) lastOk.set({ check, subject: oneLine(subject) }, verdict.lastOk);
    }
    if (all.length > MOST_SUBJECTS) left.set({ check }, all.length - MOST_SUBJECTS);
  }
  measures(verdicts, gauge);
  const agreement = gauge('wt_rpc_agreement', '1 agrees, 0 absent, -1 faulty, -2 dissents', ['operator']);
  for (const { operator, state } of quorum.matrix.values()) agreement.set({ operator }, AGREEMENT_VALUES[state]);
  const cursor = store.get<CursorState>(['cursor']);
  gauge('wt_finalized_lag_blocks', 'blocks read that are not final').set(cursor === undefined ? 0 : cursor.tip - cursor.finalized);
  const finalSeconds = store.get<StoredBlock>(['block', cursor?.finalized ?? -1])?.timestamp;
  if (finalSeconds !== undefined) gauge('wt_finalized_lag_seconds', 'age of the last final block that was read, by this machine\'s clock').set(Math.floor(wallMilliseconds / 1_000) - finalSeconds);
  gauge('wt_store_writable', '1 when the last write was kept, 0 when it was not').set(store.fault === undefined ? 1 : 0);
  const beat = store.get<number>(['heartbeat']);
  if (beat !== undefined) gauge('wt_heartbeat_timestamp', 'when the dead-man switch was reached last').set(Math.floor(beat / 1_000));
  const unseen = store.list<Incident>(['incident']).filter(({ state, acknowledged }) => acknowledged === undefined && (state === 'firing' || state === 'provisional'));
  const alarms = gauge('wt_alarms_unacknowledged', 'alarms that stand and that nobody has acknowledged', ['severity']);
  for (const severity of SEVERITIES) alarms.set({ severity }, unseen.filter((incident) => incident.severity === severity).length);
  gauge('wt_gap_blocks', 'blocks that could not be read').set((cursor?.gaps ?? []).reduce((sum, { from, to }) => sum + to - from + 1, 0));
  gauge('wt_outbox_depth', 'messages not delivered yet').set(outboxDepth);
  gauge('wt_log_seq', 'entries of the hash-chained log').set(headOf(store).seq);
  const block = store.get<StoredBlock>(['block', cursor?.finalized ?? -1]);
  const unknown = verdicts.filter((verdict) => verdict.status === 'unverifiable').map(({ since }) => (block?.timestamp ?? since) - since);
  gauge('wt_unknown_oldest_seconds', 'L1 seconds for which the oldest unknown has been unknown').set(Math.max(0, ...unknown));
  const replay = stateOf(store);
  if (replay !== undefined) {
    gauge('wt_prover_lag_batches', 'batches committed and not final').set(replay.committed - replay.finalBatch);
    gauge('wt_reexecution_lag_batches', 'batches committed and not executed again').set(replay.committed - replay.executed.batch);
    gauge('wt_reexecution_findings', 'what L1 recorded otherwise than its data gives').set(store.list(KEYS.findings).length + (replay.broken === undefined ? 0 : 1));
    gauge('wt_reexecution_seconds', 'how long the last batch took').set((store.get<BatchResult>(KEYS.result(replay.executed.batch))?.milliseconds ?? 0) / 1_000);
  }
  const delivery = gauge('wt_alert_delivery_seconds', 'how long the last message waited until it was taken', ['channel']);
  for (const { key, value } of store.entries<{ readonly waitedMilliseconds: number }>(['delivered'], 0, 100)) delivery.set({ channel: String(key[1]) }, value.waitedMilliseconds / 1_000);
  return registry.metrics();
}

/** Numbers that verdicts rest on, under the names that dashboards ask for. */
function measures(verdicts: readonly StoredVerdict[], gauge: MakeGauge): void {
  const of = (check: string, subject?: string): readonly StoredVerdict[] => verdicts.filter((verdict) => verdict.monitor === check && verdict.measure !== undefined && (subject === undefined || verdict.subject === subject)).slice(0, MOST_SUBJECTS);
  const upgrades = gauge('wt_upgrade_seconds_to_execution', 'seconds of T until a pending upgrade can be carried out; negative once it can', ['upgrade']);
  for (const { subject, measure = 0 } of of('B-upgrades')) upgrades.set({ upgrade: subject }, measure);
  const margins = gauge('wt_exit_margin_seconds', 'seconds of T that a watched address has left to begin its exit', ['address']);
  for (const { subject, measure = 0 } of of('G38-exit-time')) margins.set({ address: subject }, measure);
  const queue = of('E30-forced-queue', 'settled-50')[0]?.measure;
  if (queue !== undefined) gauge('wt_forced_queue_oldest_seconds', 'seconds of T for which the oldest unsettled message waits; 0 when none does').set(queue);
}
