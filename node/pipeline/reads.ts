// The core's lookups over the store.
//
// Owns: nothing but the mapping. Invariant: reads see the last completed effect, because effects complete one by one.

import type { ChainStore } from '../store/chainStore.ts';
import { payloadOf } from '../store/payloads.ts';
import type { CoreReads } from './state.ts';

export function coreReads(store: ChainStore): CoreReads {
  return {
    block: (number) => store.block(number), batch: (index) => store.batch(index), commit: (index) => store.commit(index), message: (index) => store.message(index),
    settledHash: (index) => store.settledHash(index), l1Block: (number) => store.l1Block(number), l1BlockAtOrBelow: (number) => store.l1BlockAtOrBelow(number),
    l1Blocks: (from, before, options) => store.l1Blocks(from, before, options), payload: (first, last) => payloadOf(store, first, last),
  };
}
