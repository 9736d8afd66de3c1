/**
 * Transactions of type 0x7E, the L2 form of CALL and CREATE messages: SPEC section 3.
 *
 * Owns bytes and hash. Execution is node/execute's. Invariant: the Inbox index makes every hash unique.
 */
import { addressBytes, bytesToBigint, concat, keccakHex, minimalBytes, toHex, type Hex } from './bytes.ts';
import type { InboxMessage } from './message.ts';
import { malformed, type Decoded } from './outcome.ts';
import { decodeRlp, encodeRlp, rlpUint } from './rlp.ts';

export const DEPOSIT_TRANSACTION_TYPE = 0x7e;

export interface DepositTransaction {
  readonly chainId: bigint;
  /** Position in the Inbox. */
  readonly index: bigint;
  readonly from: Hex;
  /** `null` creates a contract from `data`. */
  readonly to: Hex | null;
  readonly mintWei: bigint;
  readonly valueWei: bigint;
  readonly gas: bigint;
  readonly surcharge: bigint;
  readonly data: Uint8Array;
}

/** The transaction that a CALL or CREATE message becomes. @throws RangeError for SIGNED, which keeps its own transaction. */
export function depositTransactionOf(message: InboxMessage, index: bigint, chainId: bigint): DepositTransaction {
  if (message.kind === 'signed') throw new RangeError('a SIGNED message carries its own transaction; expected CALL or CREATE');
  const { sender: from, mintWei, valueWei, gas, surcharge, data } = message;
  return { chainId, index, from, to: message.kind === 'create' ? null : message.to, mintWei, valueWei, gas, surcharge, data };
}

/** Envelope bytes: `0x7E ‖ rlp([...])`. */
export function encodeDepositTransaction(tx: DepositTransaction): Uint8Array {
  const list = encodeRlp([
    minimalBytes(tx.chainId), minimalBytes(tx.index), addressBytes(tx.from, 'from'),
    tx.to === null ? new Uint8Array(0) : addressBytes(tx.to, 'to'),
    minimalBytes(tx.mintWei), minimalBytes(tx.valueWei), minimalBytes(tx.gas), minimalBytes(tx.surcharge), tx.data,
  ]);
  return concat(Uint8Array.of(DEPOSIT_TRANSACTION_TYPE), list);
}

/** Transaction hash. */
export function depositTransactionHash(tx: DepositTransaction): Hex {
  return keccakHex(encodeDepositTransaction(tx));
}

/** Decodes envelope bytes. */
export function decodeDepositTransaction(bytes: Uint8Array): Decoded<DepositTransaction> {
  if (bytes[0] !== DEPOSIT_TRANSACTION_TYPE) return malformed('DEPOSIT_TYPE', 'leading byte 0x7e', bytes.length === 0 ? 'nothing' : bytes[0]!);
  const decoded = decodeRlp(bytes.subarray(1));
  if (!decoded.ok) return decoded;
  const fields = decoded.value;
  if (!Array.isArray(fields) || fields.length !== 9) return malformed('DEPOSIT_FIELDS', 'a list of 9', Array.isArray(fields) ? fields.length : 'a string');
  const [chainId, index, from, to, mint, value, gas, surcharge, data] = fields;
  const numbers = [rlpUint(chainId, 32), rlpUint(index, 8), rlpUint(mint, 32), rlpUint(value, 32), rlpUint(gas, 8), rlpUint(surcharge, 8)];
  if (numbers.some((number) => number === undefined)) return malformed('DEPOSIT_INTEGER', 'minimal integers within their widths', toHex(bytes.subarray(0, 40)));
  if (!(from instanceof Uint8Array) || from.length !== 20) return malformed('DEPOSIT_FROM', '20 bytes', describe(from));
  if (!(to instanceof Uint8Array) || (to.length !== 20 && to.length !== 0)) return malformed('DEPOSIT_TO', '20 bytes or none', describe(to));
  if (!(data instanceof Uint8Array)) return malformed('DEPOSIT_DATA', 'a byte string', describe(data));
  const [chainIdValue, indexValue, mintWei, valueWei, gasValue, surchargeValue] = numbers as bigint[];
  return {
    ok: true,
    value: {
      chainId: chainIdValue!, index: indexValue!, from: toHex(from), to: to.length === 0 ? null : toHex(to),
      mintWei: mintWei!, valueWei: valueWei!, gas: gasValue!, surcharge: surchargeValue!, data,
    },
  };
}

function describe(item: unknown): string {
  return item instanceof Uint8Array ? `${item.length} bytes (${bytesToBigint(item.subarray(0, 4))}…)` : 'a list';
}
