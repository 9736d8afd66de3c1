// Flags: what is missing, unknown or out of bounds is named, with what was expected and what came.

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { parseBatcherConfig } from '../../node/batch/config.ts';
import { parseNodeConfig, PROTOCOL_CAPS, sequencingConfig, UsageError } from '../../node/config.ts';
import { L1Clock } from '../../node/clock.ts';

const ROLLUP = `0x${'Ab'.repeat(20)}`;
const needed = ['--l1', 'http://127.0.0.1:1', '--rollup', ROLLUP, '--data', 'd'];

test('the needed flags are enough, and defaults are the documented ones', () => {
  const config = parseNodeConfig(needed);
  assert.equal(config.isSequencer, false);
  assert.equal(config.rollup, ROLLUP.toLowerCase());
  assert.deepEqual([config.port, config.host, config.heartbeatSeconds, config.batchAgeSeconds, config.retainedBlocks], [9_545, '127.0.0.1', 60n, 10n, 100_000n]);
  assert.equal(config.caps, PROTOCOL_CAPS);
  assert.equal(parseNodeConfig([...needed, '--retained-blocks', '0']).retainedBlocks, undefined);
});

test('a wrong command line is a usage error that names the flag', () => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /--l1: is required/], [needed.slice(2), /--l1: is required/], [[...needed, '--port', '65536'], /--port: .*0 to 65535, got "65536"/],
    [[...needed, '--port', '-1'], /--port/], [[...needed, '--rollup', '0x12'], /--rollup: expected 0x and 40/], [[...needed, '--what'], /--what/],
    [[...needed, 'stray'], /stray/], [[...needed, '--max-lead', '1501'], /--max-lead/], [[...needed, '--log-level', 'loud'], /--log-level/],
    [[...needed, '--l1', 'http://a,nonsense'], /--l1: expected one or more URLs/],
  ];
  for (const [args, message] of cases) assert.throws(() => parseNodeConfig(args), (cause: unknown) => cause instanceof UsageError && message.test(cause.message), args.join(' '));
});

test('protocol delays are divided by the time scale as the contracts divide them, at least one second', () => {
  const config = parseNodeConfig(needed);
  assert.equal(sequencingConfig(config, 1n).forcedInclusionSeconds, 86_400n);
  assert.equal(sequencingConfig(config, 600n).forcedInclusionSeconds, 144n);
  assert.equal(sequencingConfig(config, 1_000_000n).forcedInclusionSeconds, 1n);
});

test('the operator key comes from the environment alone, and fees are read exactly', () => {
  const args = ['--node', 'http://127.0.0.1:1', ...needed];
  const key = `0x${'11'.repeat(32)}`;
  assert.throws(() => parseBatcherConfig(args, {}), /KEYFALL_OPERATOR_KEY/);
  assert.throws(() => parseBatcherConfig([...args, '--key', key], { KEYFALL_OPERATOR_KEY: key }), UsageError);
  const config = parseBatcherConfig([...args, '--max-fee-gwei', '1.5', '--max-cost-ether', '0.000000001'], { KEYFALL_OPERATOR_KEY: key });
  assert.deepEqual([config.maxFeeWei, config.maxTipWei, config.maxCostWei], [1_500_000_000n, 20_000_000_000n, 1_000_000_000n]);
});

test('estimated L1 time never falls below the last block, runs by elapsed time, and follows L1 back', () => {
  let milliseconds = 0;
  const clock = new L1Clock(1_000n, () => milliseconds);
  milliseconds = 2_999;
  assert.equal(clock.seconds(), 1_002n);
  clock.seen(1_001n);
  assert.equal(clock.seconds(), 1_001n);
  milliseconds = 4_000;
  clock.seen(1_001n);
  assert.equal(clock.seconds(), 1_002n);
  clock.seen(900n);
  assert.equal(clock.seconds(), 900n);
});
