// Reorganisations of a real chain at every depth up to finality and beyond it: what was not final is taken back and seen again; when what was final is
// undone, that is one critical alarm, nothing that was kept is rewritten, and nothing is judged any more.

import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import type { LogRow } from '../../watchtower/rows.ts';
import { Unverifiable } from '../../watchtower/verdict.ts';
import { continuity } from '../../watchtower/monitors/continuity.ts';
import { people } from '../../watchtower/monitors/people.ts';
import { DeployedSystem } from '../contracts/deployed.ts';
import { Rotations } from './rotations.ts';
import { Watched } from './watched.ts';

/** Blocks behind the head that are not final: two epochs of four. */
const PROVISIONAL = 8;
let system: DeployedSystem;
let rotations: Rotations;

before(async () => {
  system = await DeployedSystem.start([], ['--slots-in-an-epoch', String(PROVISIONAL / 2)]);
  rotations = await Rotations.on(system);
  await system.anvil.rpc('anvil_mine', '0x10');
});
after(async () => system.stop());

it('every depth up to finality is followed; one block deeper is an alarm, once, and rewrites nothing', { timeout: 300_000 }, async (t) => {
  const watched = new Watched(t, { urls: [system.anvil.url], quorum: 1, deployment: system.deployment, monitors: [people, continuity] });
  await watched.catchUp();
  for (let depth = 1; depth <= PROVISIONAL; depth += 1) {
    await rotations.rotate();
    await system.anvil.rpc('anvil_mine', `0x${depth.toString(16)}`);
    await watched.catchUp();
    await system.anvil.rpc('anvil_reorg', depth, []);
    await system.anvil.rpc('anvil_mine', '0x1');
    await watched.catchUp();
    const { tip } = watched.engine.cursor;
    const { hash } = await system.anvil.rpc('eth_getBlockByNumber', `0x${tip.toString(16)}`, false) as { hash: string };
    assert.equal((watched.store.get<{ hash: string }>(['block', tip]))?.hash, hash, `depth ${depth}`);
  }
  assert.deepEqual(watched.messages.filter(({ title }) => title.includes('A5-continuity')), []);
  const before = { cursor: watched.engine.cursor, rows: watched.store.list<LogRow>(['log']).length, final: watched.store.get(['block', watched.engine.cursor.finalized]) };
  const head = Number(await system.anvil.rpc('eth_blockNumber'));
  await system.anvil.rpc('anvil_reorg', head - before.cursor.finalized + 1, []);
  await system.anvil.rpc('anvil_mine', '0x3');
  for (let again = 0; again < 3; again += 1) {
    await assert.rejects(watched.catchUp(), (error) => error instanceof Unverifiable && /L1 contradicts what was final/.test(error.message));
    await watched.delivery.round();
    await system.anvil.rpc('anvil_mine', '0xa');
  }
  assert.deepEqual(watched.messages.filter(({ title }) => title.includes('A5-continuity')).map(({ state, severity }) => [state, severity]), [['firing', 'critical']]);
  assert.deepEqual([watched.engine.cursor.finalized, watched.store.get(['block', before.cursor.finalized])], [before.cursor.finalized, before.final]);
  assert.ok(watched.store.list<LogRow>(['log']).length > before.rows);
});
