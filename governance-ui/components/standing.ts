// The reader's standing: how long until a change of the rules could reach them. Owns the reading of its parts at one block.
// Invariant: any part that is unknown makes the whole unknown.

'use client';

import { stage } from '../chain/maturity.ts';
import { threshold } from '../chain/council.ts';
import { codeSize } from '../chain/system.ts';
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

/** What the delay does not protect from, in sentences; empty when it protects from everyone. */
export function useCaveats(): Reading<readonly string[]> | undefined {
  return useReading<readonly string[]>('l1', ['caveats'], async ({ system, at, l1 }) => {
    const { council, maturity } = system.governance;
    const [now, m, lifecycle] = await Promise.all([maturity === undefined ? undefined : stage(maturity, at), council === undefined ? undefined : threshold(council, at), codeSize(l1, system.lifecycle, at)]);
    if (now?.known === false) return now;
    if (m?.known === false) return m;
    if (!lifecycle.known) return lifecycle;
    const isTraining = now === undefined || now.value === 'Training';
    return { known: true, at, trust: l1.trust, value: [
      ...(isTraining && m !== undefined ? [`In stage Training ${m.value} members of the council together can carry out an upgrade that has passed with no delay at all: against them there is no time.`] : []),
      ...(lifecycle.value === 0 ? ['The slowest way out counts on the Lifecycle contract, which does not stand on this deployment.'] : []),
    ] };
  });
}
