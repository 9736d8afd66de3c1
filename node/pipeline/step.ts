// step(state, event, reads) -> [state, effects]: everything the node decides, without doing any of it.
//
// Owns: the dispatch. Does not own: following L1 (followL1.ts), taking over committed batches (takeOver.ts), building
// (build.ts), doing effects (driver.ts).
// Invariant: pure. The same state, event and persisted records give the same result; time, L1, the pool and execution
// enter as events.
//
//        l1-advanced, l1-reorged, l1-finalized ──► followL1 ──┐
//   idle ──────────────────────────────────────► takeOver ──► deriving ──(executed, adopted)*──► idle, again
//    └── tick ──► build ──► building ──► executed ──► adopted ──► idle

import { strict as assert } from 'node:assert';
import { whenTicked, whileBuilding } from './build.ts';
import type { Effect, StepResult } from './effect.ts';
import type { CoreEvent } from './event.ts';
import { whenL1Advanced, whenL1Finalized, whenL1Reorged } from './followL1.ts';
import type { CoreReads, CoreState } from './state.ts';
import { takeOver, whileDeriving } from './takeOver.ts';

/** One transition. Results of effects are only legal in the activity that asked for them: anything else is a bug. */
export function step(state: CoreState, event: CoreEvent, reads: CoreReads): StepResult {
  switch (event.kind) {
    case 'l1-advanced':
      assertIdle(state, event);
      return whenL1Advanced(state, event.blocks, reads);
    case 'l1-reorged':
      assertIdle(state, event);
      return whenL1Reorged(state, event.ancestor, reads);
    case 'l1-finalized':
      assertIdle(state, event);
      return whenL1Finalized(state, event.block, reads);
    case 'l1-trouble':
      return whenTroubled(state, event.reason);
    case 'tick':
      assertIdle(state, event);
      return whenTicked(state, event, reads);
    case 'resume':
      assertIdle(state, event);
      return takeOver(state, reads);
    case 'executed':
    case 'invalid':
    case 'adopted':
      if (state.activity.kind === 'deriving') return whileDeriving(state, state.activity, event, reads);
      if (state.activity.kind === 'building') return whileBuilding(state, state.activity, event);
      throw new assert.AssertionError({ message: `'${event.kind}' came while idle` });
    default:
      return assertUnreachable(event);
  }
}

function whenTroubled(state: CoreState, reason: string | undefined): StepResult {
  const report: Effect = reason === undefined
    ? { kind: 'report', level: 'info', message: 'L1 is followed again' }
    : { kind: 'report', level: 'warn', message: `L1 is not followed: ${reason}` };
  return [{ ...state, trouble: reason }, [report]];
}

function assertIdle(state: CoreState, event: CoreEvent): void {
  assert.equal(state.activity.kind, 'idle', `'${event.kind}' came while ${state.activity.kind}`);
}

function assertUnreachable(event: never): never {
  throw new assert.AssertionError({ message: `unknown event ${JSON.stringify(event)}` });
}
