// Configuration of the node's processes: flags and environment, parsed once and checked.
//
// Owns: names, defaults, units and bounds. Does not own: what the values do. Secrets come from the environment alone.
// Invariant: a value out of bounds is a UsageError that names the flag, what was expected and what came; nothing re-reads
// argv or the environment later.

import { parseArgs } from 'node:util';
import { z } from 'zod';
import {
  FORCED_INCLUSION_DELAY_SECONDS, MAX_BATCH_BLOCKS, MAX_BATCH_MESSAGE_ZKGAS, MAX_BATCH_ZKGAS, MAX_BLOCK_ZKGAS, MAX_PAYLOAD_BYTES, MAX_TIMESTAMP_LAG_SECONDS,
} from '@keyfall/protocol';
import type { ChainCaps, SequencingConfig } from './pipeline/state.ts';

/** The command line is wrong: exit code 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/** The protocol's caps (SPEC.md sections 5 to 7). */
export const PROTOCOL_CAPS: ChainCaps = {
  blockZkGas: MAX_BLOCK_ZKGAS, batchZkGas: MAX_BATCH_ZKGAS, batchMessageZkGas: MAX_BATCH_MESSAGE_ZKGAS, payloadBytes: Number(MAX_PAYLOAD_BYTES),
  batchBlocks: Number(MAX_BATCH_BLOCKS),
};

export interface NodeConfig {
  l1Urls: readonly string[];
  rollup: `0x${string}`;
  dataDirectory: string;
  host: string;
  /** 0 = chosen by the system. */
  port: number;
  isSequencer: boolean;
  /** The mempool keeps what it acknowledges, and none of it enters a block. */
  isInboxOnly: boolean;
  /** Stop when standard input ends. */
  stopsWithParent: boolean;
  /** L1 block of the deployment, for an L1 endpoint without old states. */
  deployBlock: bigint | undefined;
  l1ChainId: bigint | undefined;
  l1PollMilliseconds: number;
  confirmations: bigint;
  heartbeatSeconds: bigint;
  batchAgeSeconds: bigint;
  maxLeadSeconds: bigint;
  /** undefined = every post-state is kept. */
  retainedBlocks: bigint | undefined;
  recoveryWorkers: number;
  logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error';
  caps: ChainCaps;
}

export const NODE_USAGE = `Usage: keyfall node --l1 URL[,URL...] --rollup ADDRESS --data DIRECTORY [options]
  --port N               HTTP and WebSocket port (default 9545; 0 = any free one)
  --host ADDRESS         address to listen on (default 127.0.0.1)
  --sequencer            build blocks; without it the node follows: it derives everything from L1
  --inbox-only           build blocks from Inbox messages alone: the mempool waits (maintenance, and rehearsal of forced exits)
  --l1-chain-id N        refuse another L1 (default: what the endpoint says)
  --l1-poll-ms N         pause between questions to L1 (default 500)
  --deploy-block N       L1 block of the deployment, for an endpoint without old states
  --confirmations N      L1 blocks on top of a message or origin before it is used (default 0)
  --heartbeat N          an empty block is built after this many seconds (default 60)
  --batch-age N          a batch closes when it is this old, seconds (default 10)
  --max-lead N           seconds L2 time may run ahead of the last L1 block (default 600, at most 1500)
  --retained-blocks N    post-states kept for reads and unwinding (default 100000; 0 = all)
  --recovery-workers N   threads that recover senders (default 1)
  --log-level LEVEL      trace, debug, info, warn or error (default info)
  --parent-pipe          stop when standard input ends
One JSON line on standard output says when the node serves; logs are JSON lines on standard error.`;

const natural = (minimum: number, maximum: number) => z.string().regex(/^\d{1,15}$/, 'expected a natural number')
  .transform(Number).refine((value) => value >= minimum && value <= maximum, `expected a number from ${minimum} to ${maximum}`);

const urlList = z.string().transform((text) => text.split(',')).refine((urls) => urls.every((url) => URL.canParse(url)), 'expected one or more URLs, separated by commas');
export const addressFlag = z.string().regex(/^0x[0-9a-fA-F]{40}$/, 'expected 0x and 40 hexadecimal digits').transform((text) => text.toLowerCase() as `0x${string}`);

