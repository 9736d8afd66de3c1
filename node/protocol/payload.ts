/**
 * Batch payloads: SPEC section 7.
 *
 * Owns the encoding of consecutive L2 blocks as only what L1 does not know. Does not own validity of the blocks themselves
 * (node/derive and node/execute): a payload that decodes here may still be invalid there, and then counts as empty.
 */
import { MAX_BATCH_BLOCKS, MAX_PAYLOAD_BYTES } from './constants.ts';
import { concat, keccakHex, minimalBytes, toHex, uintBytes, type Hex } from './bytes.ts';
import { malformed, type Decoded } from './outcome.ts';
import { decodeRlp, encodeRlp, rlpUint, type RlpItem } from './rlp.ts';

export const PAYLOAD_VERSION = 1;
export const PAYLOAD_KINDS = { none: 0, calldata: 1, blobs: 2 } as const;

export interface PayloadBlock {
  /** Seconds after the parent block, at least 1. */
  readonly timestampDelta: bigint;
  /** Inbox messages that this block consumes. */
  readonly messageCount: bigint;
  /** EIP-2718 bytes of the ordinary transactions, in order. */
  readonly transactions: readonly Uint8Array[];
}

/** Canonical payload bytes. Does not check the length cap, so that a packer can measure. */
export function encodePayload(blocks: readonly PayloadBlock[]): Uint8Array {
  const list: RlpItem = blocks.map((block) => [minimalBytes(block.timestampDelta), minimalBytes(block.messageCount), [...block.transactions]]);
  return concat(Uint8Array.of(PAYLOAD_VERSION), encodeRlp(list));
}

/** Bytes that one block adds to a payload, not counting the enclosing list's own length prefix. */
export function payloadBlockBytes(block: PayloadBlock): number {
  return encodeRlp([minimalBytes(block.timestampDelta), minimalBytes(block.messageCount), [...block.transactions]]).length;
}

/** Decodes a payload, refusing anything but the canonical form within the caps. */
export function decodePayload(bytes: Uint8Array): Decoded<readonly PayloadBlock[]> {
  if (BigInt(bytes.length) > MAX_PAYLOAD_BYTES) return malformed('PAYLOAD_TOO_LONG', `at most ${MAX_PAYLOAD_BYTES} bytes`, bytes.length);
  if (bytes[0] !== PAYLOAD_VERSION) return malformed('PAYLOAD_VERSION', `version ${PAYLOAD_VERSION}`, bytes.length === 0 ? 'nothing' : bytes[0]!);
  const decoded = decodeRlp(bytes.subarray(1));
  if (!decoded.ok) return decoded;
  if (!Array.isArray(decoded.value)) return malformed('PAYLOAD_LIST', 'a list of blocks', 'a string');
  const count = BigInt(decoded.value.length);
  if (count < 1n || count > MAX_BATCH_BLOCKS) return malformed('PAYLOAD_BLOCK_COUNT', `1 to ${MAX_BATCH_BLOCKS} blocks`, count);
  const blocks: PayloadBlock[] = [];
  for (const [position, item] of decoded.value.entries()) {
    const block = decodeBlock(item, position);
    if (!block.ok) return block;
    blocks.push(block.value);
  }
  return { ok: true, value: blocks };
}

function decodeBlock(item: RlpItem, position: number): Decoded<PayloadBlock> {
  if (!Array.isArray(item) || item.length !== 3) return malformed('PAYLOAD_BLOCK', `block ${position}: a list of 3`, Array.isArray(item) ? item.length : 'a string');
  const timestampDelta = rlpUint(item[0], 8);
  if (timestampDelta === undefined || timestampDelta < 1n) return malformed('PAYLOAD_TIMESTAMP', `block ${position}: a minimal u64 of at least 1`, String(timestampDelta));
  const messageCount = rlpUint(item[1], 8);
  if (messageCount === undefined) return malformed('PAYLOAD_MESSAGES', `block ${position}: a minimal u64`, 'something else');
  const transactions = item[2];
  if (!Array.isArray(transactions)) return malformed('PAYLOAD_TRANSACTIONS', `block ${position}: a list of transactions`, 'a string');
  if (!transactions.every((tx) => tx instanceof Uint8Array)) return malformed('PAYLOAD_TRANSACTION', `block ${position}: byte strings`, 'a nested list');
  return { ok: true, value: { timestampDelta, messageCount, transactions: transactions as Uint8Array[] } };
}

/** The commitment of payloadKind 0: how many seconds of L1 time one Enforced block gathers, the chain's constant. */
export function enforcedPayloadCommitment(intervalSeconds: bigint): Hex {
  if (intervalSeconds < 1n) throw new RangeError(`interval of Enforced blocks: expected at least 1 second, got ${intervalSeconds}`);
  return toHex(uintBytes(intervalSeconds, 32, 'intervalSeconds'));
}

/** The commitment of a calldata payload (payloadKind 1). */
export function payloadCommitment(payload: Uint8Array): Hex {
  return keccakHex(payload);
}
