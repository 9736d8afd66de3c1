// B17: who an upgrade is. Its identity and its content's are computed here from the bytes that the event shows, so that what people voted on, signed and read
// is what the timelock keeps; its delay is the one that the kind promises; and no content comes back after a veto, nor stands twice under other salts.
// An upgrade carries no value and names no predecessor: the timelock knows neither.

import { encodeAbiParameters, keccak256, type Hex } from 'viem';
import { UPGRADE_KINDS } from '@keyfall/protocol';
import type { Monitor, StoredEvent, View } from '../monitor.ts';
import type { Verdict } from '../verdict.ts';
import { judgedAlone } from './alone.ts';
import { duration, verdict } from './verdicts.ts';

interface Raw { readonly kind: number | string; readonly payload: Hex; readonly reportHash: Hex; readonly salt: Hex }

const STATES = ['Unknown', 'Scheduled', 'Executable', 'Executed', 'Expired', 'Vetoed'];
const PENDING: readonly (string | undefined)[] = ['Scheduled', 'Executable'];

/** UpgradeId.contentOf. */
export function contentOf({ kind, payload }: Raw): Hex {
  return keccak256(encodeAbiParameters([{ type: 'uint8' }, { type: 'bytes32' }], [Number(kind), keccak256(payload)]));
}

/** UpgradeId.compute. */
export function idOf(raw: Raw, chainId: number, timelock: Hex): Hex {
  return keccak256(encodeAbiParameters([{ type: 'uint256' }, { type: 'address' }, { type: 'bytes32' }, { type: 'bytes32' }, { type: 'bytes32' }], [BigInt(chainId), timelock, contentOf(raw), raw.reportHash, raw.salt]));
}

export const upgradeIdentity: Monitor = {
  id: 'B17-upgrade-identity', group: 'B', about: 'each pending upgrade is the bytes that were announced, waits as long as its kind must, and is no content that was vetoed or that stands twice', severity: 'critical', needs: ['UpgradeTimelock'], staleAfterSeconds: 900,
  evaluate: async (view) => {
    const scheduled = view.events('UpgradeTimelock', 'UpgradeScheduled');
    const states = await Promise.all(scheduled.map(async ({ args }) => STATES[Number(await view.read<number>('UpgradeTimelock', 'state', [args['id']]))]));
    const pending = scheduled.filter((_event, index) => PENDING.includes(states[index]));
    return judgedAlone(view, {
      monitor: upgradeIdentity.id, items: pending, subjectOf: ({ args }) => String(args['id']), expected: 'the bytes that were announced, delay and content',
      judge: async (event) => identityOf(view, event, scheduled, pending), gone: (id) => `upgrade ${id} is ${(states[scheduled.findIndex(({ args }) => args['id'] === id)] ?? 'Unknown').toLowerCase()}`,
    });
  },
};

async function identityOf(view: View, event: StoredEvent, scheduled: readonly StoredEvent[], pending: readonly StoredEvent[]): Promise<Verdict> {
  const { id, content, upgrade, scheduledT, eta } = event.args;
  const raw = upgrade as Raw;
  const [ownContent, ownId] = [contentOf(raw), idOf(raw, view.config.l1.chainId, view.contracts.address('UpgradeTimelock'))];
  const [delay, waits] = [Number(await view.read<bigint>('UpgradeTimelock', 'delayOf', [Number(raw.kind)])), Number(eta) - Number(scheduledT)];
  const isBefore = (other: StoredEvent): boolean => other.blockNumber < event.blockNumber || (other.blockNumber === event.blockNumber && scheduled.indexOf(other) < scheduled.indexOf(event));
  const twins = pending.filter((other) => other !== event && other.args['content'] === content).map((other) => String(other.args['id']));
  const vetoed = view.events('UpgradeTimelock', 'UpgradeVetoed').filter((veto) => veto.args['content'] === content && veto.blockNumber <= event.blockNumber).length;
  const executed = new Set(view.events('UpgradeTimelock', 'UpgradeExecuted').map(({ args }) => args['id']));
  const earlier = scheduled.filter((other) => other.args['content'] === content && isBefore(other) && executed.has(other.args['id'])).length;
  const wrong = [
    ...(ownId === id && ownContent === content ? [] : [`its bytes are ${ownId} of content ${ownContent}, announced as ${String(id)} of content ${String(content)}`]),
    ...(waits >= delay ? [] : [`it waits ${duration(waits)} of T, an upgrade of kind ${UPGRADE_KINDS[Number(raw.kind)]?.name ?? String(raw.kind)} must wait ${duration(delay)}`]),
    ...(vetoed === 0 ? [] : ['the council vetoed this content before']),
    ...(twins.length === 0 ? [] : [`the same content stands also as ${twins.join(', ')}`]),
  ];
  const note = earlier === 0 ? '' : `; the same content was carried out ${earlier} times before`;
  return verdict(view, wrong.length === 0 ? 'ok' : 'violation', { subject: String(id), sentence: wrong.length === 0 ? `its identity, its content and its delay of ${duration(waits)} are right${note}` : `${wrong.join('; ')}${note}`, expected: `${ownId}, ${duration(delay)} of delay, content new`, got: wrong.join('; ') || 'so it is', ...(wrong.length === 0 ? {} : { finding: wrong.join('; ') }) });
}
