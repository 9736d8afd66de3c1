// Prometheus metrics of the watchtower, read from the store when they are asked for. Owns names and help texts.

import { Gauge, Registry } from 'prom-client';
import { headOf } from './auditLog.ts';
import type { Quorum } from './l1/quorum.ts';
import { KEYS, stateOf, type BatchResult } from './replay/records.ts';
import type { CursorState, Store, StoredBlock, StoredVerdict } from './store.ts';

const STATUS_VALUES = { ok: 1, violation: 0, unverifiable: -1 } as const;
const AGREEMENT_VALUES = { agrees: 1, absent: 0, faulty: -1, dissents: -2 } as const;

export async function metricsText(store: Store, quorum: Quorum, outboxDepth: number): Promise<string> {
  const registry = new Registry();
  const gauge = (name: string, help: string, labelNames: string[] = []): Gauge => new Gauge({ name, help, labelNames, registers: [registry] });
  const verdicts = store.list<StoredVerdict>(['verdict']);
  const [status, lastOk] = [gauge('wt_check_verdict', '1 ok, 0 violation, -1 unverifiable', ['check', 'subject']), gauge('wt_check_last_success_timestamp', 'L1 time of the last ok', ['check', 'subject'])];
  for (const { monitor: check, subject, ...verdict } of verdicts) {
    status.set({ check, subject }, STATUS_VALUES[verdict.status]);
    if (verdict.lastOk !== undefined) lastOk.set({ check, subject }, verdict.lastOk);
  }
  const agreement = gauge('wt_rpc_agreement', '1 agrees, 0 absent, -1 faulty, -2 dissents', ['operator']);
  for (const { operator, state } of quorum.matrix.values()) agreement.set({ operator }, AGREEMENT_VALUES[state]);
  const cursor = store.get<CursorState>(['cursor']);
  gauge('wt_finalized_lag_blocks', 'blocks read that are not final').set(cursor === undefined ? 0 : cursor.tip - cursor.finalized);
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
