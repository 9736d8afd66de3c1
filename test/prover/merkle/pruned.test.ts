// Pruned paths against their definition in PROTOCOL.md section 6, for random groups of leaves with repeats.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { openingGroups, prunedPaths } from "../../../prover/merkle/pruned.ts";

const group = fc.integer({ min: 1, max: 9 }).chain((depth) =>
  fc.record({ depth: fc.constant(depth), leaves: fc.array(fc.nat(2 ** depth - 1), { minLength: 1, maxLength: 20 }).map((list) => list.sort((a, b) => a - b)) }));

test("a sibling is shown by the last leaf under its node, exactly where no leaf lies under the sibling", () => {
  fc.assert(fc.property(group, ({ depth, leaves }) => {
    const paths = prunedPaths(leaves, depth);
    leaves.forEach((leaf, i) => {
      const expected = Array.from({ length: depth }, (_, level) => level).filter((level) => {
        const under = (other: number): number => Math.floor(other / 2 ** level);
        const sibling = under(leaf) % 2 === 0 ? under(leaf) + 1 : under(leaf) - 1;
        return leaves.slice(i + 1).every((other) => under(other) !== under(leaf)) && leaves.every((other) => under(other) !== sibling);
      });
      const shown = (paths[i]?.shown ?? []).flatMap((isShown, level) => (isShown ? [level] : []));
      assert.deepEqual(shown, expected, `leaf ${leaf} of ${leaves.join()}`);
    });
  }), { seed: 45, numRuns: 300 });
});

test("whole paths keep the order of sampling, pruned ones sort and halve it", () => {
  assert.deepEqual(openingGroups("whole", [9, 3, 9]), [[0], [1], [2]]);
  assert.deepEqual(openingGroups("pruned", [9, 3, 9, 1, 4]), [[3, 1, 4], [0, 2]]);
  assert.deepEqual(openingGroups("pruned", [7]), [[0]]);
});
