// eth_getTransactionReceipt: the receipt of a mined transaction, null before it is mined. dataFee, surcharge and surchargeFee
// stand beside the standard members.
import { hashParameter } from '../codec/parameter.ts';
import { minedReceiptJson } from '../minedTransaction.ts';
import { defineMethod } from '../node.ts';

export const ethGetTransactionReceipt = defineMethod({
  name: 'eth_getTransactionReceipt', summary: 'Receipt of a mined transaction.', parameters: [hashParameter('hash')],
  run: (node, [hash]) => minedReceiptJson(node, hash),
});
