// Reads of the chain's records, and the writes that add or remove them.
//
// Owns: which entries a block, a batch or an L1 block consists of, so that adding and removing mirror each other. Does not
// own: when they are written (node/pipeline), their bytes (codecs.ts).
// Invariant: `removeBlock` deletes exactly what `addBlock` wrote; writes are only lists here, applied atomically elsewhere.

import type { BlockHeader, ExecutedBlock } from '../execute/api.ts';
import {
  decodeBatch, decodeBlock, decodeCommit, decodeHashes, decodeHead, decodeL1Block, decodeMessageRecord, decodeReceipts, decodeTransactions,
  encodeBatch, encodeBlock, encodeCommit, encodeHashes, encodeHead, encodeL1Block, encodeMessageRecord, encodeReceipts, encodeTransactions,
} from './codecs.ts';
import { decodeIdentity, encodeIdentity, type StoredIdentity } from './identity.ts';
import { put, remove, StoreFault, type KeyValue, type StateWrite } from './keyValue.ts';
import type { BatchRecord, BlockRecord, CommitRecord, HeadRecord, L1BlockRecord, MessageRecord, StoredReceipt } from './records.ts';
import { boundsOf, hashedKey, numberedKey, numberOfKey, singleKey, type NumberedTable } from './tables.ts';

export class ChainStore {
  readonly kv: KeyValue;

  constructor(kv: KeyValue) {
    this.kv = kv;
  }

  #numbered<T>(table: NumberedTable, number: bigint, decode: (raw: Uint8Array) => T): T | undefined {
    if (number < 0n || number > 0xffff_ffff_ffff_ffffn) return undefined;
    const raw = this.kv.get(numberedKey(table, number));
    return raw === undefined ? undefined : decode(raw);
  }

  /** The one head record; undefined in a fresh store. */
  head(): HeadRecord | undefined {
    const raw = this.kv.get(singleKey('head'));
    return raw === undefined ? undefined : decodeHead(raw);
  }
  /** The deployment this store belongs to; undefined in a fresh store. */
  identity(): StoredIdentity | undefined {
    const raw = this.kv.get(singleKey('identity'));
    return raw === undefined ? undefined : decodeIdentity(raw);
  }
  block(number: bigint): BlockRecord | undefined {
    return this.#numbered('block', number, decodeBlock);
  }
  blockNumber(hash: Uint8Array): bigint | undefined {
    const raw = hash.length === 32 ? this.kv.get(hashedKey('blockNumber', hash)) : undefined;
    return raw === undefined ? undefined : Buffer.from(raw).readBigUInt64BE(0);
  }
  /** Senders and bytes in block order. */
  transactions(blockNumber: bigint): readonly { sender: Uint8Array; raw: Uint8Array }[] | undefined {
    return this.#numbered('transactions', blockNumber, decodeTransactions);
  }
  transactionHashes(blockNumber: bigint): readonly Uint8Array[] | undefined {
    return this.#numbered('transactionHashes', blockNumber, decodeHashes);
  }
  receipts(blockNumber: bigint): readonly StoredReceipt[] | undefined {
    return this.#numbered('receipts', blockNumber, decodeReceipts);
  }
  locate(transactionHash: Uint8Array): { blockNumber: bigint; position: number } | undefined {
    const raw = transactionHash.length === 32 ? this.kv.get(hashedKey('location', transactionHash)) : undefined;
    if (raw === undefined) return undefined;
    const bytes = Buffer.from(raw);
    return { blockNumber: bytes.readBigUInt64BE(0), position: bytes.readUInt32BE(8) };
  }
  message(index: bigint): MessageRecord | undefined {
    return this.#numbered('message', index, decodeMessageRecord);
  }
  batch(index: bigint): BatchRecord | undefined {
    return this.#numbered('batch', index, decodeBatch);
  }
  commit(index: bigint): CommitRecord | undefined {
    return this.#numbered('commit', index, decodeCommit);
  }
  /** Last block hash of a batch as L1 made it final; undefined = not final there, or not yet read. */
  settledHash(batchIndex: bigint): Uint8Array | undefined {
    return this.#numbered('settled', batchIndex, (raw) => raw);
  }
  l1Block(number: bigint): L1BlockRecord | undefined {
    return this.#numbered('l1Block', number, decodeL1Block);
  }
  /** The newest kept L1 block at or below `number`. */
  l1BlockAtOrBelow(number: bigint): L1BlockRecord | undefined {
    for (const { value } of this.kv.range(boundsOf('l1Block').from, numberedKey('l1Block', number + 1n), { reverse: true, limit: 1 })) return decodeL1Block(value);
    return undefined;
  }
  /** Kept L1 blocks in [from, before), ascending or newest first. */
  *l1Blocks(from: bigint, before: bigint, options: { reverse?: boolean; limit?: number } = {}): Iterable<L1BlockRecord> {
    for (const { value } of this.kv.range(numberedKey('l1Block', from), numberedKey('l1Block', before), options)) yield decodeL1Block(value);
  }
  /** Blocks with a non-zero bloom in [from, to], ascending. */
  *blooms(from: bigint, to: bigint): Iterable<{ blockNumber: bigint; bloom: Uint8Array }> {
    for (const { key, value } of this.kv.range(numberedKey('bloom', from), numberedKey('bloom', to + 1n))) yield { blockNumber: numberOfKey(key), bloom: value };
  }
}

