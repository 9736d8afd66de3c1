// Proofs checked in a worker, or, where the browser gives the page none (opened from a disk), on the page's own thread: the same code.
// Owns that choice and says which it was.
// Invariant: the answer is a proof that was verified, or why it was not; a worker that fails to start is no verdict.

import type { ExitKit, KitGround, VerifiedKit } from '../chain/exit/kit.ts';
import type { PoolShare, VerifiedPool } from '../chain/exit/pool.ts';
import type { WithdrawalProof, WithdrawalProofTask } from '../chain/proof/withdrawal.ts';
import type { BatchTask, BatchVerdict } from '../chain/recompute/batch.ts';
import type { BlockLog, BlockTask, HeaderRoots, TransactionFacts } from '../chain/recompute/block.ts';
import type { Hex } from 'viem';
import { runTask } from './proofTasks.ts';
import type { ProofTask } from './proofTasks.ts';

type Verdict<T> = { readonly ok: true; readonly proof: T; readonly where: 'worker' | 'page' } | { readonly ok: false; readonly why: string };

export const checkProof = async (withdrawal: WithdrawalProofTask): Promise<Verdict<WithdrawalProof>> => check({ kind: 'withdrawal', withdrawal });
export const checkKit = async (kit: ExitKit, ground: KitGround): Promise<Verdict<VerifiedKit>> => check({ kind: 'kit', kit, ground });
export const checkPool = async (share: PoolShare, ground: KitGround): Promise<Verdict<VerifiedPool>> => check({ kind: 'pool', share, ground });
export const checkBatch = async (batch: BatchTask): Promise<Verdict<BatchVerdict>> => check({ kind: 'batch', batch });
export const checkTransactions = async (header: HeaderRoots, rawBlock: unknown): Promise<Hex[]> => must(await check({ kind: 'transactions', header, rawBlock }));
export const checkBlock = async (block: BlockTask): Promise<TransactionFacts[]> => must(await check({ kind: 'block', block }));
export const checkLogs = async (header: HeaderRoots, receipts: unknown): Promise<BlockLog[]> => must(await check({ kind: 'logs', header, receipts }));

function must<T>(verdict: Verdict<T>): T {
  if (!verdict.ok) throw new Error(verdict.why);
  return verdict.proof;
}

async function check<T>(task: ProofTask): Promise<Verdict<T>> {
  const here = async (): Promise<T> => (await runTask(task)) as T;
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

async function onPage<T>(here: () => Promise<T>): Promise<Verdict<T>> {
  try {
    return { ok: true, proof: await here(), where: 'page' };
  } catch (error) {
    return { ok: false, why: error instanceof Error ? error.message : String(error) };
  }
}
