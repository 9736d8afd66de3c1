/**
 * The security claim of one proof system instance: minimum round-by-round error over every challenge site.
 *
 * Owns: which challenge pays which bound and which grinding it is credited with. Does not own: the formulas
 * (proximity.ts) or reading a verifying key (key.ts).
 * Source: prover review section 1 ("Define the claim"); Plonky3 p3-security for the composition; PROTOCOL.md order.
 * Claim: under round-by-round soundness the bits of a proof are the minimum over rounds; grinding counts only at the
 * site whose nonce the verifier checks; capped by collisions of the 8-element digest; Poseidon2 is an ideal permutation.
 * Invariant: every challenge of PROTOCOL.md section 5 (alpha/beta, a, zeta, gamma, each fold's beta, indices) has a term.
 */
import assert from "node:assert/strict";
import { P } from "../field/koalabear.ts";
import { agreement, deepLog2, exceptionalLog2, listSizeAt, lookupLog2, queryBits } from "./proximity.ts";
import type { LineBound, Regime } from "./proximity.ts";

/** log2 of the quartic extension, 123.955. */
export const EXTENSION_BITS = 4 * Math.log2(P);
/** Birthday bound on a digest of eight elements. */
export const COLLISION_BITS = (8 * Math.log2(P)) / 2;

/** Proof-of-work bits per site, in transcript order. */
export type Grinding = { readonly lookup: number; readonly batch: number; readonly fold: number; readonly query: number };

/** Everything the claim depends on; `key.ts` derives it from a verifying key. */
export type InstanceShape = {
  readonly fieldBits: number;
  readonly collisionBits: number;
  readonly regime: Regime;
  readonly logBlowup: number;
  readonly queryCount: number;
  readonly grinding: Grinding;
  /** Highest trace log height. */
  readonly maxLogHeight: number;
  /** Constraints of all chips together, lookup constraints included. */
  readonly constraintCount: number;
  readonly maxDegree: number;
  /** Per occupied log height: claimed values batched by powers of gamma (columns at zeta plus columns at g*zeta). */
  readonly batches: readonly { readonly logHeight: number; readonly values: number }[];
  /** Folds in order: log arity and whether a shorter word is rolled in after it. */
  readonly folds: readonly { readonly logArity: number; readonly hasRollIn: boolean }[];
  /** Fractions summed by the lookup argument over all chips, rows and public terms; 0 = no lookup. */
  readonly lookupFractions: number;
  readonly maxTupleWidth: number;
};

export type SecurityTerm = {
  readonly site: string;
  /** -log2 of the error of this round, grinding credited. */
  readonly bits: number;
  readonly grindingBits: number;
};

export type SecurityClaim = {
  readonly regime: Regime;
  readonly terms: readonly SecurityTerm[];
  readonly bits: number;
  readonly bindingSite: string;
};

const termOf = (shape: InstanceShape, site: string, badLog2: number, grindingBits: number): SecurityTerm => ({
  site, bits: shape.fieldBits - badLog2 + grindingBits, grindingBits,
});

/**
 * A fold of arity 2^t evaluates a curve of degree 2^t - 1; a roll-in adds one more term, beta^(2^t). The word's full
 * initial size is charged in every round (weighted agreement, BCIKS20 Theorem 7.4), as Plonky3 does.
 */
const foldTerms = (shape: InstanceShape, domainBadLog2: number): SecurityTerm[] =>
  shape.folds.map(({ logArity, hasRollIn }, round) => {
    const curveDegree = 2 ** logArity - (hasRollIn ? 0 : 1);
    return termOf(shape, `fold ${round}`, domainBadLog2 + Math.log2(curveDegree), shape.grinding.fold);
  });

const batchTerms = (shape: InstanceShape, lineBound: LineBound): SecurityTerm[] =>
  shape.batches.filter(({ values }) => values > 1).map(({ logHeight, values }) => {
    const bad = lineBound(shape.regime, logHeight + shape.logBlowup, shape.logBlowup);
    return termOf(shape, `batch 2^${logHeight}`, bad + Math.log2(values - 1), shape.grinding.batch);
  });

/**
 * The claim and all its terms; 0 or fewer bits (even -Infinity) means that no claim can be made. In unique decoding
 * there are two valid analyses: agreement just inside the radius of the tallest table's enlarged code, or exactly on the
 * plain code's radius with every table paying a list. The better one is the claim. Another `lineBound` than the default
 * gives what the terms would be under another theorem.
 */
export const securityClaim = (shape: InstanceShape, lineBound: LineBound = exceptionalLog2): SecurityClaim => {
  const { regime, logBlowup, maxLogHeight } = shape;
  assert(logBlowup >= 1, "a code of rate 1 proves nothing");
  const first = claimAt(shape, agreement(regime, maxLogHeight, logBlowup), lineBound);
  if (regime.name !== "unique-decoding") return first;
  const second = claimAt(shape, (1 + 2 ** -logBlowup) / 2, lineBound);
  return second.bits > first.bits ? second : first;
};

const claimAt = (shape: InstanceShape, alpha: number, lineBound: LineBound): SecurityClaim => {
  const { regime, logBlowup, maxLogHeight, grinding } = shape;
  // Shorter tables share the agreement of the tallest; where it leaves their unique radius they pay a list instead.
  const lists = shape.batches.map(({ logHeight }) => ({ logHeight, size: listSizeAt(alpha, logHeight, logBlowup) }));
  const worstList = Math.max(...lists.map(({ size }) => size));
  const domainBadLog2 = lineBound(regime, maxLogHeight + logBlowup, logBlowup);
  const terms: SecurityTerm[] = [];
  if (shape.lookupFractions > 0) {
    // The sum ties all tables together: any combination of one candidate per height may be the balanced one.
    const combinations = lists.reduce((total, { size }) => total + Math.log2(size), 0);
    terms.push(termOf(shape, "lookup", lookupLog2(shape.lookupFractions, shape.maxTupleWidth) + combinations, grinding.lookup));
  }
  terms.push(termOf(shape, "constraints", Math.log2(worstList * shape.constraintCount), 0));
  const deepBad = lists.reduce((total, { logHeight, size }) => total + 2 ** deepLog2(size, shape.maxDegree, logHeight), 0);
  terms.push(termOf(shape, "out-of-domain point", Math.log2(deepBad), 0));
  terms.push(...batchTerms(shape, lineBound), ...foldTerms(shape, domainBadLog2));
  terms.push({ site: "queries", bits: queryBits(alpha, shape.queryCount) + grinding.query, grindingBits: grinding.query });
  terms.push({ site: "digest collision", bits: shape.collisionBits, grindingBits: 0 });
  const binding = terms.reduce((worst, term) => (term.bits < worst.bits ? term : worst));
  return { regime, terms, bits: binding.bits, bindingSite: binding.site };
};

/** A claim as lines of text, worst term first. */
export const describeClaim = (claim: SecurityClaim): string[] => [
  `${claim.bits.toFixed(2)} bits, bound by ${claim.bindingSite}`,
  ...claim.terms.toSorted((a, b) => a.bits - b.bits)
    .map(({ site, bits, grindingBits }) => `  ${bits.toFixed(2).padStart(7)}  ${site}${grindingBits > 0 ? ` (${grindingBits} ground)` : ""}`),
];
