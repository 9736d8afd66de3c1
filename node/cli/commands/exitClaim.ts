// `keyfall exit claim`: withdrawals of an account that are final and that nobody has claimed, found in the chain as rebuilt from L1.
// Needs no file of whoever sent them. Owns finding and claiming; after a freeze `keyfall exit escape` does it with everything else.
// Invariant: each proof is checked here against a state root that L1 has as final; only the recipient is paid, whoever claims.

import { ASSET_KINDS, MESSAGE_PASSER, sentSlot } from '@keyfall/protocol';
import type { Hex } from '@keyfall/protocol';
import { parseAddress } from '../amounts.ts';
import { stateOfBatch } from '../exit/collect.ts';
import { pendingWithdrawals } from '../exit/positions.ts';
import { StateProofs } from '../exit/stateProofs.ts';
import { CommandFailure } from '../failure.ts';
import { followRollup } from '../follower.ts';
import type { FollowerOptions } from '../follower.ts';
import { homeAt } from '../home.ts';
import { loadWallet } from '../keys.ts';
import type { Output } from '../output.ts';
import { carryOut, plannedCall } from '../sending.ts';
import type { PlannedTransaction, SendingOptions } from '../sending.ts';
import { WayOut } from '../wayOut.ts';
import type { CommonOptions } from './options.ts';

export interface ExitClaimOptions extends CommonOptions, FollowerOptions, SendingOptions {
  readonly owner?: string;
}

export async function exitClaim(options: ExitClaimOptions, output: Output): Promise<void> {
  const home = homeAt(options.home);
  const owner = (options.owner === undefined ? (await loadWallet(options, home)).address : parseAddress(options.owner, '--owner')).toLowerCase() as Hex;
  const { connection, close } = await followRollup(options, home, output);
  try {
    const out = await WayOut.find(connection.l1, connection.rollupAddress);
    const { finalized, phase } = await out.snapshot();
    if (phase === 'frozen') throw new CommandFailure('failed', 'the chain is frozen: keyfall exit escape claims withdrawals together with all else');
    const state = await stateOfBatch(connection, out, finalized);
    const proofs = await StateProofs.open(connection.l2, state);
    const withdrawals = await pendingWithdrawals(connection, out.vault, owner, state.blockNumber);
    if (withdrawals.length === 0) throw new CommandFailure('failed', `${owner} has no withdrawal that is final and not claimed (final up to L2 block ${state.blockNumber}); keyfall exit plan shows what is on its way`);
    const plan: PlannedTransaction[] = [];
    for (const { hash, withdrawal } of withdrawals) {
      const proof = await proofs.slot(MESSAGE_PASSER, sentSlot(hash));
      if (proof === undefined) throw new CommandFailure('failed', `withdrawal ${hash} is not in the final state, though its event is before it`);
      const onL1 = { ...withdrawal, assetKind: ASSET_KINDS[withdrawal.assetKind] };
      const call = await plannedCall(out.vault, 'Vault', 'withdraw', [finalized, onL1, proof.accountProof, proof.storageProof], `claim withdrawal ${hash} of ${withdrawal.amount} (${withdrawal.assetKind}) for ${withdrawal.recipient}`);
      plan.push(withdrawals.length === 1 ? call : { ...call, isOptional: true });
    }
    const failures: string[] = [];
    const receipts = await carryOut(plan, `Keyfall: withdrawals of ${owner}`, { l1: connection.l1, home, output, options, failures });
    if (receipts === undefined) return;
    const facts = { owner, claimed: receipts.length, l1Hashes: receipts.map(({ hash }) => hash), failures };
    if (failures.length > 0) throw new CommandFailure('failed', `${receipts.length} of ${plan.length} were claimed: ${failures.join('; ')}`, { facts });
    output.result(facts, [`${receipts.length === 1 ? 'one withdrawal' : `${receipts.length} withdrawals`} claimed`]);
  } finally {
    await close();
  }
}
