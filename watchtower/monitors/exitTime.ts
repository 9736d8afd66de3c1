// G38: the time that each watched address has left to begin an exit before a pending upgrade, with its own notice counted in.

import { planExit, type ExitPlan } from '../exit/plan.ts';
import type { Monitor, View } from '../monitor.ts';
import { lookAtUpgrades } from '../upgrades/pending.ts';
import { duration, verdict } from './verdicts.ts';

/** Alarmed when less than this share of the exit window is left: time for a person to see it, decide and sign. */
const ALARM_SHARE = 4;

const MADE = new WeakMap<View, readonly ExitPlan[]>();

/** The plans of the view's block; undefined when they were not made. */
export function exitPlansAt(view: View): readonly ExitPlan[] | undefined {
  return MADE.get(view);
}

/** Plans of every watched address for every pending upgrade, the most urgent first. */
async function exitPlans(view: View): Promise<readonly ExitPlan[]> {
  const [looked, scale] = [await lookAtUpgrades(view), await view.read<bigint>('Clock', 'TIME_SCALE')];
  const plans = looked.filter(({ state }) => state === 'Scheduled' || state === 'Executable').flatMap(({ id, time }) => view.config.watched.map((person) => planExit(person, id, time, scale))).toSorted((a, b) => a.secondsLeft - b.secondsLeft);
  MADE.set(view, plans);
  return plans;
}

export const exitTime: Monitor = {
  id: 'G38-exit-time', group: 'G', about: 'every watched address has time to leave before each pending upgrade', severity: 'critical', needs: ['UpgradeTimelock', 'Clock', 'Rollup'], staleAfterSeconds: 900,
  evaluate: async (view) => {
    const [plans, window] = await Promise.all([exitPlans(view), view.read<bigint>('UpgradeTimelock', 'exitWindow')]);
    return view.config.watched.map(({ address, label }) => {
      const plan = plans.find((found) => found.address === address && found.label === label);
      if (plan === undefined) return verdict(view, 'ok', { subject: label, sentence: `no upgrade is pending: ${label} need not leave`, expected: 'time to leave', got: 'no upgrade is pending' });
      return verdict(view, plan.secondsLeft * ALARM_SHARE < Number(window) ? 'violation' : 'ok', { subject: label, sentence: plan.sentence, expected: `more than ${duration(Math.floor(Number(window) / ALARM_SHARE))} to begin`, got: duration(plan.secondsLeft), measure: plan.secondsLeft, finding: plan.upgrade });
    });
  },
};
