// Follows the logs of other watchtowers, entry by entry, and keeps how far: a peer that later cuts or rewrites what it signed is found out, and cannot
// say that it was never different. Owns one look at one peer. A peer's answer is data, bounded in size and time; nothing of it is believed but hashes.
//
//   two heads that its key signed ─── equal length, other hash ─────────────────────────────► broken, for ever
//                                └─── entries that end with the longer lack the shorter ────► broken, for ever
//   an old head again, entries that contradict, no key ─► a fault or a contradiction: whoever stands between may have said it
//
// Invariant: only heads of this chain and this Rollup count; nobody but the holder of the peer's key can make it `broken`.

import { z } from 'zod';
import type { Hex } from 'viem';
import { append, headOf, verifyLinks, type LogHead } from '../auditLog.ts';
import { boundedJson } from '../boundedFetch.ts';
import { urlOf, type Config } from '../config.ts';
import { messageOf } from '../fault.ts';
import type { WitnessFacts } from '../self/selfCheck.ts';
import type { LogRow } from '../rows.ts';
import type { Store } from '../store.ts';
import { oneLine } from '../text.ts';
import { checkpointSchema, deploymentOf, isSigned, type Checkpoint } from './checkpoint.ts';

const PAGE = 500;
const PAGES = 20;
const GENESIS: LogHead = { seq: 0, hash: `0x${'00'.repeat(32)}` };

const word = z.string().regex(/^0x[0-9a-f]{64}$/).transform((text) => text as Hex);
const headAnswer = z.object({ seq: z.int().min(0), hash: word, signed: checkpointSchema.nullable().optional() });
const rowsAnswer = z.array(z.object({ seq: z.int(), prev: word, hash: word, entry: z.record(z.string(), z.unknown()) }));

export interface Witness extends WitnessFacts {
  /** Whose signatures it was followed by; undefined where its word was taken. */
  readonly key?: Hex | undefined;
  readonly hash: Hex;
  /** The head that it was followed to, as it was signed. */
  readonly signed?: Checkpoint;
  /** Entries that end with no signed head yet: more than one look takes. */
  readonly walk?: Walk;
}

/** Entries in a row, each with the hash of the one before it. */
interface Walk {
  /** Where they begin, by their own word. */
  readonly base: LogHead;
  readonly last: LogHead;
}

type Peer = Config['peers'][number];

/** Follows one peer a bounded way and keeps where it stands. */
export async function witnessPeer(store: Store, peer: Peer, config: Pick<Config, 'l1' | 'deployment'>): Promise<Witness> {
  const kept = store.get<Witness>(['witness', peer.name]);
  if (kept?.broken !== undefined) return kept;
  const { key } = peer;
  // What another key signed, or none, says nothing of this one.
  const before: Witness = kept === undefined || kept.key !== key ? { name: peer.name, ...(key === undefined ? {} : { key }), ...GENESIS, fault: undefined, contradiction: undefined, broken: undefined } : { ...kept, fault: undefined, contradiction: undefined };
  const url = urlOf(peer).replace(/\/$/, '');
  let head: Checkpoint | undefined;
  const follow = async (): Promise<Witness> => {
    if (key === undefined) return followWord(before, url);
    head = await signedHead(url, key, config);
    return followKey(before, url, head, store.get<Checkpoint>(['witnessed', key, head.seq]));
  };
  const after = await follow().catch((cause: unknown): Witness => ({ ...before, fault: oneLine(messageOf(cause)) }));
  const isNew = head !== undefined && store.get(['witnessed', head.signer, head.seq]) === undefined;
  if (!isNew && JSON.stringify(after) === JSON.stringify(kept)) return after;
  await store.commit((write) => {
    write.put(['witness', peer.name], after);
    if (isNew && head !== undefined) write.put(['witnessed', head.signer, head.seq], head);
    const { seq, hash, broken } = after;
    // Both signed heads stand in the log: whoever holds it can show them.
    if (seq > before.seq || broken !== undefined) append(write, headOf(store), [{ kind: 'witness', peer: peer.name, seq, hash, ...(broken === undefined ? {} : { broken: broken.what, heads: broken.heads }) }]);
  });
  return after;
}

/** What it signed last, of this deployment. @throws Error */
async function signedHead(url: string, key: Hex, config: Pick<Config, 'l1' | 'deployment'>): Promise<Checkpoint> {
  const { signed: head } = parsed(headAnswer, await boundedJson(`${url}/v1/checkpoint`), 'a head');
  if (head === undefined || head === null) throw new Error('it serves no signed checkpoint');
  if (head.signer !== key || !await isSigned(head)) throw new Error(`its checkpoint is not signed by ${key}`);
  const { l1ChainId, rollup } = deploymentOf(config);
  if (head.l1ChainId !== l1ChainId || head.rollup !== rollup) throw new Error(`its checkpoint is about Rollup ${head.rollup} on chain ${head.l1ChainId}, this watchtower watches ${rollup} on chain ${l1ChainId}`);
  return head;
}

