// Every rule between a node and its children, with nodes that break it and nothing else: five for each, refused by the whole program,
// let through by the program without the rule. Owns: rules, attacks, the judgement. Does not own: the tables' tests (node-mutation-*.full).
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { columnOf } from "../../../prover/air/chips/r1.ts";
import type { R1Program } from "../../../prover/recursion/circuit.ts";
import { joinedValues, liftedValues } from "../../../prover/recursion/node-programs.ts";
import type { Child, NodeChild, finalProgram, joinProgram, liftProgram } from "../../../prover/recursion/node-programs.ts";
import { NODE_OFFSETS, splitNodeValues } from "../../../prover/protocol/node-values.ts";
import type { NodeField, NodeValues } from "../../../prover/protocol/node-values.ts";
import { childOf } from "../../../prover/recursion/prove-tree.ts";
import type { Layer } from "../../../prover/recursion/prove-tree.ts";
import { TEST_FAST } from "../../../prover/protocol/profile.ts";
import { decodeProof } from "../../../prover/verify/decode.ts";
import { layoutOf } from "../../../prover/verify/layout.ts";
import { isRejection } from "../../../prover/verify/verdict.ts";
import { shuffleInstance } from "../verify/machines.ts";
import { referenceKey, referenceProof } from "../verify/reference-prover.ts";
import { RECURSION, loadMutant } from "./circuit-mutants.ts";
import type { Deletion } from "./circuit-mutants.ts";
import { checkProgram } from "./r1-check.ts";
import { CHAIN_INTERVAL, altered, someDigest } from "./tree-cases.ts";
import type { Scene } from "./tree-cases.ts";

/** The programs of nodes, whole or with one rule deleted. */
export type NodePrograms = { readonly liftProgram: typeof liftProgram; readonly joinProgram: typeof joinProgram; readonly finalProgram: typeof finalProgram };
/** A node that breaks one rule: its program with the witness that fits best. */
type Attack = (programs: NodePrograms) => R1Program;
/** Attacks of a rule; a node that needs a proof of its own makes it when its turn comes. */
type Attacks = (scene: Scene) => readonly (() => Attack | Promise<Attack>)[];
export type Rule = Deletion & { readonly name: string; readonly attacks: Attacks; readonly coveredBy?: string };

const FILE = "node-programs.ts";
/** Attacks built for each rule, and how many of them the program without the rule is asked about. */
const [BUILT, ASKED] = [5, 2];
const SEEDS = [0, 1, 2, 3, 4] as const;

/** Another value of a field: one element changed, another for every seed where there are several. */
const changed = (values: NodeValues, field: NodeField, seed: number): NodeValues => {
  const list = values[field];
  const at = list.length > 1 ? (3 * seed) % list.length : 0;
  return { ...values, [field]: list.map((felt, i) => (i === at ? felt + 1 + seed : felt)) };
};

const publicsOf = (child: Pick<NodeChild, "publics">): NodeValues => splitNodeValues(child.publics);

/** The program with an unused public value set, in its copying lane too: nothing but the rule reads the copy. */
const withUnused = (program: R1Program, index: number): R1Program => {
  const [row, lane] = [Math.floor(index / 2), index % 2];
  const main = { ...program.main, values: program.main.values.slice() };
  for (const column of [columnOf(`a${lane}`), columnOf(`r${lane}`)]) main.values[row * main.width + column] = 1;
  return { ...program, main, publics: program.publics.map((value, i) => (i === index ? 1 : value)) };
};

const UNUSED: Deletion = { file: FILE, from: "for (const unused of publics.slice(NODE_OFFSETS.unused)) circuit.assertEqual(unused, circuit.constant(0));", to: "" };

const liftOf = ({ segments, freeList }: Scene): { child: Child; honest: NodeValues; lift: (p: NodePrograms, claimed: NodeValues) => R1Program } => {
  const child = childOf(segments[0] as Layer);
  return {
    child, honest: liftedValues(child, CHAIN_INTERVAL, freeList.root),
    lift: (programs, claimed) => programs.liftProgram(child, CHAIN_INTERVAL, freeList.root, undefined, claimed),
  };
};

const claimsOfLift = (field: NodeField): Attacks => (scene) => {
  const { honest, lift } = liftOf(scene);
  return SEEDS.map((seed) => () => (programs) => lift(programs, changed(honest, field, seed)));
};

