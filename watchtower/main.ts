// Entry of the watchtower: arguments, signals, exit codes. Owns nothing else; the daemon is daemon.ts.
// Exit codes: 0 stopped as asked or all is well, 1 failed or something was found, 2 used wrongly, 3 L1 unreachable, 4 something could not be checked.

import { parseArgs } from 'node:util';
import pino from 'pino';
import { acknowledge } from './acknowledge.ts';
import { readConfig, type Config } from './config.ts';
import { makeReport } from './makeReport.ts';
import { startWatchtower } from './daemon.ts';
import { checked } from './checkConfig.ts';
import { ConfigMistake, messageOf } from './fault.ts';
import { runnerOf } from './hold.ts';
import { configured, MONITORS } from './registry.ts';
import { exitCodeOf as statusCode, statusOf, statusText } from './statusReport.ts';
import type { LogRow } from './rows.ts';
import { lines } from './text.ts';
import { existingStore, exitCodeOf as verifyCode, verifyFile, verifyStore } from './verifyLog.ts';

const USAGE = `Usage: keyfall watchtower run --config FILE          watch until stopped; one JSON line says when and where it listens
       keyfall watchtower check --config FILE        read the configuration and its secrets, say what is wrong and what is left open
       keyfall watchtower status --config FILE [--json]
                                                     where it stands, what does not hold, which alarms nobody has seen, what waits to be told
       keyfall watchtower ack --config FILE --incident ID --by NAME [--note TEXT] [--json]
                                                     say that you have seen an alarm: it is logged, and nobody is woken for it later
       keyfall watchtower report --config FILE --upgrade FILE [--markdown]
                                                     what an upgrade changes, checked and tried out; prints the report and its hash.
                                                     The file: {"kind": "Core", "fields": {"implementation": "0x...", "codehash": "0x...", "migrates": false}}
       keyfall watchtower export-log --config FILE   print the hash-chained log as JSON lines
       keyfall watchtower verify-log FILE [--anchors FILE]
                                                     check an exported log, also against heads that somebody else kept, one a line:
                                                     {"seq", "hash"}, a signed checkpoint, or {"input"} of an anchor's transaction
       keyfall watchtower verify-log --config FILE [--on-l1]
                                                     check the log in the data directory, its end included, and its anchors on L1

Every field of the configuration, with an example: watchtower/README.md.
Exit codes: 0 ok, 1 failed (a check found something), 2 used wrongly, 3 L1 cannot be asked, 4 unknown (a check could not be made).`;

class UsageError extends Error {}

const OPTIONS = {
  config: { type: 'string' }, upgrade: { type: 'string' }, markdown: { type: 'boolean' }, json: { type: 'boolean' }, anchors: { type: 'string' }, 'on-l1': { type: 'boolean' },
  incident: { type: 'string' }, by: { type: 'string' }, note: { type: 'string' }, help: { type: 'boolean' },
} as const;
type Values = ReturnType<typeof parse>['values'];

function parse(): ReturnType<typeof parseArgs<{ options: typeof OPTIONS; allowPositionals: true }>> {
  try {
    return parseArgs({ options: OPTIONS, allowPositionals: true });
  } catch (cause) {
    throw new UsageError(messageOf(cause), { cause });
  }
}

/** What each command takes; a word or an option that would be ignored is refused. */
const COMMANDS: Readonly<Record<string, { readonly options: readonly (keyof Values)[]; readonly words: number }>> = {
  run: { options: ['config'], words: 0 }, check: { options: ['config'], words: 0 }, status: { options: ['config', 'json'], words: 0 }, ack: { options: ['config', 'incident', 'by', 'note', 'json'], words: 0 },
  report: { options: ['config', 'upgrade', 'markdown'], words: 0 }, 'export-log': { options: ['config'], words: 0 }, 'verify-log': { options: ['config', 'anchors', 'on-l1'], words: 1 },
};

function checkUsage(command: string, words: readonly string[], values: Values): void {
  const known = COMMANDS[command];
  if (known === undefined) throw new UsageError(`expected ${Object.keys(COMMANDS).join(', ')}, got '${command}'`);
  const extra = words[known.words];
  if (extra !== undefined) throw new UsageError(`${command}: expected ${known.words === 0 ? 'options only' : 'one file'}, got '${extra}'`);
  const option = Object.keys(values).find((name) => !known.options.some((taken) => taken === name));
  if (option !== undefined) throw new UsageError(`${command}: expected ${known.options.map((name) => `--${name}`).join(', ')}, got --${option}`);
}

