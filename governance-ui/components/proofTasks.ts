// What the proof worker is asked to do, and doing it: the same code in the worker and on the page's own thread. Owns the table of tasks.
// Invariant: a task is plain data; whatever does not hold is thrown, with the rule that it broke.

import { verifyKit } from '../chain/exit/kit.ts';
import type { ExitKit, KitGround } from '../chain/exit/kit.ts';
import { verifyPool } from '../chain/exit/pool.ts';
import type { PoolShare } from '../chain/exit/pool.ts';
import { verifyWithdrawal } from '../chain/proof/withdrawal.ts';
import type { WithdrawalProofTask } from '../chain/proof/withdrawal.ts';
import { recomputeBatch } from '../chain/recompute/batch.ts';
import type { BatchTask } from '../chain/recompute/batch.ts';
import { logsUnderRoot, recomputeBlock, verifiedTransactions } from '../chain/recompute/block.ts';
import type { BlockTask, HeaderRoots } from '../chain/recompute/block.ts';

export type ProofTask =
  | { readonly kind: 'withdrawal'; readonly withdrawal: WithdrawalProofTask } | { readonly kind: 'kit'; readonly kit: ExitKit; readonly ground: KitGround } | { readonly kind: 'pool'; readonly share: PoolShare; readonly ground: KitGround }
  | { readonly kind: 'batch'; readonly batch: BatchTask } | { readonly kind: 'transactions'; readonly header: HeaderRoots; readonly rawBlock: unknown } | { readonly kind: 'block'; readonly block: BlockTask }
  | { readonly kind: 'logs'; readonly header: HeaderRoots; readonly receipts: unknown };

/** One task, wherever it runs. */
export async function runTask(task: ProofTask): Promise<unknown> {
  switch (task.kind) {
    case 'withdrawal': return verifyWithdrawal(task.withdrawal);
    case 'kit': return verifyKit(task.kit, task.ground);
    case 'pool': return verifyPool(task.share, task.ground);
    case 'batch': return recomputeBatch(task.batch);
    case 'transactions': return verifiedTransactions(task.header, task.rawBlock);
    case 'block': return recomputeBlock(task.block);
    case 'logs': return logsUnderRoot(task.header, task.receipts);
  }
}
