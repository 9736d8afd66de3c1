// Merkle-Patricia proofs of inclusion under a root that L1 holds, checked here before anything is sent: an RPC endpoint is believed in
// nothing. Owns the walk from the root to the value. Does not own what is proven, nor building proofs (the rebuilt chain does).
// Rules: every node is the one its parent names by hash (one below 32 bytes is embedded in its parent and no element of a proof), keys
// are hashes, the value is not empty, and no node is left over. The L1 contracts demand the same.
// Invariant: never throws on the bytes of a proof; it names what was expected and what came.

import { decodeRlp, equalBytes, fromHex, hashBytes, keccak, malformed, rlpUint, toHex } from '@keyfall/protocol';
import type { Decoded, Hex, RlpItem } from '@keyfall/protocol';

const HASH_BYTES = 32;
const BRANCH_ITEMS = 17;

export interface ProvenAccount {
  readonly nonce: bigint;
  readonly balance: bigint;
  readonly storageRoot: Hex;
  readonly codeHash: Hex;
}

/** The value at `key` (hashed here) under `root`. */
export function provenValue(root: Hex, key: Uint8Array, proof: readonly Hex[]): Decoded<Uint8Array> {
  const path = nibblesOf(keccak(key));
  let expected: Uint8Array = hashBytes(root);
  let depth = 0;
  for (const [position, node] of proof.entries()) {
    const entered = enter(expected, fromHex(node), position);
    if (!entered.ok) return entered;
    let step = follow(entered.value, path, depth);
    while (step.ok && !step.value.isValue && Array.isArray(step.value.item)) step = follow(step.value.item, path, step.value.depth);
    if (!step.ok) return step;
    const { isValue, item } = step.value;
    if (!(item instanceof Uint8Array) || item.length === 0) return malformed('PROOF_VALUE', isValue ? 'a value' : 'a child', 'none');
    if (isValue) return position === proof.length - 1 ? { ok: true, value: item } : malformed('PROOF_TRAILING', `${position + 1} nodes`, proof.length);
    expected = item;
    depth = step.value.depth;
  }
  return malformed('PROOF_SHORT', 'a node more', `${proof.length} nodes`);
}

/** The decoded node, if it is the one its parent names. */
function enter(expected: Uint8Array, bytes: Uint8Array, position: number): Decoded<readonly RlpItem[]> {
  const decoded = decodeRlp(bytes);
  if (!decoded.ok) return decoded;
  if (!Array.isArray(decoded.value)) return malformed('PROOF_NODE', 'a list', 'a byte string');
  if (expected.length !== HASH_BYTES || !equalBytes(keccak(bytes), expected)) return malformed('PROOF_HASH', `node ${position} as its parent names it`, toHex(keccak(bytes)));
  return { ok: true, value: decoded.value };
}

interface Step { readonly isValue: boolean; readonly item: RlpItem; readonly depth: number }

function follow(node: readonly RlpItem[], path: Uint8Array, depth: number): Decoded<Step> {
  if (node.length === BRANCH_ITEMS) {
    // Keys are hashes of one length, so no key ends in a branch.
    const nibble = path[depth];
    if (nibble === undefined) return malformed('PROOF_PATH', 'a branch above the end of the key', 'one at its end');
    return { ok: true, value: { isValue: false, item: node[nibble]!, depth: depth + 1 } };
  }
  const [encoded, item] = node;
  if (node.length !== 2 || !(encoded instanceof Uint8Array) || encoded.length === 0 || item === undefined) return malformed('PROOF_NODE', 'a branch, an extension or a leaf', `${node.length} items`);
  const flag = encoded[0]! >> 4;
  if (flag > 3 || (flag % 2 === 0 && (encoded[0]! & 0x0f) !== 0)) return malformed('PROOF_PATH', 'a path prefix from 0 to 3', flag);
  const nibbles = nibblesOf(encoded).subarray(flag % 2 === 0 ? 2 : 1);
  const isLeaf = flag >= 2;
  const end = depth + nibbles.length;
  if (end > path.length || !nibbles.every((nibble, i) => path[depth + i] === nibble) || (isLeaf && end !== path.length) || (!isLeaf && nibbles.length === 0)) {
    return malformed('PROOF_PATH', 'the path of the key', 'another one: the key is not in the trie');
  }
  return { ok: true, value: { isValue: isLeaf, item, depth: end } };
}

function nibblesOf(bytes: Uint8Array): Uint8Array {
  const nibbles = new Uint8Array(bytes.length * 2);
  for (const [i, byte] of bytes.entries()) { nibbles[2 * i] = byte >> 4; nibbles[2 * i + 1] = byte & 0x0f; }
  return nibbles;
}

/** The account at an address under a state root. */
export function provenAccount(stateRoot: Hex, address: Hex, proof: readonly Hex[]): Decoded<ProvenAccount> {
  const value = provenValue(stateRoot, fromHex(address), proof);
  if (!value.ok) return value;
  const decoded = decodeRlp(value.value);
  if (!decoded.ok) return decoded;
  const fields = Array.isArray(decoded.value) ? decoded.value : [];
  const [nonce, balance] = [rlpUint(fields[0], 8), rlpUint(fields[1], 32)];
  const [storageRoot, codeHash] = [fields[2], fields[3]];
  const isHash = (item: RlpItem | undefined): item is Uint8Array => item instanceof Uint8Array && item.length === HASH_BYTES;
  if (fields.length !== 4 || nonce === undefined || balance === undefined || !isHash(storageRoot) || !isHash(codeHash)) return malformed('PROOF_ACCOUNT', 'nonce, balance, storage root and code hash', `${fields.length} fields`);
  return { ok: true, value: { nonce, balance, storageRoot: toHex(storageRoot), codeHash: toHex(codeHash) } };
}

/** The word at a storage slot under a storage root; never zero, because zero is not in the trie. */
export function provenSlot(storageRoot: Hex, slot: Hex, proof: readonly Hex[]): Decoded<bigint> {
  const value = provenValue(storageRoot, hashBytes(slot), proof);
  if (!value.ok) return value;
  const decoded = decodeRlp(value.value);
  if (!decoded.ok) return decoded;
  const word = decoded.value instanceof Uint8Array ? rlpUint(decoded.value, HASH_BYTES) : undefined;
  return word === undefined || word === 0n ? malformed('PROOF_SLOT', 'a word that is not zero', decoded.value instanceof Uint8Array ? toHex(decoded.value) : 'a list') : { ok: true, value: word };
}
