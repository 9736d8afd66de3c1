// Hostile proofs made of an honest one's own parts: rows of another query, siblings of another level, values in another place.
// Every word is one the prover committed to; none stands where it belongs. Owns: these moves. Does not own: which check stops them.
import assert from "node:assert/strict";
import type { VerifyingKey } from "../../../prover/protocol/key.ts";
import { layoutOf } from "../../../prover/verify/layout.ts";
import { queryRanges } from "./corpus.ts";
import { wordsToBytes } from "./reference-prover.ts";
import type { ProofParts } from "./reference-prover.ts";

export type MovedProof = { readonly name: string; readonly key: VerifyingKey; readonly publics: readonly number[]; readonly bytes: Uint8Array };

/** Words with two ranges of one length exchanged. */
const exchanged = (words: readonly number[], first: number, second: number, length: number): number[] => words.map((word, i) => {
  if (i >= first && i < first + length) return words[second + i - first] ?? 0;
  return i >= second && i < second + length ? (words[first + i - second] ?? 0) : word;
});

/** All moves in a Poseidon2 proof's first `queries` queries; those that change nothing are left out. */
export function* movedProofs(label: string, key: VerifyingKey, { words, publics }: ProofParts, queries: number): Generator<MovedProof> {
  assert.equal(key.profile.hash, "poseidon2", "whole paths");
  const ranges = queryRanges(key);
  const layout = layoutOf(key);
  const made = (name: string, changed: readonly number[]): MovedProof[] =>
    (changed.every((word, i) => word === words[i]) ? [] : [{ name: `${label}: ${name}`, key, publics, bytes: wordsToBytes(changed) }]);
  for (const { query, part, rows, path } of ranges) {
    if (query >= queries) continue;
    const other = ranges.find((range) => range.query === query + 1 && range.part === part);
    if (other !== undefined) {
      yield* made(`${part} of query ${query} shown twice`, words.map((word, i) => (i >= rows[0] && i < path[1] ? (words[other.rows[0] + i - rows[0]] ?? 0) : word)));
      yield* made(`rows of ${part} exchanged between queries ${query} and ${query + 1}`, exchanged(words, rows[0], other.rows[0], rows[1] - rows[0]));
    }
    yield* made(`two siblings of ${part} exchanged in query ${query}`, exchanged(words, path[0], path[0] + 8, 8));
    if (rows[1] - rows[0] > 1) yield* made(`two values of ${part} exchanged in query ${query}`, exchanged(words, rows[0], rows[1] - 1, 1));
  }
  const rootCount = layout.hasLookup ? 3 : 2;
  for (let root = 1; root < rootCount; root += 1) yield* made(`roots 0 and ${root} exchanged`, exchanged(words, 0, 8 * root, 8));
  const firstOpening = 8 * rootCount + (layout.hasLookup ? 1 + 4 * layout.widths.filter(({ permutation }) => permutation > 0).length : 0);
  const openings = layout.widths.reduce((total, { preprocessed, main, permutation, quotient }) => total + preprocessed + main + permutation + quotient, 0);
  const stride = Math.max(1, Math.floor(openings / 24));
  for (let at = 0; at + stride < openings; at += stride) {
    yield* made(`openings ${at} and ${at + stride} at zeta exchanged`, exchanged(words, firstOpening + 4 * at, firstOpening + 4 * (at + stride), 4));
  }
}