/** A machine with a preprocessed table, as a segment; in the hostile one a value that no row looks up is another. */
const tableAttacks: Attacks = ({ freeList }) => {
  const { shape, key, traces } = shuffleInstance(TEST_FAST);
  const interval = { count: { steps: 1 }, start: [0], end: [0] };
  const childUnder = (own: typeof traces): Child => {
    const ownKey = referenceKey(shape, own);
    const { publics, bytes } = referenceProof(ownKey, own);
    const proof = decodeProof(ownKey, layoutOf(ownKey), bytes);
    assert(!isRejection(proof));
    return { key: ownKey, publics, proof };
  };
  const honest = childUnder(traces);
  assert.deepEqual(honest.key.digest, key.digest);
  return [9, 11, 12, 13, 14].map((value) => () => {
    const forged = childUnder(traces.map((trace, chip) => (chip !== 2 ? trace : {
      ...trace, preprocessed: { ...trace.preprocessed, values: trace.preprocessed.values.map((felt) => (felt === value ? 99 : felt)) },
    })));
    return ({ liftProgram: build }: NodePrograms) => ({ ...build(forged, interval, freeList.root), preprocessed: build(honest, interval, freeList.root).preprocessed });
  });
};

const dropped = (field: string): Deletion => {
  const all = ["programId", "challenges", "busSum"];
  return { file: FILE, from: `assertZeros(circuit, [${all.map((name) => `...own.${name}`).join(", ")}]);`, to: `assertZeros(circuit, [${all.filter((name) => name !== field).map((name) => `...own.${name}`).join(", ")}]);` };
};

export const LIFT_RULES: readonly Rule[] = [
  { name: "values that no field uses are zero", ...UNUSED, attacks: (scene) => {
    const { honest, lift } = liftOf(scene);
    return [0, 1, 2, 5, 9].map((offset) => () => (programs) => withUnused(lift(programs, honest), NODE_OFFSETS.unused + offset));
  } },
  { name: "the segment's preprocessed root is the machine's", file: FILE, from: "segment.rootFelts.forEach((felt, i) => circuit.assertEqual(felt, circuit.constant(child.key.preprocessedRoot?.[i] ?? 0)));", to: "", attacks: tableAttacks },
  { name: "the commitment binds shape, public values and main root", file: FILE, from: "assertSampled(circuit, transcript, own.commitment);\n  assertDigest", to: "assertDigest", attacks: claimsOfLift("commitment") },
  { name: "start is the segment's", file: FILE, from: "assertDigest(circuit, hashWires(circuit, interval.start.map(wireAt)), own.start);", to: "", attacks: claimsOfLift("start") },
  { name: "end is the segment's", file: FILE, from: "assertDigest(circuit, hashWires(circuit, interval.end.map(wireAt)), own.end);", to: "", attacks: claimsOfLift("end") },
  { name: "count is the segment's", file: FILE, from: 'assertSame(circuit, own.count, ["index" in interval.count ? wireAt(interval.count.index) : circuit.constant(interval.count.steps)]);', to: "", attacks: claimsOfLift("count") },
  { name: "a segment is one segment", file: FILE, from: "assertSame(circuit, own.segments, [circuit.constant(1)]);", to: "", attacks: claimsOfLift("segments") },
  ...(["programId", "challenges", "busSum"] as const).map((field) => ({ name: `${field} is zero`, ...dropped(field), attacks: claimsOfLift(field) })),
];

const joinOf = ({ left, right }: Scene): NodeValues => joinedValues(publicsOf(left), publicsOf(right));

const claimsOfJoin = (field: NodeField): Attacks => (scene) => {
  const honest = joinOf(scene);
  return SEEDS.map((seed) => () => ({ joinProgram: build }) => build(scene.left, scene.right, undefined, changed(honest, field, seed)));
};

/** One child altered in a field, the other and the node's own values honest. */
const childrenOfJoin = (side: "left" | "right", field: NodeField): Attacks => (scene) => {
  const honest = joinOf(scene);
  return SEEDS.map((seed) => async () => {
    const child = await altered(scene, scene[side], { [field]: changed(publicsOf(scene[side]), field, seed)[field] });
    const [first, second] = side === "left" ? [child, scene.right] : [scene.left, child];
    return ({ joinProgram: build }) => build(first, second, undefined, honest);
  });
};

