// How much time an upgrade leaves. Owns the arithmetic of the last safe moment. Everything is T of the Clock; wall time is the earliest it can be, if
// no stop comes (a stop only moves it later).
//   lastSafeMoment = eta - worst-case exit - margin

import { duration } from '../monitors/verdicts.ts';

/** Reserved for a person to notice, decide and sign; a share of the exit window. */
const MARGIN_SHARE = 15;

export interface UpgradeTime {
  readonly nowT: number;
  readonly eta: number;
  readonly expiry: number;
  readonly exitWindow: number;
  /** T by which an exit must have begun. */
  readonly lastSafeT: number;
}

export function upgradeTime(nowT: bigint, eta: number, expiry: number, exitWindow: bigint): UpgradeTime {
  const window = Number(exitWindow);
  return { nowT: Number(nowT), eta, expiry, exitWindow: window, lastSafeT: eta - window - Math.floor(window / MARGIN_SHARE) };
}

export function describeTime({ nowT, eta, expiry, lastSafeT }: UpgradeTime): string {
  if (nowT > expiry) return 'It has expired.';
  if (nowT >= eta) return `It can be carried out now, for ${duration(expiry - nowT)} more.`;
  const left = lastSafeT - nowT;
  const leave = left > 0 ? `start an exit within ${duration(left)} to be out before it` : 'an exit that begins now is no longer guaranteed to end before it';
  return `It can be carried out in ${duration(eta - nowT)}: ${leave}.`;
}
