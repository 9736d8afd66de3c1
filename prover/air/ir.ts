/**
 * The canonical intermediate form of a chip: pruned, renumbered nodes plus constraints and interactions, and its digest.
 *
 * Owns: CompiledChip (what every backend and the verifying key read) and its byte encoding.
 * Does not own: evaluation (evaluate.ts, codegen.ts) and the rest of the verifying key.
 * Source: prover review section 4 ("digest of canonical constraint+interaction IR").
 * Invariant: the digest covers everything that is proven and nothing else: labels and unused expressions do not
 * enter it; the order of columns, constraints, interactions and operands does.
 */
import assert from "node:assert/strict";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { reachable } from "./chip.ts";
import type { Bus, ChipDefinition, RowScope } from "./chip.ts";
import type { ColumnPhase, Node } from "./expression.ts";
import { lookupArgument } from "./logup.ts";

export type CompiledConstraint = { readonly scope: RowScope; readonly root: number; readonly label: string };
export type CompiledGroup = { readonly numerator: number; readonly denominator: number };
export type CompiledInteraction = {
  readonly bus: Bus;
  readonly tuple: readonly number[];
  readonly multiplicity: number;
  readonly label: string;
};

export type CompiledChip = {
  readonly name: string;
  readonly preprocessedWidth: number;
  readonly mainWidth: number;
  /** Extension-field permutation columns; committed as 4 base columns each. */
  readonly permutationWidth: number;
  readonly publicCount: number;
  /** Topologically ordered: operands before users. */
  readonly nodes: readonly Node[];
  /** Whether node i takes extension-field values on the trace domain (it depends on a challenge or permutation column). */
  readonly isExtension: readonly boolean[];
  /** The chip's own constraints in declared order, then the lookup constraints. The fold order: sum of a^i * c_i. */
  readonly constraints: readonly CompiledConstraint[];
  /** How many of `constraints` are the chip's own. */
  readonly ownConstraintCount: number;
  readonly interactions: readonly CompiledInteraction[];
  /** Fractions whose row sums the permutation columns hold, in column order; the last is absorbed in the running sum. */
  readonly lookupGroups: readonly CompiledGroup[];
  /** W of the fingerprint: powers beta^1..beta^W may occur. */
  readonly maxTupleWidth: number;
  /** Column indices used on the next row, ascending, per phase: the columns whose value at g*zeta matters. */
  readonly nextColumns: Readonly<Record<ColumnPhase, readonly number[]>>;
  readonly columnNames: { readonly preprocessed: readonly string[]; readonly main: readonly string[] };
  readonly publicNames: readonly string[];
  /** keccak-256 of the canonical bytes. */
  readonly digest: Uint8Array;
};

const SCOPE_CODES: Record<RowScope, number> = { every: 0, first: 1, last: 2, transition: 3 };
const PHASE_CODES: Record<ColumnPhase, number> = { preprocessed: 0, main: 1, permutation: 2 };
const IR_TAG = "KF-AIR-1";

const encodeNode = (node: Node): number[] => {
  switch (node.op) {
    case "constant": return [0, node.value];
    case "column": return [1, PHASE_CODES[node.phase], node.index, node.isNext ? 1 : 0];
    case "public": return [2, node.index];
    case "alpha": return [3];
    case "betaPower": return [4, node.power];
    case "sumShare": return [5];
    case "add": return [6, node.left, node.right];
    case "sub": return [7, node.left, node.right];
    case "mul": return [8, node.left, node.right];
  }
};

/** Canonical bytes: the tag, then little-endian u32 words. */
export const encodeChip = (chip: Omit<CompiledChip, "digest">): Uint8Array => {
  const words: number[] = [
    chip.preprocessedWidth, chip.mainWidth, chip.permutationWidth, chip.publicCount, chip.maxTupleWidth,
    chip.nodes.length,
  ];
  for (const node of chip.nodes) words.push(...encodeNode(node));
  words.push(chip.ownConstraintCount, chip.constraints.length);
  for (const { scope, root } of chip.constraints) words.push(SCOPE_CODES[scope], root);
  words.push(chip.interactions.length);
  for (const { bus, tuple, multiplicity } of chip.interactions) {
    words.push(bus.id, tuple.length, ...tuple, multiplicity);
  }
  words.push(chip.lookupGroups.length);
  for (const { numerator, denominator } of chip.lookupGroups) words.push(numerator, denominator);
  const tag = new TextEncoder().encode(IR_TAG);
  const bytes = new Uint8Array(tag.length + 4 * words.length);
  bytes.set(tag);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => view.setUint32(tag.length + 4 * i, word, true));
  return bytes;
};

