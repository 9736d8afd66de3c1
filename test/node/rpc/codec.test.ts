// Laws of the RPC codecs: hexadecimal, parameters, block ids, filters, reverts. Differential against ethers where it has an opinion.
// Owns: the codecs that need no chain. Does not own: methods and transports. Invariant: seeds of failing properties are printed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AbiCoder, Interface } from 'ethers';
import fc from 'fast-check';
import { decodeBlockId, decodeBlockNumber } from '../../../node/rpc/codec/blockId.ts';
import { bytesToQuantity, data, parseData, parseQuantity, quantity, quantityToBytes } from '../../../node/rpc/codec/hex.ts';
import { bloomMayMatch, decodeLogCriteria, decodeLogQuery, logMatches } from '../../../node/rpc/codec/logFilter.ts';
import { decodeTransactionRequest } from '../../../node/rpc/codec/callRequest.ts';
import { decodeBlockOverrides, decodeStateOverrides } from '../../../node/rpc/codec/overrides.ts';
import { decodeTraceRequest } from '../../../node/rpc/codec/traceOptions.ts';
import { RpcError } from '../../../node/rpc/errors.ts';
import { executionError, revertReason } from '../../../node/rpc/executionError.ts';
import { checksumAddress } from '../../../node/rpc/poolListing.ts';
import { bloomOf } from './blockBuilders.ts';
import { getAddress, hexlify, toQuantity } from 'ethers';

const bytes = (size?: number): fc.Arbitrary<Uint8Array> => fc.uint8Array(size === undefined ? { maxLength: 200 } : { minLength: size, maxLength: size });
const refusesParams = (work: () => unknown, pattern: RegExp): void => {
  assert.throws(work, (error: unknown) => error instanceof RpcError && error.code === -32602 && pattern.test(error.message));
};

test('data and quantity agree with ethers and decode to what was encoded', () => {
  fc.assert(fc.property(bytes(), (value) => {
    assert.equal(data(value), hexlify(value));
    assert.deepEqual(parseData(data(value)), value);
  }));
  fc.assert(fc.property(fc.bigInt({ min: 0n, max: (1n << 256n) - 1n }), (value) => {
    assert.equal(quantity(value), toQuantity(value));
    assert.equal(parseQuantity(quantity(value)), value);
    assert.equal(bytesToQuantity(quantityToBytes(value, 32)), value);
  }));
});

test('nothing but canonical text decodes, whatever the characters are', () => {
  for (const text of ['', '0', '0x', '0x00', '0x01', '0xg', ' 0x1', '0x1 ', '0x-1', '1', '0x' + 'f'.repeat(65), '0x1\n']) assert.equal(parseQuantity(text), undefined, text);
  for (const text of ['', '0', '0x0', '0xabc', '0xzz', '0x0g', '0x 1', '0x1 ', '0xéé', '0x00\n']) assert.equal(parseData(text), undefined, text);
  fc.assert(fc.property(fc.string({ maxLength: 12 }), (text) => {
    const value = parseQuantity(text);
    if (value !== undefined) assert.equal(quantity(value), text.toLowerCase());
    const parsed = parseData(text);
    if (parsed !== undefined) assert.equal(data(parsed), text.toLowerCase());
  }));
});

test('a quantity of n bits is accepted at 2^n - 1 and refused at 2^n', () => {
  for (const bits of [8, 64, 256]) {
    assert.equal(parseQuantity(quantity((1n << BigInt(bits)) - 1n), bits), (1n << BigInt(bits)) - 1n);
    assert.equal(parseQuantity(quantity(1n << BigInt(bits)), bits), undefined);
  }
});

test('block ids: numbers, tags, hashes and EIP-1898 objects decode, ambiguous ones do not', () => {
  const hash = '0x' + 'ab'.repeat(32);
  assert.deepEqual(decodeBlockNumber('0x0', 'p'), { kind: 'number', number: 0n });
  assert.deepEqual(decodeBlockNumber('finalized', 'p'), { kind: 'tag', tag: 'finalized' });
  assert.deepEqual(decodeBlockId({ blockNumber: '0x10' }, 'p'), { kind: 'number', number: 16n });
  assert.deepEqual(decodeBlockId({ blockHash: hash, requireCanonical: true }, 'p'), { kind: 'hash', hash: parseData(hash), requireCanonical: true });
  assert.deepEqual(decodeBlockId(hash, 'p'), { kind: 'hash', hash: parseData(hash), requireCanonical: false });
  for (const value of [{}, { blockNumber: '0x1', blockHash: hash }, { blockHash: '0x12' }, 'LATEST', '0x01', 1, true, [], '0x1' + '0'.repeat(16)]) refusesParams(() => decodeBlockId(value, 'p'), /invalid p/);
});

