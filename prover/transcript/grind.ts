// The prover's side of proof of work: the smallest nonce that meets a site's difficulty.
// Owns: the reference search. The WASM search (backend/) must return the same nonce.
// Does not own: the check, which is Transcript.checkGrind.
// Invariant: returns the smallest nonce, so a proof is a function of its inputs and nothing else.

import { keccak_256 } from "@noble/hashes/sha3.js";
import { P } from "../field/koalabear.ts";
import type { Felt } from "../field/koalabear.ts";
import { permute } from "../hash/poseidon2.ts";
import type { Label } from "./labels.ts";
import type { GrindStart, Transcript } from "./transcript.ts";

/** No nonce below p meets the difficulty. Probability about exp(-2^(31 - bits)). */
export class NonceExhausted extends Error {
  readonly code = "NONCE_EXHAUSTED";
}

/** The element a trial nonce makes the transcript sample. */
function trialOf(start: GrindStart): (nonce: Felt) => Felt {
  if (start.hash === "poseidon2") {
    const trial = new Uint32Array(start.state.length);
    return (nonce) => {
      trial.set(start.state);
      trial[start.noncePosition] = nonce;
      permute(trial);
      return trial[0] as Felt;
    };
  }
  const message = new Uint8Array(start.prefix.length + 4);
  message.set(start.prefix);
  const view = new DataView(message.buffer);
  return (nonce) => {
    view.setUint32(start.prefix.length, nonce);
    return Number(new DataView(keccak_256(message).buffer).getBigUint64(0) % BigInt(P));
  };
}

/** Finds the smallest nonce for `bitCount` > 0 without touching the transcript. */
export function findNonce(transcript: Transcript, label: Label, bitCount: number): Felt {
  const sampleFor = trialOf(transcript.grindStart(label));
  const modulus = 2 ** bitCount;
  for (let nonce = 0; nonce < P; nonce++) {
    if (sampleFor(nonce) % modulus === 0) return nonce;
  }
  throw new NonceExhausted(`grinding ${label}: no nonce below p gives ${bitCount} zero bits`);
}
