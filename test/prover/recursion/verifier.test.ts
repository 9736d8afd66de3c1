// The verifier as an R1 program: it accepts what verify/ accepts, its program depends on the key alone, hostile proofs
// leave its witness unsatisfied, and R1 proofs are verified by R1 at a size that stops growing.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { WasmBackend } from "../../../prover/backend/wasm-backend.ts";
import { prove } from "../../../prover/prove/prove.ts";
import { setup } from "../../../prover/prove/setup.ts";
import { TEST_FAST, TEST_NO_GRINDING } from "../../../prover/protocol/profile.ts";
import type { VerifyingKey } from "../../../prover/protocol/key.ts";
import type { R1Program } from "../../../prover/recursion/circuit.ts";
import { R1_PUBLIC_TERMS } from "../../../prover/air/chips/r1.ts";
import { statementDigest, verifierProgram } from "../../../prover/recursion/verifier-circuit.ts";
import { decodeProof } from "../../../prover/verify/decode.ts";
import { layoutOf } from "../../../prover/verify/layout.ts";
import { isRejection } from "../../../prover/verify/verdict.ts";
import { verifyProof } from "../../../prover/verify/verify.ts";
import { hostileProofs } from "../verify/corpus.ts";
import { fibonacciInstance, shuffleInstance } from "../verify/machines.ts";
import { referenceProof } from "../verify/reference-prover.ts";
import { R1_CHIPS, checkProgram } from "./r1-check.ts";

const backends: WasmBackend[] = [];
after(async () => { for (const backend of backends) await backend.stop(); });

const programOf = (key: VerifyingKey, publics: readonly number[], bytes: Uint8Array, logHeight?: number): R1Program => {
  const proof = decodeProof(key, layoutOf(key), bytes);
  assert(!isRejection(proof), "the proof decodes");
  return verifierProgram(key, publics, proof, logHeight);
};

for (const profile of [TEST_FAST, TEST_NO_GRINDING]) {
  for (const [name, instance] of [["fibonacci", fibonacciInstance(profile, 5)], ["shuffle", shuffleInstance(profile)], ["shuffle with a gap", shuffleInstance(profile, [4, 7, 4])]] as const) {
    test(`an honest ${name} proof under ${profile.name} satisfies the verifier program`, () => {
      const { key, traces } = instance;
      const { publics, bytes } = referenceProof(key, traces);
      const program = programOf(key, publics, bytes);
      assert.deepEqual(checkProgram(program), []);
      assert.deepEqual(program.publics.slice(0, 8), statementDigest(key, publics));
    });
  }
}

test("the program of a key is the same for different statements and for a rejected proof", () => {
  const [a, b] = [shuffleInstance(TEST_FAST), shuffleInstance(TEST_FAST, [3, 5, 4], [{ key: 1, value: 2 }, { key: 4, value: 4 }])];
  const programs = [a, b].map(({ key, traces }) => {
    const { publics, bytes } = referenceProof(key, traces);
    return programOf(key, publics, bytes).preprocessed.values;
  });
  const broken = referenceProof(a.key, a.traces, { forgesIdentity: true, finalPolynomial: (list) => list.toReversed() });
  programs.push(programOf(a.key, broken.publics, broken.bytes).preprocessed.values);
  assert.deepEqual(programs[1], programs[0]);
  assert.deepEqual(programs[2], programs[0]);
});

/** Codes that guard the encoding: such bytes never become a witness. */
const ENCODING = new Set(["PROOF_LENGTH", "PROOF_NOT_CANONICAL", "PUBLIC_COUNT", "PUBLIC_NOT_CANONICAL"]);

test("a hostile proof of every check leaves the verifier program unsatisfied", { timeout: 120_000 }, () => {
  const taken = new Map<string, number>();
  for (const { name, code, key, publics, bytes } of hostileProofs()) {
    const count = taken.get(code) ?? 0;
    if (ENCODING.has(code) || count >= 1) continue;
    taken.set(code, count + 1);
    assert(checkProgram(programOf(key, publics, bytes)).length > 0, `${name}: accepted on wires`);
  }
  assert.equal(taken.size, 12);
});

type Layer = { readonly key: VerifyingKey; readonly publics: readonly number[]; readonly bytes: Uint8Array };

/** Proves an R1 program under a profile; the key's preprocessed root is the program. */
const proveProgram = async (program: R1Program): Promise<Layer> => {
  const logHeight = Math.log2(program.main.height);
  const backend = await WasmBackend.create({ threadCount: 2, maxLogSize: logHeight + TEST_FAST.logBlowup });
  backends.push(backend);
  const [chip] = R1_CHIPS;
  assert(chip !== undefined);
  const provingKey = await setup(backend, TEST_FAST, [{ chip, logHeight }], [program.preprocessed], R1_PUBLIC_TERMS);
  const proof = await prove(backend, provingKey, [{ preprocessed: program.preprocessed, main: program.main, publics: program.publics }]);
  return { key: provingKey.key, publics: proof.publicValues, bytes: proof.bytes };
};

test("R1 proves a shuffle proof, R1 proves that, and from then on the size stays", { timeout: 120_000 }, async () => {
  const { key, traces } = shuffleInstance(TEST_FAST);
  const { publics, bytes } = referenceProof(key, traces);
  let layer: Layer = { key, publics, bytes };
  const sizes: string[] = [];
  let logHeight: number | undefined;
  for (let depth = 0; depth < 4; depth += 1) {
    const program = programOf(layer.key, layer.publics, layer.bytes, depth === 0 ? 12 : logHeight);
    logHeight = Math.log2(program.main.height);
    layer = await proveProgram(program);
    assert.deepEqual(verifyProof(layer.key, layer.publics, layer.bytes), { ok: true }, `depth ${depth}`);
    sizes.push(`${logHeight}: ${program.counts.permutations}/${program.counts.lanes}/${program.counts.packs}, ${layer.bytes.length} bytes`);
  }
  assert.equal(sizes[2], sizes[1]);
  assert.equal(sizes[3], sizes[1]);
});
