/**
 * Merkle-Patricia tries of any size, built at once from all their entries, with proofs.
 *
 * Owns only what the proofs' tests need: fixed-length hashed keys, no deletion. Compared there with @ethereumjs/mpt, which we did not write.
 */
import { encodeRlp, getBytes, hexlify, keccak256 } from 'ethers';
import { keccak256 as fastKeccak } from '../../node/execute/crypto.ts';

// A trie of 100,000 is half a million hashes: ethers hashes with the same implementation as the node from here on.
keccak256.register((data) => fastKeccak(data));

interface Entry { readonly nibbles: string; readonly value: string }

export interface Trie {
  readonly root: string;
  /** Nodes from the root to the value of a key that is in the trie. */
  prove(key: string): string[];
}

/** RLP by hex digits: a node is put together from encoded items, each once, which is what makes 100,000 entries bearable. */
function header(base: number, digits: string): string {
  const length = digits.length / 2;
  if (length < 56) return (base + length).toString(16) + digits;
  const size = length.toString(16);
  const padded = size.length % 2 === 0 ? size : `0${size}`;
  return (base + 55 + padded.length / 2).toString(16) + padded + digits;
}

const list = (items: readonly string[]): string => header(0xc0, items.join(''));
const text = (digits: string): string => (digits.length === 2 && digits < '80' ? digits : header(0x80, digits));
const hash = (digits: string): string => Buffer.from(fastKeccak(Buffer.from(digits, 'hex'))).toString('hex');
const reference = (node: string): string => (node.length < 64 ? node : `a0${hash(node)}`);

function hexPrefix(nibbles: string, isLeaf: boolean): string {
  const flag = (isLeaf ? 2 : 0) + (nibbles.length % 2);
  return `${flag.toString(16)}${nibbles.length % 2 === 0 ? '0' : ''}${nibbles}`;
}

function commonPrefix(first: string, last: string, depth: number): number {
  let length = 0;
  while (depth + length < first.length && first[depth + length] === last[depth + length]) length += 1;
  return length;
}

/** Builds the trie whose keys are the keccak hashes of `entries`' keys. */
export function buildTrie(entries: readonly { readonly key: string; readonly value: string }[]): Trie {
  const sorted: Entry[] = entries.map(({ key, value }) => ({ nibbles: hash(key.slice(2)), value })).sort((a, b) => (a.nibbles < b.nibbles ? -1 : 1));
  const encoded = new Map<string, string>();

  /** Encoding of the node over sorted[from, to) at `depth`, remembered by path for proofs. */
  const build = (from: number, to: number, depth: number): string => {
    const path = sorted[from]!.nibbles.slice(0, depth);
    const node = encode(from, to, depth);
    encoded.set(path, node);
    return node;
  };
  const encode = (from: number, to: number, depth: number): string => {
    const { nibbles, value } = sorted[from]!;
    if (to - from === 1) return list([text(hexPrefix(nibbles.slice(depth), true)), text(value.slice(2))]);
    const shared = commonPrefix(nibbles, sorted[to - 1]!.nibbles, depth);
    if (shared > 0) return list([text(hexPrefix(nibbles.slice(depth, depth + shared), false)), reference(build(from, to, depth + shared))]);
    const children = Array<string>(17).fill('80');
    for (let start = from; start < to;) {
      const nibble = sorted[start]!.nibbles[depth]!;
      let end = start + 1;
      while (end < to && sorted[end]!.nibbles[depth] === nibble) end += 1;
      children[Number.parseInt(nibble, 16)] = reference(build(start, end, depth + 1));
      start = end;
    }
    return list(children);
  };
  build(0, sorted.length, 0);
  const prove = (key: string): string[] => {
    const nibbles = hash(key.slice(2));
    // An inlined node (shorter than 32 bytes) is part of its parent and no element of a proof.
    return Array.from({ length: nibbles.length + 1 }, (_, depth) => nibbles.slice(0, depth))
      .flatMap((path) => encoded.get(path) ?? [])
      .filter((node, depth) => depth === 0 || node.length >= 64)
      .map((node) => `0x${node}`);
  };
  return { root: `0x${hash(encoded.get('') ?? '')}`, prove };
}

/** RLP of an account. */
export function accountRlp(nonce: bigint, balance: bigint, storageRoot: string, codeHash: string): string {
  const integer = (value: bigint): string => (value === 0n ? '0x' : hexlify(getBytes(`0x${value.toString(16).padStart(value.toString(16).length + (value.toString(16).length % 2), '0')}`)));
  return encodeRlp([integer(nonce), integer(balance), storageRoot, codeHash]);
}

