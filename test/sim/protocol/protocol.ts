/**
 * Model of Inbox, Rollup and Lifecycle: messages, batches, answers, disputes, finality and the three modes (03; reviews C1-C4, H1, H8, N1-N5, N10).
 *
 * Owns every transition as the contracts will have it: one method each, refused by name when a guard fails. Does not own the bytes (node/protocol),
 * money (exitRatio.ts, reserve.ts) or governance. Hashes are strings: `honest` is what re-execution gives, anything else is a lie that only a broken
 * lane can answer. All delays are in T, dispute and pause lengths in wall seconds.
 *
 *      Operating --enterEnforced--> Enforced --freeze--> Frozen (absorbing)
 *          ^------returnToOperating---'         (freeze is also open from Operating: dispute unresolved, no lane left)
 */
import { Clock } from './clock.ts';
import { enforcedBlockEnds, lastBlockStart } from './enforcedBlocks.ts';
import { Lanes, type Answer } from './lanes.ts';
import {
  BATCH_CAP, D, E, F, FIRST_SKIP_WAIT, FREEZE_AFTER, MESSAGE_CAP, NEXT_SKIP_WAIT, PAUSE, PAUSE_INTERVAL, RETURN_AFTER_SKIP, RETURN_WAIT, SKIP_NOTICE, V, Z,
} from './parameters.ts';
import type { Batch, Dispute, Episode, Message, Mode } from './records.ts';
import { demand } from './refused.ts';

export class Protocol {
  readonly clock = new Clock();
  readonly lanes = new Lanes();
  readonly messages: Message[] = [];
  /** Every committed batch that was not dropped; index 0 is genesis. */
  readonly batches: Batch[] = [{ parentHash: '', from: 0, to: 0, committedAt: 0, committedWall: 0, enforced: false, spec: 1, unprovable: false, answers: [] }];
  finalCount = 1;
  finalHash = 'genesis';
  /** Next message that no committed batch and no skip has taken. */
  nextMessage = 0;
  /** All messages below are final or skipped. */
  settled = 0;
  mode: Mode = 'Operating';
  episode: Episode | undefined;
  /** T of each entry into Enforced. */
  readonly entriesAt: number[] = [];
  pinned: { readonly hash: string; readonly settled: number } | undefined;
  pauseEnd = 0;
  lastPause = -PAUSE_INTERVAL;
  disputes: Dispute[] = [];
  /** Wall time until which the last opened dispute stops T, unless none is open before. */
  disputeStopEnd = 0;

  get t(): number { return this.clock.t; }
  get entries(): number { return this.entriesAt.length; }
  get enteredAt(): number { return this.entriesAt.at(-1) ?? 0; }
  get wall(): number { return this.clock.wall; }
  advance(seconds: number): void { this.clock.advanceTo(this.wall + Math.round(seconds)); }

  // What anyone can do at any time

  enqueue(options: { zkGas?: number; poison?: boolean } = {}): number {
    const zkGas = options.zkGas ?? 150_000;
    demand(zkGas <= MESSAGE_CAP, 'MESSAGE_ZKGAS', `at most ${MESSAGE_CAP}, got ${zkGas}`);
    return this.messages.push({ wall: this.wall, t: this.t, zkGas, poison: options.poison ?? false, fate: 'pending' }) - 1;
  }

  // Operating

