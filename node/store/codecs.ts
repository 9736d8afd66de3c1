// The bytes of the store's records.
//
// Owns: encoding and decoding of every type in records.ts. Does not own: fields (binary.ts), keys (tables.ts).
// Invariant: decode(encode(r)) equals r. A record starts with its format version, so that a store written by another
// version is refused as `corrupt` with a clear message instead of being misread.

import type { MessageRange } from '@keyfall/protocol';
import type { BlockHeader, DroppedMessage, Log } from '../execute/api.ts';
import { decodeRlp } from '../execute/rlp.ts';
import { toBigInt } from '../execute/bytes.ts';
import { RecordReader, RecordWriter } from './binary.ts';
import { StoreFault } from './keyValue.ts';
import { CHAIN_PHASES } from './records.ts';
import type {
  BatchRecord, BlockRecord, CommitRecord, FeeScalars, HeadRecord, L1BlockRecord, L1Progress, MessageRecord, Origin, StoredReceipt, StoredTransaction,
} from './records.ts';

const FORMAT = 2;
const HASH = 32;
const ADDRESS = 20;
const BLOOM = 256;
const EMPTY_BLOOM = new Uint8Array(BLOOM);

function start(): RecordWriter {
  return new RecordWriter().byte(FORMAT);
}
function open(bytes: Uint8Array, what: string): RecordReader {
  const reader = new RecordReader(bytes, what);
  const format = reader.byte();
  if (format !== FORMAT) throw new StoreFault('corrupt', `${what}: expected record format ${FORMAT}, got ${format}; this data directory was written by another version`);
  return reader;
}

function writeOrigin(writer: RecordWriter, origin: Origin | undefined): void {
  writer.optional(origin, (value) => { writer.uint(value.number).fixed(value.hash).uint(value.timestamp).uint(value.baseFeeWei); });
}
function readOrigin(reader: RecordReader): Origin | undefined {
  return reader.optional(() => ({ number: reader.uint(), hash: reader.fixed(HASH), timestamp: reader.uint(), baseFeeWei: reader.uint() }));
}
function writeScalars(writer: RecordWriter, scalars: FeeScalars): void {
  writer.uint(scalars.dataFeeScalar).uint(scalars.surchargeScalar);
}
function readScalars(reader: RecordReader): FeeScalars {
  return { dataFeeScalar: reader.uint(), surchargeScalar: reader.uint() };
}

/** Fields of a header's RLP. Throws StoreFault `corrupt` unless it is the 21-field header of SPEC.md section 6. */
export function decodeHeader(raw: Uint8Array): BlockHeader {
  const decoded = decodeRlp(raw);
  if (!decoded.ok || !Array.isArray(decoded.item) || decoded.item.length !== 21) {
    throw new StoreFault('corrupt', `block header: expected a list of 21 fields, got ${decoded.ok ? 'something else' : decoded.message}`);
  }
  const fields = decoded.item as readonly Uint8Array[];
  const bytes = (at: number): Uint8Array => fields[at]!;
  const number = (at: number): bigint => toBigInt(fields[at]!);
  return {
    parentHash: bytes(0), ommersHash: bytes(1), coinbase: bytes(2), stateRoot: bytes(3), transactionsRoot: bytes(4), receiptsRoot: bytes(5),
    logsBloom: bytes(6), difficulty: number(7), number: number(8), gasLimit: number(9), gasUsed: number(10), timestamp: number(11),
    extraData: bytes(12), prevRandao: bytes(13), nonce: bytes(14), baseFeePerGas: number(15), withdrawalsRoot: bytes(16),
    blobGasUsed: number(17), excessBlobGas: number(18), parentBeaconBlockRoot: bytes(19), requestsHash: bytes(20),
  };
}

