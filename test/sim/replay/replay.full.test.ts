/** Ten thousand steps of the model replayed against the contracts' bytecode, for test:full. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SEAT_MIN_BID_WEI } from '@keyfall/protocol';
import { DAY } from '../protocol/parameters.ts';
import { CANDIDATES } from './deployment.ts';
import { Replay } from './replay.ts';
import { replay } from './replayWalk.ts';

const ACTS = [
  'enqueue', 'commit', 'answer', 'finalize', 'drop', 'enterEnforced', 'commitEnforced', 'announceSkip', 'takeSkip', 'requestReturn', 'freeze', 'pause', 'disableLane',
  'nullify', 'returnToOperating', 'registerLane', 'switchLane', 'addSpec', 'rotateOperator', 'setColdKey', 'replace', 'bid', 'settleAuction', 'forfeit', 'withdraw', 'pay', 'withdraw pay',
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

test('P-100 P-121 P-122 the seat from the first bid to the bond that a frozen chain gives back', async () => {
  const both = await Replay.start();
  const { money } = both;
  const [first, second] = CANDIDATES;
  const done = async (act: Promise<string | undefined>): Promise<void> => assert.equal(await act, undefined);
  await done(both.enqueue({ zkGas: 150_000, poison: false }));
  both.advance(7 * DAY + 1);
  await done(both.enterEnforced());
  both.advance(30 * DAY - 1);
  assert.equal(await money.bid(first, first, SEAT_MIN_BID_WEI), 'AUCTION_CLOSED');
  both.advance(1);
  await done(money.bid(first, first, SEAT_MIN_BID_WEI));
  await done(money.bid(second, second, SEAT_MIN_BID_WEI * 110n / 100n));
  both.advance(7 * DAY);
  await done(money.settleAuction());
  assert.equal(await money.releaseBond(), 'BOND_LOCKED');
  await done(both.freeze());
  await done(money.releaseBond());
  await done(money.withdrawOwed(first));
  await done(money.withdrawOwed(second));
  assert.equal(money.seat.balanceWei, 0n);
});
