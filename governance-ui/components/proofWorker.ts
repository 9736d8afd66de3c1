// Proofs checked in a worker, or, where the browser gives the page none (opened from a disk), on the page's own thread: the same code.
// Owns that choice and says which it was.
// Invariant: the answer is a proof that was verified, or why it was not; a worker that fails to start is no verdict.

import { verifyKit } from '../chain/exit/kit.ts';
import type { ExitKit, KitGround, VerifiedKit } from '../chain/exit/kit.ts';
import { verifyWithdrawal } from '../chain/proof/withdrawal.ts';
import type { WithdrawalProof, WithdrawalProofTask } from '../chain/proof/withdrawal.ts';

export type ProofTask = { readonly kind: 'withdrawal'; readonly withdrawal: WithdrawalProofTask } | { readonly kind: 'kit'; readonly kit: ExitKit; readonly ground: KitGround };
type Verdict<T> = { readonly ok: true; readonly proof: T; readonly where: 'worker' | 'page' } | { readonly ok: false; readonly why: string };

export const checkProof = async (withdrawal: WithdrawalProofTask): Promise<Verdict<WithdrawalProof>> => check({ kind: 'withdrawal', withdrawal }, () => verifyWithdrawal(withdrawal));
export const checkKit = async (kit: ExitKit, ground: KitGround): Promise<Verdict<VerifiedKit>> => check({ kind: 'kit', kit, ground }, () => verifyKit(kit, ground));

async function check<T>(task: ProofTask, here: () => T): Promise<Verdict<T>> {
  const worker = startWorker();
  if (worker === undefined) return onPage(here);
  return new Promise((resolve) => {
    worker.addEventListener('message', ({ data }: MessageEvent<{ ok: true; proof: T } | { ok: false; why: string }>) => {
      worker.terminate();
      resolve(data.ok ? { ...data, where: 'worker' } : data);
    });
    worker.addEventListener('error', () => {
      worker.terminate();
      resolve(onPage(here));
    });
    worker.postMessage(task);
  });
}

function startWorker(): Worker | undefined {
  try {
    return new Worker(new URL('./proof.worker.ts', import.meta.url), { type: 'module' });
  } catch {
    // Pages from a disk may have no workers; the caller then checks on its own thread.
    return undefined;
  }
}

function onPage<T>(here: () => T): Verdict<T> {
  try {
    return { ok: true, proof: here(), where: 'page' };
  } catch (error) {
    return { ok: false, why: error instanceof Error ? error.message : String(error) };
  }
}
