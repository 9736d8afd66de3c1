// Metrics are read from the store when they are asked for: unknown has an age, channels have their delay, and what is not there is not shown as zero.

import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Quorum } from '../../watchtower/l1/quorum.ts';
import { metricsText } from '../../watchtower/metrics.ts';
import { deposit, ReplayL1 } from './replayL1.ts';

it('shows the age of the oldest unknown, each channel\'s delay, and re-execution once it has begun', async (t) => {
  const l1 = new ReplayL1(t);
  const quorum = { matrix: new Map() } as unknown as Quorum;
  await l1.store.commit((write) => {
    write.put(['cursor'], { tip: 1, finalized: 1, first: 1, gaps: [] });
    write.put(['block', 1], { number: 1, hash: '0x', parentHash: '0x', timestamp: 1_000 });
    for (const [monitor, status, since] of [['A', 'unverifiable', 400], ['B', 'unverifiable', 900], ['C', 'ok', 1]] as const) write.put(['verdict', monitor, ''], { monitor, subject: '', status, since });
    write.put(['delivered', 'pager'], { seq: 1, at: 0, waitedMilliseconds: 2_500 });
  });
  const before = await metricsText(l1.store, quorum, 0);
  assert.match(before, /^wt_unknown_oldest_seconds 600$/m);
  assert.match(before, /^wt_alert_delivery_seconds\{channel="pager"\} 2.5$/m);
  assert.doesNotMatch(before, /wt_reexecution/);
  await l1.message(deposit(1n));
  await l1.run();
  assert.match(await metricsText(l1.store, quorum, 0), /^wt_reexecution_lag_batches 0$/m);
});
