/**
 * The model against the contracts' own bytecode: a fixed set of seeds in every run, and contracts with one planted bug each, which must be
 * found. test:full draws many more.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SEAT_MIN_BID_WEI } from '@keyfall/protocol';
import { COLD, type ContractCode } from './deployment.ts';
import { Replay } from './replay.ts';
import { replay } from './replayWalk.ts';

test('P-100 model and contracts refuse the same acts and are in the same state after every step', async () => {
  let allowed = 0;
  for (const seed of [2, 5, 11]) allowed += (await replay(seed, 50)).allowed;
  assert.ok(allowed > 25, `only ${allowed} of 150 acts were allowed: the walks do not get anywhere`);
});

/** A number as the compiler pushes it. */
const push = (value: number): string => {
  const hex = value.toString(16).padStart(Math.ceil(value.toString(16).length / 2) * 2, '0');
  return (0x5f + hex.length / 2).toString(16) + hex;
};

const DAY = 86_400;

/** Contract, what its one changed line says instead, from, to, and acts whose outcome shows it. */
const BUGS: readonly (readonly [ContractCode, string, number, number, (both: Replay) => Promise<void>])[] = [
  ['Lifecycle', 'Enforced opens after 3 days', 7 * DAY, 3 * DAY, async (both) => {
    await both.enqueue({ zkGas: 150_000, poison: false });
    both.advance(4 * DAY);
    await both.enterEnforced();
  }],
  ['Rollup', 'a batch may be dropped after a second', 2 * DAY, 1, async (both) => {
    await both.commit(0, 'genesis', false);
    both.advance(DAY);
    await both.drop(1);
  }],
  ['Clock', 'a dispute stops T for a day', 7 * DAY, DAY, async (both) => {
    await both.commit(0, 'genesis', false);
    await both.answer(1, 'zk', undefined);
    await both.answer(1, 'attesters', 'a lie');
    both.advance(2 * DAY);
    await both.finalize();
  }],
  ['OperatorSeat', 'an auction takes bids for a day', 7 * DAY, DAY, async (both) => {
    await both.enqueue({ zkGas: 150_000, poison: false });
    both.advance(7 * DAY + 1);
    await both.enterEnforced();
    both.advance(30 * DAY);
    await both.money.bid(COLD, COLD, SEAT_MIN_BID_WEI);
    both.advance(2 * DAY);
    await both.money.bid(COLD, COLD, 2n * SEAT_MIN_BID_WEI);
  }],
];

for (const [contract, says, right, wrong, play] of BUGS) {
  test(`a planted bug is found: ${contract}, where ${says}`, async () => {
    await play(await Replay.start());
    const mutate = (name: ContractCode, code: string): string => {
      if (name !== contract) return code;
      assert.ok(code.includes(push(right)), `${contract} pushes ${right}`);
      return code.replaceAll(push(right), push(wrong).padEnd(push(right).length, '5b'));
    };
    const broken = await Replay.start(mutate);
    await assert.rejects(play(broken), /the model says|after /);
  });
}
