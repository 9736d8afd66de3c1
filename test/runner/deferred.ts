// Deferred tests: the only kind of skip there is. A test defers itself with `t.skip('deferred: <id>: <reason>')`, and the id
// must be in test/deferred.json, which is committed and may only shrink (test/tidy.test.ts checks that against git).
// Owns the list's shape and the comparison with what a run really skipped.
// An entry is `always` (something is not built yet: it must show up in every run that covers its file) or `machine` (it shows
// up only where the machine lacks something, such as a GPU or a fixture file).
// Invariant: a skip without a listed id fails, and so does a listed `always` id that a complete full run did not meet.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { coversEverything } from './arguments.ts';
import type { Selection } from './arguments.ts';
import type { Failure, Skip, StageResult } from './results.ts';
import { repositoryRoot } from './root.ts';

export const DEFERRED_LIST_PATH = 'test/deferred.json';

export interface DeferredEntry {
  readonly id: string;
  readonly reason: string;
  readonly occurs: 'always' | 'machine';
  /** Version of the root package in which the entry was added; see the shrinking rule in test/tidy.test.ts. */
  readonly since: string;
}

export interface DeferralCheck {
  readonly accepted: readonly { readonly id: string; readonly reason: string; readonly title: string }[];
  readonly failures: readonly Failure[];
  readonly notes: readonly string[];
}

/** Reads and checks the committed list. @throws Error when it is malformed */
export function readDeferredList(): DeferredEntry[] {
  return parseDeferredList(readFileSync(join(repositoryRoot, DEFERRED_LIST_PATH), 'utf8'));
}

/** @throws Error naming the first entry that is not of the expected shape */
export function parseDeferredList(text: string): DeferredEntry[] {
  const list: unknown = JSON.parse(text);
  if (!Array.isArray(list)) throw new Error(`${DEFERRED_LIST_PATH}: expected a list`);
  const entries = list.map((entry: unknown, index) => {
    if (!isDeferredEntry(entry)) {
      throw new Error(`${DEFERRED_LIST_PATH}[${index}]: expected {id: kebab-case, reason, occurs: always|machine, since: version}, got ${JSON.stringify(entry)}`);
    }
    return entry;
  });
  const ids = entries.map(({ id }) => id);
  const repeated = ids.find((id, index) => ids.indexOf(id) !== index);
  if (repeated !== undefined) throw new Error(`${DEFERRED_LIST_PATH}: '${repeated}' is listed twice`);
  return entries;
}

function isDeferredEntry(entry: unknown): entry is DeferredEntry {
  if (typeof entry !== 'object' || entry === null) return false;
  const { id, reason, occurs, since } = entry as Record<string, unknown>;
  return (
    typeof id === 'string' && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(id) &&
    typeof reason === 'string' && reason.length > 0 &&
    (occurs === 'always' || occurs === 'machine') &&
    typeof since === 'string' && /^\d+\.\d+\.\d+$/.test(since)
  );
}

/** The id and reason a skip carries, or undefined if it is no deferral. */
export function parseDeferral(reason: string): { id: string; reason: string } | undefined {
  const match = /^deferred: ([a-z0-9-]+): (.+)$/s.exec(reason);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  return { id: match[1], reason: match[2] };
}

/** Compares what was skipped with the list. */
export function checkDeferrals(list: readonly DeferredEntry[], results: readonly StageResult[], selection: Selection): DeferralCheck {
  const accepted: { id: string; reason: string; title: string }[] = [];
  const failures: Failure[] = [];
  const refuse = (skip: Skip, why: string): void => {
    failures.push({ where: skip.where, title: skip.title, detail: `skipped (${skip.reason}): ${why}` });
  };
  for (const skip of results.flatMap((result) => result.skips)) {
    const deferral = parseDeferral(skip.reason);
    if (deferral === undefined) refuse(skip, "expected a reason of the form 'deferred: <id>: <reason>'");
    else if (!list.some(({ id }) => id === deferral.id)) refuse(skip, `'${deferral.id}' is not in ${DEFERRED_LIST_PATH}`);
    else accepted.push({ ...deferral, title: skip.title });
  }
  const notes: string[] = [];
  if (!coversEverything(selection)) return { accepted, failures, notes: ['a selection was run, not everything'] };
  for (const { id, occurs } of list) {
    if (occurs === 'machine' || accepted.some((deferral) => deferral.id === id)) continue;
    const detail = `'${id}' is listed as deferred but no test deferred itself by it: remove it from ${DEFERRED_LIST_PATH}`;
    if (selection.isFull) failures.push({ where: DEFERRED_LIST_PATH, title: id, detail });
    else notes.push(`${detail} (unless only a full run meets it)`);
  }
  return { accepted, failures, notes };
}
