// Merkle-Patricia proofs of inclusion, checked in the browser. Owns the walk from a root to a value; what the key and the value
// mean is account.ts. It follows what the contracts accept: inclusion only, every node hashed against its parent, nothing trailing.
// Invariant: a value is returned only if the proof's bytes hash up to the root given; on any other bytes the answer names the rule.

import { keccak256, fromRlp, hexToBytes } from 'viem';
import type { Hex } from 'viem';

export type ProofResult = { readonly ok: true; readonly value: Hex } | { readonly ok: false; readonly code: string; readonly expected: string; readonly got: string };

type RlpTree = Hex | RlpTree[];

const refuse = (code: string, expected: string, got: string): ProofResult => ({ ok: false, code, expected, got });

function nibblesOf(hex: Hex): number[] {
  return Array.from(hex.slice(2), (digit) => Number.parseInt(digit, 16));
}

/** Nibbles of a leaf's or extension's path, and whether it is a leaf; undefined when the prefix is none. */
function decodePath(encoded: Hex): { nibbles: number[]; isLeaf: boolean } | undefined {
  const [flag, ...rest] = nibblesOf(encoded);
  if (flag === undefined || flag > 3) return undefined;
  const isOdd = (flag & 1) === 1;
  if (!isOdd && rest[0] !== 0) return undefined;
  return { nibbles: isOdd ? rest : rest.slice(1), isLeaf: flag >= 2 };
}

function decodeNode(bytes: Hex): RlpTree[] | undefined {
  try {
    const node = fromRlp(hexToBytes(bytes), 'hex') as RlpTree;
    return Array.isArray(node) ? node : undefined;
  } catch {
    // Bytes that are no RLP are no node; the caller says so.
    return undefined;
  }
}

/** @param key already hashed @param nodes from the root down, each node whole */
export function verifyInclusion(root: Hex, key: Hex, nodes: readonly Hex[]): ProofResult {
  const path = nibblesOf(key);
  let expected: RlpTree = root;
  let depth = 0;
  let at = 0;
  for (;;) {
    let node: RlpTree[] | undefined;
    if (Array.isArray(expected)) node = expected;
    else {
      const bytes = nodes[at];
      if (bytes === undefined) return refuse('PROOF_SHORT', `a node that hashes to ${expected}`, 'no more nodes');
      if (keccak256(bytes) !== expected) return refuse('NODE_HASH', expected, keccak256(bytes));
      node = decodeNode(bytes);
      at += 1;
    }
    if (node?.length === 17) {
      const isEnd = depth === path.length;
      const next: RlpTree | undefined = node[isEnd ? 16 : (path[depth] ?? 16)];
      if (next === undefined || next === '0x') return refuse('ABSENT', `a value at ${key}`, 'an empty branch');
      if (isEnd) return at === nodes.length && !Array.isArray(next) ? { ok: true, value: next } : refuse('PROOF_TRAILING', `${at} nodes`, `${nodes.length}`);
      depth += 1;
      expected = next;
      continue;
    }
    if (node?.length !== 2 || typeof node[0] !== 'string') return refuse('NODE_SHAPE', 'a branch, an extension or a leaf', node === undefined ? 'no list' : `${node.length} items`);
    const step = decodePath(node[0]);
    if (step === undefined) return refuse('NODE_PATH', 'a path prefix 0 to 3', node[0]);
    const matches = step.nibbles.every((nibble, offset) => nibble === path[depth + offset]) && depth + step.nibbles.length <= path.length;
    if (!matches) return refuse('ABSENT', `the path of ${key}`, 'another path');
    depth += step.nibbles.length;
    const child: RlpTree | undefined = node[1];
    if (child === undefined || child === '0x') return refuse('NODE_VALUE', 'a child', 'nothing');
    if (!step.isLeaf) {
      if (step.nibbles.length === 0) return refuse('NODE_PATH', 'an extension of at least one nibble', 'none');
      expected = child;
      continue;
    }
    if (depth !== path.length || Array.isArray(child)) return refuse('ABSENT', `the path of ${key}`, 'a shorter leaf');
    return at === nodes.length ? { ok: true, value: child } : refuse('PROOF_TRAILING', `${at} nodes`, `${nodes.length}`);
  }
}
