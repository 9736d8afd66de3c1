// B9: the code behind the Rollup's proxy. The ERC-1967 slot is proven against the state root, so that no view function can lie about it.

import { pad, toHex, type Hex } from 'viem';
import type { Monitor } from '../monitor.ts';
import { Unverifiable } from '../verdict.ts';
import { holds } from './verdicts.ts';

/** ERC-1967: keccak256('eip1967.proxy.implementation') - 1. */
const IMPLEMENTATION_SLOT: Hex = '0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc';

export const coreCode: Monitor = {
  id: 'B9-core-code', group: 'B', about: 'the Rollup runs the implementation that its last announced upgrade named', severity: 'critical', needs: ['Rollup'], staleAfterSeconds: 900,
  evaluate: async (view) => {
    const { storage } = await view.prove(view.contracts.address('Rollup'), [IMPLEMENTATION_SLOT]);
    const found = pad(toHex(storage.get(IMPLEMENTATION_SLOT) ?? 0n), { size: 20 });
    const expected = view.events('Rollup', 'Upgraded').at(-1)?.args['implementation'];
    if (typeof expected !== 'string') throw new Unverifiable('no Upgraded event of the Rollup was read: was the deployment\'s first block configured too late?');
    return [holds(view, expected.toLowerCase() === found, { sentence: `the Rollup's implementation is ${found}`, expected: expected.toLowerCase(), got: found })];
  },
  notices: [{
    contract: 'Rollup', event: 'Upgraded', severity: 'critical',
    sentence: ({ args }) => `the Rollup's code was replaced by ${String(args['implementation'])}: whoever holds the upgrade authority can take everything that is not paid out`,
    // The proxy's constructor names its first code, in the block of the deployment.
    isFirst: (_event, { blockNumber, deployBlock }) => blockNumber === deployBlock,
  }],
};
