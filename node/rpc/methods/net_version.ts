// net_version: the chain id in decimal, which is what wallets compare. There is no separate network id here.
import { defineMethod } from '../node.ts';

export const netVersion = defineMethod({
  name: 'net_version', summary: 'Chain id as a decimal string.', parameters: [],
  run: (node) => node.chain.chainId.toString(),
});
