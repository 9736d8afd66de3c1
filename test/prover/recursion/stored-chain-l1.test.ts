// The stored production FINAL on L1: the committed contracts, deployed with FINAL's golden key on anvil, accept three keccak-f segments
// in two transactions. The FINAL of a foreign list is a valid proof there too: only a statement that names allowRoot keeps it out.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { brotliDecompressSync } from "node:zlib";
import { keccak256 } from "ethers";
import { wordsToBytes } from "../../../prover/hash/suite.ts";
import type { VerifyingKey } from "../../../prover/protocol/key.ts";
import { storedKeys } from "../../../prover/protocol/node-keys.ts";
import { joinNodeValues, splitNodeValues } from "../../../prover/protocol/node-values.ts";
import type { NodeValues } from "../../../prover/protocol/node-values.ts";
import { storedFamily } from "../../../prover/recursion/production.ts";
import { keyCode, proofParts } from "../../../prover/solidity/key-data.ts";
import { decodeProofFile } from "../../../prover/verify/proof-file.ts";
import { recorded } from "../protocol/golden-keys.ts";
import { Chain, L1 } from "../solidity/l1.ts";

type Stored = { readonly publics: readonly number[]; readonly parts: readonly [Uint8Array, Uint8Array] };
const key: VerifyingKey = storedFamily().final;

const stored = (name: string): Stored => {
  const file = decodeProofFile(brotliDecompressSync(readFileSync(fileURLToPath(new URL(`./chain/${name}`, import.meta.url)))).toString("utf8"));
  assert(!("ok" in file), `${name} is a proof file`);
  return { publics: file.publics, parts: proofParts(key, file.publics, file.proof) };
};

/** What a rollup asks L1 for: the claim under the list it pins, whatever the prover's values say. */
const pinned = (claim: NodeValues): string => keccak256(wordsToBytes(joinNodeValues({ ...claim, allowRoot: storedKeys().allowRoot })));

let chain: Chain;
let l1: L1;
before(async () => {
  chain = await Chain.start();
  l1 = await L1.deploy(chain, key);
});
after(() => chain.stop());

test("the deployed verifier names FINAL's golden key, and its account's code is what that key gives", async () => {
  assert.equal(await l1.verifier.getFunction("keyCodeHash").staticCall(), recorded().finalAccount);
  assert.equal(keccak256(keyCode(key)), recorded().finalAccount);
  assert.equal(await l1.verifier.getFunction("keyDigest").staticCall(), `0x${recorded().nodes["keccak-final production-final 2^14"]}`);
});

test("two transactions in reverse order verify the stored FINAL of three segments under the pinned allowRoot", async (context) => {
  const { publics, parts } = stored("final.json.br");
  const values = splitNodeValues(publics);
  const statement = pinned(values);
  for (const claim of [{ count: [127] }, { end: values.start }, { segments: [2] }]) {
    assert.equal(await l1.wouldSubmit(pinned({ ...values, ...claim }), 0, parts[0]), "OtherStatement");
  }
  const second = await l1.submit(statement, 1, parts[1]);
  assert.equal(await l1.isAccepted(statement), false);
  const first = await l1.submit(statement, 0, parts[0]);
  assert.deepEqual([second.complete, first.complete, await l1.isAccepted(statement)], [false, true, true]);
  context.diagnostic(`gas ${first.gas} + ${second.gas}, calldata ${parts[0].length} + ${parts[1].length} bytes`);
});

test("a FINAL of a foreign list is a valid proof and still proves nothing under the pinned allowRoot", async () => {
  const { publics, parts } = stored("foreign.json.br");
  const claim = splitNodeValues(publics);
  for (const part of [0, 1] as const) assert.equal(await l1.check(part, parts[part]), undefined, `part ${part} is valid under FINAL's key`);
  assert.equal(await l1.wouldSubmit(pinned(claim), 0, parts[0]), "OtherStatement");
  await l1.submit(pinned(claim), 1, parts[1]);
  await l1.submit(keccak256(wordsToBytes(publics)), 0, parts[0]);
  assert.equal(await l1.isAccepted(pinned(claim)), false);
  // With the pinned root written over its own, the transcript draws other challenges and the proof is none.
  const renamed = parts[0].slice();
  renamed.set(wordsToBytes(storedKeys().allowRoot));
  assert.notEqual(await l1.wouldSubmit(pinned(claim), 0, renamed), undefined);
});
