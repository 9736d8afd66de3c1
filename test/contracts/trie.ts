/**
 * Merkle-Patricia tries of any size, built at once from all their entries, with proofs.
 *
 * Owns only what the proofs' tests need: fixed-length hashed keys, no deletion. Compared there with @ethereumjs/mpt, which we did not write.
 */
import { encodeRlp, getBytes, hexlify, keccak256 } from 'ethers';

type Node = string | Node[];

interface Entry { readonly nibbles: string; readonly value: string }

export interface Trie {
  readonly root: string;
  /** Nodes from the root to the value of a key that is in the trie. */
  prove(key: string): string[];
}

function hexPrefix(nibbles: string, isLeaf: boolean): string {
  const flag = (isLeaf ? 2 : 0) + (nibbles.length % 2);
  return `0x${flag.toString(16)}${nibbles.length % 2 === 0 ? '0' : ''}${nibbles}`;
}

function commonPrefix(entries: readonly Entry[], depth: number): number {
  const [first, last] = [entries[0]!.nibbles, entries[entries.length - 1]!.nibbles];
  let length = 0;
  while (depth + length < first.length && first[depth + length] === last[depth + length]) length += 1;
  return length;
}

/** Builds the trie whose keys are the keccak hashes of `entries`' keys. */
export function buildTrie(entries: readonly { readonly key: string; readonly value: string }[]): Trie {
  const sorted: Entry[] = entries.map(({ key, value }) => ({ nibbles: keccak256(key).slice(2), value })).sort((a, b) => (a.nibbles < b.nibbles ? -1 : 1));
  const encoded = new Map<string, string>();

  /** Structure of the node over sorted[from, to) at `depth`; remembers encodings by path for proofs. */
  const build = (from: number, to: number, depth: number): Node => {
    const slice = sorted.slice(from, to);
    const path = sorted[from]!.nibbles.slice(0, depth);
    let node: Node;
    if (slice.length === 1) node = [hexPrefix(sorted[from]!.nibbles.slice(depth), true), sorted[from]!.value];
    else {
      const shared = commonPrefix(slice, depth);
      if (shared > 0) node = [hexPrefix(sorted[from]!.nibbles.slice(depth, depth + shared), false), reference(build(from, to, depth + shared))];
      else node = branch(from, to, depth);
    }
    encoded.set(path, encodeRlp(node as never));
    return node;
  };
  const branch = (from: number, to: number, depth: number): Node => {
    const children: Node[] = Array<Node>(17).fill('0x');
    for (let start = from; start < to;) {
      const nibble = sorted[start]!.nibbles[depth]!;
      let end = start + 1;
      while (end < to && sorted[end]!.nibbles[depth] === nibble) end += 1;
      children[Number.parseInt(nibble, 16)] = reference(build(start, end, depth + 1));
      start = end;
    }
    return children;
  };
  const reference = (node: Node): Node => {
    const bytes = encodeRlp(node as never);
    return bytes.length < 66 ? node : keccak256(bytes);
  };
  build(0, sorted.length, 0);
  const prove = (key: string): string[] => {
    const nibbles = keccak256(key).slice(2);
    // An inlined node (shorter than 32 bytes) is part of its parent and no element of a proof.
    return Array.from({ length: nibbles.length + 1 }, (_, depth) => nibbles.slice(0, depth))
      .flatMap((path) => encoded.get(path) ?? [])
      .filter((bytes, depth) => depth === 0 || bytes.length >= 66);
  };
  return { root: keccak256(encoded.get('') ?? '0x'), prove };
}

/** RLP of an account. */
export function accountRlp(nonce: bigint, balance: bigint, storageRoot: string, codeHash: string): string {
  const integer = (value: bigint): string => (value === 0n ? '0x' : hexlify(getBytes(`0x${value.toString(16).padStart(value.toString(16).length + (value.toString(16).length % 2), '0')}`)));
  return encodeRlp([integer(nonce), integer(balance), storageRoot, codeHash]);
}

