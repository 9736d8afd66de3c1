/**
 * Process entry: verifies or inspects a proof file. `keyfall proof` spawns it.
 *
 *   node prover/verify/main.ts verify  FILE [--json] [--key HEX] [--allow-test-profile]
 *   node prover/verify/main.ts inspect FILE [--json]
 *
 * Owns: arguments, output, exit codes (0 ok, 1 the proof fails, 2 usage, 4 unknown: cannot be checked).
 * Does not own: any check. Invariant: exit 0 from `verify` means that the proof verifies under the printed key and that
 * the key claims at least REQUIRED_BITS, or that the caller allowed a test profile.
 */
import { readFileSync, statSync } from "node:fs";
import { brotliDecompressSync } from "node:zlib";
import { describeMachine } from "../air/report.ts";
import { suiteOf } from "../hash/suite.ts";
import type { VerifyingKey } from "../protocol/key.ts";
import { splitNodeValues } from "../protocol/node-values.ts";
import { R1_PUBLIC_COUNT } from "../air/chips/r1.ts";
import { REQUIRED_BITS, securityOfKey } from "../security/key.ts";
import { describeClaim } from "../security/rounds.ts";
import { isTestProfile, keyOf, trustedAllowRoot } from "./known-key.ts";
import { layoutOf } from "./layout.ts";
import { decodeProofFile } from "./proof-file.ts";
import type { ProofFile } from "./proof-file.ts";
import { verifyProof } from "./verify.ts";

const EXIT = { ok: 0, failed: 1, usage: 2, unknown: 4 } as const;
const MAX_FILE_BYTES = 64 * 2 ** 20;
const USAGE = "verify FILE [--json] [--key HEX] [--allow-test-profile] | inspect FILE [--json]; FILE may be brotli (.br)";

const HELP: readonly string[] = [
  "Usage: keyfall proof verify FILE [options]   verify a proof file under a key that this version knows",
  "       keyfall proof inspect FILE [--json]   what the file claims and how its key is secured; checks nothing",
  "  --key HEX              accept this key alone (64 hexadecimal digits)",
  "  --allow-test-profile   accept a key of a test profile, which is not secure",
  "  --json                 one JSON object on standard output",
  "FILE may be compressed with brotli (.br).",
  "Exit codes: 0 it verifies, 1 it does not, 2 used wrongly, 4 unknown: it cannot be checked.",
];

type Outcome = { readonly exit: number; readonly report: Readonly<Record<string, unknown>>; readonly lines: readonly string[] };
type Request = { readonly verb: "verify" | "inspect"; readonly file: string; readonly isJson: boolean; readonly keyHex: string | undefined; readonly allowsTest: boolean };

const failure = (exit: number, code: string, expected: string, got: string): Outcome => ({
  exit, report: { ok: false, code, expected, got }, lines: [`${code}: expected ${expected}, got ${got}`],
});

/** A key digest as 64 hex digits: eight elements of 32 bits, big-endian. */
export const digestHex = (digest: readonly number[]): string => digest.map((element) => element.toString(16).padStart(8, "0")).join("");

const parseArguments = (args: readonly string[]): Request | Outcome => {
  const usage = (got: string): Outcome => failure(EXIT.usage, "USAGE", USAGE, got);
  const [verb, file, ...rest] = args;
  if (args.includes("--help")) return { exit: EXIT.ok, report: { ok: true, usage: USAGE }, lines: HELP };
  if ((verb !== "verify" && verb !== "inspect") || file === undefined) return usage(args.join(" ") || "no arguments");
  let [isJson, allowsTest] = [false, false];
  let keyHex: string | undefined;
  for (let i = 0; i < rest.length; i += 1) {
    const option = rest[i];
    if (option === "--json") isJson = true;
    else if (option === "--allow-test-profile" && verb === "verify") allowsTest = true;
    else if (option === "--key" && verb === "verify" && /^[0-9a-f]{64}$/.test(rest[i + 1] ?? "")) {
      keyHex = rest[i + 1];
      i += 1;
    } else return usage(String(option));
  }
  return { verb, file, isJson, keyHex, allowsTest };
};

const readText = (path: string): string | Outcome => {
  try {
    const { size } = statSync(path);
    if (size > MAX_FILE_BYTES) return failure(EXIT.unknown, "FILE_TOO_LARGE", `at most ${MAX_FILE_BYTES} bytes`, String(size));
    if (path.endsWith(".br")) return brotliDecompressSync(readFileSync(path), { maxOutputLength: MAX_FILE_BYTES }).toString("utf8");
    return readFileSync(path, "utf8");
  } catch (error) {
    return failure(EXIT.unknown, "FILE_UNREADABLE", `a readable file ${path}`, error instanceof Error ? error.message : String(error));
  }
};

