/**
 * Inbox messages: SPEC section 2.
 *
 * Owns the one byte string that L1 emits and hashes for each message. Does not own what executing it does (node/execute) nor the
 * price (fees.ts). Invariant: decode(encode(m)) = m, and two different messages never share bytes.
 */
import { MAX_CREATE_DATA_BYTES, MAX_MESSAGE_DATA_BYTES, MAX_MESSAGE_ZKGAS } from './constants.ts';
import { addressBytes, bytesToBigint, concat, keccakHex, toHex, uintBytes, type Hex } from './bytes.ts';
import { malformed, type Decoded } from './outcome.ts';

export const MESSAGE_VERSION = 1;
export const MESSAGE_HEADER_BYTES = 130;
export const MESSAGE_KINDS = { call: 1, create: 2, signed: 3 } as const;
export type MessageKind = keyof typeof MESSAGE_KINDS;

const KIND_BY_CODE: readonly (MessageKind | undefined)[] = [undefined, 'call', 'create', 'signed'];
const ZERO_ADDRESS: Hex = `0x${'0'.repeat(40)}`;

export interface InboxMessage {
  readonly kind: MessageKind;
  /** After aliasing. */
  readonly sender: Hex;
  /** Zero unless `call`. */
  readonly to: Hex;
  readonly mintWei: bigint;
  readonly valueWei: bigint;
  readonly gas: bigint;
  /** Surcharge budget, zkGas. */
  readonly surcharge: bigint;
  /** Timestamp of the enqueueing L1 block, seconds. */
  readonly l1Time: bigint;
  readonly data: Uint8Array;
}

/** The canonical bytes of a message. @throws EncodingError if a field does not fit its width. */
export function encodeMessage(message: InboxMessage): Uint8Array {
  return concat(
    Uint8Array.of(MESSAGE_VERSION, MESSAGE_KINDS[message.kind]),
    addressBytes(message.sender, 'sender'),
    addressBytes(message.to, 'to'),
    uintBytes(message.mintWei, 32, 'mint'),
    uintBytes(message.valueWei, 32, 'value'),
    uintBytes(message.gas, 8, 'gas'),
    uintBytes(message.surcharge, 8, 'surcharge'),
    uintBytes(message.l1Time, 8, 'l1Time'),
    message.data,
  );
}

/** Decodes the bytes of an Inbox event, refusing what the Inbox could never have enqueued. */
export function decodeMessage(bytes: Uint8Array): Decoded<InboxMessage> {
  if (bytes.length < MESSAGE_HEADER_BYTES) return malformed('MESSAGE_TOO_SHORT', `at least ${MESSAGE_HEADER_BYTES} bytes`, bytes.length);
  if (bytes[0] !== MESSAGE_VERSION) return malformed('MESSAGE_VERSION', `version ${MESSAGE_VERSION}`, bytes[0]!);
  const kind = KIND_BY_CODE[bytes[1]!];
  if (kind === undefined) return malformed('MESSAGE_KIND', 'kind 1, 2 or 3', bytes[1]!);
  const uint = (start: number, end: number): bigint => bytesToBigint(bytes.subarray(start, end));
  const message: InboxMessage = {
    kind,
    sender: toHex(bytes.subarray(2, 22)),
    to: toHex(bytes.subarray(22, 42)),
    mintWei: uint(42, 74),
    valueWei: uint(74, 106),
    gas: uint(106, 114),
    surcharge: uint(114, 122),
    l1Time: uint(122, 130),
    data: bytes.slice(MESSAGE_HEADER_BYTES),
  };
  return checkCaps(message);
}

function checkCaps(message: InboxMessage): Decoded<InboxMessage> {
  const maxData = message.kind === 'create' ? MAX_CREATE_DATA_BYTES : MAX_MESSAGE_DATA_BYTES;
  if (BigInt(message.data.length) > maxData) return malformed('MESSAGE_DATA', `at most ${maxData} bytes`, message.data.length);
  if (declaredZkGas(message) > MAX_MESSAGE_ZKGAS) return malformed('MESSAGE_ZKGAS', `at most ${MAX_MESSAGE_ZKGAS}`, declaredZkGas(message));
  if (message.kind !== 'call' && message.to !== ZERO_ADDRESS) return malformed('MESSAGE_TO', 'the zero address', message.to);
  if (message.kind === 'signed' && (message.mintWei !== 0n || message.valueWei !== 0n)) {
    return malformed('MESSAGE_SIGNED_VALUE', 'mint and value 0', `${message.mintWei} and ${message.valueWei}`);
  }
  return { ok: true, value: message };
}

/** keccak-256 of the message's bytes, as the accumulator absorbs it. */
export function messageHash(messageBytes: Uint8Array): Hex {
  return keccakHex(messageBytes);
}

/** What the message may cost to prove at most: gas plus surcharge budget. */
export function declaredZkGas(message: Pick<InboxMessage, 'gas' | 'surcharge'>): bigint {
  return message.gas + message.surcharge;
}
