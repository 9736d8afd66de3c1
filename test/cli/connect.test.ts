// Endpoints as the commands see them: what was just mined is seen at once, also on a chain that makes no block after it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect } from '../../node/cli/rollup.ts';
import { keyAt } from '../contracts/deployed.ts';
import { startAnvil } from '../node/l1/harness/anvil.ts';

test('a transaction that is mined at once is seen although no block follows it', async (t) => {
  const anvil = await startAnvil();
  t.after(async () => anvil.stop());
  await anvil.rpc('evm_setAutomine', true);
  const l1 = await connect(anvil.url);
  t.after(() => { l1.destroy(); });
  const wallet = keyAt(0).connect(l1);
  for (let i = 1; i <= 5; i += 1) {
    const sent = await wallet.sendTransaction({ to: wallet.address, value: 1n });
    assert.equal((await l1.waitForTransaction(sent.hash, 1, 10_000))?.blockNumber, i);
  }
});
