// What to offer for a transaction: tip, gas price, and the data and surcharge fees on top of gas.
//
// Owns: suggestions from the pool's and the tip block's figures. Does not own: the fee formulas (node/protocol/fees.ts).
// Invariant: a transaction that offers the suggested price is valid in the next block as far as the base fee goes.

import type { FeeParameters } from '../execute/api.ts';
import type { BlockRecord } from '../store/records.ts';
import { latestBlock } from './blockAccess.ts';
import { baseFeeAfter } from './codec/blockJson.ts';
import type { RpcNode } from './node.ts';

/** Tip per gas that the pool thinks will enter the next block, wei. */
export function suggestedTipWei(node: RpcNode): bigint {
  return node.chain.pool.suggestedTipWei();
}

/** Base fee of the next block, wei. */
export function nextBaseFee(node: RpcNode): bigint {
  return baseFeeAfter(latestBlock(node).header);
}

/** Fee cap that stays valid through several full blocks: twice the next base fee plus the tip, as geth and ethers do. */
export function suggestedFeeCapWei(node: RpcNode): bigint {
  return nextBaseFee(node) * 2n + suggestedTipWei(node);
}

/** What the data fee of a transaction sent now is likely to derive from: the origin of the newest block that has one. */
export function currentFees(node: RpcNode): FeeParameters {
  const block: BlockRecord = latestBlock(node);
  return {
    originBaseFeeWei: block.origin?.baseFeeWei ?? node.chain.heads().l1.baseFeeWei,
    dataFeeScalar: block.feeScalars.dataFeeScalar, surchargeScalar: block.feeScalars.surchargeScalar,
  };
}
