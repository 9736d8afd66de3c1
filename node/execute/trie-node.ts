// Nodes of the Merkle Patricia trie and their RLP form (yellow paper, appendix D).
//
// Owns: the node types, hex-prefix encoding, node encoding and decoding, references. Does not own: where nodes are
// stored or how they change (trie.ts). Keys of one trie never contain one another, so branches have no value.
// Invariant: nodes are immutable; decodeNode(encodeNode(n)) equals n.
import { keccak256 } from './crypto.ts';
import { headerSize, writeHeader } from './rlp.ts';
import { decodeRlp } from './rlp.ts';
import type { RlpItem } from './rlp.ts';

/** Reference to a child: its keccak hash (32 bytes), or its whole encoding when that is shorter than 32 bytes. */
export type NodeReference = Uint8Array;
export interface LeafNode { kind: 'leaf'; key: Uint8Array; value: Uint8Array }
export interface ExtensionNode { kind: 'extension'; key: Uint8Array; child: NodeReference }
export interface BranchNode { kind: 'branch'; children: readonly (NodeReference | undefined)[] }
export type TrieNode = LeafNode | ExtensionNode | BranchNode;

/** A stored node is not one; the database or a proof is damaged. */
export class TrieCorrupt extends Error {
  readonly code = 'trie-corrupt';
}

/** Two nibbles a byte, high one first. */
export function toNibbles(bytes: Uint8Array): Uint8Array {
  const nibbles = new Uint8Array(bytes.length * 2);
  for (let i = 0; i < bytes.length; i++) {
    nibbles[2 * i] = bytes[i]! >> 4;
    nibbles[2 * i + 1] = bytes[i]! & 15;
  }
  return nibbles;
}

function hexPrefixSize(nibbles: Uint8Array): number {
  return (nibbles.length >> 1) + 1;
}

function writeHexPrefix(out: Uint8Array, offset: number, nibbles: Uint8Array, isLeaf: boolean): void {
  const odd = nibbles.length & 1;
  out[offset] = ((isLeaf ? 2 : 0) + odd) * 16 + (odd === 1 ? nibbles[0]! : 0);
  for (let i = odd, o = offset + 1; i < nibbles.length; i += 2, o++) out[o] = nibbles[i]! * 16 + nibbles[i + 1]!;
}

function readHexPrefix(bytes: Uint8Array): { nibbles: Uint8Array; isLeaf: boolean } {
  const flag = (bytes[0] ?? 255) >> 4;
  if (flag > 3) throw new TrieCorrupt(`expected a hex-prefix flag of 0 to 3, got ${flag}`);
  const all = toNibbles(bytes);
  return { nibbles: all.subarray(2 - (flag & 1)), isLeaf: flag >= 2 };
}

const ownSize = (item: Uint8Array): number => (item.length === 1 && item[0]! < 0x80 ? 1 : item.length + headerSize(item.length));
const referenceSize = (reference: NodeReference): number => (reference.length === 32 ? 33 : reference.length);

function writeString(out: Uint8Array, offset: number, item: Uint8Array): number {
  if (item.length === 1 && item[0]! < 0x80) {
    out[offset] = item[0]!;
    return offset + 1;
  }
  const start = writeHeader(out, offset, item.length, 0x80);
  out.set(item, start);
  return start + item.length;
}

function writeReference(out: Uint8Array, offset: number, reference: NodeReference): number {
  if (reference.length === 32) {
    out[offset] = 0xa0;
    out.set(reference, offset + 1);
    return offset + 33;
  }
  out.set(reference, offset);
  return offset + reference.length;
}

/** RLP of a node. */
export function encodeNode(node: TrieNode): Uint8Array {
  if (node.kind === 'branch') return encodeBranch(node.children);
  const isLeaf = node.kind === 'leaf';
  const prefix = new Uint8Array(hexPrefixSize(node.key));
  writeHexPrefix(prefix, 0, node.key, isLeaf);
  const payload = ownSize(prefix) + (isLeaf ? ownSize(node.value) : referenceSize(node.child));
  const out = new Uint8Array(headerSize(payload) + payload);
  const next = writeString(out, writeHeader(out, 0, payload, 0xc0), prefix);
  if (isLeaf) writeString(out, next, node.value);
  else writeReference(out, next, node.child);
  return out;
}

function encodeBranch(children: BranchNode['children']): Uint8Array {
  let payload = 1;
  for (let i = 0; i < 16; i++) payload += children[i] === undefined ? 1 : referenceSize(children[i]!);
  const out = new Uint8Array(headerSize(payload) + payload);
  let offset = writeHeader(out, 0, payload, 0xc0);
  for (let i = 0; i < 16; i++) {
    const child = children[i];
    if (child === undefined) out[offset++] = 0x80;
    else offset = writeReference(out, offset, child);
  }
  out[offset] = 0x80;
  return out;
}

/** Inverse of encodeNode; byte fields are views into `raw`. Throws TrieCorrupt. */
export function decodeNode(raw: Uint8Array): TrieNode {
  const decoded = decodeRlp(raw);
  if (!decoded.ok) throw new TrieCorrupt(`expected the RLP of a trie node: ${decoded.message}`);
  return nodeFromItem(decoded.item);
}

function nodeFromItem(item: RlpItem): TrieNode {
  if (item instanceof Uint8Array) throw new TrieCorrupt('expected a list, got bytes');
  if (item.length === 17) return { kind: 'branch', children: item.slice(0, 16).map(referenceFromItem) };
  const [prefix, rest] = item;
  if (item.length !== 2 || !(prefix instanceof Uint8Array) || rest === undefined) throw new TrieCorrupt(`expected 2 or 17 items, got ${item.length}`);
  const { nibbles, isLeaf } = readHexPrefix(prefix);
  if (isLeaf) {
    if (!(rest instanceof Uint8Array)) throw new TrieCorrupt('expected bytes as the value of a leaf');
    return { kind: 'leaf', key: nibbles, value: rest };
  }
  const child = referenceFromItem(rest);
  if (child === undefined) throw new TrieCorrupt('expected a child below an extension');
  return { kind: 'extension', key: nibbles, child };
}

function referenceFromItem(item: RlpItem): NodeReference | undefined {
  if (!(item instanceof Uint8Array)) return encodeNode(nodeFromItem(item));
  if (item.length === 0) return undefined;
  if (item.length !== 32) throw new TrieCorrupt(`expected a reference of 32 bytes, got ${item.length}`);
  return item;
}

/** What a parent holds for a child with this encoding. */
export function referenceTo(raw: Uint8Array): NodeReference {
  return raw.length < 32 ? raw : keccak256(raw);
}
