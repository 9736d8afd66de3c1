// eth_getProof: EIP-1186 account and storage proofs against the state root of a block whose state is still kept.
import { requireState } from '../blockAccess.ts';
import { optionalBlockId } from '../codec/blockId.ts';
import { addressParameter, decodeArray, decodeSlot, required } from '../codec/parameter.ts';
import { proofJson } from '../codec/proofJson.ts';
import { limitExceeded } from '../errors.ts';
import { defineMethod } from '../node.ts';

/** Keys with their text: an answer repeats each key as it was asked for. */
const keysParameter = required('storageKeys', 'array of slots', (value, path) =>
  decodeArray(value, path, Number.MAX_SAFE_INTEGER).map((key, index) => ({ slot: decodeSlot(key, `${path}[${index}]`), text: key as string })));

export const ethGetProof = defineMethod({
  name: 'eth_getProof', summary: 'Merkle proofs of an account and its storage slots (EIP-1186).', parameters: [addressParameter, keysParameter, optionalBlockId], cost: 'heavy',
  run: (node, [address, keys, id]) => {
    if (keys.length > node.limits.proofKeys) throw limitExceeded(`expected at most ${node.limits.proofKeys} storage keys, got ${keys.length}`);
    const proof = requireState(node, id).proof(address, keys.map((key) => key.slot));
    return proofJson(proof, keys.map((key) => key.text));
  },
});
