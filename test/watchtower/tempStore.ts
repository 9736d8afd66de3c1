/** A store in a directory of its own that goes with the test, and a configuration to go with it. Asserts nothing. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { parseConfig, type Config } from '../../watchtower/config.ts';
import type { Change } from '../../watchtower/incidents.ts';
import type { IncidentState } from '../../watchtower/rows.ts';
import { Store } from '../../watchtower/store.ts';
import type { Severity } from '../../watchtower/verdict.ts';

export function tempStore(t: TestContext): { readonly store: Store; readonly directory: string } {
  const directory = mkdtempSync(join(tmpdir(), 'keyfall-store-'));
  const store = new Store(directory);
  t.after(async () => {
    await store.close();
    rmSync(directory, { recursive: true });
  });
  return { store, directory };
}

export const configWith = (more: Readonly<Record<string, unknown>> = {}): Config => parseConfig(JSON.stringify({
  l1: { chainId: 1, quorum: 1, endpoints: [{ url: 'http://127.0.0.1:1/', operator: 'own' }] }, deployment: { deployBlock: 0, contracts: {} }, data: 'x',
  channels: [{ kind: 'webhook', name: 'first', url: 'http://a/', secretFrom: 'S', minimum: 'info' }, { kind: 'webhook', name: 'boss', url: 'http://a/', secretFrom: 'S', escalateAfterSeconds: 60 }], ...more,
}), 'test');

export const changeOf = (number: number, state: IncidentState, severity: Severity = 'critical'): Change => ({ from: undefined, incident: {
  id: `0x${number.toString(16).padStart(64, '0')}`, monitor: 'test', subject: '', severity, sentence: `finding ${number}`, expected: 'a', got: 'b', state, blockNumber: 1, blockHash: `0x${'00'.repeat(32)}`, transaction: undefined, foundAt: 0,
} });
