// How threads share one search for a nonce: shares of the range, taken in ascending order, and the smallest nonce found.
// Owns: the two words all threads see. Does not own: what a nonce must meet (keccak.ts, poseidon2.ts).
// Invariant: when every thread has come to a closed share, the smallest nonce that anyone could find has been reported: each share below
// it was open when it was taken, and whoever takes a share searches it up to its first hit. So the thread count does not matter.

/** At `search`: the next nonce that nobody has taken; after it the smallest found, at first the end of the range. */
// @ts-ignore: decorator
@inline
export function takeShare(search: usize, share: u32): u32 {
  return atomic.add<u32>(search, share);
}

/** Whether a nonce from `first` on could still be the smallest. */
// @ts-ignore: decorator
@inline
export function isOpen(search: usize, first: u32): bool {
  return first < atomic.load<u32>(search, 4);
}

/** Lowers the smallest nonce found. */
export function report(search: usize, nonce: u32): void {
  let known = atomic.load<u32>(search, 4);
  while (nonce < known) {
    const seen = atomic.cmpxchg<u32>(search, known, nonce, 4);
    if (seen == known) return;
    known = seen;
  }
}
