// What must not alarm: a deployment's own first settings, and a batch on its way to finality.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ENFORCED_TRIGGER_SECONDS } from '@keyfall/protocol';
import type { DecodedEvent } from '../../watchtower/contracts.ts';
import type { View } from '../../watchtower/monitor.ts';
import { coreCode } from '../../watchtower/monitors/coreCode.ts';
import { council } from '../../watchtower/monitors/council.ts';
import { liveness } from '../../watchtower/monitors/liveness.ts';

const event = (args: Record<string, unknown>): DecodedEvent => ({ args } as unknown as DecodedEvent);

test('the first code and the first council replace nothing; every later one does', () => {
  const upgraded = coreCode.notices?.find(({ event: name }) => name === 'Upgraded');
  const members = council.notices?.find(({ event: name }) => name === 'MembersSet');
  const at = (blockNumber: number): { blockNumber: number; deployBlock: number } => ({ blockNumber, deployBlock: 24 });
  assert.deepEqual([24, 25, 900].map((block) => upgraded?.isFirst?.(event({}), at(block))), [true, false, false]);
  assert.deepEqual([1n, 2n, 11n].map((epoch) => members?.isFirst?.(event({ epoch }), at(24))), [true, false, false]);
});

test('a batch waits for finality since its commit in T, and is told of from half of the deadline on', async () => {
  const limit = Number(ENFORCED_TRIGGER_SECONDS);
  const judged = async (age: number): Promise<unknown> => {
    const answers: Record<string, unknown> = { committedCount: 3n, finalizedCount: 2n, current: BigInt(500_000 + age), TIME_SCALE: 1n, batch: { commitTime: 900_000 }, timeAt: 500_000n };
    const view = { header: { timestamp: 900_100n, number: 5n, hash: '0x' }, read: async (_contract: string, name: string) => answers[name] } as unknown as View;
    const verdicts = await liveness.evaluate?.(view) ?? [];
    assert.ok(verdicts.every(({ sentence }) => !sentence.includes('NaN')));
    return verdicts.find(({ subject }) => subject === 'finality')?.status;
  };
  assert.deepEqual([await judged(12), await judged(limit / 2 - 1), await judged(limit / 2)], ['ok', 'ok', 'violation']);
});
