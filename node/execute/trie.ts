// One batch update of a Merkle Patricia trie whose nodes are stored under their path, and proofs from it.
//
// Owns: insertion, change and deletion of many keys at once, each dirty node encoded and hashed exactly once; Merkle
// proofs. Does not own: storage (a TrieSource reads, the caller writes the changes), key hashing, values.
// Invariant: the root depends only on the resulting key set (differentially tested against @ethereumjs/mpt), and
// `changed` holds exactly the stored nodes that differ. A node is stored iff it is the root or >= 32 bytes encoded.
import { toKey } from './bytes.ts';
import { EMPTY_TRIE_ROOT, keccak256 } from './crypto.ts';
import { encodeRlp } from './rlp.ts';
import { decodeNode, encodeNode, referenceTo, toNibbles, TrieCorrupt } from './trie-node.ts';
import type { BranchNode, ExtensionNode, LeafNode, NodeReference, TrieNode } from './trie-node.ts';

/** Reads stored nodes. `path` is a key of one latin1 character (0..15) per nibble; '' is the root. */
export interface TrieSource {
  node(path: string): StoredNode | undefined;
}
export interface StoredNode { raw: Uint8Array; node: TrieNode }
/** `key` in nibbles, all of one length; `value` undefined deletes. */
export interface TrieUpdate { key: Uint8Array; value: Uint8Array | undefined }
/** before/after undefined = not stored. */
export interface NodeChange { before: Uint8Array | undefined; after: StoredNode | undefined }
export interface TrieResult { root: Uint8Array; changed: Map<string, NodeChange> }

/** Applies updates sorted by key without duplicates. */
export function updateTrie(source: TrieSource, updates: readonly TrieUpdate[]): TrieResult {
  return new TrieBatch(source, updates).run();
}

class TrieBatch {
  readonly #source: TrieSource;
  readonly #updates: readonly TrieUpdate[];
  /** Stored nodes this batch took apart; gone unless stored again. */
  readonly #opened = new Map<string, Uint8Array>();
  readonly #stored = new Map<string, StoredNode>();

  constructor(source: TrieSource, updates: readonly TrieUpdate[]) {
    this.#source = source;
    this.#updates = updates;
  }

  run(): TrieResult {
    const rootNode = this.#open('');
    const updated = this.#update(rootNode, 0, 0, this.#updates.length);
    let root = EMPTY_TRIE_ROOT;
    if (updated !== undefined) {
      const raw = encodeNode(updated);
      root = keccak256(raw);
      this.#stored.set('', { raw, node: updated });
    }
    const changed = new Map<string, NodeChange>();
    for (const [path, before] of this.#opened) {
      const after = this.#stored.get(path);
      if (after === undefined || Buffer.compare(before, after.raw) !== 0) changed.set(path, { before, after });
    }
    for (const [path, after] of this.#stored) if (!this.#opened.has(path)) changed.set(path, { before: undefined, after });
    return { root, changed };
  }

  #open(path: string): TrieNode | undefined {
    const stored = this.#source.node(path);
    if (stored === undefined) return undefined;
    this.#opened.set(path, stored.raw);
    return stored.node;
  }

