/**
 * The protocol codecs against vectors whose expected values ethers computed; Solidity runs the same files.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  applyAlias, assetKey, attestationDigest, attestationDomain, bindingHash, decodeMessage, DROP_REASONS, encodeMessage, enforcedPayloadCommitment, feeConfigHash, fromHex, inputsHash,
  messageHash, nextAccumulator, nextDropRoot, outputsHash, sentSlot, skipRootOf, statementHash, toHex, undoAlias, withdrawalHash, ZERO_HASH,
  type AssetKind, type DropReason, type Hex, type MessageKind,
} from '@keyfall/protocol';
import { vectorFiles } from '../../vectors/protocol/generate.ts';

type Row = Record<string, string>;
const load = <T>(name: string): T => JSON.parse(readFileSync(new URL(`../../vectors/protocol/${name}`, import.meta.url), 'utf8')) as T;
const big = (row: Row, field: string): bigint => BigInt(row[field]!);
const hex = (row: Row, field: string): Hex => row[field] as Hex;

test('committed vectors are exactly what the generator writes', () => {
  for (const [name, content] of vectorFiles()) assert.equal(readFileSync(new URL(`../../vectors/protocol/${name}`, import.meta.url), 'utf8'), content, name);
});

test('messages encode, hash and accumulate as the vectors say, and decode back', () => {
  let accumulator = ZERO_HASH;
  for (const row of load<Row[]>('messages.json')) {
    const message = {
      kind: row.kind as MessageKind, sender: hex(row, 'sender'), to: hex(row, 'to'), mintWei: big(row, 'mint'), valueWei: big(row, 'value'),
      gas: big(row, 'gas'), surcharge: big(row, 'surcharge'), l1Time: big(row, 'l1Time'), data: fromHex(row.data!),
    };
    const encoded = encodeMessage(message);
    assert.equal(toHex(encoded), row.encoded);
    assert.equal(messageHash(encoded), row.hash);
    accumulator = nextAccumulator(accumulator, messageHash(encoded));
    assert.equal(accumulator, row.accumulator);
    assert.deepEqual(decodeMessage(encoded), { ok: true, value: message });
  }
});

test('statements hash as the vectors say, attestation digests included', () => {
  for (const row of load<Row[]>('statements.json')) {
    const inputs = inputsHash({
      l1ChainId: big(row, 'l1ChainId'), l2ChainId: big(row, 'l2ChainId'), rollup: hex(row, 'rollup'), specId: big(row, 'specId'), mode: Number(row.mode),
      parentHash: hex(row, 'parentHash'), payloadKind: Number(row.payloadKind), payloadCommitment: hex(row, 'payloadCommitment'),
      inboxFrom: big(row, 'inboxFrom'), accFrom: hex(row, 'accFrom'), inboxTo: big(row, 'inboxTo'), accTo: hex(row, 'accTo'),
      skipRoot: hex(row, 'skipRoot'), originNumber: big(row, 'originNumber'), originHash: hex(row, 'originHash'), feeConfigHash: hex(row, 'feeConfigHash'),
    });
    const outputs = outputsHash({
      lastNumber: big(row, 'lastNumber'), lastHash: hex(row, 'lastHash'), stateRoot: hex(row, 'stateRoot'),
      lastTimestamp: big(row, 'lastTimestamp'), zkGasUsed: big(row, 'zkGasUsed'), dropRoot: hex(row, 'dropRoot'),
    });
    const binding = bindingHash({ beneficiary: hex(row, 'beneficiary'), minL1Time: big(row, 'minL1Time'), maxL1Time: big(row, 'maxL1Time') });
    assert.deepEqual([inputs, outputs, binding], [row.inputs, row.outputs, row.binding]);
    assert.equal(statementHash(inputs, outputs, binding), row.statement);
    assert.equal(attestationDigest(attestationDomain(big(row, 'l1ChainId'), hex(row, 'lane')), inputs, outputs), row.attestationDigest);
  }
});

test('withdrawals hash, and find their slots, as the vectors say', () => {
  const kinds: AssetKind[] = ['eth', 'erc20', 'erc721', 'erc1155'];
  for (const row of load<Row[]>('withdrawals.json')) {
    const assetKind = kinds[Number(row.assetKind)]!;
    const digest = withdrawalHash({
      nonce: big(row, 'nonce'), assetKind, token: hex(row, 'token'), id: big(row, 'id'), amount: big(row, 'amount'), from: hex(row, 'from'), recipient: hex(row, 'recipient'),
    });
    assert.equal(digest, row.hash);
    assert.equal(sentSlot(digest), row.sentSlot);
    assert.equal(assetKey(assetKind, hex(row, 'token'), big(row, 'id')), row.assetKey);
  }
});

test('drop roots, skip roots, fee configurations and aliases are as the vectors say', () => {
  const chains = load<{ drops: Row[]; skips: Row[]; intervals: Row[]; feeConfigs: Row[]; aliases: Row[] }>('hash-chains.json');
  const reasons = Object.keys(DROP_REASONS) as DropReason[];
  let root = ZERO_HASH;
  for (const row of chains.drops) {
    const reason = reasons.find((name) => DROP_REASONS[name] === Number(row.reason));
    assert.ok(reason !== undefined, `a name for reason ${row.reason}`);
    root = nextDropRoot(root, { index: big(row, 'index'), reason });
    assert.equal(root, row.dropRoot);
  }
  for (const row of chains.skips) assert.equal(skipRootOf(big(row, 'from'), big(row, 'to'), hex(row, 'accumulatorFrom'), hex(row, 'accumulatorTo')), row.skipRoot);
  assert.equal(skipRootOf(5n, 5n, ZERO_HASH, ZERO_HASH), ZERO_HASH, 'an empty range has no root');
  assert.throws(() => skipRootOf(5n, 4n, ZERO_HASH, ZERO_HASH), /expected an end that is not before the start/);
  for (const row of chains.intervals) assert.equal(enforcedPayloadCommitment(big(row, 'seconds')), row.commitment);
  assert.throws(() => enforcedPayloadCommitment(0n), /at least 1 second/);
  for (const row of chains.feeConfigs) assert.equal(feeConfigHash({ dataFeeScalar: big(row, 'dataFeeScalar'), surchargeScalar: big(row, 'surchargeScalar') }), row.hash);
  for (const row of chains.aliases) {
    assert.equal(applyAlias(hex(row, 'l1')), row.l2);
    assert.equal(undoAlias(hex(row, 'l2')), row.l1);
  }
});
