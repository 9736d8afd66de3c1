// keyfall_withdrawalProof: what the L1 Vault needs to pay a withdrawal: account and storage proofs of the MessagePasser's slot
// for its hash under the last final state root. Says `waiting` while the withdrawal is sent but not final, `unknown` if never sent.
import { MESSAGE_PASSER, sentSlot, toHex } from '@keyfall/protocol';
import { requireBlock, requireState } from '../blockAccess.ts';
import { data, parseData, quantity } from '../codec/hex.ts';
import { hashParameter } from '../codec/parameter.ts';
import { proofJson } from '../codec/proofJson.ts';
import { defineMethod } from '../node.ts';
import type { RpcNode } from '../node.ts';
import type { BlockTag } from '../codec/blockId.ts';

function isSent(node: RpcNode, tag: BlockTag, passer: Uint8Array, slot: Uint8Array): boolean {
  return requireState(node, { kind: 'tag', tag }).storage(passer, slot).some((byte) => byte !== 0);
}

export const keyfallWithdrawalProof = defineMethod({
  name: 'keyfall_withdrawalProof', summary: 'Proof of a sent withdrawal under the last final state root; status final, waiting or unknown.', parameters: [hashParameter('withdrawalHash')], cost: 'heavy',
  run: (node, [hash]) => {
    const passer = parseData(MESSAGE_PASSER)!;
    const slotText = sentSlot(toHex(hash));
    const slot = parseData(slotText)!;
    const block = requireBlock(node, { kind: 'tag', tag: 'finalized' });
    const isFinal = isSent(node, 'finalized', passer, slot);
    const status = isFinal ? 'final' : isSent(node, 'latest', passer, slot) ? 'waiting' : 'unknown';
    const proof = isFinal ? requireState(node, { kind: 'tag', tag: 'finalized' }).proof(passer, [slot]) : undefined;
    return {
      status, slot: slotText, blockNumber: quantity(block.number), blockHash: data(block.hash), stateRoot: data(block.header.stateRoot),
      batchIndex: quantity(node.chain.heads().finalized.batchIndex), headerRaw: data(block.headerRaw),
      proof: proof === undefined ? null : proofJson(proof, [slotText]),
    };
  },
});
