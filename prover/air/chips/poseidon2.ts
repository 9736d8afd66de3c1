/**
 * Poseidon2-16 over KoalaBear as columns: one permutation per row, x^3 S-boxes, degree 3 without S-box registers.
 *
 * Owns: the constraint block (reusable inside other chips) and a chain chip built on it. Does not own: the permutation
 * itself (hash/poseidon2.ts, whose constants it reads).
 * Source: Poseidon2, eprint 2023/323; layout count of design 04 A3: 16 inputs + 8*16 + 20 = 164 columns.
 * Invariant: given the 16 inputs, every other column of the block is determined by the constraints.
 */
import assert from "node:assert/strict";
import { EXTERNAL_FINAL, EXTERNAL_INITIAL, INTERNAL, INTERNAL_DIAGONAL, POSEIDON2_WIDTH } from "../../hash/poseidon2-constants.ts";
import { BOX_COUNT, permute } from "../../hash/poseidon2.ts";
import { defineChip } from "../chip.ts";
import type { ChipBuilder } from "../chip.ts";
import { sum } from "../expression.ts";
import type { Expression } from "../expression.ts";
import { emptyTrace } from "../trace.ts";
import type { ChipTrace } from "../trace.ts";

const at = <T>(list: readonly T[], index: number): T => {
  const value = list[index];
  assert(value !== undefined, `no element ${index} of ${list.length}`);
  return value;
};

/** circ(2 M4, M4, M4, M4), M4 = circ(2, 3, 1, 1). */
const externalLayer = (state: readonly Expression[]): Expression[] => {
  const mixed: Expression[] = [];
  for (let block = 0; block < POSEIDON2_WIDTH; block += 4) {
    const own = [0, 1, 2, 3].map((i) => at(state, block + i));
    const total = sum(own);
    // Row i of M4: the sum of all four, once more x_i, and twice more x_(i+1).
    for (let i = 0; i < 4; i += 1) mixed.push(total.add(at(own, i)).add(at(own, (i + 1) % 4).mul(2)));
  }
  const sums = [0, 1, 2, 3].map((i) => sum([0, 4, 8, 12].map((block) => at(mixed, block + i))));
  return mixed.map((value, i) => value.add(at(sums, i % 4)));
};

const internalLayer = (state: readonly Expression[]): Expression[] => {
  const total = sum(state);
  return state.map((value, i) => total.add(value.mul(at(INTERNAL_DIAGONAL, i))));
};

/**
 * Walks the permutation; `cube(x, round, lane)` supplies the column of each S-box output. The first linear layer is free
 * of columns; the returned state is the permutation's output.
 */
const walk = (input: readonly Expression[], cube: (x: Expression, round: string, lane: number) => Expression): Expression[] => {
  let state = externalLayer(input);
  const external = (constants: readonly number[], round: string): void => {
    state = externalLayer(state.map((x, lane) => cube(x.add(at(constants, lane)), round, lane)));
  };
  EXTERNAL_INITIAL.forEach((constants, r) => external(constants, `initial${r}`));
  INTERNAL.forEach((constant, r) => {
    const boxed = cube(at(state, 0).add(constant), `internal${r}`, 0);
    state = internalLayer([boxed, ...state.slice(1)]);
  });
  EXTERNAL_FINAL.forEach((constants, r) => external(constants, `final${r}`));
  return state;
};

/** Columns the block adds after its inputs. */
export const POSEIDON2_BLOCK_WIDTH = BOX_COUNT;

/** Adds the S-box columns of one permutation to a chip and returns its 16 outputs as (linear) expressions. */
export const poseidon2Block = (b: ChipBuilder, input: readonly Expression[], prefix = ""): Expression[] => {
  assert.equal(input.length, POSEIDON2_WIDTH, "poseidon2 takes 16 inputs");
  return walk(input, (x, round, lane) => {
    const column = b.main(`${prefix}${round}[${lane}]`);
    b.assertEqual(`${prefix}${round}[${lane}] is the cube`, column, x.mul(x).mul(x));
    return column;
  });
};

/** Values of the block's columns, in column order, and the outputs. The order is that of the S-boxes (chips.test.ts). */
export const poseidon2Row = (input: readonly number[]): { columns: Uint32Array; output: number[] } => {
  const state = Uint32Array.from(input);
  const columns = new Uint32Array(POSEIDON2_BLOCK_WIDTH);
  permute(state, columns);
  return { columns, output: [...state] };
};

/** Chain of permutations: row 0 starts at the public state, the last row's output is the public result. */
export const POSEIDON2_CHAIN = defineChip("poseidon2-chain", (b) => {
  const input = b.mainArray("input", POSEIDON2_WIDTH);
  const output = poseidon2Block(b, input);
  for (let i = 0; i < POSEIDON2_WIDTH; i += 1) {
    const [start, result] = [b.publicInput(`start[${i}]`), b.publicInput(`result[${i}]`)];
    b.assertEqual(`input ${i} starts at the public state`, at(input, i), start, "first");
    b.assertEqual(`input ${i} takes the output before it`, b.next(at(input, i)), at(output, i), "transition");
    b.assertEqual(`output ${i} ends at the public result`, at(output, i), result, "last");
  }
});

/** Honest trace of 2^logHeight chained permutations. */
export const poseidon2ChainTrace = (logHeight: number, start: readonly number[]): ChipTrace => {
  const height = 2 ** logHeight;
  const width = POSEIDON2_WIDTH + POSEIDON2_BLOCK_WIDTH;
  const main = emptyTrace(width, height);
  let state = [...start];
  for (let row = 0; row < height; row += 1) {
    const { columns, output } = poseidon2Row(state);
    main.values.set([...state, ...columns], row * width);
    state = output;
  }
  const publics = state.flatMap((result, i) => [at(start, i), result]);
  return { preprocessed: emptyTrace(0, height), main, publics };
};
