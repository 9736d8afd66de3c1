// From verdicts and notices to incidents, alerts and log entries. Owns when something is told: once when it begins, once when it ends, once
// when a reorg takes it back. Pure: what it returns is written by the engine in one transaction.
//
//   notice in a new block ─► provisional ─finalized─► firing        reorged out ─► retracted ─seen again─► provisional
//   verdict turns to violation ─► firing ─verdict turns to ok─► resolved        unverifiable too long ─► firing (its own incident)
//
// Invariant: an incident's identity does not depend on when or how often it was seen, so a restart never doubles it.

import type { DecodedEvent } from './contracts.ts';
import { messageOf } from './fault.ts';
import type { Check, Monitor, Notice } from './monitor.ts';
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
    monitor: monitor.id, subject: worded(() => notice.subject?.(event) ?? '', ''), severity: notice.severity, sentence: worded(() => notice.sentence(event), `${event.contract}.${event.name} happened, with values that cannot be put in words`),
    expected: 'no such act unless it was announced', got: `${event.contract}.${event.name}`, state: 'provisional',
    blockNumber: block.number, blockHash: block.hash, transaction: log.transactionHash, foundAt: wallMilliseconds,
  };
}

/** The words of a notice. Values that no contract of ours emits must not stop the walk: then the plain fact is told. */
function worded(say: () => string, otherwise: string): string {
  try {
    return say();
  } catch (cause) {
    return otherwise === '' ? '' : `${otherwise} (${messageOf(cause)})`;
  }
}

export interface Judged {
  readonly verdict: StoredVerdict;
  readonly changes: readonly Change[];
}

/** Compares a verdict with the one before it. @param open the incident of the earlier violation, if one is open */
export function judged(monitor: Check, verdict: Verdict, before: StoredVerdict | undefined, open: Incident | undefined, l1Seconds: number, wallMilliseconds: number): Judged {
  const isSame = before?.status === verdict.status;
  const stored: StoredVerdict = {
    monitor: monitor.id, subject: verdict.subject, status: verdict.status, sentence: verdict.sentence, expected: verdict.evidence.expected, got: verdict.evidence.got,
    blockNumber: Number(verdict.evidence.block.number), blockHash: verdict.evidence.block.hash, since: isSame ? before.since : l1Seconds,
    lastOk: verdict.status === 'ok' ? l1Seconds : before?.lastOk, hash: verdictHash(monitor.id, verdict),
    ...(verdict.measure === undefined ? {} : { measure: verdict.measure }),
  };
  const changes: Change[] = [];
  const isOther = open !== undefined && open.finding !== verdict.finding;
  if (verdict.status === 'violation' && (open === undefined || isOther)) changes.push({ from: undefined, incident: incidentOf(monitor, stored, verdict, wallMilliseconds) });
  // Another finding never hides in an alarm that was already told: it is told anew, and the old one ends.
  if (verdict.status === 'violation' && isOther) changes.push({ from: open.state, incident: { ...open, state: 'resolved', sentence: `replaced by another finding: ${open.sentence}` } });
  if (verdict.status === 'ok' && open !== undefined) changes.push({ from: open.state, incident: { ...open, state: 'resolved' } });
  return { verdict: stored, changes };
}

function incidentOf(monitor: Check, verdict: StoredVerdict, { finding, evidence: { transaction } }: Verdict, wallMilliseconds: number): Incident {
  return {
    id: hashOf({ monitor: monitor.id, subject: verdict.subject, block: verdict.blockHash, ...(finding === undefined ? {} : { finding }) }), monitor: monitor.id, subject: verdict.subject, severity: monitor.severity, sentence: verdict.sentence,
    expected: verdict.expected, got: verdict.got, state: 'firing', blockNumber: verdict.blockNumber, blockHash: verdict.blockHash, transaction, foundAt: wallMilliseconds, ...(finding === undefined ? {} : { finding }),
  };
}

/** A check that has not said ok for too long is an alarm of its own: unknown is not fine. */
export function staleIncident(monitor: Check, verdict: StoredVerdict, l1Seconds: number, wallMilliseconds: number): Incident | undefined {
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
  const { foundAt: _, acknowledged: __, ...facts } = incident;
  return { kind: 'incident', from: from ?? null, ...facts, transaction: facts.transaction ?? null };
}
