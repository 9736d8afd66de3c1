// Low-degree extension of tiles with the kernels: the task lists of a transform.
// Owns: how tiles and cosets are cut into tasks. Does not own: the transforms (assembly/matrix.ts), what is extended (commit.ts, out-of-domain.ts).
// Source: PROTOCOL.md section 1: blowup 2^b is 2^b transforms of the trace's own size, each on a coset of the trace domain.
// Invariant: cosets are independent of each other, so any number of threads, and any cut, gives the same words.

import { inv } from "../field/koalabear.ts";
import type { Felt } from "../field/koalabear.ts";
import type { CommitMatrix } from "../prove/backend.ts";
import type { Group } from "./committed.ts";
import type { Engine } from "./engine.ts";
import type { KernelTask } from "./kernels.ts";
import { toMontgomery } from "./montgomery-form.ts";

/** Tasks per thread that a list of transforms is cut into, so that no thread waits long for the last of another. */
const TASKS_PER_THREAD = 16;

/** Extends the first 2^logHeight rows of every tile (bit-reversed values, or coefficients) to bit-reversed values on shift * <w_logSize>. */
export async function extendTiles(
  engine: Engine, tiles: Pick<Group, "logHeight" | "logSize" | "base" | "tileStride" | "tileCount">, form: CommitMatrix["form"], shift: Felt,
): Promise<void> {
  const { logHeight, logSize, tileCount } = tiles;
  const { pool, tables } = engine;
  const logBlowup = logSize - logHeight;
  const nodes = await engine.cosetNodes(logSize, shift);
  const forEachTile = (tasks: (tile: number) => readonly KernelTask[]): Promise<number[]> =>
    pool.run(Array.from({ length: tileCount }, (_, tile) => tasks(tiles.base + tile * tiles.tileStride)).flat());
  const blocks = (tile: number, first: number, last: number): KernelTask => ({
    kernel: "extendBlocks", args: [tile, logHeight, logBlowup, first, last, nodes],
  });
  if (form === "values") {
    const scale = toMontgomery(inv(2 ** logHeight));
    await forEachTile((tile) => [{ kernel: "interpolateTile", args: [tile, logHeight, tables.inverseTwiddles, scale] }]);
  }
  const blockCount = 2 ** logBlowup;
  const size = Math.max(1, Math.floor(((blockCount - 1) * tileCount) / (TASKS_PER_THREAD * pool.threadCount)));
  await forEachTile((tile) => Array.from({ length: Math.ceil((blockCount - 1) / size) }, (_, piece) =>
    blocks(tile, 1 + piece * size, Math.min(blockCount, 1 + (piece + 1) * size))));
  await forEachTile((tile) => [blocks(tile, 0, 1)]);
}
