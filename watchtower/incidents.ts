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
import type { Acknowledgement, Incident, IncidentState, StoredBlock, StoredVerdict } from './rows.ts';
import { hashOf, verdictHash, type Verdict } from './verdict.ts';

export interface Change {
  readonly incident: Incident;
  readonly from: IncidentState | undefined;
  /** Somebody's word that they had seen it, which does not hold for what it has become. */
  readonly lapsed?: Acknowledgement;
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

/**
 * Compares what is said of one subject with what was said before. Each finding is an alarm of its own: a further one is told whatever stands already, and
 * one that is gone ends alone. @param said of one subject, the worst first @param open the alarms about it that stand
 */
export function judged(monitor: Check, said: readonly [Verdict, ...Verdict[]], before: StoredVerdict | undefined, open: readonly Incident[], l1Seconds: number, wallMilliseconds: number): Judged {
  const verdict = joined(said.filter(({ status }) => status === said[0].status));
  const isSame = before?.status === verdict.status;
  const stored: StoredVerdict = {
    monitor: monitor.id, subject: verdict.subject, status: verdict.status, sentence: verdict.sentence, expected: verdict.evidence.expected, got: verdict.evidence.got,
    blockNumber: Number(verdict.evidence.block.number), blockHash: verdict.evidence.block.hash, since: isSame ? before.since : l1Seconds,
    lastOk: verdict.status === 'ok' ? l1Seconds : before?.lastOk, hash: verdictHash(monitor.id, verdict),
    ...(verdict.measure === undefined ? {} : { measure: verdict.measure }),
  };
  const found = [...Map.groupBy(said.filter(({ status }) => status === 'violation'), ({ finding }) => finding).values()].map(joined);
  const added = found.filter(({ finding }) => !open.some((incident) => incident.finding === finding));
  const changes: Change[] = added.map((violation) => ({ from: undefined, incident: incidentOf(monitor, stored, violation, wallMilliseconds) }));
  // What could not be checked ends nothing.
  if (said.some(({ status }) => status === 'unverifiable')) return { verdict: stored, changes };
  for (const incident of open.filter(({ finding }) => !found.some((violation) => violation.finding === finding))) {
    const prefix = found.length === 0 ? '' : added.length > 0 ? 'replaced by another finding: ' : 'no longer found, while another finding stands: ';
    changes.push({ from: incident.state, incident: { ...incident, state: 'resolved', sentence: `${prefix}${incident.sentence}` } });
  }
  return { verdict: stored, changes };
}

/** Several words of one kind as one verdict, with all their sentences. */
function joined(said: readonly Verdict[]): Verdict {
  const [first, ...others] = said as readonly [Verdict, ...Verdict[]];
  return others.length === 0 ? first : { ...first, sentence: said.map(({ sentence }) => sentence).join('; ') };
}

function incidentOf(monitor: Check, { blockNumber, blockHash }: StoredVerdict, { subject, sentence, finding, evidence: { transaction, expected, got } }: Verdict, wallMilliseconds: number): Incident {
  return {
    id: hashOf({ monitor: monitor.id, subject, block: blockHash, ...(finding === undefined ? {} : { finding }) }), monitor: monitor.id, subject, severity: monitor.severity, sentence,
    expected, got, state: 'firing', blockNumber, blockHash, transaction, foundAt: wallMilliseconds, ...(finding === undefined ? {} : { finding }),
  };
}

/** A check that has not said ok for too long is an alarm of its own: unknown is not fine. */
export function staleIncident(monitor: Check, verdict: StoredVerdict, l1Seconds: number, wallMilliseconds: number): Incident | undefined {
  const age = l1Seconds - (verdict.lastOk ?? verdict.since);
  if (verdict.status !== 'unverifiable' || age < monitor.staleAfterSeconds) return undefined;
  return {
    // Not when it turned unknown: where that cannot be kept, it is another moment at each attempt.
    id: hashOf({ stale: monitor.id, subject: verdict.subject, since: verdict.lastOk ?? verdict.since }), monitor: monitor.id, subject: verdict.subject, severity: monitor.severity === 'critical' ? 'critical' : 'warning',
    sentence: `${monitor.id} could not be checked for ${age} s: ${verdict.sentence}`, expected: `an answer at least every ${monitor.staleAfterSeconds} s`, got: 'unverifiable', state: 'firing',
    blockNumber: verdict.blockNumber, blockHash: verdict.blockHash, transaction: undefined, foundAt: wallMilliseconds,
  };
}

/** What goes into the hash-chained log for a change. */
export function logEntry({ incident, from }: Change): Readonly<Record<string, unknown>> {
  const { foundAt: _, acknowledged: __, ...facts } = incident;
  return { kind: 'incident', from: from ?? null, ...facts, transaction: facts.transaction ?? null };
}
