// An attester's configuration: flags and environment, parsed once.
//
// Owns: names, defaults, checks. Invariant: the key comes from $KEYFALL_ATTESTER_KEY alone, never from an argument, and never
// appears in a message.

import { parseArgs } from 'node:util';
import { z } from 'zod';
import type { Hex } from '@keyfall/protocol';
import { AttestFault } from './fault.ts';

const GWEI = 1_000_000_000n;

const url = z.url({ protocol: /^https?$/ });
const urls = z.string().transform((text) => text.split(',').map((part) => part.trim()).filter((part) => part !== '')).pipe(z.array(url));
const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/, 'expected 0x and 40 hex digits').transform((text) => text.toLowerCase() as Hex);
const integer = (minimum: number, maximum: number): z.ZodType<number, string> => z.string().regex(/^\d+$/, 'expected an integer').transform(Number).pipe(z.number().min(minimum).max(maximum));

const schema = z.object({
  l1: urls.pipe(z.array(z.string()).min(1)),
  rollup: address,
  lane: address,
  data: z.string().min(1),
  port: integer(0, 65_535).default(9_700),
  host: z.string().min(1).default('127.0.0.1'),
  peers: urls.default([]),
  'deploy-block': z.string().regex(/^\d+$/, 'expected an integer').transform(BigInt).optional(),
  'finality-depth': integer(0, 1_000_000).default(0),
  'max-fee-gwei': integer(1, 1_000_000).default(500),
  'max-tip-gwei': integer(0, 1_000_000).default(5),
  'stagger-seconds': integer(0, 86_400).default(10),
  'poll-milliseconds': integer(10, 60_000).default(1_000),
  'log-level': z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace']).default('info'),
  'parent-pipe': z.boolean().default(false),
  key: z.string({ error: 'KEYFALL_ATTESTER_KEY: expected 0x and 64 hex digits, it is not set' }).regex(/^0x[0-9a-fA-F]{64}$/, 'KEYFALL_ATTESTER_KEY: expected 0x and 64 hex digits'),
});

export interface AttesterConfig {
  readonly l1Urls: readonly string[];
  readonly rollup: Hex;
  readonly lane: Hex;
  readonly dataDirectory: string;
  readonly port: number;
  readonly host: string;
  readonly peers: readonly string[];
  readonly deployBlock: bigint | undefined;
  /** L1 blocks that must lie above a block before it counts as final, beside L1's own tag. */
  readonly finalityDepth: bigint;
  readonly maxFeeWei: bigint;
  readonly maxTipWei: bigint;
  readonly staggerMilliseconds: number;
  readonly pollMilliseconds: number;
  readonly logLevel: string;
  readonly hasParentPipe: boolean;
  readonly privateKey: string;
}

export const USAGE = 'usage: node node/attest/main.ts --l1 URL[,URL] --rollup ADDRESS --lane ADDRESS --data DIRECTORY [--port N] [--host H] [--peers URL,...] '
  + '[--deploy-block N] [--finality-depth N] [--max-fee-gwei N] [--max-tip-gwei N] [--stagger-seconds N] [--poll-milliseconds N] [--log-level L] [--parent-pipe]; key in $KEYFALL_ATTESTER_KEY';

/** @throws AttestFault 'configuration' naming every flag that is wrong. */
export function parseConfig(args: readonly string[], environment: Readonly<Record<string, string | undefined>>): AttesterConfig {
  const text = { type: 'string' } as const;
  let values: Record<string, unknown>;
  try {
    ({ values } = parseArgs({ args: [...args], options: {
      l1: text, rollup: text, lane: text, data: text, port: text, host: text, peers: text, 'deploy-block': text, 'finality-depth': text, 'max-fee-gwei': text, 'max-tip-gwei': text,
      'stagger-seconds': text, 'poll-milliseconds': text, 'log-level': text, 'parent-pipe': { type: 'boolean' },
    } }));
  } catch (cause) {
    throw new AttestFault('configuration', `${cause instanceof Error ? cause.message : String(cause)}; ${USAGE}`);
  }
  const parsed = schema.safeParse({ ...values, key: environment['KEYFALL_ATTESTER_KEY'] });
  if (!parsed.success) throw new AttestFault('configuration', `${parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')}; ${USAGE}`);
  const { data } = parsed;
  return {
    l1Urls: data.l1, rollup: data.rollup, lane: data.lane, dataDirectory: data.data, port: data.port, host: data.host, peers: data.peers, deployBlock: data['deploy-block'],
    finalityDepth: BigInt(data['finality-depth']),
    maxFeeWei: BigInt(data['max-fee-gwei']) * GWEI, maxTipWei: BigInt(data['max-tip-gwei']) * GWEI, staggerMilliseconds: data['stagger-seconds'] * 1_000,
    pollMilliseconds: data['poll-milliseconds'], logLevel: data['log-level'], hasParentPipe: data['parent-pipe'], privateKey: data.key,
  };
}
