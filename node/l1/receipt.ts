// L1 receipts and transactions: read from JSON-RPC and checked against the roots of a verified header.
//
// Owns: the consensus encoding of receipts (EIP-2718, EIP-658) and the two root checks. Does not own: the encoding of
// transactions (transaction.ts), which blocks need reading (reader.ts). eth_getLogs is never
// used: an omitted log cannot be seen there.
// Invariant: returned logs are all logs of the block, in order, under the header's receiptsRoot; each bloom is recomputed
// from the logs, so a wrong one changes the root; transaction hashes are those of the bytes under transactionsRoot.

import { RLP } from '@ethereumjs/rlp';
import { concat, keccak, minimalBytes, type Hex } from '@keyfall/protocol';
import { bloomOf } from './bloom.ts';
import { bytesOfHex, hexOf, readAddress, readArray, readData, readHash, readObject, readQuantity } from './hex.ts';
import { LyingL1Fault, RetryableL1Fault } from './fault.ts';
import { orderedTrieRoot } from './orderedTrie.ts';
import { encodeTransaction } from './transaction.ts';
import type { L1Header, L1Log } from './api.ts';

interface RawLog { readonly address: Hex; readonly topics: readonly Hex[]; readonly data: Uint8Array }
interface RawReceipt { readonly bytes: Uint8Array; readonly logs: readonly RawLog[] }

const MAX_TOPICS = 4;

function readLog(value: unknown): RawLog {
  const json = readObject(value, 'log');
  const topics = readArray(json['topics'], 'log.topics').map((topic) => readHash(topic, 'log.topic'));
  if (topics.length > MAX_TOPICS) throw new RetryableL1Fault('malformed', `log.topics: expected at most ${MAX_TOPICS}, got ${topics.length}`);
  return { address: readAddress(json['address'], 'log.address'), topics, data: readData(json['data'], 'log.data') };
}

function readReceipt(value: unknown): RawReceipt {
  const json = readObject(value, 'receipt');
  const type = json['type'] === undefined || json['type'] === null ? 0n : readQuantity(json['type'], 'receipt.type');
  if (type > 0x7fn) throw new RetryableL1Fault('malformed', `receipt.type: expected at most 0x7f, got ${type}`);
  const logs = readArray(json['logs'], 'receipt.logs').map(readLog);
  const status = readQuantity(json['status'], 'receipt.status');
  const cumulativeGas = readQuantity(json['cumulativeGasUsed'], 'receipt.cumulativeGasUsed');
  const bloom = bloomOf(logs.map((log) => ({ address: bytesOfHex(log.address), topics: log.topics.map(bytesOfHex) })));
  const body = RLP.encode([
    minimalBytes(status), minimalBytes(cumulativeGas), bloom,
    logs.map((log) => [bytesOfHex(log.address), log.topics.map(bytesOfHex), log.data]),
  ]);
  return { bytes: type === 0n ? body : concat(Uint8Array.of(Number(type)), body), logs };
}

/**
 * All logs of a block, in order, from the answers of `eth_getBlockReceipts` and of `eth_getBlockByHash(hash, true)`.
 * @throws LyingL1Fault 'wrong-receipts' | 'wrong-transactions'; RetryableL1Fault 'malformed'
 */
export function readLogs(header: L1Header, receiptsJson: unknown, transactionsJson: unknown): readonly L1Log[] {
  const receipts = readArray(receiptsJson, 'receipts').map(readReceipt);
  const receiptsRoot = hexOf(orderedTrieRoot(receipts.map((receipt) => receipt.bytes)));
  if (receiptsRoot !== header.receiptsRoot) {
    throw new LyingL1Fault('wrong-receipts', `L1 block ${header.number}: ${receipts.length} receipts with root ${receiptsRoot}, its header has ${header.receiptsRoot}`);
  }
  const transactions = readArray(transactionsJson, 'transactions').map(encodeTransaction);
  const transactionsRoot = hexOf(orderedTrieRoot(transactions));
  if (transactionsRoot !== header.transactionsRoot || transactions.length !== receipts.length) {
    throw new LyingL1Fault('wrong-transactions', `L1 block ${header.number}: ${transactions.length} transactions with root ${transactionsRoot}, its header has ${header.transactionsRoot}`);
  }
  const logs: L1Log[] = [];
  receipts.forEach((receipt, position) => {
    const transactionHash = hexOf(keccak(transactions[position] ?? new Uint8Array(0)));
    for (const log of receipt.logs) logs.push({ ...log, logIndex: logs.length, transactionHash });
  });
  return logs;
}