  #resolve(reference: NodeReference, path: string): TrieNode {
    if (reference.length < 32) return decodeNode(reference);
    const node = this.#open(path);
    if (node === undefined) throw new TrieCorrupt(`expected a stored node at path ${printable(path)}, got none`);
    return node;
  }

  #store(node: TrieNode, path: string): NodeReference {
    const raw = encodeNode(node);
    if (raw.length < 32) return raw;
    this.#stored.set(path, { raw, node });
    return referenceTo(raw);
  }

  /** Path of the first `depth` nibbles of update `index`. */
  #path(index: number, depth: number): string {
    return toKey(this.#updates[index]!.key.subarray(0, depth));
  }

  /** Result of applying updates [low, high), which agree on the first `depth` nibbles, to the node there. */
  #update(node: TrieNode | undefined, depth: number, low: number, high: number): TrieNode | undefined {
    if (low === high) return node;
    if (node === undefined) return this.#build(undefined, depth, low, high);
    if (node.kind === 'leaf') return this.#build(node, depth, low, high);
    if (node.kind === 'extension') return this.#updateExtension(node, depth, low, high);
    return this.#updateBranch(node.children, depth, low, high);
  }

  /** Builds the subtree of the updates' insertions and at most one leaf that was there. */
  #build(existing: LeafNode | undefined, depth: number, low: number, high: number): TrieNode | undefined {
    const entries: { key: Uint8Array; value: Uint8Array }[] = [];
    let old = existing;
    for (let i = low; i < high; i++) {
      const { key, value } = this.#updates[i]!;
      const rest = key.subarray(depth);
      const order = old === undefined ? -1 : Buffer.compare(rest, old.key);
      if (old !== undefined && order > 0) entries.push(old);
      if (order >= 0) old = undefined;
      if (value !== undefined) entries.push({ key: rest, value });
    }
    if (old !== undefined) entries.push(old);
    if (entries.length === 0) return undefined;
    // Relative keys lose the prefix that paths need; every update of this range has it.
    return this.#grow(entries, 0, entries.length, 0, this.#path(low, depth));
  }

  #grow(entries: readonly { key: Uint8Array; value: Uint8Array }[], low: number, high: number, depth: number, prefix: string): TrieNode {
    const first = entries[low]!;
    if (high - low === 1) return { kind: 'leaf', key: first.key.subarray(depth), value: first.value };
    const last = entries[high - 1]!;
    let shared = 0;
    while (first.key[depth + shared] === last.key[depth + shared]) shared++;
    const branchDepth = depth + shared;
    const branchPath = prefix + toKey(first.key.subarray(depth, branchDepth));
    const children: (NodeReference | undefined)[] = Array.from({ length: 16 });
    let start = low;
    while (start < high) {
      const nibble = entries[start]!.key[branchDepth]!;
      let end = start + 1;
      while (end < high && entries[end]!.key[branchDepth] === nibble) end++;
      const childPath = branchPath + String.fromCharCode(nibble);
      children[nibble] = this.#store(this.#grow(entries, start, end, branchDepth + 1, childPath), childPath);
      start = end;
    }
    return this.#wrap({ kind: 'branch', children }, first.key.subarray(depth, branchDepth), prefix);
  }

  /** `node`, which sits at `prefix` + `key`, as the node at `prefix`. */
  #wrap(node: TrieNode, key: Uint8Array, prefix: string): TrieNode {
    if (key.length === 0) return node;
    if (node.kind === 'leaf') return { kind: 'leaf', key: joined(key, node.key), value: node.value };
    if (node.kind === 'extension') return { kind: 'extension', key: joined(key, node.key), child: node.child };
    return { kind: 'extension', key, child: this.#store(node, prefix + toKey(key)) };
  }

  #updateExtension(node: ExtensionNode, depth: number, low: number, high: number): TrieNode | undefined {
    const path = this.#path(low, depth);
    const shared = Math.min(
      sharedLength(node.key, this.#updates[low]!.key.subarray(depth)),
      sharedLength(node.key, this.#updates[high - 1]!.key.subarray(depth)),
    );
    if (shared === node.key.length) {
      const child = this.#resolve(node.child, path + toKey(node.key));
      const updated = this.#update(child, depth + shared, low, high);
      return updated === undefined ? undefined : this.#wrap(updated, node.key, path);
    }
    // Some update leaves the extension's path after `shared` nibbles: put a branch there, holding what was below.
    const children: (NodeReference | undefined)[] = Array.from({ length: 16 });
    const nibble = node.key[shared]!;
    const rest = node.key.subarray(shared + 1);
    const below = path + toKey(node.key.subarray(0, shared + 1));
    children[nibble] = rest.length === 0 ? node.child : this.#store({ kind: 'extension', key: rest, child: node.child }, below);
    const updated = this.#updateBranch(children, depth + shared, low, high);
    return updated === undefined ? undefined : this.#wrap(updated, node.key.subarray(0, shared), path);
  }

  #updateBranch(before: BranchNode['children'], depth: number, low: number, high: number): TrieNode | undefined {
    const children = before.slice();
    const path = this.#path(low, depth);
    let start = low;
    while (start < high) {
      const nibble = this.#updates[start]!.key[depth]!;
      let end = start + 1;
      while (end < high && this.#updates[end]!.key[depth] === nibble) end++;
      const childPath = path + String.fromCharCode(nibble);
      const reference = children[nibble];
      const child = reference === undefined ? undefined : this.#reopen(reference, childPath);
      const updated = this.#update(child, depth + 1, start, end);
      children[nibble] = updated === undefined ? undefined : this.#store(updated, childPath);
      start = end;
    }
    return this.#collapse(children, path);
  }

  /** Like #resolve, but a node this same batch stored (an extension cut short) is taken from there. */
  #reopen(reference: NodeReference, path: string): TrieNode {
    const fresh = this.#stored.get(path);
    if (fresh === undefined) return this.#resolve(reference, path);
    this.#stored.delete(path);
    return fresh.node;
  }

  /** A branch with no child is nothing, with one child it is that child under a longer key. */
  #collapse(children: readonly (NodeReference | undefined)[], path: string): TrieNode | undefined {
    let only = -1;
    for (let i = 0; i < 16; i++) {
      if (children[i] === undefined) continue;
      if (only !== -1) return { kind: 'branch', children };
      only = i;
    }
    if (only === -1) return undefined;
    const childPath = path + String.fromCharCode(only);
    const reference = children[only]!;
    const fresh = this.#stored.get(childPath);
    const wasOpen = this.#opened.has(childPath);
    const node = fresh?.node ?? this.#resolve(reference, childPath);
    if (node.kind === 'branch') {
      // It stays where it is: an untouched one counts as not opened, so that it is not taken for removed.
      if (fresh === undefined && !wasOpen) this.#opened.delete(childPath);
      return { kind: 'extension', key: Uint8Array.of(only), child: reference };
    }
    this.#stored.delete(childPath);
    return this.#wrap(node, Uint8Array.of(only), path);
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const whole = new Uint8Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}

