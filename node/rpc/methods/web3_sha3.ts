// web3_sha3: keccak-256 of the given bytes, for tools that have no hash function of their own. Stateless.
import { keccak } from '@keyfall/protocol';
import { data } from '../codec/hex.ts';
import { dataParameter } from '../codec/parameter.ts';
import { defineMethod } from '../node.ts';

export const web3Sha3 = defineMethod({
  name: 'web3_sha3', summary: 'keccak-256 of the data.', parameters: [dataParameter('data')],
  run: (_node, [bytes]) => data(keccak(bytes)),
});
