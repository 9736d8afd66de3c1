// The proof as bytes: a growing list of canonical u32 little-endian words.
// Owns: the element encoding of PROTOCOL.md section 6. Does not own: the order (prove.ts), decoding (verify/).
// Invariant: elements are canonical and digests are u32 words, so equal proofs are equal bytes.

import assert from "node:assert/strict";
import type { Ext } from "../field/ext4.ts";
import { isFelt } from "../field/koalabear.ts";
import type { Felt } from "../field/koalabear.ts";
import { DIGEST_LENGTH } from "../hash/poseidon2.ts";
import { suiteOf } from "../hash/suite.ts";
import type { HashName } from "../hash/suite.ts";

export class ProofWriter {
  readonly #words: number[] = [];
  readonly #digestWords: number;

  constructor(hash: HashName) {
    this.#digestWords = suiteOf(hash).shownWords;
  }

  felts(values: ArrayLike<Felt>): void {
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      assert(isFelt(value), `proof word: expected a canonical element, got ${String(value)}`);
      this.#words.push(value);
    }
  }

  /** A digest: u32 words, which are canonical elements only under Poseidon2; as many as the suite shows. */
  digest(words: ArrayLike<number>): void {
    assert.equal(words.length, DIGEST_LENGTH, "digest length");
    for (let i = 0; i < this.#digestWords; i++) {
      const word = words[i] as number;
      assert(Number.isInteger(word) && word >= 0 && word < 2 ** 32, `proof digest: expected a u32 word, got ${String(word)}`);
      this.#words.push(word);
    }
  }

  exts(values: readonly Ext[]): void {
    for (const value of values) this.felts(value);
  }

  /** What has been written so far. */
  get words(): readonly Felt[] {
    return this.#words;
  }

  finish(): Uint8Array {
    const bytes = new Uint8Array(4 * this.#words.length);
    const view = new DataView(bytes.buffer);
    this.#words.forEach((word, i) => view.setUint32(4 * i, word, true));
    return bytes;
  }
}