/** Children counted so that their sum is out of range, honest in everything else. */
const countedChildren: Attacks = (scene) => [512, 513, 1000, 2 ** 20, 2 ** 30].map((count) => async () => {
  const child = await altered(scene, scene.left, { segments: [count] });
  return ({ joinProgram: build }) => build(child, scene.right);
});

const listAttacks: Attacks = ({ left, right, freeList }) => {
  const { path, ...child } = left;
  const siblings = (at: number): NodeChild => ({ ...child, path: { ...path, siblings: path.siblings.map((sibling, i) => (i === at ? someDigest(9) : sibling)) } });
  return [
    () => ({ joinProgram: build }) => build({ ...child, path: freeList.pathAt(0) }, right), () => ({ joinProgram: build }) => build({ ...child, path: freeList.pathAt(5) }, right),
    () => ({ joinProgram: build }) => build(siblings(2), right), () => ({ joinProgram: build }) => build(left, { ...right, path: freeList.pathAt(0) }),
    () => ({ finalProgram: build }) => build(siblings(0)),
  ];
};

/** Seams that do not meet: the right child starts elsewhere. */
const seams = childrenOfJoin("right", "start");

const inLoop = (field: "programId" | "challenges", side: "first" | "second"): Deletion => {
  const statement = `assertSame(circuit, ${side}[field], own[field]);`;
  return { file: FILE, from: statement, to: `if (field !== "${field}") ${statement}` };
};
const SUMS = "own[field].forEach((felt, i) => circuit.assertEqual(circuit.add(first[field][i] as FeltWire, second[field][i] as FeltWire), felt));";

export const JOIN_RULES: readonly Rule[] = [
  { name: "values that no field uses are zero", ...UNUSED, attacks: ({ left, right }) =>
    [0, 1, 2, 5, 9].map((offset) => () => ({ joinProgram: build }) => withUnused(build(left, right), NODE_OFFSETS.unused + offset)) },
  { name: "a child was made under the node's own allowRoot (JOIN, FINAL)", file: FILE, from: "assertSame(circuit, values.allowRoot, own.allowRoot);", to: "", attacks: (scene) => [
    ...childrenOfJoin("left", "allowRoot")(scene).slice(0, 3), ...childrenOfJoin("right", "allowRoot")(scene).slice(0, 2),
  ] },
  { name: "a child's key is listed under allowRoot (JOIN, FINAL)", file: "allow-list.ts", from: "  circuit.assertEqual(climbed.root[0], root[0]);\n  circuit.assertEqual(climbed.root[1], root[1]);\n", to: "void climbed; void root;\n", attacks: listAttacks },
  ...(["programId", "challenges"] as const).flatMap((field) => ([["left", "first"], ["right", "second"]] as const).map(([side, wires]) => ({
    name: `the ${side} child's ${field} is the node's`, ...inLoop(field, wires), attacks: childrenOfJoin(side, field),
  }))),
  { name: "the right child starts where the left one ends", file: FILE, from: "assertSame(circuit, second.start, first.end);", to: "", attacks: seams },
  { name: "start is the left child's", file: FILE, from: "assertSame(circuit, own.start, first.start);", to: "", attacks: claimsOfJoin("start") },
  { name: "end is the right child's", file: FILE, from: "assertSame(circuit, own.end, second.end);", to: "", attacks: claimsOfJoin("end") },
  ...(["busSum", "count", "segments"] as const).map((field) => ({
    name: `${field} is the children's sum`, file: FILE, from: SUMS, to: `if (field !== "${field}") ${SUMS}`, attacks: claimsOfJoin(field),
  })),
  { name: "at most 512 segments", file: FILE, from: "assertSegments(circuit, own);\n  const transcript", to: "const transcript", attacks: countedChildren },
  { name: "the commitment binds both children's, in order", file: FILE, from: "assertSampled(circuit, transcript, own.commitment);\n  return", to: "return", attacks: claimsOfJoin("commitment") },
];

const claimsOfFinal = (field: NodeField): Attacks => ({ left }) =>
  SEEDS.map((seed) => () => ({ finalProgram: build }) => build(left, undefined, changed(publicsOf(left), field, seed)));

const childrenOfFinal = (field: NodeField, values: (seed: number) => readonly number[]): Attacks => (scene) =>
  SEEDS.map((seed) => async () => {
    const child = await altered(scene, scene.left, { [field]: values(seed) });
    return ({ finalProgram: build }) => build(child);
  });