/** Renumbers in depth-first post-order from the roots, so the numbering does not depend on creation order. */
const renumber = (source: readonly Node[], roots: readonly number[]): { nodes: Node[]; map: Map<number, number> } => {
  const live = new Set(reachable(source, roots));
  const map = new Map<number, number>();
  const nodes: Node[] = [];
  const stack: { id: number; isExpanded: boolean }[] = [];
  for (const root of roots) {
    stack.push({ id: root, isExpanded: false });
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      if (map.has(top.id)) continue;
      const node = source[top.id];
      assert(node !== undefined && live.has(top.id));
      if (node.op !== "add" && node.op !== "sub" && node.op !== "mul") {
        map.set(top.id, nodes.push(node) - 1);
      } else if (top.isExpanded) {
        map.set(top.id, nodes.push(relink(node, map)) - 1);
      } else {
        stack.push({ id: top.id, isExpanded: true }, { id: node.right, isExpanded: false }, { id: node.left, isExpanded: false });
      }
    }
  }
  return { nodes, map };
};

type BinaryNode = Extract<Node, { left: number }>;

/** Commutative operands are put in ascending new order, as the pool put them in ascending old order. */
const relink = (node: BinaryNode, map: ReadonlyMap<number, number>): Node => {
  const left = map.get(node.left);
  const right = map.get(node.right);
  assert(left !== undefined && right !== undefined, "operands are numbered before their user");
  const isSwapped = node.op !== "sub" && left > right;
  return { op: node.op, left: isSwapped ? right : left, right: isSwapped ? left : right };
};

const extensionFlags = (nodes: readonly Node[]): boolean[] => {
  const flags: boolean[] = [];
  for (const node of nodes) {
    switch (node.op) {
      case "alpha": case "betaPower": case "sumShare": flags.push(true); break;
      case "column": flags.push(node.phase === "permutation"); break;
      case "constant": case "public": flags.push(false); break;
      case "add": case "sub": case "mul": flags.push(flags[node.left] === true || flags[node.right] === true); break;
    }
  }
  return flags;
};

const nextColumnsOf = (nodes: readonly Node[]): Record<ColumnPhase, number[]> => {
  const found: Record<ColumnPhase, Set<number>> = { preprocessed: new Set(), main: new Set(), permutation: new Set() };
  for (const node of nodes) if (node.op === "column" && node.isNext) found[node.phase].add(node.index);
  const sorted = (set: Set<number>): number[] => [...set].sort((a, b) => a - b);
  return { preprocessed: sorted(found.preprocessed), main: sorted(found.main), permutation: sorted(found.permutation) };
};

/** Compiles a chip for a machine whose widest bus tuple has `maxTupleWidth` elements (0 when no chip uses a bus). */
export const compileChip = (chip: ChipDefinition, maxTupleWidth: number): CompiledChip => {
  const lookup = lookupArgument(chip, maxTupleWidth);
  const allConstraints = [...chip.constraints, ...lookup.constraints];
  const roots = [
    ...allConstraints.map((constraint) => constraint.root),
    ...chip.interactions.flatMap((interaction) => [...interaction.tuple, interaction.multiplicity]),
    ...lookup.groups.flatMap((group) => [group.numerator, group.denominator]),
  ];
  const { nodes, map } = renumber(chip.pool.nodes, roots);
  const at = (id: number): number => {
    const mapped = map.get(id);
    assert(mapped !== undefined, `node ${id} was not kept`);
    return mapped;
  };
  const compiled = {
    name: chip.name,
    preprocessedWidth: chip.preprocessedColumns.length,
    mainWidth: chip.mainColumns.length,
    permutationWidth: lookup.permutationWidth,
    publicCount: chip.publicInputs.length,
    nodes,
    isExtension: extensionFlags(nodes),
    constraints: allConstraints.map(({ scope, root, label }) => ({ scope, root: at(root), label })),
    ownConstraintCount: chip.constraints.length,
    interactions: chip.interactions.map(({ bus, tuple, multiplicity, label }) => ({
      bus, tuple: tuple.map(at), multiplicity: at(multiplicity), label,
    })),
    lookupGroups: lookup.groups.map(({ numerator, denominator }) => ({ numerator: at(numerator), denominator: at(denominator) })),
    maxTupleWidth,
    nextColumns: nextColumnsOf(nodes),
    columnNames: { preprocessed: chip.preprocessedColumns, main: chip.mainColumns },
    publicNames: chip.publicInputs,
  };
  return { ...compiled, digest: keccak_256(encodeChip(compiled)) };
};

/** Compiles all chips of one machine: the widest tuple over all of them is the W of every fingerprint. */
export const compileMachine = (chips: readonly ChipDefinition[]): CompiledChip[] => {
  const widths = chips.flatMap((chip) => chip.interactions.map((interaction) => interaction.tuple.length));
  const maxTupleWidth = widths.length === 0 ? 0 : Math.max(...widths);
  return chips.map((chip) => compileChip(chip, maxTupleWidth));
};
