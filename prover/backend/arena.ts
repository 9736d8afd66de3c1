// The shared linear memory of the kernels and its stack-like allocation.
// Owns: growth, alignment, marks. Does not own: what is stored where.
// Invariant: addresses are multiples of 64 and every block is followed by 1 KiB that kernels working
// four rows at a time may touch; releasing to a mark frees everything allocated after it.

const PAGE_BYTES = 65536;
const MAX_PAGES = 65536;
const SPARE_BYTES = 1024;
/** The kernels have no static data; the first page stays unused so that 0 can mean "absent". */
const FIRST_ADDRESS = PAGE_BYTES;

/** The 4 GiB of one memory cannot hold what a proof needs: use fewer rows or columns. */
export class MemoryExhausted extends Error {
  readonly code = "MEMORY_EXHAUSTED";
}

export class Arena {
  readonly memory: WebAssembly.Memory;
  #top = FIRST_ADDRESS;
  #peak = FIRST_ADDRESS;

  constructor() {
    this.memory = new WebAssembly.Memory({ initial: 16, maximum: MAX_PAGES, shared: true });
  }

  /** The largest number of bytes ever allocated at once. */
  get peakBytes(): number {
    return this.#peak;
  }

  /** Where the next block will lie; give it to `release` to free what follows. */
  get mark(): number {
    return this.#top;
  }

  release(mark: number): void {
    this.#top = mark;
  }

  /** An uninitialised block. Throws MemoryExhausted beyond 4 GiB. */
  allocate(byteCount: number): number {
    const address = this.#top;
    const end = Math.ceil((address + byteCount + SPARE_BYTES) / 64) * 64;
    if (end > MAX_PAGES * PAGE_BYTES) {
      throw new MemoryExhausted(`kernel memory: expected to stay within 4 GiB, needs ${end} bytes`);
    }
    const missing = end - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE_BYTES));
    this.#top = end;
    this.#peak = Math.max(this.#peak, end);
    return address;
  }

  /** A block holding the given words. */
  allocateWords(words: ArrayLike<number>): number {
    const address = this.allocate(4 * words.length);
    this.words(address, words.length).set(words);
    return address;
  }

  /** A view valid until the memory grows. */
  words(address: number, count: number): Uint32Array {
    return new Uint32Array(this.memory.buffer, address, count);
  }
}