const SAME = "for (const field of NODE_FIELD_NAMES) assertSame(circuit, node[field], own[field]);";
const FINAL_ZEROS = "assertZeros(circuit, [...own.busSum, ...own.challenges]);";

export const FINAL_RULES: readonly Rule[] = [
  // busSum and challenges must be zero too, so their attacks are on the side of the child: below.
  ...(["programId", "commitment", "start", "end", "count", "segments"] as const).map((field) => ({
    name: `${field} is the child's`, file: FILE, from: SAME, to: SAME.replace(") assert", `) if (field !== "${field}") assert`), attacks: claimsOfFinal(field),
  })),
  ...(["busSum", "challenges"] as const).map((field) => ({
    name: `${field} is the child's`, file: FILE, from: SAME, to: SAME.replace(") assert", `) if (field !== "${field}") assert`),
    // The child has one that does not vanish, the node says zero.
    attacks: ((scene) => SEEDS.map((seed) => async () => {
      const child = await altered(scene, scene.left, { [field]: changed(publicsOf(scene.left), field, seed)[field] });
      return ({ finalProgram: build }) => build(child, undefined, publicsOf(scene.left));
    })) satisfies Attacks,
  })),
  {
    name: "allowRoot is the child's", file: FILE, from: SAME, to: SAME.replace(") assert", ') if (field !== "allowRoot") assert'), attacks: claimsOfFinal("allowRoot"),
    coveredBy: "the rule of every child, that it was made under the node's own allowRoot",
  },
  { name: "the sum of global buses vanishes", file: FILE, from: FINAL_ZEROS, to: "assertZeros(circuit, own.challenges);", attacks: childrenOfFinal("busSum", (seed) => [0, 1, 2, 3].map((k) => (k === seed % 4 ? 1 + seed : 0))) },
  { name: "challenges are zero while no bus spans segments", file: FILE, from: FINAL_ZEROS, to: "assertZeros(circuit, own.busSum);", attacks: childrenOfFinal("challenges", (seed) => someDigest(seed + 1)) },
  { name: "1 to 512 segments", file: FILE, from: "assertSegments(circuit, own);\n  return", to: "return", attacks: childrenOfFinal("segments", (seed) => [[0, 513, 514, 1024, 2 ** 30][seed] ?? 0]) },
];

type Row = { readonly rule: Rule; readonly asked: number; readonly passing: number };

const tableOf = (program: string, rows: readonly Row[]): string => [
  `| rule of ${program} | nodes that break it, refused | satisfied without the rule |`, "|---|---|---|",
  ...rows.map(({ rule, asked, passing }) => `| ${rule.name} | ${BUILT} | ${rule.coveredBy === undefined ? `${passing} of ${asked}` : `0 of ${asked}: redundant, covered by ${rule.coveredBy}`} |`),
].join("\n");

/** Asks the whole program about every attack of a rule and the program without the rule about some; returns how many of these pass. */
export const judgeRule = async (scene: Scene, workshop: string, name: string, rule: Rule, built = BUILT, asked = ASKED): Promise<number> => {
  const whole = await import("../../../prover/recursion/node-programs.ts");
  const attacks = rule.attacks(scene);
  assert.equal(attacks.length, BUILT, rule.name);
  const mutant = await loadMutant<NodePrograms>(workshop, name, FILE, rule);
  let passing = 0;
  for (const [i, make] of attacks.slice(0, built).entries()) {
    const attack = await make();
    assert(checkProgram(attack(whole)).length > 0, `${rule.name}: attack ${i} is accepted by the whole program`);
    if (i < asked && checkProgram(attack(mutant)).length === 0) passing += 1;
  }
  if (rule.coveredBy === undefined) assert(passing > 0, `${rule.name}: nothing passes without it`);
  else assert.equal(passing, 0, `${rule.name}: not redundant any more`);
  return passing;
};

/** Judges every rule of a program and compares the outcome with CHECKS.md. */
export const judgeRules = async (scene: Scene, workshop: string, program: string, rules: readonly Rule[]): Promise<void> => {
  const rows: Row[] = [];
  for (const [index, rule] of rules.entries()) rows.push({ rule, asked: ASKED, passing: await judgeRule(scene, workshop, `${program}-${index}`, rule) });
  const published = readFileSync(join(RECURSION, "CHECKS.md"), "utf8");
  assert(published.includes(tableOf(program, rows)), `CHECKS.md is not current; expected\n${tableOf(program, rows)}`);
};
