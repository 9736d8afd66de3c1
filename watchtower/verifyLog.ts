// `watchtower verify-log`: the chain of the log, its kept head, and its anchors. Owns which sources are held against each other. What is checked how is
// auditLog.ts's and checkpoint/'s.
// Exit code: 0 right, 1 wrong, 3 L1 cannot be asked, 4 nothing to hold it against.

import { createReadStream, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { z } from 'zod';
import type { Hex } from 'viem';
import { headOf, rowsOfFile, verifyRows, type LogHead, type LogVerdict } from './auditLog.ts';
import { verifyAnchors, type AnchorsVerdict } from './checkpoint/anchor.ts';
import { anchoredHead, checkpointSchema, isSigned, type Checkpoint } from './checkpoint/checkpoint.ts';
import { secret, urlOf, type Config } from './config.ts';
import { ConfigMistake, messageOf } from './fault.ts';
import { Endpoint } from './l1/endpoint.ts';
import { unlockKeystore } from './keystore.ts';
import { Quorum } from './l1/quorum.ts';
import type { LogRow } from './rows.ts';
import { Store } from './store.ts';
import { Unverifiable } from './verdict.ts';

const word = z.string().regex(/^0x[0-9a-fA-F]{64}$/).transform((text) => text.toLowerCase() as Hex);
const headSchema = z.object({ seq: z.int().min(1), hash: word });
const dataSchema = z.object({ input: z.string().regex(/^0x[0-9a-fA-F]*$/) });

interface Result {
  readonly ok: boolean;
  readonly log: LogVerdict;
  readonly anchors?: AnchorsVerdict | { readonly status: 'ok'; readonly anchors: number };
}

/** Opens a store that is there, to look at it unless told otherwise. @throws ConfigMistake */
export function existingStore(config: Config, isReadOnly = true): Store {
  if (!existsSync(join(config.data, 'data.mdb'))) throw new ConfigMistake(`${config.data}: expected a watchtower's store, there is none: was it ever run with this configuration?`);
  return new Store(config.data, { isReadOnly });
}

/** Heads from a file, one JSON object a line: `{seq, hash}`, a signed checkpoint, or `{input}` of an anchor's transaction. @throws ConfigMistake */
async function headsOf(path: string): Promise<readonly LogHead[]> {
  const heads: LogHead[] = [];
  let line = 0;
  try {
    for await (const text of createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity })) {
      line += 1;
      if (text.trim() !== '') heads.push(await headOfLine(JSON.parse(text)));
    }
  } catch (cause) {
    throw new ConfigMistake(`${path}: line ${line}: expected {"seq", "hash"}, a signed checkpoint or {"input"} of an anchor's transaction: ${messageOf(cause)}`, { cause });
  }
  if (heads.length === 0) throw new ConfigMistake(`${path}: expected at least one head, got none`);
  return heads;
}

async function headOfLine(value: unknown): Promise<LogHead> {
  const checkpoint = checkpointSchema.safeParse(value);
  if (checkpoint.success && !await isSigned(checkpoint.data)) throw new Error(`its signature is not that of ${checkpoint.data.signer}`);
  const data = dataSchema.safeParse(value);
  const anchored = data.success ? anchoredHead(data.data.input as Hex) : undefined;
  if (data.success && anchored === undefined) throw new Error('its input is no anchor');
  return anchored ?? headSchema.parse(value);
}

/** An exported log against itself, and against heads that somebody else kept. @throws ConfigMistake */
export async function verifyFile(path: string, anchors: string | undefined): Promise<Result> {
  if (!existsSync(path)) throw new ConfigMistake(`${path}: expected an exported log, there is no such file`);
  const hashes = new Map<number, Hex>();
  const log = await verifyRows(rowsOfFile(path), undefined, ({ seq, hash }) => void hashes.set(seq, hash));
  if (!log.ok || anchors === undefined) return { ok: log.ok, log };
  const heads = await headsOf(anchors);
  const wrong = heads.find(({ seq, hash }) => hashes.get(seq) !== hash);
  if (wrong !== undefined) return { ok: false, log, anchors: { status: 'violation', expected: `entry ${wrong.seq} with hash ${wrong.hash}`, got: hashes.get(wrong.seq) ?? 'no such entry: the log was cut' } };
  return { ok: true, log, anchors: { status: 'ok', anchors: heads.length } };
}

/** The log in the data directory, its kept head and checkpoint included; with `isOnL1` its anchors on L1 too. @throws ConfigMistake */
export async function verifyStore(config: Config, isOnL1: boolean): Promise<Result> {
  const store = existingStore(config);
  try {
    const hashes = new Map<number, Hex>();
    const log = await verifyRows(store.list<LogRow>(['log']), headOf(store), ({ seq, hash }) => void hashes.set(seq, hash));
    const checkpoint = store.get<Checkpoint>(['checkpoint']);
    if (log.ok && checkpoint !== undefined && hashes.get(checkpoint.seq) !== checkpoint.hash) return { ok: false, log: { ok: false, line: checkpoint.seq, expected: `hash ${checkpoint.hash}, as signed by ${checkpoint.signer}`, got: hashes.get(checkpoint.seq) ?? 'no such entry' } };
    if (!log.ok || !isOnL1) return { ok: log.ok, log };
    if (config.checkpoints === undefined) throw new ConfigMistake('checkpoints: expected the key whose anchors are to be checked, got none');
    const { address } = await unlockKeystore(config.checkpoints.keystore, secret(config.checkpoints.passwordFrom));
    const { timeoutMilliseconds, maxResponseBytes, quorum } = config.l1;
    const endpoints = config.l1.endpoints.map((endpoint) => new Endpoint({ url: urlOf(endpoint), operator: endpoint.operator, timeoutMilliseconds, maxResponseBytes }));
    const anchors = await verifyAnchors({ store, endpoints, quorum: new Quorum(endpoints, quorum) }, address.toLowerCase() as Hex, (seq) => hashes.get(seq)).catch((cause: unknown): AnchorsVerdict => {
      if (!(cause instanceof Unverifiable)) throw cause;
      return { status: 'unverifiable', expected: 'an answer of L1', got: cause.message };
    });
    return { ok: anchors.status === 'ok', log, anchors };
  } finally {
    await store.close();
  }
}

export function exitCodeOf({ ok, log, anchors }: Result): number {
  if (ok) return 0;
  return log.ok && anchors?.status === 'unverifiable' ? 3 : 1;
}
