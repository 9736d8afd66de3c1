// The upgrades of the timelock as screens read them. Owns the reading and the tone of each state.
// Invariant: where no timelock stands there is no list, and that is *unknown*, not an empty one.

'use client';

import { unknown } from '../chain/reading.ts';
import type { Reading } from '../chain/reading.ts';
import { scheduledUpgrades } from '../chain/timelock.ts';
import type { ScheduledUpgrade, UpgradeState } from '../chain/timelock.ts';
import { useReading } from './session.tsx';
import type { Tone } from './ui.tsx';

export const STATE_TONES: Readonly<Record<UpgradeState, Tone>> = { Unknown: 'warn', Scheduled: 'warn', Executable: 'bad', Executed: 'info', Expired: 'quiet', Vetoed: 'good' };

export function useUpgrades(): Reading<readonly ScheduledUpgrade[]> | undefined {
  return useReading<readonly ScheduledUpgrade[]>('l1', ['upgrades'], async ({ system, at, deployment }) => (system.governance.timelock === undefined ? unknown('no timelock stands') : scheduledUpgrades(system.governance.timelock, system.clock, at, deployment.deployBlock)));
}
