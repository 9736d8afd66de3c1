/**
 * The operator's seat and the prover reserve in the replay: their acts on both sides, and what is compared of them.
 *
 * Owns the two models' place beside the protocol model and the way money takes between them; the rules are the models'. To the wei.
 */
import { ProverReserve } from '../protocol/proverReserve.ts';
import { demand } from '../protocol/refused.ts';
import { Seat } from '../protocol/seat.ts';
import { ANYONE, AUTHORITY, beneficiaryOf, CANDIDATES, COLD, OPERATOR, RESERVE_WEI } from './deployment.ts';
import type { Replay } from './replay.ts';

export type Same = (what: string, actual: unknown, expected: unknown) => void;

/** Whoever may be owed by the seat. */
export const KEYS = [OPERATOR, COLD, ...CANDIDATES] as const;

export class MoneyReplay {
  readonly seat: Seat;
  readonly reserve: ProverReserve;
  readonly #both: Replay;
  #forfeitedWei = 0n;

  constructor(both: Replay) {
    this.#both = both;
    this.seat = new Seat(both.model, OPERATOR, COLD);
    this.reserve = new ProverReserve(both.model, both.startT, RESERVE_WEI, both.chain.evm.baseFeeWei);
  }

  // The seat

  rotate(by: string, operator: string): Promise<string | undefined> {
    return this.#both.act('rotateOperator', () => this.seat.rotate(by, operator), () => this.#both.chain.seat.send(by, 'rotateOperator', [operator]));
  }

  setColdKey(by: string, coldKey: string): Promise<string | undefined> {
    return this.#both.act('setColdKey', () => this.seat.setColdKey(by, coldKey), () => this.#both.chain.seat.send(by, 'setColdKey', [coldKey]));
  }

  replace(by: string, operator: string, coldKey: string): Promise<string | undefined> {
    const onModel = (): void => {
      demand(by === AUTHORITY, 'NOT_AUTHORITY', by);
      this.seat.replace(operator, coldKey);
      this.#moveForfeits();
    };
    return this.#both.act('replace', onModel, () => this.#both.chain.seat.send(by, 'replace', [operator, coldKey]));
  }

  bid(operator: string, coldKey: string, bidWei: bigint): Promise<string | undefined> {
    return this.#both.act('bid', () => this.seat.bid(operator, coldKey, bidWei), () => this.#both.chain.seat.send(ANYONE, 'bid', [operator, coldKey], bidWei));
  }

  settleAuction(): Promise<string | undefined> { return this.#onSeat('settleAuction', () => this.seat.settle()); }
  forfeit(): Promise<string | undefined> { return this.#onSeat('forfeit', () => this.seat.forfeit()); }
  releaseBond(): Promise<string | undefined> { return this.#onSeat('releaseBond', () => this.seat.releaseBond()); }

  withdrawOwed(account: string): Promise<string | undefined> {
    return this.#both.act('withdraw', () => this.seat.withdraw(account), () => this.#both.chain.seat.send(ANYONE, 'withdraw', [account]));
  }

  // The reserve

  /** @param isByPayee the beneficiary sends it, if the batch has one */
  pay(batch: number, isByPayee: boolean): Promise<string | undefined> {
    const lane = this.#both.model.batches[batch]?.decidedBy;
    const by = isByPayee && lane !== undefined ? beneficiaryOf(lane) : ANYONE;
    return this.#both.act('pay', () => this.reserve.pay(by, batch, beneficiaryOf), () => this.#both.chain.reserve.send(by, 'pay', [batch]));
  }

  withdrawPay(lane: string): Promise<string | undefined> {
    const beneficiary = beneficiaryOf(lane);
    return this.#both.act('withdraw pay', () => this.reserve.withdraw(beneficiary), () => this.#both.chain.reserve.send(ANYONE, 'withdraw', [beneficiary]));
  }

  /** Another base fee on L1, seen by the reserve or not. */
  async baseFee(wei: bigint, isObserved: boolean): Promise<string | undefined> {
    this.reserve.baseFeeWei = wei;
    this.#both.chain.evm.setBaseFee(wei);
    return await this.#both.act('base fee', () => { if (isObserved) this.reserve.observe(); },
      () => (isObserved ? this.#both.chain.reserve.send(ANYONE, 'observe', []) : Promise.resolve(undefined)));
  }

  /** @throws AssertionError naming the first thing that differs */
  async compare(same: Same): Promise<void> {
    const { seat, reserve } = this.#both.chain;
    const { evm, inbox } = this.#both.chain;
    same('operator', (await seat.view('operator') as string).toLowerCase(), this.seat.operator);
    same('cold key', (await seat.view('coldKey') as string).toLowerCase(), this.seat.coldKey);
    same('bond', await seat.view('bondWei'), this.seat.bondWei);
    const { endT, bidWei } = (await seat.view('auction')) as { endT: bigint; bidWei: bigint };
    same('auction', [Number(endT), bidWei], this.seat.auction === undefined ? [0, 0n] : [this.seat.auction.endsAt + this.#both.startT, this.seat.auction.bidWei]);
    same('auction is open', await seat.view('isAuctionOpen'), this.seat.isOpen());
    same('the seat holds', await evm.balance(seat.address), this.seat.balanceWei);
    same('the reserve and the Inbox hold', await evm.balance(reserve.address) + await evm.balance(inbox.address), this.reserve.balanceWei);
    same('free', await reserve.view('freeWei'), this.reserve.freeWei());
    same('average base fee', await reserve.view('averageBaseFeeWei'), this.reserve.averageBaseFeeWei());
    for (const key of KEYS) same(`owed to ${key}`, await seat.view('owedWei', [key]), this.seat.owedWei.get(key) ?? 0n);
    for (const lane of Object.keys(this.#both.chain.laneOf)) {
      const beneficiary = beneficiaryOf(lane);
      same(`credit of ${lane}`, await reserve.view('creditOf', [beneficiary]), this.reserve.creditWei.get(beneficiary) ?? 0n);
    }
  }

  #onSeat(method: string, onModel: () => void): Promise<string | undefined> {
    const withForfeits = (): void => {
      onModel();
      this.#moveForfeits();
    };
    return this.#both.act(method, withForfeits, () => this.#both.chain.seat.send(ANYONE, method, []));
  }

  #moveForfeits(): void {
    this.reserve.balanceWei += this.seat.forfeitedWei - this.#forfeitedWei;
    this.#forfeitedWei = this.seat.forfeitedWei;
  }
}
