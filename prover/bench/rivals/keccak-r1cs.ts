// A chain of keccak-f as a rank-1 constraint system over BN254's scalar field, with its witness.
// Owns: the circuit in its usual shape: a bit a wire, one constraint per xor and per and, 6400 a round; public are end and start.
// Does not own: keys or proving (groth16-key.ts, snarkjs.ts).
// Invariant: the constraints depend on the number of permutations alone; the witness satisfies them.

import assert from "node:assert/strict";
import { ROUNDS, ROUND_CONSTANTS, rotationSource } from "../../air/chips/keccak-round.ts";
import type { State } from "../../air/chips/keccak-round.ts";

/** The order of BN254's groups. */
export const GROUP_ORDER = 0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001n;
const LANES = 25;
const LANE_BITS = 64;
const ONE_WIRE = 0;
/** Public wires: the end's lanes, then the start's. */
export const PUBLIC_WIRES = 2 * LANES;

type Term = readonly [wire: number, coefficient: bigint];
type Combination = readonly Term[];
/** a * b = c, coefficients modulo the order, possibly negative. */
type Constraint = readonly [a: Combination, b: Combination, c: Combination];
/** A bit as a combination of wires, and its value. */
type Bit = { readonly of: Combination; readonly value: bigint };

export type R1cs = { readonly constraints: readonly Constraint[]; /** Values of the wires: one, the public ones, then bits. */ readonly witness: readonly bigint[] };

const scaled = (combination: Combination, by: bigint): Combination => combination.map(([wire, coefficient]) => [wire, coefficient * by]);
const notBit = ({ of, value }: Bit): Bit => ({ of: [[ONE_WIRE, 1n], ...scaled(of, -1n)], value: 1n - value });

class Circuit {
  readonly constraints: Constraint[] = [];
  readonly witness: bigint[] = [1n, ...Array.from({ length: PUBLIC_WIRES }, () => 0n)];

  #bit(value: bigint): Bit {
    this.witness.push(value);
    return { of: [[this.witness.length - 1, 1n]], value };
  }

  /** An input bit: boolean by constraint. */
  input(value: bigint): Bit {
    const bit = this.#bit(value);
    this.constraints.push([bit.of, notBit(bit).of, []]);
    return bit;
  }

  and(a: Bit, b: Bit): Bit {
    const bit = this.#bit(a.value * b.value);
    this.constraints.push([a.of, b.of, bit.of]);
    return bit;
  }

  /** 2a b = a + b - (a xor b) */
  xor(a: Bit, b: Bit): Bit {
    const bit = this.#bit(a.value ^ b.value);
    this.constraints.push([scaled(a.of, 2n), b.of, [...a.of, ...b.of, ...scaled(bit.of, -1n)]]);
    return bit;
  }

  /** The public wire is the number that the bits write. */
  publish(wire: number, bits: readonly Bit[]): void {
    this.constraints.push([bits.flatMap(({ of }, z) => scaled(of, 1n << BigInt(z))), [[ONE_WIRE, 1n]], [[wire, 1n]]]);
    this.witness[wire] = bits.reduce((sum, { value }, z) => sum | (value << BigInt(z)), 0n);
  }
}

const at = <T>(list: readonly T[], index: number): T => {
  const value = list[index];
  assert(value !== undefined, `no element ${index} of ${list.length}`);
  return value;
};

/** One round on 25 lanes of 64 bits, lane x + 5y. */
const constrainRound = (circuit: Circuit, state: readonly Bit[][], round: number): Bit[][] => {
  const bit = (lanes: readonly Bit[][], x: number, y: number, z: number): Bit => at(at(lanes, (x % 5) + 5 * (y % 5)), (z + LANE_BITS) % LANE_BITS);
  const overLanes = (make: (x: number, y: number, z: number) => Bit): Bit[][] =>
    Array.from({ length: LANES }, (_, lane) => Array.from({ length: LANE_BITS }, (_z, z) => make(lane % 5, Math.floor(lane / 5), z)));
  const parity = Array.from({ length: 5 }, (_, x) => Array.from({ length: LANE_BITS }, (_z, z) =>
    [1, 2, 3, 4].reduce((sum, y) => circuit.xor(sum, bit(state, x, y, z)), bit(state, x, 0, z))));
  const effect = Array.from({ length: 5 }, (_, x) => Array.from({ length: LANE_BITS }, (_z, z) =>
    circuit.xor(at(at(parity, (x + 4) % 5), z), at(at(parity, (x + 1) % 5), (z + LANE_BITS - 1) % LANE_BITS))));
  const theta = overLanes((x, y, z) => circuit.xor(bit(state, x, y, z), at(at(effect, x), z)));
  const moved = overLanes((x, y, z) => {
    const { lane, rotation } = rotationSource(x, y);
    return at(at(theta, lane), (z - rotation + LANE_BITS) % LANE_BITS);
  });
  return overLanes((x, y, z) => {
    const out = circuit.xor(bit(moved, x, y, z), circuit.and(notBit(bit(moved, x + 1, y, z)), bit(moved, x + 2, y, z)));
    const isFlipped = x === 0 && y === 0 && ((at(ROUND_CONSTANTS, round) >> BigInt(z)) & 1n) === 1n;
    return isFlipped ? notBit(out) : out;
  });
};

/** keccak-f applied `permutations` times to `start`. */
export const keccakCircuit = (start: State, permutations: number): R1cs => {
  const circuit = new Circuit();
  let lanes = start.map((lane) => Array.from({ length: LANE_BITS }, (_, z) => circuit.input((lane >> BigInt(z)) & 1n)));
  lanes.forEach((bits, lane) => { circuit.publish(1 + LANES + lane, bits); });
  for (let round = 0; round < permutations * ROUNDS; round += 1) lanes = constrainRound(circuit, lanes, round % ROUNDS);
  lanes.forEach((bits, lane) => { circuit.publish(1 + lane, bits); });
  return circuit;
};
