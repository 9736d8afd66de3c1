// All Osaka precompiles are present, and the WASM BLS12-381 agrees with noble's on valid, edge and broken inputs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { getActivePrecompiles, MCLBLS, NobleBLS } from '@ethereumjs/evm';
import type { EVMBLSInterface, PrecompileInput } from '@ethereumjs/evm';
import mcl from 'mcl-wasm';
import { concatBytes, toFixedBytes, toHex } from '../../../node/execute/bytes.ts';
import { createMachine, createRules } from '../../../node/execute/machine.ts';

test('the precompiles are exactly those of Osaka', async () => {
  const { evm } = await createMachine(1n, false);
  const numbers = [...evm.precompiles.keys()].map((address) => Number(`0x${address}`)).toSorted((a, b) => a - b);
  assert.deepEqual(numbers, [...Array.from({ length: 17 }, (_, i) => i + 1), 0x100]);
});

const word = (value: bigint): Uint8Array => toFixedBytes(value, 64);
const scalarBytes = (value: bigint): Uint8Array => toFixedBytes(value, 32);
function g1(scalar: bigint): Uint8Array {
  if (scalar === 0n) return new Uint8Array(128);
  const { x, y } = bls12_381.G1.Point.BASE.multiply(scalar).toAffine();
  return concatBytes(word(x), word(y));
}
function g2(scalar: bigint): Uint8Array {
  if (scalar === 0n) return new Uint8Array(256);
  const { x, y } = bls12_381.G2.Point.BASE.multiply(scalar).toAffine();
  return concatBytes(word(x.c0), word(x.c1), word(y.c0), word(y.c1));
}

test('BLS12-381 in WASM gives noble’s results and refuses what noble refuses', async () => {
  await mcl.init(mcl.BLS12_381);
  const [wasm, noble]: EVMBLSInterface[] = [new MCLBLS(mcl), new NobleBLS()];
  for (const implementation of [wasm, noble]) implementation?.init?.();
  const scalar = fc.oneof(fc.bigInt(1n, bls12_381.fields.Fr.ORDER - 1n), fc.constantFrom(0n, 1n, 2n));
  const field = fc.bigInt(0n, bls12_381.fields.Fp.ORDER - 1n);
  const input = fc.oneof(
    fc.tuple(scalar, scalar).map(([a, b]) => [0x0b, concatBytes(g1(a), g1(b))] as const),
    fc.tuple(scalar, scalar).map(([a, b]) => [0x0d, concatBytes(g2(a), g2(b))] as const),
    fc.tuple(scalar, fc.bigInt(0n, 2n ** 256n - 1n), scalar, scalar).map(([a, k, b, l]) => [0x0c, concatBytes(g1(a), scalarBytes(k), g1(b), scalarBytes(l))] as const),
    fc.tuple(scalar, fc.bigInt(0n, 2n ** 256n - 1n)).map(([a, k]) => [0x0e, concatBytes(g2(a), scalarBytes(k))] as const),
    fc.tuple(scalar, scalar).map(([a, b]) => [0x0f, concatBytes(g1(a), g2(b), g1(bls12_381.fields.Fr.ORDER - (a === 0n ? 1n : a)), g2(b))] as const),
    field.map((x) => [0x10, word(x)] as const),
    fc.tuple(field, field).map(([x, y]) => [0x11, concatBytes(word(x), word(y))] as const),
  );
  // Through the precompiles, which check padding and lengths before the curve library sees anything.
  const rules = createRules(1n);
  const active = getActivePrecompiles(rules);
  const run = async (bls: EVMBLSInterface, number: number, data: Uint8Array): Promise<string> => {
    const precompile = active.get(toHex(toFixedBytes(BigInt(number), 20)).slice(2))!;
    const result = await precompile({ data, gasLimit: 10_000_000n, common: rules, _EVM: { _bls: bls } } as unknown as PrecompileInput);
    return `${result.exceptionError === undefined ? 'ok' : 'refused'} ${result.executionGasUsed} ${toHex(result.returnValue)}`;
  };
  await fc.assert(
    fc.asyncProperty(input, fc.nat(), fc.boolean(), async ([number, data], at, isBroken) => {
      const given = data.slice();
      if (isBroken) given[at % given.length]! ^= 1;
      assert.equal(await run(wasm!, number, given), await run(noble!, number, given), `precompile 0x${number.toString(16)}`);
    }),
    { numRuns: 120 },
  );
});
