// What a snapshot of the lifecycle means for a person: which layer is open, what comes next and when, in T and in wall time.
// Owns the rules of thumb only in so far as they say *when*; whether an act is open now is asked of the contracts themselves.
// Invariants: pure; delays are the protocol's constants divided by the deployment's time scale; a wall time is a forecast that holds
// if no pause or dispute stops the clock, and is called so.

import {
  ENFORCED_TRIGGER_SECONDS, FIRST_SKIP_WAIT_SECONDS, FORCED_INCLUSION_DELAY_SECONDS, FREEZE_DELAY_SECONDS, NEXT_SKIP_WAIT_SECONDS, RETURN_AFTER_SKIP_SECONDS, RETURN_WAIT_SECONDS, SKIP_NOTICE_SECONDS,
} from '@keyfall/protocol';
import type { Snapshot } from './wayOut.ts';

/** Something that becomes possible, or has. */
export interface Step {
  /** What, in words. */
  readonly what: string;
  /** T from which it is open. */
  readonly atT: bigint;
  readonly isOpen: boolean;
  /** The command that does it; undefined = it happens by itself or is somebody else's. */
  readonly command: string | undefined;
}

/** A protocol delay under the deployment's time scale, seconds. */
export function scaled(seconds: bigint, { timeScale }: Pick<Snapshot, 'timeScale'>): bigint {
  const divided = seconds / timeScale;
  return divided > 0n ? divided : 1n;
}

/** Forecast of the wall time at which T reaches `atT`, seconds. */
function wallAt(atT: bigint, { t, wall }: Pick<Snapshot, 't' | 'wall'>): bigint {
  return atT > t ? wall + (atT - t) : wall - (t - atT);
}

export function durationText(seconds: bigint): string {
  const parts = ([['d', 86_400n], ['h', 3_600n], ['min', 60n], ['s', 1n]] as const).flatMap(([unit, size], position, all) => {
    const larger = all[position - 1]?.[1];
    const count = (larger === undefined ? seconds : seconds % larger) / size;
    return count > 0n ? [`${count} ${unit}`] : [];
  });
  return parts.length === 0 ? '0 s' : parts.slice(0, 2).join(' ');
}

/** "open now", or when it will be. */
export function whenText(step: Step, snapshot: Snapshot): string {
  if (step.isOpen) return 'open now';
  if (step.atT <= snapshot.t) return 'not open';
  const wall = new Date(Number(wallAt(step.atT, snapshot)) * 1_000).toISOString().replace('.000Z', 'Z');
  return `in ${durationText(step.atT - snapshot.t)} (T ${step.atT}, ${wall} if nothing stops the clock)`;
}

const LAYERS: Readonly<Record<Snapshot['phase'], string>> = {
  none: 'unknown: the Lifecycle answers no phase',
  operating: 'Operating: the operator commits; what is forced through the Inbox must be taken within F',
  enforced: 'Enforced: anyone commits and proves the queue; the operator has no say',
  frozen: 'Frozen, for ever: everyone exits against the last final state',
};

export function layerText({ phase }: Pick<Snapshot, 'phase'>): string {
  return LAYERS[phase];
}

/** What comes next, in the order of time. */
export function nextSteps(snapshot: Snapshot): readonly Step[] {
  const steps = snapshot.phase === 'operating' ? operatingSteps(snapshot) : snapshot.phase === 'enforced' ? enforcedSteps(snapshot) : [];
  return [...steps, ...freezeSteps(snapshot)].toSorted((a, b) => (a.atT === b.atT ? 0 : a.atT < b.atT ? -1 : 1));
}

