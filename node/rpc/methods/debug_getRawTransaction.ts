// debug_getRawTransaction: EIP-2718 bytes of a mined or pooled transaction; 0x when there is none, as in geth.
import { data } from '../codec/hex.ts';
import { hashParameter } from '../codec/parameter.ts';
import { defineMethod } from '../node.ts';

export const debugGetRawTransaction = defineMethod({
  name: 'debug_getRawTransaction', summary: 'EIP-2718 bytes of a transaction, 0x if unknown.', parameters: [hashParameter('hash')],
  run: (node, [hash]) => {
    const location = node.chain.locate(hash);
    const transaction = location === undefined ? node.chain.pool.transaction(hash) : node.chain.transaction(location);
    return transaction === undefined ? '0x' : data(transaction.raw);
  },
});
