// eth_sendRawTransaction: admits a signed transaction to the pool. The hash is returned only after the transaction is durable:
// it survives kill -9 and will be included unless its nonce or balance makes it invalid. The busiest method: nothing here but
// hexadecimal; recovery and the durable write are shared by concurrent calls below.
import { data } from '../codec/hex.ts';
import { dataParameter } from '../codec/parameter.ts';
import { submissionError } from '../executionError.ts';
import { defineMethod } from '../node.ts';

export const ethSendRawTransaction = defineMethod({
  name: 'eth_sendRawTransaction', summary: 'Submits a signed transaction; the hash means it is durably accepted.', parameters: [dataParameter('transaction')],
  run: async (node, [raw]) => {
    const submission = await node.chain.submit(raw);
    if (!submission.ok) throw submissionError(submission.code, submission.message);
    return data(submission.hash);
  },
});
