// eth_getTransactionCount: the account's nonce after a block; for `pending` the first nonce without a pooled transaction.
import { requireState } from '../blockAccess.ts';
import { optionalBlockId } from '../codec/blockId.ts';
import { quantity } from '../codec/hex.ts';
import { addressParameter } from '../codec/parameter.ts';
import { defineMethod } from '../node.ts';
import type { RpcNode } from '../node.ts';

/** Next nonce to sign with: after everything pooled without a gap. */
export function pendingNonce(node: RpcNode, address: Uint8Array): bigint {
  const pooled = node.chain.pool.nextNonce(address);
  if (pooled !== undefined) return pooled;
  return requireState(node, { kind: 'tag', tag: 'latest' }).account(address)?.nonce ?? 0n;
}

export const ethGetTransactionCount = defineMethod({
  name: 'eth_getTransactionCount', summary: 'Nonce of an account; pending counts executable pooled transactions.', parameters: [addressParameter, optionalBlockId],
  run: (node, [address, id]) => {
    if (id.kind === 'tag' && id.tag === 'pending') return quantity(pendingNonce(node, address));
    return quantity(requireState(node, id).account(address)?.nonce ?? 0n);
  },
});
