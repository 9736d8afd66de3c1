// Lookup columns with the kernels: fractions of every row, their values, the running sum.
// Owns: the task lists of `lookup`. Does not own: the fractions' program (constraint-program.ts), their kernels (assembly/lookup.ts).
// Source: air/permutation.ts, which defines the columns; README.md of air/, "Lookup argument".
// Invariant: columns and sum equal buildPermutation's, with any number of threads.

import assert from "node:assert/strict";
import { reachable } from "../air/chip.ts";
import type { CompiledChip } from "../air/ir.ts";
import { ZeroFingerprint } from "../air/permutation.ts";
import type { PermutationTrace } from "../air/permutation.ts";
import { emptyTrace } from "../air/trace.ts";
import type { ChipTrace, Trace } from "../air/trace.ts";
import { EXT_ZERO, extAdd, extScale, extSub } from "../field/ext4.ts";
import type { Ext } from "../field/ext4.ts";
import { inv } from "../field/koalabear.ts";
import type { LookupRequest } from "../prove/backend.ts";
import { compileNodes, constantWords, slotsOf } from "./constraint-program.ts";
import type { ConstraintProgram, PhaseLayout } from "./constraint-program.ts";
import type { Engine } from "./engine.ts";
import { MONTGOMERY_ONE, MONTGOMERY_R_SQUARED } from "./montgomery-form.ts";

const PHASES = ["preprocessed", "main"] as const;
type Phase = (typeof PHASES)[number];

const SLOT_BYTES = 128;
const BATCH_ROWS = 32;
/** Fractions inverted together; kernels cut their tasks into such chunks. */
const CHUNK = 256;
/** Rows uploaded at a time occupy at most this much. */
const STAGING_BYTES = 32 * 2 ** 20;

/** A tile of a trace that the program reads, on this row or the next. */
type Load = { readonly phase: Phase; readonly tile: number; readonly slot: number; readonly ahead: 0 | 1 };

function loadsOf(chip: CompiledChip, layout: PhaseLayout, program: ConstraintProgram, roots: readonly number[]): Load[] {
  const columns = reachable(chip.nodes, roots).flatMap((id) => {
    const node = chip.nodes[id];
    return node?.op === "column" ? [node] : [];
  });
  return PHASES.flatMap((phase) => [0, 1].flatMap((ahead): Load[] => {
    const used = columns.filter((node) => node.phase === phase && node.isNext === (ahead === 1));
    const first = program.columnSlots[phase][ahead === 1 ? "next" : "here"];
    return Array.from({ length: slotsOf(layout[phase]) / 8 }, (_, tile) => ({ phase, tile, slot: first + 8 * tile, ahead: ahead === 1 ? 1 as const : 0 as const }))
      .filter(({ tile }) => used.some(({ index }) => Math.floor(index / 8) === tile));
  }));
}

/** Uploads some tiles of a trace, rows in trace order; returns each tile's address. */
async function uploadTiles(engine: Engine, { values, width, height }: Trace, tiles: readonly number[]): Promise<Map<number, number>> {
  const { arena, pool } = engine;
  const addresses = new Map(tiles.map((tile): [number, number] => [tile, arena.allocate(32 * height)]));
  const last = Math.floor(width / 8);
  const partial = addresses.get(last);
  if (partial !== undefined && width % 8 !== 0) arena.words(partial, 8 * height).fill(0);
  const mark = arena.mark;
  const rowsAtOnce = Math.max(1, Math.min(height, Math.floor(STAGING_BYTES / (4 * Math.max(1, width)))));
  const staging = arena.allocate(4 * rowsAtOnce * width);
  for (let start = 0; start < height; start += rowsAtOnce) {
    const end = Math.min(height, start + rowsAtOnce);
    arena.words(staging, (end - start) * width).set(values.subarray(start * width, end * width));
    await pool.run([...addresses].map(([tile, address]) => ({
      kernel: "loadTile", args: [staging + 32 * tile, width, Math.min(8, width - 8 * tile), address, 0, 0, start, end, MONTGOMERY_R_SQUARED],
    })));
  }
  arena.release(mark);
  return addresses;
}

