// The upgrades that the timelock knows, each with state, report and time. Owns gathering them from finalized events and the contract's own view.

import type { Hex } from 'viem';
import type { View } from '../monitor.ts';
import { decodeUpgrade, type Upgrade } from './decode.ts';
import { reportHash, reportOn, type Report } from './report.ts';
import { upgradeTime, type UpgradeTime } from './time.ts';

const STATES = ['Unknown', 'Scheduled', 'Executable', 'Executed', 'Expired', 'Vetoed'] as const;
export type UpgradeState = (typeof STATES)[number];

export interface LookedAt {
  readonly id: Hex;
  readonly state: UpgradeState;
  readonly time: UpgradeTime;
  readonly report: Report | undefined;
  readonly hash: Hex | undefined;
  readonly scheduledReportHash: Hex | undefined;
  readonly undecodable: { readonly expected: string; readonly got: string } | undefined;
}

interface Schedule { readonly eta: number; readonly expiry: number }

/** What was found at each state, so that whoever asks again neither reads nor tries anew. */
const FOUND = new WeakMap<View, { readonly looked: Promise<readonly LookedAt[]>; done: readonly LookedAt[] | undefined }>();

/** The upgrades as of the view's block; several that ask share one look. */
export async function lookAtUpgrades(view: View): Promise<readonly LookedAt[]> {
  const found = FOUND.get(view) ?? { looked: look(view), done: undefined };
  FOUND.set(view, found);
  try {
    found.done = await found.looked;
    return found.done;
  } catch (cause) {
    FOUND.delete(view);
    throw cause;
  }
}

/** What was found at the view's block; undefined when nobody looked yet, or could not. */
export function lookedAt(view: View): readonly LookedAt[] | undefined {
  return FOUND.get(view)?.done;
}

async function look(view: View): Promise<readonly LookedAt[]> {
  const scheduled = view.events('UpgradeTimelock', 'UpgradeScheduled');
  if (scheduled.length === 0) return [];
  const [nowT, exitWindow] = await Promise.all([view.read<bigint>('Clock', 'current'), view.read<bigint>('UpgradeTimelock', 'exitWindow')]);
  const looked: LookedAt[] = [];
  for (const { args } of scheduled) {
    const id = String(args['id']) as Hex;
    const [state, schedule] = await Promise.all([view.read<number>('UpgradeTimelock', 'state', [id]), view.read<Schedule>('UpgradeTimelock', 'scheduleOf', [id])]);
    const decoded = decodeUpgrade(args['upgrade']);
    const time = upgradeTime(nowT, Number(schedule.eta), Number(schedule.expiry), exitWindow);
    const base = { id, state: STATES[Number(state)] ?? 'Unknown', time };
    if (!decoded.ok) {
      looked.push({ ...base, report: undefined, hash: undefined, scheduledReportHash: undefined, undecodable: decoded });
      continue;
    }
    const report = await freshReport(view, id, base.state, decoded.upgrade);
    looked.push({ ...base, report, hash: reportHash(report), scheduledReportHash: decoded.upgrade.reportHash, undecodable: undefined });
  }
  return looked;
}

/** Blocks after which a pending upgrade is checked and tried anew; at once when the code or the lanes changed. */
const FRESH_BLOCKS = 100n;

/** Trials take seconds: a report is made anew only when something may have changed, and never once the upgrade is over. */
async function freshReport(view: View, id: Hex, state: UpgradeState, upgrade: Upgrade): Promise<Report> {
  const key = `report ${id}`;
  const stamp = `${view.events('Rollup', 'Upgraded').length} ${view.events('Lanes', 'LaneRegistered').length} ${view.events('Lanes', 'LaneSwitched').length} ${view.events('UpgradeTimelock', 'UpgradeExecuted').length}`;
  const kept = view.memory.get(key) as { readonly report: Report; readonly stamp: string; readonly at: bigint } | undefined;
  const isOver = state !== 'Scheduled' && state !== 'Executable';
  if (kept !== undefined && (isOver || (kept.stamp === stamp && view.header.number - kept.at < FRESH_BLOCKS))) return kept.report;
  const report = await reportOn(view, upgrade);
  view.memory.set(key, { report, stamp, at: view.header.number });
  return report;
}
