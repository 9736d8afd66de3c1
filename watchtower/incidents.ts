// From verdicts and notices to incidents, alerts and log entries. Owns when something is told: once when it begins, once when it ends, once
// when a reorg takes it back. Pure: what it returns is written by the engine in one transaction.
//
//   notice in a new block ─► provisional ─finalized─► firing        reorged out ─► retracted ─seen again─► provisional
//   verdict turns to violation ─► firing ─verdict turns to ok─► resolved        unverifiable too long ─► firing (its own incident)
//
// Invariant: an incident's identity does not depend on when or how often it was seen, so a restart never doubles it.

import type { Hex } from 'viem';
import type { DecodedEvent } from './contracts.ts';
import type { Monitor, Notice } from './monitor.ts';
import type { Incident, IncidentState, StoredBlock, StoredVerdict } from './store.ts';
import { hashOf, verdictHash, type Verdict } from './verdict.ts';

export interface Change {
  readonly incident: Incident;
  readonly from: IncidentState | undefined;
}

/** The incident of an event that a monitor wants told. */
export function noticed(monitor: Monitor, notice: Notice, event: DecodedEvent, block: StoredBlock, wallMilliseconds: number): Incident {
  const { log } = event;
  return {
    id: hashOf({ monitor: monitor.id, event: notice.event, transaction: log.transactionHash, topics: log.topics, data: log.data }),
    monitor: monitor.id, subject: notice.subject?.(event) ?? '', severity: notice.severity, sentence: notice.sentence(event),
    expected: 'no such act unless it was announced', got: `${event.contract}.${event.name}`, state: 'provisional',
    blockNumber: block.number, blockHash: block.hash, transaction: log.transactionHash, foundAt: wallMilliseconds,
  };
}

export interface Judged {
  readonly verdict: StoredVerdict;
  readonly changes: readonly Change[];
}

/** Compares a verdict with the one before it. @param open the incident of the earlier violation, if one is open */
export function judged(monitor: Monitor, verdict: Verdict, before: StoredVerdict | undefined, open: Incident | undefined, l1Seconds: number, wallMilliseconds: number): Judged {
  const isSame = before?.status === verdict.status;
  const stored: StoredVerdict = {
    monitor: monitor.id, subject: verdict.subject, status: verdict.status, sentence: verdict.sentence, expected: verdict.evidence.expected, got: verdict.evidence.got,
    blockNumber: Number(verdict.evidence.block.number), blockHash: verdict.evidence.block.hash, since: isSame ? before.since : l1Seconds,
    lastOk: verdict.status === 'ok' ? l1Seconds : before?.lastOk, hash: verdictHash(monitor.id, verdict),
  };
  const changes: Change[] = [];
  if (verdict.status === 'violation' && open === undefined) changes.push({ from: undefined, incident: incidentOf(monitor, stored, verdict.evidence.transaction, wallMilliseconds) });
  if (verdict.status === 'ok' && open !== undefined) changes.push({ from: open.state, incident: { ...open, state: 'resolved' } });
  return { verdict: stored, changes };
}

function incidentOf(monitor: Monitor, verdict: StoredVerdict, transaction: Hex | undefined, wallMilliseconds: number): Incident {
  return {
    id: hashOf({ monitor: monitor.id, subject: verdict.subject, block: verdict.blockHash }), monitor: monitor.id, subject: verdict.subject, severity: monitor.severity, sentence: verdict.sentence,
    expected: verdict.expected, got: verdict.got, state: 'firing', blockNumber: verdict.blockNumber, blockHash: verdict.blockHash, transaction, foundAt: wallMilliseconds,
  };
}

/** A check that has not said ok for too long is an alarm of its own: unknown is not fine. */
export function staleIncident(monitor: Monitor, verdict: StoredVerdict, l1Seconds: number, wallMilliseconds: number): Incident | undefined {
  const age = l1Seconds - (verdict.lastOk ?? verdict.since);
  if (verdict.status !== 'unverifiable' || age < monitor.staleAfterSeconds) return undefined;
  return {
    id: hashOf({ stale: monitor.id, subject: verdict.subject, since: verdict.since }), monitor: monitor.id, subject: verdict.subject, severity: monitor.severity === 'critical' ? 'critical' : 'warning',
    sentence: `${monitor.id} could not be checked for ${age} s: ${verdict.sentence}`, expected: `an answer at least every ${monitor.staleAfterSeconds} s`, got: 'unverifiable', state: 'firing',
    blockNumber: verdict.blockNumber, blockHash: verdict.blockHash, transaction: undefined, foundAt: wallMilliseconds,
  };
}

/** What goes into the hash-chained log for a change. */
export function logEntry({ incident, from }: Change): Readonly<Record<string, unknown>> {
  const { foundAt: _, ...facts } = incident;
  return { kind: 'incident', from: from ?? null, ...facts, transaction: facts.transaction ?? null };
}
