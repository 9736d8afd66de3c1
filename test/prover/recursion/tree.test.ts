// A tree of recursion: three segments lifted, joined and finished, judged by TypeScript; wrong neighbours, unlisted keys and
// a list that changes on the way are refused on wires; what the driver refuses before any circuit. Every rule alone: tree.full.
import assert from "node:assert/strict";
import { test } from "node:test";
import { P } from "../../../prover/field/koalabear.ts";
import { PRODUCTION_FINAL, PRODUCTION_R1, TEST_FAST, TEST_KECCAK } from "../../../prover/protocol/profile.ts";
import { buildFamily } from "../../../prover/recursion/family.ts";
import { joinProgram, joinedValues, liftedValues } from "../../../prover/recursion/node-programs.ts";
import type { NodeChild } from "../../../prover/recursion/node-programs.ts";
import { joinCommitment, splitNodeValues } from "../../../prover/protocol/node-values.ts";
import type { NodeValues } from "../../../prover/protocol/node-values.ts";
import { childOf, proveFinal, proveJoin, proveLift, proveTree } from "../../../prover/recursion/prove-tree.ts";
import type { Layer } from "../../../prover/recursion/prove-tree.ts";
import { verifyProof } from "../../../prover/verify/verify.ts";
import { recorded, testKeys } from "../protocol/golden-keys.ts";
import { CHAIN_INTERVAL, altered, assertRefused, chainSegments, listed, sceneOfFile } from "./tree-cases.ts";

const nodes = new Map<string, Layer>();
const scene = sceneOfFile(async ({ backend, family, segments }) => {
  for await (const { name, layer } of proveTree(backend, family, segments)) nodes.set(name, layer);
});

const node = (name: string): Layer => {
  const layer = nodes.get(name);
  assert(layer !== undefined, `no node ${name}`);
  return layer;
};

test("three segments become one final proof that says where the chain starts and ends and how long it is", () => {
  const { segments, family } = scene();
  for (const [name, { key, publics, bytes }] of nodes) assert.deepEqual(verifyProof(key, publics, bytes), { ok: true }, name);
  assert.deepEqual([...nodes.keys()], ["lift 0", "lift 1", "join 1", "lift 2", "join 2", "final"]);
  const lifted = segments.map((segment) => liftedValues(childOf(segment), CHAIN_INTERVAL, family.allowList.root));
  const [a, b, c] = lifted as [NodeValues, NodeValues, NodeValues];
  const final = splitNodeValues(node("final").publics);
  assert.deepEqual(final, joinedValues(joinedValues(a, b), c));
  assert.deepEqual(final.start, a.start);
  assert.deepEqual(final.end, c.end);
  assert.deepEqual([...final.count, ...final.segments], [24, 3]);
  assert.deepEqual(final.commitment, joinCommitment(joinCommitment(a.commitment, b.commitment), c.commitment));
  assert.equal(node("final").key.profile.name, "test-keccak");
});

test("the keys of this recursion are the recorded ones", () => {
  assert.deepEqual(testKeys(scene().family), recorded().testNodes, "a key moved: node test/prover/protocol/golden-keys.ts records it");
});

test("neighbours that do not meet, swapped, doubled or of another run leave JOIN without a witness", async () => {
  const { backend, family } = scene();
  const [first, second, third] = ["lift 0", "lift 1", "lift 2"].map((name) => listed(node(name), family.allowList)) as [NodeChild, NodeChild, NodeChild];
  assertRefused("a segment left out", joinProgram(first, third));
  assertRefused("swapped", joinProgram(second, first));
  assertRefused("doubled", joinProgram(second, second));
  const [, other] = await chainSegments(backend, 2, 77);
  assertRefused("a segment of another run", joinProgram(first, listed(await proveLift(backend, family, other as Layer), family.allowList)));
});

test("an unlisted program has no place in a tree, on wires and in the driver", async () => {
  const { backend, family, left } = scene();
  const free = await altered(scene(), left, { allowRoot: family.allowList.root });
  const second = listed(node("lift 1"), family.allowList);
  const start = await altered(scene(), left, { allowRoot: family.allowList.root, end: splitNodeValues(second.publics).start });
  assertRefused("an unlisted program at a listed place", joinProgram({ ...start, path: family.allowList.pathAt(0) }, second));
  assert.equal(family.allowList.pathOf(free.key), undefined);
  await assert.rejects(async () => proveJoin(backend, family, { key: free.key, publics: free.publics, bytes: node("lift 0").bytes }, node("lift 1")), /not in the allow-list/);
});

test("allowRoot cannot change inside a tree", async () => {
  const { family, left, right } = scene();
  assertRefused("the right child under another list", joinProgram(left, await altered(scene(), right, { allowRoot: family.allowList.root })));
  const joined = joinedValues(splitNodeValues(left.publics), splitNodeValues(right.publics));
  assertRefused("the node under another list", joinProgram(left, right, undefined, { ...joined, allowRoot: family.allowList.root }));
});

test("the driver refuses proofs of other keys, heights and profiles, and proofs that do not verify", async () => {
  const { backend, family, segments } = scene();
  const [segment] = segments as [Layer];
  const broken = segment.bytes.slice();
  broken[4 * 30] = (broken[4 * 30] ?? 0) ^ 1;
  await assert.rejects(async () => proveLift(backend, family, { ...segment, bytes: broken }), /does not verify/);
  await assert.rejects(async () => proveLift(backend, family, node("lift 0")), /LIFT takes proofs of its segment key/);
  await assert.rejects(async () => proveFinal(backend, family, node("lift 0")), /FINAL takes a JOIN of 2\^13 rows/);
  await assert.rejects(async () => proveFinal(backend, family, node("final")), /not in the allow-list/);
  assert.throws(() => childOf({ ...node("lift 0"), bytes: node("join 1").bytes }), /PROOF_LENGTH/);
  assert.throws(() => childOf({ ...node("lift 0"), publics: node("lift 0").publics.map((felt) => felt + P) }), /PUBLIC_NOT_CANONICAL/);
  const aliased = node("lift 0").bytes.slice();
  const view = new DataView(aliased.buffer);
  view.setUint32(0, view.getUint32(0, true) + P, true);
  assert.throws(() => childOf({ ...node("lift 0"), bytes: aliased }), /PROOF_NOT_CANONICAL/);
  await assert.rejects(async () => { for await (const step of proveTree(backend, family, [segment])) assert.fail(step.name); }, /at least two segments/);
});

test("a production recursion takes no test keys, neither as segments nor as nodes", async () => {
  const { backend, segments } = scene();
  const kind = { key: (segments[0] as Layer).key, interval: CHAIN_INTERVAL };
  await assert.rejects(buildFamily(backend, kind, { node: PRODUCTION_R1, final: PRODUCTION_FINAL }), /a production recursion verifies production keys, got one under test-fast/);
  await assert.rejects(buildFamily(backend, kind, { node: TEST_FAST, final: PRODUCTION_FINAL }), /got one under test-fast/);
  await assert.rejects(buildFamily(backend, kind, { node: PRODUCTION_R1, final: TEST_KECCAK }), /got one under test-fast/);
});
