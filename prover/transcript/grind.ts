// The prover's side of proof of work: the smallest nonce that meets a site's difficulty.
// Owns: the reference search. The WASM search (backend/) must return the same nonce.
// Does not own: the check, which is Transcript.checkGrind.
// Invariant: returns the smallest nonce, so a proof is a function of its inputs and nothing else.

import { P } from "../field/koalabear.ts";
import type { Felt } from "../field/koalabear.ts";
import { permute } from "../hash/poseidon2.ts";
import type { Label } from "./labels.ts";
import type { Transcript } from "./transcript.ts";

/** No nonce below p meets the difficulty. Probability about exp(-2^(31 - bits)). */
export class NonceExhausted extends Error {
  readonly code = "NONCE_EXHAUSTED";
}

/** Finds the smallest nonce for `bitCount` > 0 without touching the transcript. */
export function findNonce(transcript: Transcript, label: Label, bitCount: number): Felt {
  const { state, noncePosition } = transcript.grindStart(label);
  const mask = 2 ** bitCount - 1;
  const trial = new Uint32Array(state.length);
  for (let nonce = 0; nonce < P; nonce++) {
    trial.set(state);
    trial[noncePosition] = nonce;
    permute(trial);
    if (((trial[0] as number) & mask) === 0) return nonce;
  }
  throw new NonceExhausted(`grinding ${label}: no nonce below p gives ${bitCount} zero bits`);
}
