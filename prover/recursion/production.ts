/**
 * The recursion whose keys are fixed: chains of keccak-f segments under production profiles.
 *
 * Owns: which segment key, intervals and profiles it has. Does not own: its stored keys (protocol/node-keys.ts), how keys are
 * built (family.ts). Invariant: storedFamily() is what buildFamily() makes (production.full.test.ts).
 */
import assert from "node:assert/strict";
import { KECCAK_CHAIN } from "../air/chips/keccak.ts";
import { LIMB_COUNT } from "../air/chips/keccak-round.ts";
import { compileMachine } from "../air/ir.ts";
import { nodeKey, storedKeys } from "../protocol/node-keys.ts";
import type { StoredKey } from "../protocol/node-keys.ts";
import { makeKey, makeShape } from "../protocol/key.ts";
import type { KeyChip, VerifyingKey } from "../protocol/key.ts";
import { PRODUCTION_FINAL, PRODUCTION_R1, PRODUCTION_SEGMENT_WIDE } from "../protocol/profile.ts";
import type { Profile } from "../protocol/profile.ts";
import { AllowList } from "./allow-list.ts";
import type { Family } from "./family.ts";
import type { IntervalLayout } from "../protocol/node-values.ts";

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

/** The production recursion from its stored keys: no program is built before it is needed. */
export const storedFamily = (): Family => {
  const whole = ({ name, profile, logHeight }: StoredKey): VerifyingKey => {
    const key = nodeKey(name, profile, [logHeight]);
    assert(key !== undefined, `stored key ${name}`);
    return key;
  };
  const { keys: stored, final } = storedKeys();
  const keys = stored.map((key) => ({ name: key.name, key: whole(key) }));
  const [lift, ...joins] = keys;
  assert(lift?.name === "keccak-lift", "the first stored key is LIFT's");
  return {
    segment: { key: segmentKey(), interval: KECCAK_INTERVAL }, lift: lift.key, allowList: new AllowList(keys.map(({ key }) => key)),
    joins: joins.map(({ name, key }) => {
      const [, left, right] = /^keccak-join-(\d+)-(\d+)$/.exec(name) ?? [];
      return { left: Number(left), right: Number(right), key };
    }),
    final: whole(final),
  };
};
