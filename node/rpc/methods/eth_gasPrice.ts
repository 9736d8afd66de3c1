// eth_gasPrice: a price per gas that is valid in the next block: its base fee plus the suggested tip. Data and surcharge fees
// come on top of gas.
import { quantity } from '../codec/hex.ts';
import { nextBaseFee, suggestedTipWei } from '../feeSuggestion.ts';
import { defineMethod } from '../node.ts';

export const ethGasPrice = defineMethod({
  name: 'eth_gasPrice', summary: 'Base fee of the next block plus the suggested tip, wei.', parameters: [],
  run: (node) => quantity(nextBaseFee(node) + suggestedTipWei(node)),
});
