// The transcript's state under the keccak-256 suite: a 32-byte chain value and the bytes since.
// Owns: PROTOCOL.md section 3, keccak form. Does not own: records and labels (transcript.ts).
// Invariant: a block is keccak256(chain || bytes absorbed since); it is the next chain value and gives
// four samples, big-endian u64 mod p (bias below 2^-33).

import { keccak_256 } from "@noble/hashes/sha3.js";
import { P } from "../field/koalabear.ts";
import type { Felt } from "../field/koalabear.ts";

const SAMPLES_PER_BLOCK = 4;

export class KeccakChain {
  #chain: Uint8Array = new Uint8Array(32);
  #pending: number[] = [];
  #givenCount = SAMPLES_PER_BLOCK;

  clone(): KeccakChain {
    const copy = new KeccakChain();
    copy.#chain = Uint8Array.from(this.#chain);
    copy.#pending = [...this.#pending];
    copy.#givenCount = this.#givenCount;
    return copy;
  }

  absorbWord(word: number): void {
    this.#pending.push(word >>> 24, (word >>> 16) & 0xff, (word >>> 8) & 0xff, word & 0xff);
    this.#givenCount = SAMPLES_PER_BLOCK;
  }

  absorbBytes(bytes: Uint8Array): void {
    for (const byte of bytes) this.#pending.push(byte);
    this.#givenCount = SAMPLES_PER_BLOCK;
  }

  /** Closes the block: the chain takes in everything absorbed; samples left over are discarded. */
  closeBlock(): void {
    this.#chain = keccak_256(Uint8Array.from([...this.#chain, ...this.#pending]));
    this.#pending = [];
    this.#givenCount = SAMPLES_PER_BLOCK;
  }

  sampleFelt(): Felt {
    if (this.#pending.length > 0 || this.#givenCount === SAMPLES_PER_BLOCK) {
      this.closeBlock();
      this.#givenCount = 0;
    }
    const value = new DataView(this.#chain.buffer, this.#chain.byteOffset).getBigUint64(8 * this.#givenCount);
    this.#givenCount += 1;
    return Number(value % BigInt(P));
  }

  /** Discards samples left over from the last block. */
  startFreshBlock(): void {
    this.#givenCount = SAMPLES_PER_BLOCK;
  }

  /** Chain value followed by what is pending: what a block's hash would be taken of. */
  get blockBytes(): Uint8Array {
    return Uint8Array.from([...this.#chain, ...this.#pending]);
  }
}
