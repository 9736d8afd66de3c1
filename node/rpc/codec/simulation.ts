// The payload and the answer of eth_simulateV1.
//
// Owns: strict decoding of blockStateCalls and options, the JSON of simulated blocks and calls, the specification's error numbers. Does not
// own: what is simulated (node/execute/simulate.ts).
// Source: execution-apis, eth_simulateV1. Invariant: nothing is ignored: a member or override that this node cannot honour is refused by name.

import type { CallFailure, CallRefusal, CallRequest, SimulatedBlock, SimulatedCall, SimulationInvalid, SimulationRequest, SimulationResult } from '../../execute/api.ts';
import { blockSizeBytes } from '../../store/chainStore.ts';
import { RPC_CODE, RpcError, invalidParams } from '../errors.ts';
import { callError, revertReason } from '../executionError.ts';
import type { JsonObject } from '../json.ts';
import { headerJson } from './blockJson.ts';
import { decodeTransactionRequest } from './callRequest.ts';
import { data, quantity } from './hex.ts';
import { decodeBlockOverrides, decodeStateOverrides } from './overrides.ts';
import { decodeArray, decodeBoolean, decodeObject, member, onlyMembers, required } from './parameter.ts';
import type { Parameter } from './parameter.ts';
import { logJson } from './receiptJson.ts';
import { accessListJson, authorizationJson } from './transactionJson.ts';
import { unsignedTransaction } from './unsignedTransaction.ts';
import type { FilledTransaction } from './unsignedTransaction.ts';

export interface SimulationPayload {
  readonly blocks: SimulationRequest['blocks'];
  readonly isValidating: boolean;
  readonly tracesTransfers: boolean;
  readonly returnsFullTransactions: boolean;
}

const MAX_BLOCKS = 256;
const MAX_CALLS = 1_000;
/** execution-apis' numbers, where it has one. */
const ERROR_CODES: Readonly<Record<SimulationInvalid, number>> = {
  'nonce-too-low': -38010, 'nonce-too-high': -38011, 'fee-cap-below-base-fee': -38012, 'block-gas': -38015, 'block-number': -38020, 'block-timestamp': -38021,
  'sender-not-eoa': -38024, limit: -38026, 'gas-limit': RPC_CODE.server,
};
const CALL_ERROR_CODES: Readonly<Partial<Record<Extract<CallRefusal, { code: 'invalid' }>['reason'], number>>> = { 'fee-cap-below-base-fee': -38012, 'intrinsic-gas': -38013, 'insufficient-funds': -38014, 'init-code-size': -38025 };
const VM_ERROR = -32015;

function decodeBlock(value: unknown, path: string): SimulationRequest['blocks'][number] {
  const object = decodeObject(value, path);
  onlyMembers(object, ['blockOverrides', 'stateOverrides', 'calls'], path);
  const calls = member(object, 'calls', path, (list, at) => decodeArray(list, at, MAX_CALLS).map((call, index) => decodeTransactionRequest(call, `${at}[${index}]`)));
  const stateOverrides = member(object, 'stateOverrides', path, decodeStateOverrides);
  const blockOverrides = member(object, 'blockOverrides', path, decodeBlockOverrides);
  return { calls: calls ?? [], ...(stateOverrides === undefined ? {} : { stateOverrides }), ...(blockOverrides === undefined ? {} : { blockOverrides }) };
}

function decodePayload(value: unknown, path: string): SimulationPayload {
  const object = decodeObject(value, path);
  onlyMembers(object, ['blockStateCalls', 'traceTransfers', 'validation', 'returnFullTransactions'], path);
  const blocks = member(object, 'blockStateCalls', path, (list, at) => {
    if (Array.isArray(list) && list.length > MAX_BLOCKS) throw new RpcError(ERROR_CODES.limit, `too many blocks: expected at most ${MAX_BLOCKS}, got ${list.length}`);
    return decodeArray(list, at, MAX_BLOCKS).map((block, index) => decodeBlock(block, `${at}[${index}]`));
  });
  if (blocks === undefined || blocks.length === 0) throw invalidParams(`invalid ${path}: expected at least one of blockStateCalls`);
  const callCount = blocks.reduce((sum, { calls }) => sum + calls.length, 0);
  if (callCount > MAX_CALLS) throw new RpcError(ERROR_CODES.limit, `too many calls: expected at most ${MAX_CALLS}, got ${callCount}`);
  const flag = (key: string): boolean => member(object, key, path, decodeBoolean) ?? false;
  return { blocks, isValidating: flag('validation'), tracesTransfers: flag('traceTransfers'), returnsFullTransactions: flag('returnFullTransactions') };
}

