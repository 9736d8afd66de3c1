/**
 * Arithmetic gadgets over a circuit: bits, selections, powers, Horner sums, constraint expressions.
 *
 * Owns: their lane programs. Does not own: hashing (sponge-circuit.ts) or the protocol (verifier-circuit.ts).
 * Invariant: each gadget's result is the only value its constraints allow, given its input wires.
 */
import assert from "node:assert/strict";
import type { RingOperations } from "../air/evaluate.ts";
import { P, inv, mul } from "../field/koalabear.ts";
import type { Circuit, FeltWire, Wire } from "./circuit.ts";

const FIELD_BITS = 31;

/** Wires as a ring, so that the interpreter of the AIR emits lanes. Constants are wires too. */
export const wireRing = (circuit: Circuit): RingOperations<Wire> => ({
  constant: (value) => circuit.constant(value),
  add: (a, b) => circuit.add(a, b),
  sub: (a, b) => circuit.sub(a, b),
  mul: (a, b) => circuit.mul(a, b),
});

/** b^2 = b, hence b is 0 or 1 even in the extension. */
const assertBoolean = (circuit: Circuit, bit: Wire): void =>
  circuit.assertLaneZero({ product: 1, left: P - 1 }, bit, bit);

/**
 * The 31 bits of a base element, least significant first, canonical: the seven top bits are not all 1 unless the rest
 * is 0 (p - 1 = 127 * 2^24).
 */
export const canonicalBits = (circuit: Circuit, felt: FeltWire): FeltWire[] => {
  const value = felt.value[0];
  const bits = circuit.hintFelts(Array.from({ length: FIELD_BITS }, (_, i) => Math.floor(value / 2 ** i) % 2));
  for (const bit of bits) assertBoolean(circuit, bit);
  const low = packBits(circuit, bits.slice(0, 24));
  const top = bits.slice(24);
  circuit.assertEqual(top.reduce<Wire>((total, bit, i) => circuit.lane({ left: 2 ** (24 + i), addend: 1 }, bit, undefined, total), low), felt);
  const isTopFull = top.reduce<Wire>((product, bit, i) => (i === 0 ? bit : circuit.mul(product, bit)), circuit.constant(1));
  circuit.assertLaneZero({ product: 1 }, isTopFull, low);
  return bits;
};

/** `count` free bits (below 31) holding `value`; a value that does not fit leaves no witness. */
export const hintBits = (circuit: Circuit, value: number, count: number): FeltWire[] => {
  const bits = circuit.hintFelts(Array.from({ length: count }, (_, i) => Math.floor(value / 2 ** i) % 2));
  for (const bit of bits) assertBoolean(circuit, bit);
  return bits;
};

/** Requires 0 <= value < 2^count, count below 31. */
export const assertBits = (circuit: Circuit, value: Wire, count: number): void =>
  circuit.assertEqual(packBits(circuit, hintBits(circuit, value.value[0], count)), value);

/** Sum of bit_i 2^i; fewer than 31 bits. */
const packBits = (circuit: Circuit, bits: readonly Wire[]): Wire =>
  bits.reduce<Wire>((total, bit, i) => circuit.lane({ left: 2 ** i, addend: 1 }, bit, undefined, total), circuit.constant(0));

/** start * product of bases[i]^bits[i]; one lane a bit: x (1 + b (g - 1)). */
export const powerByBits = (circuit: Circuit, start: Wire, bases: readonly number[], bits: readonly Wire[]): Wire => {
  assert.equal(bases.length, bits.length, "one base per bit");
  return bits.reduce<Wire>((x, bit, i) => circuit.lane({ product: ((bases[i] ?? 1) + P - 1) % P, left: 1 }, x, bit), start);
};

/** values[index] where `bits` is the index, least significant first. */
export const selectByBits = (circuit: Circuit, values: readonly Wire[], bits: readonly Wire[]): Wire => {
  assert.equal(values.length, 2 ** bits.length, "one value per index");
  let level = [...values];
  for (const bit of bits) {
    const next: Wire[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const [low, high] = [level[i], level[i + 1]];
      assert(low !== undefined && high !== undefined);
      next.push(circuit.mulAdd(circuit.sub(high, low), bit, low));
    }
    level = next;
  }
  const [selected] = level;
  assert(selected !== undefined);
  return selected;
};

/** acc = acc * point + value over the list, from `start` (or zero). */
export const horner = (circuit: Circuit, values: readonly Wire[], point: Wire, start?: Wire): Wire =>
  values.reduce<Wire>((acc, value) => circuit.mulAdd(acc, point, value), start ?? circuit.constant(0));

/** base^exponent for a fixed exponent. */
export const fixedPower = (circuit: Circuit, base: Wire, exponent: number): Wire => {
  let result: Wire | undefined;
  let square = base;
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = result === undefined ? square : circuit.mul(result, square);
    if (rest > 1) square = circuit.mul(square, square);
  }
  return result ?? circuit.constant(1);
};

/** base^(2^k) */
export const powerOfTwo = (circuit: Circuit, base: Wire, k: number): Wire => {
  let result = base;
  for (let i = 0; i < k; i += 1) result = circuit.mul(result, result);
  return result;
};

/** The value at `challenge` of the polynomial through a row of 2^t values at y w^rev(i), given 1/y on a wire. */
export const foldValues = (circuit: Circuit, row: readonly Wire[], inverseY: Wire, challenge: Wire, inverseRoots: readonly number[]): Wire => {
  let values = [...row];
  let weight = circuit.mul(challenge, inverseY);
  const half = inv(2);
  for (let width = row.length; width > 1; width /= 2) {
    const next: Wire[] = [];
    for (let pair = 0; pair < width / 2; pair += 1) {
      const [a, b] = [values[2 * pair], values[2 * pair + 1]];
      assert(a !== undefined && b !== undefined);
      // y of this pair is y_row * w_width^rev(pair): its inverse is a constant times 1/y_row, to the level's power.
      const scale = mul(half, inverseRoots[inverseRootIndex(width, pair)] ?? 1);
      next.push(circuit.lane({ product: scale, addend: half }, circuit.sub(a, b), weight, circuit.add(a, b)));
    }
    values = next;
    weight = circuit.mul(weight, weight);
  }
  const [result] = values;
  assert(result !== undefined);
  return result;
};

/** Place of w_width^-rev(pair) in the list that `inverseRootTable` makes. */
const inverseRootIndex = (width: number, pair: number): number => width / 2 - 1 + pair;

/** For widths 2, 4, 8..: the inverses of w_width^rev(2 pair), pair by pair, in the order of `inverseRootIndex`. */
export const inverseRootTable = (logArity: number, rootOf: (log: number) => number): number[] => {
  const table: number[] = [];
  for (let log = 1; log <= logArity; log += 1) {
    const root = inv(rootOf(log));
    for (let pair = 0; pair < 2 ** (log - 1); pair += 1) {
      let exponent = 0;
      for (let bit = 0; bit < log; bit += 1) exponent = 2 * exponent + (Math.floor((2 * pair) / 2 ** bit) % 2);
      table.push(Array.from({ length: exponent }, () => root).reduce(mul, 1));
    }
  }
  return table;
};