const nodeSchema = z.strictObject({
  l1: urlList, rollup: addressFlag, data: z.string().min(1), port: natural(0, 65_535).default(9_545), host: z.string().min(1).default('127.0.0.1'),
  sequencer: z.boolean().default(false), 'inbox-only': z.boolean().default(false), 'parent-pipe': z.boolean().default(false), 'deploy-block': natural(0, 1e15).optional(), 'l1-chain-id': natural(1, 1e15).optional(),
  'l1-poll-ms': natural(10, 60_000).default(500), confirmations: natural(0, 64).default(0), heartbeat: natural(1, 3_600).default(60), 'batch-age': natural(1, 3_600).default(10),
  'max-lead': natural(1, 1_500).default(600), 'retained-blocks': natural(0, 1e15).default(100_000), 'recovery-workers': natural(0, 16).default(1),
  'log-level': z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info'),
});

/** Parses flags by a schema whose keys are their names. @throws UsageError */
export function parseFlags<T extends z.ZodObject>(schema: T, args: readonly string[], usage: string): z.infer<T> {
  const options = Object.fromEntries(Object.entries(schema.shape).map(([name, type]) => [name, { type: isBoolean(type as z.ZodType) ? 'boolean' as const : 'string' as const }]));
  let values: Record<string, unknown>;
  try {
    values = { ...parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values };
  } catch (cause) {
    throw new UsageError(`${cause instanceof Error ? cause.message : String(cause)}\n${usage}`);
  }
  const parsed = schema.safeParse(values);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => `--${issue.path.join('.')}: ${values[String(issue.path[0])] === undefined ? 'is required' : `${issue.message}, got ${JSON.stringify(values[String(issue.path[0])])}`}`);
  throw new UsageError(`${issues.join('\n')}\n${usage}`);
}

/**
 * The configuration of this process by its `parse`, once. `--help` prints the usage and ends the process with 0; a wrong command
 * line is printed with the usage and ends it with 2.
 */
export function configurationOrExit<T>(usage: string, parse: (args: readonly string[]) => T): T {
  const args = process.argv.slice(2);
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(`${usage}\n`);
    process.exit(0);
  }
  try {
    return parse(args);
  } catch (cause) {
    if (!(cause instanceof UsageError)) throw cause;
    process.stderr.write(`${cause.message}\n`);
    process.exit(2);
  }
}

function isBoolean(type: z.ZodType): boolean {
  const inner = type instanceof z.ZodDefault ? type.unwrap() : type;
  return inner instanceof z.ZodBoolean;
}

/** Configuration of node/main.ts. @throws UsageError */
export function parseNodeConfig(args: readonly string[]): NodeConfig {
  const flags = parseFlags(nodeSchema, args, NODE_USAGE);
  const optional = (value: number | undefined): bigint | undefined => (value === undefined ? undefined : BigInt(value));
  return {
    l1Urls: flags.l1, rollup: flags.rollup, dataDirectory: flags.data, host: flags.host, port: flags.port, isSequencer: flags.sequencer, isInboxOnly: flags['inbox-only'],
    stopsWithParent: flags['parent-pipe'], deployBlock: optional(flags['deploy-block']), l1ChainId: optional(flags['l1-chain-id']),
    l1PollMilliseconds: flags['l1-poll-ms'], confirmations: BigInt(flags.confirmations), heartbeatSeconds: BigInt(flags.heartbeat),
    batchAgeSeconds: BigInt(flags['batch-age']), maxLeadSeconds: BigInt(flags['max-lead']),
    retainedBlocks: flags['retained-blocks'] === 0 ? undefined : BigInt(flags['retained-blocks']), recoveryWorkers: flags['recovery-workers'],
    logLevel: flags['log-level'], caps: PROTOCOL_CAPS,
  };
}

/** The sequencer's part, with protocol delays divided by the deployment's time scale as the contracts do. */
export function sequencingConfig(config: NodeConfig, timeScale: bigint): SequencingConfig {
  const scaled = (seconds: bigint): bigint => (seconds / timeScale > 0n ? seconds / timeScale : 1n);
  return {
    heartbeatSeconds: config.heartbeatSeconds, batchAgeSeconds: config.batchAgeSeconds, confirmations: config.confirmations, maxLeadSeconds: config.maxLeadSeconds,
    forcedInclusionSeconds: scaled(FORCED_INCLUSION_DELAY_SECONDS), maxTimestampLagSeconds: scaled(MAX_TIMESTAMP_LAG_SECONDS),
  };
}
