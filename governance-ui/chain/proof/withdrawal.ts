// Whether a proof shows that a withdrawal was sent, under a state root that L1 holds as final: account of the MessagePasser, then
// its slot. Owns that check and its outcome in words; it runs in a worker, because hashing a deep trie takes a while.
// Invariant: the root is given by the caller from L1, never taken from the proof's source.

import type { Hex } from 'viem';
import { MESSAGE_PASSER } from '@keyfall/protocol/addresses.ts';
import { sentSlot } from '@keyfall/protocol/withdrawal.ts';
import { verifyAccount, verifySlot } from './account.ts';
import type { ProofAnswer } from './account.ts';

export interface WithdrawalProofTask {
  readonly stateRoot: Hex;
  readonly withdrawalHash: Hex;
  readonly answer: ProofAnswer;
}

export interface WithdrawalProof {
  readonly storageRoot: Hex;
  readonly accountProof: readonly Hex[];
  readonly storageProof: readonly Hex[];
  readonly sizeBytes: number;
}

/** @throws ProofFault naming the rule that was broken */
export function verifyWithdrawal({ stateRoot, withdrawalHash, answer }: WithdrawalProofTask): WithdrawalProof {
  const { storageRoot } = verifyAccount(stateRoot, MESSAGE_PASSER, answer);
  const slot = sentSlot(withdrawalHash);
  const value = verifySlot(storageRoot, slot, answer);
  if (value !== 1n) throw new Error(`expected the slot of withdrawal ${withdrawalHash} to hold 1, proven is ${value}`);
  const storageProof = answer.storageProof.find(({ key }) => key === slot)?.proof ?? [];
  const sizeBytes = [...answer.accountProof, ...storageProof].reduce((sum, node) => sum + (node.length - 2) / 2, 0);
  return { storageRoot, accountProof: answer.accountProof, storageProof, sizeBytes };
}
