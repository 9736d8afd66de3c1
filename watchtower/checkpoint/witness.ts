// Follows the logs of other watchtowers, entry by entry, and keeps how far: a peer that later cuts or rewrites what was followed is found out, and cannot
// say that it was never different. Owns one look at one peer. A peer's answer is data, bounded in size and time; nothing of it is believed but hashes.
// Invariant: what was followed once is never followed anew from the beginning; `broken` stays for ever.

import { z } from 'zod';
import type { Hex } from 'viem';
import { append, headOf, verifyLinks } from '../auditLog.ts';
import { boundedJson } from '../boundedFetch.ts';
import { urlOf, type Config } from '../config.ts';
import { messageOf } from '../fault.ts';
import type { WitnessFacts } from '../self/selfCheck.ts';
import type { Store } from '../store.ts';
import { oneLine } from '../text.ts';
import { checkpointSchema, isSigned } from './checkpoint.ts';

const PAGE = 500;
const PAGES = 20;
const GENESIS: Hex = `0x${'00'.repeat(32)}`;

const word = z.string().regex(/^0x[0-9a-f]{64}$/).transform((text) => text as Hex);
const headAnswer = z.object({ seq: z.int().min(0), hash: word, signed: checkpointSchema.nullable().optional() });
const rowsAnswer = z.array(z.object({ seq: z.int(), prev: word, hash: word, entry: z.record(z.string(), z.unknown()) }));

export interface Witness extends WitnessFacts { readonly hash: Hex }

/** Follows one peer a bounded way and keeps where it stands. */
export async function witnessPeer(store: Store, peer: Config['peers'][number], l1ChainId: number): Promise<Witness> {
  const before = store.get<Witness>(['witness', peer.name]) ?? { name: peer.name, seq: 0, hash: GENESIS, fault: undefined, broken: undefined };
  if (before.broken !== undefined) return before;
  const after = await follow(before, urlOf(peer).replace(/\/$/, ''), peer, l1ChainId).catch((cause: unknown): Witness => ({ ...before, fault: oneLine(messageOf(cause)) }));
  if (after.seq === before.seq && after.fault === before.fault && after.broken === before.broken) return after;
  await store.commit((write) => {
    write.put(['witness', peer.name], after);
    if (after.seq > before.seq || after.broken !== before.broken) append(write, headOf(store), [{ kind: 'witness', peer: peer.name, seq: after.seq, hash: after.hash, ...(after.broken === undefined ? {} : { broken: after.broken }) }]);
  });
  return after;
}

async function follow(before: Witness, url: string, peer: Config['peers'][number], l1ChainId: number): Promise<Witness> {
  const claimed = parsed(headAnswer, await boundedJson(`${url}/v1/checkpoint`), 'a head');
  const { signed } = claimed;
  // Only what the key signed counts when a key is known; else the peer's word is taken for what it said last.
  if (peer.key !== undefined && (signed === undefined || signed === null)) throw new Error('it serves no signed checkpoint');
  if (peer.key !== undefined && signed !== undefined && signed !== null) {
    if (signed.signer !== peer.key || !await isSigned(signed)) throw new Error(`its checkpoint is not signed by ${peer.key}`);
    if (signed.l1ChainId !== l1ChainId) throw new Error(`its checkpoint is about chain ${signed.l1ChainId}`);
  }
  const head = peer.key === undefined || signed === undefined || signed === null ? claimed : signed;
  const broken = (got: string): Witness => ({ ...before, fault: undefined, broken: got });
  if (head.seq < before.seq) return broken(`it had ${before.seq} entries, now it says ${head.seq}`);
  let { seq, hash } = before;
  if (seq > 0) {
    const [kept] = parsed(rowsAnswer, await boundedJson(`${url}/v1/log?from=${seq}&limit=1`), 'rows of a log');
    if (kept?.seq !== seq) throw new Error(`it does not give entry ${seq}`);
    if (kept.hash !== hash) return broken(`entry ${seq} had the hash ${hash}, now it has ${kept.hash}`);
  }
  for (let page = 0; page < PAGES && seq < head.seq; page += 1) {
    const rows = parsed(rowsAnswer, await boundedJson(`${url}/v1/log?from=${seq + 1}&limit=${Math.min(PAGE, head.seq - seq)}`), 'rows of a log');
    if (rows.length === 0) throw new Error(`it gives no entry after ${seq}, though it says that it has ${head.seq}`);
    const wrong = verifyLinks(rows, { seq, hash });
    if (wrong !== undefined) throw new Error(`entry ${seq + wrong.line}: expected ${wrong.expected}, got ${wrong.got}`);
    const last = rows.at(-1);
    [seq, hash] = [last?.seq ?? seq, last?.hash ?? hash];
  }
  if (seq === head.seq && hash !== head.hash) return broken(`its head is ${head.hash}, its entries end with ${hash}`);
  return { ...before, seq, hash, fault: undefined };
}

function parsed<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (!result.success) throw new Error(`expected ${what}`);
  return result.data;
}
