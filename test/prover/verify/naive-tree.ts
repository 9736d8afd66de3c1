// The tree of PROTOCOL.md section 2 and the paths of section 6, by their definitions, for the reference prover.
// Owns: nothing the product uses. Does not share the product's pruning (prover/merkle/pruned.ts).
import type { HashSuite } from "../../../prover/hash/suite.ts";

type Matrix = { readonly chip: number; readonly logSize: number; readonly rows: readonly (readonly number[])[] };

/** A mixed-height tree kept whole: levels[k] has 2^k nodes. */
export class NaiveTree {
  readonly matrices: readonly Matrix[];
  readonly levels: (readonly number[])[][] = [];
  readonly tallest: number;
  constructor(matrices: readonly Matrix[], { hashRow, compress }: HashSuite) {
    this.matrices = matrices;
    this.tallest = Math.max(...matrices.map((m) => m.logSize));
    const rowsAt = (log: number, j: number): number[] =>
      matrices.filter((m) => m.logSize === log).flatMap((m) => m.rows[j] ?? []);
    for (let log = this.tallest; log >= 0; log -= 1) {
      const below = this.levels[log + 1];
      this.levels[log] = Array.from({ length: 2 ** log }, (_, j) => {
        const rows = rowsAt(log, j);
        if (below === undefined) return hashRow(rows);
        const node = compress(below[2 * j] ?? [], below[2 * j + 1] ?? []);
        return rows.length === 0 ? node : compress(node, hashRow(rows));
      });
    }
  }
  get root(): readonly number[] {
    return this.levels[0]?.[0] ?? [];
  }
  /** Rows at a leaf. */
  rows(leaf: number): number[] {
    return this.matrices.flatMap((m) => [...(m.rows[Math.floor(leaf / 2 ** (this.tallest - m.logSize))] ?? [])]);
  }
  /** Siblings at leaf number i of a group: shown by the last leaf under a node, where no leaf of the group lies under the sibling. */
  path(leaves: readonly number[], i: number, shownWords: number): number[] {
    const path: number[] = [];
    for (let log = this.tallest, level = 0; log > 0; log -= 1, level += 1) {
      const under = (leaf: number): number => Math.floor(leaf / 2 ** level);
      const node = under(leaves[i] ?? 0);
      const sibling = node % 2 === 0 ? node + 1 : node - 1;
      const isLast = leaves.slice(i + 1).every((leaf) => under(leaf) !== node);
      if (isLast && leaves.every((leaf) => under(leaf) !== sibling)) path.push(...(this.levels[log]?.[sibling] ?? []).slice(0, shownWords));
    }
    return path;
  }
}
