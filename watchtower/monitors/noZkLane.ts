// What group D says while no zk lane exists: unknown, never ok. Owns the words, and the patience: a chain without a zk lane is in no danger that grows by
// the minute, and an alarm that always stands is one that nobody reads.

import type { View } from '../monitor.ts';
import type { Verdict } from '../verdict.ts';
import { verdict } from './verdicts.ts';

export const NO_ZK_LANE_STALE_SECONDS = 31_536_000;

export function noZkLane(view: View, expected: string): Verdict {
  return verdict(view, 'unverifiable', { sentence: 'no zk lane may answer: there are no validity proofs to check', expected, got: 'no zk lane' });
}
