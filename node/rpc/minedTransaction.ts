// Finding mined transactions with what shows them: block, receipts, position.
//
// Owns: the joins over the chain view that several methods share. Does not own: JSON (codec/), the store.
// Invariant: the parts of one answer come from the same synchronous turn, hence from one chain.

import type { BlockTransaction } from '../execute/api.ts';
import type { BlockRecord, StoredReceipt } from '../store/records.ts';
import type { TransactionLocation } from '../chainView.ts';
import { data } from './codec/hex.ts';
import { receiptJson, logsBefore } from './codec/receiptJson.ts';
import { transactionJson } from './codec/transactionJson.ts';
import type { JsonObject } from './json.ts';
import type { RpcNode } from './node.ts';

/** A block's transactions and receipts, equally long. */
export interface BlockContents { transactions: readonly BlockTransaction[]; receipts: readonly StoredReceipt[] }

/** Throws if the store lacks what the block record promises: a fault, not a refusal. */
export function blockContents(node: RpcNode, block: BlockRecord): BlockContents {
  const transactions = node.chain.transactions(block.number);
  const receipts = node.chain.receipts(block.number);
  if (transactions === undefined || receipts === undefined || transactions.length !== receipts.length) {
    throw new Error(`block ${block.number} ${data(block.hash)}: expected transactions and receipts of one length, got ${transactions?.length} and ${receipts?.length}`);
  }
  return { transactions, receipts };
}

/** JSON of a mined transaction, or null if the block has none at this position. */
export function minedTransactionJson(node: RpcNode, location: TransactionLocation): JsonObject | null {
  const block = node.chain.block(location.blockNumber);
  const transaction = block === undefined ? undefined : node.chain.transaction(location);
  if (block === undefined || transaction === undefined) return null;
  const receipt = node.chain.receipts(location.blockNumber)?.[location.position];
  if (receipt === undefined) throw new Error(`block ${location.blockNumber}: no receipt at position ${location.position}`);
  return transactionJson(transaction, {
    blockHash: block.hash, blockNumber: block.number, blockTimestamp: block.header.timestamp, position: location.position, effectiveGasPrice: receipt.effectiveGasPrice,
  });
}

/** JSON of a transaction's receipt, or null if it is not mined. */
export function minedReceiptJson(node: RpcNode, hash: Uint8Array): JsonObject | null {
  const location = node.chain.locate(hash);
  if (location === undefined) return null;
  const block = node.chain.block(location.blockNumber);
  const transaction = node.chain.transaction(location);
  const receipts = node.chain.receipts(location.blockNumber);
  const receipt = receipts?.[location.position];
  if (block === undefined || transaction === undefined || receipts === undefined || receipt === undefined) {
    throw new Error(`transaction ${data(hash)} is indexed in block ${location.blockNumber} at ${location.position}, but the block lacks it`);
  }
  return receiptJson(block, transaction, receipt, location.position, logsBefore(receipts, location.position));
}
