// Receipts and logs as JSON-RPC shows them, with this chain's own fees beside the standard members.
//
// Owns: the JSON. Does not own: reading (chainView.ts), matching logs (logFilter.ts).
// Invariant: `gasUsed * effectiveGasPrice + dataFee + surchargeFee` is what the sender paid beyond the value;
// logIndex counts over the whole block.

import type { BlockTransaction, Log } from '../../execute/api.ts';
import type { BlockRecord, StoredReceipt } from '../../store/records.ts';
import type { JsonObject } from '../json.ts';
import { data, quantity } from './hex.ts';

/** Block and transaction of a log, as text, once for all logs of the transaction. */
export interface LogPlacement {
  blockHash: string; blockNumber: string; blockTimestamp: string; transactionHash: string; transactionIndex: string; removed: boolean;
}

export function logJson(log: Log, logIndex: number, placement: LogPlacement): JsonObject {
  return {
    address: data(log.address), topics: log.topics.map(data), data: data(log.data),
    blockNumber: placement.blockNumber, transactionHash: placement.transactionHash, transactionIndex: placement.transactionIndex,
    blockHash: placement.blockHash, blockTimestamp: placement.blockTimestamp, logIndex: quantity(logIndex), removed: placement.removed,
  };
}

export function logPlacement(block: BlockRecord, transactionHash: Uint8Array, position: number, removed: boolean): LogPlacement {
  return {
    blockHash: data(block.hash), blockNumber: quantity(block.number), blockTimestamp: quantity(block.header.timestamp),
    transactionHash: data(transactionHash), transactionIndex: quantity(position), removed,
  };
}

/** One receipt. `firstLogIndex` is the number of logs of the block before this transaction. */
export function receiptJson(
  block: BlockRecord, transaction: BlockTransaction, receipt: StoredReceipt, position: number, firstLogIndex: number,
): JsonObject {
  const placement = logPlacement(block, transaction.hash, position, false);
  return {
    transactionHash: placement.transactionHash, transactionIndex: placement.transactionIndex,
    blockHash: placement.blockHash, blockNumber: placement.blockNumber,
    from: data(transaction.sender), to: transaction.to === undefined ? null : data(transaction.to),
    cumulativeGasUsed: quantity(receipt.cumulativeGasUsed), gasUsed: quantity(receipt.gasUsed),
    effectiveGasPrice: quantity(receipt.effectiveGasPrice),
    contractAddress: receipt.contractAddress === undefined ? null : data(receipt.contractAddress),
    logs: receipt.logs.map((log, index) => logJson(log, firstLogIndex + index, placement)),
    logsBloom: data(receipt.logsBloom), status: quantity(receipt.status), type: quantity(receipt.type),
    dataFee: quantity(receipt.dataFee), surcharge: quantity(receipt.surchargeUsed), surchargeFee: quantity(receipt.surchargeFee),
    ...(transaction.type === 0x7e ? { messageIndex: quantity(transaction.messageIndex), mint: quantity(transaction.mint) } : {}),
  };
}
