// Withdrawal, second half: the claim on L1 with a proof that was checked here first. Owns the call's bytes.
// Invariant: the account's proof is left out once the Vault knows the storage root under this state root, as it is then not needed.

import { encodeFunctionData } from 'viem';
import type { Hex } from 'viem';
import { ABIS } from '../chain/abis.ts';
import type { SentWithdrawal } from '../chain/messagePasser.ts';
import type { WithdrawalProof } from '../chain/proof/withdrawal.ts';
import type { PreparedTransaction } from './prepared.ts';

export function claimWithdrawal({ vault, chainId, batchIndex, withdrawal, proof, isStorageRootKnown }: {
  vault: Hex; chainId: number; batchIndex: bigint; withdrawal: SentWithdrawal; proof: WithdrawalProof; isStorageRootKnown: boolean;
}): PreparedTransaction {
  return {
    chain: 'l1', chainId, to: vault, valueWei: 0n, title: 'Claim',
    data: encodeFunctionData({ abi: ABIS.Vault, functionName: 'withdraw', args: [batchIndex, withdrawal, isStorageRootKnown ? [] : proof.accountProof, proof.storageProof] }),
  };
}
