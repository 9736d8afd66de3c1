// EIP-1186 proofs as JSON-RPC shows them.
//
// Owns: the JSON of an account proof. Does not own: making proofs (node/execute), which root they are against.
// Invariant: storage proofs stand in the order of the keys asked for, each repeating its key's text.

import type { AccountProof } from '../../execute/api.ts';
import type { JsonObject } from '../json.ts';
import { data, quantity } from './hex.ts';

export function proofJson(proof: AccountProof, keys: readonly string[]): JsonObject {
  return {
    address: data(proof.address), accountProof: proof.accountProof.map(data), balance: quantity(proof.account.balance),
    codeHash: data(proof.account.codeHash), nonce: quantity(proof.account.nonce), storageHash: data(proof.account.storageRoot),
    storageProof: proof.storageProof.map((slot, index) => ({ key: keys[index]!, value: quantity(slot.value), proof: slot.proof.map(data) })),
  };
}
