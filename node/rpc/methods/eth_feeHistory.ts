// eth_feeHistory: base fees, fullness and tip percentiles of a range of blocks, plus the base fee of the block after it.
// Percentiles weigh by gas over the transactions that pay for it: messages from L1 pay no tip and would only pull them down.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { requireBlock } from '../blockAccess.ts';
import { baseFeeAfter } from '../codec/blockJson.ts';
import { blockNumberParameter } from '../codec/blockId.ts';
import { quantity } from '../codec/hex.ts';
import { decodeArray, decodeQuantity, optional, required, shown } from '../codec/parameter.ts';
import { invalidParams, serverError } from '../errors.ts';
import { defineMethod } from '../node.ts';
import type { RpcNode } from '../node.ts';
import type { BlockRecord } from '../../store/records.ts';

const BLOCKS_PER_TURN = 32n;

/** geth takes the count as a quantity or as a JSON number. */
const countParameter = required('blockCount', 'quantity', (value, path) =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : decodeQuantity(value, path, 64));

const percentilesParameter = optional(required('rewardPercentiles', 'ascending numbers of [0, 100]', (value, path) => {
  const list = decodeArray(value, path, Number.MAX_SAFE_INTEGER);
  list.forEach((item, index) => {
    const isValid = typeof item === 'number' && item >= 0 && item <= 100 && (index === 0 || item >= (list[index - 1] as number));
    if (!isValid) throw invalidParams(`invalid ${path}: invalid reward percentile, expected ascending numbers of [0, 100], got ${shown(item)} at ${index}`);
  });
  return list as readonly number[];
}), []);

/** Tips at the percentiles of the gas of paying transactions, wei. */
function rewards(node: RpcNode, block: BlockRecord, percentiles: readonly number[]): string[] {
  const baseFee = block.header.baseFeePerGas;
  const paying = (node.chain.receipts(block.number) ?? [])
    .filter((receipt) => receipt.effectiveGasPrice >= baseFee)
    .map((receipt) => ({ tip: receipt.effectiveGasPrice - baseFee, gas: Number(receipt.gasUsed) }))
    .sort((a, b) => (a.tip < b.tip ? -1 : a.tip > b.tip ? 1 : 0));
  const total = paying.reduce((sum, { gas }) => sum + gas, 0);
  return percentiles.map((percentile) => {
    const threshold = (total * percentile) / 100;
    let seen = 0;
    const at = paying.find(({ gas }) => (seen += gas) >= threshold) ?? paying.at(-1);
    return quantity(at?.tip ?? 0n);
  });
}

export const ethFeeHistory = defineMethod({
  name: 'eth_feeHistory', summary: 'Base fees, fullness and tips of a range of blocks.', parameters: [countParameter, blockNumberParameter, percentilesParameter], cost: 'heavy',
  run: async (node, [count, id, percentiles], scope) => {
    if (percentiles.length > node.limits.feeHistoryPercentiles) throw invalidParams(`over the query limit ${node.limits.feeHistoryPercentiles}: invalid reward percentile`);
    const last = requireBlock(node, id).number;
    const limit = BigInt(node.limits.feeHistoryBlocks);
    const wanted = count < limit ? count : limit;
    const blocks = wanted < last + 1n ? wanted : last + 1n;
    if (blocks === 0n) return { oldestBlock: '0x0', gasUsedRatio: [] };
    const oldest = last - blocks + 1n;
    const baseFees: string[] = [];
    const ratios: number[] = [];
    const reward: string[][] = [];
    let header;
    for (let number = oldest; number <= last; number++) {
      const block = requireBlock(node, { kind: 'number', number });
      header = block.header;
      baseFees.push(quantity(header.baseFeePerGas));
      ratios.push(Number(header.gasUsed) / Number(header.gasLimit));
      if (percentiles.length > 0) reward.push(rewards(node, block, percentiles));
      if ((number - oldest) % BLOCKS_PER_TURN === BLOCKS_PER_TURN - 1n) {
        await nextTurn();
        if (scope.signal.aborted) throw serverError('request aborted: the caller went away');
      }
    }
    if (header !== undefined) baseFees.push(quantity(baseFeeAfter(header)));
    return {
      oldestBlock: quantity(oldest), baseFeePerGas: baseFees, gasUsedRatio: ratios,
      baseFeePerBlobGas: baseFees.map(() => '0x1'), blobGasUsedRatio: ratios.map(() => 0),
      ...(percentiles.length > 0 ? { reward } : {}),
    };
  },
});
