// Committed matrices in kernel memory: tiles by size, tree levels, openings.
// Owns: the memory layout of a commitment. Does not own: filling it (commit.ts).
// Invariant: matrices of one log size share a group, columns concatenated in key order, eight to a tile.

import assert from "node:assert/strict";
import type { Felt } from "../field/koalabear.ts";
import { DIGEST_LENGTH } from "../hash/poseidon2.ts";
import { digestWords, suiteOf } from "../hash/suite.ts";
import type { HashName } from "../hash/suite.ts";
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

/** The addresses of the digests of every tree level, by log size, and the suite that made them. */
export type Tree = { readonly levels: readonly number[]; readonly hash: HashName };

/** A digest as the suite's words: Poseidon2 keeps elements in Montgomery form, keccak bytes. */
function digestAt(arena: Arena, { levels, hash }: Tree, log: number, index: number): number[] {
  const address = (levels[log] as number) + 32 * index;
  if (hash === "poseidon2") return Array.from(arena.words(address, DIGEST_LENGTH), fromMontgomery);
  const words = digestWords(new Uint8Array(arena.memory.buffer, address, 32));
  // A kernel that leaves the words nobody shows would make roots that no verifier has: such a module is of another build.
  assert(words.slice(suiteOf(hash).shownWords).every((word) => word === 0), "kernels of another protocol version: npm run build -w prover");
  return words;
}

function siblingsOf(arena: Arena, tree: Tree, leaf: number): number[][] {
  const siblings: number[][] = [];
  for (let log = tree.levels.length - 1, node = leaf; log > 0; log--, node = Math.floor(node / 2)) {
    siblings.push(digestAt(arena, tree, log, node % 2 === 0 ? node + 1 : node - 1));
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
  readonly #tree: Tree;

  constructor(arena: Arena, groups: readonly Group[], placements: readonly Placement[], tree: Tree) {
    this.#arena = arena;
    this.groups = groups;
    this.placements = placements;
    this.#tree = tree;
    this.root = digestAt(arena, tree, 0, 0);
    this.endMark = arena.mark;
  }

  open(leaf: number): TreeOpening {
    const tallest = this.#tree.levels.length - 1;
    assert(leaf >= 0 && leaf < 2 ** tallest, `leaf ${leaf} of 2^${tallest}`);
    const rows = this.placements.map(({ group, offset, width }) => {
      const row = Math.floor(leaf / 2 ** (tallest - group.logSize));
      return Array.from({ length: width }, (_, c) => {
        const column = offset + c;
        const address = group.base + Math.floor(column / 8) * group.tileStride + 32 * row + 4 * (column % 8);
        return fromMontgomery(this.#arena.words(address, 1)[0] as Felt);
      });
    });
    return { rows, siblings: siblingsOf(this.#arena, this.#tree, leaf) };
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
  readonly #tree: Tree;
  readonly #base: number;
  readonly #rowLength: number;

  constructor(arena: Arena, codeword: KernelCodeword, logArity: number, tree: Tree) {
    this.#arena = arena;
    this.#tree = tree;
    this.#base = codeword.base;
    this.#rowLength = 4 * 2 ** logArity;
    this.root = digestAt(arena, tree, 0, 0);
  }

  open(leaf: number): TreeOpening {
    const row = Array.from(this.#arena.words(this.#base + 4 * this.#rowLength * leaf, this.#rowLength), fromMontgomery);
    return { rows: [row], siblings: siblingsOf(this.#arena, this.#tree, leaf) };
  }
}
