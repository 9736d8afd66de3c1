// The mixed-height tree: honest openings check, every mutation of shape, index or content is refused,
// and the root equals one written out by hand.
// Owns the tests of prover/merkle/.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { P } from "../../../prover/field/koalabear.ts";
import { compress, hashFixedLength } from "../../../prover/hash/poseidon2.ts";
import { MixedTree, checkOpening } from "../../../prover/merkle/mixed-tree.ts";
import type { MatrixSize, TreeMatrix, TreeOpening } from "../../../prover/merkle/mixed-tree.ts";

const size: fc.Arbitrary<MatrixSize> = fc.record({ logHeight: fc.integer({ min: 0, max: 4 }), width: fc.integer({ min: 1, max: 19 }) });
const sizes = fc.array(size, { minLength: 1, maxLength: 5 });

function filled(dimensions: readonly MatrixSize[], seed: number): TreeMatrix[] {
  return dimensions.map(({ logHeight, width }, m) => ({
    logHeight, width,
    row: (index) => Array.from({ length: width }, (_, c) => (seed + 7919 * m + 104729 * index + 1299709 * c) % P),
  }));
}

type Mutable = { rows: number[][]; siblings: number[][] };
const copyOf = (opening: TreeOpening): Mutable => ({ rows: opening.rows.map((r) => [...r]), siblings: opening.siblings.map((s) => [...s]) });

test("every leaf of a random mixed tree opens and checks", () => {
  fc.assert(
    fc.property(sizes, fc.integer({ min: 0, max: P - 1 }), (dimensions, seed) => {
      const tree = new MixedTree(filled(dimensions, seed));
      const leafCount = 2 ** Math.max(...dimensions.map((d) => d.logHeight));
      for (let index = 0; index < leafCount; index++) {
        assert.deepEqual(checkOpening(tree.root, dimensions, index, tree.open(index)), { ok: true });
      }
    }),
    { numRuns: 25 },
  );
});

test("the root of a 4-row and a 2-row matrix is the one written out by hand", () => {
  const tall = [[1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12]];
  const short = [[13], [14]];
  const second = [[21, 22], [23, 24], [25, 26], [27, 28]];
  const tree = new MixedTree([
    { logHeight: 2, width: 3, row: (i) => tall[i] as number[] },
    { logHeight: 1, width: 1, row: (i) => short[i] as number[] },
    { logHeight: 2, width: 2, row: (i) => second[i] as number[] },
  ]);
  const leaf = (i: number): number[] => hashFixedLength([...(tall[i] as number[]), ...(second[i] as number[])]);
  const left = compress(compress(leaf(0), leaf(1)), hashFixedLength([13]));
  const right = compress(compress(leaf(2), leaf(3)), hashFixedLength([14]));
  assert.deepEqual(tree.root, compress(left, right));
});

test("another index, any changed element, and non-canonical aliases are refused", () => {
  fc.assert(
    fc.property(sizes, fc.nat(), fc.nat(), (dimensions, where, pick) => {
      const tree = new MixedTree(filled(dimensions, 5));
      const leafCount = 2 ** Math.max(...dimensions.map((d) => d.logHeight));
      const index = where % leafCount;
      const honest = tree.open(index);
      if (leafCount > 1) assert.ok(!checkOpening(tree.root, dimensions, (index + 1) % leafCount, honest).ok);
      const changed = copyOf(honest);
      const cells = [...changed.rows, ...changed.siblings];
      const cell = cells[pick % cells.length] as number[];
      const position = pick % cell.length;
      cell[position] = ((cell[position] as number) + 1) % P;
      assert.ok(!checkOpening(tree.root, dimensions, index, changed).ok);
      cell[position] = (((cell[position] as number) + P - 1) % P) + P;
      const verdict = checkOpening(tree.root, dimensions, index, changed);
      assert.ok(!verdict.ok && verdict.code === "SHAPE");
    }),
    { numRuns: 60 },
  );
});

test("wrong heights, widths, counts, path lengths and indices are refused by shape before hashing", () => {
  const dimensions: MatrixSize[] = [{ logHeight: 3, width: 5 }, { logHeight: 1, width: 2 }];
  const tree = new MixedTree(filled(dimensions, 1));
  const honest = tree.open(5);
  const expectCode = (verdict: ReturnType<typeof checkOpening>, code: string): void =>
    assert.ok(!verdict.ok && verdict.code === code, JSON.stringify(verdict));
  for (const index of [-1, 8, 1.5, Number.NaN]) expectCode(checkOpening(tree.root, dimensions, index, honest), "INDEX");
  const mutations: ((o: Mutable) => void)[] = [
    (o) => o.siblings.pop(), (o) => o.siblings.push(Array.from({ length: 8 }, () => 0)), (o) => o.siblings[0]?.pop(),
    (o) => o.siblings[2]?.push(0), (o) => o.rows.pop(), (o) => o.rows.push([1]), (o) => o.rows[0]?.pop(),
    (o) => o.rows[1]?.push(0), (o) => o.rows.reverse(),
  ];
  for (const mutate of mutations) {
    const opening = copyOf(honest);
    mutate(opening);
    expectCode(checkOpening(tree.root, dimensions, 5, opening), "SHAPE");
  }
  const otherHeight: MatrixSize[] = [{ logHeight: 3, width: 5 }, { logHeight: 2, width: 2 }];
  expectCode(checkOpening(tree.root, otherHeight, 5, honest), "ROOT");
  expectCode(checkOpening(tree.root, [{ logHeight: 4, width: 5 }, { logHeight: 1, width: 2 }], 5, honest), "SHAPE");
});

test("moving an element from one matrix of a size to its neighbour is refused: widths are the verifier's", () => {
  const dimensions: MatrixSize[] = [{ logHeight: 2, width: 3 }, { logHeight: 2, width: 2 }];
  const tree = new MixedTree(filled(dimensions, 9));
  const shifted = copyOf(tree.open(1));
  (shifted.rows[1] as number[]).unshift((shifted.rows[0] as number[]).pop() as number);
  const verdict = checkOpening(tree.root, dimensions, 1, shifted);
  assert.ok(!verdict.ok && verdict.code === "SHAPE");
});

test("opening outside the tree and committing nothing throw", () => {
  const tree = new MixedTree(filled([{ logHeight: 2, width: 1 }], 1));
  for (const index of [-1, 4, 0.5]) assert.throws(() => tree.open(index), RangeError);
  assert.throws(() => new MixedTree([]), RangeError);
});
