// eth_fillTransaction: completes a transaction object (nonce, gas, fees, chain id) and returns it unsigned, as geth does; viem
// asks for it first. The signature members are zero: the caller signs.
import { callContext } from '../blockAccess.ts';
import { transactionRequestParameter } from '../codec/callRequest.ts';
import type { TransactionRequest } from '../codec/callRequest.ts';
import { data, quantity } from '../codec/hex.ts';
import { accessListJson, authorizationJson } from '../codec/transactionJson.ts';
import { unsignedTransaction } from '../codec/unsignedTransaction.ts';
import type { FilledTransaction } from '../codec/unsignedTransaction.ts';
import { invalidParams, serverError } from '../errors.ts';
import { callError } from '../executionError.ts';
import { nextBaseFee, suggestedFeeCapWei, suggestedTipWei } from '../feeSuggestion.ts';
import type { JsonObject } from '../json.ts';
import { defineMethod } from '../node.ts';
import type { CallScope, RpcNode } from '../node.ts';
import { pendingNonce } from './eth_getTransactionCount.ts';

function typeOf(request: TransactionRequest): 0 | 1 | 2 | 4 {
  const { type } = request;
  if (type === 0 || type === 1 || type === 2 || type === 4) return type;
  if (type !== undefined) throw invalidParams(`transaction type not supported: expected 0, 1, 2 or 4, got ${type}`);
  if (request.authorizationList !== undefined) return 4;
  if (request.gasPrice === undefined) return 2;
  return request.accessList === undefined ? 0 : 1;
}

/** Completes the request. Throws RpcError when it contradicts itself or does not execute. */
export async function fillTransaction(node: RpcNode, request: TransactionRequest, scope: CallScope): Promise<FilledTransaction> {
  const type = typeOf(request);
  const chainId = request.chainId ?? node.chain.chainId;
  if (chainId !== node.chain.chainId) throw invalidParams(`chainId does not match node's (have=${chainId}, want=${node.chain.chainId})`);
  if (request.from === undefined && request.nonce === undefined) throw invalidParams('invalid argument 0 (transaction): expected from, or a nonce');
  const isFeeMarket = type === 2 || type === 4;
  if (isFeeMarket && request.gasPrice !== undefined) throw invalidParams(`invalid argument 0 (transaction): type ${type} has no gasPrice`);
  const tip = request.maxPriorityFeePerGas ?? suggestedTipWei(node);
  const floor = suggestedFeeCapWei(node);
  const feeCap = request.maxFeePerGas ?? (tip > floor ? tip + nextBaseFee(node) * 2n : floor);
  if (isFeeMarket && feeCap < tip) throw serverError(`max priority fee per gas higher than max fee per gas: maxFeePerGas (${feeCap}) < maxPriorityFeePerGas (${tip})`);
  return {
    type, chainId, nonce: request.nonce ?? pendingNonce(node, request.from!), to: request.to, value: request.value ?? 0n,
    data: request.data ?? new Uint8Array(0), gas: request.gas ?? await estimate(node, request, scope),
    gasPrice: request.gasPrice ?? nextBaseFee(node) + suggestedTipWei(node), maxFeePerGas: feeCap, maxPriorityFeePerGas: tip,
    accessList: request.accessList ?? [], authorizationList: request.authorizationList ?? [],
  };
}

async function estimate(node: RpcNode, request: TransactionRequest, scope: CallScope): Promise<bigint> {
  const result = await node.engine.estimateGas(request, callContext(node, { kind: 'tag', tag: 'pending' }, scope));
  if (!result.ok) throw callError(result);
  return result.gas;
}

function filledJson(filled: FilledTransaction): JsonObject {
  const isFeeMarket = filled.type === 2 || filled.type === 4;
  return {
    type: quantity(filled.type), chainId: quantity(filled.chainId), nonce: quantity(filled.nonce),
    to: filled.to === undefined ? null : data(filled.to), gas: quantity(filled.gas), value: quantity(filled.value), input: data(filled.data),
    ...(isFeeMarket
      ? { gasPrice: null, maxFeePerGas: quantity(filled.maxFeePerGas), maxPriorityFeePerGas: quantity(filled.maxPriorityFeePerGas) }
      : { gasPrice: quantity(filled.gasPrice), maxFeePerGas: null, maxPriorityFeePerGas: null }),
    ...(filled.type === 0 ? {} : { accessList: accessListJson(filled.accessList) }),
    ...(filled.type === 4 ? { authorizationList: filled.authorizationList.map(authorizationJson) } : {}),
    v: '0x0', r: '0x0', s: '0x0', hash: data(unsignedTransaction(filled).hash),
  };
}

export const ethFillTransaction = defineMethod({
  name: 'eth_fillTransaction', summary: 'Completes a transaction object and returns it unsigned.', parameters: [transactionRequestParameter], cost: 'heavy',
  run: async (node, [request], scope) => {
    const filled = await fillTransaction(node, request, scope);
    return { raw: data(unsignedTransaction(filled).raw), tx: filledJson(filled) };
  },
});
