// `keyfall lifecycle status|enter|skip|drop|return|freeze`: what state the chain is in, and the acts that anyone may bring about.
// Owns which call each word stands for, and the look before it: an act that is not open is refused here, in words, before a key is
// read. What opens them is the Lifecycle contract's.
// Invariant: everything is read from L1; no node of ours is asked.

import { CommandFailure } from '../failure.ts';
import { namedRollup } from '../follower.ts';
import { homeAt } from '../home.ts';
import { loadWallet } from '../keys.ts';
import { layerText, nextSteps, whenText } from '../lifecycleStatus.ts';
import { columns } from '../output.ts';
import type { Output } from '../output.ts';
import { connect } from '../rollup.ts';
import { carryOut, plannedCall } from '../sending.ts';
import type { PlannedTransaction, SendingOptions } from '../sending.ts';
import { FREEZE_CAUSES, WayOut } from '../wayOut.ts';
import type { Snapshot } from '../wayOut.ts';
import type { CommonOptions } from './options.ts';

export type LifecycleOptions = CommonOptions & SendingOptions;
const ACTS = ['enter', 'skip', 'drop', 'return', 'freeze'] as const;
type Act = (typeof ACTS)[number];

export async function lifecycle(act: string, options: LifecycleOptions, output: Output): Promise<void> {
  if (act !== 'status' && !ACTS.some((known) => known === act)) throw new CommandFailure('usage', `expected status, ${ACTS.join(', ')}, got '${act}'`);
  const home = homeAt(options.home);
  const { l1: url, rollup } = namedRollup(options, home);
  const l1 = await connect(url);
  try {
    const out = await WayOut.find(l1, rollup);
    const snapshot = await out.snapshot();
    if (act === 'status') return show(snapshot, output);
    const seated = async (): Promise<boolean> => {
      if (options.unsigned === true) return true;
      const { address } = await loadWallet(options, home);
      const keys = await Promise.all(['operator', 'coldKey'].map(async (key) => (await out.seat.getFunction(key).staticCall()) as string));
      return keys.includes(address);
    };
    const planned = await plan(act as Act, out, snapshot, seated);
    const receipts = await carryOut([planned], `Keyfall: ${planned.about}`, { l1, home, output, options });
    if (receipts === undefined) return;
    const after = await out.snapshot();
    output.result({ did: planned.about, l1Hash: receipts[0]?.hash, phase: after.phase, t: after.t }, [`done: ${planned.about}`, `phase: ${layerText(after)}`]);
  } finally {
    l1.destroy();
  }
}

function show(snapshot: Snapshot, output: Output): void {
  const steps = nextSteps(snapshot);
  const { episode, pinned, phase } = snapshot;
  const rows: [string, string][] = [
    ['layer', layerText(snapshot)],
    ['T', `${snapshot.t} (L1 block ${snapshot.l1Block}, ${new Date(Number(snapshot.wall) * 1_000).toISOString()}${snapshot.isFinalityBlocked ? '; finality is blocked by a pause or a dispute' : ''})`],
    ['queue', `${snapshot.inboxCount} messages, settled below ${snapshot.settledIndex}${snapshot.oldestMessageT === undefined ? '' : `, the oldest unsettled one ${snapshot.t - snapshot.oldestMessageT} s old`}`],
    ['batches', `${snapshot.committed} committed, ${snapshot.finalized} final${snapshot.canFinalize ? ' (the next one can be made final)' : ''}`],
    ...(phase === 'enforced' ? [['episode', `${episode.number}, since T ${episode.enteredT}`] as [string, string]] : []),
    ...(pinned === undefined ? [] : [['pinned', `state root ${pinned.root} of batch ${pinned.batch}; messages settled below ${pinned.settledIndex}`] as [string, string]]),
  ];
  const facts = {
    phase, layer: layerText(snapshot), t: snapshot.t, wall: snapshot.wall, l1Block: snapshot.l1Block, isFinalityBlocked: snapshot.isFinalityBlocked, inboxCount: snapshot.inboxCount,
    settledIndex: snapshot.settledIndex, committed: snapshot.committed, finalized: snapshot.finalized, openDispute: snapshot.openDispute, freezable: snapshot.freezable, pinned: pinned ?? null,
    next: steps.map((step) => ({ ...step, command: step.command ?? null, when: whenText(step, snapshot) })),
  };
  const next = steps.map((step) => `  ${step.what}: ${whenText(step, snapshot)}${step.command !== undefined && step.isOpen ? `   (${step.command})` : ''}`);
  output.result(facts, [...columns(rows), ...(next.length === 0 ? [] : ['next:', ...next])]);
}

