/**
 * Model of the UpgradeTimelock and the council's pause (03, Governance): which act is taken when, in every stage.
 *
 * Owns schedules, vetoes, the guard of exits and the pause's interval over the model of the Clock. Does not own votes, signatures or what an
 * upgrade does but that a lane exists after it; how a stage is earned and a lane trips is told. Invariants: nothing is executed before its eta but by `expedite`, twice, after its expiry, or after a veto.
 */
import {
  GUARD_MESSAGE_AGE_SECONDS, GUARD_SETTLED_SECONDS, MAX_UPGRADE_EXTENSION_SECONDS, OPERATOR_CHANGE_DELAY_SECONDS, PAUSE_INTERVAL_SECONDS, PAUSE_LENGTH_SECONDS, TRIPPED_PUBLIC_SECONDS,
  UPGRADE_DELAY_SECONDS, UPGRADE_EXTENSION_SECONDS, UPGRADE_GRACE_SECONDS,
} from '@keyfall/protocol';
import { Clock } from './clock.ts';
import { demand } from './refused.ts';

export const CORE = 0;
export const ZK_LANE = 1;
const ATTESTERS = 4;
const OPERATOR = 5;
export const COUNCIL = 7;

export const STAGES = ['Training', 'Mature', 'Ossified'] as const;
const PEOPLE: readonly number[] = [ATTESTERS, OPERATOR, COUNCIL];

interface Scheduled { readonly kind: number; readonly content: string; readonly lane: string | undefined; readonly scheduledT: number; readonly scheduledWall: number; readonly eta: number; expiry: number; isExecuted: boolean }

export class GovernanceModel {
  readonly clock = new Clock();
  readonly #upgrades = new Map<string, Scheduled>();
  readonly #vetoed = new Map<string, number>();
  /** T of each message, in order; the first `settled` are settled. */
  readonly #messages: number[] = [];
  readonly #settlements: { readonly t: number; readonly index: number }[] = [];
  readonly #sunset: number;
  readonly #lanes = new Set<string>();
  readonly #spentTrips = new Set<string>();
  nextPause = 0;
  stage: (typeof STAGES)[number] = 'Training';
  /** The zk lane that contradicted itself in Mature, and until when that lets one replacement in. */
  tripped: { readonly lane: string; readonly untilT: number } | undefined;

  /** @param sunset wall time from which nothing is expedited */
  constructor(sunset: number) {
    this.#sunset = sunset;
  }

