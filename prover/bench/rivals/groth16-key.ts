// A Groth16 proving key for a constraint system, in snarkjs' file format, made from a secret that everybody knows.
// Owns: the set-up. Whoever knows its secret can prove anything: it serves to time the prover, which does the same work under any key.
// Does not own: the circuit (keccak-r1cs.ts), proving and checking (snarkjs.ts).
// With the secret known a key is one scalar a point, all multiples of the generators; a ceremony's file would be 600 MB to fetch.
// Invariant: snarkjs' own verifier accepts proofs under the key of the circuit's statement (the bench does not answer otherwise).

import assert from "node:assert/strict";
import { FIELD_BYTES, encodeFile, writeField } from "./circom-file.ts";
import { GROUP_ORDER, PUBLIC_WIRES } from "./keccak-r1cs.ts";
import type { R1cs } from "./keccak-r1cs.ts";

type Memory = { memory: WebAssembly.Memory; u8: Uint8Array; u32: Uint32Array; readonly instance: { readonly exports: Record<string, (...pointers: number[]) => void> }; alloc(bytes: number): number };
type Group = { readonly F: { readonly n8: number }; readonly gAffine: Uint8Array; readonly zeroAffine: Uint8Array };
/** What is used of ffjavascript's single-threaded curve. */
export type Curve = {
  readonly q: bigint; readonly tm: Memory; readonly G1: Group; readonly G2: Group;
  readonly Fr: { readonly w: readonly unknown[]; toObject(element: unknown): bigint };
};

/** The secret: any numbers do. gamma = delta = 1. */
const [TAU, ALPHA, BETA] = [0x1234567890abcdefn, 0xfedcba0987654321n, 0x5eed5eed5eedn];
const GROTH16 = 1;
const WINDOW = 256;
const BATCH = 4096;
const PAGE = 65_536;

const reduce = (value: bigint): bigint => ((value % GROUP_ORDER) + GROUP_ORDER) % GROUP_ORDER;
const power = (base: bigint, exponent: bigint): bigint => {
  let [result, square] = [1n, reduce(base)];
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * square) % GROUP_ORDER;
    square = (square * square) % GROUP_ORDER;
  }
  return result;
};
const inverse = (value: bigint): bigint => power(value, GROUP_ORDER - 2n);

/** L_j(tau) over the powers of `root`: (tau^N - 1) / N * root^j / (tau - root^j), one inversion for all. */
const lagrangeAtTau = (root: bigint, size: number): bigint[] => {
  const powers = [1n];
  while (powers.length < size) powers.push((powers.at(-1)! * root) % GROUP_ORDER);
  const before = [1n];
  for (const point of powers) before.push((before.at(-1)! * reduce(TAU - point)) % GROUP_ORDER);
  let rest = inverse(before.at(-1)!);
  const scale = reduce((power(TAU, BigInt(size)) - 1n) * inverse(BigInt(size)));
  const values = Array.from({ length: size }, () => 0n);
  for (let j = size - 1; j >= 0; j -= 1) {
    const point = powers[j]!;
    values[j] = (((scale * point) % GROUP_ORDER) * ((rest * before[j]!) % GROUP_ORDER)) % GROUP_ORDER;
    rest = (rest * reduce(TAU - point)) % GROUP_ORDER;
  }
  return values;
};

/** Multiples of a group's generator, eight bits of a scalar at a time, on points that stay in the curve's memory. */
const multiplesOf = ({ tm }: Curve, prefix: string, group: Group, scalars: readonly bigint[]): Uint8Array => {
  const [affine, jacobian] = [2 * group.F.n8, 3 * group.F.n8];
  const mark = tm.u32[0]!;
  const needed = FIELD_BYTES * WINDOW * affine + (BATCH + WINDOW) * jacobian;
  tm.memory.grow(Math.ceil(needed / PAGE) + 1);
  tm.u8 = new Uint8Array(tm.memory.buffer);
  tm.u32 = new Uint32Array(tm.memory.buffer);
  const [table, sums] = [tm.alloc(FIELD_BYTES * WINDOW * affine), tm.alloc((BATCH + WINDOW) * jacobian)];
  const call = (name: string, ...pointers: number[]): void => {
    const exported = tm.instance.exports[`${prefix}_${name}`];
    assert(exported !== undefined, `the curve has no ${prefix}_${name}`);
    exported(...pointers);
  };
  // Row i of the table: 0 to 255 times 256^i times the generator.
  tm.u8.set(group.gAffine, table + affine);
  for (let row = 0; row < FIELD_BYTES; row += 1) {
    const base = table + (row * WINDOW + 1) * affine;
    call("zero", sums);
    for (let i = 1; i <= WINDOW; i += 1) call("addMixed", sums + (i - 1) * jacobian, base, sums + i * jacobian);
    call("batchToAffine", sums, WINDOW, table + row * WINDOW * affine);
    if (row + 1 < FIELD_BYTES) call("toAffine", sums + WINDOW * jacobian, table + ((row + 1) * WINDOW + 1) * affine);
  }
  const points = new Uint8Array(scalars.length * affine);
  const bytes = new Uint8Array(FIELD_BYTES);
  for (let first = 0; first < scalars.length; first += BATCH) {
    const batch = scalars.slice(first, first + BATCH);
    batch.forEach((scalar, i) => {
      const sum = sums + i * jacobian;
      call("zero", sum);
      if (scalar === 0n) return;
      writeField(new DataView(bytes.buffer), scalar);
      bytes.forEach((digit, row) => { if (digit !== 0) call("addMixed", sum, table + (row * WINDOW + digit) * affine, sum); });
    });
    call("batchToAffine", sums, batch.length, sums);
    points.set(tm.u8.subarray(sums, sums + batch.length * affine), first * affine);
  }
  tm.u32[0] = mark;
  return points;
};

