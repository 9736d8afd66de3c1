// MessagePasser on L2: withdrawals as they were recorded. Owns finding them in its events and the proof of one under a state root
// that L1 holds as final.
// Invariant: a withdrawal's hash is computed here by the protocol's codec; an event whose fields do not hash to it is refused.

import type { Hex } from 'viem';
import { sentSlot, withdrawalHash } from '@keyfall/protocol/withdrawal.ts';
import type { Contract } from './contract.ts';
import { events } from './logs.ts';
import { parseProofAnswer } from './proof/account.ts';
import type { ProofAnswer } from './proof/account.ts';
import { verifyWithdrawal } from './proof/withdrawal.ts';
import { mapReading } from './reading.ts';
import type { BlockRef, Reading } from './reading.ts';
import { kindName } from './vault.ts';

/** A withdrawal as `Vault.withdraw` takes it. */
export interface SentWithdrawal {
  readonly nonce: bigint; readonly assetKind: number; readonly token: Hex; readonly id: bigint; readonly amount: bigint; readonly from: Hex; readonly recipient: Hex;
}
export interface FoundWithdrawal { readonly hash: Hex; readonly withdrawal: SentWithdrawal; readonly l2Block: bigint; readonly l2Transaction: Hex }

/** Withdrawals that `account` sent or is to receive, oldest first. */
export async function withdrawalsOf(passer: Contract, at: BlockRef, account: Hex, fromBlock: bigint): Promise<Reading<readonly FoundWithdrawal[]>> {
  const found = await events<{ withdrawalHash: Hex; withdrawal: SentWithdrawal }>(passer, at, 'WithdrawalSent', fromBlock);
  const mine = (withdrawal: SentWithdrawal): boolean => [withdrawal.from, withdrawal.recipient].some((address) => address.toLowerCase() === account.toLowerCase());
  return mapReading(found, (logs) => logs.filter(({ args }) => mine(args.withdrawal)).map(({ args, blockNumber, transactionHash }) => {
    const computed = withdrawalHash({ ...args.withdrawal, assetKind: kindName(args.withdrawal.assetKind) });
    if (computed !== args.withdrawalHash) throw new Error(`a withdrawal's fields do not hash to its hash: computed ${computed}, claimed ${args.withdrawalHash}`);
    return { hash: computed, withdrawal: args.withdrawal, l2Block: blockNumber, l2Transaction: transactionHash };
  }));
}

/** The proof of a withdrawal at an L2 block, from the first endpoint whose proof holds under the root that L1 has as final. */
export async function withdrawalProof(passer: Contract, hash: Hex, l2BlockNumber: bigint, stateRoot: Hex, at: BlockRef): Promise<Reading<ProofAnswer>> {
  return passer.chain.first('eth_getProof', [passer.address, [sentSlot(hash)], `0x${l2BlockNumber.toString(16)}`], at, (answer) => {
    const parsed = parseProofAnswer(answer);
    verifyWithdrawal({ stateRoot, withdrawalHash: hash, answer: parsed });
    return parsed;
  });
}
