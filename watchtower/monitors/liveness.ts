// E29: the chain moves: the operator commits and batches become final within the protocol's own deadlines (in T, so a pause does not alarm twice).

import { ENFORCED_TRIGGER_SECONDS, PROOF_DEADLINE_SECONDS } from '@keyfall/protocol';
import type { Monitor, View } from '../monitor.ts';
import { duration, holds } from './verdicts.ts';

interface BatchRecord { readonly commitTime: number }

/** A quarter of V without a commit is no breach of any rule, and nothing that a healthy operator does. */
const COMMIT_SHARE = 4n;

export const liveness: Monitor = {
  id: 'E29-liveness', group: 'E', about: 'batches are committed and become final in time', severity: 'warning', needs: ['Rollup', 'Clock'], staleAfterSeconds: 900,
  evaluate: async (view) => {
    const [committed, finalized, now, scale] = await Promise.all([
      view.read<bigint>('Rollup', 'committedCount'), view.read<bigint>('Rollup', 'finalizedCount'), view.read<bigint>('Clock', 'current'), view.read<bigint>('Clock', 'TIME_SCALE'),
    ]);
    const verdicts = [];
    if (committed > 0n) verdicts.push(await commitAge(view, committed, Number(PROOF_DEADLINE_SECONDS / COMMIT_SHARE / scale)));
    if (committed > finalized) {
      const next = await view.read<BatchRecord>('Rollup', 'batch', [finalized + 1n]);
      const committedAt = await view.read<bigint>('Clock', 'timeAt', [next.commitTime]);
      const [age, limit] = [Number(now - committedAt), Number(ENFORCED_TRIGGER_SECONDS / scale)];
      verdicts.push(holds(view, age * 2 < limit, { subject: 'finality', sentence: `batch ${finalized + 1n} waits for finality since ${duration(age)} of T; Enforced opens after ${duration(limit)}`, expected: `less than half of ${duration(limit)}`, got: duration(age) }));
    } else verdicts.push(holds(view, true, { subject: 'finality', sentence: 'every committed batch is final', expected: 'no batch waits', got: 'no batch waits' }));
    return verdicts;
  },
};

async function commitAge(view: View, committed: bigint, limit: number): ReturnType<NonNullable<Monitor['evaluate']>> extends Promise<readonly (infer V)[]> ? Promise<V> : never {
  const { commitTime } = await view.read<BatchRecord>('Rollup', 'batch', [committed]);
  const age = Number(view.header.timestamp) - commitTime;
  return holds(view, age < limit, { subject: 'commits', sentence: `the last commit is ${duration(age)} old`, expected: `less than ${duration(limit)}`, got: duration(age) });
}