async function plan(act: Act, out: WayOut, snapshot: Snapshot, seated: () => Promise<boolean>): Promise<PlannedTransaction> {
  switch (act) {
    case 'enter': {
      requirePhase(snapshot, 'operating');
      requireOpen(snapshot, 'keyfall lifecycle enter', 'neither a message nor a batch is old enough');
      const first = await out.firstUnproven(snapshot);
      return plannedCall(out.lifecycle, 'Lifecycle', 'enterEnforced', [first], first === 0n ? 'enter Enforced' : `enter Enforced; batches from ${first} on, which have no proof, fall`);
    }
    case 'skip': {
      requirePhase(snapshot, 'enforced');
      requireOpen(snapshot, 'keyfall lifecycle skip', 'no skip can be announced or taken now');
      const isAnnounced = snapshot.episode.announcedT > 0n && snapshot.lastProofT < snapshot.episode.announcedT;
      return isAnnounced
        ? plannedCall(out.lifecycle, 'Lifecycle', 'takeSkip', [], `skip up to ${snapshot.episode.skipWidth} messages from ${snapshot.nextInboxIndex} on: their deposits can then be refunded on L1`)
        : plannedCall(out.lifecycle, 'Lifecycle', 'announceSkip', [], `announce a skip of the head of the queue, message ${snapshot.nextInboxIndex}`);
    }
    case 'drop': {
      const first = await out.firstUnproven(snapshot);
      if (first === 0n) throw new CommandFailure('failed', 'every committed batch has a proof: nothing can be dropped');
      return plannedCall(out.rollup, 'Rollup', 'drop', [first], `drop batch ${first}, which has no proof, and all after it`);
    }
    case 'return': {
      requirePhase(snapshot, 'enforced');
      if (snapshot.episode.returnRequestedT > 0n) return plannedCall(out.lifecycle, 'Lifecycle', 'returnToOperating', [], 'go back to Operating');
      if (!(await seated())) throw new CommandFailure('failed', 'the way back must first be requested by the seated operator (its hot or its cold key), and this key is neither');
      return plannedCall(out.lifecycle, 'Lifecycle', 'requestReturn', [], `request the return to Operating: messages below ${snapshot.inboxCount} must be settled first`);
    }
    case 'freeze': {
      const [cause] = snapshot.freezable;
      if (cause === undefined) throw new CommandFailure('failed', `the chain cannot be frozen now${hint(snapshot, 'keyfall lifecycle freeze')}`);
      return plannedCall(out.lifecycle, 'Lifecycle', 'freeze', [FREEZE_CAUSES.indexOf(cause), cause === 'dispute' ? snapshot.openDispute : 0n], `freeze the chain for ever, on batch ${snapshot.finalized} (cause: ${cause})`);
    }
  }
}

function requirePhase({ phase }: Snapshot, expected: Snapshot['phase']): void {
  if (phase !== expected) throw new CommandFailure('failed', `expected the phase ${expected}, the chain is in ${phase}`);
}

function requireOpen(snapshot: Snapshot, command: string, otherwise: string): void {
  if (!nextSteps(snapshot).some((step) => step.command === command && step.isOpen)) throw new CommandFailure('failed', `${otherwise}${hint(snapshot, command)}`);
}

function hint(snapshot: Snapshot, command: string): string {
  const step = nextSteps(snapshot).find((candidate) => candidate.command === command);
  return step === undefined ? '' : `: ${step.what}, ${whenText(step, snapshot)}`;
}
