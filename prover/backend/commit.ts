// Committing with the kernels: upload, low-degree extension, row hashes and the tree.
// Owns: task lists of a commitment. Does not own: layout (committed.ts) or kernels (assembly/).
// Source: PROTOCOL.md sections 1 and 2; review P11 (columns are worked on by tile).
// Invariant: equal to the reference backend's commitment, digest for digest.

import assert from "node:assert/strict";
import { GENERATOR } from "../field/koalabear.ts";
import type { HashName } from "../hash/suite.ts";
import type { CommitMatrix } from "../prove/backend.ts";
import { KernelCommitment, KernelFoldCommitment } from "./committed.ts";
import type { Group, KernelCodeword, Placement, Tree } from "./committed.ts";
import type { Engine } from "./engine.ts";
import { extendTiles } from "./extend.ts";
import type { KernelTask } from "./kernels.ts";
import { MONTGOMERY_R_SQUARED } from "./montgomery-form.ts";

/** Rows of a matrix uploaded at a time occupy at most this much staging memory. */
const STAGING_BYTES = 32 * 2 ** 20;
const HASH_GRAIN = 64;

type RowHashing = { base: number; blockStride: number; rowStride: number; blockCount: number; lastCount: number };

function layOut(engine: Engine, matrices: readonly CommitMatrix[], logBlowup: number): { groups: Group[]; placements: Placement[] } {
  const widths = new Map<number, number>();
  const offsets = matrices.map(({ logHeight, width }) => {
    const offset = widths.get(logHeight) ?? 0;
    widths.set(logHeight, offset + width);
    return offset;
  });
  const groups = [...widths].sort(([a], [b]) => b - a).map(([logHeight, width]): Group => {
    const logSize = logHeight + logBlowup;
    engine.requireSize(logSize);
    const tileCount = Math.ceil(width / 8);
    const tileStride = 32 * 2 ** logSize;
    return { logHeight, logSize, width, tileCount, tileStride, base: engine.arena.allocate(tileCount * tileStride) };
  });
  const placements = matrices.map(({ logHeight, width }, i): Placement => {
    const group = groups.find((candidate) => candidate.logHeight === logHeight);
    assert(group !== undefined);
    return { group, offset: offsets[i] as number, width };
  });
  return { groups, placements };
}

/** The pieces of a matrix's columns by tile of its group: [tile, first column in it, source column, count]. */
function tilePieces({ offset, width }: Placement): [number, number, number, number][] {
  const pieces: [number, number, number, number][] = [];
  for (let column = 0; column < width;) {
    const within = (offset + column) % 8;
    const count = Math.min(8 - within, width - column);
    pieces.push([Math.floor((offset + column) / 8), within, column, count]);
    column += count;
  }
  return pieces;
}

async function upload(engine: Engine, matrix: CommitMatrix, placement: Placement): Promise<void> {
  const { group } = placement;
  const height = 2 ** group.logHeight;
  assert.equal(matrix.values.length, height * matrix.width, "matrix size");
  const mark = engine.arena.mark;
  const rowsAtOnce = Math.max(1, Math.min(height, Math.floor(STAGING_BYTES / (4 * matrix.width))));
  const staging = engine.arena.allocate(4 * rowsAtOnce * matrix.width);
  for (let start = 0; start < height; start += rowsAtOnce) {
    const end = Math.min(height, start + rowsAtOnce);
    engine.arena.words(staging, (end - start) * matrix.width).set(matrix.values.subarray(start * matrix.width, end * matrix.width));
    await engine.pool.run(tilePieces(placement).map(([tile, within, column, count]): KernelTask => ({
      kernel: "loadTile",
      args: [
        staging + 4 * column, matrix.width, count, group.base + tile * group.tileStride + 4 * within, group.logHeight,
        matrix.form === "values" ? 1 : 0, start, end, MONTGOMERY_R_SQUARED,
      ],
    })));
  }
  engine.arena.release(mark);
}

async function hashRows(engine: Engine, rows: RowHashing, count: number, hash: HashName): Promise<number> {
  const out = engine.arena.allocate(32 * Math.max(8, count));
  await engine.pool.run(engine.split(count, HASH_GRAIN, (start, end) => ({
    kernel: hash === "poseidon2" ? "hashRows" : "hashRowsKeccak",
    args: [engine.hashScratch, rows.base, rows.blockStride, rows.rowStride, rows.blockCount, rows.lastCount, start, end, out],
  })));
  return out;
}

async function compress(engine: Engine, left: number, right: number, stride: number, count: number, hash: HashName): Promise<number> {
  const out = engine.arena.allocate(32 * Math.max(8, count));
  await engine.pool.run(engine.split(count, HASH_GRAIN, (start, end) => ({
    kernel: hash === "poseidon2" ? "compressPairs" : "compressPairsKeccak", args: [engine.hashScratch, left, right, stride, start, end, out],
  })));
  return out;
}

/** Builds all levels; `rowsBySize` gives what is hashed at a log size. */
async function buildTree(
  engine: Engine, tallest: number, rowsBySize: ReadonlyMap<number, RowHashing>, hash: HashName,
): Promise<Tree> {
  const levels: number[] = [];
  for (let log = tallest; log >= 0; log--) {
    const rows = rowsBySize.get(log);
    const digests = rows === undefined ? undefined : await hashRows(engine, rows, 2 ** log, hash);
    const below = levels[log + 1];
    if (below === undefined) {
      assert(digests !== undefined, "the tallest size has rows");
      levels[log] = digests;
      continue;
    }
    const nodes = await compress(engine, below, below + 32, 64, 2 ** log, hash);
    levels[log] = digests === undefined ? nodes : await compress(engine, nodes, digests, 32, 2 ** log, hash);
  }
  return { levels, hash };
}

/** The backend's `commit`. */
export async function commitMatrices(
  engine: Engine, matrices: readonly CommitMatrix[], logBlowup: number, hash: HashName,
): Promise<KernelCommitment> {
  const { groups, placements } = layOut(engine, matrices, logBlowup);
  const form = matrices[0]?.form ?? "values";
  assert(matrices.every((matrix) => matrix.form === form), "matrices of one commitment come in one form");
  for (const { base, tileCount, tileStride, width } of groups) {
    if (width % 8 !== 0) engine.arena.words(base + (tileCount - 1) * tileStride, tileStride / 4).fill(0);
  }
  for (const [i, matrix] of matrices.entries()) await upload(engine, matrix, placements[i] as Placement);
  for (const group of groups) await extendTiles(engine, group, form, GENERATOR);
  const rowsBySize = new Map(groups.map((group): [number, RowHashing] => [group.logSize, {
    base: group.base, blockStride: group.tileStride, rowStride: 32, blockCount: group.tileCount, lastCount: ((group.width - 1) % 8) + 1,
  }]));
  const tree = await buildTree(engine, Math.max(...rowsBySize.keys()), rowsBySize, hash);
  return new KernelCommitment(engine.arena, groups, placements, tree);
}

/** The backend's `commitFold`. */
export async function commitCodeword(
  engine: Engine, codeword: KernelCodeword, logArity: number, hash: HashName,
): Promise<KernelFoldCommitment> {
  const logRows = codeword.logSize - logArity;
  const rowBytes = 16 * 2 ** logArity;
  const rows = { base: codeword.base, blockStride: 32, rowStride: rowBytes, blockCount: rowBytes / 32, lastCount: 8 };
  return new KernelFoldCommitment(engine.arena, codeword, logArity, await buildTree(engine, logRows, new Map([[logRows, rows]]), hash));
}
