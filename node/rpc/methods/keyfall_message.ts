// keyfall_message: what became of an inbox message: waiting, executed (with its transaction), dropped with its reason, or skipped.
import { data, quantity } from '../codec/hex.ts';
import { indexParameter } from '../codec/parameter.ts';
import { inboxMessageJson } from '../codec/messageJson.ts';
import { messageFate } from '../messageFate.ts';
import { defineMethod } from '../node.ts';

export const keyfallMessage = defineMethod({
  name: 'keyfall_message', summary: 'An inbox message and its fate: waiting, executed, dropped or skipped; null if this node has not read it from L1.', parameters: [indexParameter('index')],
  run: (node, [index]) => {
    const record = node.chain.message(index);
    if (record === undefined) return null;
    const fate = messageFate(node, record);
    return {
      index: quantity(index), ...inboxMessageJson(record.raw), raw: data(record.raw), accumulator: data(record.accumulator),
      l1BlockNumber: quantity(record.l1Number), l1TransactionHash: data(record.l1TransactionHash),
      status: fate.status, blockNumber: 'blockNumber' in fate ? quantity(fate.blockNumber) : null,
      transactionHash: fate.status === 'executed' ? data(fate.transactionHash) : null,
      dropReason: fate.status === 'dropped' ? quantity(fate.reason) : null,
    };
  },
});
