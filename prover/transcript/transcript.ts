// The Fiat-Shamir transcript: a duplex sponge over Poseidon2-16 with labelled, length-carrying records.
// Owns: absorb, sample, bits and the grinding check of PROTOCOL.md section 3.
// Does not own: which records a proof absorbs and when (prove/ and verify/), or any proof encoding.
// Source: duplex construction, overwrite mode, rate 8; review section 4 (lengths never implicit,
// permute between absorbing and sampling, canonical bits).
// Invariant: every absorbed element is canonical (asserted: a bug upstream, never input, trips it).

import assert from "node:assert/strict";
import type { Ext } from "../field/ext4.ts";
import { isFelt } from "../field/koalabear.ts";
import type { Felt } from "../field/koalabear.ts";
import { DIGEST_LENGTH, SPONGE_RATE, permute } from "../hash/poseidon2.ts";
import { POSEIDON2_WIDTH } from "../hash/poseidon2-constants.ts";
import { LABEL } from "./labels.ts";
import type { Label } from "./labels.ts";

const HEADER_SHIFT = 2 ** 24;
/** Low bits that one sample can give: p - 1 = 127 * 2^24. */
export const MAX_SAMPLE_BITS = 24;

/** Packs bytes three to an element, little-endian; the record header carries the byte count. */
function packBytes(bytes: Uint8Array): Felt[] {
  const felts: Felt[] = [];
  for (let i = 0; i < bytes.length; i += 3) {
    felts.push((bytes[i] as number) | ((bytes[i + 1] ?? 0) << 8) | ((bytes[i + 2] ?? 0) << 16));
  }
  return felts;
}

export class Transcript {
  readonly #state = new Uint32Array(POSEIDON2_WIDTH);
  /** Elements waiting in the current, not yet permuted block. */
  #pendingCount = 0;
  /** Outputs of the last permutation already given out; SPONGE_RATE = none left. */
  #givenCount = SPONGE_RATE;

  /** Starts a transcript whose first record is the domain string. */
  constructor(domain: string) {
    const bytes = new TextEncoder().encode(domain);
    assert(bytes.length > 0, "transcript domain: expected a non-empty string");
    this.absorbBytes("domain", bytes);
  }

  /** An independent copy in the same state. */
  clone(): Transcript {
    const copy = new Transcript("x");
    copy.#state.set(this.#state);
    copy.#pendingCount = this.#pendingCount;
    copy.#givenCount = this.#givenCount;
    return copy;
  }

  /** Absorbs one record of field elements. */
  absorbFelts(label: Label, values: ArrayLike<Felt>): void {
    this.#absorbHeader(label, values.length);
    for (let i = 0; i < values.length; i++) this.#push(values[i] as Felt);
  }

  /** Absorbs one record of extension elements; its length counts base elements. */
  absorbExts(label: Label, values: readonly Ext[]): void {
    this.#absorbHeader(label, 4 * values.length);
    for (const value of values) for (const coefficient of value) this.#push(coefficient);
  }

  /** Absorbs one record holding a digest. */
  absorbDigest(label: Label, digest: ArrayLike<Felt>): void {
    assert.equal(digest.length, DIGEST_LENGTH, "digest length");
    this.absorbFelts(label, digest);
  }

  /** Absorbs one record of bytes; its length counts bytes. */
  absorbBytes(label: Label, bytes: Uint8Array): void {
    this.#absorbHeader(label, bytes.length);
    for (const felt of packBytes(bytes)) this.#push(felt);
  }

  /** One uniform base element. */
  sampleFelt(): Felt {
    if (this.#pendingCount > 0) {
      this.#state.fill(0, this.#pendingCount, SPONGE_RATE);
      this.#permute();
    } else if (this.#givenCount === SPONGE_RATE) {
      this.#permute();
    }
    const felt = this.#state[this.#givenCount];
    assert(felt !== undefined);
    this.#givenCount += 1;
    return felt;
  }

  /** One uniform extension element, coefficient of X^0 first. */
  sampleExt(): Ext {
    return [this.sampleFelt(), this.sampleFelt(), this.sampleFelt(), this.sampleFelt()];
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
    this.absorbFelts(label, [nonce]);
    return this.sampleBits(bitCount) === 0;
  }

  /**
   * The state a grinding search starts from: the sponge as it is after the nonce's header, with the
   * nonce's place in the block. A trial overwrites that place, zero-fills, permutes, tests element 0.
   */
  grindStart(label: Label): { state: Uint32Array; noncePosition: number } {
    const probe = this.clone();
    probe.#absorbHeader(label, 1);
    const state = Uint32Array.from(probe.#state);
    state.fill(0, probe.#pendingCount, SPONGE_RATE);
    return { state, noncePosition: probe.#pendingCount };
  }

  #absorbHeader(label: Label, length: number): void {
    assert(length < HEADER_SHIFT, `record ${label}: expected fewer than 2^24 elements, got ${length}`);
    this.#push(LABEL[label] * HEADER_SHIFT + length);
  }

  #push(felt: Felt): void {
    assert(isFelt(felt), `transcript: expected a canonical element, got ${String(felt)}`);
    this.#state[this.#pendingCount] = felt;
    this.#pendingCount += 1;
    this.#givenCount = SPONGE_RATE;
    if (this.#pendingCount === SPONGE_RATE) this.#permute();
  }

  #permute(): void {
    permute(this.#state);
    this.#pendingCount = 0;
    this.#givenCount = 0;
  }
}
