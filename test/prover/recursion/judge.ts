// Both judges of a proof that recursion may meet: verify/, and R1's rows and wire bus for the witness of its verifier program.
// Owns: the comparison and its count. Does not own: the proofs (../verify/corpus*.ts).
import assert from "node:assert/strict";
import type { VerifyingKey } from "../../../prover/protocol/key.ts";
import { verifierProgram } from "../../../prover/recursion/verifier-circuit.ts";
import { decodeProof } from "../../../prover/verify/decode.ts";
import { layoutOf } from "../../../prover/verify/layout.ts";
import { isRejection } from "../../../prover/verify/verdict.ts";
import { verifyProof } from "../../../prover/verify/verify.ts";
import { checkProgram } from "./r1-check.ts";

type Judged = { readonly name: string; readonly key: VerifyingKey; readonly publics: readonly number[]; readonly bytes: Uint8Array };

/** Requires one verdict of both; false when the bytes are no proof at all, so that no witness could be made of them. */
export const judgeBoth = ({ name, key, publics, bytes }: Judged, expected = false): boolean => {
  const verdict = verifyProof(key, publics, bytes);
  assert.equal(verdict.ok, expected, `${name}: TypeScript`);
  const layout = layoutOf(key);
  const proof = decodeProof(key, layout, bytes);
  const isDecodable = !isRejection(proof) && publics.length === layout.publicCount && publics.every((value) => Number.isInteger(value) && value >= 0 && value < 0x7f000001);
  if (!isDecodable) return false;
  assert.equal(checkProgram(verifierProgram(key, publics, proof)).length === 0, expected, `${name}: R1`);
  return true;
};

/** Counts by name, the least of which must reach `least`. */
export const assertEach = (counts: ReadonlyMap<string, number>, least: number): void => {
  for (const [name, count] of counts) assert(count >= least, `${name}: only ${count}`);
};