function operatingSteps(snapshot: Snapshot): Step[] {
  const { oldestMessageT, oldestBatchT, t } = snapshot;
  const steps: Step[] = [];
  const forced = scaled(FORCED_INCLUSION_DELAY_SECONDS, snapshot);
  const trigger = scaled(ENFORCED_TRIGGER_SECONDS, snapshot);
  if (oldestMessageT !== undefined) {
    steps.push({ what: `no batch can be committed without message ${snapshot.settledIndex}`, atT: oldestMessageT + forced + 1n, isOpen: t > oldestMessageT + forced, command: undefined });
  }
  const oldest = [oldestMessageT, oldestBatchT].flatMap((time) => time ?? []).toSorted((a, b) => (a < b ? -1 : 1))[0];
  if (oldest !== undefined) steps.push({ what: 'anyone may enter Enforced', atT: oldest + trigger + 1n, isOpen: t > oldest + trigger, command: 'keyfall lifecycle enter' });
  return steps;
}

function enforcedSteps(snapshot: Snapshot): Step[] {
  const { episode, t, lastProofT, lastFinalT } = snapshot;
  const latest = (...times: readonly bigint[]): bigint => times.reduce((a, b) => (a > b ? a : b));
  const steps: Step[] = [];
  const isAnnounced = episode.announcedT > 0n && lastProofT < episode.announcedT;
  const quietFrom = latest(episode.enteredT, lastProofT, episode.lastSkipT);
  const announceAt = quietFrom + scaled(episode.firstSkipT === 0n ? FIRST_SKIP_WAIT_SECONDS : NEXT_SKIP_WAIT_SECONDS, snapshot);
  if (isAnnounced) {
    const takeAt = episode.announcedT + scaled(SKIP_NOTICE_SECONDS, snapshot);
    steps.push({ what: `up to ${episode.skipWidth} messages at the head of the queue may be skipped, unless a proof comes first`, atT: takeAt, isOpen: t >= takeAt, command: 'keyfall lifecycle skip' });
  } else if (snapshot.nextInboxIndex < snapshot.inboxCount) {
    steps.push({ what: 'a skip of the head of the queue may be announced, if no proof comes first and its messages are older than E', atT: announceAt, isOpen: t >= announceAt, command: 'keyfall lifecycle skip' });
  }
  if (episode.returnRequestedT > 0n) {
    const afterSkip = episode.lastSkipT === 0n ? 0n : episode.lastSkipT + scaled(RETURN_AFTER_SKIP_SECONDS, snapshot);
    const at = latest(episode.returnRequestedT + scaled(RETURN_WAIT_SECONDS, snapshot), afterSkip);
    const isProven = lastFinalT > latest(episode.enteredT, episode.lastSkipT) && (episode.lastSkipT === 0n || lastProofT > episode.lastSkipT);
    const proven = isProven ? '' : episode.lastSkipT === 0n ? ' and a batch became final in this phase' : ' and a batch was proven and one became final since the last skip';
    steps.push({ what: `the chain may go back to Operating once messages below ${episode.returnTarget} are settled for a day${proven}`, atT: at, isOpen: t >= at && snapshot.settledIndex >= episode.returnTarget && isProven, command: 'keyfall lifecycle return' });
  }
  const delay = scaled(FREEZE_DELAY_SECONDS, snapshot);
  const finality = latest(episode.enteredT, lastFinalT) + delay;
  steps.push({ what: 'anyone may freeze the chain, unless a batch becomes final first', atT: finality, isOpen: snapshot.freezable.includes('no-finality'), command: 'keyfall lifecycle freeze' });
  if (episode.firstSkipT > 0n) {
    steps.push({ what: 'anyone may freeze the chain, unless it is back in Operating', atT: episode.firstSkipT + delay, isOpen: snapshot.freezable.includes('skipped'), command: 'keyfall lifecycle freeze' });
  }
  return steps;
}

/** Causes of a freeze that need no date: an unresolved dispute, no lane left. */
function freezeSteps(snapshot: Snapshot): Step[] {
  if (snapshot.phase === 'frozen') return [];
  return snapshot.freezable.filter((cause) => cause === 'dispute' || cause === 'no-lane')
    .map((cause) => ({ what: `anyone may freeze the chain (${cause})`, atT: snapshot.t, isOpen: true, command: 'keyfall lifecycle freeze' }));
}
