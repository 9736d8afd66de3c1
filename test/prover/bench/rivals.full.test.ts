// The statement that another prover is measured on is ours: its circuit's satisfied witness ends where keccak-f of another implementation
// does, and no bit of it can be changed; the proving key made for it is one whose proofs snarkjs accepts, and of that statement alone.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { keccakP } from "@noble/hashes/sha3.js";
import { groth16Key } from "../../../prover/bench/rivals/groth16-key.ts";
import { GROUP_ORDER, PUBLIC_WIRES, keccakCircuit } from "../../../prover/bench/rivals/keccak-r1cs.ts";
import type { R1cs } from "../../../prover/bench/rivals/keccak-r1cs.ts";
import { loadSnarkjs, witnessFile } from "../../../prover/bench/rivals/snarkjs-package.ts";
import { CHAIN_START } from "../../../prover/bench/rivals/statement.ts";

/** Rows that a witness breaks, among those given. */
const broken = ({ constraints }: R1cs, witness: readonly bigint[]): number[] => constraints.flatMap((constraint, row) => {
  const [a, b, c] = constraint.map((terms) => terms.reduce((sum, [wire, value]) => sum + witness[wire]! * value, 0n)) as [bigint, bigint, bigint];
  return (a * b - c) % GROUP_ORDER === 0n ? [] : [row];
});

test("the circuit of one keccak-f is satisfied, ends where noble's keccak-f ends, and holds every wire fast", () => {
  const circuit = keccakCircuit(CHAIN_START, 1);
  assert.deepEqual(broken(circuit, circuit.witness), []);
  const state = new Uint32Array(50);
  CHAIN_START.forEach((lane, i) => { state.set([Number(lane & 0xffffffffn), Number(lane >> 32n)], 2 * i); });
  keccakP(state, 24);
  assert.deepEqual(circuit.witness.slice(1, 26), Array.from({ length: 25 }, (_, i) => (BigInt(state[2 * i + 1]!) << 32n) | BigInt(state[2 * i]!)));
  assert.deepEqual(circuit.witness.slice(26, 51), CHAIN_START);
  for (const wire of [1, 25, 26, 50, 51, 1700, 77_777, circuit.witness.length - 1]) {
    const changed = circuit.witness.map((value, i) => (i === wire ? 1n - value : value));
    assert(broken(circuit, changed).length > 0, `wire ${wire}`);
  }
});

test("snarkjs accepts a proof under a key made here, and neither other public values nor a proof of a wrong witness", async () => {
  const folder = mkdtempSync(join(tmpdir(), "keyfall-groth16-"));
  const { curves, zKey, groth16 } = await loadSnarkjs();
  // Two private wires x and y: x * y is the first public value, (x + 2) * (1 - y) the second.
  const [x, y] = [PUBLIC_WIRES + 1, PUBLIC_WIRES + 2];
  const witnessOf = (first: bigint, second: bigint): bigint[] =>
    [1n, first, second + GROUP_ORDER, ...Array.from({ length: PUBLIC_WIRES - 2 }, () => 0n), 7n, 5n];
  const circuit: R1cs = {
    constraints: [[[[x, 1n]], [[y, 1n]], [[1, 1n]]], [[[x, 1n], [0, 2n]], [[0, 1n], [y, -1n]], [[2, 1n]]]],
    witness: witnessOf(35n, -36n),
  };
  assert.deepEqual(broken(circuit, circuit.witness), []);
  const [keyFile, good, bad] = ["key", "good", "bad"].map((name) => join(folder, name)) as [string, string, string];
  writeFileSync(keyFile, groth16Key(await curves.getCurveFromName("bn128", { singleThread: true }), circuit));
  writeFileSync(good, witnessFile(circuit.witness));
  writeFileSync(bad, witnessFile(witnessOf(35n, -54n)));
  const key = await zKey.exportVerificationKey(keyFile);
  const { proof, publicSignals } = await groth16.prove(keyFile, good);
  assert.equal(await groth16.verify(key, publicSignals, proof), true);
  assert.equal(await groth16.verify(key, ["36", ...publicSignals.slice(1)], proof), false);
  const wrong = await groth16.prove(keyFile, bad);
  assert.equal(await groth16.verify(key, wrong.publicSignals, wrong.proof), false);
  await (await curves.getCurveFromName("bn128", { singleThread: false })).terminate();
  rmSync(folder, { recursive: true });
});
