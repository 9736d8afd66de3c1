// When one person must begin to leave before an upgrade: 05's lastSafeMoment for a watched address, by each way out. Owns the arithmetic. Everything is
// T of the Clock; what somebody needs before an exit (a pool's notice, a lock) is their own number, from the configuration.
//
//   forced  latest start = eta - W - own - margin                    needs nobody
//   normal  latest start = eta - (prove + zk-alone + claim) - own - margin      only while the operator includes and somebody proves
//
// Invariant: what is called guaranteed holds against a censoring operator; below its latest start the answer is "no longer guaranteed".

import { EXIT_CLAIM_SECONDS, EXIT_PROVE_SECONDS, ZK_ALONE_DELAY_SECONDS, type Hex } from '@keyfall/protocol';
import { duration } from '../monitors/verdicts.ts';
import type { UpgradeTime } from '../upgrades/time.ts';

interface Route {
  readonly name: 'forced' | 'normal';
  readonly latestStartT: number;
  readonly isGuaranteed: boolean;
  readonly isOpen: boolean;
  readonly needs: string;
}

export interface ExitPlan {
  readonly address: Hex;
  readonly label: string;
  readonly upgrade: Hex;
  readonly secondsLeft: number;
  readonly routes: readonly Route[];
  readonly sentence: string;
}

interface Person {
  readonly address: Hex;
  readonly label: string;
  /** Seconds that this address needs before it can begin, on the profile's own scale. */
  readonly unbondingSeconds: number;
}

/** @param timeScale the Clock's TIME_SCALE, by which the protocol's constants are divided */
export function planExit(person: Person, upgrade: Hex, time: UpgradeTime, timeScale: bigint): ExitPlan {
  const { nowT, eta, exitWindow, lastSafeT } = time;
  const margin = eta - exitWindow - lastSafeT;
  const quick = Number((EXIT_PROVE_SECONDS + ZK_ALONE_DELAY_SECONDS + EXIT_CLAIM_SECONDS) / timeScale);
  const route = (name: Route['name'], length: number, isGuaranteed: boolean, needs: string): Route => {
    const latestStartT = eta - length - person.unbondingSeconds - margin;
    return { name, latestStartT, isGuaranteed, isOpen: latestStartT > nowT, needs };
  };
  const routes = [route('forced', exitWindow, true, 'an L1 transaction and its fee'), route('normal', quick, false, 'an operator that includes it and somebody who proves it')];
  const secondsLeft = (routes[0]?.latestStartT ?? nowT) - nowT;
  const own = person.unbondingSeconds === 0 ? '' : `, of which ${duration(person.unbondingSeconds)} are its own notice`;
  const sentence = secondsLeft > 0 ? `${person.label} must begin to leave within ${duration(secondsLeft)} to be out before upgrade ${upgrade}${own}`
    : routes.some(({ isOpen, isGuaranteed }) => isOpen && !isGuaranteed) ? `${person.label} can no longer be sure to be out before upgrade ${upgrade}; the normal way may still do if the operator is honest`
      : `${person.label} can no longer be out before upgrade ${upgrade}`;
  return { address: person.address, label: person.label, upgrade, secondsLeft, routes, sentence };
}
