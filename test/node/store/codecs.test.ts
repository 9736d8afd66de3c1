// Every record survives its bytes, and bytes that are not a record are refused.

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeHeader } from '../../../node/execute/index.ts';
import * as codecs from '../../../node/store/codecs.ts';
import { RecordReader, RecordWriter } from '../../../node/store/binary.ts';
import { StoreFault } from '../../../node/store/keyValue.ts';
import { CHAIN_PHASES, type BlockRecord, type StoredReceipt } from '../../../node/store/records.ts';

const SEED = Number(process.env['KEYFALL_SEED'] ?? 20_261_122);
const runs = { numRuns: 200, seed: SEED };
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const data = fc.uint8Array({ maxLength: 300 });
const number = fc.oneof(fc.bigInt({ min: 0n, max: 300n }), fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }));
const wei = fc.oneof(fc.bigInt({ min: 0n, max: 1n << 60n }), fc.bigInt({ min: 0n, max: (1n << 256n) - 1n }));
const hash = bytes(32);
const origin = fc.option(fc.record({ number, hash, timestamp: number, baseFeeWei: wei }), { nil: undefined });
const feeScalars = fc.record({ dataFeeScalar: number, surchargeScalar: number });
const progress = fc.record({ inboxCount: number, accumulator: hash, committedBatch: number, finalBatch: number, phase: fc.constantFrom(...CHAIN_PHASES), skipped: fc.array(fc.record({ from: number, to: number }), { maxLength: 3 }) });
const commit = fc.record({
  index: number, parentHash: hash, specId: number, mode: fc.constantFrom(1 as const, 2 as const), payloadKind: fc.constantFrom(0 as const, 1 as const), payloadCommitment: hash,
  payload: data, inboxFrom: number, accFrom: hash, inboxTo: number, accTo: hash, skipRoot: hash, origin, feeConfigHash: hash, feeScalars, commitTime: number, l1Number: number,
  l1TransactionHash: hash,
});
const mark = fc.record({ number, hash, batchIndex: number });
const header = fc.record({
  parentHash: hash, ommersHash: hash, coinbase: bytes(20), stateRoot: hash, transactionsRoot: hash, receiptsRoot: hash, logsBloom: bytes(256), difficulty: fc.constant(0n),
  number, gasLimit: number, gasUsed: number, timestamp: number, extraData: fc.uint8Array({ maxLength: 32 }), prevRandao: hash, nonce: bytes(8), baseFeePerGas: number,
  withdrawalsRoot: hash, blobGasUsed: fc.constant(0n), excessBlobGas: fc.constant(0n), parentBeaconBlockRoot: hash, requestsHash: hash,
});
const count = fc.nat(1_000_000);
const batchUse = fc.record({ firstBlock: number, blockCount: count, payloadBytes: count, zkGas: number, declaredZkGas: number });
const log = fc.record({ address: bytes(20), topics: fc.array(hash, { maxLength: 4 }), data });
const receipt = fc.record({
  type: fc.constantFrom(0, 1, 2, 4, 0x7e), status: fc.constantFrom(0 as const, 1 as const), cumulativeGasUsed: number, logsBloom: bytes(256), logs: fc.array(log, { maxLength: 3 }), gasUsed: number,
  effectiveGasPrice: wei, contractAddress: fc.option(bytes(20), { nil: undefined }), surchargeUsed: number, dataFee: wei, surchargeFee: wei,
}).map((value) => (value.logs.length > 0 ? value : { ...value, logsBloom: new Uint8Array(256) }));

function roundTrip<T>(name: string, arbitrary: fc.Arbitrary<T>, encode: (value: T) => Uint8Array, decode: (raw: Uint8Array) => T): void {
  test(`${name}: decoding gives back what was encoded, and no part or extension of it decodes`, () => {
    fc.assert(fc.property(arbitrary, fc.nat(), (value, cut) => {
      const raw = encode(value);
      // Cloned, because generated records have no prototype.
      assert.deepEqual(structuredClone(decode(raw)), structuredClone(value));
      assert.throws(() => decode(raw.subarray(0, cut % raw.length)), StoreFault);
      assert.throws(() => decode(Buffer.concat([raw, Buffer.of(0)])), StoreFault);
      assert.throws(() => decode(Buffer.concat([Buffer.of(99), raw.subarray(1)])), /another version/);
    }), runs);
  });
}

roundTrip('commit', commit, codecs.encodeCommit, codecs.decodeCommit);
roundTrip('batch', fc.record({
  index: number, parentHash: hash, firstBlock: number, lastBlock: number, lastHash: hash, inboxFrom: number, inboxTo: number, origin, feeScalars, zkGasUsed: number, dropRoot: hash,
  payloadHash: hash, emptiedBecause: fc.option(fc.string(), { nil: undefined }),
}), codecs.encodeBatch, codecs.decodeBatch);
roundTrip('message', fc.record({ index: number, raw: data, accumulator: hash, l1Number: number, l1TransactionHash: hash }), codecs.encodeMessageRecord, codecs.decodeMessageRecord);
roundTrip('L1 block', fc.record({ number, hash, parentHash: hash, timestamp: number, baseFeeWei: wei, after: progress, displaced: fc.array(commit, { maxLength: 2 }) }), codecs.encodeL1Block, codecs.decodeL1Block);
roundTrip('head', fc.record({
  version: fc.constant(1 as const), unsafe: fc.record({ number, hash }), safe: mark, finalized: mark, closedBatch: number,
  l1: fc.record({ number, hash, timestamp: number, baseFeeWei: wei }), l1Finalized: fc.record({ number, hash }), progress,
}), codecs.encodeHead, codecs.decodeHead);
roundTrip<readonly StoredReceipt[]>('receipts', fc.array(receipt, { maxLength: 5 }), codecs.encodeReceipts, codecs.decodeReceipts);
roundTrip('transactions', fc.array(fc.record({ sender: bytes(20), raw: data }), { maxLength: 5 }), (list) => codecs.encodeTransactions(list.map((item) => ({ ...item, hash: new Uint8Array(32) }))), codecs.decodeTransactions);
roundTrip('block', fc.record({
  header, hash, sizeBytes: count, transactionCount: count, batchIndex: number, origin, feeScalars, messagesFrom: number, messagesTo: number,
  dropped: fc.array(fc.record({ messageIndex: number, reason: fc.integer({ min: 1, max: 12 }) }), { maxLength: 3 }), zkGasUsed: number, batchUse,
}).map((fields): BlockRecord => ({ ...fields, number: fields.header.number, headerRaw: encodeHeader(fields.header) })), codecs.encodeBlock, codecs.decodeBlock);

test('integers of every size survive, and a negative one is refused', () => {
  fc.assert(fc.property(fc.bigInt({ min: 0n, max: (1n << 2_000n) - 1n }), (value) => {
    const reader = new RecordReader(new RecordWriter().uint(value).finish(), 'integer');
    assert.equal(reader.uint(), value);
    reader.end();
  }), runs);
  assert.throws(() => new RecordWriter().uint(-1), RangeError);
});
