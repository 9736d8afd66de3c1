// The 2048-bit log bloom filter of headers and receipts (Yellow Paper 4.3.1).
//
// Owns: membership and construction. Invariant: no false negatives; a clear bit proves absence in the block whose
// header hash was verified.

import { keccak } from '@keyfall/protocol';

export const BLOOM_BYTES = 256;

function bitsOf(item: Uint8Array): readonly number[] {
  const hash = keccak(item);
  return [0, 2, 4].map((i) => (((hash[i] ?? 0) << 8) | (hash[i + 1] ?? 0)) & 0x7ff);
}

/** Whether `item` (an address or a topic) may be in the filter. */
export function bloomMayContain(bloom: Uint8Array, item: Uint8Array): boolean {
  return bitsOf(item).every((bit) => ((bloom[BLOOM_BYTES - 1 - (bit >> 3)] ?? 0) & (1 << (bit & 7))) !== 0);
}

/** The filter of a receipt's logs. */
export function bloomOf(logs: readonly { readonly address: Uint8Array; readonly topics: readonly Uint8Array[] }[]): Uint8Array {
  const bloom = new Uint8Array(BLOOM_BYTES);
  for (const log of logs) {
    for (const item of [log.address, ...log.topics]) {
      for (const bit of bitsOf(item)) {
        const at = BLOOM_BYTES - 1 - (bit >> 3);
        bloom[at] = (bloom[at] ?? 0) | (1 << (bit & 7));
      }
    }
  }
  return bloom;
}
