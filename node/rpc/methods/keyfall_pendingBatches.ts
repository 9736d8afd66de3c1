// keyfall_pendingBatches: closed batches to commit, in order, with all that Rollup.commit takes. The batcher's feed: it packages
// nothing itself. Starts after the last committed batch unless told where. Outside the phase Operating there is nothing to commit.
import { data, quantity } from '../codec/hex.ts';
import { decodeQuantity, optional, required } from '../codec/parameter.ts';
import type { JsonObject } from '../json.ts';
import { defineMethod } from '../node.ts';

/** Payloads are up to 120,000 bytes each: a few at a time keep the answer small. */
const BATCHES_PER_ANSWER = 4n;

export const keyfallPendingBatches = defineMethod({
  name: 'keyfall_pendingBatches', summary: 'Up to 4 closed batches from an index on (default: the first uncommitted), as Rollup.commit takes them.',
  parameters: [optional(required('from', 'quantity', (value, path) => decodeQuantity(value, path, 64)), undefined)],
  run: (node, [from]) => {
    const heads = node.chain.heads();
    const first = from ?? heads.progress.committedBatch + 1n;
    const batches: JsonObject[] = [];
    for (let index = first; heads.progress.phase === 'operating' && index <= heads.closedBatch && index < first + BATCHES_PER_ANSWER; index++) {
      const batch = node.chain.batch(index);
      const payload = node.chain.payload(index);
      if (batch === undefined || payload === undefined) break;
      batches.push({
        index: quantity(index), parentHash: data(batch.parentHash), inboxTo: quantity(batch.inboxTo),
        originNumber: quantity(batch.origin?.number ?? 0n), originHash: batch.origin === undefined ? null : data(batch.origin.hash),
        payload: data(payload), payloadHash: data(batch.payloadHash), lastBlock: quantity(batch.lastBlock), lastHash: data(batch.lastHash),
      });
    }
    return { committedBatch: quantity(heads.progress.committedBatch), closedBatch: quantity(heads.closedBatch), batches };
  },
});
