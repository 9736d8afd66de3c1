// keyfall_estimateFees: everything a transaction would cost now: gas, data fee and surcharge fee. The data fee assumes the envelope
// eth_fillTransaction returns with a 65-byte signature of non-zero bytes; the real one may be a few tokens cheaper.
import { surchargeFeeWei } from '@keyfall/protocol';
import { callContext } from '../blockAccess.ts';
import { transactionRequestParameter } from '../codec/callRequest.ts';
import { quantity } from '../codec/hex.ts';
import { unsignedTransaction } from '../codec/unsignedTransaction.ts';
import { callError } from '../executionError.ts';
import { currentFees, nextBaseFee } from '../feeSuggestion.ts';
import { defineMethod } from '../node.ts';
import { fillTransaction } from './eth_fillTransaction.ts';

const SIGNATURE_BYTES = 65;

export const keyfallEstimateFees = defineMethod({
  name: 'keyfall_estimateFees', summary: 'Gas limit, surcharge and the three fees a transaction would pay now, in wei.', parameters: [transactionRequestParameter], cost: 'heavy',
  run: async (node, [request], scope) => {
    const filled = await fillTransaction(node, request, scope);
    const outcome = await node.engine.call({ ...request, gas: filled.gas }, callContext(node, { kind: 'tag', tag: 'pending' }, scope));
    if (!outcome.ok) throw callError(outcome);
    const fees = currentFees(node);
    const unsigned = unsignedTransaction(filled).raw;
    const envelope = new Uint8Array(unsigned.length + SIGNATURE_BYTES).fill(0xff, unsigned.length);
    envelope.set(unsigned);
    const baseFee = nextBaseFee(node);
    const isFeeMarket = filled.type === 2 || filled.type === 4;
    const offered = isFeeMarket ? baseFee + filled.maxPriorityFeePerGas : filled.gasPrice;
    const price = isFeeMarket && offered > filled.maxFeePerGas ? filled.maxFeePerGas : offered;
    const dataFee = node.engine.dataFee(envelope, fees);
    const surchargeFee = surchargeFeeWei(outcome.surchargeUsed, baseFee, fees);
    const gasFee = outcome.gasUsed * price;
    return {
      gas: quantity(filled.gas), gasUsed: quantity(outcome.gasUsed), surcharge: quantity(outcome.surchargeUsed), effectiveGasPrice: quantity(price),
      gasFee: quantity(gasFee), dataFee: quantity(dataFee), surchargeFee: quantity(surchargeFee), total: quantity(gasFee + dataFee + surchargeFee),
    };
  },
});