export function encodeBlock(block: BlockRecord): Uint8Array {
  const writer = start().fixed(block.hash).bytes(block.headerRaw).uint(block.sizeBytes).uint(block.transactionCount).uint(block.batchIndex);
  writeOrigin(writer, block.origin);
  writeScalars(writer, block.feeScalars);
  writer.uint(block.messagesFrom).uint(block.messagesTo);
  writer.list<DroppedMessage>(block.dropped, (drop) => { writer.uint(drop.messageIndex).uint(drop.reason); });
  const { firstBlock, blockCount, payloadBytes, zkGas, declaredZkGas } = block.batchUse;
  return writer.uint(block.zkGasUsed).uint(firstBlock).uint(blockCount).uint(payloadBytes).uint(zkGas).uint(declaredZkGas).finish();
}
export function decodeBlock(raw: Uint8Array): BlockRecord {
  const reader = open(raw, 'block');
  const hash = reader.fixed(HASH);
  const headerRaw = reader.bytes();
  const header = decodeHeader(headerRaw);
  const block: BlockRecord = {
    number: header.number, hash, headerRaw, header, sizeBytes: reader.count(), transactionCount: reader.count(), batchIndex: reader.uint(),
    origin: readOrigin(reader), feeScalars: readScalars(reader), messagesFrom: reader.uint(), messagesTo: reader.uint(),
    dropped: reader.list(() => ({ messageIndex: reader.uint(), reason: reader.count() })), zkGasUsed: reader.uint(),
    batchUse: { firstBlock: reader.uint(), blockCount: reader.count(), payloadBytes: reader.count(), zkGas: reader.uint(), declaredZkGas: reader.uint() },
  };
  reader.end();
  return block;
}

/** Hashes are kept apart (encodeHashes), because most readers need only one of the two. */
export function encodeTransactions(transactions: readonly StoredTransaction[]): Uint8Array {
  const writer = start();
  return writer.list(transactions, (transaction) => { writer.fixed(transaction.sender).bytes(transaction.raw); }).finish();
}
export function decodeTransactions(raw: Uint8Array): { sender: Uint8Array; raw: Uint8Array }[] {
  const reader = open(raw, 'transactions');
  const transactions = reader.list(() => ({ sender: reader.fixed(ADDRESS), raw: reader.bytes() }));
  reader.end();
  return transactions;
}
export function encodeHashes(hashes: readonly Uint8Array[]): Uint8Array {
  const writer = start();
  return writer.list(hashes, (hash) => { writer.fixed(hash); }).finish();
}
export function decodeHashes(raw: Uint8Array): Uint8Array[] {
  const reader = open(raw, 'transaction hashes');
  const hashes = reader.list(() => reader.fixed(HASH));
  reader.end();
  return hashes;
}

export function encodeReceipts(receipts: readonly StoredReceipt[]): Uint8Array {
  const writer = start();
  return writer.list(receipts, (receipt) => {
    writer.byte(receipt.type).byte(receipt.status).uint(receipt.cumulativeGasUsed).uint(receipt.gasUsed).uint(receipt.effectiveGasPrice);
    writer.optional(receipt.contractAddress, (address) => { writer.fixed(address); });
    writer.uint(receipt.surchargeUsed).uint(receipt.dataFee).uint(receipt.surchargeFee);
    writer.list<Log>(receipt.logs, (log) => {
      writer.fixed(log.address).list<Uint8Array>(log.topics, (topic) => { writer.fixed(topic); }).bytes(log.data);
    });
    // Without logs the bloom is zero by definition.
    if (receipt.logs.length > 0) writer.fixed(receipt.logsBloom);
  }).finish();
}
export function decodeReceipts(raw: Uint8Array): StoredReceipt[] {
  const reader = open(raw, 'receipts');
  const receipts = reader.list((): StoredReceipt => {
    const type = reader.byte();
    const status = reader.byte();
    if (status > 1) throw new StoreFault('corrupt', `receipts: expected status 0 or 1, got ${status}`);
    const fields = {
      type, status: status as 0 | 1, cumulativeGasUsed: reader.uint(), gasUsed: reader.uint(), effectiveGasPrice: reader.uint(),
      contractAddress: reader.optional(() => reader.fixed(ADDRESS)), surchargeUsed: reader.uint(), dataFee: reader.uint(), surchargeFee: reader.uint(),
      logs: reader.list(() => ({ address: reader.fixed(ADDRESS), topics: reader.list(() => reader.fixed(HASH)), data: reader.bytes() })),
    };
    return { ...fields, logsBloom: fields.logs.length > 0 ? reader.fixed(BLOOM) : EMPTY_BLOOM };
  });
  reader.end();
  return receipts;
}

