/**
 * Model of the prover reserve's top-ups (03, Inbox; reviews H13, N14).
 *
 * Owns how much Enforced pays a prover beyond its escrowed fee. Money in wei as numbers of gwei is enough here: the model compares shares of the
 * reserve, not balances. Invariant: one day never costs more than 2 % of the reserve, whatever base fee or delay a prover chooses.
 */
import { DAY, HOUR } from './parameters.ts';

export const VERIFICATION_GAS = 7_000_000;
export const BASE_PRICE_GWEI = 0.05;
const TARGET = 1.2;
const GROWTH = 1.25;
const GROWTH_EVERY = 6 * HOUR;
const GROWTH_CAP = 10;
const HEAD_AGE = 12 * HOUR;
const DAILY_SHARE = 0.02;

export interface TopUpRequest {
  readonly baseFeeGwei: number;
  /** Seven-day average, which caps the base fee that a top-up believes. */
  readonly averageBaseFeeGwei: number;
  readonly zkGas: number;
  /** Escrowed fee of the messages that the batch settles, gwei. */
  readonly escrowGwei: number;
  /** Seconds since the oldest of them could have been proven. */
  readonly unprovenSeconds: number;
}

export class Reserve {
  balanceGwei: number;
  #day = -1;
  #dayOpening = 0;
  #spentToday = 0;

  constructor(balanceGwei: number) {
    this.balanceGwei = balanceGwei;
  }

  /** Pays the top-up due at time `t` and returns it. */
  pay(t: number, request: TopUpRequest): number {
    const day = Math.floor(t / DAY);
    if (day !== this.#day) [this.#day, this.#dayOpening, this.#spentToday] = [day, this.balanceGwei, 0];
    if (request.unprovenSeconds < HEAD_AGE) return 0;
    const baseFee = Math.min(request.baseFeeGwei, request.averageBaseFeeGwei);
    const cost = TARGET * (VERIFICATION_GAS * baseFee + BASE_PRICE_GWEI * request.zkGas);
    const growth = Math.min(GROWTH_CAP, GROWTH ** Math.floor(request.unprovenSeconds / GROWTH_EVERY));
    const wanted = Math.max(0, cost * growth - request.escrowGwei);
    const paid = Math.min(wanted, this.#dayOpening * DAILY_SHARE - this.#spentToday, this.balanceGwei);
    this.#spentToday += paid;
    this.balanceGwei -= paid;
    return paid;
  }
}
