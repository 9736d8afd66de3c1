/**
 * Model of what provers are paid from (03, Inbox; reviews H13, N14), to the wei; reserve.ts is the coarse one that the attacks are played on.
 *
 * Owns credits, fees that were promised and are not paid yet, the day's allowance of top-ups and the average base fee. Money comes in by messages, by
 * the seat's forfeits and by gifts. Invariant: what is here covers every credit and every promise.
 */
import {
  BASE_FEE_WINDOW_SECONDS, DAY_SECONDS, ENFORCED_INTERVAL_SECONDS, MESSAGE_BASE_GAS, MESSAGE_ZKGAS_PRICE_WEI, MIN_PRICED_BASE_FEE_WEI, PROOF_VERIFICATION_GAS,
  TOP_UP_DAILY_DIVISOR, TOP_UP_GROWTH_EVERY_SECONDS, TOP_UP_GROWTH_PERCENT, TOP_UP_HEAD_AGE_SECONDS, TOP_UP_MAX_FACTOR, TOP_UP_TARGET_PERCENT,
} from '@keyfall/protocol';
import type { Protocol } from './protocol.ts';
import type { Batch } from './records.ts';
import { demand } from './refused.ts';

const GWEI = 10n ** 9n;
const WINDOW = Number(BASE_FEE_WINDOW_SECONDS);
const INTERVAL = Number(ENFORCED_INTERVAL_SECONDS);
const REMEMBERED_ENTRIES = 5;
const least = (...amounts: readonly bigint[]): bigint => amounts.reduce((a, b) => (a < b ? a : b));

interface Interval { readonly from: number; readonly to: number; readonly wei: bigint }

export class ProverReserve {
  baseFeeWei: bigint;
  balanceWei: bigint;
  readonly creditWei = new Map<string, bigint>();
  readonly paid = new Set<number>();
  readonly #protocol: Protocol;
  /** T of the contracts at the model's T of 0: days are counted in theirs. */
  readonly #startT: number;
  /** Fee per message that whoever proves it earns: the price without doublings, its base fee in whole gwei. */
  readonly #feeWei: bigint[] = [];
  #releasedWei = 0n;
  readonly #commitBaseFee = new WeakMap<Batch, bigint>();
  readonly #observed: Interval[] = [];
  #observedAt = 0;
  #observedWei: bigint;
  #day = -1;
  #allowanceWei = 0n;