export function encodeBatch(batch: BatchRecord): Uint8Array {
  const writer = start().uint(batch.index).fixed(batch.parentHash).uint(batch.firstBlock).uint(batch.lastBlock).fixed(batch.lastHash);
  writer.uint(batch.inboxFrom).uint(batch.inboxTo);
  writeOrigin(writer, batch.origin);
  writeScalars(writer, batch.feeScalars);
  writer.uint(batch.zkGasUsed).fixed(batch.dropRoot).fixed(batch.payloadHash);
  return writer.optional(batch.emptiedBecause, (reason) => { writer.text(reason); }).finish();
}
export function decodeBatch(raw: Uint8Array): BatchRecord {
  const reader = open(raw, 'batch');
  const batch: BatchRecord = {
    index: reader.uint(), parentHash: reader.fixed(HASH), firstBlock: reader.uint(), lastBlock: reader.uint(), lastHash: reader.fixed(HASH),
    inboxFrom: reader.uint(), inboxTo: reader.uint(), origin: readOrigin(reader), feeScalars: readScalars(reader), zkGasUsed: reader.uint(),
    dropRoot: reader.fixed(HASH), payloadHash: reader.fixed(HASH), emptiedBecause: reader.optional(() => reader.text()),
  };
  reader.end();
  return batch;
}

export function encodeMessageRecord(message: MessageRecord): Uint8Array {
  return start().uint(message.index).bytes(message.raw).fixed(message.accumulator).uint(message.l1Number).fixed(message.l1TransactionHash).finish();
}
export function decodeMessageRecord(raw: Uint8Array): MessageRecord {
  const reader = open(raw, 'message');
  const message = { index: reader.uint(), raw: reader.bytes(), accumulator: reader.fixed(HASH), l1Number: reader.uint(), l1TransactionHash: reader.fixed(HASH) };
  reader.end();
  return message;
}

function writeCommit(writer: RecordWriter, commit: CommitRecord): void {
  writer.uint(commit.index).fixed(commit.parentHash).uint(commit.specId).byte(commit.mode).byte(commit.payloadKind).fixed(commit.payloadCommitment);
  writer.bytes(commit.payload).uint(commit.inboxFrom).fixed(commit.accFrom).uint(commit.inboxTo).fixed(commit.accTo).fixed(commit.skipRoot);
  writeOrigin(writer, commit.origin);
  writer.fixed(commit.feeConfigHash);
  writeScalars(writer, commit.feeScalars);
  writer.uint(commit.commitTime).uint(commit.l1Number).fixed(commit.l1TransactionHash);
}
function readCommit(reader: RecordReader): CommitRecord {
  const index = reader.uint();
  const parentHash = reader.fixed(HASH);
  const specId = reader.uint();
  const mode = reader.byte();
  const payloadKind = reader.byte();
  if ((mode !== 1 && mode !== 2) || (payloadKind !== 0 && payloadKind !== 1)) {
    throw new StoreFault('corrupt', `commit: expected mode 1 or 2 and payload kind 0 or 1, got ${mode} and ${payloadKind}`);
  }
  return {
    index, parentHash, specId, mode, payloadKind, payloadCommitment: reader.fixed(HASH), payload: reader.bytes(), inboxFrom: reader.uint(),
    accFrom: reader.fixed(HASH), inboxTo: reader.uint(), accTo: reader.fixed(HASH), skipRoot: reader.fixed(HASH), origin: readOrigin(reader),
    feeConfigHash: reader.fixed(HASH), feeScalars: readScalars(reader), commitTime: reader.uint(), l1Number: reader.uint(), l1TransactionHash: reader.fixed(HASH),
  };
}
export function encodeCommit(commit: CommitRecord): Uint8Array {
  const writer = start();
  writeCommit(writer, commit);
  return writer.finish();
}
export function decodeCommit(raw: Uint8Array): CommitRecord {
  const reader = open(raw, 'commit');
  const commit = readCommit(reader);
  reader.end();
  return commit;
}

