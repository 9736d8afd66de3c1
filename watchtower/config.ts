// The one configuration file (YAML or JSON), checked once. Owns names, defaults and bounds; unknown keys are refused, because a mistyped
// `chanels:` must not silence alarms. Secrets come from the environment variables that the file names.
// Invariant: a mistake is a ConfigMistake that says where, what was expected and what came.

import { readFileSync } from 'node:fs';
import { isAddress, isHex, type Hex } from 'viem';
import { parse } from 'yaml';
import { z } from 'zod';
import { ConfigMistake } from './fault.ts';
import { hashOf, SEVERITIES } from './verdict.ts';

const address = z.string().refine((text) => isAddress(text, { strict: false }), 'expected an address').transform((text) => text.toLowerCase() as Hex);
const word = z.string().refine((text) => isHex(text) && text.length === 66, 'expected 32 bytes of hexadecimal').transform((text) => text.toLowerCase() as Hex);
const url = z.string().refine((text) => URL.canParse(text) && /^https?:/.test(text), 'expected an http or https URL')
  .refine((text) => !URL.canParse(text) || (new URL(text).username === '' && new URL(text).password === ''), 'expected a URL without a user name or password: put such a URL into an environment variable and name it by urlFrom');
const environmentName = z.string().regex(/^[A-Z][A-Z0-9_]*$/, 'expected the name of an environment variable');
/** Where something is: as text, or, when the URL itself is a secret, in an environment variable. */
const place = { url: url.optional(), urlFrom: environmentName.optional() };
const isOnePlace = ({ url: text, urlFrom }: { readonly url?: string | undefined; readonly urlFrom?: string | undefined }): boolean => (text === undefined) !== (urlFrom === undefined);
const ONE_PLACE = 'expected one of url and urlFrom';
const minimumSeverity = z.enum(SEVERITIES).default('warning');
/** Of channels, operators, peers and people: short, so that it can be a label anywhere. */
const name = z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N} ._@-]{0,63}$/u, 'expected 1 to 64 letters, digits, spaces or any of . _ @ -');
/** A channel that is told only of what still stands after so long: whom to wake when nobody reacted. */
const escalateAfterSeconds = z.int().min(0).max(604_800).default(0);

const channel = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('webhook'), name, url, secretFrom: environmentName, minimum: minimumSeverity, escalateAfterSeconds }),
  z.strictObject({ kind: z.literal('pagerduty'), name, routingKeyFrom: environmentName, apiUrl: url.default('https://events.pagerduty.com'), minimum: minimumSeverity, escalateAfterSeconds }),
  z.strictObject({ kind: z.literal('ntfy'), name, topicFrom: environmentName, tokenFrom: environmentName.optional(), apiUrl: url.default('https://ntfy.sh'), minimum: minimumSeverity, escalateAfterSeconds }),
  z.strictObject({ kind: z.literal('smtp'), name, host: z.string().min(1), port: z.int().min(1).max(65_535).default(587), isSecure: z.boolean().default(false), userFrom: environmentName.optional(), passwordFrom: environmentName.optional(), from: z.email(), to: z.array(z.email()).min(1), minimum: minimumSeverity, escalateAfterSeconds }),
  z.strictObject({ kind: z.literal('telegram'), name, tokenFrom: environmentName, chat: z.string().min(1), apiUrl: url.default('https://api.telegram.org'), minimum: minimumSeverity, escalateAfterSeconds }),
  z.strictObject({ kind: z.literal('discord'), name, urlFrom: environmentName, minimum: minimumSeverity, escalateAfterSeconds }),
]);

const schema = z.strictObject({
  l1: z.strictObject({
    chainId: z.int().positive(),
    /** Hash of block 0: chain ids are reused. */
    genesisHash: word.optional(),
    endpoints: z.array(z.strictObject({ ...place, operator: name }).refine(isOnePlace, ONE_PLACE)).min(1),
    /** How many operators must agree. */
    quorum: z.int().min(1),
    pollMilliseconds: z.int().min(20).max(600_000).default(2_000),
    timeoutMilliseconds: z.int().min(100).max(120_000).default(10_000),
    maxResponseBytes: z.int().min(65_536).default(67_108_864),
  }),
  deployment: z.strictObject({ deployBlock: z.int().min(0), contracts: z.record(z.string(), address), codeHashes: z.record(z.string(), word).default({}) }),
  /** Upgrades are tried on a fork of the first endpoint. */
  isSimulating: z.boolean().default(true),
  /** Every committed batch is executed again from L1 data. */
  isReexecuting: z.boolean().default(true),
  /** Hardhat artifacts that you built from the sources: upgrades are compared with them. */
  artifacts: z.string().min(1).optional(),
  /** A node of your own whose blocks were derived from L1: its hashes are compared with what became final. */
  l2: z.strictObject({ ...place, chainId: z.int().positive() }).refine(isOnePlace, ONE_PLACE).optional(),
  /** Of single checks: another severity, another patience, or switched off. */
  checks: z.record(z.string(), z.strictObject({ severity: z.enum(SEVERITIES).optional(), staleAfterSeconds: z.int().min(1).optional(), isEnabled: z.boolean().default(true) })).default({}),
  /** Whose time to leave is counted; what each needs before it can begin (a pool's notice, a lock) in seconds. */
  watched: z.array(z.strictObject({ address, label: name, unbondingSeconds: z.int().min(0).default(0) })).default([]),
  /** Opt-in: forces withdrawals that their owner signed beforehand when an upgrade fails a check and nobody vetoes. */
  autoExit: z.strictObject({
    owner: address, presigned: z.string().min(1), keystore: z.string().min(1), passwordFrom: environmentName, graceSeconds: z.int().min(1), maximumWei: z.string().regex(/^\d{1,30}$/, 'expected wei as a decimal string'),
    vetoFile: z.string().min(1), isDryRun: z.boolean().default(true),
  }).optional(),
  channels: z.array(channel).default([]),
  /** Watchtowers of others, whose verdicts are compared with these. */
  peers: z.array(z.strictObject({ ...place, name, /** Whose signature its checkpoints carry. */ key: address.optional() }).refine(isOnePlace, ONE_PLACE)).default([]),
  /** Who may say over HTTP that an alarm was seen, each with a secret of their own. */
  acknowledgers: z.array(z.strictObject({ name, tokenFrom: environmentName })).default([]),
  /** A key of its own signs the head of the log, and may write it to L1. */
  checkpoints: z.strictObject({
    keystore: z.string().min(1), passwordFrom: environmentName, everySeconds: z.int().min(10).default(3_600),
    anchor: z.strictObject({ everySeconds: z.int().min(60).default(86_400), /** The most that one anchor may cost. */ maximumWei: z.string().regex(/^\d{1,30}$/, 'expected wei as a decimal string') }).optional(),
  }).optional(),
  deadMan: z.strictObject({ ...place, everySeconds: z.int().min(5).default(60) }).refine(isOnePlace, ONE_PLACE).optional(),
  canary: z.strictObject({ everySeconds: z.int().min(10).default(86_400) }).optional(),
  data: z.string().min(1),
  api: z.strictObject({ host: z.string().min(1).default('127.0.0.1'), port: z.int().min(0).max(65_535).default(9_800) }).default({ host: '127.0.0.1', port: 9_800 }),
  logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info'),
});

