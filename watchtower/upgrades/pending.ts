// The upgrades that the timelock knows, each with state, report and time. Owns gathering them from finalized events and the contract's own view.

import type { Hex } from 'viem';
import type { View } from '../monitor.ts';
import type { CheckResult } from './checks.ts';
import { decodeUpgrade, type DecodedUpgrade, type Upgrade } from './decode.ts';
import { reportHash, reportOn, type Report } from './report.ts';
import { simulate } from './simulate.ts';
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
  /** The promises tried on top of other pending upgrades; not in the report, whose hash governance scheduled before it could know of them. */
  readonly stacked: Stacked | undefined;
}

export interface Stacked {
  /** Carried out before it, in this order. */
  readonly ids: readonly Hex[];
  readonly checks: readonly CheckResult[];
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
  const known: Known[] = [];
  for (const { args } of scheduled) {
    const id = String(args['id']) as Hex;
    const [state, schedule] = await Promise.all([view.read<number>('UpgradeTimelock', 'state', [id]), view.read<Schedule>('UpgradeTimelock', 'scheduleOf', [id])]);
    known.push({ id, state: STATES[Number(state)] ?? 'Unknown', time: upgradeTime(nowT, Number(schedule.eta), Number(schedule.expiry), exitWindow), decoded: decodeUpgrade(args['upgrade']) });
  }
  const looked: LookedAt[] = [];
  for (const one of known) {
    const { decoded, ...base } = one;
    if (!decoded.ok) {
      looked.push({ ...base, report: undefined, hash: undefined, scheduledReportHash: undefined, undecodable: decoded, stacked: undefined });
      continue;
    }
    const report = await freshReport(view, base.id, base.state, decoded.upgrade);
    const stacked = await stackedOn(view, one, decoded.upgrade, known);
    looked.push({ ...base, report, hash: reportHash(report), scheduledReportHash: decoded.upgrade.reportHash, undecodable: undefined, stacked });
  }
  return looked;
}

interface Known extends Pick<LookedAt, 'id' | 'state' | 'time'> { readonly decoded: DecodedUpgrade }

const isPending = ({ state }: Pick<LookedAt, 'state'>): boolean => state === 'Scheduled' || state === 'Executable';

/** The pending upgrades that may be carried out before this one expires, those whose time comes first before the others. */
export function earlierThan<T extends Pick<LookedAt, 'id' | 'state' | 'time'>>(one: Pick<LookedAt, 'id' | 'time'>, all: readonly T[]): readonly T[] {
  return all.filter((other) => other.id !== one.id && isPending(other) && other.time.eta <= one.time.expiry).toSorted((a, b) => a.time.eta - b.time.eta);
}

async function stackedOn(view: View, one: Known, upgrade: Upgrade, all: readonly Known[]): Promise<Stacked | undefined> {
  if (!isPending(one) || !view.isSimulating) return undefined;
  const earlier = earlierThan(one, all).flatMap(({ id, decoded }) => (decoded.ok ? [{ id, upgrade: decoded.upgrade }] : []));
  if (earlier.length === 0) return undefined;
  const ids = earlier.map(({ id }) => id);
  const [key, stamp] = [`stacked ${one.id}`, `${ids.join(' ')} ${stampOf(view)}`];
  const kept = view.memory.get(key) as { readonly stacked: Stacked; readonly stamp: string; readonly at: bigint } | undefined;
  if (kept?.stamp === stamp && view.header.number - kept.at < FRESH_BLOCKS) return kept.stacked;
  const stacked = { ids, checks: await simulate(view, upgrade, earlier.map((other) => other.upgrade)) };
  view.memory.set(key, { stacked, stamp, at: view.header.number });
  return stacked;
}

/** Blocks after which a pending upgrade is checked and tried anew; at once when the code or the lanes changed. */
const FRESH_BLOCKS = 100n;

/** Trials take seconds: a report is made anew only when something may have changed, and never once the upgrade is over. */
async function freshReport(view: View, id: Hex, state: UpgradeState, upgrade: Upgrade): Promise<Report> {
  const key = `report ${id}`;
  const stamp = stampOf(view);
  const kept = view.memory.get(key) as { readonly report: Report; readonly stamp: string; readonly at: bigint } | undefined;
  const isOver = state !== 'Scheduled' && state !== 'Executable';
  if (kept !== undefined && (isOver || (kept.stamp === stamp && view.header.number - kept.at < FRESH_BLOCKS))) return kept.report;
  const report = await reportOn(view, upgrade);
  view.memory.set(key, { report, stamp, at: view.header.number });
  return report;
}

/** Changes when what trials rest on may have changed. */
function stampOf(view: View): string {
  return `${view.events('Rollup', 'Upgraded').length} ${view.events('Lanes', 'LaneRegistered').length} ${view.events('Lanes', 'LaneSwitched').length} ${view.events('UpgradeTimelock', 'UpgradeExecuted').length}`;
}