export const simulationParameter: Parameter<SimulationPayload> = required('payload', 'object with blockStateCalls', decodePayload);

/** What a call stands for as a transaction: geth's choice of type, without a signature. */
function filled(request: CallRequest, nonce: bigint, chainId: bigint): FilledTransaction {
  const isLegacy = request.gasPrice !== undefined;
  const type = request.authorizationList !== undefined ? 4 : !isLegacy ? 2 : request.accessList === undefined ? 0 : 1;
  return {
    type, chainId, nonce, to: request.to, value: request.value ?? 0n, data: request.data ?? new Uint8Array(0), gas: request.gas ?? 0n, gasPrice: request.gasPrice ?? 0n,
    maxFeePerGas: request.maxFeePerGas ?? 0n, maxPriorityFeePerGas: request.maxPriorityFeePerGas ?? 0n, accessList: request.accessList ?? [], authorizationList: request.authorizationList ?? [],
  };
}

export function encodeCall(request: CallRequest, nonce: bigint, chainId: bigint): { type: number; raw: Uint8Array; hash: Uint8Array } {
  const transaction = filled(request, nonce, chainId);
  return { type: transaction.type, ...unsignedTransaction(transaction) };
}

/** A refusal of the whole request. */
export function simulationError(refusal: Extract<SimulationResult, { ok: false }>): RpcError {
  if (refusal.code === 'simulation') return new RpcError(ERROR_CODES[refusal.reason], refusal.message);
  const code = refusal.code === 'invalid' ? CALL_ERROR_CODES[refusal.reason] : undefined;
  return code === undefined ? callError(refusal) : new RpcError(code, refusal.code === 'invalid' ? refusal.message : '');
}

export function simulatedBlockJson(block: SimulatedBlock, chainId: bigint, isFull: boolean): JsonObject {
  let logIndex = 0;
  const calls = block.calls.map((call, position) => {
    const json = callJson(block, call, position, logIndex);
    logIndex += call.logs.length;
    return json;
  });
  return {
    ...headerJson(block.header, block.hash), size: quantity(blockSizeBytes(block.headerRaw, block.calls)), uncles: [], withdrawals: [],
    transactions: block.calls.map((call, position) => (isFull ? transactionOf(block, call, position, chainId) : data(call.hash))), calls,
  };
}

function callJson({ header, hash }: SimulatedBlock, call: SimulatedCall, position: number, firstLogIndex: number): JsonObject {
  const placement = { blockHash: data(hash), blockNumber: quantity(header.number), blockTimestamp: quantity(header.timestamp), transactionHash: data(call.hash), transactionIndex: quantity(position), removed: false };
  return {
    status: quantity(call.status), returnData: call.status === 1 ? data(call.returnData) : '0x', gasUsed: quantity(call.gasUsed), logs: call.logs.map((log, index) => logJson(log, firstLogIndex + index, placement)),
    ...(call.status === 1 ? {} : { error: callFailure(call) }),
  };
}

function callFailure({ error, returnData }: SimulatedCall): JsonObject {
  const failure: Pick<CallFailure, 'error'> = { error: error ?? 'unknown' };
  if (failure.error !== 'revert') return { code: VM_ERROR, message: failure.error };
  const reason = revertReason(returnData);
  return { code: RPC_CODE.executionReverted, message: reason === undefined ? 'execution reverted' : `execution reverted: ${reason}`, data: data(returnData) };
}

function transactionOf({ header, hash }: SimulatedBlock, call: SimulatedCall, position: number, chainId: bigint): JsonObject {
  const transaction = filled(call.request, call.request.nonce ?? 0n, chainId);
  const { type } = transaction;
  const isFeeMarket = type === 2 || type === 4;
  return {
    blockHash: data(hash), blockNumber: quantity(header.number), blockTimestamp: quantity(header.timestamp), transactionIndex: quantity(position), hash: data(call.hash), type: quantity(type),
    from: data(call.request.from ?? new Uint8Array(20)), to: transaction.to === undefined ? null : data(transaction.to), nonce: quantity(transaction.nonce), gas: quantity(transaction.gas),
    value: quantity(transaction.value), input: data(transaction.data), gasPrice: quantity(call.gasPriceWei), v: '0x0', r: '0x0', s: '0x0',
    ...(isFeeMarket ? { maxFeePerGas: quantity(transaction.maxFeePerGas), maxPriorityFeePerGas: quantity(transaction.maxPriorityFeePerGas) } : {}),
    ...(type === 0 ? {} : { chainId: quantity(chainId), yParity: '0x0', accessList: accessListJson(transaction.accessList) }),
    ...(type === 4 ? { authorizationList: transaction.authorizationList.map(authorizationJson) } : {}),
  };
}
