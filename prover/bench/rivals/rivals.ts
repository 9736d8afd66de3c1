// The provers from npm beside ours, in one run: installed on demand into an ignored folder, each in a process of its own.
// Owns: which packages, their installation, the figures or the reason why there are none. Does not own: their programs (sibling files).
// Invariant: a figure is either measured in this run, with its proof verified, or marked as quoted; nothing is quoted as measured.

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { RivalFigures } from "./statement.ts";

const FOLDER = fileURLToPath(new URL("../../../.keyfall/bench-provers/", import.meta.url));
const INSTALL_SECONDS = 600;
const PROVE_SECONDS = 1200;

type Rival = {
  readonly name: string;
  /** Installed by exact version on first use; none for a package of this tree. */
  readonly packages: Readonly<Record<string, string>>;
  readonly script: string;
  /** keccak-f permutations a second measured elsewhere, on two cores. */
  readonly quoted: string;
};

const RIVALS: readonly Rival[] = [
  { name: "snarkjs 0.7.6 Groth16", script: "snarkjs.ts", quoted: "0.09", packages: {} },
  { name: "o1js 2.15.0", script: "o1js.ts", quoted: "0.1", packages: { o1js: "2.15.0" } },
  {
    name: "Barretenberg (@aztec/bb.js 5.0.0, WASM)", script: "barretenberg.ts", quoted: "0.45 to 0.55 (WASM), 1.4 to 1.6 (native)",
    packages: { "@aztec/bb.js": "5.0.0", "@noir-lang/noir_js": "1.0.0-beta.26", "@noir-lang/noir_wasm": "1.0.0-beta.26" },
  },
];

export type RivalResult = { readonly name: string; readonly quoted: string } & (
  { readonly figures: RivalFigures } | { readonly reason: string });

/** Runs a program; returns what it printed, or its last words. */
function run(command: string, args: readonly string[], cwd: string, seconds: number): Promise<{ ok: true; stdout: string } | { ok: false; reason: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => { stdout += chunk.toString(); });
    child.stderr.on("data", (chunk: Buffer) => { stderr += chunk.toString(); });
    const timer = setTimeout(() => child.kill("SIGKILL"), 1000 * seconds);
    child.on("error", (error) => {
      clearTimeout(timer);
      resolve({ ok: false, reason: error.message });
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      const words = stderr.trim().split("\n").filter((line) => /\S/.test(line));
      if (code === 0) resolve({ ok: true, stdout });
      else resolve({ ok: false, reason: signal === "SIGKILL" ? `did not end within ${seconds} s` : (words.find((line) => /^\w*Error: /.test(line)) ?? words.find((line) => /error/i.test(line)) ?? words.at(-1) ?? `ended with ${code}`).slice(0, 300) });
    });
  });
}

/** Installs a rival's packages at their fixed versions, once. Undefined when they are there. */
async function install(folder: string, packages: Rival["packages"]): Promise<string | undefined> {
  const isThere = ([name, version]: [string, string]): boolean => {
    const manifest = join(folder, "node_modules", name, "package.json");
    return existsSync(manifest) && (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version === version;
  };
  if (Object.entries(packages).every(isThere)) return undefined;
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "bench-provers", private: true }));
  const wanted = Object.entries(packages).map(([name, version]) => `${name}@${version}`);
  const result = await run("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--save-exact", ...wanted], folder, INSTALL_SECONDS);
  return result.ok ? undefined : `npm could not install ${wanted.join(", ")} (is the registry reachable?): ${result.reason}`;
}

async function measure({ name, packages, script, quoted }: Rival, permutations: number, threads: number): Promise<RivalResult> {
  const folder = join(FOLDER, script.replace(".ts", ""));
  mkdirSync(folder, { recursive: true });
  const missing = await install(folder, packages);
  if (missing !== undefined) return { name, quoted, reason: missing };
  const program = fileURLToPath(new URL(script, import.meta.url));
  const result = await run(process.execPath, [program, "--folder", folder, "--permutations", String(permutations), "--threads", String(threads)], folder, PROVE_SECONDS);
  if (!result.ok) return { name, quoted, reason: result.reason };
  return { name, quoted, figures: JSON.parse(result.stdout.trim().split("\n").at(-1) ?? "") as RivalFigures };
}

/** Every rival after the other, so that none takes another's cores. */
export async function* measureRivals(permutations: number, threads: number): AsyncGenerator<RivalResult> {
  for (const rival of RIVALS) yield await measure(rival, permutations, threads);
}
