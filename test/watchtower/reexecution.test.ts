// E25's verdict: ok only for the very last final batch, reached and equal; a finding is a violation for ever; whatever stops the execution is unknown.

import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { View } from '../../watchtower/monitor.ts';
import { reexecution } from '../../watchtower/monitors/reexecution.ts';
import type { Finding } from '../../watchtower/replay/records.ts';
import { Unverifiable } from '../../watchtower/verdict.ts';

const FINDING: Finding = { subject: 'batch 2, lane 0x1', sentence: 'wrong', expected: 'a', got: 'b', transaction: '0x01' };

interface Facts { readonly final?: bigint; readonly hash?: string; readonly executed?: number; readonly findings?: readonly Finding[]; readonly broken?: Finding; readonly standing?: string; readonly fault?: string; readonly kept?: string }

async function said({ final = 3n, hash = '0xaa', executed = 3, findings = [], broken, standing, fault, kept }: Facts): Promise<readonly (readonly [string, string])[]> {
  const view = {
    header: { number: 1n, hash: '0x01' }, read: () => Promise.resolve([final, hash, '0x', 1n]),
    reexecuted: () => ({ state: { broken, standing, executed: { batch: executed, head: { hash: '0xaa' } } }, findings, fault, resultOf: () => (kept === undefined ? undefined : { outputs: { lastHash: kept } }) }),
  } as unknown as View;
  return (await reexecution.evaluate?.(view) ?? []).map(({ subject, status }) => [subject, status]);
}

it('is ok when the last final batch was reached and ends with the same block', async () => {
  assert.deepEqual(await said({}), [['final batches', 'ok']]);
  assert.deepEqual(await said({ executed: 5, kept: '0xaa' }), [['final batches', 'ok']]);
  assert.deepEqual(await said({ executed: 5, kept: '0xbb' }), [['final batches', 'violation']]);
  assert.deepEqual(await said({ hash: '0xbb' }), [['final batches', 'violation']]);
});

it('is unknown when it is behind, stands, cannot go on, or no longer keeps the result', async () => {
  for (const facts of [{ executed: 2 }, { executed: 2, standing: 'a foreign parent' }, { executed: 2, fault: 'no origin' }, { executed: 5 }] as const) assert.deepEqual(await said(facts), [['final batches', 'unverifiable']]);
});

it('names each finding beside it, and a broken record makes the rest unknown', async () => {
  assert.deepEqual(await said({ findings: [FINDING] }), [['batch 2, lane 0x1', 'violation'], ['final batches', 'ok']]);
  assert.deepEqual(await said({ broken: { ...FINDING, subject: 'messages' } }), [['messages', 'violation'], ['final batches', 'unverifiable']]);
});

it('is unknown when it is switched off', async () => {
  await assert.rejects(async () => reexecution.evaluate?.({ reexecuted: () => undefined } as unknown as View), Unverifiable);
});