const describeKey = (file: ProofFile, key: VerifyingKey): Record<string, unknown> => {
  const claim = securityOfKey(key);
  return {
    machine: file.machine, profile: file.profile, logHeights: file.logHeights, key: digestHex(key.digest),
    proofBytes: file.proof.length, publicValues: file.publics.length,
    securityBits: Number.isFinite(claim.bits) ? Number(claim.bits.toFixed(2)) : null, boundBy: claim.bindingSite,
    isForTestsOnly: isTestProfile(key.profile), ...(trustedAllowRoot(file.machine) === undefined ? {} : describeNode(file)),
  };
};

/** What a recursion node says (PROTOCOL.md section 8); its count of public values is checked with the proof. */
const describeNode = ({ publics }: ProofFile): Record<string, unknown> => {
  if (publics.length !== R1_PUBLIC_COUNT) return {};
  const { allowRoot, commitment, start, end, count, segments } = splitNodeValues(publics);
  return { allowRoot: digestHex(allowRoot), commitment: digestHex(commitment), start: digestHex(start), end: digestHex(end), count: count[0], segments: segments[0] };
};

const verify = (request: Request, file: ProofFile, key: VerifyingKey): Outcome => {
  const facts = describeKey(file, key);
  const fail = (code: string, expected: string, got: string): Outcome => {
    const outcome = failure(EXIT.failed, code, expected, got);
    return { ...outcome, report: { ...outcome.report, ...facts } };
  };
  const hex = digestHex(key.digest);
  if (request.keyHex !== undefined && request.keyHex !== hex) return fail("OTHER_KEY", request.keyHex, hex);
  const verdict = verifyProof(key, file.publics, file.proof);
  if (!verdict.ok) return fail(verdict.code, verdict.expected, verdict.got);
  // A node's key proves nothing by itself: the list its tree was made under must be the one this build knows.
  const allowRoot = trustedAllowRoot(file.machine);
  const claimedRoot = file.publics.slice(0, 8);
  if (allowRoot !== undefined && allowRoot.some((felt, i) => felt !== claimedRoot[i])) return fail("OTHER_ALLOW_ROOT", digestHex(allowRoot), digestHex(claimedRoot));
  const { bits } = securityOfKey(key);
  if (!request.allowsTest && (isTestProfile(key.profile) || bits < REQUIRED_BITS)) {
    return fail("WEAK_KEY", `a production key of at least ${REQUIRED_BITS} bits (or --allow-test-profile)`, `${key.profile.name}, ${bits.toFixed(1)} bits`);
  }
  return { exit: EXIT.ok, report: { ok: true, ...facts }, lines: [`ok: ${file.machine} under ${key.profile.name}, key ${hex}, ${bits.toFixed(1)} bits`] };
};

const inspect = (file: ProofFile, key: VerifyingKey): Outcome => {
  const layout = layoutOf(key);
  const claim = securityOfKey(key);
  const machine = describeMachine(key.chips.map(({ chip }) => chip));
  // Pruned paths are as long as the drawn positions leave them: the key alone gives their most.
  const isPruned = suiteOf(key.profile.hash).paths === "pruned";
  const expectedBytes = 4 * layout.wordCount;
  const facts = describeKey(file, key);
  return {
    exit: EXIT.ok,
    report: { ...facts, [isPruned ? "mostBytes" : "expectedBytes"]: expectedBytes, publics: file.publics, security: claim.terms, chips: machine },
    lines: [
      ...Object.entries(facts).map(([name, value]) => `${name}: ${String(value)}`),
      `expected bytes: ${isPruned ? "at most " : ""}${expectedBytes}`, ...machine, ...describeClaim(claim), "not verified: inspect checks nothing",
    ],
  };
};

const isOutcome = (value: object): value is Outcome => "exit" in value;

/** Runs one request; every expected failure is an outcome. */
export const run = (args: readonly string[]): { outcome: Outcome; isJson: boolean } => {
  const request = parseArguments(args);
  if (isOutcome(request)) return { outcome: request, isJson: args.includes("--json") };
  const { isJson } = request;
  const text = readText(request.file);
  if (typeof text !== "string") return { outcome: text, isJson };
  const file = decodeProofFile(text);
  if ("ok" in file) return { outcome: failure(EXIT.unknown, "NOT_A_PROOF_FILE", file.expected, file.got), isJson };
  const key = keyOf(file.machine, file.profile, file.logHeights);
  if ("ok" in key) return { outcome: failure(EXIT.unknown, "UNKNOWN_KEY", key.expected, key.got), isJson };
  return { outcome: request.verb === "verify" ? verify(request, file, key) : inspect(file, key), isJson };
};

if (import.meta.main) {
  const { outcome, isJson } = run(process.argv.slice(2));
  const text = isJson ? JSON.stringify(outcome.report) : outcome.lines.join("\n");
  (outcome.exit === EXIT.ok || isJson ? process.stdout : process.stderr).write(`${text}\n`);
  process.exitCode = outcome.exit;
}
