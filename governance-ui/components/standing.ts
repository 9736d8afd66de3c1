// The reader's standing: how long until a change of the rules could reach them. Owns the reading of its parts at one block.
// Invariant: any part that is unknown makes the whole unknown.

'use client';

import { standingOf } from '../chain/standing.ts';
import type { Standing } from '../chain/standing.ts';
import type { Reading } from '../chain/reading.ts';
import { delayOf, exitWindow, isPending, scheduledUpgrades } from '../chain/timelock.ts';
import { useReading } from './session.tsx';

export function useStanding(): Reading<Standing> | undefined {
  return useReading<Standing>('l1', ['standing'], async ({ system, at, deployment, l1 }) => {
    const { timelock } = system.governance;
    if (timelock === undefined) return { known: true, at, trust: l1.trust, value: { kind: 'key', authority: system.upgradeAuthority } };
    const [upgrades, window, delay] = await Promise.all([scheduledUpgrades(timelock, system.clock, at, deployment.deployBlock), exitWindow(timelock, at), delayOf(timelock, at, 0)]);
    if (!upgrades.known) return upgrades;
    if (!window.known) return window;
    if (!delay.known) return delay;
    const pending = upgrades.value.filter(isPending).map(({ id, executableAt }) => ({ id, executableAt }));
    return { ...upgrades, value: standingOf({ pending, worstExitSeconds: window.value, upgradeDelaySeconds: delay.value, now: at.timestamp }) };
  });
}