  /** The operator commits messages up to `to` (default: all that fit), on `parentHash` (default: the honest tip). */
  commit(options: { to?: number; parentHash?: string; unprovable?: boolean } = {}): number {
    demand(this.mode === 'Operating', 'NOT_OPERATING', this.mode);
    const to = options.to ?? this.operable();
    demand(to >= this.nextMessage && to <= this.messages.length, 'INBOX_RANGE', `between ${this.nextMessage} and ${this.messages.length}, got ${to}`);
    demand(this.messages.slice(this.nextMessage, to).every((message) => message.fate !== 'skipped'), 'INBOX_SKIPPED', `[${this.nextMessage}, ${to}) holds a skipped message`);
    demand(this.#gas(this.nextMessage, to) <= BATCH_CAP, 'BATCH_ZKGAS', `at most ${BATCH_CAP}`);
    const next = this.messages[to];
    const dueLeft = next !== undefined && next.fate === 'pending' && this.t - next.t > F;
    demand(!dueLeft || this.#gas(this.nextMessage, to + 1) > BATCH_CAP, 'DUE_MESSAGES', `message ${to} is due`);
    return this.#append(to, options.parentHash ?? this.honestTip(), false, this.lanes.specs.at(this.t), options.unprovable ?? false);
  }

  /** A batch without a zk answer falls with its successors: later than V after its commit, in Enforced at once. */
  drop(index: number): void {
    const batch = this.batches[index];
    demand(batch !== undefined && index >= this.finalCount, 'NO_BATCH', `an unfinalized batch, got ${index}`);
    demand(this.mode !== 'Frozen', 'FROZEN', 'no drop');
    demand(!this.#proven(index), 'PROVEN', `batch ${index} has a zk answer`);
    demand(this.mode === 'Enforced' || this.t - batch.committedAt > V, 'TOO_EARLY', `later than T of commit + ${V}`);
    this.#truncate(index);
  }

  // Answers and finality, equal in all modes

  answer(index: number, lane: string, claimed?: string): void {
    const batch = this.batches[index];
    demand(batch !== undefined && index >= this.finalCount, 'NO_BATCH', `an unfinalized batch, got ${index}`);
    const { kind, active, epoch, spec } = this.lanes.get(lane);
    const outputs = claimed ?? this.honestOutputs(index);
    demand(kind !== 'zk' || claimed !== undefined || this.isProvable(index), 'UNPROVABLE', `batch ${index}`);
    demand(active, 'LANE_DISABLED', lane);
    demand(spec === batch.spec && this.lanes.specs.isAnswered(spec, this.t), 'LANE_SPEC', `a lane for spec ${batch.spec}, got one for ${spec}`);
    demand(!batch.answers.some((given) => given.lane === lane && this.lanes.counts(given)), 'ANSWERED', `${lane} answered batch ${index}`);
    const parent = this.batches[index - 1]!;
    const parentHolds = index === this.finalCount
      ? batch.parentHash === this.finalHash
      : parent.answers.some((given) => this.lanes.counts(given) && this.lanes.get(given.lane).kind === kind && given.outputs === batch.parentHash);
    demand(parentHolds, 'PARENT', `batch ${index} stands on ${batch.parentHash}`);
    const isNews = kind === 'zk' && this.#zkAnswers(batch).length === 0;
    const mine: Answer = { lane, epoch, outputs, at: this.t };
    for (const other of batch.answers) {
      if (!this.lanes.counts(other) || other.outputs === outputs) continue;
      this.disputes.push({ batch: index, answers: [other, mine], end: this.wall + D });
      this.disputeStopEnd = this.wall + D;
      this.clock.setStopEnd(Math.max(this.pauseEnd, this.disputeStopEnd));
    }
    batch.answers.push(mine);
    if (isNews && this.episode !== undefined) {
      this.episode.lastProgressAt = this.t;
      this.episode.announcedAt = undefined;
    }
  }

  /** Finalizes every batch that the policy allows, in order; returns how many. */
  finalize(): number {
    let count = 0;
    while (this.#canFinalizeNext()) {
      const batch = this.batches[this.finalCount]!;
      const decided = this.#decider(batch);
      this.finalHash = decided.outputs;
      batch.decidedBy = decided.lane;
      this.finalCount += 1;
      for (let i = batch.from; i < batch.to; i++) if (this.messages[i]!.fate === 'pending') this.messages[i]!.fate = 'final';
      if (this.episode !== undefined) this.episode.lastFinalAt = this.t;
      this.#settle();
      count += 1;
    }
    return count;
  }

  #canFinalizeNext(): boolean {
    const batch = this.batches[this.finalCount];
    if (batch === undefined || this.mode === 'Frozen' || this.wall < Math.max(this.pauseEnd, this.disputeStopEnd)) return false;
    const counting = batch.answers.filter((given) => this.lanes.counts(given));
    const zk = this.#zkAnswers(batch);
    if (zk.length === 0 || batch.parentHash !== this.finalHash || counting.some((given) => given.outputs !== zk[0]!.outputs)) return false;
    return counting.length > zk.length || zk.some((given) => this.t - given.at >= Z && this.t >= this.lanes.get(given.lane).zkAloneFrom);
  }

  // Enforced

  enterEnforced(): void {
    demand(this.mode === 'Operating', 'NOT_OPERATING', this.mode);
    const message = this.messages[this.settled];
    const batch = this.batches[this.finalCount];
    const late = (message !== undefined && this.t - message.t > E) || (batch !== undefined && this.t - batch.committedAt > E);
    demand(late, 'NOT_LATE', 'a message unsettled, or a batch unfinalized, for more than E');
    this.mode = 'Enforced';
    this.entriesAt.push(this.t);
    this.episode = {
      enteredAt: this.t, lastProgressAt: this.t, lastFinalAt: this.t, skipWidth: 1, firstSkipAt: undefined, lastSkipAt: undefined, announcedAt: undefined,
      returnTarget: undefined, returnSettledAt: undefined,
    };
    const unproven = this.firstUnproven();
    if (unproven >= 0) this.#truncate(unproven);
  }

  /** The first batch that falls at the entry into Enforced, or -1. */
  firstUnproven(): number {
    return this.batches.findIndex((_, index) => index >= this.finalCount && !this.#proven(index));
  }

  /** Anyone commits the next whole blocks of closed hours, as many as one batch holds, and proves them in the same act. */
  commitEnforced(lane: string, options: { to?: number; outputs?: string } = {}): number {
    demand(this.mode === 'Enforced', 'NOT_ENFORCED', this.mode);
    const ends = this.enforcedBlockEnds();
    const to = options.to ?? ends.at(-1) ?? this.nextMessage;
    const { outputs } = options;
    demand(ends.includes(to), 'BLOCK_BOUNDARY', `one of ${ends.join(', ')}; got ${to}`);
    const spec = this.specOf(to - 1);
    const isOneBlock = lastBlockStart(this.messages, this.nextMessage, to) === this.nextMessage;
    demand(isOneBlock || this.specOf(this.nextMessage) === spec, 'SPEC_BOUNDARY', `messages of spec ${spec} alone`);
    demand(this.lanes.get(lane).kind === 'zk', 'NOT_ZK', lane);
    const index = this.#append(to, this.honestTip(), true, spec, false);
    try {
      this.answer(index, lane, outputs);
    } catch (error) {
      this.#truncate(index);
      throw error;
    }
    return index;
  }

  /** The spec of a message that is proven now. */
  specOf(message: number): number {
    return this.lanes.specs.forMessage(this.messages[message]!.t, this.t);
  }

  /** Where an Enforced batch may end now. */
  enforcedBlockEnds(): number[] {
    return enforcedBlockEnds(this.messages, this.nextMessage, this.wall);
  }

  /** End of the messages that an Enforced batch may take now. */
  enforceable(): number {
    return this.enforcedBlockEnds().at(-1) ?? this.nextMessage;
  }

  announceSkip(): void {
    const episode = this.#enforced();
    const wait = episode.firstSkipAt === undefined ? FIRST_SKIP_WAIT : NEXT_SKIP_WAIT;
    const since = Math.max(episode.lastProgressAt, episode.lastSkipAt ?? 0);
    demand(this.t - since >= wait, 'SKIP_TOO_EARLY', `${wait} s of T without a proof`);
    demand(episode.announcedAt === undefined, 'SKIP_ANNOUNCED', 'one announcement at a time');
    demand(this.#skippable() > 0, 'SKIP_NOTHING', 'a head message older than E');
    episode.announcedAt = this.t;
  }

  /** Skips the announced width of head messages older than E; a proof since the announcement has cancelled it. */
  takeSkip(): number {
    const episode = this.#enforced();
    demand(episode.announcedAt !== undefined, 'SKIP_NOT_ANNOUNCED', 'an announcement that no proof cancelled');
    demand(this.t - episode.announcedAt >= SKIP_NOTICE, 'SKIP_NOTICE', `${SKIP_NOTICE} s of T after the announcement`);
    const width = Math.min(episode.skipWidth, this.#skippable());
    for (let i = 0; i < width; i++) this.messages[this.nextMessage + i]!.fate = 'skipped';
    this.nextMessage += width;
    this.#passSkipped();
    episode.skipWidth *= 2;
    episode.firstSkipAt ??= this.t;
    episode.lastSkipAt = this.t;
    episode.announcedAt = undefined;
    this.#settle();
    return width;
  }

  /** By the seated operator; the first call of an episode fixes what must be settled. */
  requestReturn(): void {
    const episode = this.#enforced();
    episode.returnTarget ??= this.messages.length;
    this.#settle();
  }

  returnToOperating(): void {
    const episode = this.#enforced();
    demand(episode.returnTarget !== undefined, 'RETURN_NOT_REQUESTED', 'the seated operator requests it');
    demand(episode.returnSettledAt !== undefined && this.t - episode.returnSettledAt >= RETURN_WAIT, 'RETURN_UNSETTLED', 'older messages settled for a day');
    demand(episode.lastSkipAt === undefined || this.t - episode.lastSkipAt >= RETURN_AFTER_SKIP, 'RETURN_SKIPPED', '14 d of T without a skip');
    const isProven = episode.lastSkipAt === undefined || episode.lastProgressAt > episode.lastSkipAt;
    demand(isProven && episode.lastFinalAt > Math.max(episode.enteredAt, episode.lastSkipAt ?? 0), 'RETURN_UNPROVEN', 'a batch final since the entry and the last skip, and one proven since that skip');
    demand(this.openDisputes().length === 0 && !this.#freezable(), 'RETURN_TOO_LATE', 'a dispute is open, or freezing is');
    this.mode = 'Operating';
    this.episode = undefined;
  }

  // Frozen

  freeze(): void {
    demand(this.mode !== 'Frozen', 'FROZEN', 'already');
    demand(this.#freezable(), 'NOT_FREEZABLE', 'an unresolved dispute, no lane, or 30 d');
    this.mode = 'Frozen';
    this.pinned = { hash: this.finalHash, settled: this.settled };
  }

  #freezable(): boolean {
    const unresolved = this.openDisputes().some((dispute) => this.wall >= dispute.end);
    const stuck = this.episode !== undefined && this.t - Math.max(this.episode.enteredAt, this.episode.lastFinalAt) >= FREEZE_AFTER;
    const skipping = this.episode?.firstSkipAt !== undefined && this.t - this.episode.firstSkipAt >= FREEZE_AFTER;
    return unresolved || stuck || skipping || this.lanes.goneTooLong(this.t);
  }

  // The council

  pause(): void {
    demand(this.mode !== 'Frozen', 'FROZEN', 'no pause');
    demand(this.wall - this.lastPause >= PAUSE_INTERVAL, 'PAUSE_BUDGET', 'once per 90 d');
    this.lastPause = this.wall;
    this.pauseEnd = this.wall + PAUSE;
    this.clock.setStopEnd(Math.max(this.pauseEnd, this.disputeStopEnd));
  }

  /** Resolves disputes by switching one of the disagreeing lanes off; it can make nothing final. */
  disableLane(lane: string): void {
    demand(this.openDisputes().some((dispute) => dispute.answers.some((given) => given.lane === lane)), 'NO_DISPUTE', `${lane} disagrees with no one`);
    this.lanes.disable(lane, this.t);
    this.#updateStops();
  }

  /** An upgrade switches a lane on or off. */
  switchLane(lane: string, isOn: boolean): void {
    this.lanes.switch(lane, isOn, this.t);
    this.#updateStops();
  }

  /** Anyone shows that a lane accepted two outputs for equal inputs. */
  nullify(lane: string): void {
    this.lanes.nullify(lane, this.t);
    this.#updateStops();
  }

  openDisputes(): Dispute[] {
    return this.disputes.filter((dispute) => dispute.batch >= this.finalCount && dispute.answers.every((given) => this.lanes.counts(given)));
  }

  // What re-execution gives

  honestTip(): string {
    return this.batches.length === this.finalCount ? this.finalHash : this.honestOutputs(this.batches.length - 1);
  }

  honestOutputs(index: number): string {
    const batch = this.batches[index]!;
    return `H(${batch.parentHash},${batch.from},${batch.to},${index})`;
  }

  /** End of the messages that a commit in Operating may take now. */
  operable(): number {
    return this.#fitting(this.messages.length);
  }

  isProvable(index: number): boolean {
    const batch = this.batches[index]!;
    return !batch.unprovable && !this.messages.slice(batch.from, batch.to).some((message) => message.poison);
  }

  #enforced(): Episode {
    demand(this.mode === 'Enforced' && this.episode !== undefined, 'NOT_ENFORCED', this.mode);
    return this.episode;
  }

  #append(to: number, parentHash: string, enforced: boolean, spec: number, unprovable: boolean): number {
    this.batches.push({ parentHash, from: this.nextMessage, to, committedAt: this.t, committedWall: this.wall, enforced, spec, unprovable, answers: [] });
    this.nextMessage = to;
    this.#passSkipped();
    return this.batches.length - 1;
  }

  #truncate(index: number): void {
    this.nextMessage = this.batches[index]!.from;
    this.#passSkipped();
    this.batches.length = index;
    this.disputes = this.disputes.filter((dispute) => dispute.batch < index);
    this.#updateStops();
  }

  #gas(from: number, to: number): number {
    return this.messages.slice(from, to).reduce((sum, message) => sum + message.zkGas, 0);
  }

  #fitting(limit: number): number {
    let to = this.nextMessage;
    for (let gas = 0; to < limit && this.messages[to]!.fate !== 'skipped'; to++) {
      gas += this.messages[to]!.zkGas;
      if (gas > BATCH_CAP) break;
    }
    return to;
  }

  /** A skip stands even when the batches before it fall: the next batch ends where the skipped range begins, and the one after starts behind it. */
  #passSkipped(): void {
    while (this.messages[this.nextMessage]?.fate === 'skipped') this.nextMessage += 1;
  }

