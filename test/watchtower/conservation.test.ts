// E31 over both layers: what a hostile Vault or Inbox would show is found, asset by asset; what cannot be known is not said.

import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { View } from '../../watchtower/monitor.ts';
import { conservation } from '../../watchtower/monitors/conservation.ts';

interface Facts { readonly deposited?: bigint; readonly paid?: bigint; readonly held?: bigint; readonly burned?: bigint; readonly minted?: bigint; readonly executed?: number; readonly phase?: string }

async function said({ deposited = 100n, paid = 20n, held = 80n, burned = 20n, minted = 100n, executed = 3, phase = 'operating' }: Facts): Promise<Record<string, string>> {
  const answers: Readonly<Record<string, unknown>> = { 'Vault.ledger': { deposited, paid, refunded: 0n }, 'Vault.recordedEscrow': deposited - paid, 'Vault.heldEscrow': held, 'Rollup.finalHead': [3n, '0x', '0x', 9n] };
  const view = {
    header: { number: 10n, hash: '0x01' }, contracts: { has: () => true }, eventsFrom: () => [], memory: new Map(), read: (contract: string, name: string) => Promise.resolve(answers[`${contract}.${name}`]),
    reexecuted: () => ({ state: { phase, l1Block: 10, mintedWei: String(minted), executed: { batch: executed } }, burnedOf: () => Promise.resolve(burned) }),
  } as unknown as View;
  return Object.fromEntries((await conservation.evaluate?.(view) ?? []).map(({ subject, status }) => [subject, status]));
}

it('more paid than burned, more minted than deposited, and less held than owed are violations, to the wei', async () => {
  assert.deepEqual(await said({}), { ETH: 'ok', 'ETH on L2': 'ok' });
  assert.deepEqual(await said({ burned: 19n }), { ETH: 'ok', 'ETH on L2': 'violation' });
  assert.deepEqual(await said({ minted: 101n }), { ETH: 'ok', 'ETH on L2': 'violation' });
  assert.deepEqual(await said({ held: 79n }), { ETH: 'violation', 'ETH on L2': 'ok' });
});

it('says unknown of L2 until the last final batch was executed again, and nothing once exits are paid from a frozen root', async () => {
  assert.deepEqual(await said({ executed: 2, burned: 0n }), { ETH: 'ok', 'ETH on L2': 'unverifiable' });
  assert.deepEqual(await said({ phase: 'frozen', burned: 0n }), { ETH: 'ok' });
});