function configOf({ config: path }: Values): Config {
  if (path === undefined) throw new UsageError('--config: expected a file, got nothing');
  const config = readConfig(path);
  configured(MONITORS, config);
  return config;
}

function needed(values: Values, name: 'upgrade' | 'incident' | 'by'): string {
  const value = values[name];
  if (value === undefined) throw new UsageError(`--${name}: expected ${name === 'upgrade' ? 'a file' : name === 'by' ? 'a name' : 'the id of an incident'}, got nothing`);
  return value;
}

function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

async function run(config: Config): Promise<number> {
  const logger = pino({ name: 'watchtower', level: config.logLevel }, pino.destination({ dest: 2, sync: true }));
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => { stop.abort(); });
  const { port, ended } = await startWatchtower(config, logger, stop.signal);
  printJson({ ready: true, host: config.api.host, port });
  await ended;
  return 0;
}

async function status(config: Config, isJson: boolean): Promise<number> {
  const store = existingStore(config);
  try {
    const report = statusOf(store, config, Date.now(), await runnerOf(store, config.data));
    if (isJson) printJson(report);
    else process.stdout.write(statusText(report));
    return statusCode(report);
  } finally {
    await store.close();
  }
}

async function ack(config: Config, values: Values): Promise<number> {
  const seen = { incident: needed(values, 'incident'), by: needed(values, 'by'), note: values.note ?? '' };
  const store = existingStore(config, false);
  try {
    const result = await acknowledge(store, config.channels, seen, Date.now());
    if (!result.ok && result.code === 'bad-request') throw new UsageError(`expected ${result.expected}, got ${result.got}`);
    if (values.json === true) printJson(result);
    else process.stdout.write(lines(result.ok ? `${result.isRepeated ? 'was already' : 'is'} acknowledged by ${result.by} at ${result.at}\n` : `not acknowledged: expected ${result.expected}, got ${result.got}\n`));
    return result.ok ? 0 : 1;
  } finally {
    await store.close();
  }
}

async function verify(file: string | undefined, values: Values): Promise<number> {
  if (file !== undefined && values['on-l1'] === true) throw new UsageError('--on-l1: expected --config, got a file: anchors are found by the store');
  if (file === undefined && values.anchors !== undefined) throw new UsageError('--anchors: expected an exported log to hold against them, got none');
  const result = file === undefined ? await verifyStore(configOf(values), values['on-l1'] === true) : await verifyFile(file, values.anchors);
  const { log, ...rest } = result;
  printJson({ ...log, ...rest });
  return verifyCode(result);
}

async function exportLog(config: Config): Promise<number> {
  const store = existingStore(config);
  const last = store.get<{ readonly seq: number }>(['logHead'])?.seq ?? 0;
  // In helpings, so that a log of years needs no more memory than one of days.
  for (let from = 1; from <= last; from += 1_000) for (const { value } of store.entries<LogRow>(['log'], from, Math.min(1_000, last - from + 1))) process.stdout.write(`${JSON.stringify(value)}\n`);
  await store.close();
  return 0;
}

async function main(): Promise<number> {
  const { positionals: [command = '', ...words], values } = parse();
  if (values.help === true || command === 'help') {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  checkUsage(command, words, values);
  switch (command) {
    case 'run': return run(configOf(values));
    case 'check': printJson(await checked(configOf(values))); return 0;
    case 'status': return status(configOf(values), values.json === true);
    case 'ack': return ack(configOf(values), values);
    case 'report': return makeReport(configOf(values), needed(values, 'upgrade'), values.markdown === true);
    case 'verify-log': return verify(words[0], values);
    default: return exportLog(configOf(values));
  }
}

try {
  process.exitCode = await main();
} catch (cause) {
  const isUsage = cause instanceof UsageError;
  process.stderr.write(lines(`${messageOf(cause)}\n${isUsage ? 'See: keyfall watchtower --help\n' : ''}`));
  process.exit(isUsage || cause instanceof ConfigMistake ? 2 : 1);
}
