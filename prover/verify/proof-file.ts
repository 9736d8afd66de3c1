/**
 * Proof files: a proof with everything needed to name its key and statement, as JSON.
 *
 * Owns: the container and its strict decoding. Does not own: the proof's bytes (decode.ts) or whether they verify.
 * Format: {"format": "keyfall-proof-1", "machine", "profile", "logHeights": [..], "publics": [..], "proof": base64}.
 * Invariant: nothing in a file is trusted: it only selects which key is recomputed from this build's own definitions.
 */
import { isFelt } from "../field/koalabear.ts";

export const PROOF_FILE_FORMAT = "keyfall-proof-1";
const MAX_TABLES = 64;
const MAX_PUBLICS = 65_536;
const FIELDS = ["format", "logHeights", "machine", "profile", "proof", "publics"];

export type ProofFile = {
  readonly machine: string;
  readonly profile: string;
  readonly logHeights: readonly number[];
  readonly publics: readonly number[];
  readonly proof: Uint8Array;
};

/** Why a text is not a proof file. */
export type BadProofFile = { readonly ok: false; readonly expected: string; readonly got: string };

const bad = (expected: string, got: string): BadProofFile => ({ ok: false, expected, got: got.slice(0, 80) });

/** A value of an untrusted file in words: never its content beyond a text, because turning an object into one can throw or go on for ever. */
const kindOf = (value: unknown): string => (typeof value === "string" ? value : Array.isArray(value) ? "another list" : value === null ? "null" : typeof value);

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    return error instanceof SyntaxError ? undefined : error;
  }
};

const isNumberList = (value: unknown, most: number, accepts: (entry: unknown) => boolean): value is number[] =>
  Array.isArray(value) && value.length <= most && value.every(accepts);

/** Decodes a proof file; unknown or missing fields are refused. */
export const decodeProofFile = (text: string): ProofFile | BadProofFile => {
  const value = parseJson(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return bad("a JSON object", typeof value);
  const names = Object.keys(value).sort();
  if (names.join() !== FIELDS.join()) return bad(`the fields ${FIELDS.join(", ")}`, names.join(", "));
  const { format, machine, profile, logHeights, publics, proof } = value as Record<string, unknown>;
  if (format !== PROOF_FILE_FORMAT) return bad(`format ${PROOF_FILE_FORMAT}`, kindOf(format));
  if (typeof machine !== "string" || typeof profile !== "string") return bad("names of machine and profile", `${typeof machine}, ${typeof profile}`);
  const isLogHeight = (entry: unknown): boolean => Number.isInteger(entry) && Number(entry) >= 2 && Number(entry) <= 24;
  if (!isNumberList(logHeights, MAX_TABLES, isLogHeight)) return bad("log heights in 2..24", kindOf(logHeights));
  if (!isNumberList(publics, MAX_PUBLICS, isFelt)) return bad("canonical public values", "another list");
  if (typeof proof !== "string") return bad("the proof as base64", typeof proof);
  const bytes = Buffer.from(proof, "base64");
  if (bytes.toString("base64") !== proof) return bad("canonical base64", `${proof.length} characters of something else`);
  // A plain array: a Buffer's slice is no copy, and who takes a proof apart would change it.
  return { machine, profile, logHeights, publics, proof: new Uint8Array(bytes) };
};

/** The text of a proof file. */
export const encodeProofFile = (file: ProofFile): string =>
  `${JSON.stringify({
    format: PROOF_FILE_FORMAT, machine: file.machine, profile: file.profile, logHeights: file.logHeights,
    publics: file.publics, proof: Buffer.from(file.proof).toString("base64"),
  })}\n`;
