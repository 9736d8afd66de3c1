// Every monitor, once. What is not here is not watched; README.md says what that is.

import type { Monitor } from './monitor.ts';
import { agreement } from './monitors/agreement.ts';
import { conservation } from './monitors/conservation.ts';
import { continuity } from './monitors/continuity.ts';
import { contradictions } from './monitors/contradictions.ts';
import { coreCode } from './monitors/coreCode.ts';
import { eventsMatchState } from './monitors/eventsMatchState.ts';
import { finalMatchesL2 } from './monitors/finalMatchesL2.ts';
import { forcedQueue } from './monitors/forcedQueue.ts';
import { lanes } from './monitors/lanes.ts';
import { liveness } from './monitors/liveness.ts';
import { people } from './monitors/people.ts';
import { pins } from './monitors/pins.ts';
import { upgrades } from './monitors/upgrades.ts';

export const MONITORS: readonly Monitor[] = [
  pins, agreement, continuity, eventsMatchState, coreCode, lanes, finalMatchesL2, contradictions, liveness, forcedQueue, conservation, people, upgrades,
];
