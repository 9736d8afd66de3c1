// Every monitor, once. What is not here is not watched; README.md says what that is.

import type { Monitor } from './monitor.ts';
import { agreement } from './monitors/agreement.ts';
import { clock } from './monitors/clock.ts';
import { conservation } from './monitors/conservation.ts';
import { continuity } from './monitors/continuity.ts';
import { contradictions } from './monitors/contradictions.ts';
import { coreCode } from './monitors/coreCode.ts';
import { council } from './monitors/council.ts';
import { disputes } from './monitors/disputes.ts';
import { exitTime } from './monitors/exitTime.ts';
import { eventsMatchState } from './monitors/eventsMatchState.ts';
import { finalMatchesL2 } from './monitors/finalMatchesL2.ts';
import { forcedQueue } from './monitors/forcedQueue.ts';
import { lanes } from './monitors/lanes.ts';
import { lifecycle } from './monitors/lifecycle.ts';
import { liveness } from './monitors/liveness.ts';
import { peers } from './monitors/peers.ts';
import { people } from './monitors/people.ts';
import { pins } from './monitors/pins.ts';
import { reexecution } from './monitors/reexecution.ts';
import { stage } from './monitors/stage.ts';
import { upgrades } from './monitors/upgrades.ts';

export const MONITORS: readonly Monitor[] = [
  pins, agreement, continuity, eventsMatchState, coreCode, upgrades, lanes, reexecution, finalMatchesL2, contradictions, disputes, liveness, forcedQueue, conservation, lifecycle,
  people, council, clock, exitTime, stage, peers,
];
