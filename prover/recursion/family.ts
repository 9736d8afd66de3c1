/**
 * The keys of one recursion: LIFT for a segment key, JOIN for every pair of child heights, the list of both, FINAL.
 *
 * Owns: which programs exist, their heights, their keys. Does not own: what they check (node-programs.ts), proving.
 * Source: prover review P7 (one JOIN per child-height pair), P8, section 7 ("reduced profile").
 * Invariant: every listed key is a program of this file under one node profile; a production family holds no test key and
 * no key below the required bits, so nothing weaker can enter a tree whose root L1 pins.
 */
import assert from "node:assert/strict";
import { compileMachine } from "../air/ir.ts";
import type { Trace } from "../air/trace.ts";
import { makeKey, makeShape } from "../protocol/key.ts";
import type { VerifyingKey } from "../protocol/key.ts";
import type { Profile } from "../protocol/profile.ts";
import type { ProverBackend } from "../prove/backend.ts";
import { setup } from "../prove/setup.ts";
import { REQUIRED_BITS, securityOfKey } from "../security/key.ts";
import { isTestProfile } from "../verify/known-key.ts";
import { layoutOf } from "../verify/layout.ts";
import { AllowList } from "./allow-list.ts";
import { blankProof } from "./blank-proof.ts";
import type { R1Program } from "./circuit.ts";
import { finalProgram, joinProgram, liftProgram } from "./node-programs.ts";
import type { NodeChild } from "./node-programs.ts";
import type { IntervalLayout } from "../protocol/node-values.ts";
import { R1, R1_PUBLIC_TERMS } from "../air/chips/r1.ts";

/** A recursion that would verify keys weaker than itself, or that has no program for a child. */
export class RecursionRefused extends Error {
  readonly code = "RECURSION_REFUSED";
}

/** A machine whose segments are recursed over. */
export type SegmentKind = { readonly key: VerifyingKey; readonly interval: IntervalLayout };
export type JoinKey = { readonly left: number; readonly right: number; readonly key: VerifyingKey };
export type Family = {
  readonly segment: SegmentKind;
  readonly lift: VerifyingKey;
  /** By log heights of the children. */
  readonly joins: readonly JoinKey[];
  readonly allowList: AllowList;
  /** Verifies a JOIN. Listed nowhere: L1 names it. */
  readonly final: VerifyingKey;
};
export type FamilyProfiles = { readonly node: Profile; readonly final: Profile };

const [R1_CHIP] = compileMachine([R1]);
const ZERO_DIGEST: readonly number[] = Array.from({ length: 8 }, () => 0);

const r1Key = (profile: Profile, logHeight: number, root: readonly number[]): VerifyingKey => {
  assert(R1_CHIP !== undefined);
  return makeKey(makeShape(profile, [{ chip: R1_CHIP, logHeight }], R1_PUBLIC_TERMS), [...root]);
};

/** A child without a proof, for building programs: only its key's shape counts. */
const blankNode = (profile: Profile, logHeight: number): NodeChild => {
  const key = r1Key(profile, logHeight, ZERO_DIGEST);
  return {
    key, publics: Array.from({ length: layoutOf(key).publicCount }, () => 0), proof: blankProof(key),
    path: new AllowList([key]).pathAt(0),
  };
};

/** log2 of a program's rows. */
export const logHeightOf = (program: R1Program): number => Math.log2(program.main.height);

const refuseWeaker = (segment: SegmentKind, keys: readonly VerifyingKey[]): void => {
  if (keys.every(({ profile }) => isTestProfile(profile))) return;
  for (const key of [segment.key, ...keys]) {
    if (isTestProfile(key.profile)) throw new RecursionRefused(`a production recursion verifies production keys, got one under ${key.profile.name}`);
    const { bits } = securityOfKey(key);
    if (bits < REQUIRED_BITS) throw new RecursionRefused(`expected keys of ${REQUIRED_BITS} bits, got ${bits.toFixed(1)} under ${key.profile.name}`);
  }
};

/** One log height for every JOIN: the least at which all pairs of LIFT and JOIN children fit. */
const joinHeight = (profile: Profile, lift: number): number => {
  let height = 0;
  for (let next = logHeightOf(joinProgram(blankNode(profile, lift), blankNode(profile, lift))); next > height;) {
    height = next;
    next = Math.max(height, logHeightOf(joinProgram(blankNode(profile, height), blankNode(profile, height))));
  }
  return height;
};

/** Builds every key of the recursion over one kind of segment. Throws RecursionRefused on a mix of profiles. */
export const buildFamily = async (backend: ProverBackend, segment: SegmentKind, profiles: FamilyProfiles): Promise<Family> => {
  refuseWeaker(segment, [r1Key(profiles.node, 12, ZERO_DIGEST), r1Key(profiles.final, 12, ZERO_DIGEST)]);
  const { key, interval } = segment;
  const keyOfProgram = async (profile: Profile, program: R1Program): Promise<VerifyingKey> => {
    const { key: made } = await setupNode(backend, profile, program.preprocessed);
    backend.release([]);
    return made;
  };
  const blankPublics = Array.from({ length: layoutOf(key).publicCount }, () => 0);
  const liftBlank = liftProgram({ key, publics: blankPublics, proof: blankProof(key) }, interval, ZERO_DIGEST);
  const lift = await keyOfProgram(profiles.node, liftBlank);
  const liftHeight = logHeightOf(liftBlank);
  const height = joinHeight(profiles.node, liftHeight);
  const joins: JoinKey[] = [];
  for (const left of new Set([liftHeight, height])) {
    for (const right of new Set([liftHeight, height])) {
      const program = joinProgram(blankNode(profiles.node, left), blankNode(profiles.node, right), height);
      joins.push({ left, right, key: await keyOfProgram(profiles.node, program) });
    }
  }
  const final = await keyOfProgram(profiles.final, finalProgram(blankNode(profiles.node, height)));
  refuseWeaker(segment, [lift, ...joins.map((join) => join.key), final]);
  return { segment, lift, joins, allowList: new AllowList([lift, ...joins.map((join) => join.key)]), final };
};

/** Commits a program under a profile. */
export const setupNode = (backend: ProverBackend, profile: Profile, preprocessed: Trace): ReturnType<typeof setup> => {
  assert(R1_CHIP !== undefined);
  return setup(backend, profile, [{ chip: R1_CHIP, logHeight: Math.log2(preprocessed.height) }], [preprocessed], R1_PUBLIC_TERMS);
};
