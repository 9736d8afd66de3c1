// What an upgrade changes, in sentences and before/after pairs. Owns the wording, one function a kind. Values before are read at the view's block.
// Invariant: every field of the payload is in the sentences; a value before that cannot be read is `unknown`.

import { isAddressEqual, type Hex } from 'viem';
import type { View } from '../monitor.ts';
import { duration } from '../monitors/verdicts.ts';
import { Unverifiable } from '../verdict.ts';
import type { Upgrade } from './decode.ts';

export interface Delta {
  readonly what: string;
  readonly before: string;
  readonly after: string;
}

export interface Description {
  readonly sentences: readonly string[];
  readonly deltas: readonly Delta[];
}

interface CouncilMember { readonly account: Hex; readonly isExternal: boolean }

/** A read whose failure is said, not hidden. */
async function known(read: () => Promise<string>): Promise<string> {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof Unverifiable) return 'unknown';
    throw cause;
  }
}

const parts = (millionths: bigint): string => `${Number(millionths) / 1_000_000} (${millionths} millionths)`;

export async function describeUpgrade(view: View, { kind, fields }: Upgrade): Promise<Description> {
  switch (kind) {
    case 'Core': return core(view, fields as { implementation: Hex; codehash: Hex; migrates: boolean });
    case 'ZkLane': return zkLane(fields as { lane: Hex; codehash: Hex; builtOn: readonly Hex[] });
    case 'LaneSwitch': return laneSwitch(view, fields as { lane: Hex; codehash: Hex; isEnabled: boolean });
    case 'Spec': return spec(fields as { specId: bigint; delaySeconds: bigint });
    case 'AttesterSet': return attesterSet(fields as { previousLane: Hex; lane: Hex; codehash: Hex });
    case 'Operator': return operator(view, fields as { hotKey: Hex; coldKey: Hex });
    case 'Fees': return fees(view, fields as { dataFeeScalar: bigint; surchargeScalar: bigint });
    case 'Council': return council(view, fields as { members: readonly CouncilMember[]; threshold: bigint });
    default: return { sentences: [`An upgrade of the kind ${kind}, which this watchtower cannot describe.`], deltas: [] };
  }
}

async function core(view: View, { implementation, codehash, migrates }: { implementation: Hex; codehash: Hex; migrates: boolean }): Promise<Description> {
  const last = view.events('Rollup', 'Upgraded').at(-1)?.args['implementation'];
  return {
    sentences: [
      `Replaces the code of the Rollup by the contract at ${implementation} (code hash ${codehash}).`,
      migrates ? 'In the same act it calls migrate() of the new code, which may rewrite any storage of the Rollup.' : 'It calls nothing in the same act.',
      'Whoever wrote that code decides what becomes final from then on: everything that is not paid out before is at its mercy.',
    ],
    deltas: [{ what: 'implementation of the Rollup', before: typeof last === 'string' ? last : 'unknown', after: implementation }],
  };
}

function zkLane({ lane, codehash, builtOn }: { lane: Hex; codehash: Hex; builtOn: readonly Hex[] }): Description {
  return {
    sentences: [
      `Lets the zk lane at ${lane} answer (code hash ${codehash}).`,
      builtOn.length === 0 ? 'It names no lane that it is built on.' : `It falls with any of the lanes that it is built on: ${builtOn.join(', ')}.`,
      'What this lane accepts becomes final after its waiting time, or at once if the attesters agree: a lane that lies takes everything that is not paid out.',
    ],
    deltas: [{ what: `zk lane ${lane}`, before: 'may not answer', after: 'may answer' }],
  };
}

async function laneSwitch(view: View, { lane, codehash, isEnabled }: { lane: Hex; codehash: Hex; isEnabled: boolean }): Promise<Description> {
  const before = await known(async () => ((await view.read<{ isEnabled: boolean }>('Lanes', 'laneRecord', [lane])).isEnabled ? 'on' : 'off'));
  return {
    sentences: [`Switches lane ${lane} (code hash ${codehash}) ${isEnabled ? 'on' : 'off'}; its answers to batches that are not final are erased.`],
    deltas: [{ what: `lane ${lane}`, before, after: isEnabled ? 'on' : 'off' }],
  };
}

function spec({ specId, delaySeconds }: { specId: bigint; delaySeconds: bigint }): Description {
  return {
    sentences: [`Adds spec ${specId}, active ${duration(Number(delaySeconds))} of T after the execution: batches committed from then on are executed by other rules.`],
    deltas: [{ what: 'latest spec', before: 'unknown', after: specId.toString() }],
  };
}

function attesterSet({ previousLane, lane, codehash }: { previousLane: Hex; lane: Hex; codehash: Hex }): Description {
  const isFirst = isAddressEqual(previousLane, `0x${'00'.repeat(20)}`);
  return {
    sentences: [
      isFirst ? 'Adds a set of attesters beside those there are.' : `Switches the attesters at ${previousLane} off and replaces them.`,
      `The new set answers through the lane at ${lane} (code hash ${codehash}).`,
    ],
    deltas: [{ what: 'attester lane', before: isFirst ? 'none replaced' : previousLane, after: lane }],
  };
}

async function operator(view: View, { hotKey, coldKey }: { hotKey: Hex; coldKey: Hex }): Promise<Description> {
  const [hot, cold] = await Promise.all(['operator', 'coldKey'].map(async (name) => known(async () => view.read<string>('Rollup', name))));
  return {
    sentences: [`Seats another operator: hot key ${hotKey}, cold key ${coldKey}.`, 'An operator orders transactions and may leave any out that did not come through the Inbox; it can take nothing.'],
    deltas: [{ what: 'operator, hot key', before: hot ?? 'unknown', after: hotKey }, { what: 'operator, cold key', before: cold ?? 'unknown', after: coldKey }],
  };
}

async function fees(view: View, { dataFeeScalar, surchargeScalar }: { dataFeeScalar: bigint; surchargeScalar: bigint }): Promise<Description> {
  const read = async (index: number): Promise<string> => known(async () => parts((await view.read<readonly bigint[]>('Rollup', 'feeConfig'))[index] ?? 0n));
  return {
    sentences: [`Sets the data fee to ${parts(dataFeeScalar)} of what L1 charges and the surcharge to ${parts(surchargeScalar)}.`],
    deltas: [{ what: 'data fee scalar', before: await read(0), after: parts(dataFeeScalar) }, { what: 'surcharge scalar', before: await read(1), after: parts(surchargeScalar) }],
  };
}

async function council(view: View, { members, threshold }: { members: readonly CouncilMember[]; threshold: bigint }): Promise<Description> {
  const before = await known(async () => {
    const current = await view.read<readonly CouncilMember[]>('SecurityCouncil', 'members');
    return `${current.length} members (${current.map(({ account }) => account).join(', ')}), ${await view.read<bigint>('SecurityCouncil', 'threshold')} to act`;
  });
  const external = members.filter(({ isExternal }) => isExternal).length;
  return {
    sentences: [`Replaces the whole SecurityCouncil: ${members.length} members, ${threshold} to act, ${external} of them said to be external.`, `Members: ${members.map(({ account, isExternal }) => `${account}${isExternal ? ' (external)' : ''}`).join(', ')}.`],
    deltas: [{ what: 'SecurityCouncil', before, after: `${members.length} members (${members.map(({ account }) => account).join(', ')}), ${threshold} to act` }],
  };
}
