/**
 * Fee formulas: SPEC sections 2 (price of a message), 5 and 6 (data fee, surcharge fee, base fee).
 *
 * Owns arithmetic only, every division rounding down. Units: wei, gas, zkGas.
 */
import {
  BACKLOG_DOUBLING_ZKGAS, BLOCK_GAS_LIMIT, MAX_BACKLOG_DOUBLINGS, MESSAGE_BASE_GAS, MESSAGE_ZKGAS_PRICE_WEI, MIN_BASE_FEE_WEI, MIN_PRICED_BASE_FEE_WEI,
} from './constants.ts';
import { keccakHex, words, type Hex } from './bytes.ts';

export interface FeeConfig {
  /** Parts per million of the origin's base fee that data pays. */
  readonly dataFeeScalar: bigint;
  /** Parts per million of the L2 base fee that surcharge pays. */
  readonly surchargeScalar: bigint;
}

export const SCALAR_ONE = 1_000_000n;
export const GENESIS_FEE_CONFIG: FeeConfig = { dataFeeScalar: SCALAR_ONE, surchargeScalar: SCALAR_ONE };

const L1_GAS_PER_TOKEN = 10n;
const ELASTICITY = 2n;
const BASE_FEE_DENOMINATOR = 8n;

/** `feeConfigHash` of the statement. */
export function feeConfigHash(config: FeeConfig): Hex {
  return keccakHex(words(config.dataFeeScalar, config.surchargeScalar));
}

/** EIP-7623 tokens of a byte string: a zero byte counts 1, any other 4. */
export function calldataTokens(bytes: Uint8Array): bigint {
  let tokens = 4 * bytes.length;
  for (const byte of bytes) if (byte === 0) tokens -= 3;
  return BigInt(tokens);
}

/** Data fee of an ordinary transaction, wei. */
export function dataFeeWei(rawTransaction: Uint8Array, originBaseFeeWei: bigint, config: FeeConfig): bigint {
  return (calldataTokens(rawTransaction) * L1_GAS_PER_TOKEN * originBaseFeeWei * config.dataFeeScalar) / SCALAR_ONE;
}

/** Surcharge fee of an ordinary transaction, wei. */
export function surchargeFeeWei(surcharge: bigint, baseFeeWei: bigint, config: FeeConfig): bigint {
  return (surcharge * baseFeeWei * config.surchargeScalar) / SCALAR_ONE;
}

/** Base fee of the block after one with these fields (EIP-1559), never below the minimum. */
export function nextBaseFeeWei(parent: { readonly baseFeeWei: bigint; readonly gasUsed: bigint; readonly gasLimit?: bigint }): bigint {
  const target = (parent.gasLimit ?? BLOCK_GAS_LIMIT) / ELASTICITY;
  const change = (gap: bigint): bigint => (parent.baseFeeWei * gap) / target / BASE_FEE_DENOMINATOR;
  let next = parent.baseFeeWei;
  if (parent.gasUsed > target) {
    const rise = change(parent.gasUsed - target);
    next += rise > 0n ? rise : 1n;
  } else if (parent.gasUsed < target) {
    next -= change(target - parent.gasUsed);
  }
  return next > MIN_BASE_FEE_WEI ? next : MIN_BASE_FEE_WEI;
}

/** What the Inbox charges on L1 for a message, wei. */
export function messagePriceWei(declaredZkGas: bigint, l1BaseFeeWei: bigint, backlogZkGas: bigint): bigint {
  const priced = l1BaseFeeWei > MIN_PRICED_BASE_FEE_WEI ? l1BaseFeeWei : MIN_PRICED_BASE_FEE_WEI;
  const doublings = backlogZkGas / BACKLOG_DOUBLING_ZKGAS;
  const exponent = doublings < MAX_BACKLOG_DOUBLINGS ? doublings : MAX_BACKLOG_DOUBLINGS;
  return MESSAGE_BASE_GAS * priced + MESSAGE_ZKGAS_PRICE_WEI * (1n << exponent) * declaredZkGas;
}

/** Least gas with which the Inbox accepts a message of `dataBytes` bytes of data. */
export function minimumMessageGas(kind: 'call' | 'create' | 'signed', dataBytes: number): bigint {
  const base = 21_000n + 40n * BigInt(dataBytes);
  return kind === 'create' ? base + 32_000n + 2n * BigInt(Math.ceil(dataBytes / 32)) : base;
}