  stateOf(id: string): string {
    const upgrade = this.#upgrades.get(id);
    if (upgrade === undefined) return 'Unknown';
    if (upgrade.isExecuted) return 'Executed';
    // Also one that the veto did not name: a veto takes all of its content that was scheduled by then.
    if (upgrade.scheduledWall <= (this.#vetoed.get(upgrade.content) ?? Number.NEGATIVE_INFINITY)) return 'Vetoed';
    if (this.clock.t < upgrade.eta) return 'Scheduled';
    return this.clock.t <= upgrade.expiry ? 'Executable' : 'Expired';
  }

  /** @param lane that a zk-lane upgrade adds */
  schedule(id: string, kind: number, content: string, lane?: string): void {
    this.#checkStage(kind);
    demand(lane === undefined || !this.#lanes.has(lane), 'LaneKindMismatch', String(lane));
    demand(!this.#upgrades.has(id), 'AlreadyScheduled', id);
    const delay = Number(kind === OPERATOR ? OPERATOR_CHANGE_DELAY_SECONDS : UPGRADE_DELAY_SECONDS);
    const eta = this.clock.t + delay;
    this.#upgrades.set(id, { kind, content, lane, scheduledT: this.clock.t, scheduledWall: this.clock.wall, eta, expiry: eta + Number(UPGRADE_GRACE_SECONDS), isExecuted: false });
  }

  execute(id: string): void {
    demand(this.stateOf(id) === 'Executable', 'UnexpectedState', this.stateOf(id));
    this.#carryOut(id);
  }

  expedite(id: string): void {
    demand(this.clock.wall < this.#sunset, 'CouncilSunset', String(this.#sunset));
    const upgrade = this.#pending(id);
    if (this.stage === 'Training') {
      demand(!PEOPLE.includes(upgrade.kind), 'NotExpeditable', String(upgrade.kind));
      this.#carryOut(id);
      return;
    }
    demand(upgrade.kind === ZK_LANE, 'NotExpeditable', String(upgrade.kind));
    const { tripped } = this;
    const isPublic = this.clock.t >= upgrade.scheduledT + Number(TRIPPED_PUBLIC_SECONDS);
    demand(tripped !== undefined && this.clock.t <= tripped.untilT && !this.#spentTrips.has(tripped.lane) && isPublic, 'NotTripped', id);
    this.#carryOut(id);
    this.#spentTrips.add((tripped as { lane: string }).lane);
  }

  /** The kind is asked before the state: what cannot be vetoed says so first. What was never scheduled has none. */
  veto(id: string): void {
    const kind = this.#upgrades.get(id)?.kind;
    demand(kind === undefined || !PEOPLE.includes(kind), 'NotVetoable', String(kind));
    const upgrade = this.#pending(id);
    demand(!this.#vetoed.has(upgrade.content), 'VetoSpent', upgrade.content);
    this.#vetoed.set(upgrade.content, this.clock.wall);
  }

  extend(id: string): void {
    demand(this.stateOf(id) === 'Executable', 'UnexpectedState', this.stateOf(id));
    const upgrade = this.#upgrades.get(id) as Scheduled;
    demand(this.#exitsGoFirst() && upgrade.kind !== OPERATOR, 'NothingToExtend', id);
    const expiry = Math.min(this.clock.t + Number(UPGRADE_EXTENSION_SECONDS), upgrade.eta + Number(MAX_UPGRADE_EXTENSION_SECONDS));
    demand(expiry > upgrade.expiry, 'NothingToExtend', id);
    upgrade.expiry = expiry;
  }

  pause(): void {
    demand(this.clock.wall >= this.nextPause, 'PauseBudgetSpent', String(this.nextPause));
    this.nextPause = this.clock.wall + Number(PAUSE_INTERVAL_SECONDS);
    this.clock.setStopEnd(this.clock.wall + Number(PAUSE_LENGTH_SECONDS));
  }

  get isPaused(): boolean {
    return this.clock.stopEnd > this.clock.wall;
  }

  enqueue(): void {
    this.#messages.push(this.clock.t);
  }

  /** All messages so far are final. */
  settle(): void {
    this.#settlements.push({ t: this.clock.t, index: this.#messages.length });
  }

  #pending(id: string): Scheduled {
    const state = this.stateOf(id);
    demand(state === 'Scheduled' || state === 'Executable', 'UnexpectedState', state);
    return this.#upgrades.get(id) as Scheduled;
  }

  #carryOut(id: string): void {
    const upgrade = this.#upgrades.get(id) as Scheduled;
    this.#checkStage(upgrade.kind);
    demand(!this.#exitsGoFirst() || upgrade.kind === OPERATOR, 'ExitsGoFirst', id);
    demand(upgrade.lane === undefined || !this.#lanes.has(upgrade.lane), 'LaneKindMismatch', id);
    upgrade.isExecuted = true;
    if (upgrade.lane !== undefined) this.#lanes.add(upgrade.lane);
  }

  /** The core is fixed from Mature on, and in Ossified everything is. */
  #checkStage(kind: number): void {
    demand(this.stage !== 'Ossified' && (kind !== CORE || this.stage === 'Training'), 'StageForbids', `${this.stage}, kind ${kind}`);
  }

  #exitsGoFirst(): boolean {
    const limit = this.clock.t - Number(GUARD_SETTLED_SECONDS);
    const settled = this.#settlements.filter(({ t }) => t <= limit).at(-1)?.index ?? 0;
    const oldest = this.#messages[settled];
    return oldest !== undefined && this.clock.t - oldest >= Number(GUARD_MESSAGE_AGE_SECONDS);
  }
}
