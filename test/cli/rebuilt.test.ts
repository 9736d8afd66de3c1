// Where rebuilt chains are kept: one directory per chain for whoever comes next, a process's own while that one is taken, and nothing left of
// processes that are gone.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { JsonRpcProvider } from 'ethers';
import { CommandFailure } from '../../node/cli/failure.ts';
import { inFirstFree, rebuiltDirectory } from '../../node/cli/rebuilt.ts';
import { temporaryHome } from './temporary.ts';

const l1 = (firstHash: string): JsonRpcProvider => ({ _network: { chainId: 31_337n }, getBlock: async () => Promise.resolve({ hash: firstHash }) }) as unknown as JsonRpcProvider;
const rollup = `0x${'11'.repeat(20)}`;
/** Above what the kernel hands out. */
const DEAD_PID = 4_194_305;

test('a chain has one directory, told apart by its first block, its Rollup and what it is for', async (t) => {
  const home = temporaryHome(t);
  const at = async (hash: string, of: string, purpose: 'chain' | 'enforced'): Promise<string> => (await rebuiltDirectory(home, undefined, { l1: l1(hash), rollup: of, purpose })).candidates[0] ?? '';
  const first = await at('0x01', rollup, 'chain');
  assert.equal(await at('0x01', rollup.toUpperCase().replace('0X', '0x'), 'chain'), first);
  const others = await Promise.all([at('0x02', rollup, 'chain'), at('0x01', `0x${'22'.repeat(20)}`, 'chain'), at('0x01', rollup, 'enforced')]);
  assert.equal(new Set([first, ...others]).size, 4);
  assert.deepEqual((await rebuiltDirectory(home, join(home.directory, 'mine'), { l1: l1('0x01'), rollup, purpose: 'chain' })).candidates, [join(home.directory, 'mine')], '--data is the only one');
});

test('what killed processes left is swept, and nothing else', async (t) => {
  const home = temporaryHome(t);
  const root = join(home.directory, 'rebuilt');
  const kept = ['31337-abc-chain', `own-${process.pid}-chain`, 'own-notes', `own-${process.ppid}-enforced`];
  for (const name of [...kept, `own-${DEAD_PID}-chain`]) mkdirSync(join(root, name, 'data'), { recursive: true });
  const place = await rebuiltDirectory(home, undefined, { l1: l1('0x01'), rollup, purpose: 'chain' });
  assert.deepEqual(readdirSync(root).sort(), [...kept].sort());
  place.release();
  assert.ok(!existsSync(join(root, `own-${process.pid}-chain`)) && existsSync(join(root, '31337-abc-chain')));
});

test('the next directory is tried only when another process has this one', async () => {
  const place = { candidates: ['a', 'b'], release: (): void => undefined };
  const taken = new CommandFailure('failed', 'the node ended with 1: expected to be the only user of a, another process has it open');
  const use = (fault: Error) => async (directory: string): Promise<string> => (directory === 'a' ? Promise.reject(fault) : Promise.resolve(directory));
  assert.equal(await inFirstFree(place, use(taken)), 'b');
  await assert.rejects(inFirstFree(place, use(new CommandFailure('failed', 'the disk is full'))), /disk is full/);
  await assert.rejects(inFirstFree({ ...place, candidates: ['a'] }, use(taken)), /only user/);
});
