/**
 * Laws of the protocol codecs over random and hostile bytes: one decoding per byte string, no throw on anything, EIP formulas against ethers.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeRlp as ethersDecodeRlp, encodeRlp as ethersEncodeRlp, keccak256, toBeArray, hexlify } from 'ethers';
import fc from 'fast-check';
import {
  BLOCK_GAS_LIMIT, calldataTokens, dataFeeWei, decodeDepositTransaction, decodeMessage, decodePayload, decodeRlp, depositTransactionHash, depositTransactionOf,
  encodeDepositTransaction, encodeMessage, encodePayload, encodeRlp, EncodingError, fromHex, GENESIS_FEE_CONFIG, MAX_BATCH_BLOCKS, MAX_MESSAGE_ZKGAS, MAX_PAYLOAD_BYTES,
  messagePriceWei, MIN_BASE_FEE_WEI, minimumMessageGas, nextBaseFeeWei, payloadBlockBytes, toHex, uintBytes, type DepositTransaction, type Hex, type InboxMessage, type PayloadBlock,
} from '@keyfall/protocol';

const address = fc.uint8Array({ minLength: 20, maxLength: 20 }).map(toHex);
const u64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const u256 = fc.bigInt({ min: 0n, max: (1n << 256n) - 1n });
const data = fc.uint8Array({ maxLength: 300 });

const payloadBlock: fc.Arbitrary<PayloadBlock> = fc.record({ timestampDelta: u64.map((delta) => (delta === 0n ? 1n : delta)), messageCount: u64, transactions: fc.array(data, { maxLength: 4 }) }, { noNullPrototype: true });
const depositTransaction: fc.Arbitrary<DepositTransaction> = fc.record({
  chainId: u256, index: u64, from: address, to: fc.option(address), mintWei: u256, valueWei: u256, gas: u64, surcharge: u64, data,
}, { noNullPrototype: true });
const message: InboxMessage = {
  kind: 'call', sender: `0x${'11'.repeat(20)}`, to: `0x${'22'.repeat(20)}`, mintWei: 5n, valueWei: 3n, gas: 21_000n, surcharge: 0n, l1Time: 1n, data: new Uint8Array(0),
};

test('a payload decodes back to its blocks', () => {
  fc.assert(fc.property(fc.array(payloadBlock, { minLength: 1, maxLength: 5 }), (blocks) => {
    assert.deepEqual(decodePayload(encodePayload(blocks)), { ok: true, value: blocks });
  }));
});

test('no two byte strings decode to the same payload, whatever is changed, cut or added', () => {
  fc.assert(fc.property(fc.array(payloadBlock, { minLength: 1, maxLength: 3 }), fc.nat(), fc.integer({ min: 1, max: 255 }), (blocks, position, flip) => {
    const bytes = encodePayload(blocks);
    const flipped = bytes.slice();
    flipped[position % bytes.length]! ^= flip;
    for (const hostile of [flipped, bytes.subarray(0, bytes.length - 1), Uint8Array.of(...bytes, 0)]) {
      const decoded = decodePayload(hostile);
      if (decoded.ok) assert.deepEqual(encodePayload(decoded.value), hostile.slice());
    }
  }));
});

test('random bytes never make a decoder throw', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), fc.constantFrom(0x01, 0x7e, 0xc0, 0xf8), (bytes, first) => {
    const started = Uint8Array.of(first, ...bytes);
    for (const decode of [decodePayload, decodeMessage, decodeDepositTransaction, decodeRlp]) {
      for (const input of [bytes, started]) assert.equal(typeof decode(input).ok, 'boolean');
    }
  }), { numRuns: 500 });
});

test('a payload breaks its caps one past the bound and not at it', () => {
  const block: PayloadBlock = { timestampDelta: 1n, messageCount: 0n, transactions: [] };
  const blocks = (count: bigint): PayloadBlock[] => Array.from({ length: Number(count) }, () => block);
  assert.equal(decodePayload(encodePayload(blocks(MAX_BATCH_BLOCKS))).ok, true);
  const tooMany = decodePayload(encodePayload(blocks(MAX_BATCH_BLOCKS + 1n)));
  assert.equal(!tooMany.ok && tooMany.code, 'PAYLOAD_BLOCK_COUNT');
  const sized = (bytes: number): Uint8Array => encodePayload([{ ...block, transactions: [new Uint8Array(bytes)] }]);
  const overhead = sized(100_000).length - 100_000;
  assert.equal(decodePayload(sized(Number(MAX_PAYLOAD_BYTES) - overhead)).ok, true);
  const tooLong = decodePayload(sized(Number(MAX_PAYLOAD_BYTES) - overhead + 1));
  assert.equal(!tooLong.ok && tooLong.code, 'PAYLOAD_TOO_LONG');
});

test('hostile payloads name the rule they break', () => {
  const wrap = (item: Parameters<typeof encodeRlp>[0]): Uint8Array => Uint8Array.of(1, ...encodeRlp(item));
  const one = Uint8Array.of(1);
  const none = new Uint8Array(0);
  const cases: [Uint8Array, string][] = [
    [none, 'PAYLOAD_VERSION'], [Uint8Array.of(2, 0xc0), 'PAYLOAD_VERSION'], [Uint8Array.of(1), 'RLP_NOT_CANONICAL'], [wrap(one), 'PAYLOAD_LIST'], [wrap([]), 'PAYLOAD_BLOCK_COUNT'],
    [wrap([one]), 'PAYLOAD_BLOCK'], [wrap([[one, none]]), 'PAYLOAD_BLOCK'], [wrap([[none, none, []]]), 'PAYLOAD_TIMESTAMP'],
    [wrap([[Uint8Array.of(0, 1), none, []]]), 'PAYLOAD_TIMESTAMP'], [wrap([[new Uint8Array(9).fill(1), none, []]]), 'PAYLOAD_TIMESTAMP'],
    [wrap([[one, Uint8Array.of(0), []]]), 'PAYLOAD_MESSAGES'], [wrap([[one, none, none]]), 'PAYLOAD_TRANSACTIONS'], [wrap([[one, none, [[]]]]), 'PAYLOAD_TRANSACTION'],
    [Uint8Array.of(1, 0xc5, 0xc4, 0x81, 0x01, 0x80, 0xc0), 'RLP'],
  ];
  for (const [bytes, code] of cases) {
    const decoded = decodePayload(bytes);
    assert.equal(decoded.ok, false, toHex(bytes));
    assert.ok(!decoded.ok && decoded.code.startsWith(code === 'RLP_NOT_CANONICAL' ? 'RLP' : code), `${toHex(bytes)}: expected ${code}, got ${decoded.ok ? 'ok' : decoded.code}`);
  }
});

test('payloadBlockBytes adds up to the payload length but for its two prefixes', () => {
  fc.assert(fc.property(fc.array(payloadBlock, { minLength: 1, maxLength: 5 }), (blocks) => {
    const body = blocks.reduce((sum, block) => sum + payloadBlockBytes(block), 0);
    const prefix = encodePayload(blocks).length - body;
    assert.ok(prefix >= 2 && prefix <= 5, `prefix of ${prefix} bytes`);
  }));
});

test('a 0x7E transaction decodes back, hashes as its bytes, and agrees with ethers on RLP', () => {
  fc.assert(fc.property(depositTransaction, (tx) => {
    const bytes = encodeDepositTransaction(tx);
    assert.deepEqual(decodeDepositTransaction(bytes), { ok: true, value: tx });
    assert.equal(depositTransactionHash(tx), keccak256(bytes));
    const minimal = (value: bigint): Uint8Array => (value === 0n ? new Uint8Array(0) : toBeArray(value));
    const list = [minimal(tx.chainId), minimal(tx.index), tx.from, tx.to ?? '0x', minimal(tx.mintWei), minimal(tx.valueWei), minimal(tx.gas), minimal(tx.surcharge), tx.data];
    assert.equal(toHex(bytes), `0x7e${ethersEncodeRlp(list).slice(2)}`);
  }));
});

test('brackets, however many beside or inside each other, are refused without a throw and in linear time', () => {
  const room = Number(MAX_PAYLOAD_BYTES) - 6;
  const inList = (content: Uint8Array): Uint8Array => Uint8Array.of(0xfa, content.length >> 16, (content.length >> 8) & 255, content.length & 255, ...content);
  const nested = (depth: number): Uint8Array => {
    const prefixes: number[][] = [];
    for (let level = 0, length = 0; level < depth; level++) {
      const prefix = length < 56 ? [0xc0 + length] : length < 256 ? [0xf8, length] : length < 65_536 ? [0xf9, length >> 8, length & 255] : [0xfa, length >> 16, (length >> 8) & 255, length & 255];
      prefixes.push(prefix);
      length += prefix.length;
    }
    return Uint8Array.from(prefixes.reverse().flat());
  };
  const bombs = [inList(new Uint8Array(room).fill(0xc0)), inList(new Uint8Array(room).fill(0x80)), nested(17), nested(5_400), nested(30_000), nested(33_000)];
  const started = performance.now();
  for (const bomb of bombs) {
    const payload = Uint8Array.of(1, ...bomb);
    assert.ok(payload.length <= Number(MAX_PAYLOAD_BYTES));
    assert.ok(!decodePayload(payload).ok);
    assert.ok(!decodeDepositTransaction(Uint8Array.of(0x7e, ...bomb)).ok);
  }
  assert.ok(performance.now() - started < 5_000);
});

test('canonical RLP agrees with ethers on what it accepts', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
    const ours = decodeRlp(bytes);
    if (ours.ok) assert.doesNotThrow(() => ethersDecodeRlp(bytes));
  }), { numRuns: 2_000 });
});

test('messages that the Inbox could not have enqueued are refused by name', () => {
  const bytes = encodeMessage(message);
  const set = (offset: number, value: Uint8Array): Uint8Array => {
    const changed = bytes.slice();
    changed.set(value, offset);
    return changed;
  };
  const signed = encodeMessage({ ...message, kind: 'signed', to: `0x${'00'.repeat(20)}`, mintWei: 0n, valueWei: 0n });
  const cases: [Uint8Array, string][] = [
    [bytes.subarray(0, 129), 'MESSAGE_TOO_SHORT'], [set(0, Uint8Array.of(2)), 'MESSAGE_VERSION'], [set(1, Uint8Array.of(0)), 'MESSAGE_KIND'], [set(1, Uint8Array.of(4)), 'MESSAGE_KIND'],
    [set(1, Uint8Array.of(2)), 'MESSAGE_TO'], [set(106, uintBytes(MAX_MESSAGE_ZKGAS + 1n, 8)), 'MESSAGE_ZKGAS'], [Uint8Array.of(...bytes, ...new Uint8Array(100_001)), 'MESSAGE_DATA'],
    [Uint8Array.of(...signed.subarray(0, 73), 1, ...signed.subarray(74)), 'MESSAGE_SIGNED_VALUE'],
  ];
  for (const [hostile, code] of cases) {
    const decoded = decodeMessage(hostile);
    assert.equal(decoded.ok ? 'ok' : decoded.code, code);
  }
  assert.equal(decodeMessage(set(106, uintBytes(MAX_MESSAGE_ZKGAS, 8))).ok, true, 'the cap itself is allowed');
  assert.equal(decodeMessage(bytes.slice(0, 130)).ok, true, 'no data is allowed');
});

test('encoders refuse what does not fit and say so', () => {
  assert.throws(() => encodeMessage({ ...message, gas: 1n << 64n }), /gas: expected an unsigned 64-bit integer, got 18446744073709551616/);
  assert.throws(() => encodeMessage({ ...message, valueWei: -1n }), EncodingError);
  assert.throws(() => encodeMessage({ ...message, sender: '0x1234' as Hex }), /sender: expected 20 bytes, got 2 bytes/);
  assert.throws(() => fromHex('0xabc'), /an even number of hex digits/);
  assert.throws(() => depositTransactionOf({ ...message, kind: 'signed' }, 0n, 1n), /expected CALL or CREATE/);
});

test('the base fee moves as EIP-1559 says and never below the minimum', () => {
  fc.assert(fc.property(fc.bigInt({ min: MIN_BASE_FEE_WEI, max: 10n ** 15n }), fc.bigInt({ min: 0n, max: BLOCK_GAS_LIMIT }), (baseFeeWei, gasUsed) => {
    const next = nextBaseFeeWei({ baseFeeWei, gasUsed });
    assert.ok(next >= MIN_BASE_FEE_WEI);
    assert.ok(next <= baseFeeWei + baseFeeWei / 8n + 1n);
    assert.ok(next >= baseFeeWei - baseFeeWei / 8n || next === MIN_BASE_FEE_WEI);
    if (gasUsed === BLOCK_GAS_LIMIT / 2n) assert.equal(next, baseFeeWei);
  }));
  // The worked example of EIP-1559: full blocks raise the base fee by one eighth.
  assert.equal(nextBaseFeeWei({ baseFeeWei: 1_000_000_000n, gasUsed: BLOCK_GAS_LIMIT }), 1_125_000_000n);
  assert.equal(nextBaseFeeWei({ baseFeeWei: 1_000_000_000n, gasUsed: 0n }), 875_000_000n);
});

test('fees follow the formulas of the specification', () => {
  assert.equal(calldataTokens(Uint8Array.of(0, 1, 0, 255)), 10n);
  assert.equal(dataFeeWei(Uint8Array.of(0, 1, 0, 255), 7n, GENESIS_FEE_CONFIG), 700n);
  assert.equal(dataFeeWei(Uint8Array.of(1), 1n, { ...GENESIS_FEE_CONFIG, dataFeeScalar: 99_999n }), 3n, 'rounded down');
  assert.equal(messagePriceWei(100_000n, 0n, 0n), 350_000n * 2_000_000_000n + 100_000n * 50_000_000n);
  assert.equal(messagePriceWei(1n, 3_000_000_000n, 1_100_000_000n), 350_000n * 3_000_000_000n + 100_000_000n);
  assert.equal(messagePriceWei(1n, 0n, 1_099_999_999n), messagePriceWei(1n, 0n, 0n), 'one below the doubling');
  assert.equal(messagePriceWei(1n, 0n, 1_100_000_000n * 50n), messagePriceWei(1n, 0n, 1_100_000_000n * 12n), 'twelve doublings at most');
  assert.equal(minimumMessageGas('call', 0), 21_000n);
  assert.equal(minimumMessageGas('create', 33), 21_000n + 33n * 40n + 32_000n + 4n);
  assert.equal(hexlify(uintBytes(258n, 4)), '0x00000102');
});
