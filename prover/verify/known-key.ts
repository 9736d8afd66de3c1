/**
 * Recomputes the verifying key a proof file refers to, from this build's own machines and profiles.
 *
 * Owns: the way from names and heights to a key. Does not own: machines (air/machines.ts) or key rules (protocol/).
 * Invariant: the preprocessed root is computed here, with nothing taken from the file but the heights; only roots of
 * recursion programs are stored in the source, because computing them takes minutes (test:full does).
 */
import { compileMachine } from "../air/ir.ts";
import { MACHINES } from "../air/machines.ts";
import type { Trace } from "../air/trace.ts";
import { GENERATOR } from "../field/koalabear.ts";
import { suiteOf } from "../hash/suite.ts";
import { MixedTree } from "../merkle/mixed-tree.ts";
import { evaluateOnCoset, inverseNtt } from "../ntt/ntt.ts";
import { InvalidKey, makeKey, makeShape } from "../protocol/key.ts";
import type { VerifyingKey } from "../protocol/key.ts";
import { PRODUCTION_FINAL, PRODUCTION_R1, PRODUCTION_SEGMENT, PRODUCTION_SEGMENT_WIDE, TEST_FAST, TEST_KECCAK, TEST_NO_GRINDING } from "../protocol/profile.ts";
import type { Profile } from "../protocol/profile.ts";
import { nodeKey, storedKeys, storedNodeKeys } from "../protocol/node-keys.ts";

export const PROFILES: readonly Profile[] = [PRODUCTION_SEGMENT, PRODUCTION_SEGMENT_WIDE, PRODUCTION_R1, PRODUCTION_FINAL, TEST_FAST, TEST_NO_GRINDING, TEST_KECCAK];

/** Profiles whose names say so are for tests: never for value. */
export const isTestProfile = (profile: Profile): boolean => profile.name.startsWith("test-");

export type UnknownKey = { readonly ok: false; readonly expected: string; readonly got: string };

/** A recursion node's key: its program's root is stored (production-keys.json), not recomputed. */
const storedNodeKey = (name: string, profileName: string, logHeights: readonly number[]): VerifyingKey | UnknownKey => {
  const keys = storedNodeKeys();
  const stored = keys.find((key) => key.name === name);
  const known = [...MACHINES, ...keys].map((entry) => entry.name).join(", ");
  if (stored === undefined) return { ok: false, expected: `a machine of ${known}`, got: name };
  const key = nodeKey(name, profileName, logHeights);
  return key ?? { ok: false, expected: `${name} under ${stored.profile} with 2^${stored.logHeight} rows`, got: `${profileName}, log heights ${logHeights.join()}` };
};

/** Rows of a trace extended to the protocol's coset, bit-reversed. */
const extendedRows = (trace: Trace, logSize: number): ((row: number) => number[]) => {
  const columns = Array.from({ length: trace.width }, (_, c) => {
    const column = Uint32Array.from({ length: trace.height }, (_r, r) => trace.values[r * trace.width + c] ?? 0);
    inverseNtt(column);
    return evaluateOnCoset(column, logSize, GENERATOR);
  });
  return (row) => columns.map((column) => column[row] ?? 0);
};

/** Where a recursion node's public values begin with the root of its allow-list, and the root this build trusts. */
export const trustedAllowRoot = (machineName: string): readonly number[] | undefined =>
  storedNodeKeys().some(({ name }) => name === machineName) ? storedKeys().allowRoot : undefined;

/** Largest preprocessed matrix that is committed to for a file: the heights are the file's, and this one takes seconds. */
const MAX_COMPUTED_LOG_SIZE = 18;

/** The key of a known machine under a known profile, or what is unknown about it. */
export const keyOf = (machineName: string, profileName: string, logHeights: readonly number[]): VerifyingKey | UnknownKey => {
  const machine = MACHINES.find(({ name }) => name === machineName);
  if (machine === undefined) return storedNodeKey(machineName, profileName, logHeights);
  const profile = PROFILES.find(({ name }) => name === profileName);
  if (profile === undefined) return { ok: false, expected: `a profile of ${PROFILES.map(({ name }) => name).join(", ")}`, got: profileName };
  const chips = compileMachine(machine.chips);
  if (chips.length !== logHeights.length) return { ok: false, expected: `${chips.length} log heights`, got: String(logHeights.length) };
  try {
    const shape = makeShape(profile, chips.map((chip, i) => ({ chip, logHeight: logHeights[i] ?? 0 })));
    const matrices = shape.chips.flatMap(({ chip, logHeight }, i) => {
      if (chip.preprocessedWidth === 0) return [];
      const logSize = logHeight + profile.logBlowup;
      if (logSize > MAX_COMPUTED_LOG_SIZE) throw new InvalidKey(`preprocessed columns of 2^${logSize} rows: at most 2^${MAX_COMPUTED_LOG_SIZE} are computed again`);
      return [{ logHeight: logSize, width: chip.preprocessedWidth, row: extendedRows(machine.preprocessed(i, logHeight), logSize) }];
    });
    return makeKey(shape, matrices.length === 0 ? undefined : new MixedTree(matrices, suiteOf(profile.hash)).root);
  } catch (error) {
    if (error instanceof InvalidKey) return { ok: false, expected: "heights that make a valid key", got: error.message };
    throw error;
  }
};
