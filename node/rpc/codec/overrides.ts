// State and block overrides of eth_call, eth_estimateGas and debug_traceCall.
//
// Owns: strict decoding of geth's two override objects. Does not own: applying them (node/execute).
// Invariant: an override that this node cannot honour is refused by name; ignoring one would answer another question.

import type { AccountOverride, BlockOverrides } from '../../execute/api.ts';
import { invalidParams } from '../errors.ts';
import { decodeAddress, decodeData, decodeHash, decodeObject, decodeQuantity, decodeSlot, member, onlyMembers, optional, required } from './parameter.ts';
import type { Parameter } from './parameter.ts';

export type StateOverrides = readonly { address: Uint8Array; override: AccountOverride }[];

const MAXIMUM_ACCOUNTS = 1_024;
const MAXIMUM_SLOTS = 16_384;
const quantity64 = (value: unknown, path: string): bigint => decodeQuantity(value, path, 64);
const quantity256 = (value: unknown, path: string): bigint => decodeQuantity(value, path, 256);

function decodeSlots(value: unknown, path: string): { slot: Uint8Array; value: Uint8Array }[] {
  const entries = Object.entries(decodeObject(value, path));
  if (entries.length > MAXIMUM_SLOTS) throw invalidParams(`invalid ${path}: expected at most ${MAXIMUM_SLOTS} slots, got ${entries.length}`);
  return entries.map(([slot, word]) => ({ slot: decodeSlot(slot, path), value: decodeHash(word, `${path}.${slot.slice(0, 66)}`) }));
}

function decodeAccountOverride(value: unknown, path: string): AccountOverride {
  const object = decodeObject(value, path);
  onlyMembers(object, ['balance', 'nonce', 'code', 'state', 'stateDiff'], path);
  const override: AccountOverride = {};
  const balance = member(object, 'balance', path, quantity256);
  const nonce = member(object, 'nonce', path, quantity64);
  const code = member(object, 'code', path, decodeData);
  const state = member(object, 'state', path, decodeSlots);
  const stateDiff = member(object, 'stateDiff', path, decodeSlots);
  if (state !== undefined && stateDiff !== undefined) throw invalidParams(`invalid ${path}: account has both 'state' and 'stateDiff'`);
  if (balance !== undefined) override.balance = balance;
  if (nonce !== undefined) override.nonce = nonce;
  if (code !== undefined) override.code = code;
  if (state !== undefined) override.state = state;
  if (stateDiff !== undefined) override.stateDiff = stateDiff;
  return override;
}

/** An object from address to account override. */
export function decodeStateOverrides(value: unknown, path: string): StateOverrides {
  const entries = Object.entries(decodeObject(value, path));
  if (entries.length > MAXIMUM_ACCOUNTS) throw invalidParams(`invalid ${path}: expected at most ${MAXIMUM_ACCOUNTS} accounts, got ${entries.length}`);
  return entries.map(([key, override]) => ({
    address: decodeAddress(key, path),
    override: decodeAccountOverride(override, `${path}.${key.slice(0, 42)}`),
  }));
}

/** geth's names; difficulty, blobBaseFee and withdrawals have no meaning on this chain and are refused. */
export function decodeBlockOverrides(value: unknown, path: string): BlockOverrides {
  const object = decodeObject(value, path);
  onlyMembers(object, ['number', 'time', 'gasLimit', 'feeRecipient', 'prevRandao', 'baseFeePerGas'], path);
  const overrides: BlockOverrides = {};
  const number = member(object, 'number', path, quantity64);
  const timestamp = member(object, 'time', path, quantity64);
  const gasLimit = member(object, 'gasLimit', path, quantity64);
  const coinbase = member(object, 'feeRecipient', path, decodeAddress);
  const prevRandao = member(object, 'prevRandao', path, decodeHash);
  const baseFeePerGas = member(object, 'baseFeePerGas', path, quantity256);
  if (number !== undefined) overrides.number = number;
  if (timestamp !== undefined) overrides.timestamp = timestamp;
  if (gasLimit !== undefined) overrides.gasLimit = gasLimit;
  if (coinbase !== undefined) overrides.coinbase = coinbase;
  if (prevRandao !== undefined) overrides.prevRandao = prevRandao;
  if (baseFeePerGas !== undefined) overrides.baseFeePerGas = baseFeePerGas;
  return overrides;
}

export const stateOverridesParameter: Parameter<StateOverrides | undefined> =
  optional(required('stateOverrides', 'state override object', decodeStateOverrides), undefined);
export const blockOverridesParameter: Parameter<BlockOverrides | undefined> =
  optional(required('blockOverrides', 'block override object', decodeBlockOverrides), undefined);
