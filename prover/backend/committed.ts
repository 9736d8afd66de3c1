// Committed matrices in kernel memory: tiles by size, tree levels, openings.
// Owns: the memory layout of a commitment. Does not own: filling it (commit.ts).
// Invariant: matrices of one log size share a group, columns concatenated in key order, eight to a tile.

import assert from "node:assert/strict";
import type { Felt } from "../field/koalabear.ts";
import { DIGEST_LENGTH } from "../hash/poseidon2.ts";
import type { TreeOpening } from "../merkle/mixed-tree.ts";
import type { Codeword, Commitment } from "../prove/backend.ts";
import type { Arena } from "./arena.ts";
import { fromMontgomery } from "./montgomery-form.ts";

/** All matrices of one log size: tile t holds columns 8t..8t+7 of the concatenation. */
export type Group = {
  readonly logHeight: number;
  readonly logSize: number;
  readonly width: number;
  readonly tileCount: number;
  readonly base: number;
  readonly tileStride: number;
};

/** Where one matrix lies: its group and first column there. */
export type Placement = { readonly group: Group; readonly offset: number; readonly width: number };

/** The digests of every tree level, by log size, and the leaf side that fed them. */
export type TreeLevels = readonly number[];

function digestAt(arena: Arena, level: number, index: number): Felt[] {
  return Array.from(arena.words(level + 32 * index, DIGEST_LENGTH), fromMontgomery);
}

function siblingsOf(arena: Arena, levels: TreeLevels, leaf: number): Felt[][] {
  const siblings: Felt[][] = [];
  for (let log = levels.length - 1, node = leaf; log > 0; log--, node = Math.floor(node / 2)) {
    siblings.push(digestAt(arena, levels[log] as number, node % 2 === 0 ? node + 1 : node - 1));
  }
  return siblings;
}

export class KernelCommitment implements Commitment {
  readonly root: readonly Felt[];
  readonly groups: readonly Group[];
  readonly placements: readonly Placement[];
  /** First address after everything this commitment owns. */
  readonly endMark: number;
  readonly #arena: Arena;
  readonly #levels: TreeLevels;

  constructor(arena: Arena, groups: readonly Group[], placements: readonly Placement[], levels: TreeLevels) {
    this.#arena = arena;
    this.groups = groups;
    this.placements = placements;
    this.#levels = levels;
    this.root = digestAt(arena, levels[0] as number, 0);
    this.endMark = arena.mark;
  }

  open(leaf: number): TreeOpening {
    const tallest = this.#levels.length - 1;
    assert(leaf >= 0 && leaf < 2 ** tallest, `leaf ${leaf} of 2^${tallest}`);
    const rows = this.placements.map(({ group, offset, width }) => {
      const row = Math.floor(leaf / 2 ** (tallest - group.logSize));
      return Array.from({ length: width }, (_, c) => {
        const column = offset + c;
        const address = group.base + Math.floor(column / 8) * group.tileStride + 32 * row + 4 * (column % 8);
        return fromMontgomery(this.#arena.words(address, 1)[0] as Felt);
      });
    });
    return { rows, siblings: siblingsOf(this.#arena, this.#levels, leaf) };
  }
}

/** A word over E, one element per 16 bytes, bit-reversed. */
export class KernelCodeword implements Codeword {
  readonly logSize: number;
  readonly base: number;
  constructor(logSize: number, base: number) {
    this.logSize = logSize;
    this.base = base;
  }
}

export class KernelFoldCommitment implements Commitment {
  readonly root: readonly Felt[];
  readonly #arena: Arena;
  readonly #levels: TreeLevels;
  readonly #base: number;
  readonly #rowLength: number;

  constructor(arena: Arena, codeword: KernelCodeword, logArity: number, levels: TreeLevels) {
    this.#arena = arena;
    this.#levels = levels;
    this.#base = codeword.base;
    this.#rowLength = 4 * 2 ** logArity;
    this.root = digestAt(arena, levels[0] as number, 0);
  }

  open(leaf: number): TreeOpening {
    const row = Array.from(this.#arena.words(this.#base + 4 * this.#rowLength * leaf, this.#rowLength), fromMontgomery);
    return { rows: [row], siblings: siblingsOf(this.#arena, this.#levels, leaf) };
  }
}
