// Configuration of the batcher process.
//
// Owns: flags, defaults, bounds, and where the key comes from. Does not own: what they do (batcher.ts).

import { z } from 'zod';
import { parseFlags, UsageError, addressFlag } from '../config.ts';

export interface BatcherConfig {
  nodeUrl: string;
  l1Urls: readonly string[];
  rollup: `0x${string}`;
  dataDirectory: string;
  /** 0x and 32 bytes. */
  operatorKey: string;
  pollMilliseconds: number;
  maxFeeWei: bigint;
  maxTipWei: bigint;
  maxCostWei: bigint;
  bumpAfterBlocks: bigint;
  maxInFlight: number;
  stopsWithParent: boolean;
  logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error';
}

export const BATCHER_USAGE = `Usage: node node/batch/main.ts --node URL --l1 URL[,URL...] --rollup ADDRESS --data DIRECTORY [options]
  --max-fee-gwei N         cap of maxFeePerGas (default 300)
  --max-tip-gwei N         cap of maxPriorityFeePerGas (default 20)
  --max-cost-ether N       cap of what one commit may cost in gas (default 2)
  --bump-after-blocks N    L1 blocks without inclusion after which fees are raised (default 3)
  --max-in-flight N        commits sent and not included (default 4)
  --poll-ms N              pause between two looks (default 1000)
  --log-level LEVEL        trace, debug, info, warn or error (default info)
  --parent-pipe            stop when standard input ends
The operator's key comes from $KEYFALL_OPERATOR_KEY.`;

const decimal = z.string().regex(/^\d{1,9}(\.\d{1,9})?$/, 'expected a decimal number');
const url = z.string().refine((text) => URL.canParse(text), 'expected a URL');
const count = z.string().regex(/^\d{1,6}$/, 'expected a natural number').transform(Number).refine((value) => value > 0, 'expected at least 1');

const schema = z.strictObject({
  node: url, l1: z.string().transform((text) => text.split(',')).refine((urls) => urls.every((text) => URL.canParse(text)), 'expected one or more URLs, separated by commas'),
  rollup: addressFlag, data: z.string().min(1), 'max-fee-gwei': decimal.default('300'), 'max-tip-gwei': decimal.default('20'), 'max-cost-ether': decimal.default('2'),
  'bump-after-blocks': count.default(3), 'max-in-flight': count.default(4), 'poll-ms': count.default(1_000), 'parent-pipe': z.boolean().default(false),
  'log-level': z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info'),
});

/** @throws UsageError */
export function parseBatcherConfig(args: readonly string[], environment: NodeJS.ProcessEnv): BatcherConfig {
  const flags = parseFlags(schema, args, BATCHER_USAGE);
  const operatorKey = environment['KEYFALL_OPERATOR_KEY'];
  if (operatorKey === undefined || !/^0x[0-9a-fA-F]{64}$/.test(operatorKey)) throw new UsageError(`$KEYFALL_OPERATOR_KEY: expected 0x and 64 hexadecimal digits\n${BATCHER_USAGE}`);
  return {
    nodeUrl: flags.node, l1Urls: flags.l1, rollup: flags.rollup, dataDirectory: flags.data, operatorKey, pollMilliseconds: flags['poll-ms'],
    maxFeeWei: scaled(flags['max-fee-gwei'], 9), maxTipWei: scaled(flags['max-tip-gwei'], 9), maxCostWei: scaled(flags['max-cost-ether'], 18),
    bumpAfterBlocks: BigInt(flags['bump-after-blocks']), maxInFlight: flags['max-in-flight'], stopsWithParent: flags['parent-pipe'], logLevel: flags['log-level'],
  };
}

/** A decimal number times 10^digits, exactly. */
function scaled(text: string, digits: number): bigint {
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(digits, '0').slice(0, digits));
}
