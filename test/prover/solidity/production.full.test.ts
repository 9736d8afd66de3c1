// A production-final proof of R1 over a production-r1 proof, verified on anvil in two transactions of at most 120 KB:
// gas and bytes are printed and bounded, and changed words anywhere in it get the TypeScript verifier's verdict.
import assert from "node:assert/strict";
import { test } from "node:test";
import { keccak256 } from "ethers";
import { WasmBackend } from "../../../prover/backend/wasm-backend.ts";
import { wordsToBytes } from "../../../prover/hash/suite.ts";
import type { VerifyingKey } from "../../../prover/protocol/key.ts";
import { PRODUCTION_FINAL, PRODUCTION_R1, TEST_FAST } from "../../../prover/protocol/profile.ts";
import { prove } from "../../../prover/prove/prove.ts";
import { setup } from "../../../prover/prove/setup.ts";
import { R1_PUBLIC_TERMS } from "../../../prover/air/chips/r1.ts";
import { verifierProgram } from "../../../prover/recursion/verifier-circuit.ts";
import { REQUIRED_BITS, securityOfKey } from "../../../prover/security/key.ts";
import { buildContracts, readBuilt } from "../../../prover/solidity/build.ts";
import { keyCode, proofParts } from "../../../prover/solidity/key-data.ts";
import { decodeProof } from "../../../prover/verify/decode.ts";
import { layoutOf } from "../../../prover/verify/layout.ts";
import { isRejection } from "../../../prover/verify/verdict.ts";
import { verifyProof } from "../../../prover/verify/verify.ts";
import { R1_CHIPS } from "../recursion/r1-check.ts";
import { fibonacciInstance } from "../verify/machines.ts";
import { referenceProof } from "../verify/reference-prover.ts";
import { submitted } from "./attacks.ts";
import { Chain, L1 } from "./l1.ts";
import { Simulation, judge } from "./simulate.ts";
import { disorders } from "./variations.ts";

type Layer = { readonly key: VerifyingKey; readonly publics: readonly number[]; readonly bytes: Uint8Array };
/** Above what was measured by a tenth; README.md of prover/solidity has the figures. */
const GAS_LIMITS = [4_870_000n, 3_190_000n] as const;
/** The aim of a whole verification. */
const GAS_AIM = 7_500_000n;
const MAX_PART_BYTES = 80_000;

const finalProof = async (): Promise<Layer> => {
  const child = fibonacciInstance(TEST_FAST, 4);
  const { publics, bytes } = referenceProof(child.key, child.traces);
  let layer: Layer = { key: child.key, publics, bytes };
  for (const profile of [PRODUCTION_R1, PRODUCTION_FINAL]) {
    const decoded = decodeProof(layer.key, layoutOf(layer.key), layer.bytes);
    assert(!isRejection(decoded));
    const program = verifierProgram(layer.key, layer.publics, decoded);
    const logHeight = Math.log2(program.main.height);
    const backend = await WasmBackend.create({ threadCount: 2, maxLogSize: logHeight + profile.logBlowup });
    try {
      const [chip] = R1_CHIPS;
      assert(chip !== undefined);
      const lifted = await setup(backend, profile, [{ chip, logHeight }], [program.preprocessed], R1_PUBLIC_TERMS);
      const proof = await prove(backend, lifted, [{ preprocessed: program.preprocessed, main: program.main, publics: program.publics }]);
      layer = { key: lifted.key, publics: proof.publicValues, bytes: proof.bytes };
    } finally {
      await backend.stop();
    }
  }
  return layer;
};

test("the committed bytecode is what the sources compile to", () => {
  assert.deepEqual(readBuilt(), buildContracts());
});

test("two transactions verify a production-final R1 proof, and L1 refuses what TypeScript refuses", { timeout: 600_000 }, async (context) => {
  const { key, publics, bytes } = await finalProof();
  assert.deepEqual(verifyProof(key, publics, bytes), { ok: true });
  assert(securityOfKey(key).bits >= REQUIRED_BITS);
  const chain = await Chain.start();
  context.after(() => chain.stop());
  const l1 = await L1.deploy(chain, key);
  const statement = keccak256(wordsToBytes(publics));
  const parts = proofParts(key, publics, bytes);
  context.diagnostic(`key ${keyCode(key).length} bytes, 2^${key.chips[0]?.logHeight} rows`);
  let total = 0n;
  for (const part of [1, 0] as const) {
    const { gas, complete } = await l1.submit(statement, part, parts[part]);
    context.diagnostic(`part ${part}: ${parts[part].length} bytes, ${gas} gas`);
    assert(parts[part].length <= MAX_PART_BYTES && gas <= GAS_LIMITS[part], `part ${part}: ${parts[part].length} bytes, ${gas} gas`);
    assert.equal(complete, part === 0);
    total += gas;
  }
  assert(total <= GAS_AIM, `${total} gas in all`);
  assert.equal(await l1.isAccepted(statement), true);
  for (let position = 0; position < bytes.length / 4; position += 1499) {
    const changed = bytes.slice();
    changed[4 * position] = (changed[4 * position] ?? 0) ^ 1;
    assert.equal(verifyProof(key, publics, changed).ok, false, `word ${position}`);
    assert.notEqual(await l1.verdict(publics, changed), undefined, `word ${position}`);
  }
  const simulation = new Simulation(chain, readBuilt().contracts);
  assert.equal((await simulation.outcome(submitted("honest", undefined, key, ...parts))).isAccepted, true);
  for (const part of [0, 1] as const) {
    for (const [name, data] of disorders(parts[part])) {
      const attack = submitted(`part ${part}: ${name}`, undefined, key, part === 0 ? data : parts[0], part === 1 ? data : parts[1]);
      assert.notEqual(judge(attack), "accepted", attack.name);
      assert.equal((await simulation.outcome(attack)).isAccepted, false, attack.name);
    }
  }
});