  constructor(protocol: Protocol, startT: number, balanceWei: bigint, baseFeeWei: bigint) {
    [this.#protocol, this.#startT, this.balanceWei] = [protocol, startT, balanceWei];
    [this.baseFeeWei, this.#observedWei] = [baseFeeWei, baseFeeWei];
  }

  /** A message was enqueued and paid for; no backlog raised its price. */
  enqueued(zkGas: number): void {
    const priced = this.baseFeeWei > MIN_PRICED_BASE_FEE_WEI ? this.baseFeeWei : MIN_PRICED_BASE_FEE_WEI;
    const work = MESSAGE_ZKGAS_PRICE_WEI * BigInt(zkGas);
    this.balanceWei += MESSAGE_BASE_GAS * priced + work;
    this.#feeWei.push(MESSAGE_BASE_GAS * (priced / GWEI) * GWEI + work);
  }

  committedEnforced(batch: Batch): void {
    this.#commitBaseFee.set(batch, this.baseFeeWei);
  }

  /** Anyone, but where the day's allowance cuts the top-up: then whoever is paid alone. */
  pay(by: string, index: number, beneficiaryOf: (lane: string) => string): void {
    const { batches, finalCount, messages } = this.#protocol;
    demand(index > 0 && index < finalCount, 'NOT_FINAL', `a final batch, got ${index}`);
    demand(!this.paid.has(index), 'ALREADY_PAID', `${index}`);
    const [batch, parent] = [batches[index]!, batches[index - 1]!];
    let from = parent.to;
    while (messages[from]?.fate === 'skipped') from += 1;
    const start = Math.min(from, batch.to);
    const fee = this.#feeOf(start, batch.to);
    const released = this.#feeOf(parent.to, batch.to);
    const beneficiary = beneficiaryOf(batch.decidedBy!);
    const wanted = batch.enforced ? this.#wantedTopUp(batch, parent, start, fee) : 0n;
    const { topUp, day, allowance } = this.#allowed(wanted, released - fee);
    demand(topUp === wanted || by === beneficiary, 'TOP_UP_CUT', `${wanted}, of which ${topUp} is allowed today`);
    this.paid.add(index);
    this.observe();
    this.#releasedWei += released;
    [this.#day, this.#allowanceWei] = [day, allowance];
    this.creditWei.set(beneficiary, (this.creditWei.get(beneficiary) ?? 0n) + fee + topUp);
  }

  withdraw(beneficiary: string): void {
    const amount = this.creditWei.get(beneficiary) ?? 0n;
    demand(amount > 0n, 'NOTHING_OWED', beneficiary);
    this.creditWei.delete(beneficiary);
    this.balanceWei -= amount;
  }

  observe(): void {
    const { wall } = this.#protocol;
    if (wall === this.#observedAt) return;
    this.#observed.push({ from: this.#observedAt, to: wall, wei: least(this.#observedWei, this.baseFeeWei) });
    [this.#observedAt, this.#observedWei] = [wall, this.baseFeeWei];
  }

  /** Over the last 7 d of wall time; between two observations the lower of both counts. */
  averageBaseFeeWei(): bigint {
    const { wall } = this.#protocol;
    if (wall === 0) return this.baseFeeWei;
    const start = Math.max(0, wall - WINDOW);
    const current: Interval = { from: this.#observedAt, to: wall, wei: least(this.#observedWei, this.baseFeeWei) };
    const sum = [...this.#observed, current].reduce((total, { from, to, wei }) => total + BigInt(Math.max(0, to - Math.max(from, start))) * wei, 0n);
    return sum / BigInt(wall - start);
  }

  freeWei(): bigint {
    const surplus = this.#surplusWei();
    return surplus > 0n ? surplus : 0n;
  }

  #wantedTopUp(batch: Batch, parent: Batch, from: number, fee: bigint): bigint {
    const { clock, messages, entriesAt } = this.#protocol;
    // Of entries long past nobody knows any more, and a batch of one counts as proven at once.
    const enteredAt = entriesAt.slice(-REMEMBERED_ENTRIES).findLast((entry) => entry <= batch.committedAt) ?? batch.committedAt;
    // L1 time 0 of the model is a whole interval of the contracts'.
    const closed = Math.min((Math.floor(messages[from]!.wall / INTERVAL) + 1) * INTERVAL, batch.committedWall);
    const unproven = batch.committedAt - Math.max(clock.at(closed), parent.committedAt, enteredAt);
    if (unproven < Number(TOP_UP_HEAD_AGE_SECONDS)) return 0n;
    const baseFee = least(this.#commitBaseFee.get(batch)!, this.averageBaseFeeWei());
    const zkGas = messages.slice(from, batch.to).reduce((sum, message) => sum + message.zkGas, 0);
    const cost = (PROOF_VERIFICATION_GAS * baseFee + MESSAGE_ZKGAS_PRICE_WEI * BigInt(zkGas)) * TOP_UP_TARGET_PERCENT / 100n;
    let grown = cost;
    for (let step = Math.floor(unproven / Number(TOP_UP_GROWTH_EVERY_SECONDS)); step > 0 && grown < cost * TOP_UP_MAX_FACTOR; step--) grown = grown * TOP_UP_GROWTH_PERCENT / 100n;
    const total = least(grown, cost * TOP_UP_MAX_FACTOR);
    return total > fee ? total - fee : 0n;
  }

  /** @param skippedWei fees of skipped messages, which this batch frees  */
  #allowed(wanted: bigint, skippedWei: bigint): { topUp: bigint; day: number; allowance: bigint } {
    if (wanted === 0n) return { topUp: 0n, day: this.#day, allowance: this.#allowanceWei };
    const day = Math.floor((this.#startT + this.#protocol.t) / Number(DAY_SECONDS));
    const free = this.#surplusWei() + skippedWei;
    const spendable = free > 0n ? free : 0n;
    const allowance = day === this.#day ? this.#allowanceWei : spendable / TOP_UP_DAILY_DIVISOR;
    const topUp = least(wanted, allowance, spendable);
    return { topUp, day, allowance: allowance - topUp };
  }

  /** What is here beyond credits and promises; negative if there were too little. */
  #surplusWei(): bigint {
    const credits = [...this.creditWei.values()].reduce((sum, amount) => sum + amount, 0n);
    return this.balanceWei - (this.#feeOf(0, this.#feeWei.length) - this.#releasedWei + credits);
  }

  #feeOf(from: number, to: number): bigint {
    return this.#feeWei.slice(from, to).reduce((sum, fee) => sum + fee, 0n);
  }
}