/** Fractions of all rows and groups: 32 bytes each, numerator first. */
async function evaluateFractions(engine: Engine, { chip, trace, alpha, beta }: LookupRequest): Promise<number> {
  const { arena, pool } = engine;
  const { height } = trace.main;
  const roots = chip.lookupGroups.flatMap(({ numerator, denominator }) => [numerator, denominator]);
  const layout: PhaseLayout = {
    preprocessed: { width: chip.preprocessedWidth, lead: 0 }, main: { width: chip.mainWidth, lead: 0 }, permutation: { width: 0, lead: 0 },
  };
  const program = compileNodes(chip, layout, roots);
  const loads = loadsOf(chip, layout, program, roots);
  const fractions = arena.allocate(16 * roots.length * height);
  const mark = arena.mark;
  const tiles = { preprocessed: new Map<number, number>(), main: new Map<number, number>() };
  for (const phase of PHASES) {
    tiles[phase] = await uploadTiles(engine, trace[phase], [...new Set(loads.filter((load) => load.phase === phase).map(({ tile }) => tile))]);
  }
  const loadList = arena.allocateWords(loads.flatMap(({ phase, tile, slot, ahead }) => [tiles[phase].get(tile) ?? 0, slot, ahead]));
  const code = arena.allocateWords(program.code);
  const rootList = arena.allocateWords(program.roots.flatMap(({ slot, isExtension }) => [slot, isExtension ? 1 : 0]));
  const constants = constantWords(program, chip, { publics: trace.publics, alpha, beta, sumShare: EXT_ZERO });
  const constantList = arena.allocateWords(constants);
  const stride = SLOT_BYTES * program.slotCount;
  const scratch = { base: arena.allocate(stride * pool.threadCount), stride };
  for (let thread = 0; thread < pool.threadCount; thread++) {
    await pool.run([{ kernel: "fillConstants", args: [scratch.base + thread * stride, 0, constants.length, constantList] }]);
  }
  await pool.run(engine.split(height, BATCH_ROWS, (start, end) => ({
    kernel: "evaluateRoots",
    args: [scratch, code, program.operationCount, loadList, loads.length, Math.log2(height), rootList, roots.length, start, end, fractions],
  })));
  arena.release(mark);
  return fractions;
}

/** Each range's sum of the values before it, and the total. */
async function prefixSums(engine: Engine, values: number, ranges: readonly (readonly [start: number, end: number])[]): Promise<{ before: Ext[]; total: Ext }> {
  const sums = engine.arena.allocate(16 * ranges.length);
  await engine.pool.run(ranges.map(([start, end], i) => ({ kernel: "sumExts", args: [values, start, end, sums + 16 * i] })));
  let total: Ext = EXT_ZERO;
  const before = ranges.map((_, i) => {
    const own = total;
    total = extAdd(total, engine.readExt(sums + 16 * i));
    return own;
  });
  return { before, total };
}

const rangesOf = (height: number, pieces: number): [start: number, end: number][] => {
  const size = Math.ceil(height / pieces);
  return Array.from({ length: Math.ceil(height / size) }, (_, i) => [i * size, Math.min(height, (i + 1) * size)]);
};

async function fillColumns(engine: Engine, values: number, height: number, groupCount: number): Promise<PermutationTrace> {
  const { arena, pool } = engine;
  const ranges = rangesOf(height, 4 * pool.threadCount);
  const { before, total } = await prefixSums(engine, values, ranges.map(([start, end]) => [groupCount * start, groupCount * end] as const));
  const share = extScale(total, inv(height));
  const shareAt = engine.allocateExt(share);
  const out = arena.allocate(16 * groupCount * height);
  await pool.run(ranges.map(([start, end], i) => ({
    kernel: "fillRunning",
    args: [values, groupCount, start, end, engine.allocateExt(extSub(before[i] as Ext, extScale(share, start))), shareAt, out],
  })));
  const columns = emptyTrace(4 * groupCount, height);
  columns.values.set(arena.words(out, 4 * groupCount * height));
  return { columns, sum: total };
}

/** The backend's `lookup`. Throws ZeroFingerprint when the challenges hit a fingerprint. */
export async function lookupOf(engine: Engine, request: LookupRequest): Promise<PermutationTrace> {
  const { arena, pool } = engine;
  const { chip, trace } = request;
  const groupCount = chip.lookupGroups.length;
  const { height } = trace.main;
  checkShape(chip, trace);
  if (groupCount === 0) return { columns: emptyTrace(0, height), sum: EXT_ZERO };
  const mark = arena.mark;
  try {
    const fractions = await evaluateFractions(engine, request);
    const values = arena.allocate(16 * groupCount * height);
    const defects = await pool.run(engine.split(groupCount * height, CHUNK, (start, end) => ({
      kernel: "divideFractions", args: [fractions, start, end, values, MONTGOMERY_ONE],
    })));
    if (defects.some((isZero) => isZero !== 0)) throw new ZeroFingerprint(chip.name);
    return await fillColumns(engine, values, height, groupCount);
  } finally {
    arena.release(mark);
  }
}

function checkShape(chip: CompiledChip, { preprocessed, main, publics }: ChipTrace): void {
  assert.equal(preprocessed.values.length, main.height * chip.preprocessedWidth, `${chip.name}: preprocessed size`);
  assert.equal(main.values.length, main.height * chip.mainWidth, `${chip.name}: main size`);
  assert.equal(publics.length, chip.publicCount, `${chip.name}: public inputs`);
}
