// Every monitor, once. What is not here is not watched; README.md says what that is.

import type { Config } from './config.ts';
import { ConfigMistake } from './fault.ts';
import type { Check, Monitor } from './monitor.ts';
import { agreement } from './monitors/agreement.ts';
import { batchData } from './monitors/batchData.ts';
import { clock } from './monitors/clock.ts';
import { conservation } from './monitors/conservation.ts';
import { continuity } from './monitors/continuity.ts';
import { contradictions } from './monitors/contradictions.ts';
import { coreCode } from './monitors/coreCode.ts';
import { council } from './monitors/council.ts';
import { disputes } from './monitors/disputes.ts';
import { drills } from './monitors/drills.ts';
import { eventsMatchState } from './monitors/eventsMatchState.ts';
import { exitTime } from './monitors/exitTime.ts';
import { finalMatchesL2 } from './monitors/finalMatchesL2.ts';
import { forcedQueue } from './monitors/forcedQueue.ts';
import { lanes } from './monitors/lanes.ts';
import { lanesRefuse } from './monitors/lanesRefuse.ts';
import { lifecycle } from './monitors/lifecycle.ts';
import { liveness } from './monitors/liveness.ts';
import { memberCode } from './monitors/memberCode.ts';
import { peers } from './monitors/peers.ts';
import { people } from './monitors/people.ts';
import { pins } from './monitors/pins.ts';
import { reexecution } from './monitors/reexecution.ts';
import { signsOfLife } from './monitors/signsOfLife.ts';
import { stage } from './monitors/stage.ts';
import { strandedBatches } from './monitors/strandedBatches.ts';
import { unannounced } from './monitors/unannounced.ts';
import { unusedProofs } from './monitors/unusedProofs.ts';
import { upgradeIdentity } from './monitors/upgradeIdentity.ts';
import { upgrades } from './monitors/upgrades.ts';
import { zkAnswers } from './monitors/zkAnswers.ts';
import { zkProgram } from './monitors/zkProgram.ts';
import { SELF_CHECKS } from './self/selfWatch.ts';

export const MONITORS: readonly Monitor[] = [
  pins, agreement, continuity, eventsMatchState, coreCode, upgrades, lanes, upgradeIdentity, zkProgram, zkAnswers, lanesRefuse, strandedBatches, reexecution, finalMatchesL2, contradictions,
  disputes, unusedProofs, batchData, liveness, forcedQueue, conservation, lifecycle, people, memberCode, council, signsOfLife, unannounced, drills, clock, exitTime, stage, peers,
];

/** A check as the configuration wants it. */
export interface Configured<T> {
  readonly check: T;
  readonly isEnabled: boolean;
}

/** Checks with the configuration's severities and patience. A check that is switched off is listed as such and judges nothing. @throws ConfigMistake for an id that is none */
export function configured<T extends Check>(checks: readonly T[], config: Config): readonly Configured<T>[] {
  const known = [...MONITORS, ...SELF_CHECKS].map(({ id }) => id);
  const strange = Object.keys(config.checks).find((id) => !known.includes(id));
  if (strange !== undefined) throw new ConfigMistake(`checks: expected ids of checks (${known.join(', ')}), got ${strange}`);
  return checks.map((check) => {
    const { isEnabled = true, severity = check.severity, staleAfterSeconds = check.staleAfterSeconds } = config.checks[check.id] ?? {};
    return { check: { ...check, severity, staleAfterSeconds }, isEnabled };
  });
}

/** Those that judge. */
export function enabled<T extends Check>(checks: readonly T[], config: Config): readonly T[] {
  return configured(checks, config).filter(({ isEnabled }) => isEnabled).map(({ check }) => check);
}
