// A StateKeyValue in memory: for tests, benchmarks and the official state tests.
//
// Owns: bytewise ordered get, first and atomic write over a map plus a lazily sorted key index. Does not own:
// durability; nothing survives the process.
// Invariant: same observable behaviour as the durable store's adapter (one suite runs against both).
import { fromKey, toKey } from './bytes.ts';
import type { StateEntry, StateKeyValue, StateWrite } from './api.ts';

/** Unordered additions tolerated before the index is sorted again. */
const UNSORTED_LIMIT = 64;

export class MemoryStore implements StateKeyValue {
  readonly #values = new Map<string, Uint8Array>();
  /** Every live key once, sorted; deleted keys may linger until the next sort. */
  #sorted: string[] = [];
  readonly #unsorted = new Set<string>();

  get size(): number {
    return this.#values.size;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#values.get(toKey(key));
  }

  first(from: Uint8Array, before: Uint8Array): StateEntry | undefined {
    const [low, high] = [toKey(from), toKey(before)];
    if (this.#unsorted.size > UNSORTED_LIMIT) this.#sort();
    let best: string | undefined;
    for (const key of this.#unsorted) if (key >= low && key < high && (best === undefined || key < best) && this.#values.has(key)) best = key;
    for (let i = lowerBound(this.#sorted, low); i < this.#sorted.length; i++) {
      const key = this.#sorted[i]!;
      if (key >= high || (best !== undefined && key >= best)) break;
      if (this.#values.has(key)) {
        best = key;
        break;
      }
    }
    return best === undefined ? undefined : { key: fromKey(best), value: this.#values.get(best)! };
  }

  // latin1 strings compare by code unit, that is bytewise.
  #sort(): void {
    const keys = new Set(this.#sorted.filter((key) => this.#values.has(key)));
    for (const key of this.#unsorted) if (this.#values.has(key)) keys.add(key);
    this.#sorted = [...keys].toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    this.#unsorted.clear();
  }

  async write(operations: readonly StateWrite[]): Promise<void> {
    await Promise.resolve();
    for (const { key, value } of operations) {
      const text = toKey(key);
      if (value === undefined) {
        this.#values.delete(text);
        continue;
      }
      if (!this.#values.has(text)) this.#unsorted.add(text);
      this.#values.set(text, value);
    }
  }
}

function lowerBound(sorted: readonly string[], key: string): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
