// Blocks and headers as JSON-RPC shows them: geth's members of an Osaka block, plus batchIndex and zkGasUsed.
//
// Owns: the JSON. Does not own: transactions (transactionJson.ts), resolving tags (blockAccess.ts).
// Invariant: a client that hashes the header members in Osaka order obtains `hash`.

import { keccak, nextBaseFeeWei, words } from '@keyfall/protocol';
import type { BlockHeader, BlockTransaction } from '../../execute/api.ts';
import type { BlockRecord, StoredReceipt } from '../../store/records.ts';
import type { JsonObject } from '../json.ts';
import { data, quantity } from './hex.ts';
import { transactionJson } from './transactionJson.ts';

/** Header members: what eth_subscribe("newHeads") sends. */
export function headerJson(header: BlockHeader, hash: Uint8Array): JsonObject {
  return {
    parentHash: data(header.parentHash), sha3Uncles: data(header.ommersHash), miner: data(header.coinbase),
    stateRoot: data(header.stateRoot), transactionsRoot: data(header.transactionsRoot), receiptsRoot: data(header.receiptsRoot),
    logsBloom: data(header.logsBloom), difficulty: quantity(header.difficulty), number: quantity(header.number),
    gasLimit: quantity(header.gasLimit), gasUsed: quantity(header.gasUsed), timestamp: quantity(header.timestamp),
    extraData: data(header.extraData), mixHash: data(header.prevRandao), nonce: data(header.nonce),
    baseFeePerGas: quantity(header.baseFeePerGas), withdrawalsRoot: data(header.withdrawalsRoot),
    blobGasUsed: quantity(header.blobGasUsed), excessBlobGas: quantity(header.excessBlobGas),
    parentBeaconBlockRoot: data(header.parentBeaconBlockRoot), requestsHash: data(header.requestsHash), hash: data(hash),
  };
}

function envelope(block: BlockRecord, transactions: JsonObject[] | string[]): JsonObject {
  return {
    ...headerJson(block.header, block.hash), size: quantity(block.sizeBytes), uncles: [], withdrawals: [], transactions,
    batchIndex: quantity(block.batchIndex), zkGasUsed: quantity(block.zkGasUsed),
  };
}

/** A block with its transactions' hashes. */
export function blockJson(block: BlockRecord, hashes: readonly Uint8Array[]): JsonObject {
  return envelope(block, hashes.map(data));
}

/** A block with whole transactions. */
export function fullBlockJson(block: BlockRecord, transactions: readonly BlockTransaction[], receipts: readonly StoredReceipt[]): JsonObject {
  return envelope(block, transactions.map((transaction, position) => transactionJson(transaction, {
    blockHash: block.hash, blockNumber: block.number, blockTimestamp: block.header.timestamp, position, effectiveGasPrice: receipts[position]!.effectiveGasPrice,
  })));
}

/**
 * The block that would follow `parent`: only what is known before it is built. What is not known is null, because this node
 * executes transactions when it builds a block and not before.
 */
export function pendingBlockJson(parent: BlockRecord, timestamp: bigint, transactions: JsonObject[] | string[]): JsonObject {
  return { ...pendingHeaderJson(parent, timestamp), size: null, uncles: [], withdrawals: [], transactions };
}

/** Its header. */
export function pendingHeaderJson(parent: BlockRecord, timestamp: bigint): JsonObject {
  const { header } = parent;
  return {
    parentHash: data(parent.hash), sha3Uncles: data(header.ommersHash), miner: data(header.coinbase),
    stateRoot: null, transactionsRoot: null, receiptsRoot: null, logsBloom: null, difficulty: '0x0',
    number: quantity(parent.number + 1n), gasLimit: quantity(header.gasLimit), gasUsed: '0x0', timestamp: quantity(timestamp),
    extraData: data(header.extraData), mixHash: data(randaoAfter(parent)), nonce: null, baseFeePerGas: quantity(baseFeeAfter(header)),
    withdrawalsRoot: data(header.withdrawalsRoot), blobGasUsed: '0x0', excessBlobGas: '0x0',
    parentBeaconBlockRoot: data(header.parentBeaconBlockRoot), requestsHash: data(header.requestsHash),
    hash: null,
  };
}

/** prevRandao of the block after `parent` (SPEC.md section 6). */
export function randaoAfter(parent: BlockRecord): Uint8Array {
  return keccak(words(parent.hash, parent.number + 1n));
}

/** Base fee of the block after `header`, wei. */
export function baseFeeAfter(header: BlockHeader): bigint {
  return nextBaseFeeWei({ baseFeeWei: header.baseFeePerGas, gasUsed: header.gasUsed, gasLimit: header.gasLimit });
}
