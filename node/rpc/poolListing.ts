// The pool as txpool_* list it: by section, sender and nonce, bounded.
//
// Owns: walking the pool's senders and the checksummed keys geth uses. Does not own: the pool (node/sequence).
// Invariant: at most `limits.txpoolTransactions` transactions; a listing that would be longer is refused, not cut.

import { keccak } from '@keyfall/protocol';
import type { SentTransaction } from '../execute/api.ts';
import { data } from './codec/hex.ts';
import { limitExceeded } from './errors.ts';
import type { JsonObject, JsonValue } from './json.ts';
import type { RpcNode } from './node.ts';

/** EIP-55 text of an address. */
export function checksumAddress(address: Uint8Array): string {
  const digits = data(address).slice(2);
  const hash = data(keccak(new TextEncoder().encode(digits))).slice(2);
  return '0x' + digits.replace(/[a-f]/g, (digit, at: number) => (hash.charCodeAt(at) > 55 ? digit.toUpperCase() : digit));
}

/** One section's transactions by nonce. */
export function byNonce(transactions: readonly SentTransaction[], show: (transaction: SentTransaction) => JsonValue): JsonObject {
  return Object.fromEntries(transactions.map((transaction) => [transaction.nonce.toString(), show(transaction)]));
}

/** Both sections by sender and nonce. */
export function listPool(node: RpcNode, show: (transaction: SentTransaction) => JsonValue): JsonObject {
  const { pool } = node.chain;
  const { pending, queued } = pool.counts();
  if (pending + queued > node.limits.txpoolTransactions) {
    throw limitExceeded(`expected at most ${node.limits.txpoolTransactions} pooled transactions to list, the pool has ${pending + queued}; use txpool_contentFrom`);
  }
  const sections: { pending: Record<string, JsonObject>; queued: Record<string, JsonObject> } = { pending: {}, queued: {} };
  for (const sender of pool.senders()) {
    const own = pool.ofSender(sender);
    const key = checksumAddress(sender);
    if (own.pending.length > 0) sections.pending[key] = byNonce(own.pending, show);
    if (own.queued.length > 0) sections.queued[key] = byNonce(own.queued, show);
  }
  return sections;
}

/** Executable transactions for the projected pending block, at most as many as one listing shows. */
export function pendingTransactions(node: RpcNode): SentTransaction[] {
  const listed: SentTransaction[] = [];
  for (const sender of node.chain.pool.senders()) {
    for (const transaction of node.chain.pool.ofSender(sender).pending) {
      if (listed.length >= node.limits.txpoolTransactions) return listed;
      listed.push(transaction);
    }
  }
  return listed;
}
