// eth_sendRawTransactionSync (EIP-7966): submits a signed transaction and answers with its receipt once it is mined. It waits on the chain's
// notices, never by polling. A transaction that is accepted but not mined in time, or that waits for an earlier nonce, is refused with its
// hash as data: it stays in the pool, and eth_getTransactionReceipt finds it later.
import { data, quantity } from '../codec/hex.ts';
import { dataParameter, decodeQuantity, optional, required } from '../codec/parameter.ts';
import { invalidParams, limitExceeded, RPC_CODE, RpcError, serverError } from '../errors.ts';
import { submissionError } from '../executionError.ts';
import { minedReceiptJson } from '../minedTransaction.ts';
import { defineMethod } from '../node.ts';
import type { CallScope, RpcNode } from '../node.ts';

/** A number, as the EIP says, or a quantity; 0 asks for the default, as in geth and reth. */
function decodeTimeout(value: unknown, path: string): number {
  if (typeof value !== 'number') return Number(decodeQuantity(value, path, 53));
  if (!Number.isSafeInteger(value) || value < 0) throw invalidParams(`invalid ${path}: expected milliseconds as a whole number, got ${value}`);
  return value;
}

const timeoutParameter = optional(required('timeoutMilliseconds', 'milliseconds', decodeTimeout), 0);

/** Calls that wait, by server: each is held by its caller, so a server counts them apart from calls that end by themselves. */
const waiting = new WeakMap<RpcNode, number>();

/** Resolves when the transaction stands in a block, when the time is over or the caller went away. */
function mined(node: RpcNode, hash: Uint8Array, milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    let unsubscribe = (): void => undefined;
    const end = (): void => {
      clearTimeout(timer);
      unsubscribe();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener('abort', end, { once: true });
    unsubscribe = node.chain.subscribe((notice) => {
      if (notice.kind === 'block' && node.chain.locate(hash) !== undefined) end();
    });
    if (signal.aborted || node.chain.locate(hash) !== undefined) end();
  });
}

async function receiptWithin(node: RpcNode, hash: Uint8Array, asked: number, { signal }: CallScope): Promise<ReturnType<typeof minedReceiptJson>> {
  const milliseconds = Math.min(asked === 0 ? node.limits.syncDefaultMilliseconds : asked, node.limits.syncMaximumMilliseconds);
  const transaction = node.chain.pool.transaction(hash);
  if (transaction !== undefined && node.chain.pool.ofSender(transaction.sender).queued.some((queued) => queued.nonce === transaction.nonce)) {
    const expected = node.chain.pool.nextNonce(transaction.sender);
    throw new RpcError(RPC_CODE.transactionUnready, `the transaction was accepted but waits for an earlier nonce: its own is ${quantity(transaction.nonce)}${expected === undefined ? '' : `, expected next is ${quantity(expected)}`}`, data(hash));
  }
  await mined(node, hash, milliseconds, signal);
  if (signal.aborted) throw serverError('request aborted: the caller went away');
  const receipt = minedReceiptJson(node, hash);
  if (receipt === null) throw new RpcError(RPC_CODE.transactionTimeout, `the transaction was accepted but was not mined within ${milliseconds} ms`, data(hash));
  return receipt;
}

export const ethSendRawTransactionSync = defineMethod({
  name: 'eth_sendRawTransactionSync', summary: 'Submits a signed transaction and answers with its receipt (EIP-7966).', parameters: [dataParameter('transaction'), timeoutParameter],
  run: async (node, [raw, timeoutMilliseconds], scope) => {
    const count = waiting.get(node) ?? 0;
    if (count >= node.limits.syncWaiting) throw limitExceeded(`expected at most ${node.limits.syncWaiting} transactions waited for at once; submit with eth_sendRawTransaction`);
    waiting.set(node, count + 1);
    try {
      const submission = await node.chain.submit(raw);
      if (!submission.ok) throw submissionError(submission.code, submission.message);
      return await receiptWithin(node, submission.hash, timeoutMilliseconds, scope);
    } finally {
      waiting.set(node, (waiting.get(node) ?? 1) - 1);
    }
  },
});
