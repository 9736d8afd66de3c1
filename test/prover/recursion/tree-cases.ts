// Builders for recursion trees in tests: short Poseidon2 chains as segments, a family of keys under test profiles, and
// nodes that say whatever a test wants (a listed program that checks nothing), to reach the rules of a parent one by one.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { POSEIDON2_CHAIN, poseidon2ChainTrace } from "../../../prover/air/chips/poseidon2.ts";
import { compileMachine } from "../../../prover/air/ir.ts";
import { WasmBackend } from "../../../prover/backend/wasm-backend.ts";
import { TEST_FAST, TEST_KECCAK } from "../../../prover/protocol/profile.ts";
import type { Profile } from "../../../prover/protocol/profile.ts";
import { prove } from "../../../prover/prove/prove.ts";
import { setup } from "../../../prover/prove/setup.ts";
import { AllowList } from "../../../prover/recursion/allow-list.ts";
import { Circuit } from "../../../prover/recursion/circuit.ts";
import type { R1Program } from "../../../prover/recursion/circuit.ts";
import { buildFamily, setupNode } from "../../../prover/recursion/family.ts";
import type { Family } from "../../../prover/recursion/family.ts";
import type { NodeChild } from "../../../prover/recursion/node-programs.ts";
import { joinNodeValues, splitNodeValues } from "../../../prover/protocol/node-values.ts";
import type { IntervalLayout, NodeValues } from "../../../prover/protocol/node-values.ts";
import { childOf } from "../../../prover/recursion/prove-tree.ts";
import type { Layer } from "../../../prover/recursion/prove-tree.ts";
import { checkProgram } from "./r1-check.ts";

const STEPS_LOG = 3;

/** Where a Poseidon2 chain keeps its ends; every segment takes 2^3 steps. */
export const CHAIN_INTERVAL: IntervalLayout = {
  count: { steps: 2 ** STEPS_LOG },
  start: Array.from({ length: 16 }, (_, i) => 2 * i), end: Array.from({ length: 16 }, (_, i) => 2 * i + 1),
};

/** `count` segments, each starting where the one before it ended. */
export const chainSegments = async (backend: WasmBackend, count: number, first: number, profile: Profile = TEST_FAST): Promise<Layer[]> => {
  const chips = compileMachine([POSEIDON2_CHAIN]).map((chip) => ({ chip, logHeight: STEPS_LOG }));
  const segments: Layer[] = [];
  let state = Array.from({ length: 16 }, (_, i) => first + i);
  for (let i = 0; i < count; i += 1) {
    const trace = poseidon2ChainTrace(STEPS_LOG, state);
    const { key, ...rest } = await setup(backend, profile, chips, [trace.preprocessed]);
    const { publicValues, bytes } = await prove(backend, { key, ...rest }, [trace]);
    backend.release([]);
    segments.push({ key, publics: publicValues, bytes });
    state = CHAIN_INTERVAL.end.map((index) => publicValues[index] ?? 0);
  }
  return segments;
};

export const chainFamily = (backend: WasmBackend, segment: Layer): Promise<Family> =>
  buildFamily(backend, { key: segment.key, interval: CHAIN_INTERVAL }, { node: TEST_FAST, final: TEST_KECCAK });

/** Rows of the nodes below, as tall as a LIFT of a chain. */
export const FREE_LOG_HEIGHT = 12;

/** A node that says `values`, by a program that constrains nothing. */
export const freeNode = async (backend: WasmBackend, values: NodeValues, profile: Profile = TEST_FAST): Promise<Layer> => {
  const program = new Circuit(joinNodeValues(values)).finish(FREE_LOG_HEIGHT);
  const provingKey = await setupNode(backend, profile, program.preprocessed);
  const { publicValues, bytes } = await prove(backend, provingKey, [program]);
  backend.release([]);
  return { key: provingKey.key, publics: publicValues, bytes };
};

/** A layer with a place in a list, its own or a claimed one. */
export const listed = (layer: Layer, list: AllowList, position?: number): NodeChild => {
  const path = position === undefined ? list.pathOf(layer.key) : list.pathAt(position);
  assert(path !== undefined, "the key is listed");
  return { ...childOf(layer), path };
};

const zeros = (count: number): number[] => Array.from({ length: count }, () => 0);
/** Eight elements, different for every seed. */
export const someDigest = (seed: number): number[] => Array.from({ length: 8 }, (_, i) => 1000 * seed + i);

/** What every test of a tree starts from. `left` and `right` are neighbours that a free program of `freeList` stated. */
export type Scene = {
  readonly backend: WasmBackend; readonly segments: readonly Layer[]; readonly family: Family;
  readonly freeList: AllowList; readonly left: NodeChild; readonly right: NodeChild;
};

/** Builds the scene before the file's tests, goes on with `prepare` (hooks of one file do not wait for each other), stops its threads at the end. */
export const sceneOfFile = (prepare: (scene: Scene) => Promise<void> = async () => {}): (() => Scene) => {
  let scene: Scene | undefined;
  before(async () => {
    const backend = await WasmBackend.create({ threadCount: 2, maxLogSize: 16 });
    const segments = await chainSegments(backend, 3, 1);
    const family = await chainFamily(backend, segments[0] as Layer);
    const base: NodeValues = {
      allowRoot: zeros(8), programId: zeros(8), challenges: zeros(8), commitment: someDigest(1), start: someDigest(2), end: someDigest(3),
      busSum: zeros(4), count: [5], segments: [1],
    };
    const freeList = new AllowList([family.lift, (await freeNode(backend, base)).key]);
    const own = { ...base, allowRoot: freeList.root };
    const left = listed(await freeNode(backend, own), freeList);
    const right = listed(await freeNode(backend, { ...own, start: someDigest(3), end: someDigest(4), commitment: someDigest(6), count: [7] }), freeList);
    scene = { backend, segments, family, freeList, left, right };
    await prepare(scene);
  });
  after(async () => { await scene?.backend.stop(); });
  return () => {
    assert(scene !== undefined, "the scene was built");
    return scene;
  };
};

/** The same free program saying something else. */
export const altered = async ({ backend, freeList }: Scene, child: NodeChild, change: Partial<NodeValues>): Promise<NodeChild> =>
  listed(await freeNode(backend, { ...splitNodeValues(child.publics), ...change }), freeList);

/** Requires that a program has no witness. */
export const assertRefused = (name: string, program: R1Program): void => assert(checkProgram(program).length > 0, `${name}: accepted`);
