/** Ten thousand steps of the model replayed against the contracts' bytecode, for test:full. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { replay } from './replayWalk.ts';

const ACTS = [
  'enqueue', 'commit', 'answer', 'finalize', 'drop', 'enterEnforced', 'commitEnforced', 'announceSkip', 'takeSkip', 'requestReturn', 'freeze', 'pause', 'disableLane',
  'nullify', 'registerLane', 'switchLane', 'addSpec', 'rotateOperator', 'setColdKey', 'replace', 'bid', 'settleAuction', 'forfeit', 'releaseBond', 'withdraw', 'pay', 'withdraw pay',
  'base fee',
];

test('P-100 model and contracts agree over 10,000 steps, and the walks reach every phase and every act', async () => {
  const modes = new Set<string>();
  const taken = new Set<string>();
  for (let seed = 1_000; seed < 1_080; seed++) {
    const { mode, both } = await replay(seed, 130);
    modes.add(mode);
    for (const act of both.taken) taken.add(act);
  }
  assert.deepEqual([...modes].sort(), ['Enforced', 'Frozen', 'Operating']);
  assert.deepEqual(ACTS.filter((act) => !taken.has(act)), [], 'acts that never went through');
});
