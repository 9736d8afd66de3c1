// snarkjs' Groth16 on the statement itself: the chain of keccak-f as a rank-1 constraint system, 155,000 constraints a permutation.
// Owns: the proof and its check. Does not own: the circuit (keccak-r1cs.ts), the set-up (groth16-key.ts). snarkjs is a package of this tree.
// Invariant: the time is that of `groth16.prove` alone, witness and set-up apart; its verifier accepted the proof, whose public values are the two states.

import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { groth16Key, logRowsOf } from "./groth16-key.ts";
import { keccakCircuit } from "./keccak-r1cs.ts";
import { loadSnarkjs, witnessFile } from "./snarkjs-package.ts";
import { answer, timed } from "./statement.ts";

await answer(async ({ folder, permutations, start, end }) => {
  const { curves, zKey, groth16 } = await loadSnarkjs();
  const r1cs = keccakCircuit(start, permutations);
  const [keyPath, witnessPath] = [join(folder, "key.zkey"), join(folder, "witness.wtns")];
  writeFileSync(witnessPath, witnessFile(r1cs.witness));
  const setupStart = performance.now();
  writeFileSync(keyPath, groth16Key(await curves.getCurveFromName("bn128", { singleThread: true }), r1cs));
  const key = await zKey.exportVerificationKey(keyPath);
  const setupMs = performance.now() - setupStart;
  const { value: { proof, publicSignals }, proveMs, processorMs } = await timed(() => groth16.prove(keyPath, witnessPath));
  const proved = performance.now();
  if (publicSignals.some((signal, i) => BigInt(signal) !== [...end, ...start][i])) throw new Error("its public values are not the two states");
  if (!(await groth16.verify(key, publicSignals, proof))) throw new Error("its verifier refuses the proof");
  return {
    permutations, proveMs, processorMs, setupMs, verifyMs: performance.now() - proved,
    proofBytes: Buffer.byteLength(JSON.stringify(proof)),
    note: `Groth16 over BN254, zero knowledge; ${r1cs.constraints.length} constraints in 2^${logRowsOf(r1cs)} rows, key ${Math.round(statSync(keyPath).size / 2 ** 20)} MiB; ` +
      "all cores; the set-up is this bench's own from a known secret: for timing only",
  };
});
