// Real input on the real devnet: unmodified Uniswap V2 and V3, every kind of token over the bridge and back. Owns which scenarios run together
// on one devnet; the scenarios own what must come out. Forced messages have a devnet of their own, whose sequencer censors.

import { test } from 'node:test';
import { TestDevnet } from './devnet.ts';
import { Devnet } from './scenarios/bridge.ts';
import { runTokens } from './scenarios/tokens.ts';
import { runUniswapV2, runUniswapV3 } from './scenarios/uniswap.ts';

test('real input goes through the devnet unchanged', { timeout: 400_000, concurrency: true }, async (t) => {
  const running = await new TestDevnet(t).start();
  const devnet = new Devnet(running.manifest);
  t.after(() => devnet.close());
  await Promise.all([
    t.test('Uniswap V2: pair, liquidity, swaps, events, traces', async () => {
      await runUniswapV2(devnet.l2, devnet.person(0).l2);
    }),
    t.test('Uniswap V3: pool, position, swap, fees', async () => {
      await runUniswapV3(devnet.person(4).l2);
    }),
    t.test('ETH, ERC-20, ERC-721 and ERC-1155 go over and come back, and bad tokens are refused', async () => {
      await runTokens(devnet);
    }),
  ]);
});