function writeProgress(writer: RecordWriter, progress: L1Progress): void {
  writer.uint(progress.inboxCount).fixed(progress.accumulator).uint(progress.committedBatch).uint(progress.finalBatch).byte(CHAIN_PHASES.indexOf(progress.phase));
  writer.list<MessageRange>(progress.skipped, (range) => { writer.uint(range.from).uint(range.to); });
}
function readProgress(reader: RecordReader): L1Progress {
  const counted = { inboxCount: reader.uint(), accumulator: reader.fixed(HASH), committedBatch: reader.uint(), finalBatch: reader.uint() };
  const code = reader.byte();
  const phase = CHAIN_PHASES[code];
  if (phase === undefined) throw new StoreFault('corrupt', `L1 progress: expected a phase from 0 to ${CHAIN_PHASES.length - 1}, got ${code}`);
  return { ...counted, phase, skipped: reader.list(() => ({ from: reader.uint(), to: reader.uint() })) };
}
export function encodeL1Block(block: L1BlockRecord): Uint8Array {
  const writer = start().uint(block.number).fixed(block.hash).fixed(block.parentHash).uint(block.timestamp).uint(block.baseFeeWei);
  writeProgress(writer, block.after);
  return writer.list(block.displaced, (commit) => { writeCommit(writer, commit); }).finish();
}
export function decodeL1Block(raw: Uint8Array): L1BlockRecord {
  const reader = open(raw, 'L1 block');
  const block: L1BlockRecord = {
    number: reader.uint(), hash: reader.fixed(HASH), parentHash: reader.fixed(HASH), timestamp: reader.uint(), baseFeeWei: reader.uint(),
    after: readProgress(reader), displaced: reader.list(() => readCommit(reader)),
  };
  reader.end();
  return block;
}

export function encodeHead(head: HeadRecord): Uint8Array {
  const writer = start().uint(head.unsafe.number).fixed(head.unsafe.hash);
  for (const mark of [head.safe, head.finalized]) writer.uint(mark.number).fixed(mark.hash).uint(mark.batchIndex);
  writer.uint(head.closedBatch).uint(head.l1.number).fixed(head.l1.hash).uint(head.l1.timestamp).uint(head.l1.baseFeeWei);
  writer.uint(head.l1Finalized.number).fixed(head.l1Finalized.hash);
  writeProgress(writer, head.progress);
  return writer.finish();
}
export function decodeHead(raw: Uint8Array): HeadRecord {
  const reader = open(raw, 'head');
  const mark = (): HeadRecord['safe'] => ({ number: reader.uint(), hash: reader.fixed(HASH), batchIndex: reader.uint() });
  const head: HeadRecord = {
    version: 1, unsafe: { number: reader.uint(), hash: reader.fixed(HASH) }, safe: mark(), finalized: mark(), closedBatch: reader.uint(),
    l1: { number: reader.uint(), hash: reader.fixed(HASH), timestamp: reader.uint(), baseFeeWei: reader.uint() },
    l1Finalized: { number: reader.uint(), hash: reader.fixed(HASH) }, progress: readProgress(reader),
  };
  reader.end();
  return head;
}
