// The fields of a stored message that planning and the core decide by, read from its bytes in place.
//
// Owns: offsets of SPEC.md section 2 that batch caps and block times need. Does not own: full decoding (node/protocol).

import type { MessageRecord } from '../store/records.ts';

function u64(raw: Uint8Array, offset: number): bigint {
  return Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).readBigUInt64BE(offset);
}
/** gas + surcharge: what a batch's and a block's caps count for a message. */
export function messageDeclaredZkGas(message: MessageRecord): bigint {
  return u64(message.raw, 106) + u64(message.raw, 114);
}
/** Timestamp of the L1 block that enqueued it, seconds. */
export function messageTime(message: MessageRecord): bigint {
  return u64(message.raw, 122);
}
