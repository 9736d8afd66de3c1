// Every rule between a node and its children, broken alone: nodes of a program that says anything make it possible to be
// honest everywhere else. Each rule deleted in turn: node-mutation-*.full.test.ts.
import assert from "node:assert/strict";
import { test } from "node:test";
import { P } from "../../../prover/field/koalabear.ts";
import { TEST_FAST } from "../../../prover/protocol/profile.ts";
import { finalProgram, joinProgram, joinedValues, liftProgram, liftedValues } from "../../../prover/recursion/node-programs.ts";
import { NODE_OFFSETS, joinCommitment, joinNodeValues, splitNodeValues } from "../../../prover/protocol/node-values.ts";
import type { NodeField } from "../../../prover/protocol/node-values.ts";
import { childOf } from "../../../prover/recursion/prove-tree.ts";
import type { Layer } from "../../../prover/recursion/prove-tree.ts";
import { checkProgram } from "./r1-check.ts";
import { CHAIN_INTERVAL, FREE_LOG_HEIGHT, altered, assertRefused, freeNode, sceneOfFile, someDigest } from "./tree-cases.ts";

const scene = sceneOfFile();

test("honest neighbours satisfy JOIN, an honest node satisfies FINAL", () => {
  const { left, right } = scene();
  assert.deepEqual(checkProgram(joinProgram(left, right)), []);
  assert.deepEqual(checkProgram(finalProgram(left)), []);
});

test("the seam is compared to its last element", async () => {
  const { left, right } = scene();
  for (const index of [0, 3, 4, 7]) {
    const start = splitNodeValues(right.publics).start.map((felt, i) => (i === index ? felt + 1 : felt));
    assertRefused(`element ${index} of the seam`, joinProgram(left, await altered(scene(), right, { start })));
  }
});

test("a key at another place, at an empty one or on a changed path is not listed", () => {
  const { left, right, freeList } = scene();
  const { path, ...child } = left;
  assertRefused("the place of another key", joinProgram({ ...child, path: freeList.pathAt(0) }, right));
  assertRefused("an empty place", joinProgram({ ...child, path: freeList.pathAt(5) }, right));
  assertRefused("another position", joinProgram({ ...child, path: { ...path, position: path.position ^ 1 } }, right));
  const siblings = path.siblings.map((sibling, i) => (i === 2 ? someDigest(9) : sibling));
  assertRefused("a sibling changed", joinProgram({ ...child, path: { ...path, siblings } }, right));
  assertRefused("FINAL: the place of another key", finalProgram({ ...child, path: freeList.pathAt(0) }));
});

test("allowRoot cannot change between a node and either child, nor in FINAL", async () => {
  const { family, left, right } = scene();
  const { root } = family.allowList;
  const joined = joinedValues(splitNodeValues(left.publics), splitNodeValues(right.publics));
  assertRefused("the left child under another list", joinProgram(await altered(scene(), left, { allowRoot: root }), right, undefined, joined));
  assertRefused("FINAL under another list", finalProgram(left, undefined, { ...splitNodeValues(left.publics), allowRoot: root }));
});

const OTHER: Partial<Record<NodeField, readonly number[]>> = {
  programId: someDigest(8), challenges: someDigest(8), commitment: someDigest(8), start: someDigest(8), end: someDigest(8), busSum: [1, 0, 0, 0], count: [13], segments: [3],
};

test("JOIN, FINAL and LIFT export nothing but what their children say", () => {
  const { segments, left, right, freeList } = scene();
  const joined = joinedValues(splitNodeValues(left.publics), splitNodeValues(right.publics));
  const lift = childOf(segments[0] as Layer);
  const lifted = liftedValues(lift, CHAIN_INTERVAL, freeList.root);
  for (const [field, value] of Object.entries(OTHER)) {
    assertRefused(`JOIN: ${field}`, joinProgram(left, right, undefined, { ...joined, [field]: value }));
    assertRefused(`FINAL: ${field}`, finalProgram(left, undefined, { ...splitNodeValues(left.publics), [field]: value }));
    assertRefused(`LIFT: ${field}`, liftProgram(lift, CHAIN_INTERVAL, freeList.root, undefined, { ...lifted, [field]: value }));
  }
  assertRefused("JOIN: the commitments in the other order", joinProgram(left, right, undefined, {
    ...joined, commitment: joinCommitment(splitNodeValues(right.publics).commitment, splitNodeValues(left.publics).commitment),
  }));
});

test("children of different programs or challenges do not join; bus sums add up and must vanish at the end", async () => {
  const { left, right } = scene();
  assertRefused("programId", joinProgram(left, await altered(scene(), right, { programId: someDigest(8) })));
  assertRefused("challenges", joinProgram(left, await altered(scene(), right, { challenges: someDigest(8) })));
  const [plus, minus] = [await altered(scene(), left, { busSum: [1, 2, 3, 4] }), await altered(scene(), right, { busSum: [P - 1, P - 2, P - 3, P - 4] })];
  assert.deepEqual(checkProgram(joinProgram(plus, minus)), []);
  assertRefused("FINAL: a bus sum", finalProgram(plus));
  assertRefused("FINAL: challenges", finalProgram(await altered(scene(), left, { challenges: someDigest(8) })));
});

test("512 segments join, 513 do not; no node has none", async () => {
  const { left, right } = scene();
  assert.deepEqual(checkProgram(joinProgram(await altered(scene(), left, { segments: [511] }), right)), []);
  assertRefused("513", joinProgram(await altered(scene(), left, { segments: [512] }), right));
  assertRefused("0", joinProgram(await altered(scene(), left, { segments: [P - 1] }), right));
  assertRefused("FINAL: 513", finalProgram(await altered(scene(), left, { segments: [513] })));
  assertRefused("FINAL: 0", finalProgram(await altered(scene(), left, { segments: [0] })));
});

test("a public value that no field uses is zero in every node", () => {
  const { left, right } = scene();
  const program = joinProgram(left, right);
  assert.equal(NODE_OFFSETS.unused, 54);
  const honest = joinNodeValues(joinedValues(splitNodeValues(left.publics), splitNodeValues(right.publics)));
  for (const index of [NODE_OFFSETS.unused, 63]) {
    assert(checkProgram({ ...program, publics: honest.map((value, i) => (i === index ? 1 : value)) }).length > 0, `public ${index}`);
  }
});

test("a node under another profile has another key: no list of this family holds it", async () => {
  const { backend, left, right, freeList } = scene();
  const other = await freeNode(backend, splitNodeValues(left.publics), { ...TEST_FAST, name: "test-other" });
  assert.equal(freeList.pathOf(other.key), undefined);
  assertRefused("another profile at a listed place", joinProgram({ ...childOf(other), path: left.path }, right));
  assert.equal(other.key.chips[0]?.logHeight, FREE_LOG_HEIGHT);
});
