// The bytes of a transaction that was signed for L2, read before they go through the Inbox. Owns the checks that need nothing but the bytes
// (SPEC 4, reasons 1 to 5); those of nonce, balance and code are the state's at its turn.
// Invariant: the sender is recovered from the signature here.

import { keccak256, parseTransaction, recoverTransactionAddress, serializeTransaction } from 'viem';
import type { Hex, TransactionSerialized } from 'viem';
import { MAX_MESSAGE_DATA_BYTES } from '@keyfall/protocol/constants.ts';

export interface SignedFacts { readonly from: Hex; readonly to: Hex | null; readonly valueWei: bigint; readonly gas: bigint; readonly nonce: bigint; readonly data: Hex; readonly l2Hash: Hex }
export type SignedReading = { readonly ok: true; readonly facts: SignedFacts } | { readonly ok: false; readonly why: string };

const TAKEN_TYPES = ['legacy', 'eip2930', 'eip1559', 'eip7702'];

export async function readSigned(raw: Hex, l2ChainId: number): Promise<SignedReading> {
  const size = (raw.length - 2) / 2;
  if (BigInt(size) > MAX_MESSAGE_DATA_BYTES) return { ok: false, why: `expected at most ${MAX_MESSAGE_DATA_BYTES} bytes, got ${size}` };
  try {
    const parsed = parseTransaction(raw as TransactionSerialized);
    if (!TAKEN_TYPES.includes(parsed.type ?? '')) return { ok: false, why: `expected a transaction of type 0, 1, 2 or 4, got ${parsed.type ?? 'none'}` };
    if (parsed.chainId !== l2ChainId) return { ok: false, why: `expected a signature for chain ${l2ChainId}, got ${parsed.chainId === undefined ? 'one for any chain' : `chain ${parsed.chainId}`}` };
    const { r, s, v, yParity, to, value, gas, nonce, data } = parsed as typeof parsed & { r?: Hex; s?: Hex; v?: bigint; yParity?: number };
    if (r === undefined || s === undefined) return { ok: false, why: 'it is not signed' };
    if (serializeTransaction(parsed as never, { r, s, ...(v === undefined ? {} : { v }), ...(yParity === undefined ? {} : { yParity }) } as never).toLowerCase() !== raw.toLowerCase()) return { ok: false, why: 'its bytes are not what they decode to' };
    const from = await recoverTransactionAddress({ serializedTransaction: raw as TransactionSerialized });
    return { ok: true, facts: { from, to: to ?? null, valueWei: value ?? 0n, gas: gas ?? 0n, nonce: BigInt(nonce ?? 0), data: data ?? '0x', l2Hash: keccak256(raw) } };
  } catch (error) {
    return { ok: false, why: `expected a signed transaction: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}` };
  }
}
