// Attacks on a leaf that two queries open: the first of them shows another row with the same fold by gamma, so that nothing but
// the comparison of the two tells. Needs a machine whose queries meet often.
// Owns: that machine and the row. Does not own: the check (StarkOpenings.sol) or its deletion.
import assert from "node:assert/strict";
import { EXT_ONE, extMul } from "../../../prover/field/ext4.ts";
import type { Ext } from "../../../prover/field/ext4.ts";
import { P, inv } from "../../../prover/field/koalabear.ts";
import { prunedPaths } from "../../../prover/merkle/pruned.ts";
import { replayTranscript } from "../../../prover/verify/challenges.ts";
import { decodeHeader } from "../../../prover/verify/decode.ts";
import { layoutOf } from "../../../prover/verify/layout.ts";
import { isRejection } from "../../../prover/verify/verdict.ts";
import { fibonacciInstance } from "../verify/machines.ts";
import { proofNumber, submitted } from "./attacks.ts";
import type { Attack } from "./attacks.ts";
import { PROFILE } from "./l1-machines.ts";
import { partLayout } from "./pairs.ts";

/** How prover/verify/queries.ts refuses a repeated leaf with another row. */
export const REPEATED_RULE = "if (isRepeated && !isSameDigest(node, waiting.pop() ?? [])) return \"mismatch\";";

/** 32 positions and six queries in a group. */
export const CROWDED = fibonacciInstance({ ...PROFILE, name: "test-crowded", queryCount: 12 }, 3);

const mod = (value: bigint): bigint => ((value % BigInt(P)) + BigInt(P)) % BigInt(P);

/** x with sum of x_i * columns_i = target, by elimination. */
const solve = (columns: readonly Ext[], target: readonly number[]): number[] => {
  const rows = [0, 1, 2, 3].map((r) => [...columns.map((column) => BigInt(column[r] ?? 0)), BigInt(target[r] ?? 0)]);
  for (let pivot = 0; pivot < 4; pivot += 1) {
    const at = rows.findIndex((row, r) => r >= pivot && row[pivot] !== 0n);
    const found = rows[at];
    assert(found !== undefined, "independent powers");
    [rows[at], rows[pivot]] = [rows[pivot] ?? [], found];
    const scale = BigInt(inv(Number(found[pivot])));
    const scaled = found.map((value) => mod(value * scale));
    rows.forEach((row, r) => {
      const factor = row[pivot] ?? 0n;
      rows[r] = r === pivot ? scaled : row.map((value, c) => mod(value - factor * (scaled[c] ?? 0n)));
    });
  }
  return rows.map((row) => Number(row[4]));
};

/** A change of the eight quotient elements that gamma does not see: one of the last four by `by`, the first four to make up for it. */
const unseen = (gamma: Ext, place: number, by: number): number[] => {
  const powers: Ext[] = [EXT_ONE];
  while (powers.length < 8) powers.push(extMul(powers.at(-1) ?? EXT_ONE, gamma));
  const weights = powers.toReversed();
  const target = (weights[4 + place] ?? EXT_ONE).map((value) => Number(mod(-BigInt(value) * BigInt(by))));
  return [...solve(weights.slice(0, 4), target), ...[0, 1, 2, 3].map((i) => (i === place ? by : 0))];
};

/** For proof number `rank`: the first query of the lower half whose position the next one repeats shows another quotient row. */
const attackOn = (rank: number, place: number): Attack | undefined => {
  const { key } = CROWDED;
  const { publics, bytes, l1Parts: [first, second] } = proofNumber(CROWDED, rank);
  const layout = layoutOf(key);
  const header = decodeHeader(key, layout, bytes);
  assert(!isRejection(header));
  const challenges = replayTranscript(key, layout, publics, header);
  assert(!isRejection(challenges));
  const positions = challenges.indices.toSorted((a, b) => a - b).slice(0, Math.ceil(challenges.indices.length / 2));
  const query = positions.findIndex((position, i) => position === positions[i + 1]);
  if (query === -1) return undefined;
  let folded = 0;
  const shapes = [
    ...layout.trees.map(({ matrices, tallest }) => ({ words: matrices.reduce((total, { width }) => total + width, 0), paths: prunedPaths(positions, tallest) })),
    ...layout.folds.map(({ step, logSize }) => {
      folded += step;
      return { words: 4 * (2 ** step - 1), paths: prunedPaths(positions.map((position) => Math.floor(position / 2 ** folded)), logSize - step) };
    }),
  ];
  const wordsOf = ({ words, paths }: (typeof shapes)[number], i: number): number => words + 7 * (paths[i]?.shown.filter((isShown) => isShown).length ?? 0);
  const before = positions.slice(0, query).reduce((total, _, i) => total + shapes.reduce((sum, shape) => sum + wordsOf(shape, i), 0), 0);
  const trees = layout.trees.slice(0, -1).reduce((total, _, t) => total + wordsOf(shapes[t] ?? { words: 0, paths: [] }, query), 0);
  const changed = first.slice();
  const view = new DataView(changed.buffer);
  const start = partLayout(key).queries[0] + before + trees;
  unseen(challenges.batch, place, 5 + rank).forEach((by, i) => {
    view.setUint32(4 * (start + i), (view.getUint32(4 * (start + i)) + by) % P);
  });
  return submitted(`crowded: proof ${rank} shows two quotient rows of position ${positions[query]}, variant ${place}`, "a repeated leaf", key, changed, second);
};

/** Six attacks. */
export const repeatedLeaves = (): Attack[] => {
  const found: Attack[] = [];
  for (let rank = 0; found.length < 6; rank += 1) for (const place of [0, 3]) found.push(...[attackOn(rank, place)].filter((attack) => attack !== undefined));
  return found;
};
