// Openings of several leaves of one tree at once: which siblings are shown, leaf by leaf.
// Owns: the order of PROTOCOL.md section 6 for pruned paths. Does not own: hashing, or which leaves are opened.
// Source: octopus openings of FRI provers, laid out leaf by leaf so that a verifier streams them with one stack.
// Invariant: with the leaves ascending, every node on the way to the root is shown, computed or already waiting, once.

import type { HashSuite } from "../hash/suite.ts";

/** How one leaf of a group climbs: it shows the siblings of `shown` and stops below level `end`. */
export type PrunedPath = {
  /** Level at which the node waits for the next leaf as a left child; the depth for the last leaf, 0 before a repeated leaf. */
  readonly end: number;
  /** Per level below `end`: true = the sibling is shown, false = it waits from an earlier leaf. */
  readonly shown: readonly boolean[];
};

/** Level at which two different leaves become siblings. */
function meetingLevel(left: number, right: number): number {
  let level = 0;
  while (Math.floor(left / 2 ** (level + 1)) !== Math.floor(right / 2 ** (level + 1))) level += 1;
  return level;
}

/** The paths of a group of leaves, ascending with repeats, in a tree of that depth. */
export function prunedPaths(leaves: readonly number[], depth: number): PrunedPath[] {
  const waiting: number[] = [];
  return leaves.map((leaf, i) => {
    const next = leaves[i + 1];
    if (next === leaf) return { end: 0, shown: [] };
    const end = next === undefined ? depth : meetingLevel(leaf, next);
    const shown: boolean[] = [];
    for (let level = 0; level < end; level += 1) {
      const isJoined = waiting.at(-1) === level;
      if (isJoined) waiting.pop();
      shown.push(!isJoined);
    }
    if (next !== undefined) waiting.push(end);
    return { end, shown };
  });
}

/**
 * Queries in the order of the wire. Whole paths: each alone, as sampled. Pruned: ascending by position, cut in two groups
 * of which the first may be larger by one; paths share nodes within a group.
 */
export function openingGroups(paths: HashSuite["paths"], positions: readonly number[]): (readonly number[])[] {
  if (paths === "whole") return positions.map((_, query) => [query]);
  // A stable sort: queries of one position keep the order of sampling.
  const order = [...positions.keys()].sort((a, b) => (positions[a] ?? 0) - (positions[b] ?? 0));
  const half = Math.ceil(order.length / 2);
  return [order.slice(0, half), order.slice(half)].filter(({ length }) => length > 0);
}
