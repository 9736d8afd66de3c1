// A scheduled upgrade, decoded from its event: kind, fields, and proof that nothing else is in the bytes. Owns decoding with the re-encode check
// (the payload must be the one canonical encoding). What does not decode is reported as such, never shown half.

import { decodeAbiParameters, encodeAbiParameters, keccak256, type AbiParameter, type Hex } from 'viem';
import { UPGRADE_KINDS } from '@keyfall/protocol';

export interface Upgrade {
  readonly kind: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly payload: Hex;
  readonly reportHash: Hex;
  readonly salt: Hex;
}

export type DecodedUpgrade = { readonly ok: true; readonly upgrade: Upgrade } | { readonly ok: false; readonly expected: string; readonly got: string };

/** @param raw the event's `upgrade` argument, integers possibly as decimal strings */
export function decodeUpgrade(raw: unknown): DecodedUpgrade {
  const { kind, payload, reportHash, salt } = raw as { readonly kind: number | string; readonly payload: Hex; readonly reportHash: Hex; readonly salt: Hex };
  const entry = UPGRADE_KINDS[Number(kind)];
  if (entry === undefined) return { ok: false, expected: `a kind from 0 to ${UPGRADE_KINDS.length - 1}`, got: String(kind) };
  const type = entry.payload as AbiParameter;
  try {
    const [fields] = decodeAbiParameters([type], payload) as unknown as [Readonly<Record<string, unknown>>];
    const again = encodeAbiParameters([type], [fields]);
    if (again !== payload.toLowerCase()) return { ok: false, expected: `the canonical encoding ${keccak256(again)} (${again.length / 2 - 1} bytes)`, got: `${keccak256(payload)} (${payload.length / 2 - 1} bytes)` };
    return { ok: true, upgrade: { kind: entry.name, fields, payload, reportHash, salt } };
  } catch (cause) {
    return { ok: false, expected: `the encoding of ${entry.struct}`, got: cause instanceof Error ? cause.message.split('\n')[0] ?? 'nothing' : String(cause) };
  }
}
