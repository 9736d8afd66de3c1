// Fee scalars that change while a follower reads L1: a batch is derived with those it was committed under, wherever in the block they changed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GENESIS_FEE_CONFIG, type Hex } from '@keyfall/protocol';
import { MemoryStore } from '../../../node/execute/memory-store.ts';
import { contractInterface } from '../../../node/l1/contracts.ts';
import { Follower, commitNext, enqueueDeposit, mine, startRollupChain, type RollupChain } from '../attest/harness/rollupChain.ts';

const MONTH_SECONDS = 30 * 86_400;
const RECIPIENT: Hex = `0x${'fe'.repeat(20)}`;

/** The upgrade authority's act, sent and not mined. */
async function setFeeConfig(chain: RollupChain, dataFeeScalar: bigint, surchargeScalar: bigint): Promise<void> {
  const authority = chain.addresses['UpgradeTimelock'];
  await chain.l1.rpc('anvil_setBalance', authority, '0xde0b6b3a7640000');
  await chain.l1.rpc('anvil_impersonateAccount', authority);
  await chain.l1.rpc('eth_sendTransaction', { from: authority, to: chain.addresses['Rollup'], data: contractInterface('Rollup').encodeFunctionData('setFeeConfig', [dataFeeScalar, surchargeScalar]), gas: '0x7a120' });
}

test('a batch committed in the block that changes the fee scalars is derived with those before the change', async () => {
  const chain = await startRollupChain(['--slots-in-an-epoch', '1', '--order', 'fifo']);
  const { dataFeeScalar, surchargeScalar } = GENESIS_FEE_CONFIG;
  const [first, second] = [dataFeeScalar + dataFeeScalar / 10n, dataFeeScalar + dataFeeScalar / 5n];
  const followers: Follower[] = [];
  try {
    await setFeeConfig(chain, first, surchargeScalar);
    await mine(chain);
    await chain.l1.rpc('evm_increaseTime', MONTH_SECONDS + 1);
    await mine(chain);
    await enqueueDeposit(chain, RECIPIENT, 10n ** 18n, 10n ** 18n);
    await mine(chain);
    const store = new MemoryStore();
    const operator = await Follower.open(chain, chain.l1.url, undefined, store);
    await operator.follow();
    await commitNext(chain, operator, []);
    await setFeeConfig(chain, second, surchargeScalar);
    await mine(chain, 2);
    await operator.close();
    // One that is started again after the first change, of which it remembers nothing, and one that reads everything anew.
    followers.push(await Follower.open(chain, chain.l1.url, undefined, store), await Follower.open(chain));
    for (const follower of followers) {
      const seen = await follower.follow();
      assert.ok(!seen.includes('l1-trouble') && seen.includes('derived'), `it follows: ${seen.join(', ')}`);
      assert.deepEqual(follower.derivation.commit(1n)?.feeScalars, { dataFeeScalar: first, surchargeScalar });
      assert.equal(follower.balance(RECIPIENT), 10n ** 18n);
    }
  } finally {
    for (const follower of followers) await follower.close();
    await chain.l1.stop();
  }
});