  #zkAnswers(batch: Batch): Answer[] {
    return batch.answers.filter((given) => this.lanes.counts(given) && this.lanes.get(given.lane).kind === 'zk');
  }

  /** The earliest zk answer decides, of several at once that of the lane enabled first. */
  #decider(batch: Batch): Answer {
    const order = (given: Answer): number => this.lanes.enabled.indexOf(given.lane);
    return this.#zkAnswers(batch).toSorted((a, b) => (a.at === b.at ? order(a) - order(b) : a.at - b.at))[0]!;
  }

  /** A batch that builds on another block than the last final one can never be final, whatever was answered. */
  #proven(index: number): boolean {
    const batch = this.batches[index]!;
    return (index !== this.finalCount || batch.parentHash === this.finalHash) && this.#zkAnswers(batch).length > 0;
  }

  #skippable(): number {
    let count = 0;
    for (;;) {
      const message = this.messages[this.nextMessage + count];
      if (message === undefined || message.fate === 'skipped' || this.t - message.t <= E) break;
      count += 1;
    }
    return count;
  }

  #settle(): void {
    while (this.settled < this.messages.length && this.messages[this.settled]!.fate !== 'pending') this.settled += 1;
    const episode = this.episode;
    if (episode?.returnTarget !== undefined && this.settled >= episode.returnTarget) episode.returnSettledAt ??= this.t;
  }

  #updateStops(): void {
    if (this.openDisputes().length > 0 || this.disputeStopEnd <= this.wall) return;
    this.disputeStopEnd = this.wall;
    this.clock.shortenTo(Math.max(this.pauseEnd, this.disputeStopEnd));
  }
}
