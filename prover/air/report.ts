/**
 * Widths, degrees and counts of a machine, for people and for tests that pin them.
 *
 * Owns: the counting. Does not own: any limit (chip.ts asserts those).
 * Source: appendix A5 item 19: constraints written but not wired; counts per chip are pinned in CI.
 */
import { MAX_DEGREE, scopeDegree } from "./chip.ts";
import type { CompiledChip } from "./ir.ts";

export type ChipReport = {
  readonly name: string;
  readonly preprocessed: number;
  readonly main: number;
  /** Base columns: 4 per permutation column. */
  readonly permutation: number;
  readonly nextOpened: number;
  readonly constraints: number;
  readonly lookupConstraints: number;
  readonly interactions: number;
  readonly nodes: number;
  /** Highest constraint degree, selector included. */
  readonly degree: number;
};

/** Degree of every node of a compiled chip. */
const nodeDegrees = (chip: CompiledChip): number[] => {
  const degrees: number[] = [];
  for (const node of chip.nodes) {
    switch (node.op) {
      case "column": degrees.push(1); break;
      case "add": case "sub": degrees.push(Math.max(degrees[node.left] ?? 0, degrees[node.right] ?? 0)); break;
      case "mul": degrees.push((degrees[node.left] ?? 0) + (degrees[node.right] ?? 0)); break;
      default: degrees.push(0);
    }
  }
  return degrees;
};

export const reportChip = (chip: CompiledChip): ChipReport => {
  const degrees = nodeDegrees(chip);
  const { preprocessed, main, permutation } = chip.nextColumns;
  return {
    name: chip.name,
    preprocessed: chip.preprocessedWidth,
    main: chip.mainWidth,
    permutation: 4 * chip.permutationWidth,
    nextOpened: preprocessed.length + main.length + 4 * permutation.length,
    constraints: chip.ownConstraintCount,
    lookupConstraints: chip.constraints.length - chip.ownConstraintCount,
    interactions: chip.interactions.length,
    nodes: chip.nodes.length,
    degree: Math.max(0, ...chip.constraints.map(({ scope, root }) => (degrees[root] ?? 0) + scopeDegree(scope))),
  };
};

/** One line per chip. */
export const describeMachine = (chips: readonly CompiledChip[]): string[] =>
  chips.map(reportChip).map((r) =>
    `${r.name}: ${r.preprocessed} prep + ${r.main} main + ${r.permutation} perm columns, ${r.nextOpened} opened twice, ` +
    `${r.constraints} + ${r.lookupConstraints} constraints of degree <= ${r.degree} (limit ${MAX_DEGREE}), ${r.interactions} interactions, ${r.nodes} nodes`);
