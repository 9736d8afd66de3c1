// What a veto takes beside the upgrade that it names, and what it does not: the other schedules of the same content, and the proposals of
// it that are not queued. Owns finding them on chain and the words for them.
// Invariant: contents are computed from what is on chain, never believed; a twin that cannot be read is a failure, not left out.

import { UPGRADE_GRACE_SECONDS } from '@keyfall/protocol';
import { isEventLog, proposalStateOf, allProposals, stateOf } from './upgrades.ts';
import { readTimes, view, wallText } from './contracts.ts';
import type { GovernanceConnection } from './contracts.ts';
import type { Upgrade } from './upgradeKinds.ts';

interface Standing { readonly id: string; readonly state: string; readonly reportHash: string; readonly salt: string }
interface Unqueued { readonly proposalId: bigint; readonly upgradeId: string; readonly state: string; readonly until: string }

export interface Twins {
  /** Hash of kind and payload: what a veto is kept under. */
  readonly content: string;
  /** Wall time of the content's only veto, seconds; 0 = none yet. */
  readonly vetoedTime: bigint;
  /** Scheduled and not over, the upgrade itself left out. */
  readonly standing: readonly Standing[];
  /** Passed and not queued, or still to be decided. */
  readonly unqueued: readonly Unqueued[];
}

/** @param id of the upgrade that the veto names */
export async function readTwins(connection: GovernanceConnection, id: string, upgrade: Upgrade): Promise<Twins> {
  const timelock = connection.contract('UpgradeTimelock');
  const content = await view<string>(timelock, 'contentOf', upgrade);
  const scheduled = (await timelock.queryFilter(timelock.getEvent('UpgradeScheduled')(null, null, content), connection.fromBlock)).filter(isEventLog);
  const standing: Standing[] = [];
  for (const { args } of scheduled) {
    const { reportHash, salt } = args['upgrade'] as { reportHash: string; salt: string };
    const other = { id: String(args['id']), reportHash, salt };
    const state = await stateOf(connection, other.id);
    if (other.id !== id && (state === 'scheduled' || state === 'executable')) standing.push({ ...other, state });
  }
  return { content, vetoedTime: await view<bigint>(timelock, 'vetoedTimeOf', content), standing, unqueued: await readUnqueued(connection, id, content) };
}

async function readUnqueued(connection: GovernanceConnection, named: string, content: string): Promise<Unqueued[]> {
  const [timelock, governor] = [connection.contract('UpgradeTimelock'), connection.contract('KeyfallGovernor')];
  const [times, timeScale] = [await readTimes(connection), await view<bigint>(connection.contract('Clock'), 'TIME_SCALE')];
  const unqueued: Unqueued[] = [];
  for (const { id, upgrade } of (await allProposals(connection)).readable) {
    if ((await view<string>(timelock, 'contentOf', upgrade)) !== content) continue;
    const state = await proposalStateOf(connection, id);
    const upgradeId = await view<string>(timelock, 'idOf', upgrade);
    if (upgradeId === named || (state !== 'succeeded' && state !== 'pending' && state !== 'active')) continue;
    const deadlineT = await view<bigint>(governor, 'proposalDeadline', id);
    unqueued.push({ proposalId: id, upgradeId, state, until: wallText(times, deadlineT + UPGRADE_GRACE_SECONDS / timeScale) });
  }
  return unqueued;
}

/** What a member has to know before signing a veto. */
export function twinLines({ content, standing, unqueued }: Twins): string[] {
  return [
    `  content ${content}: the veto takes every schedule of it that stands when it is carried out`,
    ...(standing.length === 0 ? ['  no other schedule of this content stands now'] : standing.map((one) => `  falls with it: upgrade ${one.id} (${one.state}), report ${one.reportHash}, salt ${one.salt}`)),
    ...unqueued.map(({ proposalId, upgradeId, state, until }) => (state === 'succeeded'
      ? `  WARNING: proposal ${proposalId} of the same content (upgrade ${upgradeId}) has passed and is not queued, which anyone may do until ${until}. Queued after the veto it stands, and there is no second veto: queue it first ('keyfall upgrade queue ${proposalId}'), and the veto takes it as well`
      : `  WARNING: proposal ${proposalId} of the same content (upgrade ${upgradeId}) is ${state === 'active' ? 'being voted on' : 'about to be voted on'}: if it passes and is queued after the veto it stands, and there is no second veto`)),
  ];
}