/** Each wire's polynomials at tau, and the coefficients that a prover evaluates. */
const wiresAtTau = ({ constraints, witness }: R1cs, lagrange: readonly bigint[]) => {
  const polynomials = [0, 1, 2].map(() => witness.map(() => 0n)) as [bigint[], bigint[], bigint[]];
  const coefficients: { readonly matrix: number; readonly row: number; readonly wire: number; readonly value: bigint }[] = [];
  const add = (matrix: 0 | 1 | 2, row: number, wire: number, value: bigint): void => {
    const values = polynomials[matrix];
    values[wire] = reduce(values[wire]! + value * lagrange[row]!);
    if (matrix !== 2) coefficients.push({ matrix, row, wire, value });
  };
  constraints.forEach((constraint, row) => constraint.forEach((combination, matrix) => {
    for (const [wire, value] of combination) add(matrix as 0 | 1 | 2, row, wire, value);
  }));
  // One row a public wire keeps their polynomials independent.
  for (let wire = 0; wire <= PUBLIC_WIRES; wire += 1) add(0, constraints.length + wire, wire, 1n);
  return { polynomials, coefficients };
};

/** log2 of the rows of a circuit: its constraints and one a public wire and the constant. */
export const logRowsOf = ({ constraints }: R1cs): number => Math.ceil(Math.log2(constraints.length + PUBLIC_WIRES + 1));

/** The key as a `.zkey`. */
export const groth16Key = (curve: Curve, r1cs: R1cs): Uint8Array => {
  const logRows = logRowsOf(r1cs);
  const [root, finerRoot] = [logRows, logRows + 1].map((log) => curve.Fr.toObject(curve.Fr.w[log])) as [bigint, bigint];
  const { polynomials: [a, b, c], coefficients } = wiresAtTau(r1cs, lagrangeAtTau(root, 2 ** logRows));
  const sums = a.map((value, wire) => reduce(BETA * value + ALPHA * b[wire]! + c[wire]!));
  // The quotient is given by a*b - c on the odd half of the finer domain; on the even half it is zero.
  const quotient = lagrangeAtTau(finerRoot, 2 ** (logRows + 1)).filter((_, j) => j % 2 === 1);
  const g1 = (scalars: readonly bigint[]): Uint8Array => multiplesOf(curve, "g1m", curve.G1, scalars);
  const g2 = (scalars: readonly bigint[]): Uint8Array => multiplesOf(curve, "g2m", curve.G2, scalars);
  const montgomerySquare = (1n << BigInt(16 * FIELD_BYTES)) % GROUP_ORDER;
  return encodeFile("zkey", 1, [
    (w) => { w.u32(GROTH16); },
    (w) => {
      for (const modulus of [curve.q, GROUP_ORDER]) {
        w.u32(FIELD_BYTES);
        w.field(modulus);
      }
      for (const count of [r1cs.witness.length, PUBLIC_WIRES, 2 ** logRows]) w.u32(count);
      for (const points of [g1([ALPHA]), g1([BETA]), g2([BETA]), g2([1n]), g1([1n]), g2([1n])]) w.bytes(points);
    },
    (w) => { w.bytes(g1(sums.slice(0, PUBLIC_WIRES + 1))); },
    (w) => {
      w.u32(coefficients.length);
      for (const { matrix, row, wire, value } of coefficients) {
        for (const number of [matrix, row, wire]) w.u32(number);
        w.field(reduce(value * montgomerySquare));
      }
    },
    (w) => { w.bytes(g1(a)); },
    (w) => { w.bytes(g1(b)); },
    (w) => { w.bytes(g2(b)); },
    (w) => { w.bytes(g1(sums.slice(PUBLIC_WIRES + 1))); },
    (w) => { w.bytes(g1(quotient)); },
    // No contributions: snarkjs' 64 bytes of circuit hash and a count.
    (w) => {
      w.bytes(new Uint8Array(64));
      w.u32(0);
    },
  ]);
};
