// `watchtower report`: the report of an upgrade before it is scheduled, from the finalized head. Owns reading the upgrade's file and the walk that
// gives the events which the report needs. Exit code: 0 all checks ok, 1 one found something, 4 one could not be made.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { encodeAbiParameters, type AbiParameter } from 'viem';
import { UPGRADE_KINDS } from '@keyfall/protocol';
import { urlOf, type Config } from './config.ts';
import { Contracts } from './contracts.ts';
import { Engine } from './engine.ts';
import { ConfigMistake, messageOf } from './fault.ts';
import { Endpoint } from './l1/endpoint.ts';
import { Quorum } from './l1/quorum.ts';
import { Store } from './store.ts';
import { decodeUpgrade, type Upgrade } from './upgrades/decode.ts';
import { markdown, reportHash, reportOn } from './upgrades/report.ts';
import { canonicalJson } from './verdict.ts';
import { createView } from './view.ts';

const NO_HASH = `0x${'00'.repeat(31)}01` as const;

/** @throws ConfigMistake naming what is wrong with the file */
function readUpgrade(path: string): Upgrade {
  let value: { readonly kind?: unknown; readonly fields?: Readonly<Record<string, unknown>> };
  try {
    value = JSON.parse(readFileSync(path, 'utf8')) as typeof value;
  } catch (cause) {
    throw new ConfigMistake(`${path}: expected JSON: ${messageOf(cause)}`, { cause });
  }
  const entry = UPGRADE_KINDS.find(({ name }) => name === value.kind);
  if (entry === undefined) throw new ConfigMistake(`${path}: kind: expected one of ${UPGRADE_KINDS.map(({ name }) => name).join(', ')}, got ${JSON.stringify(value.kind)}`);
  try {
    const payload = encodeAbiParameters([entry.payload as AbiParameter], [integers(value.fields)]);
    const decoded = decodeUpgrade({ kind: UPGRADE_KINDS.indexOf(entry), payload, reportHash: NO_HASH, salt: NO_HASH });
    if (!decoded.ok) throw new ConfigMistake(`expected ${decoded.expected}, got ${decoded.got}`);
    return decoded.upgrade;
  } catch (cause) {
    throw new ConfigMistake(`${path}: fields: expected those of ${entry.struct} (${(entry.payload.components ?? []).map(({ name, type }) => `${type} ${name}`).join(', ')}): ${messageOf(cause).split('\n')[0] ?? ''}`, { cause });
  }
}

/** JSON has no integers of 256 bits: decimal strings are taken for them. */
function integers(value: unknown): unknown {
  if (typeof value === 'string' && /^\d+$/.test(value)) return BigInt(value);
  if (typeof value === 'number') return BigInt(value);
  if (Array.isArray(value)) return value.map(integers);
  if (value !== null && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, integers(item)]));
  return value;
}

export async function makeReport(config: Config, path: string, isMarkdown: boolean): Promise<number> {
  const upgrade = readUpgrade(path);
  const contracts = new Contracts(config.deployment.contracts);
  const { timeoutMilliseconds, maxResponseBytes } = config.l1;
  const endpoints = config.l1.endpoints.map((endpoint) => new Endpoint({ url: urlOf(endpoint), operator: endpoint.operator, timeoutMilliseconds, maxResponseBytes }));
  const quorum = new Quorum(endpoints, config.l1.quorum);
  // A store of its own: the daemon's directory may be in use.
  const directory = mkdtempSync(join(tmpdir(), 'keyfall-report-'));
  const store = new Store(directory);
  try {
    const parts = { config, contracts, quorum, endpoints, store, memory: new Map<string, unknown>() };
    const engine = new Engine({ ...parts, monitors: [], logger: pino({ level: 'silent' }), channels: [], wallMilliseconds: Date.now, viewAt: (header, answers, cursor) => createView(parts, header, answers, cursor) });
    for (let step = await engine.step(); !step.isCaughtUp; step = await engine.step()) process.stderr.write(`reading L1: block ${step.tip}\n`);
    const view = engine.lastView;
    if (view === undefined) throw new ConfigMistake(`deployment.deployBlock: no finalized block at or after ${config.deployment.deployBlock}`);
    process.stderr.write('checking and trying the upgrade out ...\n');
    const report = await reportOn(view, upgrade);
    process.stdout.write(isMarkdown ? markdown(report) : `${canonicalJson({ hash: reportHash(report), report })}\n`);
    if (report.checks.some(({ status }) => status === 'violation')) return 1;
    return report.checks.some(({ status }) => status === 'unverifiable') ? 4 : 0;
  } finally {
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  }
}
