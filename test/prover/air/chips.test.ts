// Chips against implementations we did not write, with their widths and counts pinned.
import assert from "node:assert/strict";
import { test } from "node:test";
import { keccak_256, keccakP } from "@noble/hashes/sha3.js";
import { checkMachine } from "../../../prover/air/check.ts";
import { compileMachine } from "../../../prover/air/ir.ts";
import { mutateRows } from "../../../prover/air/mutate.ts";
import { reportChip } from "../../../prover/air/report.ts";
import { KECCAK_CHAIN, keccakCapacity, keccakChainTrace } from "../../../prover/air/chips/keccak.ts";
import { keccakPermutation } from "../../../prover/air/chips/keccak-round.ts";
import { POSEIDON2_BLOCK_WIDTH, POSEIDON2_CHAIN, poseidon2ChainTrace, poseidon2Row } from "../../../prover/air/chips/poseidon2.ts";
import { SHUFFLE_MACHINE } from "../../../prover/air/chips/shuffle.ts";
import { permute } from "../../../prover/hash/poseidon2.ts";

const [KECCAK] = compileMachine([KECCAK_CHAIN]);
const [POSEIDON2] = compileMachine([POSEIDON2_CHAIN]);
assert(KECCAK !== undefined && POSEIDON2 !== undefined);

const lanes = (seed: number): bigint[] =>
  Array.from({ length: 25 }, (_, i) => BigInt.asUintN(64, (BigInt(i + 1) * 0x9e3779b97f4a7c15n) ^ (BigInt(seed) << 17n)));

const noblePermutation = (state: readonly bigint[]): bigint[] => {
  const words = new Uint32Array(50);
  state.forEach((lane, i) => words.set([Number(lane & 0xffffffffn), Number(lane >> 32n)], 2 * i));
  keccakP(words);
  return state.map((_, i) => (BigInt(words[2 * i + 1] ?? 0) << 32n) | BigInt(words[2 * i] ?? 0));
};

test("the round witness composes to the keccak-f of @noble/hashes", () => {
  for (let seed = 0; seed < 20; seed += 1) assert.deepEqual(keccakPermutation(lanes(seed)), noblePermutation(lanes(seed)));
  assert.deepEqual(keccakPermutation(Array.from({ length: 25 }, () => 0n)), noblePermutation(Array.from({ length: 25 }, () => 0n)));
});

test("a one-block sponge over the permutation is keccak-256", () => {
  const message = new TextEncoder().encode("abc");
  const block = new Uint8Array(200);
  block.set(message);
  block[message.length] = 1;
  block[135] = 0x80;
  const view = new DataView(block.buffer);
  const state = Array.from({ length: 25 }, (_, i) => view.getBigUint64(8 * i, true));
  const digest = keccakPermutation(state).slice(0, 4);
  const bytes = new Uint8Array(32);
  digest.forEach((lane, i) => new DataView(bytes.buffer).setBigUint64(8 * i, lane, true));
  assert.deepEqual(bytes, keccak_256(message));
});

test("an honest keccak chain satisfies every constraint and exports what @noble/hashes computes", () => {
  const trace = keccakChainTrace(6, lanes(1), 2);
  assert.deepEqual(checkMachine([KECCAK], [trace]), []);
  const end = noblePermutation(noblePermutation(lanes(1)));
  const bits = end.flatMap((lane) => Array.from({ length: 64 }, (_, z) => Number((lane >> BigInt(z)) & 1n)));
  const limbs = Array.from({ length: 54 }, (_, limb) => bits.slice(30 * limb, 30 * limb + 30).reduce((total, bit, i) => total + bit * 2 ** i, 0));
  assert.deepEqual(trace.publics.slice(1).filter((_, i) => i % 2 === 1), limbs);
  assert.equal(trace.publics[0], 2);
  assert.deepEqual([keccakCapacity(5), keccakCapacity(6), keccakCapacity(16)], [1, 2, 2730]);
});

test("a chain that claims another count or another end state is caught", () => {
  const trace = keccakChainTrace(6, lanes(1), 2);
  for (const index of [0, 1, 2, 108]) {
    const publics = trace.publics.map((value, i) => (i === index ? value + 1 : value));
    assert.notDeepEqual(checkMachine([KECCAK], [{ ...trace, publics }]), [], `public ${index}`);
  }
});

test("no cell of a first, inner, last, exporting or final keccak row can change", { timeout: 60_000 }, () => {
  const trace = keccakChainTrace(5, lanes(3), 1);
  const rows = [0, 7, 23, 24, 31];
  const report = mutateRows(KECCAK, trace, rows, [(value) => (value === 0 ? 1 : value - 1)]);
  assert.equal(report.tried, rows.length * KECCAK.mainWidth);
  assert.deepEqual(report.survivors, []);
});

test("the Poseidon2 block computes the permutation of hash/poseidon2.ts in 164 columns", () => {
  assert.equal(16 + POSEIDON2_BLOCK_WIDTH, 164);
  for (let seed = 0; seed < 10; seed += 1) {
    const input = Array.from({ length: 16 }, (_, i) => (i * 0x1234567 + seed * 0x7654321) % 0x7f000001);
    const state = Uint32Array.from(input);
    permute(state);
    assert.deepEqual(poseidon2Row(input).output, [...state]);
  }
  const trace = poseidon2ChainTrace(3, Array.from({ length: 16 }, (_, i) => i * i));
  assert.deepEqual(checkMachine([POSEIDON2], [trace]), []);
});

test("widths, constraint counts, interactions and degrees of every chip are as pinned", () => {
  const pinned = [...compileMachine(SHUFFLE_MACHINE), POSEIDON2, KECCAK].map(reportChip).map((r) =>
    [r.name, r.preprocessed, r.main, r.permutation, r.nextOpened, r.constraints, r.lookupConstraints, r.interactions, r.degree]);
  assert.deepEqual(pinned, [
    ["unsorted", 0, 3, 4, 4, 1, 1, 2, 3],
    ["sorted", 0, 5, 8, 8, 7, 2, 3, 3],
    ["range:range", 1, 1, 4, 4, 0, 1, 1, 2],
    ["poseidon2-chain", 0, 164, 0, 16, 196, 0, 0, 3],
    ["keccak-chain", 0, 2315, 0, 68, 2813, 0, 0, 3],
  ]);
});
