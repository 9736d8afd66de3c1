// Conversions between canonical elements and the Montgomery form the kernels keep in memory.
// Owns: the two constants and scalar conversions. Does not own: bulk conversion (kernels do it).
// Invariant: R = 2^32 mod p; Montgomery form of x is x * R mod p.

import { P, inv, mul } from "../field/koalabear.ts";
import type { Felt } from "../field/koalabear.ts";

/** Montgomery form of 1. */
export const MONTGOMERY_ONE: Felt = 2 ** 32 % P;
/** R^2: a kernel multiplication by it converts a canonical element to Montgomery form. */
export const MONTGOMERY_R_SQUARED: Felt = mul(MONTGOMERY_ONE, MONTGOMERY_ONE);
const R_INVERSE = inv(MONTGOMERY_ONE);

export function toMontgomery(canonical: Felt): Felt {
  return mul(canonical, MONTGOMERY_ONE);
}

export function fromMontgomery(stored: Felt): Felt {
  return mul(stored, R_INVERSE);
}
