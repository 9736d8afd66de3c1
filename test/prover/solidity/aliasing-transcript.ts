// A transcript that absorbs one element as that element plus p, as a prover would who gives it that way.
// Owns: nothing the product uses. Its samples are what the L1 verifier would draw if it did not look.
import assert from "node:assert/strict";
import { keccak_256 } from "@noble/hashes/sha3.js";
import type { Ext } from "../../../prover/field/ext4.ts";
import { P } from "../../../prover/field/koalabear.ts";
import { KeccakChain } from "../../../prover/transcript/keccak-chain.ts";
import { LABEL } from "../../../prover/transcript/labels.ts";
import type { Label } from "../../../prover/transcript/labels.ts";
import { Transcript } from "../../../prover/transcript/transcript.ts";

/** Element `index` of the `occurrence`-th record of that label. */
export type Alias = { readonly label: Label; readonly index: number; readonly occurrence: number };

/** The transcript of a proof, over a chain that the test holds. */
const openTranscript = (chain: KeccakChain): void => {
  const domain = new TextEncoder().encode("KF-STARK-1");
  chain.absorbWord(LABEL.domain * 2 ** 24 + domain.length);
  chain.absorbBytes(domain);
};

export class AliasingTranscript extends Transcript {
  readonly #chain: KeccakChain;
  readonly #alias: Alias;
  #seen = 0;

  constructor(alias: Alias) {
    const chain = new KeccakChain();
    super("", "keccak256", chain);
    openTranscript(chain);
    this.#chain = chain;
    this.#alias = alias;
  }

  override absorbFelts(label: Label, values: ArrayLike<number>): void {
    const isAliased = label === this.#alias.label && this.#seen === this.#alias.occurrence;
    if (label === this.#alias.label) this.#seen += 1;
    if (!isAliased) {
      super.absorbFelts(label, values);
      return;
    }
    this.#chain.absorbWord(LABEL[label] * 2 ** 24 + values.length);
    for (let i = 0; i < values.length; i += 1) this.#chain.absorbWord((values[i] ?? 0) + (i === this.#alias.index ? P : 0));
  }

  override absorbExts(label: Label, values: readonly Ext[]): void {
    this.absorbFelts(label, values.flat());
  }

  /** Whether the next nonce of that site is the aliased one. */
  isNext(label: Label): boolean {
    return label === this.#alias.label && this.#seen === this.#alias.occurrence;
  }
}

/** The `rank`-th nonce from `least` on that does the work when it is absorbed plus `shift`. */
export const findNthNonce = (transcript: Transcript, label: Label, bits: number, rank: number, shift = 0): number => {
  const start = transcript.grindStart(label);
  assert(start.hash === "keccak256");
  const message = new Uint8Array(start.prefix.length + 4);
  message.set(start.prefix);
  const view = new DataView(message.buffer);
  let left = rank;
  for (let nonce = 0; nonce < P; nonce += 1) {
    view.setUint32(start.prefix.length, nonce + shift);
    const sample = Number(new DataView(keccak_256(message).buffer).getBigUint64(0) % BigInt(P));
    if (sample % 2 ** bits === 0 && left-- === 0) return nonce;
  }
  return assert.fail("no such nonce");
};