test('a transaction object refuses blobs, contradicting data and contradicting fees', () => {
  const request = decodeTransactionRequest({ from: '0x' + '11'.repeat(20), gas: '0x5208', input: '0x1234', data: '0x1234', unknownMember: 1, accessList: [{ address: '0x' + '22'.repeat(20), storageKeys: ['0x' + '33'.repeat(32)] }] }, 'p');
  assert.equal(request.gas, 21_000n);
  assert.deepEqual(request.data, Uint8Array.of(0x12, 0x34));
  assert.equal(request.accessList?.[0]?.storageKeys.length, 1);
  refusesParams(() => decodeTransactionRequest({ input: '0x12', data: '0x13' }, 'p'), /not equal/);
  refusesParams(() => decodeTransactionRequest({ blobVersionedHashes: [] }, 'p'), /no blob/);
  refusesParams(() => decodeTransactionRequest({ gasPrice: '0x1', maxFeePerGas: '0x1' }, 'p'), /both gasPrice/);
  refusesParams(() => decodeTransactionRequest({ gas: '0x10000000000000000' }, 'p'), /64 bits/);
  refusesParams(() => decodeTransactionRequest({ to: '0x12' }, 'p'), /p\.to/);
  refusesParams(() => decodeTransactionRequest([], 'p'), /expected an object/);
});

test('overrides and trace options refuse what they cannot honour instead of ignoring it', () => {
  const address = '0x' + '11'.repeat(20);
  assert.deepEqual(decodeStateOverrides({ [address]: { balance: '0x5', stateDiff: { '0x1': '0x' + '00'.repeat(32) } } }, 'p')[0]?.override.balance, 5n);
  refusesParams(() => decodeStateOverrides({ [address]: { movePrecompileToAddress: address } }, 'p'), /unknown member/);
  refusesParams(() => decodeStateOverrides({ [address]: { state: {}, stateDiff: {} } }, 'p'), /both/);
  refusesParams(() => decodeStateOverrides({ '0x12': {} }, 'p'), /address/);
  assert.deepEqual(decodeBlockOverrides({ time: '0x5', feeRecipient: address }, 'p'), { timestamp: 5n, coinbase: parseData(address) });
  refusesParams(() => decodeBlockOverrides({ blobBaseFee: '0x1' }, 'p'), /unknown member/);
  assert.deepEqual(decodeTraceRequest({ tracer: 'callTracer', tracerConfig: { withLog: true }, timeout: '1.5s' }, 'p').timeoutMilliseconds, 1_500);
  refusesParams(() => decodeTraceRequest({ tracer: 'function() {}' }, 'p'), /expected callTracer/);
  refusesParams(() => decodeTraceRequest({ timeout: 'forever' }, 'p'), /duration/);
  refusesParams(() => decodeTraceRequest({ tracerConfig: { onlyTop: true } }, 'p'), /unknown member/);
});

const topics = fc.array(fc.constantFrom(...[1, 2, 3].map((fill) => new Uint8Array(32).fill(fill))), { maxLength: 4 });
const log = fc.record({ address: fc.constantFrom(...[1, 2, 3].map((fill) => new Uint8Array(20).fill(fill))), topics, data: bytes() });
const alternatives = fc.oneof(fc.constant(null), fc.integer({ min: 1, max: 3 }), fc.array(fc.oneof(fc.constant(null), fc.integer({ min: 1, max: 3 })), { maxLength: 3 }));

