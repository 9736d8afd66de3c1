// Quotient polynomials with the kernels: evaluate the fold on 2H points, divide by Z, interpolate, split.
// Owns: the task lists of `quotient`. Does not own: the program (constraint-program.ts) or its kernel.
// Source: PROTOCOL.md 5.4; the domain is the first 2H positions of the extension, bit-reversed.
// Invariant: coefficients equal the reference backend's.

import assert from "node:assert/strict";
import type { ColumnPhase } from "../air/expression.ts";
import type { CompiledChip } from "../air/ir.ts";
import { extMul } from "../field/ext4.ts";
import type { Ext } from "../field/ext4.ts";
import { GENERATOR, P, inv, neg, pow, sub, twoAdicRoot } from "../field/koalabear.ts";
import type { Felt } from "../field/koalabear.ts";
import type { CommitMatrix, QuotientRequest } from "../prove/backend.ts";
import type { Placement } from "./committed.ts";
import { compileConstraints, constantWords, slotsOf } from "./constraint-program.ts";
import type { ConstraintProgram, PhaseLayout } from "./constraint-program.ts";
import type { Engine } from "./engine.ts";
import { MONTGOMERY_ONE, toMontgomery } from "./montgomery-form.ts";
import { placed } from "./out-of-domain.ts";

const PHASES: readonly ColumnPhase[] = ["preprocessed", "main", "permutation"];
const SLOT_BYTES = 128;
const BATCH_ROWS = 32;

type Placements = Readonly<Record<ColumnPhase, Placement | undefined>>;

function placementsOf(request: QuotientRequest): Placements {
  const find = (part: QuotientRequest["preprocessed"]): Placement | undefined =>
    part === undefined ? undefined : placed(part.commitment, part.matrix).placement;
  return { preprocessed: find(request.preprocessed), main: find(request.main), permutation: find(request.permutation) };
}

function layoutOf(placements: Placements): PhaseLayout {
  const of = (placement: Placement | undefined): { width: number; lead: number } =>
    ({ width: placement?.width ?? 0, lead: (placement?.offset ?? 0) % 8 });
  return { preprocessed: of(placements.preprocessed), main: of(placements.main), permutation: of(placements.permutation) };
}

/** Tile loads of the kernel: (address, slot, 1 if the next row), only tiles the program reads. */
function tileLoads(chip: CompiledChip, placements: Placements, layout: PhaseLayout, program: ConstraintProgram): number[] {
  const words: number[] = [];
  for (const phase of PHASES) {
    const placement = placements[phase];
    if (placement === undefined) continue;
    const { group, offset } = placement;
    const firstTile = Math.floor(offset / 8);
    const { lead } = layout[phase];
    const tiles = slotsOf(layout[phase]) / 8;
    const columnsPerEntry = phase === "permutation" ? 4 : 1;
    const nextTiles = new Set(chip.nextColumns[phase].map((column) => Math.floor((lead + columnsPerEntry * column) / 8)));
    if (columnsPerEntry === 4) for (const column of chip.nextColumns[phase]) nextTiles.add(Math.floor((lead + 4 * column + 3) / 8));
    for (let tile = 0; tile < tiles; tile++) {
      const address = group.base + (firstTile + tile) * group.tileStride;
      words.push(address, program.columnSlots[phase].here - lead + 8 * tile, 0);
      if (nextTiles.has(tile)) words.push(address, program.columnSlots[phase].next - lead + 8 * tile, 1);
    }
  }
  return words;
}

/** Weights of the fold: powers of the challenge in constraint order. */
function foldWeights(chip: CompiledChip, challenge: Ext): Felt[] {
  const words: Felt[] = [];
  let power: Ext = [1, 0, 0, 0];
  for (let i = 0; i < chip.constraints.length; i++) {
    words.push(...power.map(toMontgomery));
    power = extMul(power, challenge);
  }
  return words;
}

/** [g^-1, Z on even exponents, Z on odd ones] at s * w^e: s^H (-1)^e - 1. */
function selectorConstants(logHeight: number): [Felt, Felt, Felt] {
  const shiftPower = pow(GENERATOR, 2 ** logHeight);
  return [inv(twoAdicRoot(logHeight)), sub(shiftPower, 1), sub(neg(shiftPower), 1)];
}

/** The backend's `quotient`. */
export async function quotientOf(engine: Engine, request: QuotientRequest): Promise<CommitMatrix> {
  const { chip, logHeight } = request;
  const { arena, pool, tables } = engine;
  const logSize = logHeight + 1;
  const size = 2 ** logSize;
  const mark = arena.mark;
  const placements = placementsOf(request);
  const layout = layoutOf(placements);
  const program = compileConstraints(chip, layout);
  const loads = tileLoads(chip, placements, layout, program);
  const [code, loadList] = [arena.allocateWords(program.code), arena.allocateWords(loads)];
  const weights = arena.allocateWords(foldWeights(chip, request.foldChallenge));
  const constants = constantWords(program, chip, request);
  const constantList = arena.allocateWords(constants);
  const [lastPoint, evenZ, oddZ] = selectorConstants(logHeight);
  const points = arena.allocateWords([lastPoint, evenZ, oddZ].map(toMontgomery));
  const inverses = arena.allocateWords([inv(evenZ), inv(oddZ)].map(toMontgomery));
  const selectors = arena.allocate(12 * size);
  await pool.run(engine.split(size, 256, (start, end) => ({
    kernel: "fillSelectors", args: [tables.points, logSize, points, start, end, selectors, MONTGOMERY_ONE],
  })));
  const stride = SLOT_BYTES * program.slotCount;
  const scratch = { base: arena.allocate(stride * pool.threadCount), stride };
  for (let thread = 0; thread < pool.threadCount; thread++) {
    await pool.run([{ kernel: "fillConstants", args: [scratch.base + thread * stride, 0, constants.length, constantList] }]);
  }
  const out = arena.allocate(32 * size);
  await pool.run(engine.split(size, BATCH_ROWS, (start, end) => ({
    kernel: "evaluateRows",
    args: [
      scratch, code, program.operationCount, weights, loadList, loads.length / 3, selectors, program.selectorSlot,
      program.resultSlot, inverses, logSize, start, end, out,
    ],
  })));
  const matrix = await interpolate(engine, out, logHeight);
  arena.release(mark);
  return matrix;
}

async function interpolate(engine: Engine, values: number, logHeight: number): Promise<CommitMatrix> {
  const { arena, pool, tables } = engine;
  const [height, size] = [2 ** logHeight, 2 ** (logHeight + 1)];
  const split = arena.allocate(32 * height);
  await pool.run([{ kernel: "inverseTile", args: [values, logHeight + 1, tables.inverseTwiddles] }]);
  await pool.run([{ kernel: "scaleRows", args: [values, values, size, toMontgomery(inv(size)), toMontgomery(inv(GENERATOR))] }]);
  await pool.run([{ kernel: "splitQuotient", args: [values, logHeight, split] }]);
  await pool.run([{ kernel: "scaleVector", args: [split, split, 8 * height, 1] }]);
  const result = Uint32Array.from(arena.words(split, 8 * height));
  assert(result.every((word) => word < P));
  return { logHeight, width: 8, values: result, form: "coefficients" };
}
