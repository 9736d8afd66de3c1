// An attester's configuration: flags and environment, parsed once.
//
// Owns: names, defaults, checks. Invariant: the key comes from $KEYFALL_ATTESTER_KEY alone, never from an argument, and never
// appears in a message.

import { z } from 'zod';
import type { Hex } from '@keyfall/protocol';
import { addressFlag, parseFlags, UsageError } from '../config.ts';

const GWEI = 1_000_000_000n;

const url = z.url({ protocol: /^https?$/ });
const urls = z.string().transform((text) => text.split(',').map((part) => part.trim()).filter((part) => part !== '')).pipe(z.array(url));
const integer = (minimum: number, maximum: number): z.ZodType<number, string> => z.string().regex(/^\d+$/, 'expected an integer').transform(Number).pipe(z.number().min(minimum).max(maximum));

const schema = z.strictObject({
  l1: urls.pipe(z.array(z.string()).min(1)),
  rollup: addressFlag,
  lane: addressFlag,
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

export const ATTESTER_USAGE = `Usage: keyfall attester --l1 URL[,URL...] --rollup ADDRESS --lane ADDRESS --data DIRECTORY [options]
  --port N                 HTTP port for signatures and metrics (default 9700; 0 = any free one)
  --host ADDRESS           address to listen on (default 127.0.0.1)
  --peers URL[,URL...]     the other attesters (default: none, it signs and submits alone)
  --deploy-block N         L1 block of the deployment, for an endpoint without old states
  --finality-depth N       L1 blocks on top of a block before it counts as final, beside L1's own tag (default 0)
  --max-fee-gwei N         cap of maxFeePerGas (default 500)
  --max-tip-gwei N         cap of maxPriorityFeePerGas (default 5)
  --stagger-seconds N      pause before the next attester in turn submits an answer (default 10)
  --poll-milliseconds N    pause between two looks at L1 (default 1000)
  --log-level LEVEL        fatal, error, warn, info, debug or trace (default info)
  --parent-pipe            stop when standard input ends
The key comes from $KEYFALL_ATTESTER_KEY. Logs are JSON lines on standard error.`;

/** @throws UsageError naming every flag that is wrong; never with the key. */
export function parseConfig(args: readonly string[], environment: Readonly<Record<string, string | undefined>>): AttesterConfig {
  const data = parseFlags(schema, args, ATTESTER_USAGE);
  const privateKey = environment['KEYFALL_ATTESTER_KEY'];
  if (privateKey === undefined || !/^0x[0-9a-fA-F]{64}$/.test(privateKey)) throw new UsageError(`$KEYFALL_ATTESTER_KEY: expected 0x and 64 hexadecimal digits\n${ATTESTER_USAGE}`);
  return {
    l1Urls: data.l1, rollup: data.rollup, lane: data.lane, dataDirectory: data.data, port: data.port, host: data.host, peers: data.peers, deployBlock: data['deploy-block'],
    finalityDepth: BigInt(data['finality-depth']),
    maxFeeWei: BigInt(data['max-fee-gwei']) * GWEI, maxTipWei: BigInt(data['max-tip-gwei']) * GWEI, staggerMilliseconds: data['stagger-seconds'] * 1_000,
    pollMilliseconds: data['poll-milliseconds'], logLevel: data['log-level'], hasParentPipe: data['parent-pipe'], privateKey,
  };
}
