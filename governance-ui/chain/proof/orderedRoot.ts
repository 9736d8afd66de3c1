// The root of a list as block headers commit to it: a Merkle-Patricia trie of the items under the RLP of their positions. Owns building
// it from all items; proofs of single ones are trie.ts. It runs in a worker, because a full block hashes thousands of nodes.
// Invariant: the root depends on every byte of every item and on their order; the empty list has the root of the empty trie.

import { hexToBytes, keccak256, numberToHex, toRlp } from 'viem';
import type { Hex } from 'viem';

type RlpTree = Hex | RlpTree[];
interface Entry { readonly path: readonly number[]; readonly value: Hex }

const NODE_REFERENCE_BYTES = 32;
const EMPTY_ROOT: Hex = keccak256('0x80');

function nibblesOf(key: Hex): number[] {
  return Array.from(key.slice(2), (digit) => Number.parseInt(digit, 16));
}

/** A path as nodes hold it: a flag for leaves and odd lengths, then two nibbles a byte. */
function encodePath(nibbles: readonly number[], isLeaf: boolean): Hex {
  const flag = (isLeaf ? 2 : 0) + (nibbles.length % 2);
  const digits = [...(nibbles.length % 2 === 1 ? [flag] : [flag, 0]), ...nibbles];
  return `0x${digits.map((nibble) => nibble.toString(16)).join('')}`;
}

function commonLength(entries: readonly Entry[], depth: number): number {
  const [first] = entries;
  const last = entries.at(-1);
  if (first === undefined || last === undefined) return 0;
  // The entries are sorted by path, so what the first and the last share all share.
  let length = 0;
  while (depth + length < Math.min(first.path.length, last.path.length) && first.path[depth + length] === last.path[depth + length]) length += 1;
  return length;
}

/** The node over sorted entries that agree up to `depth`. */
function nodeOver(entries: readonly Entry[], depth: number): RlpTree {
  const [first] = entries;
  if (first === undefined) return '0x';
  if (entries.length === 1) return [encodePath(first.path.slice(depth), true), first.value];
  const shared = commonLength(entries, depth);
  if (shared > 0) return [encodePath(first.path.slice(depth, depth + shared), false), reference(nodeOver(entries, depth + shared))];
  const ending = entries.find(({ path }) => path.length === depth);
  const children = Array.from({ length: 16 }, (_, nibble) => {
    const below = entries.filter(({ path }) => path[depth] === nibble);
    return below.length === 0 ? '0x' : reference(nodeOver(below, depth + 1));
  });
  return [...children, ending?.value ?? '0x'];
}

/** A node inside its parent: by its hash, or itself if it is shorter than one. */
function reference(node: RlpTree): RlpTree {
  const bytes = toRlp(node as never) as Hex;
  return hexToBytes(bytes).length < NODE_REFERENCE_BYTES ? node : keccak256(bytes);
}

export function orderedRoot(items: readonly Hex[]): Hex {
  if (items.length === 0) return EMPTY_ROOT;
  const keyOf = (position: number): Hex => toRlp(position === 0 ? '0x' : padded(numberToHex(position)));
  const entries = items.map((value, position) => ({ path: nibblesOf(keyOf(position)), value })).toSorted((left, right) => comparePaths(left.path, right.path));
  return keccak256(toRlp(nodeOver(entries, 0) as never) as Hex);
}

const padded = (quantity: Hex): Hex => (quantity.length % 2 === 0 ? quantity : `0x0${quantity.slice(2)}`);

function comparePaths(left: readonly number[], right: readonly number[]): number {
  for (let at = 0; at < Math.min(left.length, right.length); at += 1) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
