// eth_blobBaseFee: EIP-4844's minimum, 1 wei, because excessBlobGas is always 0. The chain takes no blob transactions.
import { defineMethod } from '../node.ts';

export const ethBlobBaseFee = defineMethod({ name: 'eth_blobBaseFee', summary: 'Always 0x1: the chain has no blobs.', parameters: [], run: () => '0x1' });
