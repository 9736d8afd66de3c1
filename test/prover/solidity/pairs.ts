// What TypeScript says of a pair of parts: the proof they are cut from, put together again, cut once more and verified.
// Owns: that judgement, and where the words of a part lie. Does not own: hostile pairs (attacks.ts) or L1's verdict (l1.ts).
import { keccak256 } from "ethers";
import type { VerifyingKey } from "../../../prover/protocol/key.ts";
import { proofParts } from "../../../prover/solidity/key-data.ts";
import { layoutOf } from "../../../prover/verify/layout.ts";
import { verifyProof } from "../../../prover/verify/verify.ts";
import type { Label } from "../../../prover/transcript/labels.ts";

const DIGEST_WORDS = 7;
/** zeta, two folded openings, chain value */
const SUMMARY_WORDS = 20;

/** Words of a part before its queries. */
export type PartLayout = {
  readonly publics: number; readonly roots: number; readonly header: number; readonly tail: number;
  /** First word of each record in part 0; of "foldNonce" the first fold's. */
  readonly records: Readonly<Partial<Record<Label, number>>>;
  /** First word after the prelude, by part. */
  readonly queries: readonly [number, number];
};

export const partLayout = (key: VerifyingKey): PartLayout => {
  const layout = layoutOf(key);
  const count = (list: readonly (number | readonly unknown[])[]): number => list.reduce<number>((total, entry) => total + (typeof entry === "number" ? entry : entry.length), 0);
  const [here, next] = [count(Object.values(layout.widths[0] ?? {})), count(Object.values(layout.nextColumns[0] ?? {}))];
  const [publics, header] = [layout.publicCount, layout.headerWords];
  const roots = DIGEST_WORDS * (layout.hasLookup ? 3 : 2);
  const tail = (DIGEST_WORDS + 1) * layout.folds.length + 4 * layout.finalLength + 1;
  const lookup = publics + roots;
  const openingsHere = lookup + (layout.hasLookup ? 5 : 0);
  const openingsNext = openingsHere + 4 * here;
  const folds = publics + header - tail;
  return {
    publics, roots, header, tail, queries: [publics + header, roots + SUMMARY_WORDS + tail],
    records: {
      publicValues: 0, ...(layout.hasLookup ? { lookupNonce: lookup, lookupSums: lookup + 1 } : {}), openingsHere, openingsNext,
      batchNonce: openingsNext + 4 * next, foldNonce: folds + DIGEST_WORDS, finalPolynomial: folds + (DIGEST_WORDS + 1) * layout.folds.length,
      queryNonce: publics + header - 1,
    },
  };
};

const wordsOf = (bytes: Uint8Array): number[] => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) => view.getUint32(4 * i));
};

const isSame = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** Name of a statement on L1: the hash of the public values as they stand. */
export const statementOf = (publics: Uint8Array): string => keccak256(publics);

/** Public values and bytes of the proof that a pair of parts would be cut from. */
export const proofOfPair = (key: VerifyingKey, first: Uint8Array, second: Uint8Array): { publics: readonly number[]; bytes: Uint8Array } => {
  const { publics, queries } = partLayout(key);
  const words = [...wordsOf(first), ...wordsOf(second.subarray(4 * queries[1]))];
  const bytes = new Uint8Array(Math.max(0, 4 * (words.length - publics)));
  const view = new DataView(bytes.buffer);
  words.slice(publics).forEach((word, i) => { view.setUint32(4 * i, word, true); });
  return { publics: words.slice(0, publics), bytes };
};

/** "accepted" when both parts are those of one proof that verifies; else the verifier's code, or that they are no proof's parts. */
export const judgePair = (key: VerifyingKey, first: Uint8Array, second: Uint8Array): string => {
  const { publics, bytes } = proofOfPair(key, first, second);
  const verdict = verifyProof(key, publics, bytes);
  if (!verdict.ok) return verdict.code;
  const [a, b] = proofParts(key, publics, bytes);
  return isSame(a, first) && isSame(b, second) ? "accepted" : "NOT_ITS_PARTS";
};
