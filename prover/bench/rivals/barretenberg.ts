// UltraHonk of @aztec/bb.js in WASM on the statement, as a Noir program that calls the keccak-f the proof system brings.
// Owns: the program. Does not own: installation (rivals.ts).
// The package takes its ceremony's reference string and no other, and fetches it on first use: without that it cannot be run at all.
// Invariant: the time is that of `generateProof`; compilation, witness and reference string are outside.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { answer, timed } from "./statement.ts";
import type { RivalRequest } from "./statement.ts";

/** What is used of the packages, which are no dependency of this tree. */
type Program = { readonly bytecode: string };
type Barretenberg = { destroy(): Promise<void> };
type Backend = {
  generateProof(witness: Uint8Array, options: object): Promise<{ proof: Uint8Array; publicInputs: readonly string[] }>;
  verifyProof(proof: unknown, options: object): Promise<boolean>;
};
type Modules = {
  readonly bb: { readonly Barretenberg: { new: (options: object) => Promise<Barretenberg> }; readonly UltraHonkBackend: new (bytecode: string, api: Barretenberg) => Backend };
  readonly noir: { readonly Noir: new (program: Program) => { execute(inputs: object): Promise<{ witness: Uint8Array; returnValue: unknown }> } };
  readonly compiler: { readonly createFileManager: (path: string) => unknown; readonly compile: (files: unknown) => Promise<{ program: Program }> };
};

/** No zero knowledge, as ours. */
const TARGET = { verifierTarget: "evm-no-zk" };
/** Points of the reference string: more than a permutation's gates. */
const LOG_POINTS = 18;

const sourceOf = (permutations: number): string => `
fn main(start: pub [u64; 25]) -> pub [u64; 25] {
    let mut state = start;
    for _ in 0..${permutations} {
        state = std::hash::keccakf1600(state);
    }
    state
}
`;

async function load(folder: string): Promise<Modules> {
  const { resolve } = createRequire(join(folder, "package.json"));
  const from = async (name: string): Promise<unknown> => import(pathToFileURL(resolve(name)).href);
  return { bb: await from("@aztec/bb.js"), noir: await from("@noir-lang/noir_js"), compiler: await from("@noir-lang/noir_wasm") } as Modules;
}

async function compileChain({ compiler }: Modules, { folder, permutations }: RivalRequest): Promise<Program> {
  const project = join(folder, `keccak-${permutations}`);
  const artifact = join(project, "program.json");
  if (existsSync(artifact)) return JSON.parse(readFileSync(artifact, "utf8")) as Program;
  mkdirSync(join(project, "src"), { recursive: true });
  writeFileSync(join(project, "Nargo.toml"), '[package]\nname = "chain"\ntype = "bin"\nauthors = [""]\n[dependencies]\n');
  writeFileSync(join(project, "src/main.nr"), sourceOf(permutations));
  const { program } = await compiler.compile(compiler.createFileManager(project));
  writeFileSync(artifact, JSON.stringify(program));
  return program;
}

await answer(async (request) => {
  const modules = await load(request.folder);
  const setupStart = performance.now();
  const program = await compileChain(modules, request);
  const { witness, returnValue } = await new modules.noir.Noir(program).execute({ start: request.start.map((lane) => `0x${lane.toString(16)}`) });
  const lanes = (returnValue as string[]).map(BigInt);
  if (lanes.some((lane, i) => lane !== request.end[i])) throw new Error("the program's end is not the chain's");
  const options = { threads: request.threads, backend: "Wasm", crsPath: join(request.folder, "reference-string"), srsSize: 2 ** LOG_POINTS };
  const api = await modules.bb.Barretenberg.new(options).catch((error: unknown) => {
    throw new Error("its ceremony's reference string could not be fetched", { cause: error });
  });
  const backend = new modules.bb.UltraHonkBackend(program.bytecode, api);
  const setupMs = performance.now() - setupStart;
  const { value: proof, proveMs, processorMs } = await timed(() => backend.generateProof(witness, TARGET));
  const proved = performance.now();
  if (!(await backend.verifyProof(proof, TARGET))) throw new Error("its verifier refuses the proof");
  return {
    permutations: request.permutations, proveMs, processorMs, setupMs, verifyMs: performance.now() - proved,
    proofBytes: proof.proof.length, note: "UltraHonk over BN254, WASM, no zero knowledge; the time includes its verification key",
  };
});
