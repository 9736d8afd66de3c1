// Entry of the watchtower: arguments, signals, exit codes. Owns nothing else; the daemon is daemon.ts.
// Exit codes: 0 stopped as asked or all is well, 1 failed or something was found, 2 used wrongly, 4 something could not be checked.

import { parseArgs } from 'node:util';
import pino from 'pino';
import { headOf, rowsOfFile, verifyRows } from './auditLog.ts';
import { readConfig } from './config.ts';
import { makeReport } from './makeReport.ts';
import { startWatchtower } from './daemon.ts';
import { ConfigMistake, messageOf } from './fault.ts';
import { Store, type LogRow } from './store.ts';

const USAGE = `Usage: keyfall watchtower run --config FILE          watch until stopped
       keyfall watchtower check --config FILE        read the configuration and say what is wrong with it
       keyfall watchtower report --config FILE --upgrade FILE [--markdown]
                                                     what an upgrade changes, checked and tried out; prints the report and its hash.
                                                     The file: {"kind": "Core", "fields": {"implementation": "0x...", "codehash": "0x...", "migrates": false}}
       keyfall watchtower export-log --config FILE   print the hash-chained log as JSON lines
       keyfall watchtower verify-log FILE            check an exported log
       keyfall watchtower verify-log --config FILE   check the log in the data directory, its end included
Exit codes: 0 ok, 1 failed (a check found something), 2 used wrongly, 4 unknown (a check could not be made).`;

class UsageError extends Error {}

interface Arguments {
  readonly command: string;
  readonly file: string | undefined;
  readonly config: string | undefined;
  readonly upgrade: string | undefined;
  readonly isMarkdown: boolean;
}

function parse(): Arguments {
  try {
    const { positionals, values } = parseArgs({ options: { config: { type: 'string' }, upgrade: { type: 'string' }, markdown: { type: 'boolean' }, help: { type: 'boolean' } }, allowPositionals: true });
    if (values.help === true) {
      process.stdout.write(`${USAGE}\n`);
      process.exit(0);
    }
    return { command: positionals[0] ?? '', file: positionals[1], config: values.config, upgrade: values.upgrade, isMarkdown: values.markdown === true };
  } catch (cause) {
    throw new UsageError(messageOf(cause), { cause });
  }
}

function configOf(path: string | undefined): ReturnType<typeof readConfig> {
  if (path === undefined) throw new UsageError('--config: expected a file, got nothing');
  return readConfig(path);
}

async function run(path: string | undefined): Promise<number> {
  const config = configOf(path);
  const logger = pino({ name: 'watchtower', level: config.logLevel }, pino.destination({ dest: 2, sync: true }));
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => { stop.abort(); });
  const { port, ended } = await startWatchtower(config, logger, stop.signal);
  process.stdout.write(`${JSON.stringify({ ready: true, host: config.api.host, port })}\n`);
  await ended;
  return 0;
}

async function verify(file: string | undefined, config: string | undefined): Promise<number> {
  let verdict;
  if (file !== undefined) verdict = await verifyRows(rowsOfFile(file));
  else {
    const store = new Store(configOf(config).data);
    verdict = await verifyRows(store.list<LogRow>(['log']), headOf(store));
    await store.close();
  }
  process.stdout.write(`${JSON.stringify(verdict)}\n`);
  return verdict.ok ? 0 : 1;
}

async function exportLog(path: string | undefined): Promise<number> {
  const store = new Store(configOf(path).data);
  for (const row of store.list<LogRow>(['log'])) process.stdout.write(`${JSON.stringify(row)}\n`);
  await store.close();
  return 0;
}

async function main(): Promise<number> {
  const { command, file, config, upgrade, isMarkdown } = parse();
  switch (command) {
    case 'run': return run(config);
    case 'check': {
      const { hash } = configOf(config);
      process.stdout.write(`${JSON.stringify({ ok: true, hash })}\n`);
      return 0;
    }
    case 'report': {
      if (upgrade === undefined) throw new UsageError('--upgrade: expected a file, got nothing');
      return makeReport(configOf(config), upgrade, isMarkdown);
    }
    case 'verify-log': return verify(file, config);
    case 'export-log': return exportLog(config);
    default: throw new UsageError(`expected run, check, report, verify-log or export-log, got '${command}'`);
  }
}

try {
  process.exitCode = await main();
} catch (cause) {
  const isMistake = cause instanceof UsageError || cause instanceof ConfigMistake;
  process.stderr.write(`${messageOf(cause)}\n${cause instanceof UsageError ? `${USAGE}\n` : ''}`);
  process.exit(isMistake ? 2 : 1);
}
