// A data directory that an earlier version of this software wrote. Owns bringing it to the shapes that are read now, once, before anything else looks at it.
// Invariant: one transaction, which changes nothing the second time; no alarm is lost, ended or told again by it, and what the log says stays as it is.

import { parseTransaction, type Hex } from 'viem';
import type { LogHead } from './auditLog.ts';
import type { Incident } from './rows.ts';
import type { Store, Writer } from './store.ts';

const ANCHOR_PENDING = ['anchorPending'];

/** An anchor on its way, as it was kept before several could be signed at one nonce. */
interface FormerPending extends LogHead { readonly transaction: Hex; readonly raw: Hex; readonly nonce: number; readonly maxFeeWei: string; readonly sentAt: number; readonly replaced: readonly (LogHead & { readonly transaction: Hex })[] }

/** @throws StoreFault */
export async function renewStore(store: Store): Promise<void> {
  await store.commit((write) => {
    renewOpen(store, write);
    renewWitnesses(store, write);
    renewPending(store, write);
  });
}

/** An alarm that stands had its subject's place to itself; left there it would end again at each block. */
function renewOpen(store: Store, write: Writer): void {
  for (const { monitor, subject, id } of store.list<Incident>(['open'])) {
    const former = store.get<Incident>(['open', monitor, subject]);
    if (former?.id !== id) continue;
    write.put(['open', monitor, subject, id], former);
    write.remove(['open', monitor, subject]);
  }
}

/** A peer was called broken for what anybody who stood between could say. Only what its key signed makes it so now: it is followed anew. */
function renewWitnesses(store: Store, write: Writer): void {
  for (const { name, broken } of store.list<{ readonly name: string; readonly broken?: unknown }>(['witness'])) if (typeof broken === 'string') write.remove(['witness', name]);
}

function renewPending(store: Store, write: Writer): void {
  const former = store.get<Partial<FormerPending>>(ANCHOR_PENDING);
  if (former?.raw === undefined) return;
  const { seq, hash, transaction, raw, nonce, maxFeeWei, sentAt, replaced } = former as FormerPending;
  const { gas = 0n, maxPriorityFeePerGas = 0n } = parseTransaction(raw);
  const signed = { l1: raw, hash: transaction, nonce, gas: String(gas), valueWei: '0', feeWei: maxFeeWei, tipWei: String(maxPriorityFeePerGas) };
  // Of what was replaced, only that it may have been mined matters: its bytes were not kept.
  const earlier = replaced.toReversed().map((sent) => ({ head: { seq: sent.seq, hash: sent.hash }, signed: { ...signed, l1: '0x', hash: sent.transaction } }));
  write.put(ANCHOR_PENDING, { attempts: [...earlier, { head: { seq, hash }, signed }], signedAt: sentAt, block: 0 });
}
