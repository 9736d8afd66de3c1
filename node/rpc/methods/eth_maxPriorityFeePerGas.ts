// eth_maxPriorityFeePerGas: the tip the pool thinks enters the next block; zero while blocks are not full.
import { quantity } from '../codec/hex.ts';
import { suggestedTipWei } from '../feeSuggestion.ts';
import { defineMethod } from '../node.ts';

export const ethMaxPriorityFeePerGas = defineMethod({
  name: 'eth_maxPriorityFeePerGas', summary: 'Suggested tip per gas, wei.', parameters: [],
  run: (node) => quantity(suggestedTipWei(node)),
});
