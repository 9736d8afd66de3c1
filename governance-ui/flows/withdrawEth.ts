// Withdrawal of ETH, first half: burnt on L2. The second half is claimWithdrawal.ts, by anyone, in any browser.
// Invariant: the recipient is in the bytes; nobody who claims later can change it.

import { encodeFunctionData } from 'viem';
import type { Hex } from 'viem';
import { MESSAGE_PASSER } from '@keyfall/protocol/addresses.ts';
import { ABIS } from '../chain/abis.ts';
import type { PreparedTransaction } from './prepared.ts';

export function withdrawEth({ chainId, recipient, amountWei }: { chainId: number; recipient: Hex; amountWei: bigint }): PreparedTransaction {
  return { chain: 'l2', chainId, to: MESSAGE_PASSER, valueWei: amountWei, title: 'Withdraw', data: encodeFunctionData({ abi: ABIS.MessagePasser, functionName: 'withdrawEth', args: [recipient] }) };
}
