// eth_getTransactionByBlockNumberAndIndex: the transaction at a position of a block, null when block or position do not exist.
import { findBlock } from '../blockAccess.ts';
import { blockNumberParameter } from '../codec/blockId.ts';
import { indexParameter } from '../codec/parameter.ts';
import type { JsonValue } from '../json.ts';
import { minedTransactionJson } from '../minedTransaction.ts';
import { defineMethod } from '../node.ts';
import type { RpcNode } from '../node.ts';
import type { BlockRecord } from '../../store/records.ts';

/** The transaction at `index`, or null. */
export function transactionAt(node: RpcNode, block: BlockRecord | undefined, index: bigint): JsonValue {
  if (block === undefined || index >= BigInt(block.transactionCount)) return null;
  return minedTransactionJson(node, { blockNumber: block.number, position: Number(index) });
}

export const ethGetTransactionByBlockNumberAndIndex = defineMethod({
  name: 'eth_getTransactionByBlockNumberAndIndex', summary: 'The transaction at a position of a block.', parameters: [blockNumberParameter, indexParameter('index')],
  run: (node, [id, index]) => transactionAt(node, findBlock(node, id), index),
});