export type Config = z.infer<typeof schema> & { readonly hash: Hex };
export type ChannelConfig = z.infer<typeof channel>;

/** @throws ConfigMistake */
export function parseConfig(text: string, where: string): Config {
  let value: unknown;
  try {
    value = parse(text);
  } catch (cause) {
    throw new ConfigMistake(`${where}: expected YAML or JSON: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new ConfigMistake(parsed.error.issues.map(({ path, message }) => `${where}: ${path.length === 0 ? 'the file' : path.join('.')}: ${message.replace(/^Invalid input: expected (\w+), received undefined$/, 'is missing: expected $1')}`).join('\n'));
  const config = parsed.data;
  const operators = new Set(config.l1.endpoints.map(({ operator }) => operator)).size;
  if (config.l1.quorum > operators) throw new ConfigMistake(`${where}: l1.quorum: expected at most the number of operators, ${operators}, got ${config.l1.quorum}`);
  if (config.autoExit !== undefined && config.l1.quorum < 2) throw new ConfigMistake(`${where}: autoExit: expected l1.quorum of at least 2, got ${config.l1.quorum}: it must not act on one operator's word`);
  if (config.autoExit !== undefined && !config.isReexecuting) throw new ConfigMistake(`${where}: autoExit: expected isReexecuting: it must not act on a state that it did not compute`);
  const unnamed = Object.keys(config.deployment.codeHashes).find((key) => config.deployment.contracts[key] === undefined);
  if (unnamed !== undefined) throw new ConfigMistake(`${where}: deployment.codeHashes: expected names that deployment.contracts has too, got ${unnamed}: nothing would be held against it`);
  const labels = config.watched.map(({ label }) => label);
  if (new Set(labels).size !== labels.length) throw new ConfigMistake(`${where}: watched: expected labels that differ, got ${labels.join(', ')}`);
  for (const [what, named] of [['channels', config.channels], ['peers', config.peers], ['acknowledgers', config.acknowledgers]] as const) {
    const names = named.map(({ name: text }) => text);
    if (new Set(names).size !== names.length) throw new ConfigMistake(`${where}: ${what}: expected names that differ, got ${names.join(', ')}`);
  }
  const variables = config.acknowledgers.map(({ tokenFrom }) => tokenFrom);
  if (new Set(variables).size !== variables.length) throw new ConfigMistake(`${where}: acknowledgers: expected a variable of its own for each token, got ${variables.join(', ')}: the log must tell who it was`);
  return { ...config, hash: hashOf(config) };
}

/** @throws ConfigMistake */
export function readConfig(path: string): Config {
  try {
    return parseConfig(readFileSync(path, 'utf8'), path);
  } catch (cause) {
    if (cause instanceof ConfigMistake) throw cause;
    throw new ConfigMistake(`${path}: expected a readable configuration file: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** A place's URL, read where it is used, so that no secret is part of the configuration or its hash. @throws ConfigMistake */
export function urlOf({ url: text, urlFrom }: { readonly url?: string | undefined; readonly urlFrom?: string | undefined }): string {
  const found = text ?? secret(urlFrom ?? '');
  if (!URL.canParse(found) || !/^https?:/.test(found)) throw new ConfigMistake(`$${String(urlFrom)}: expected an http or https URL`);
  return found;
}

/** The value of an environment variable that the configuration names. @throws ConfigMistake */
export function secret(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new ConfigMistake(`$${name}: expected a secret, the variable is not set`);
  return value;
}

/** Who may acknowledge over HTTP, with their tokens. @throws ConfigMistake when one is not set, or two are the same */
export function acknowledgersOf({ acknowledgers }: Config): readonly { readonly name: string; readonly token: string }[] {
  const people = acknowledgers.map(({ name: who, tokenFrom }) => ({ name: who, token: secret(tokenFrom) }));
  for (const { name: who, token } of people) {
    const other = people.find((person) => person.token === token && person.name !== who);
    if (other !== undefined) throw new ConfigMistake(`acknowledgers: expected tokens that differ, ${who} and ${other.name} have the same: the log must tell who it was`);
  }
  return people;
}
