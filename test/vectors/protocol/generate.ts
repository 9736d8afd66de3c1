/**
 * Writes the protocol vectors that TypeScript and Solidity both run.
 *
 * Owns the choice of cases: edges by hand, the rest drawn by fast-check from a fixed seed. Expected values come from ethers, which this
 * project did not write, never from node/protocol; a run without changes rewrites the same bytes. Run: node test/vectors/protocol/generate.ts
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AbiCoder, TypedDataEncoder, ZeroAddress, ZeroHash, concat, hexlify, keccak256, solidityPacked, toBeHex } from 'ethers';
import fc from 'fast-check';

const SEED = 20261122;
const abi = AbiCoder.defaultAbiCoder();
const hash = (types: string[], values: unknown[]): string => keccak256(abi.encode(types, values));

const uint = (bits: number): fc.Arbitrary<bigint> => fc.oneof(fc.constantFrom(0n, 1n, (1n << BigInt(bits)) - 1n), fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n }));
const bytes = (size: number): fc.Arbitrary<string> => fc.uint8Array({ minLength: size, maxLength: size }).map((value) => hexlify(value));
const address = bytes(20);
const bytes32 = bytes(32);
const draw = <T>(arbitrary: fc.Arbitrary<T>, count: number): T[] => fc.sample(arbitrary, { seed: SEED, numRuns: count });

function messages(): object[] {
  const data = fc.uint8Array({ maxLength: 200 }).map((value) => hexlify(value));
  const common = { sender: address, gas: fc.bigInt({ min: 21_000n, max: 5_000_000n }), surcharge: fc.bigInt({ min: 0n, max: 5_000_000n }), l1Time: uint(64), data };
  const call = fc.record({ kind: fc.constant('call'), to: address, mint: uint(256), value: uint(256), ...common });
  const create = fc.record({ kind: fc.constant('create'), to: fc.constant(ZeroAddress), mint: uint(256), value: uint(256), ...common });
  const signed = fc.record({ kind: fc.constant('signed'), to: fc.constant(ZeroAddress), mint: fc.constant(0n), value: fc.constant(0n), ...common });
  const kinds: Record<string, number> = { call: 1, create: 2, signed: 3 };
  let accumulator: string = ZeroHash;
  return [...draw(call, 8), ...draw(create, 4), ...draw(signed, 4)].map((m) => {
    const encoded = solidityPacked(
      ['uint8', 'uint8', 'address', 'address', 'uint256', 'uint256', 'uint64', 'uint64', 'uint64', 'bytes'],
      [1, kinds[m.kind], m.sender, m.to, m.mint, m.value, m.gas, m.surcharge, m.l1Time, m.data],
    );
    accumulator = keccak256(concat([accumulator, keccak256(encoded)]));
    return { ...m, encoded, hash: keccak256(encoded), accumulator };
  });
}

function statements(): object[] {
  const arbitrary = fc.record({
    l1ChainId: uint(256), l2ChainId: uint(256), rollup: address, specId: uint(256), mode: fc.constantFrom(1, 2), parentHash: bytes32,
    payloadKind: fc.constantFrom(0, 1, 2), payloadCommitment: bytes32, inboxFrom: uint(64), accFrom: bytes32, inboxTo: uint(64), accTo: bytes32,
    skipRoot: bytes32, originNumber: uint(64), originHash: bytes32, feeConfigHash: bytes32,
    lastNumber: uint(64), lastHash: bytes32, stateRoot: bytes32, lastTimestamp: uint(64), zkGasUsed: uint(64), dropRoot: bytes32,
    beneficiary: address, minL1Time: uint(64), maxL1Time: uint(64), lane: address,
  });
  return draw(arbitrary, 12).map((s) => {
    const inputs = hash(
      ['uint8', 'uint256', 'uint256', 'address', 'uint256', 'uint8', 'bytes32', 'uint8', 'bytes32', 'uint64', 'bytes32', 'uint64', 'bytes32', 'bytes32', 'uint64', 'bytes32', 'bytes32'],
      [1, s.l1ChainId, s.l2ChainId, s.rollup, s.specId, s.mode, s.parentHash, s.payloadKind, s.payloadCommitment, s.inboxFrom, s.accFrom, s.inboxTo, s.accTo, s.skipRoot, s.originNumber, s.originHash, s.feeConfigHash],
    );
    const outputs = hash(['uint64', 'bytes32', 'bytes32', 'uint64', 'uint64', 'bytes32'], [s.lastNumber, s.lastHash, s.stateRoot, s.lastTimestamp, s.zkGasUsed, s.dropRoot]);
    const binding = hash(['address', 'uint64', 'uint64'], [s.beneficiary, s.minL1Time, s.maxL1Time]);
    const statement = hash(['bytes32', 'bytes32', 'bytes32'], [inputs, outputs, binding]);
    const domain = { name: 'Keyfall Attestation', version: '1', chainId: s.l1ChainId, verifyingContract: s.lane };
    const types = { Attestation: [{ name: 'inputs', type: 'bytes32' }, { name: 'outputs', type: 'bytes32' }] };
    return { ...s, inputs, outputs, binding, statement, attestationDigest: TypedDataEncoder.hash(domain, types, { inputs, outputs }) };
  });
}

function withdrawals(): object[] {
  const arbitrary = fc.record({ nonce: uint(256), assetKind: fc.constantFrom(0, 1, 2, 3), token: address, id: uint(256), amount: uint(256), from: address, recipient: address });
  return draw(arbitrary, 12).map((w) => {
    const digest = hash(['uint256', 'uint8', 'address', 'uint256', 'uint256', 'address', 'address'], [w.nonce, w.assetKind, w.token, w.id, w.amount, w.from, w.recipient]);
    return { ...w, hash: digest, sentSlot: hash(['bytes32', 'uint256'], [digest, 0]), assetKey: hash(['uint8', 'address', 'uint256'], [w.assetKind, w.token, w.id]) };
  });
}

function hashChains(): object {
  const indices = draw(uint(64), 6);
  let dropRoot: string = ZeroHash;
  const drops = indices.map((index, i) => {
    dropRoot = hash(['bytes32', 'uint256', 'uint256'], [dropRoot, index, (i % 12) + 1]);
    return { index, reason: (i % 12) + 1, dropRoot };
  });
  const skips = draw(fc.record({ from: uint(63), width: fc.bigInt({ min: 1n, max: 1n << 20n }), accumulatorFrom: bytes32, accumulatorTo: bytes32 }), 4)
    .map(({ from, width, accumulatorFrom, accumulatorTo }) => ({
      from, to: from + width, accumulatorFrom, accumulatorTo,
      skipRoot: hash(['uint64', 'uint64', 'bytes32', 'bytes32'], [from, from + width, accumulatorFrom, accumulatorTo]),
    }));
  const intervals = [1n, 2n, 3_600n, (1n << 64n) - 1n].map((seconds) => ({ seconds, commitment: toBeHex(seconds, 32) }));
  const feeConfigs = draw(fc.record({ dataFeeScalar: uint(128), surchargeScalar: uint(128) }), 4)
    .map((c) => ({ ...c, hash: hash(['uint256', 'uint256'], [c.dataFeeScalar, c.surchargeScalar]) }));
  const aliases = ['0x0000000000000000000000000000000000000000', '0xffffffffffffffffffffffffffffffffffffffff', ...draw(address, 4)]
    .map((l1) => ({ l1, l2: toBeHex((BigInt(l1) + 0x1111000000000000000000000000000000001111n) % (1n << 160n), 20) }));
  return { drops, skips, intervals, feeConfigs, aliases };
}

/** Every vector file by name, with its exact text. */
export function vectorFiles(): Map<string, string> {
  const render = (value: object): string => `${JSON.stringify(value, (_, field: unknown) => (typeof field === 'bigint' ? field.toString() : field), 1)}\n`;
  return new Map([
    ['messages.json', render(messages())],
    ['statements.json', render(statements())],
    ['withdrawals.json', render(withdrawals())],
    ['hash-chains.json', render(hashChains())],
  ]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, content] of vectorFiles()) writeFileSync(new URL(name, import.meta.url), content);
}
