// Finding mined transactions with what shows them: block, receipt, position.
//
// Owns: the joins over the chain view that several methods share. Does not own: JSON (codec/), the store.
// Invariant: the parts of one answer come from the same synchronous turn, hence from one chain.

import type { TransactionLocation } from '../chainView.ts';
import { data } from './codec/hex.ts';
import { receiptJson } from './codec/receiptJson.ts';
import { transactionJson } from './codec/transactionJson.ts';
import type { JsonObject } from './json.ts';
import type { RpcNode } from './node.ts';

/** JSON of a mined transaction, or null if the block has none at this position. */
export function minedTransactionJson(node: RpcNode, { blockNumber, position }: TransactionLocation): JsonObject | null {
  const block = node.chain.block(blockNumber);
  if (block === undefined) return null;
  const { transactions, receipts } = node.contents.of(block);
  const transaction = transactions[position];
  const receipt = receipts[position];
  if (transaction === undefined || receipt === undefined) return null;
  return transactionJson(transaction, { blockHash: block.hash, blockNumber, blockTimestamp: block.header.timestamp, position, effectiveGasPrice: receipt.effectiveGasPrice });
}

/** JSON of a transaction's receipt, or null if it is not mined. */
export function minedReceiptJson(node: RpcNode, hash: Uint8Array): JsonObject | null {
  const location = node.chain.locate(hash);
  if (location === undefined) return null;
  const block = node.chain.block(location.blockNumber);
  const contents = block === undefined ? undefined : node.contents.of(block);
  const transaction = contents?.transactions[location.position];
  const receipt = contents?.receipts[location.position];
  if (block === undefined || contents === undefined || transaction === undefined || receipt === undefined) {
    throw new Error(`transaction ${data(hash)} is indexed in block ${location.blockNumber} at ${location.position}, but the block lacks it`);
  }
  return receiptJson(block, transaction, receipt, location.position, contents.logsBefore[location.position]!);
}
