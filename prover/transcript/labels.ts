// The record labels of the transcript: one number per kind of message, never reused.
// Owns: the table of PROTOCOL.md section 3. Does not own: the order of records (prove/, verify/).
// Invariant: labels lie in 1..126, so label * 2^24 + length < p for every length < 2^24.

export const LABEL = {
  domain: 1,
  shapeDigest: 2,
  preprocessedRoot: 3,
  publicValues: 4,
  mainRoot: 5,
  lookupNonce: 6,
  permutationRoot: 7,
  lookupSums: 8,
  quotientRoot: 9,
  openingsHere: 10,
  openingsNext: 11,
  batchNonce: 12,
  foldRoot: 13,
  foldNonce: 14,
  finalPolynomial: 15,
  queryNonce: 16,
  keyBytes: 17,
  commitment: 18,
} as const;

export type Label = keyof typeof LABEL;
