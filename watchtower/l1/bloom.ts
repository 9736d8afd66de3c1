// Membership in a block's log bloom (Yellow Paper 4.3.1). Owns the test alone. The bloom stands in the hashed header, so "certainly not in
// this block" is as good as the header; only "maybe" costs the receipts.

import { hexToBytes, keccak256, type Hex } from 'viem';

/** False = certainly no log of `address` in the block. */
export function mayHaveLogOf(bloom: Hex, address: Hex): boolean {
  const bits = hexToBytes(bloom);
  const hash = hexToBytes(keccak256(hexToBytes(address)));
  return [0, 2, 4].every((start) => {
    const bit = (((hash[start] ?? 0) << 8) | (hash[start + 1] ?? 0)) & 2_047;
    return ((bits[255 - (bit >> 3)] ?? 0) & (1 << (bit & 7))) !== 0;
  });
}
