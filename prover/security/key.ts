/**
 * Reads the security-relevant shape out of a verifying key, so that the claim is about the deployed key itself.
 *
 * Owns: the mapping key -> InstanceShape. Does not own: formulas or the key's validity.
 * Source: prover review section 7 ("calculator reads the deployed vk; real max W, N, heights").
 * Invariant: nothing here is a constant beside the key; every number of the shape is read or counted from it.
 */
import { MAX_DEGREE } from "../air/chip.ts";
import { suiteOf } from "../hash/suite.ts";
import { QUOTIENT_WIDTH, largestLog, widestTuple } from "../protocol/key.ts";
import type { KeyShape } from "../protocol/key.ts";
import { COLLISION_BITS, EXTENSION_BITS, securityClaim } from "./rounds.ts";
import type { InstanceShape, SecurityClaim } from "./rounds.ts";

/** The least the production keys must claim, in bits. */
export const REQUIRED_BITS = 100;

/** Claimed values per height: every base column at zeta, next columns again at g*zeta (4 for an extension column). */
const batchesOf = (key: KeyShape): { logHeight: number; values: number }[] => {
  const byHeight = new Map<number, number>();
  for (const { chip, logHeight } of key.chips) {
    const here = chip.preprocessedWidth + chip.mainWidth + 4 * chip.permutationWidth + QUOTIENT_WIDTH;
    const { preprocessed, main, permutation } = chip.nextColumns;
    const next = preprocessed.length + main.length + 4 * permutation.length;
    byHeight.set(logHeight, (byHeight.get(logHeight) ?? 0) + here + next);
  }
  return [...byHeight].map(([logHeight, values]) => ({ logHeight, values }));
};

const foldsOf = (key: KeyShape): InstanceShape["folds"] => {
  const occupied = new Set(key.chips.map(({ logHeight }) => logHeight + key.profile.logBlowup));
  let log = largestLog(key);
  return key.foldSchedule.map((logArity) => {
    log -= logArity;
    return { logArity, hasRollIn: occupied.has(log) };
  });
};

/** The instance a key describes. */
export const instanceOf = (key: KeyShape): InstanceShape => {
  const { profile } = key;
  const rowFractions = key.chips.reduce((total, { chip, logHeight }) => total + chip.interactions.length * 2 ** logHeight, 0);
  return {
    fieldBits: EXTENSION_BITS,
    // keccak digests are cut to the words a proof shows.
    collisionBits: profile.hash === "keccak256" ? 16 * suiteOf(profile.hash).shownWords : COLLISION_BITS,
    regime: profile.regime === "johnson" ? { name: "johnson", m: profile.johnsonM } : { name: "unique-decoding" },
    logBlowup: profile.logBlowup,
    queryCount: profile.queryCount,
    grinding: profile.grindingBits,
    maxLogHeight: largestLog(key) - profile.logBlowup,
    constraintCount: key.chips.reduce((total, { chip }) => total + chip.constraints.length, 0),
    maxDegree: MAX_DEGREE,
    batches: batchesOf(key),
    folds: foldsOf(key),
    lookupFractions: rowFractions === 0 ? 0 : rowFractions + key.publicTerms.length,
    maxTupleWidth: widestTuple(key),
  };
};

/** The provable security of proofs under this key. */
export const securityOfKey = (key: KeyShape): SecurityClaim => securityClaim(instanceOf(key));
