// Consensus bytes of stored things: debug_getRawBlock, debug_getRawReceipts.
//
// Owns: reassembling RLP that the store keeps in parts. Does not own: the parts' encodings (headers and transactions are
// stored as bytes; receipts derive from their fields).
// Invariant: the trie over the receipts' bytes has the header's receiptsRoot, and the block's header is its first item.

import { concat, decodeRlp, encodeRlp, minimalBytes } from '@keyfall/protocol';
import type { RlpItem } from '@keyfall/protocol';
import type { StoredReceipt } from '../../store/records.ts';

const EMPTY = new Uint8Array(0);

function stored(bytes: Uint8Array, what: string): RlpItem {
  const decoded = decodeRlp(bytes);
  if (!decoded.ok) throw new Error(`stored ${what} is not RLP: ${JSON.stringify(decoded)}`);
  return decoded.value;
}

/** RLP of the whole block: header, transactions, no ommers, no withdrawals. */
export function encodeBlock(headerRaw: Uint8Array, transactions: readonly Uint8Array[]): Uint8Array {
  // A legacy transaction is a list (first byte from 0xc0), a typed one enters as a byte string (EIP-2718).
  const items = transactions.map((raw) => (raw[0]! >= 0xc0 ? stored(raw, 'transaction') : raw));
  return encodeRlp([stored(headerRaw, 'header'), items, [], []]);
}

/** EIP-2718 bytes of a receipt. */
export function encodeReceipt(receipt: StoredReceipt): Uint8Array {
  const list = encodeRlp([
    receipt.status === 1 ? Uint8Array.of(1) : EMPTY, minimalBytes(receipt.cumulativeGasUsed), receipt.logsBloom,
    receipt.logs.map((log) => [log.address, [...log.topics], log.data]),
  ]);
  return receipt.type === 0 ? list : concat(Uint8Array.of(receipt.type), list);
}
