// Proofs checked in a worker, or, where the browser gives the page none (opened from a disk), on the page's own thread: the same code.
// Owns that choice and says which it was.
// Invariant: the answer is a proof that was verified, or why it was not; a worker that fails to start is no verdict.

import { verifyWithdrawal } from '../chain/proof/withdrawal.ts';
import type { WithdrawalProof, WithdrawalProofTask } from '../chain/proof/withdrawal.ts';

export type ProofVerdict = { readonly ok: true; readonly proof: WithdrawalProof; readonly where: 'worker' | 'page' } | { readonly ok: false; readonly why: string };

export async function checkProof(task: WithdrawalProofTask): Promise<ProofVerdict> {
  const worker = startWorker();
  if (worker === undefined) return onPage(task);
  return new Promise((resolve) => {
    worker.addEventListener('message', ({ data }: MessageEvent<{ ok: true; proof: WithdrawalProof } | { ok: false; why: string }>) => {
      worker.terminate();
      resolve(data.ok ? { ...data, where: 'worker' } : data);
    });
    worker.addEventListener('error', () => {
      worker.terminate();
      resolve(onPage(task));
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

function onPage(task: WithdrawalProofTask): ProofVerdict {
  try {
    return { ok: true, proof: verifyWithdrawal(task), where: 'page' };
  } catch (error) {
    return { ok: false, why: error instanceof Error ? error.message : String(error) };
  }
}
