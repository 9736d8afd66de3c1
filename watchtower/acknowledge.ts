// That a person has seen an alarm: who, when, and what they noted. Owns who may be named and what follows: it is logged, those that were told hear of it,
// and whoever would be woken later is not. An acknowledgement silences nothing else: the alarm stays open, and another finding is another alarm.
// Invariant: one acknowledgement an incident, the first; it is in the log exactly when it counts.

import { acknowledgementRows } from './alerts/outbox.ts';
import { append, headOf } from './auditLog.ts';
import type { ChannelConfig } from './config.ts';
import type { Incident } from './rows.ts';
import type { Store } from './store.ts';
import { oneLine } from './text.ts';

const LONGEST_NAME = 64;
const LONGEST_NOTE = 500;

export interface Seen {
  readonly incident: string;
  readonly by: string;
  readonly note: string;
}

export type Acknowledged =
  | { readonly ok: true; readonly incident: string; readonly by: string; readonly at: string; readonly isRepeated: boolean }
  | { readonly ok: false; readonly code: 'unknown-incident' | 'is-over' | 'bad-request'; readonly expected: string; readonly got: string };

export async function acknowledge(store: Store, channels: readonly ChannelConfig[], seen: Seen, nowMilliseconds: number): Promise<Acknowledged> {
  const [by, note] = [oneLine(seen.by.trim()), oneLine(seen.note.trim())];
  // As it was given: what is shown of a longer one is cut.
  const [byLength, noteLength] = [[...seen.by.trim()].length, [...seen.note.trim()].length];
  if (byLength === 0 || byLength > LONGEST_NAME) return { ok: false, code: 'bad-request', expected: `a name of 1 to ${LONGEST_NAME} characters`, got: `${byLength} characters` };
  if (noteLength > LONGEST_NOTE) return { ok: false, code: 'bad-request', expected: `a note of at most ${LONGEST_NOTE} characters`, got: `${noteLength} characters` };
  const id = seen.incident.toLowerCase();
  if (!/^0x[0-9a-f]{64}$/.test(id)) return { ok: false, code: 'bad-request', expected: 'the id of an incident, 32 bytes of hexadecimal', got: oneLine(seen.incident).slice(0, 80) };
  let result: Acknowledged = { ok: false, code: 'unknown-incident', expected: 'an incident of this watchtower', got: id };
  await store.commit((write) => {
    const incident = store.get<Incident>(['incident', id]);
    if (incident === undefined) return;
    if (incident.acknowledged !== undefined) result = { ok: true, incident: id, by: incident.acknowledged.by, at: incident.acknowledged.at, isRepeated: true };
    else if (incident.state !== 'firing' && incident.state !== 'provisional') result = { ok: false, code: 'is-over', expected: 'an incident that stands', got: incident.state };
    else {
      const acknowledged = { by, note, at: new Date(nowMilliseconds).toISOString() };
      write.put(['incident', id], { ...incident, acknowledged } satisfies Incident);
      acknowledgementRows(write, store, channels, incident, acknowledged, nowMilliseconds);
      append(write, headOf(store), [{ kind: 'acknowledgement', incident: id, ...acknowledged }]);
      result = { ok: true, incident: id, by, at: acknowledged.at, isRepeated: false };
    }
  });
  return result;
}
