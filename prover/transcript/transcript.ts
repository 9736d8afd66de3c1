// The Fiat-Shamir transcript: labelled, length-carrying records over either hash suite.
// Owns: records, samples, bits and the grinding check of PROTOCOL.md section 3.
// Does not own: the state under each suite (duplex.ts, keccak-chain.ts), which records a proof absorbs
// and when (prove/, verify/), or any proof encoding.
// Invariant: lengths are never implicit; elements are canonical; a label is used for one kind of record.

import assert from "node:assert/strict";
import type { Ext } from "../field/ext4.ts";
import { isFelt } from "../field/koalabear.ts";
import type { Felt } from "../field/koalabear.ts";
import { DIGEST_LENGTH } from "../hash/poseidon2.ts";
import { suiteOf } from "../hash/suite.ts";
import type { HashName } from "../hash/suite.ts";
import { DuplexSponge } from "./duplex.ts";
import { KeccakChain } from "./keccak-chain.ts";
import { LABEL } from "./labels.ts";
import type { Label } from "./labels.ts";

const HEADER_SHIFT = 2 ** 24;
/** Low bits that one sample can give: p - 1 = 127 * 2^24. */
export const MAX_SAMPLE_BITS = 24;

/** Where a nonce search starts: what is hashed, and where the nonce goes. */
export type GrindStart =
  | { readonly hash: "poseidon2"; readonly state: Uint32Array; readonly noncePosition: number }
  /** The nonce follows these bytes as a big-endian word; the sample is the hash's first u64 mod p. */
  | { readonly hash: "keccak256"; readonly prefix: Uint8Array };

/** Packs bytes three to an element, little-endian; the record header carries the byte count. */
function packBytes(bytes: Uint8Array): Felt[] {
  const felts: Felt[] = [];
  for (let i = 0; i < bytes.length; i += 3) {
    felts.push((bytes[i] as number) | ((bytes[i + 1] ?? 0) << 8) | ((bytes[i + 2] ?? 0) << 16));
  }
  return felts;
}

export class Transcript {
  readonly hash: HashName;
  readonly #state: DuplexSponge | KeccakChain;

  /** Starts a transcript whose first record is the domain string. */
  constructor(domain: string, hash: HashName = "poseidon2", state?: DuplexSponge | KeccakChain) {
    this.hash = hash;
    this.#state = state ?? (hash === "poseidon2" ? new DuplexSponge() : new KeccakChain());
    if (state !== undefined) return;
    const bytes = new TextEncoder().encode(domain);
    assert(bytes.length > 0, "transcript domain: expected a non-empty string");
    this.absorbBytes("domain", bytes);
  }

  /** An independent copy in the same state. */
  clone(): Transcript {
    return new Transcript("", this.hash, this.#state.clone());
  }

  /** Absorbs one record of field elements. */
  absorbFelts(label: Label, values: ArrayLike<Felt>): void {
    this.#absorbHeader(label, values.length);
    for (let i = 0; i < values.length; i++) this.#absorbFelt(values[i] as Felt);
  }

  /** Absorbs one record of extension elements; its length counts base elements. */
  absorbExts(label: Label, values: readonly Ext[]): void {
    this.#absorbHeader(label, 4 * values.length);
    for (const value of values) for (const coefficient of value) this.#absorbFelt(coefficient);
  }

  /** Absorbs one record holding a digest of this transcript's suite, or of Poseidon2. */
  absorbDigest(label: Label, digest: ArrayLike<number>): void {
    assert.equal(digest.length, DIGEST_LENGTH, "digest length");
    const suite = suiteOf(this.hash);
    this.#absorbHeader(label, DIGEST_LENGTH);
    for (let i = 0; i < DIGEST_LENGTH; i++) {
      const word = digest[i] as number;
      assert(suite.isDigestWord(word), `transcript: expected a digest word, got ${String(word)}`);
      if (this.#state instanceof KeccakChain) this.#state.absorbWord(word);
      else this.#state.absorbFelt(word);
    }
  }

  /** Absorbs one record of bytes; its length counts bytes. */
  absorbBytes(label: Label, bytes: Uint8Array): void {
    this.#absorbHeader(label, bytes.length);
    if (this.#state instanceof KeccakChain) this.#state.absorbBytes(bytes);
    else for (const felt of packBytes(bytes)) this.#state.absorbFelt(felt);
  }

  /** One uniform base element. */
  sampleFelt(): Felt {
    return this.#state.sampleFelt();
  }

  /** One uniform extension element, coefficient of X^0 first. */
  sampleExt(): Ext {
    if (this.#state instanceof KeccakChain) this.#state.startFreshBlock();
    return [this.sampleFelt(), this.sampleFelt(), this.sampleFelt(), this.sampleFelt()];
  }

  /** The 32-byte chain value under the keccak-256 suite (nothing absorbed since); empty under Poseidon2. */
  get chainValue(): Uint8Array {
    return this.#state instanceof KeccakChain ? this.#state.blockBytes : new Uint8Array(0);
  }

  /** A digest: eight samples. */
  sampleDigest(): Felt[] {
    return Array.from({ length: DIGEST_LENGTH }, () => this.sampleFelt());
  }

  /** The `bitCount` low bits of one sample, 0 <= bitCount <= 24. */
  sampleBits(bitCount: number): number {
    assert(Number.isInteger(bitCount) && bitCount >= 0 && bitCount <= MAX_SAMPLE_BITS, `bits: ${bitCount}`);
    return this.sampleFelt() % 2 ** bitCount;
  }

  /**
   * Absorbs a grinding nonce and says whether it meets the difficulty. With zero bits the site does
   * not exist: nothing is absorbed and the answer is true.
   */
  checkGrind(label: Label, nonce: Felt, bitCount: number): boolean {
    if (bitCount === 0) return true;
    if (this.#state instanceof KeccakChain) this.#state.closeBlock();
    this.absorbFelts(label, [nonce]);
    return this.sampleBits(bitCount) === 0;
  }

  /** What a search for the nonce of a site starts from; the transcript is not touched. */
  grindStart(label: Label): GrindStart {
    const probe = this.clone();
    if (probe.#state instanceof KeccakChain) {
      probe.#state.closeBlock();
      probe.#absorbHeader(label, 1);
      return { hash: "keccak256", prefix: probe.#state.blockBytes };
    }
    probe.#absorbHeader(label, 1);
    const { state, position } = probe.#state.pendingBlock;
    return { hash: "poseidon2", state, noncePosition: position };
  }

  #absorbHeader(label: Label, length: number): void {
    assert(length < HEADER_SHIFT, `record ${label}: expected fewer than 2^24 elements, got ${length}`);
    this.#absorbFelt(LABEL[label] * HEADER_SHIFT + length);
  }

  #absorbFelt(felt: Felt): void {
    if (!(this.#state instanceof KeccakChain)) {
      this.#state.absorbFelt(felt);
      return;
    }
    assert(isFelt(felt), `transcript: expected a canonical element, got ${String(felt)}`);
    this.#state.absorbWord(felt);
  }
}