/** Of a peer whose key is known only what it signed counts. @param equal what it signed before of the same number of entries */
async function followKey(before: Witness, url: string, head: Checkpoint, equal: Checkpoint | undefined): Promise<Witness> {
  const { signed: last, walk: begun } = before;
  if (equal !== undefined && equal.hash !== head.hash) return forked(before, equal, head);
  if (last === undefined) return reached(before, await walkOn(url, continued(begun, head) ?? { base: GENESIS, last: GENESIS }, head), undefined, head);
  if (head.seq === last.seq) return before;
  if (head.seq > last.seq) return reached(before, await walkOn(url, continued(begun, head) ?? await beginAt(url, last.seq), head), last, head);
  // A shorter head: the entries between the two tell whether both are of one log.
  const stale = `it serves a head of ${head.seq} entries, though it signed one of ${last.seq}: nothing newer of it is seen`;
  const { base, last: end } = await walkOn(url, await beginAt(url, head.seq), last);
  if (end.seq !== last.seq || end.hash !== last.hash) throw new Error(`${stale}, and its entries do not lead from the one to the other`);
  if (base.hash !== head.hash) return forked(before, head, last);
  throw new Error(stale);
}

function forked(before: Witness, a: Checkpoint, b: Checkpoint): Witness {
  return { ...before, broken: { what: a.seq === b.seq ? `two heads of ${a.seq} entries, ${a.hash} and ${b.hash}` : `a head of ${b.seq} entries, whose entry ${a.seq} is not the ${a.hash} that it signed too`, heads: [a, b] } };
}

/** The walk that was begun, if it is not beyond the head. */
function continued(begun: Walk | undefined, { seq }: LogHead): Walk | undefined {
  return begun !== undefined && begun.last.seq <= seq ? begun : undefined;
}

/** What entries that were walked say once they end with the signed head. @param low the signed head from which on they were walked; undefined for the beginning */
function reached(before: Witness, walk: Walk, low: Checkpoint | undefined, head: Checkpoint): Witness {
  const { walk: _, ...rest } = before;
  if (walk.last.seq < head.seq) return { ...before, walk, fault: `${walk.last.seq} of ${head.seq} entries were followed so far` };
  // Nobody signed these entries: they are begun anew.
  if (walk.last.hash !== head.hash) return { ...rest, fault: `its signed head is ${head.hash}, the entries that it gives end with ${walk.last.hash}` };
  if (low !== undefined && walk.base.hash !== low.hash) return forked(rest, low, head);
  return { ...rest, seq: head.seq, hash: head.hash, signed: head };
}

async function beginAt(url: string, seq: number): Promise<Walk> {
  const [row] = await rowsOf(url, seq, 1);
  if (row?.seq !== seq) throw new Error(`it does not give entry ${seq}`);
  return { base: { seq, hash: row.hash }, last: { seq, hash: row.hash } };
}

/** Goes on to a head, a bounded way. @throws Error when entries are missing or do not follow on each other */
async function walkOn(url: string, { base, last }: Walk, { seq: end }: LogHead): Promise<Walk> {
  let { seq, hash } = last;
  for (let page = 0; page < PAGES && seq < end; page += 1) {
    const rows = await rowsOf(url, seq + 1, Math.min(PAGE, end - seq));
    const newest = rows.at(-1);
    if (newest === undefined) throw new Error(`it gives no entry after ${seq}, though it says that it has ${end}`);
    const wrong = verifyLinks(rows, { seq, hash });
    if (wrong !== undefined) throw new Error(`entry ${seq + wrong.line}: expected ${wrong.expected}, got ${wrong.got}`);
    ({ seq, hash } = newest);
  }
  return { base, last: { seq, hash } };
}

async function rowsOf(url: string, from: number, limit: number): Promise<readonly LogRow[]> {
  return parsed(rowsAnswer, await boundedJson(`${url}/v1/log?from=${from}&limit=${limit}`), 'rows of a log');
}

/** Without a key its word is followed, and a contradiction is one only as long as it is said. */
async function followWord(before: Witness, url: string): Promise<Witness> {
  const head = parsed(headAnswer, await boundedJson(`${url}/v1/checkpoint`), 'a head');
  if (head.seq < before.seq) throw new Error(`it had ${before.seq} entries, now it says ${head.seq}: an old answer, or its log was cut`);
  const kept: LogHead = { seq: before.seq, hash: before.hash };
  const begin = kept.seq === 0 ? { base: GENESIS, last: GENESIS } : await beginAt(url, kept.seq);
  if (begin.base.hash !== kept.hash) return { ...before, contradiction: `entry ${kept.seq} had the hash ${kept.hash}, now it has ${begin.base.hash}` };
  const { last } = await walkOn(url, begin, head);
  if (last.seq === head.seq && last.hash !== head.hash) return { ...before, contradiction: `its head is ${head.hash}, its entries end with ${last.hash}` };
  return { ...before, ...last };
}

function parsed<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (!result.success) throw new Error(`expected ${what}`);
  return result.data;
}
