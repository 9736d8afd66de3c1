// The operations a proof needs from an arithmetic engine, so that one driver serves them all.
// Owns: the interface. Implementations: reference-backend.ts (readable TypeScript) and
// ../backend/ (WASM). Does not own: the transcript or the order of operations (prove.ts).
// Invariant: every operation is a pure function of its arguments with canonical results, so two
// backends, and any thread count, give byte-identical proofs.

import type { CompiledChip } from "../air/ir.ts";
import type { PermutationTrace } from "../air/permutation.ts";
import type { ChipTrace } from "../air/trace.ts";
import type { Ext } from "../field/ext4.ts";
import type { Felt } from "../field/koalabear.ts";
import type { Digest } from "../hash/poseidon2.ts";
import type { HashName } from "../hash/suite.ts";
import type { TreeOpening } from "../merkle/mixed-tree.ts";
import type { Label } from "../transcript/labels.ts";
import type { Transcript } from "../transcript/transcript.ts";

/** A matrix to extend and commit: 2^logHeight rows, row-major, canonical. */
export type CommitMatrix = {
  readonly logHeight: number;
  readonly width: number;
  readonly values: Uint32Array;
  /** Values on the trace domain (row i at w^i), or polynomial coefficients (row i = X^i). */
  readonly form: "values" | "coefficients";
};

/** A committed, still openable set of matrices; owned by the backend that made it. */
export interface Commitment {
  readonly root: Digest;
  /** Rows of every matrix and the path at a leaf of the tallest matrix. */
  open(leaf: number): TreeOpening;
}

/** A word over E in bit-reversed order; owned by the backend that made it. */
export interface Codeword {
  readonly logSize: number;
}

/** What the lookup columns of one chip depend on. */
export type LookupRequest = { readonly chip: CompiledChip; readonly trace: ChipTrace; readonly alpha: Ext; readonly beta: Ext };

/** Everything the quotient of one chip depends on. Matrix indices point into the commitments. */
export type QuotientRequest = {
  readonly chip: CompiledChip;
  readonly logHeight: number;
  readonly publics: readonly Felt[];
  readonly alpha: Ext;
  readonly beta: Ext;
  readonly sumShare: Ext;
  readonly foldChallenge: Ext;
  readonly preprocessed: { readonly commitment: Commitment; readonly matrix: number } | undefined;
  readonly main: { readonly commitment: Commitment; readonly matrix: number };
  readonly permutation: { readonly commitment: Commitment; readonly matrix: number } | undefined;
};

/** One matrix's share of a DEEP codeword: a weight for each column at either point. */
export type DeepTerm = {
  readonly commitment: Commitment;
  readonly matrix: number;
  /** One weight per column, for the quotient by x - point of `here`. */
  readonly here: readonly Ext[];
  /** Weights of some columns, for the quotient by x - point of `next`. */
  readonly next: readonly { readonly column: number; readonly weight: Ext }[];
};

/** ro(x) = (sum here - hereValue)/(x - herePoint) + (sum next - nextValue)/(x - nextPoint). */
export type DeepRequest = {
  readonly logSize: number;
  readonly terms: readonly DeepTerm[];
  readonly herePoint: Ext;
  readonly hereValue: Ext;
  readonly nextPoint: Ext;
  readonly nextValue: Ext;
};

export interface ProverBackend {
  /** Extends every matrix to the coset of PROTOCOL.md section 1 and commits them in one tree. */
  commit(matrices: readonly CommitMatrix[], logBlowup: number, hash: HashName): Promise<Commitment>;
  /** Lookup columns and sum of a chip (air/permutation.ts). Throws ZeroFingerprint when the challenges hit a fingerprint. */
  lookup(request: LookupRequest): Promise<PermutationTrace>;
  /** Coefficients of q_0 and q_1, as a matrix of 2^logHeight rows and 8 columns. */
  quotient(request: QuotientRequest): Promise<CommitMatrix>;
  /** Values of all columns of one committed matrix at a point outside the base field. */
  evaluate(commitment: Commitment, matrix: number, point: Ext): Promise<Ext[]>;
  deep(request: DeepRequest): Promise<Codeword>;
  /** Commits a codeword as rows of 2^logArity elements of E. */
  commitFold(codeword: Codeword, logArity: number, hash: HashName): Promise<Commitment>;
  /** Folds by 2^logArity and, if given, adds challenge^(2^logArity) * rollIn. */
  fold(codeword: Codeword, logArity: number, challenge: Ext, rollIn: Codeword | undefined): Promise<Codeword>;
  /** The values of a (short) codeword. */
  read(codeword: Codeword): Promise<Ext[]>;
  /** The smallest nonce for a site of `bitCount` > 0. */
  grind(transcript: Transcript, label: Label, bitCount: number): Promise<Felt>;
  /** Gives back what a finished proof held; `keep` survives (the preprocessed commitment). */
  release(keep: readonly Commitment[]): void;
}
