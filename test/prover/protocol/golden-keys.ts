/**
 * Golden digests of every verifying key, in one committed file, and the command that writes it:
 *
 *     node test/prover/protocol/golden-keys.ts
 *
 * Owns: which keys are recorded and golden-keys.json. Does not own: how a key is made (prover/protocol, prover/recursion).
 * `machines` are the known machines under every profile, at heights small enough to recompute in every run; `nodes` are the
 * keys of the production recursion, from their stored roots (test:full makes those anew); `testNodes` those of the tests' tree;
 * `finalAccount` is the hash of FINAL's key as L1 holds it, which a deployed verifier shows as `keyCodeHash`.
 * Invariant: a digest that moves is another key: proofs and contracts made under the old one are refused by the new one.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { keccak256 } from "ethers";
import { R1, R1_PUBLIC_TERMS } from "../../../prover/air/chips/r1.ts";
import { compileMachine } from "../../../prover/air/ir.ts";
import { MACHINES } from "../../../prover/air/machines.ts";
import { WasmBackend } from "../../../prover/backend/wasm-backend.ts";
import { storedKeys, storedNodeKeys } from "../../../prover/protocol/node-keys.ts";
import { makeKey, makeShape } from "../../../prover/protocol/key.ts";
import type { VerifyingKey } from "../../../prover/protocol/key.ts";
import type { Family } from "../../../prover/recursion/family.ts";
import { segmentKey, storedFamily } from "../../../prover/recursion/production.ts";
import { keyCode } from "../../../prover/solidity/key-data.ts";
import { PROFILES, keyOf } from "../../../prover/verify/known-key.ts";
import { digestHex } from "../../../prover/verify/main.ts";
import { chainFamily, chainSegments } from "../recursion/tree-cases.ts";

export const GOLDEN_FILE = new URL("./golden-keys.json", import.meta.url);

/** Keys by what they are of: `machine profile 2^heights`. */
export type GoldenKeys = Readonly<Record<string, string>>;
type Golden = { readonly allowRoot: string; readonly finalAccount: string; readonly machines: GoldenKeys; readonly nodes: GoldenKeys; readonly testNodes: GoldenKeys };

export const recorded = (): Golden => JSON.parse(readFileSync(GOLDEN_FILE, "utf8")) as Golden;

const nameOf = (machine: string, { profile, chips }: VerifyingKey): string => `${machine} ${profile.name} 2^${chips.map(({ logHeight }) => logHeight).join()}`;
const record = (machine: string, key: VerifyingKey): [string, string] => [nameOf(machine, key), digestHex(key.digest)];

const ONE_HEIGHT = 6;
const THREE_HEIGHTS = [3, 5, 4];

/** Every known machine under every profile; keys of several heights where the hash takes them. R1 with a root of zeros. */
export const machineKeys = (): GoldenKeys => Object.fromEntries(PROFILES.flatMap((profile) => {
  const known = MACHINES.map(({ name, chips }) => {
    const heights = chips.map((_, i) => (profile.hash === "poseidon2" && chips.length > 1 ? (THREE_HEIGHTS[i] ?? ONE_HEIGHT) : ONE_HEIGHT));
    const key = keyOf(name, profile.name, heights);
    if ("ok" in key) throw new Error(`${name} under ${profile.name}: expected ${key.expected}, got ${key.got}`);
    return record(name, key);
  });
  const r1 = makeShape(profile, compileMachine([R1]).map((chip) => ({ chip, logHeight: ONE_HEIGHT })), R1_PUBLIC_TERMS);
  return [...known, record("r1", makeKey(r1, Array.from({ length: 8 }, () => 0)))];
}));

/** The production recursion: its segment, LIFT, every JOIN, FINAL. */
export const productionKeys = (): GoldenKeys => Object.fromEntries([
  record("keccak-segment", segmentKey()),
  ...storedNodeKeys().map(({ name, profile, logHeight, digest }): [string, string] => [`${name} ${profile} 2^${logHeight}`, digestHex(digest)]),
]);

/** keccak-256 of the code of FINAL's key account on L1. */
export const finalAccount = (): string => keccak256(keyCode(storedFamily().final));

/** The recursion of the tests: a Poseidon2 chain under test profiles. */
export const testKeys = ({ segment, lift, joins, final }: Family): GoldenKeys => Object.fromEntries([
  record("segment", segment.key), record("lift", lift), ...joins.map(({ left, right, key }) => record(`join-${left}-${right}`, key)), record("final", final),
]);

if (import.meta.main) {
  const backend = await WasmBackend.create({ threadCount: 1, maxLogSize: 16 });
  const [segment] = await chainSegments(backend, 1, 1);
  if (segment === undefined) throw new Error("expected one segment");
  const golden: Golden = {
    allowRoot: digestHex(storedKeys().allowRoot), finalAccount: finalAccount(), machines: machineKeys(), nodes: productionKeys(), testNodes: testKeys(await chainFamily(backend, segment)),
  };
  await backend.stop();
  writeFileSync(GOLDEN_FILE, `${JSON.stringify(golden, undefined, 1)}\n`);
}