test('a block whose bloom may not match holds no matching log, and matching means what the specification says', () => {
  const topicText = (fill: number | null): string | null => (fill === null ? null : '0x' + fill.toString(16).padStart(2, '0').repeat(32));
  fc.assert(fc.property(fc.array(log, { maxLength: 6 }), fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }), fc.array(alternatives, { maxLength: 4 }), (logs, addresses, wanted) => {
    const filter = {
      address: addresses.map((fill) => '0x' + fill.toString(16).padStart(2, '0').repeat(20)),
      topics: wanted.map((position) => (Array.isArray(position) ? position.map(topicText) : topicText(position))),
    };
    const criteria = decodeLogCriteria(filter, 'p');
    const expected = logs.filter((entry) => {
      const isAddress = addresses.length === 0 || addresses.includes(entry.address[0]!);
      return isAddress && wanted.length <= entry.topics.length && wanted.every((position, at) => {
        if (position === null) return true;
        if (!Array.isArray(position)) return position === entry.topics[at]![0];
        return position.length === 0 || position.includes(null) || position.includes(entry.topics[at]![0]!);
      });
    });
    assert.deepEqual(logs.filter((entry) => logMatches(entry, criteria)), expected);
    if (expected.length > 0) assert.ok(bloomMayMatch(bloomOf(logs), criteria));
  }));
});

test('an empty bloom matches only a filter that asks for nothing', () => {
  assert.equal(bloomMayMatch(new Uint8Array(256), decodeLogCriteria({}, 'p')), true);
  assert.equal(bloomMayMatch(new Uint8Array(256), decodeLogCriteria({ address: '0x' + '01'.repeat(20) }, 'p')), false);
});

test('log filters are refused beyond four topics, a thousand addresses, or with both a hash and a range', () => {
  const address = '0x' + '01'.repeat(20);
  assert.equal(decodeLogQuery({ address: Array.from({ length: 1_000 }, () => address) }, 'p').addresses.length, 1_000);
  refusesParams(() => decodeLogQuery({ address: Array.from({ length: 1_001 }, () => address) }, 'p'), /at most 1000/);
  assert.equal(decodeLogQuery({ topics: [null, null, null, null] }, 'p').topics.length, 4);
  refusesParams(() => decodeLogQuery({ topics: [null, null, null, null, null] }, 'p'), /at most 4/);
  refusesParams(() => decodeLogQuery({ blockHash: '0x' + '01'.repeat(32), fromBlock: '0x1' }, 'p'), /cannot specify both/);
  refusesParams(() => decodeLogQuery({ fromBlock: '0x2', toBlock: '0x1' }, 'p'), /invalid block range/);
});

test('revert data of Error and Panic decodes as ethers decodes it, custom errors and torn data stay undecoded', () => {
  const errors = new Interface(['error Error(string)', 'error Panic(uint256)', 'error Custom(uint256 a)']);
  fc.assert(fc.property(fc.string({ maxLength: 80, unit: 'grapheme' }), (reason) => {
    assert.equal(revertReason(Buffer.from(errors.encodeErrorResult('Error', [reason]).slice(2), 'hex')), reason);
  }));
  const of = (text: string): Uint8Array => parseData(text)!;
  assert.equal(revertReason(of(errors.encodeErrorResult('Panic', [0x11]))), 'arithmetic underflow or overflow');
  assert.equal(revertReason(of(errors.encodeErrorResult('Panic', [0x99]))), 'unknown panic code: 0x99');
  assert.equal(revertReason(of(errors.encodeErrorResult('Custom', [1]))), undefined);
  assert.equal(revertReason(new Uint8Array(0)), undefined);
  const whole = of(errors.encodeErrorResult('Error', ['a reason that is longer than one word of thirty-two bytes']));
  for (let size = 0; size < whole.length; size++) assert.doesNotThrow(() => revertReason(whole.subarray(0, size)));
  fc.assert(fc.property(bytes(), (tail) => { revertReason(Buffer.concat([Buffer.from('08c379a0', 'hex'), tail])); }));
  const failure = executionError({ ok: false, code: 'execution', reverted: true, error: 'execution reverted', returnData: of('0x08c379a0' + AbiCoder.defaultAbiCoder().encode(['string'], ['no']).slice(2)), gasUsed: 1n });
  assert.equal(failure.code, 3);
  assert.equal(failure.message, 'execution reverted: no');
});

test('checksummed addresses agree with ethers', () => {
  fc.assert(fc.property(bytes(20), (address) => { assert.equal(checksumAddress(address), getAddress(hexlify(address))); }), { numRuns: 50 });
});
