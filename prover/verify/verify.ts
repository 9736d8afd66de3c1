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
import { decodeHeader, decodeQueries } from "./decode.ts";
import { layoutOf } from "./layout.ts";
import { checkQueries } from "./queries.ts";
import { isRejection, reject } from "./verdict.ts";
import type { Verdict } from "./verdict.ts";

/** Verifies `proof` for `publics` under `key`. A rejection names the first check that failed. */
export const verifyProof = (key: VerifyingKey, publics: readonly number[], proof: Uint8Array): Verdict => {
  const layout = layoutOf(key);
  if (publics.length !== layout.publicCount) return reject("PUBLIC_COUNT", `${layout.publicCount} public values`, String(publics.length));
  const stray = publics.findIndex((value) => !isFelt(value));
  if (stray !== -1) return reject("PUBLIC_NOT_CANONICAL", `public value ${stray} canonical`, String(publics[stray]));
  const header = decodeHeader(key, layout, proof);
  if (isRejection(header)) return header;
  const challenges = replayTranscript(key, layout, publics, header);
  if (isRejection(challenges)) return challenges;
  const queries = decodeQueries(key, layout, challenges.indices, proof);
  if (isRejection(queries)) return queries;
  const constraints = checkConstraints(key, layout, publics, header, challenges);
  if (constraints !== undefined) return constraints;
  if (layout.hasLookup) {
    const balance = checkLookupBalance(key, publics, header, challenges);
    if (balance !== undefined) return balance;
  }
  return checkQueries(key, layout, header, queries, challenges) ?? { ok: true };
};
