// A typed upgrade in words: its payload decoded by the protocol's table of kinds, encoded again and compared. Owns one sentence per kind.
// An upgrade that does not decode to exactly its bytes is called unreadable, and is to be treated as the worst.
// Invariant: every field of the payload is in the words or in the list of fields.

import { decodeAbiParameters, encodeAbiParameters, keccak256 } from 'viem';
import type { AbiParameter, Hex } from 'viem';
import { UPGRADE_KINDS } from '@keyfall/protocol/upgrade.ts';

export interface Upgrade { readonly kind: number; readonly payload: Hex; readonly reportHash: Hex; readonly salt: Hex }

export type Danger = 'everything' | 'power' | 'bounded';

export interface UpgradeReading {
  readonly name: string;
  readonly sentence: string;
  /** What it can do to a user at worst. */
  readonly danger: Danger;
  readonly fields: readonly { readonly name: string; readonly value: string }[];
}

type Fields = Readonly<Record<string, unknown>>;

const SENTENCES: Readonly<Record<string, { danger: Danger; say: (fields: Fields) => string }>> = {
  Core: { danger: 'everything', say: ({ implementation, migrates }) => `Replace the Rollup's code by that at ${String(implementation)}${migrates === true ? ', calling its migrate() in the same act' : ''}. New code can take everything that was not paid out.` },
  ZkLane: { danger: 'everything', say: ({ lane }) => `Accept proofs of a new zk lane, ${String(lane)}. A lane that lies takes everything that was not paid out.` },
  LaneSwitch: { danger: 'power', say: ({ lane, isEnabled }) => `Switch the zk lane ${String(lane)} ${isEnabled === true ? 'on' : 'off'}.` },
  Spec: { danger: 'everything', say: ({ specId, delaySeconds }) => `Execute L2 by spec ${String(specId)}, ${String(delaySeconds)} seconds after the execution.` },
  AttesterSet: { danger: 'power', say: ({ previousLane, lane }) => `Replace the attesters: lane ${String(lane)} instead of ${String(previousLane)}.` },
  Operator: { danger: 'power', say: ({ hotKey, coldKey }) => `Seat another operator: hot key ${String(hotKey)}, cold key ${String(coldKey)}.` },
  Fees: { danger: 'bounded', say: ({ dataFeeScalar, surchargeScalar }) => `Set the fee scalars: data ${String(dataFeeScalar)}, surcharge ${String(surchargeScalar)} (bounded by the Rollup).` },
  Council: { danger: 'power', say: ({ members, threshold }) => `Replace the security council: ${(members as readonly unknown[]).length} members, M = ${String(threshold)}.` },
};

const show = (value: unknown): string => JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? inner.toString() : inner)).replaceAll('"', '');

/** Identity of what an upgrade changes, as the timelock computes it: a veto is kept under it. */
export function contentOf({ kind, payload }: Upgrade): Hex {
  return keccak256(encodeAbiParameters([{ type: 'uint8' }, { type: 'bytes32' }], [kind, keccak256(payload)]));
}

/** The payload's fields. @returns undefined when the payload is not the canonical encoding of its kind */
export function decodedUpgrade({ kind, payload }: Upgrade): { readonly name: string; readonly fields: Fields } | undefined {
  const entry = UPGRADE_KINDS[kind];
  if (entry === undefined) return undefined;
  try {
    const parameter = entry.payload as AbiParameter;
    const [fields] = decodeAbiParameters([parameter], payload) as [Fields];
    return encodeAbiParameters([parameter], [fields]) === payload.toLowerCase() ? { name: entry.name, fields } : undefined;
  } catch {
    // Bytes that no such struct has: the caller says that it cannot read them.
    return undefined;
  }
}

/** @returns undefined when the payload is not the canonical encoding of its kind */
export function readUpgrade(upgrade: Upgrade): UpgradeReading | undefined {
  const decoded = decodedUpgrade(upgrade);
  const words = decoded === undefined ? undefined : SENTENCES[decoded.name];
  if (decoded === undefined || words === undefined) return undefined;
  const { name, fields } = decoded;
  return { name, danger: words.danger, sentence: words.say(fields), fields: (UPGRADE_KINDS[upgrade.kind]?.payload.components ?? []).map((one) => ({ name: one.name, value: show(fields[one.name]) })) };
}

/** The upgrade as the file that `keyfall watchtower report` takes; undefined when it cannot be read. */
export function reportFileOf(upgrade: Upgrade): string | undefined {
  const decoded = decodedUpgrade(upgrade);
  if (decoded === undefined) return undefined;
  return `${JSON.stringify({ kind: decoded.name, fields: decoded.fields }, (_key, inner: unknown) => (typeof inner === 'bigint' ? inner.toString() : inner), 2)}\n`;
}

export function upgradeWords(upgrade: Upgrade): string {
  return readUpgrade(upgrade)?.sentence ?? `something that this page cannot read (kind ${upgrade.kind}): treat it as able to take everything.`;
}
