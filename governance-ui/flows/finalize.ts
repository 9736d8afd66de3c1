// Making batches final that the policy lets be final. Owns the call's bytes. Anyone may send it.
// Invariant: it names how far, so that nothing newer becomes final unseen.

import { encodeFunctionData } from 'viem';
import type { Hex } from 'viem';
import { ABIS } from '../chain/abis.ts';
import type { PreparedTransaction } from './prepared.ts';

export function finalizeBatch({ rollup, chainId, upTo }: { rollup: Hex; chainId: number; upTo: bigint }): PreparedTransaction {
  return { chain: 'l1', chainId, to: rollup, valueWei: 0n, title: 'Make final', data: encodeFunctionData({ abi: ABIS.Rollup, functionName: 'finalize', args: [upTo] }) };
}
