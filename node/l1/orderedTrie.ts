// Root of the Merkle Patricia trie that keeps a list under the keys rlp(0), rlp(1), ...: L1's transactions and
// receipts (Yellow Paper 4.3.2 and appendix D).
//
// Owns: building the root of a whole list in memory. Does not own: proofs, updates, storage (node/execute has its
// own state trie; nothing here imports it, so that what verifies L1 stays apart from what executes L2).
// Invariant: no key is a prefix of another (RLP of integers is prefix-free), hence no branch carries a value.

import { RLP, type NestedUint8Array } from '@ethereumjs/rlp';
import { keccak, minimalBytes } from '@keyfall/protocol';

interface Entry { readonly path: Uint8Array; readonly value: Uint8Array }
type TrieNode = Uint8Array | NestedUint8Array;

const NOTHING = new Uint8Array(0);

function nibblesOf(bytes: Uint8Array): Uint8Array {
  const nibbles = new Uint8Array(bytes.length * 2);
  bytes.forEach((byte, i) => {
    nibbles[2 * i] = byte >> 4;
    nibbles[2 * i + 1] = byte & 0x0f;
  });
  return nibbles;
}

/** Hex-prefix encoding of a path (Yellow Paper appendix C). */
function hexPrefix(nibbles: Uint8Array, isLeaf: boolean): Uint8Array {
  const odd = nibbles.length % 2;
  const flagged = new Uint8Array(nibbles.length + 2 - odd);
  flagged[0] = (isLeaf ? 2 : 0) + odd;
  flagged.set(nibbles, 2 - odd);
  return Uint8Array.from({ length: flagged.length / 2 }, (_, i) => ((flagged[2 * i] ?? 0) << 4) | (flagged[2 * i + 1] ?? 0));
}

/** How many nibbles from `depth` on all entries share. Entries are sorted, so first and last decide. */
function sharedLength(entries: readonly Entry[], depth: number): number {
  const first = entries[0]?.path ?? NOTHING;
  const last = entries.at(-1)?.path ?? NOTHING;
  let length = 0;
  while (depth + length < first.length && first[depth + length] === last[depth + length]) length += 1;
  return length;
}

/** A node as its parent holds it: itself when its RLP is shorter than a hash, else the hash. */
function reference(node: TrieNode): TrieNode {
  const encoded = RLP.encode(node);
  return encoded.length < 32 ? node : keccak(encoded);
}

function build(entries: readonly Entry[], depth: number): TrieNode {
  const only = entries[0];
  if (only === undefined) return NOTHING;
  if (entries.length === 1) return [hexPrefix(only.path.subarray(depth), true), only.value];
  const shared = sharedLength(entries, depth);
  if (shared > 0) {
    return [hexPrefix(only.path.subarray(depth, depth + shared), false), reference(build(entries, depth + shared))];
  }
  const children: TrieNode[] = [];
  let start = 0;
  for (let nibble = 0; nibble < 16; nibble += 1) {
    let end = start;
    while (end < entries.length && entries[end]?.path[depth] === nibble) end += 1;
    children.push(end === start ? NOTHING : reference(build(entries.slice(start, end), depth + 1)));
    start = end;
  }
  return [...children, NOTHING];
}

/** Root hash of the list `values`; of an empty list keccak256(rlp("")). */
export function orderedTrieRoot(values: readonly Uint8Array[]): Uint8Array {
  const entries = values.map((value, index) => ({ path: nibblesOf(RLP.encode(minimalBytes(BigInt(index)))), value }));
  entries.sort((a, b) => Buffer.compare(a.path, b.path));
  return keccak(RLP.encode(build(entries, 0)));
}
