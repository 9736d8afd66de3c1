// The transcript's state under the Poseidon2 suite: a duplex sponge in overwrite mode, rate 8.
// Owns: PROTOCOL.md section 3, Poseidon2 form. Does not own: records and labels (transcript.ts).
// Source: duplex construction; review section 4 (permute between absorbing and sampling).
// Invariant: every absorbed element is canonical (asserted: a bug upstream, never input, trips it).

import assert from "node:assert/strict";
import { isFelt } from "../field/koalabear.ts";
import type { Felt } from "../field/koalabear.ts";
import { SPONGE_RATE, permute } from "../hash/poseidon2.ts";
import { POSEIDON2_WIDTH } from "../hash/poseidon2-constants.ts";

export class DuplexSponge {
  readonly #state = new Uint32Array(POSEIDON2_WIDTH);
  /** Elements waiting in the current, not yet permuted block. */
  #pendingCount = 0;
  /** Outputs of the last permutation already given out; SPONGE_RATE = none left. */
  #givenCount = SPONGE_RATE;

  clone(): DuplexSponge {
    const copy = new DuplexSponge();
    copy.#state.set(this.#state);
    copy.#pendingCount = this.#pendingCount;
    copy.#givenCount = this.#givenCount;
    return copy;
  }

  absorbFelt(felt: Felt): void {
    assert(isFelt(felt), `transcript: expected a canonical element, got ${String(felt)}`);
    this.#state[this.#pendingCount] = felt;
    this.#pendingCount += 1;
    this.#givenCount = SPONGE_RATE;
    if (this.#pendingCount === SPONGE_RATE) this.#permute();
  }

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

  /** The state with the rest of the block zeroed, and the place the next element would take. */
  get pendingBlock(): { state: Uint32Array; position: number } {
    const state = Uint32Array.from(this.#state);
    state.fill(0, this.#pendingCount, SPONGE_RATE);
    return { state, position: this.#pendingCount };
  }

  #permute(): void {
    permute(this.#state);
    this.#pendingCount = 0;
    this.#givenCount = 0;
  }
}
