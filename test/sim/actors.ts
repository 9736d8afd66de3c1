/**
 * Actors that play the protocol model: users who force and trigger, provers who take their time, operators who lie in wait.
 *
 * Owns behaviour, not rules. An actor is a function called at every step of simulated time; what the protocol refuses it, it tries again later.
 */
import { DAY, HOUR } from './protocol/parameters.ts';
import type { Protocol } from './protocol/protocol.ts';
import { Refused } from './protocol/refused.ts';

export type Actor = (protocol: Protocol) => void;

/** Runs a transition, reporting whether the protocol allowed it; anything but a refusal is a bug and propagates. */
export function attempt(act: () => unknown): boolean {
  try {
    act();
    return true;
  } catch (error) {
    if (error instanceof Refused) return false;
    throw error;
  }
}

/** Steps simulated time by an hour until `done` or `limitDays` of wall time. */
export function play(protocol: Protocol, actors: readonly Actor[], done: () => boolean, limitDays: number): void {
  const limit = protocol.wall + limitDays * DAY;
  while (!done() && protocol.wall < limit) {
    protocol.advance(HOUR);
    for (const actor of actors) actor(protocol);
  }
}

/** Enters Enforced half a day after the trigger opens. */
export function slowTrigger(): Actor {
  let openSince: number | undefined;
  return (protocol) => {
    if (protocol.mode !== 'Operating') return;
    const message = protocol.messages[protocol.settled];
    const batch = protocol.batches[protocol.finalCount];
    const oldest = Math.min(message?.t ?? Infinity, batch?.committedAt ?? Infinity);
    if (protocol.t - oldest <= 7 * DAY) return;
    openSince ??= protocol.t;
    if (protocol.t - openSince >= DAY / 2) attempt(() => protocol.enterEnforced());
  };
}

/** Proves in Enforced with `days` of T from the moment it may start; restarts when its messages or parent change. */
export function enforcedProver(lane: string, days = 3): Actor {
  let job: { parent: string; from: number; to: number; start: number } | undefined;
  return (protocol) => {
    if (protocol.mode !== 'Enforced') {
      job = undefined;
      return;
    }
    const stale = job === undefined || job.parent !== protocol.honestTip() || job.from !== protocol.nextMessage;
    if (stale) {
      const to = protocol.enforceable();
      job = to > protocol.nextMessage ? { parent: protocol.honestTip(), from: protocol.nextMessage, to, start: protocol.t } : undefined;
      return;
    }
    if (protocol.t - job!.start >= days * DAY) attempt(() => protocol.commitEnforced(lane, { to: job!.to }));
  };
}

export const finalizer: Actor = (protocol) => void protocol.finalize();

/** Announces and takes skips as soon as it may. */
export const skipper: Actor = (protocol) => {
  attempt(() => protocol.announceSkip());
  attempt(() => protocol.takeSkip());
};

export const freezer: Actor = (protocol) => void attempt(() => protocol.freeze());

/** Drops whatever has waited too long for a proof. */
export const dropper: Actor = (protocol) => void attempt(() => protocol.drop(protocol.finalCount));
