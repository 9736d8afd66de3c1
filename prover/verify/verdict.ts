/**
 * The verifier's answers. A proof is accepted, or rejected by one named check with what it expected and what it got.
 *
 * Owns: the codes. Does not own: the checks (they sit beside the computation they guard).
 * Invariant: untrusted bytes never lead to an exception; every rejection has one of these codes.
 */

export type RejectionCode =
  | "PUBLIC_COUNT"
  | "PUBLIC_NOT_CANONICAL"
  | "PROOF_LENGTH"
  | "PROOF_NOT_CANONICAL"
  | "LOOKUP_GRIND"
  | "BATCH_GRIND"
  | "FOLD_GRIND"
  | "QUERY_GRIND"
  | "POINT_IN_BASE_FIELD"
  | "CONSTRAINTS"
  | "ZERO_FINGERPRINT"
  | "LOOKUP_SUM"
  | "PREPROCESSED_OPENING"
  | "MAIN_OPENING"
  | "PERMUTATION_OPENING"
  | "QUOTIENT_OPENING"
  | "FOLD_OPENING"
  | "FINAL_POLYNOMIAL";

export type Rejection = { readonly ok: false; readonly code: RejectionCode; readonly expected: string; readonly got: string };
export type Acceptance = { readonly ok: true };
export type Verdict = Acceptance | Rejection;

/** Every check of the verifier is one returned rejection: the mutation test deletes them one by one. */
export const reject = (code: RejectionCode, expected: string, got: string): Rejection => ({ ok: false, code, expected, got });

/** Tells a rejection from a computed value. */
export const isRejection = (value: object): value is Rejection => "ok" in value && value.ok === false;
