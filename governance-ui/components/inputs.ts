// What people type: amounts, addresses, bytes. Owns the parsing and the words for what is wrong with it.
// Invariant: a value comes out only for text that says exactly it; nothing is guessed, trimmed zeros aside.

import { getAddress, isAddress, parseEther } from 'viem';
import type { Hex } from 'viem';
import { MAX_MESSAGE_ZKGAS } from '@keyfall/protocol/constants.ts';

export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string };

/** ETH with a point; at most 18 places. */
export function parseAmount(text: string): Parsed<bigint> {
  const trimmed = text.trim();
  if (!/^\d+(\.\d{1,18})?$/.test(trimmed)) return { ok: false, why: trimmed === '' ? 'expected an amount' : 'expected digits with a point, like 1.5, and at most 18 places' };
  const value = parseEther(trimmed);
  return value === 0n ? { ok: false, why: 'expected more than 0' } : { ok: true, value };
}

/** An address; one in mixed case must have the right checksum. */
export function parseAddress(text: string): Parsed<Hex> {
  const trimmed = text.trim();
  if (!/^0x[0-9a-fA-F]{40}$/.test(trimmed)) return { ok: false, why: trimmed === '' ? 'expected an address' : 'expected 0x and 40 hexadecimal digits' };
  if (!isAddress(trimmed, { strict: true })) return { ok: false, why: 'its checksum is wrong: a digit or a letter\'s case was changed' };
  return { ok: true, value: getAddress(trimmed) };
}

export function parseHex(text: string): Parsed<Hex> {
  const trimmed = text.trim() === '' ? '0x' : text.trim();
  return /^0x([0-9a-fA-F]{2})*$/.test(trimmed) ? { ok: true, value: trimmed as Hex } : { ok: false, why: 'expected 0x and an even number of hexadecimal digits' };
}

/** The surcharge that a message prepays, zkGas: what its cap leaves beside its gas. */
export function parseSurcharge(text: string, gas: bigint): Parsed<bigint> {
  const most = MAX_MESSAGE_ZKGAS - gas;
  const digits = text.trim();
  if (!/^\d{1,8}$/.test(digits) || BigInt(digits) > most) return { ok: false, why: `expected a whole number of at most ${most}` };
  return { ok: true, value: BigInt(digits) };
}

/** The error of a field that has text in it; an empty field is not wrong yet. */
export function errorOf(text: string, parsed: Parsed<unknown>): string | undefined {
  return text.trim() === '' || parsed.ok ? undefined : parsed.why;
}
