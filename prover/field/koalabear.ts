// The KoalaBear prime field, p = 2^31 - 2^24 + 1, as plain JavaScript numbers.
// Owns: base-field arithmetic, canonicity, two-adic roots, the multiplicative shift.
// Does not own: the extension (ext4.ts) or the Montgomery form the WASM kernels keep inside.
// Source of the facts: Plonky3 `koala-bear` (prime, generator 3, two-adicity 24, root 0x6ac49f88).
// Invariant: every value passed in and returned is canonical, an integer with 0 <= x < p.
// Nothing here checks that on the hot path; decoders of outside data call `isFelt` first.

/** A canonical field element: an integer in [0, p). */
export type Felt = number;

/** The prime 2^31 - 2^24 + 1. */
export const P = 0x7f000001;
/** A generator of the whole multiplicative group; also the shift of every low-degree-extension coset. */
export const GENERATOR: Felt = 3;
/** 2^24 divides p - 1, 2^25 does not. */
export const TWO_ADICITY = 24;
/** Primitive 2^24-th root of unity, 3^127 (Plonky3's choice). */
const TWO_ADIC_ROOT: Felt = 0x6ac49f88;
const P_INVERSE_APPROX = 1 / P;

/** True exactly for canonical field elements. The gate for anything read from outside. */
export function isFelt(x: unknown): x is Felt {
  return typeof x === "number" && Number.isInteger(x) && x >= 0 && x < P && !Object.is(x, -0);
}

/** a + b mod p. */
export function add(a: Felt, b: Felt): Felt {
  const sum = a + b;
  return sum >= P ? sum - P : sum;
}

/** a - b mod p. */
export function sub(a: Felt, b: Felt): Felt {
  const difference = a - b;
  return difference < 0 ? difference + P : difference;
}

/** -a mod p. */
export function neg(a: Felt): Felt {
  return a === 0 ? 0 : P - a;
}

/**
 * a * b mod p. The quotient is estimated in doubles (off by at most one, since a*b/p < 2^31 and a
 * double carries 53 bits); the remainder is exact in 32-bit wrap-around arithmetic because it lies
 * in [-p, 2p) only at the estimate's edges, where it stays within a signed 32-bit word.
 */
export function mul(a: Felt, b: Felt): Felt {
  // Truncation to 32 bits is the floor here: 0 <= a*b/p < 2^31.
  const quotient = (a * b * P_INVERSE_APPROX) | 0;
  const remainder = (Math.imul(a, b) - Math.imul(quotient, P)) | 0;
  if (remainder < 0) return remainder + P;
  return remainder >= P ? remainder - P : remainder;
}

/** base^exponent for an integer exponent in [0, 2^53). 0^0 = 1. */
export function pow(base: Felt, exponent: number): Felt {
  if (!Number.isSafeInteger(exponent) || exponent < 0) {
    throw new RangeError(`exponent: expected a safe integer >= 0, got ${exponent}`);
  }
  let result = 1;
  let square = base;
  let rest = exponent;
  while (rest > 0) {
    if (rest % 2 === 1) result = mul(result, square);
    rest = Math.floor(rest / 2);
    if (rest > 0) square = mul(square, square);
  }
  return result;
}

/** 1/a. Throws RangeError on zero: callers prove their denominators are non-zero first. */
export function inv(a: Felt): Felt {
  if (a === 0) throw new RangeError("inverse: expected a non-zero field element, got 0");
  return pow(a, P - 2);
}

/** All inverses at the price of one (Montgomery's trick). Throws RangeError if any element is zero. */
export function batchInv(values: ArrayLike<Felt>): Uint32Array {
  const prefix = new Uint32Array(values.length);
  let product = 1;
  for (let i = 0; i < values.length; i++) {
    prefix[i] = product;
    product = mul(product, values[i] as Felt);
  }
  let suffix = inv(product);
  for (let i = values.length - 1; i >= 0; i--) {
    const inverse = mul(suffix, prefix[i] as Felt);
    suffix = mul(suffix, values[i] as Felt);
    prefix[i] = inverse;
  }
  return prefix;
}

/** The primitive 2^bits-th root of unity of Plonky3's tower: root(bits)^2 = root(bits - 1). */
export function twoAdicRoot(bits: number): Felt {
  if (!Number.isInteger(bits) || bits < 0 || bits > TWO_ADICITY) {
    throw new RangeError(`two-adic root: expected bits in 0..${TWO_ADICITY}, got ${bits}`);
  }
  let root = TWO_ADIC_ROOT;
  for (let i = TWO_ADICITY; i > bits; i--) root = mul(root, root);
  return root;
}

/** The residue of a bigint, in canonical form. For constants and tests, not for hot paths. */
export function feltFromBigInt(value: bigint): Felt {
  const residue = value % BigInt(P);
  return Number(residue < 0n ? residue + BigInt(P) : residue);
}
