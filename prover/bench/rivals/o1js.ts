// o1js on its nearest statement: keccak-256 of 32 bytes, chained, which is one keccak-f a step; it offers keccak-f itself to no program.
// Owns: the program. Does not own: installation (rivals.ts).
// Invariant: the time is that of proving; compilation is outside.

import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { answer, timed } from "./statement.ts";

/** What is used of the package, which is no dependency of this tree. */
type Bytes32 = { toBytes(): Uint8Array };
type Bytes32Class = { readonly provable: unknown; from(bytes: Uint8Array): Bytes32 };
type Proof = { readonly publicOutput: Bytes32; toJSON(): { readonly proof: string } };
type O1js = {
  readonly Bytes: (length: number) => Bytes32Class;
  readonly Keccak: { ethereum(bytes: Bytes32): Bytes32 };
  readonly Cache: { readonly None: unknown };
  readonly setNumberOfWorkers: (count: number) => void;
  readonly ZkProgram: (definition: object) => {
    compile(options: object): Promise<unknown>; chain(start: Bytes32): Promise<{ proof: Proof }>; verify(proof: Proof): Promise<boolean>;
  };
};

await answer(async ({ folder, permutations, threads }) => {
  const { resolve } = createRequire(join(folder, "package.json"));
  const { Bytes, Keccak, ZkProgram, Cache, setNumberOfWorkers } = (await import(pathToFileURL(resolve("o1js")).href)) as O1js;
  setNumberOfWorkers(threads);
  const Hash = Bytes(32);
  const program = ZkProgram({
    name: "keccak-chain", publicInput: Hash.provable, publicOutput: Hash.provable,
    methods: {
      chain: {
        privateInputs: [],
        async method(start: Bytes32) {
          let hash = start;
          for (let i = 0; i < permutations; i++) hash = Keccak.ethereum(hash);
          return { publicOutput: hash };
        },
      },
    },
  });
  const setupStart = performance.now();
  await program.compile({ cache: Cache.None });
  const bytes = Uint8Array.from({ length: 32 }, (_, i) => i);
  const setupMs = performance.now() - setupStart;
  const { value: { proof }, proveMs, processorMs } = await timed(() => program.chain(Hash.from(bytes)));
  const proved = performance.now();
  if (!(await program.verify(proof))) throw new Error("its verifier refuses the proof");
  let end = bytes;
  for (let i = 0; i < permutations; i++) end = keccak_256(end);
  if (Buffer.compare(proof.publicOutput.toBytes(), end) !== 0) throw new Error("the program's end is not the chain's");
  return {
    permutations, proveMs, processorMs, setupMs, verifyMs: performance.now() - proved,
    proofBytes: Math.floor((3 * proof.toJSON().proof.length) / 4), note: "Pickles over Pasta; keccak-256 of 32 bytes a step: one keccak-f and its padding; zero knowledge",
  };
});
