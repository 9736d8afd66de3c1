/**
 * The recursion whose keys are fixed: chains of keccak-f segments under production profiles.
 *
 * Owns: which segment key, intervals and profiles it has, and its stored keys (production-keys.json). Does not own: how
 * keys are built (family.ts), who trusts them (verify/main.ts, L1).
 * Invariant: production-keys.json is what `node prover/recursion/store-chain.ts` writes; test:full rebuilds and compares it.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { KECCAK_CHAIN } from "../air/chips/keccak.ts";
import { LIMB_COUNT } from "../air/chips/keccak-round.ts";
import { compileMachine } from "../air/ir.ts";
import type { Felt } from "../field/koalabear.ts";
import { makeKey, makeShape } from "../protocol/key.ts";
import type { KeyChip, VerifyingKey } from "../protocol/key.ts";
import { PRODUCTION_FINAL, PRODUCTION_R1, PRODUCTION_SEGMENT_WIDE } from "../protocol/profile.ts";
import type { Profile } from "../protocol/profile.ts";
import { AllowList } from "./allow-list.ts";
import type { Family } from "./family.ts";
import type { IntervalLayout } from "./node-values.ts";
import { R1, R1_PUBLIC_TERMS } from "./r1-chip.ts";

/** log2 of a segment's rows: 42 permutations. */
export const SEGMENT_LOG_HEIGHT = 10;
export const SEGMENT_PROFILE: Profile = PRODUCTION_SEGMENT_WIDE;
export const NODE_PROFILES = { node: PRODUCTION_R1, final: PRODUCTION_FINAL } as const;

/** The chip of a segment at its height. */
export const segmentChips = (): KeyChip[] => compileMachine([KECCAK_CHAIN]).map((chip) => ({ chip, logHeight: SEGMENT_LOG_HEIGHT }));
export const segmentKey = (): VerifyingKey => makeKey(makeShape(SEGMENT_PROFILE, segmentChips()), undefined);

/** Public values of a keccak chain: count, then start and end limbs in turn. */
export const KECCAK_INTERVAL: IntervalLayout = {
  count: { index: 0 },
  start: Array.from({ length: LIMB_COUNT }, (_, i) => 1 + 2 * i), end: Array.from({ length: LIMB_COUNT }, (_, i) => 2 + 2 * i),
};

/** A node key as it is stored (FINAL's is not): R1 at a height under a profile with a program's root. */
export type StoredKey = { readonly name: string; readonly profile: string; readonly logHeight: number; readonly preprocessedRoot: readonly number[]; readonly digest: readonly Felt[] };
export type StoredKeys = { readonly allowRoot: readonly Felt[]; readonly keys: readonly StoredKey[] };

export const STORED_KEYS_FILE = new URL("./production-keys.json", import.meta.url);

/** The stored keys of the production recursion. */
export const storedKeys = (): StoredKeys => JSON.parse(readFileSync(STORED_KEYS_FILE, "utf8")) as StoredKeys;

/** The production recursion as far as LIFT and JOIN, from the stored keys: no program is built before it is needed. */
export const storedFamily = (): Omit<Family, "final"> => {
  const keys = storedKeys().keys.map(({ name, profile, logHeight }) => {
    const key = nodeKey(name, profile, [logHeight]);
    assert(key !== undefined, `stored key ${name}`);
    return { name, key };
  });
  const [lift, ...joins] = keys;
  assert(lift?.name === "keccak-lift", "the first stored key is LIFT's");
  return {
    segment: { key: segmentKey(), interval: KECCAK_INTERVAL }, lift: lift.key, allowList: new AllowList(keys.map(({ key }) => key)),
    joins: joins.map(({ name, key }) => {
      const [, left, right] = /^keccak-join-(\d+)-(\d+)$/.exec(name) ?? [];
      return { left: Number(left), right: Number(right), key };
    }),
  };
};

/** A stored key made whole again; undefined when none has the name, profile and height. */
export const nodeKey = (name: string, profileName: string, logHeights: readonly number[]): VerifyingKey | undefined => {
  const stored = storedKeys().keys.find((key) => key.name === name && key.profile === profileName);
  if (stored === undefined || logHeights.length !== 1 || logHeights[0] !== stored.logHeight) return undefined;
  const profile = NODE_PROFILES.node;
  assert.equal(profile.name, stored.profile, `stored key ${name}: its profile`);
  const chips = compileMachine([R1]).map((chip) => ({ chip, logHeight: stored.logHeight }));
  const key = makeKey(makeShape(profile, chips, R1_PUBLIC_TERMS), [...stored.preprocessedRoot]);
  assert.deepEqual(key.digest, stored.digest, `stored key ${name}: another protocol made this digest, store the chain anew`);
  return key;
};
