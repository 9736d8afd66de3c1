// web3_clientVersion: which software answers. The version is the one the composition gave; this method only shows it.
import { defineMethod } from '../node.ts';

export const web3ClientVersion = defineMethod({
  name: 'web3_clientVersion', summary: 'Name and version of this node.', parameters: [],
  run: (node) => node.clientVersion,
});
