// Builders of plausible block records for tests that need no execution: headers with real hashes, logs with real blooms.
//
// Owns: the builders. Does not own: the chain they are put into (memoryChain.ts).
// Invariant: a built header's hash is keccak of its RLP and its bloom covers exactly its receipts' logs.

import { concat, encodeRlp, keccak, minimalBytes } from '@keyfall/protocol';
import type { BlockHeader, FeeMarketTransaction, Log, SentTransaction } from '../../../node/execute/api.ts';
import { bloomBits } from '../../../node/rpc/codec/logFilter.ts';
import type { BlockRecord, StoredReceipt } from '../../../node/store/records.ts';
import type { StoredBlock } from './memoryChain.ts';

const ZERO_HASH = new Uint8Array(32);

export function bytesOf(size: number, fill: number): Uint8Array { return new Uint8Array(size).fill(fill); }

/** Bloom of logs (yellow paper, 4.3.1). */
export function bloomOf(logs: readonly Log[]): Uint8Array {
  const bloom = new Uint8Array(256);
  for (const item of logs.flatMap((log) => [log.address, ...log.topics])) {
    const bits = bloomBits(item);
    for (let at = 0; at < 6; at += 2) bloom[bits[at]!]! |= bits[at + 1]!;
  }
  return bloom;
}

function encodeHeader(header: BlockHeader): Uint8Array {
  return encodeRlp([
    header.parentHash, header.ommersHash, header.coinbase, header.stateRoot, header.transactionsRoot, header.receiptsRoot, header.logsBloom,
    minimalBytes(header.difficulty), minimalBytes(header.number), minimalBytes(header.gasLimit), minimalBytes(header.gasUsed), minimalBytes(header.timestamp),
    header.extraData, header.prevRandao, header.nonce, minimalBytes(header.baseFeePerGas), header.withdrawalsRoot, minimalBytes(header.blobGasUsed),
    minimalBytes(header.excessBlobGas), header.parentBeaconBlockRoot, header.requestsHash,
  ]);
}

export function builtRecord(parent: BlockRecord | undefined, receipts: readonly StoredReceipt[], salt = 0): BlockRecord {
  const number = parent === undefined ? 0n : parent.number + 1n;
  const header: BlockHeader = {
    parentHash: parent?.hash ?? ZERO_HASH, ommersHash: keccak(encodeRlp([])), coinbase: bytesOf(20, 4), stateRoot: bytesOf(32, salt), transactionsRoot: bytesOf(32, 5),
    receiptsRoot: bytesOf(32, 6), logsBloom: bloomOf(receipts.flatMap((receipt) => receipt.logs)), difficulty: 0n, number, gasLimit: 10_000_000n,
    gasUsed: receipts.reduce((sum, receipt) => sum + receipt.gasUsed, 0n), timestamp: 1_000n + number, extraData: bytesOf(7, 0x4b), prevRandao: bytesOf(32, 7),
    nonce: bytesOf(8, 0), baseFeePerGas: 1_000_000_000n, withdrawalsRoot: bytesOf(32, 8), blobGasUsed: 0n, excessBlobGas: 0n,
    parentBeaconBlockRoot: ZERO_HASH, requestsHash: bytesOf(32, 9),
  };
  const headerRaw = encodeHeader(header);
  return {
    number, hash: keccak(headerRaw), headerRaw, header, sizeBytes: headerRaw.length, transactionCount: receipts.length, batchIndex: number === 0n ? 0n : 1n,
    origin: undefined, feeScalars: { dataFeeScalar: 1_000_000n, surchargeScalar: 1_000_000n }, messagesFrom: 0n, messagesTo: 0n, dropped: [], zkGasUsed: 0n,
    batchUse: { firstBlock: 1n, blockCount: Number(number), payloadBytes: 0, zkGas: 0n, declaredZkGas: 0n },
  };
}

/** A transaction that was never signed: only its shape matters. */
export function builtTransaction(nonce: bigint, senderFill = 0xaa): SentTransaction {
  const raw = concat(Uint8Array.of(2), encodeRlp([minimalBytes(nonce), bytesOf(20, senderFill)]));
  const transaction: FeeMarketTransaction & { sender: Uint8Array } = {
    type: 2, raw, hash: keccak(raw), chainId: 531_337n, nonce, gasLimit: 21_000n, to: bytesOf(20, 0xbb), value: 1n, data: new Uint8Array(0), accessList: [],
    yParity: 0, r: 1n, s: 2n, maxFeePerGas: 3_000_000_000n, maxPriorityFeePerGas: 1_000_000_000n, sender: bytesOf(20, senderFill),
  };
  return transaction;
}

export function builtReceipt(logs: readonly Log[], cumulativeGasUsed: bigint): StoredReceipt {
  return {
    type: 2, status: 1, cumulativeGasUsed, logsBloom: bloomOf(logs), logs, gasUsed: 21_000n, effectiveGasPrice: 2_000_000_000n, contractAddress: undefined,
    surchargeUsed: 3n, dataFee: 100n, surchargeFee: 5n,
  };
}

/** A block after `parent` with one transaction per list of logs. `salt` makes siblings differ. */
export function builtBlock(parent: BlockRecord, logsOfTransactions: readonly (readonly Log[])[], salt = 0): StoredBlock {
  const receipts = logsOfTransactions.map((logs, position) => builtReceipt(logs, 21_000n * BigInt(position + 1)));
  const transactions = receipts.map((_receipt, position) => builtTransaction(parent.number * 1_000n + BigInt(position) + BigInt(salt) * 1_000_000n));
  return { record: builtRecord(parent, receipts, salt), transactions, receipts, replay: undefined };
}
