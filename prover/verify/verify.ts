/**
 * The verifier: accepts exactly the proofs PROTOCOL.md describes, for one verifying key and one list of public values.
 *
 * Owns: the sequence of checks. Does not own: keys (the caller's, valid by construction), proof making (imports nothing
 * of prove/), or what the public values mean.
 * Source: PROTOCOL.md section 7; prover review sections 4 and 6.
 * Invariant: never throws on untrusted publics or bytes; work is bounded by the key.
 */
import { isFelt } from "../field/koalabear.ts";
import type { VerifyingKey } from "../protocol/key.ts";
import { replayTranscript } from "./challenges.ts";
import { checkConstraints, checkLookupBalance } from "./constraints.ts";
import { decodeProof } from "./decode.ts";
import { layoutOf } from "./layout.ts";
import { checkQuery, heightClaims } from "./queries.ts";
import { isRejection, reject } from "./verdict.ts";
import type { Verdict } from "./verdict.ts";

/** Verifies `proof` for `publics` under `key`. A rejection names the first check that failed. */
export const verifyProof = (key: VerifyingKey, publics: readonly number[], proof: Uint8Array): Verdict => {
  const layout = layoutOf(key);
  if (publics.length !== layout.publicCount) return reject("PUBLIC_COUNT", `${layout.publicCount} public values`, String(publics.length));
  const stray = publics.findIndex((value) => !isFelt(value));
  if (stray !== -1) return reject("PUBLIC_NOT_CANONICAL", `public value ${stray} canonical`, String(publics[stray]));
  const decoded = decodeProof(key, layout, proof);
  if (isRejection(decoded)) return decoded;
  const challenges = replayTranscript(key, layout, publics, decoded);
  if (isRejection(challenges)) return challenges;
  const constraints = checkConstraints(key, layout, publics, decoded, challenges);
  if (constraints !== undefined) return constraints;
  if (layout.hasLookup) {
    const balance = checkLookupBalance(key, publics, decoded, challenges);
    if (balance !== undefined) return balance;
  }
  const claims = heightClaims(key, decoded, challenges);
  for (let query = 0; query < key.profile.queryCount; query += 1) {
    const rejected = checkQuery(key, layout, decoded, challenges, claims, query);
    if (rejected !== undefined) return rejected;
  }
  return { ok: true };
};