function sharedLength(a: Uint8Array, b: Uint8Array): number {
  let shared = 0;
  while (shared < a.length && a[shared] === b[shared]) shared++;
  return shared;
}

function printable(path: string): string {
  return path === '' ? 'root' : Array.from(path, (nibble) => nibble.charCodeAt(0).toString(16)).join('');
}

/** Encodings of the nodes from the root to `key` (nibbles), or to where it provably is absent. Embedded nodes are part of their parent. */
export function proveKey(source: TrieSource, key: Uint8Array): Uint8Array[] {
  const root = source.node('');
  const proof: Uint8Array[] = [];
  if (root === undefined) return proof;
  proof.push(root.raw);
  let node = root.node;
  let depth = 0;
  for (;;) {
    let reference: NodeReference | undefined;
    if (node.kind === 'leaf') return proof;
    if (node.kind === 'branch') reference = node.children[key[depth++]!];
    else {
      if (sharedLength(node.key, key.subarray(depth)) < node.key.length) return proof;
      depth += node.key.length;
      reference = node.child;
    }
    if (reference === undefined) return proof;
    if (reference.length < 32) {
      node = decodeNode(reference);
      continue;
    }
    const path = toKey(key.subarray(0, depth));
    const stored = source.node(path);
    if (stored === undefined) throw new TrieCorrupt(`expected a stored node at path ${printable(path)}, got none`);
    proof.push(stored.raw);
    node = stored.node;
  }
}

/** Root of the trie of `rlp(index) -> values[index]` (transactions, receipts); rlp(index) is prefix-free. */
export function orderedRoot(values: readonly Uint8Array[]): Uint8Array {
  const updates = values.map((value, index) => ({ key: toNibbles(encodeRlp(BigInt(index))), value }));
  updates.sort((a, b) => Buffer.compare(a.key, b.key));
  return updateTrie({ node: () => undefined }, updates).root;
}
