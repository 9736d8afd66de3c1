// The windows of a sustained run, over samples whose rate, cost and memory are known.
//
// Owns: that a window's figures are those of its own samples. Does not own: the run itself (npm run bench:node).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { windowReport, windowsOf, type Sample } from '../../../node/bench/sustained.ts';

/** 250 tx/s at 0.5 CPU ms each until `changeSeconds`, then 100 tx/s at 2 CPU ms; memory grows 1 MiB a sample from there. */
function samplesOf(minutes: number, changeSeconds: number): Sample[] {
  return Array.from({ length: minutes * 6 + 1 }, (_, index): Sample => {
    const seconds = index * 10 + 0.02;
    const early = Math.min(seconds, changeSeconds);
    const late = Math.max(0, seconds - changeSeconds);
    const anonymousMiB = 100 + late / 10;
    return { seconds, mined: early * 250 + late * 100, cpuSeconds: early * 0.125 + late * 0.2, memory: { totalMiB: anonymousMiB + 50, anonymousMiB, fileMiB: 50 } };
  });
}

test('a run of thirty minutes has three windows of ten, and what changed at minute 20 shows in the last alone', () => {
  const windows = windowsOf(samplesOf(30, 1_200.02), 30);
  assert.deepEqual(windows.map(({ fromMinute, toMinute }) => [fromMinute, toMinute]), [[0, 10], [10, 20], [20, 30]]);
  assert.deepEqual(windows.map(({ transactionsPerSecond }) => Math.round(transactionsPerSecond)), [250, 250, 100]);
  assert.deepEqual(windows.map(({ cpuMillisecondsPerTransaction }) => cpuMillisecondsPerTransaction.toFixed(3)), ['0.500', '0.500', '2.000']);
  assert.deepEqual(windows.map(({ mean }) => Math.round(mean.anonymousMiB)), [100, 100, 130]);
  assert.deepEqual(windows.map(({ highest }) => Math.round(highest.totalMiB)), [150, 150, 210]);
  assert.equal(windowReport(windows).at(-1), 'last / middle: rate 0.400, CPU ms/tx 4.000, resident mean 1.200, anonymous mean 1.300, highest 1.400');
});

test('a shorter run is cut into thirds, and one with too few samples for that is refused', () => {
  assert.deepEqual(windowsOf(samplesOf(6, 400), 6).map(({ fromMinute, toMinute }) => [fromMinute, toMinute]), [[0, 2], [2, 4], [4, 6]]);
  assert.throws(() => windowsOf(samplesOf(6, 400).slice(0, 12), 6), /window 1 has fewer than two samples/);
});