/** Everything a new block adds. */
export function addBlock(record: BlockRecord, executed: ExecutedBlock): StateWrite[] {
  const { number, hash } = record;
  const writes: StateWrite[] = [
    put(numberedKey('block', number), encodeBlock(record)),
    put(hashedKey('blockNumber', hash), numberBytes(number)),
    put(numberedKey('transactions', number), encodeTransactions(executed.transactions.map(({ transaction }) => transaction))),
    put(numberedKey('transactionHashes', number), encodeHashes(executed.transactions.map(({ transaction }) => transaction.hash))),
    put(numberedKey('receipts', number), encodeReceipts(executed.transactions.map(({ receipt }) => receipt))),
  ];
  if (executed.header.logsBloom.some((byte) => byte !== 0)) writes.push(put(numberedKey('bloom', number), executed.header.logsBloom));
  for (const [position, { transaction }] of executed.transactions.entries()) {
    const location = Buffer.allocUnsafe(12);
    location.writeBigUInt64BE(number, 0);
    location.writeUInt32BE(position, 8);
    writes.push(put(hashedKey('location', transaction.hash), location));
  }
  return writes;
}

/** The reverse of addBlock. */
export function removeBlock(store: ChainStore, number: bigint): StateWrite[] {
  const block = store.block(number);
  const hashes = store.transactionHashes(number);
  if (block === undefined || hashes === undefined) throw new StoreFault('corrupt', `expected block ${number} to be stored before it is removed`);
  return [
    remove(numberedKey('block', number)), remove(hashedKey('blockNumber', block.hash)), remove(numberedKey('transactions', number)),
    remove(numberedKey('transactionHashes', number)), remove(numberedKey('receipts', number)), remove(numberedKey('bloom', number)),
    ...hashes.map((hash) => remove(hashedKey('location', hash))),
  ];
}

/** The genesis block: no transactions, batch 0. */
export function addGenesis(genesis: { header: BlockHeader; hash: Uint8Array; headerRaw: Uint8Array }, feeScalars: BlockRecord['feeScalars']): StateWrite[] {
  const { header, hash, headerRaw } = genesis;
  const record: BlockRecord = {
    number: 0n, hash, headerRaw, header, sizeBytes: blockSizeBytes(headerRaw, []), transactionCount: 0, batchIndex: 0n, origin: undefined, feeScalars,
    messagesFrom: 0n, messagesTo: 0n, dropped: [], zkGasUsed: 0n, batchUse: { firstBlock: 0n, blockCount: 1, payloadBytes: 0, zkGas: 0n, declaredZkGas: 0n },
  };
  const batch: BatchRecord = {
    index: 0n, parentHash: new Uint8Array(32), firstBlock: 0n, lastBlock: 0n, lastHash: hash, inboxFrom: 0n, inboxTo: 0n, origin: undefined, feeScalars,
    zkGasUsed: 0n, dropRoot: new Uint8Array(32), payloadHash: new Uint8Array(32), emptiedBecause: undefined,
  };
  return [
    put(numberedKey('block', 0n), encodeBlock(record)), put(hashedKey('blockNumber', hash), numberBytes(0n)),
    put(numberedKey('transactions', 0n), encodeTransactions([])), put(numberedKey('transactionHashes', 0n), encodeHashes([])),
    put(numberedKey('receipts', 0n), encodeReceipts([])), writeBatch(batch),
  ];
}

/** Length in bytes of the RLP of a block: [header, transactions, no ommers, no withdrawals]. */
export function blockSizeBytes(headerRaw: Uint8Array, transactions: readonly { raw: Uint8Array }[]): number {
  // A legacy transaction stands in the list as it is; a typed envelope as a byte string.
  const body = transactions.reduce((sum, { raw }) => sum + (raw[0]! >= 0xc0 ? raw.length : rlpLength(raw.length)), 0);
  return rlpLength(headerRaw.length + rlpLength(body) + 2);
}
/** Length of an RLP string or list with a content of `length` > 1 bytes. */
export function rlpLength(length: number): number {
  return length + (length < 56 ? 1 : length < 0x100 ? 2 : length < 0x10000 ? 3 : 4);
}

export function writeHead(head: HeadRecord): StateWrite {
  return put(singleKey('head'), encodeHead(head));
}
export function writeIdentity(identity: StoredIdentity): StateWrite {
  return put(singleKey('identity'), encodeIdentity(identity));
}
export function writeBatch(batch: BatchRecord): StateWrite {
  return put(numberedKey('batch', batch.index), encodeBatch(batch));
}
export function removeBatch(index: bigint): StateWrite {
  return remove(numberedKey('batch', index));
}
export function writeMessage(message: MessageRecord): StateWrite {
  return put(numberedKey('message', message.index), encodeMessageRecord(message));
}
export function removeMessage(index: bigint): StateWrite {
  return remove(numberedKey('message', index));
}
export function writeCommit(commit: CommitRecord): StateWrite {
  return put(numberedKey('commit', commit.index), encodeCommit(commit));
}
export function removeCommit(index: bigint): StateWrite {
  return remove(numberedKey('commit', index));
}
export function writeSettled(batchIndex: bigint, lastHash: Uint8Array): StateWrite {
  return put(numberedKey('settled', batchIndex), lastHash);
}
export function removeSettled(batchIndex: bigint): StateWrite {
  return remove(numberedKey('settled', batchIndex));
}
export function writeL1Block(block: L1BlockRecord): StateWrite {
  return put(numberedKey('l1Block', block.number), encodeL1Block(block));
}
export function removeL1Block(number: bigint): StateWrite {
  return remove(numberedKey('l1Block', number));
}

function numberBytes(number: bigint): Uint8Array {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigUInt64BE(number);
  return bytes;
}
