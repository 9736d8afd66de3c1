/**
 * Stored keys of recursion nodes: R1 at a height under a node's profile, with the root of a program that takes minutes to build.
 *
 * Owns: production-keys.json and making its keys whole. Does not own: the programs (recursion/), who trusts the list (verify/main.ts).
 * Invariant: production-keys.json is what `node prover/recursion/store-chain.ts` writes; test:full rebuilds and compares it.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { R1, R1_PUBLIC_TERMS } from "../air/chips/r1.ts";
import { compileMachine } from "../air/ir.ts";
import type { Felt } from "../field/koalabear.ts";
import { makeKey, makeShape } from "./key.ts";
import type { VerifyingKey } from "./key.ts";
import { PRODUCTION_FINAL, PRODUCTION_R1 } from "./profile.ts";

/** A node key as it is stored: R1 at a height under a profile with a program's root. */
export type StoredKey = { readonly name: string; readonly profile: string; readonly logHeight: number; readonly preprocessedRoot: readonly number[]; readonly digest: readonly Felt[] };
/** `keys` are those of the list whose root is allowRoot; FINAL stands beside it, because L1 names it and no node may recurse it. */
export type StoredKeys = { readonly allowRoot: readonly Felt[]; readonly keys: readonly StoredKey[]; readonly final: StoredKey };

export const STORED_KEYS_FILE = new URL("./production-keys.json", import.meta.url);

/** The stored keys of the production recursion. */
export const storedKeys = (): StoredKeys => JSON.parse(readFileSync(STORED_KEYS_FILE, "utf8")) as StoredKeys;

/** Every stored key, FINAL's last. */
export const storedNodeKeys = (): StoredKey[] => {
  const { keys, final } = storedKeys();
  return [...keys, final];
};

/** A stored key made whole again; undefined when none has the name, profile and height. */
export const nodeKey = (name: string, profileName: string, logHeights: readonly number[]): VerifyingKey | undefined => {
  const stored = storedNodeKeys().find((key) => key.name === name && key.profile === profileName);
  if (stored === undefined || logHeights.length !== 1 || logHeights[0] !== stored.logHeight) return undefined;
  const profile = [PRODUCTION_R1, PRODUCTION_FINAL].find((known) => known.name === stored.profile);
  assert(profile !== undefined, `stored key ${name}: no profile ${stored.profile}`);
  const chips = compileMachine([R1]).map((chip) => ({ chip, logHeight: stored.logHeight }));
  const key = makeKey(makeShape(profile, chips, R1_PUBLIC_TERMS), [...stored.preprocessedRoot]);
  assert.deepEqual(key.digest, stored.digest, `stored key ${name}: another protocol made this digest, store the chain anew`);
  return key;
};
