/**
 * Model of the operator's seat: its two keys, bond and auction (03, Lifecycle; review N19).
 *
 * Owns who sits, who is owed what, and when bids are taken. Asks the protocol model for phase, entries into Enforced and T. Money in wei. Invariant:
 * what is here is the bond, the highest bid and what is owed, and no more.
 *
 *      auction: closed --30 d in Enforced, or an entry after one was held--> open --first bid--> 7 d --settle--> closed
 */
import { SEAT_AUCTION_AFTER_SECONDS, SEAT_AUCTION_LENGTH_SECONDS, SEAT_BID_STEP_PERCENT, SEAT_MIN_BID_WEI } from '@keyfall/protocol';
import type { Mode } from './records.ts';
import { demand } from './refused.ts';

const AUCTION_AFTER = Number(SEAT_AUCTION_AFTER_SECONDS);
const AUCTION_LENGTH = Number(SEAT_AUCTION_LENGTH_SECONDS);

/** What the seat asks of the chain. */
interface Chain {
  readonly mode: Mode;
  readonly t: number;
  readonly entries: number;
  readonly enteredAt: number;
}

interface Auction { readonly operator: string; readonly coldKey: string; readonly bidWei: bigint; readonly endsAt: number }

export class Seat {
  operator: string;
  coldKey: string;
  auction: Auction | undefined;
  readonly owedWei = new Map<string, bigint>();
  /** What went to the reserve so far. */
  forfeitedWei = 0n;
  #bondWei = 0n;
  #takenEntries = 0;
  #auctionedEntries = 0;
  #wasAuctioned = false;
  readonly #chain: Chain;

  constructor(chain: Chain, operator: string, coldKey: string) {
    [this.#chain, this.operator, this.coldKey] = [chain, operator, coldKey];
  }

  /** Half of it is lost with every entry of its own time. */
  get bondWei(): bigint {
    let left = this.#bondWei;
    for (let entry = this.#takenEntries; entry < this.#chain.entries; entry++) left -= left / 2n;
    return left;
  }

  get balanceWei(): bigint {
    return [...this.owedWei.values()].reduce((sum, amount) => sum + amount, this.#bondWei + (this.auction?.bidWei ?? 0n));
  }

  rotate(by: string, operator: string): void {
    demand(by === this.coldKey, 'NOT_COLD_KEY', by);
    this.operator = operator;
  }

  setColdKey(by: string, coldKey: string): void {
    demand(by === this.coldKey, 'NOT_COLD_KEY', by);
    this.coldKey = coldKey;
  }

  isOpen(): boolean {
    const { mode, t, entries, enteredAt } = this.#chain;
    if (mode === 'Frozen' || entries <= this.#auctionedEntries) return false;
    return this.#wasAuctioned || (mode === 'Enforced' && t - enteredAt >= AUCTION_AFTER);
  }

  bid(operator: string, coldKey: string, bidWei: bigint): void {
    const last = this.auction;
    demand(last === undefined ? this.isOpen() : this.#chain.t < last.endsAt, 'AUCTION_CLOSED', 'an open auction');
    const step = (last?.bidWei ?? 0n) * SEAT_BID_STEP_PERCENT / 100n;
    const needed = step > SEAT_MIN_BID_WEI ? step : SEAT_MIN_BID_WEI;
    demand(bidWei >= needed, 'BID_TOO_LOW', `${needed}, got ${bidWei}`);
    this.auction = { operator, coldKey, bidWei, endsAt: last?.endsAt ?? this.#chain.t + AUCTION_LENGTH };
    if (last !== undefined) this.#owe(last.coldKey, last.bidWei);
  }

  settle(): void {
    const won = this.auction;
    demand(won !== undefined, 'NO_AUCTION', 'a bid');
    demand(this.#chain.t >= won.endsAt, 'AUCTION_RUNNING', `T of ${won.endsAt}`);
    this.forfeit();
    this.auction = undefined;
    this.#auctionedEntries = this.#takenEntries;
    this.#wasAuctioned = true;
    this.#sit(won.operator, won.coldKey, won.bidWei);
  }

  /** By upgrade. An auction that runs is over, its bid comes back. */
  replace(operator: string, coldKey: string): void {
    this.forfeit();
    if (this.auction !== undefined) this.#owe(this.auction.coldKey, this.auction.bidWei);
    this.auction = undefined;
    this.#wasAuctioned = false;
    this.#sit(operator, coldKey, 0n);
  }

  forfeit(): void {
    const left = this.bondWei;
    this.forfeitedWei += this.#bondWei - left;
    this.#bondWei = left;
    this.#takenEntries = this.#chain.entries;
  }

  releaseBond(): void {
    demand(this.#chain.mode === 'Frozen', 'BOND_LOCKED', 'a frozen chain');
    this.forfeit();
    this.#owe(this.coldKey, this.#bondWei);
    this.#bondWei = 0n;
  }

  withdraw(account: string): bigint {
    const amount = this.owedWei.get(account) ?? 0n;
    demand(amount > 0n, 'NOTHING_OWED', account);
    this.owedWei.delete(account);
    return amount;
  }

  #sit(operator: string, coldKey: string, bondWei: bigint): void {
    this.#owe(this.coldKey, this.#bondWei);
    [this.operator, this.coldKey, this.#bondWei] = [operator, coldKey, bondWei];
  }

  #owe(account: string, amount: bigint): void {
    if (amount > 0n) this.owedWei.set(account, (this.owedWei.get(account) ?? 0n) + amount);
  }
}
