/**
 * Mutation harness: changes single cells of an honest trace and asks whether constraints and buses object.
 *
 * Owns: finding surviving mutations. Does not own: the judgement whether a survivor is legitimate (tests list those).
 * Source: prover review section 5 step 4 and appendix A5 ("mutate each cell of an honest row and require rejection").
 * Invariant: a mutation is killed exactly when checkMachine would object to the mutated trace; only the changed row and
 * the one before it are looked at, because no other row reads the cell.
 */
import { add, sub } from "../field/koalabear.ts";
import { BASE_RING, BusLedger, rowNodeValues, rowViolations } from "./check.ts";
import type { CompiledChip } from "./ir.ts";
import { cellAt } from "./trace.ts";
import type { ChipTrace } from "./trace.ts";

export type Survivor = {
  readonly chip: string;
  readonly row: number;
  readonly column: string;
  readonly was: number;
  readonly became: number;
};

export type MutationReport = { readonly tried: number; readonly survivors: readonly Survivor[] };

/** How a cell is changed; mutations equal to the honest value are skipped. */
export type CellMutation = (value: number) => number;

/** Off by one, negated boolean, zero, and a value far outside every limb range. */
export const STANDARD_MUTATIONS: readonly CellMutation[] = [
  (value) => add(value, 1),
  (value) => sub(1, value),
  () => 0,
  (value) => add(value, 0x10001),
];

/** What depends on what inside one chip, so that a changed cell re-evaluates only its dependents. */
class Dependents {
  readonly #chip: CompiledChip;
  readonly #users: number[][];
  readonly #leaves = new Map<string, number>();
  readonly #affected = new Map<number, number[]>();

  constructor(chip: CompiledChip) {
    this.#chip = chip;
    this.#users = chip.nodes.map(() => []);
    chip.nodes.forEach((node, id) => {
      if ("left" in node) for (const operand of new Set([node.left, node.right])) this.#users[operand]?.push(id);
      if (node.op === "column" && node.phase === "main") this.#leaves.set(`${node.index} ${node.isNext}`, id);
    });
  }

  leafOf(column: number, isNext: boolean): number | undefined {
    return this.#leaves.get(`${column} ${isNext}`);
  }

  /** Node ids whose value depends on a leaf, the leaf excluded, ascending. */
  of(leaf: number): readonly number[] {
    const known = this.#affected.get(leaf);
    if (known !== undefined) return known;
    const seen = new Set<number>();
    const stack = [leaf];
    for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
      for (const user of this.#users[id] ?? []) {
        if (seen.has(user)) continue;
        seen.add(user);
        stack.push(user);
      }
    }
    const sorted = [...seen].sort((a, b) => a - b);
    this.#affected.set(leaf, sorted);
    return sorted;
  }

  /** Recomputes the dependents of `leaf` in place. */
  recompute(values: number[], leaf: number): void {
    for (const id of this.of(leaf)) {
      const node = this.#chip.nodes[id];
      if (node === undefined || !("left" in node)) continue;
      const [left, right] = [values[node.left] ?? 0, values[node.right] ?? 0];
      values[id] = BASE_RING[node.op](left, right);
    }
  }
}

type MutationSite = { readonly chip: CompiledChip; readonly trace: ChipTrace; readonly dependents: Dependents };

/** Whether one changed cell is noticed by the chip's constraints or by any bus. `honest` maps rows to node values. */
const isKilled = (site: MutationSite, row: number, column: number, became: number, honest: ReadonlyMap<number, readonly number[]>): boolean => {
  const { chip, trace, dependents } = site;
  const { height } = trace.main;
  const ledger = new BusLedger();
  for (const [reader, isNext] of [[row, false], [(row + height - 1) % height, true]] as const) {
    const leaf = dependents.leafOf(column, isNext);
    const before = honest.get(reader);
    if (leaf === undefined || before === undefined) continue;
    const after = [...before];
    after[leaf] = became;
    dependents.recompute(after, leaf);
    if (rowViolations(chip, after, reader, height).length > 0) return true;
    ledger.record(chip, before, -1);
    ledger.record(chip, after);
  }
  return !ledger.isBalanced;
};

/** Mutates every main cell of the given rows; the trace itself is left alone. */
export const mutateRows = (
  chip: CompiledChip, trace: ChipTrace, rows: readonly number[], mutations: readonly CellMutation[] = STANDARD_MUTATIONS,
): MutationReport => {
  const survivors: Survivor[] = [];
  const site = { chip, trace, dependents: new Dependents(chip) };
  let tried = 0;
  for (const row of rows) {
    const readers = [row, (row + trace.main.height - 1) % trace.main.height];
    const honest = new Map(readers.map((reader) => [reader, rowNodeValues(chip, trace, reader)]));
    for (let column = 0; column < chip.mainWidth; column += 1) {
      const was = cellAt(trace.main, row, column);
      const values = new Set(mutations.map((mutation) => mutation(was)));
      values.delete(was);
      for (const became of values) {
        tried += 1;
        if (isKilled(site, row, column, became, honest)) continue;
        survivors.push({ chip: chip.name, row, column: chip.columnNames.main[column] ?? String(column), was, became });
      }
    }
  }
  return { tried, survivors };
};
