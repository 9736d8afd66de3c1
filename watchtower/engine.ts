// One step of the watchtower: walk L1, tell what happens, judge what is final. Owns the order of the work. Does not own what is checked (monitors/),
// how verdicts are kept (keeper.ts) and told (alerts/), nor the decisions (cursor.ts, incidents.ts).
//
//   latest ──walk──► block: logs ─► notices ─► provisional incidents          reorg ─► retract
//   finalized ─────► events kept, incidents confirmed ─► every monitor judges the finalized state
//
// Invariant: what was decided and that it must be told are written together; a crash between any two steps repeats work, never alarms.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { ChannelConfig, Config } from './config.ts';
import type { Contracts, Decoded } from './contracts.ts';
import { appended, firstCursor, place, unwound } from './cursor.ts';
import { noticed, type Change } from './incidents.ts';
import { Keeper } from './keeper.ts';
import { mayHaveLogOf } from './l1/bloom.ts';
import type { L1Header } from './l1/header.ts';
import type { Quorum } from './l1/quorum.ts';
import type { Monitor, Notice, StoredEvent, View } from './monitor.ts';
import type { CursorState, Incident, StoredBlock } from './rows.ts';
import type { Store } from './store.ts';
import { hashOf, Unverifiable, type Verdict } from './verdict.ts';

/** Blocks walked before finality is looked at again, so that a long catching-up still judges. */
const BLOCKS_PER_STEP = 500;
const WALK_EVERY_MILLISECONDS = 1_000;
/** Final blocks whose hashes are kept: what is older is in the cursor's range and the log. */
const KEPT_BLOCKS = 16_384;

export interface EngineParts {
  readonly config: Config;
  readonly contracts: Contracts;
  readonly quorum: Quorum;
  readonly store: Store;
  readonly monitors: readonly Monitor[];
  readonly logger: Logger;
  readonly channels: readonly ChannelConfig[];
  readonly viewAt: (header: L1Header, answers: View['answers'], cursor: CursorState) => View;
  readonly wallMilliseconds: () => number;
}

export interface StepResult {
  /** Whether the walk reached the chain's head. */
  readonly isCaughtUp: boolean;
  readonly tip: number;
  readonly finalized: number;
}

/** JSON-safe copy of event arguments: integers as decimal strings. */
export function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return value.map(plain);
  if (value !== null && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
  return value;
}

export class Engine {
  readonly #parts: EngineParts;
  readonly #keeper: Keeper;
  #lastView: View | undefined;
  #walkedAt = 0;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.#keeper = new Keeper(parts);
  }

  /** The finalized state that was judged last; undefined before the first time. */
  get lastView(): View | undefined {
    return this.#lastView;
  }

  get cursor(): CursorState {
    return this.#parts.store.get<CursorState>(['cursor']) ?? firstCursor(this.#parts.config.deployment.deployBlock);
  }

  /** One round. @throws Unverifiable when too few operators agree where the chain stands */
  async step(): Promise<StepResult> {
    await this.#beginQuietly();
    const isCaughtUp = await this.#walk();
    await this.#finalize();
    const { tip, finalized } = this.cursor;
    return { isCaughtUp, tip, finalized };
  }

  /** What was final before the first start is history: kept and listed, but told to no one. The state it left is judged all the same. */
  async #beginQuietly(): Promise<void> {
    const { quorum, store } = this.#parts;
    if (store.get<number>(['quietUntil']) !== undefined) return;
    const { header } = await quorum.head('finalized');
    await store.commit((write) => { write.put(['quietUntil'], Number(header.number)); });
  }

  async #walk(): Promise<boolean> {
    const { quorum } = this.#parts;
    this.#walkedAt = performance.now();
    const head = await quorum.head('latest');
    for (let count = 0; count < BLOCKS_PER_STEP; count += 1) {
      const { cursor } = this;
      if (head.header.number < BigInt(cursor.tip)) {
        // Operators that lag are no reorganisation: only another block at the same height is.
        const kept = this.#block(Number(head.header.number));
        if (kept === undefined || kept.hash === head.header.hash) return true;
        await this.#unwindTo(Number(head.header.number));
      }
      if (BigInt(this.cursor.tip) >= head.header.number) {
        const same = await this.#tipHolds();
        if (same) return true;
        continue;
      }
      const { header } = await quorum.header(BigInt(cursor.tip + 1));
      const move = place(cursor, this.#block(cursor.tip), header);
      switch (move.kind) {
        case 'append': await this.#append(cursor, header); break;
        case 'unwind': await this.#unwind(cursor); break;
        case 'refused': await this.#contradicted(move.expected, move.got); break;
        default: move satisfies never;
      }
    }
    return false;
  }

  /** What was final is no more: told once, and nothing of what was kept is rewritten; a person must decide. */
  async #contradicted(expected: string, got: string): Promise<never> {
    const { store, wallMilliseconds } = this.#parts;
    const { finalized } = this.cursor;
    const block = this.#block(finalized);
    const sentence = `L1 contradicts what was final up to block ${finalized}: nothing that this watchtower said of it can be relied on`;
    const incident: Incident = {
      id: hashOf({ finality: finalized, hash: block?.hash ?? null }), monitor: 'A5-continuity', subject: 'finality', severity: 'critical', sentence, expected, got, state: 'firing',
      blockNumber: finalized, blockHash: block?.hash ?? `0x${'00'.repeat(32)}`, transaction: undefined, foundAt: wallMilliseconds(),
    };
    if (store.get(['incident', incident.id]) === undefined) await store.commit((write) => { this.#keeper.record(write, [{ from: undefined, incident }]); });
    throw new Unverifiable(`${sentence}: expected ${expected}, got ${got}`);
  }

  /** Whether the tip is still the chain's; if not, it is unwound by one. */
  async #tipHolds(): Promise<boolean> {
    const { cursor } = this;
    const tip = this.#block(cursor.tip);
    if (tip === undefined || cursor.tip <= cursor.finalized) return true;
    if (await this.#parts.quorum.isCanonical(BigInt(tip.number), tip.hash)) return true;
    await this.#unwind(cursor);
    return false;
  }

  async #unwindTo(number: number): Promise<void> {
    while (this.cursor.tip > Math.max(number, this.cursor.finalized)) await this.#unwind(this.cursor);
  }

  #isHistory(number: number): boolean {
    return number <= (this.#parts.store.get<number>(['quietUntil']) ?? -1);
  }

  #block(number: number): StoredBlock | undefined {
    return this.#parts.store.get<StoredBlock>(['block', number]);
  }

  async #append(cursor: CursorState, header: L1Header): Promise<void> {
    const { contracts, quorum, store, monitors, wallMilliseconds } = this.#parts;
    const isOurs = contracts.watchedAddresses.some((address) => mayHaveLogOf(header.logsBloom, address));
    const decoded = isOurs ? (await quorum.logs(header)).flatMap((log) => contracts.decodeLog(log) ?? []) : [];
    const block: StoredBlock = { number: Number(header.number), hash: header.hash, parentHash: header.parentHash, timestamp: Number(header.timestamp) };
    // Two equal events of one transaction are one incident.
    const found = new Map(decoded.flatMap((item) => noticesOf(monitors, item, block, this.#parts.config.deployment.deployBlock, wallMilliseconds())).map((incident) => [incident.id, incident]));
    const changes = [...found.values()].flatMap((incident): Change[] => {
      const before = store.get<Incident>(['incident', incident.id]);
      return before === undefined || before.state === 'retracted' ? [{ incident, from: before?.state }] : [];
    });
    await store.commit((write) => {
      write.put(['block', block.number], block);
      if (decoded.length > 0) write.put(['pending', block.number], decoded.map((item) => eventOf(item, block)));
      for (const { incident } of changes) write.put(['byBlock', block.number, incident.id], incident.id);
      write.put(['cursor'], appended(cursor));
      this.#keeper.record(write, changes, [], this.#isHistory(block.number));
    });
  }

  async #unwind(cursor: CursorState): Promise<void> {
    const { store } = this.#parts;
    const ids = store.list<Incident['id']>(['byBlock', cursor.tip]);
    const changes = ids.flatMap((id): Change[] => {
      const incident = store.get<Incident>(['incident', id]);
      return incident?.state === 'provisional' && incident.blockNumber === cursor.tip ? [{ from: 'provisional', incident: { ...incident, state: 'retracted' } }] : [];
    });
    await store.commit((write) => {
      for (const id of ids) write.remove(['byBlock', cursor.tip, id]);
      write.remove(['block', cursor.tip]);
      write.remove(['pending', cursor.tip]);
      write.put(['cursor'], unwound(cursor));
      this.#keeper.record(write, changes);
    });
  }

  async #finalize(): Promise<void> {
    const { quorum } = this.#parts;
    const { header, answers } = await quorum.head('finalized');
    // What is judged is the finalized block that was walked to, which may be behind the operators' finalized head.
    const target = Math.max(this.cursor.finalized, Math.min(Number(header.number), this.cursor.tip));
    if (target < this.cursor.first) return;
    const agreed = Number(header.number) === target ? { header, answers } : await quorum.header(BigInt(target));
    const kept = this.#block(target)?.hash;
    if (agreed.header.hash !== kept) {
      if (target <= this.cursor.finalized) await this.#contradicted(`finalized block ${target} ${String(kept)}`, agreed.header.hash);
      // L1 was reorganised after the walk: no block of the old branch may be called final. The walk goes on from below it.
      await this.#unwindTo(target - 1);
      return;
    }
    for (let number = this.cursor.finalized + 1; number <= target; number += 1) await this.#confirm(number);
    const { cursor } = this;
    if (this.#lastView?.header.hash === agreed.header.hash) return;
    const view = this.#parts.viewAt(agreed.header, agreed.answers, cursor);
    await this.#evaluate(view);
    this.#lastView = view;
  }

  async #confirm(number: number): Promise<void> {
    const { store } = this.#parts;
    const events = store.get<(StoredEvent & { readonly contract: string; readonly name: string; readonly index: number })[]>(['pending', number]) ?? [];
    const ids = store.list<Incident['id']>(['byBlock', number]);
    const changes = ids.flatMap((id): Change[] => {
      const incident = store.get<Incident>(['incident', id]);
      return incident?.state === 'provisional' && incident.blockNumber === number ? [{ from: 'provisional', incident: { ...incident, state: 'firing' } }] : [];
    });
    await store.commit((write) => {
      for (const { contract, name, index, ...event } of events) write.put(['event', contract, name, number, index], event);
      for (const [key, added] of Map.groupBy(events, ({ contract, name }) => JSON.stringify([contract, name]))) {
        const counter = ['eventCount', ...JSON.parse(key) as [string, string]];
        write.put(counter, (store.get<number>(counter) ?? store.count(['event', ...counter.slice(1)])) + added.length);
      }
      write.remove(['pending', number]);
      for (const id of ids) write.remove(['byBlock', number, id]);
      write.remove(['block', number - KEPT_BLOCKS]);
      write.put(['cursor'], { ...this.cursor, finalized: number });
      this.#keeper.record(write, changes, [], this.#isHistory(number));
    });
  }

  /** Judging takes many reads, and trials minutes: the walk goes on meanwhile, so that what happens is told at once. */
  async #evaluate(view: View): Promise<void> {
    for (const monitor of this.#parts.monitors) {
      if (monitor.evaluate === undefined) continue;
      await this.#keeper.keep(monitor, { hash: view.header.hash, seconds: Number(view.header.timestamp) }, await this.#whileWalking(this.#verdictsOf(monitor, view)));
    }
  }

  /** Waits for what was begun, and walks every so often until it is done. What a monitor sees is final: the walk changes nothing of it. */
  async #whileWalking<T>(begun: Promise<T>): Promise<T> {
    for (;;) {
      const left = this.#walkedAt + WALK_EVERY_MILLISECONDS - performance.now();
      const waiting = new AbortController();
      const isDone = await Promise.race([begun.then(() => true), sleep(Math.max(0, left), false, { signal: waiting.signal }).catch(() => true)]);
      waiting.abort();
      if (isDone) return begun;
      // Two looks at one block must not run side by side.
      await this.#walk().catch(async (cause: unknown) => { await begun; throw cause; });
    }
  }

  async #verdictsOf(monitor: Monitor, view: View): Promise<readonly Verdict[]> {
    const block = { number: view.header.number, hash: view.header.hash };
    const missing = monitor.needs.filter((name) => !view.contracts.has(name));
    const unverifiable = (sentence: string): readonly Verdict[] => [{ subject: '', status: 'unverifiable', sentence, evidence: { block, expected: monitor.about, got: sentence } }];
    if (missing.length > 0) return unverifiable(`the configuration names no ${missing.join(', ')}`);
    try {
      return await monitor.evaluate?.(view) ?? [];
    } catch (cause) {
      if (cause instanceof Unverifiable) return unverifiable(cause.message);
      this.#parts.logger.error({ err: cause, monitor: monitor.id }, 'a monitor failed');
      return unverifiable(`the check itself failed: ${cause instanceof Error ? cause.message : String(cause)}`);
    }
  }
}

function noticesOf(monitors: readonly Monitor[], item: Decoded, block: StoredBlock, deployBlock: number, wallMilliseconds: number): readonly Incident[] {
  if (item.name === undefined) {
    return [{
      id: `0x${item.log.transactionHash.slice(2, 58)}${item.log.index.toString(16).padStart(8, '0')}`, monitor: 'B8-undecodable', subject: item.contract, severity: 'critical',
      sentence: `${item.contract} emitted an event that its ABI does not know: its code is not what this watchtower was built for`, expected: 'events of the ABI', got: String(item.log.topics[0] ?? 'no topic'),
      state: 'provisional', blockNumber: block.number, blockHash: block.hash, transaction: item.log.transactionHash, foundAt: wallMilliseconds,
    }];
  }
  const applies = ({ contract, event, isFirst }: Notice): boolean => contract === item.contract && event === item.name && !isFirstSetting(() => isFirst?.(item, { blockNumber: block.number, deployBlock }) === true);
  return monitors.flatMap((monitor) => (monitor.notices ?? []).filter(applies).map((notice) => noticed(monitor, notice, item, block, wallMilliseconds)));
}

/** What cannot be told apart from a later setting is told. */
function isFirstSetting(ask: () => boolean): boolean {
  try {
    return ask();
  } catch (cause) {
    if (cause instanceof Error) return false;
    throw cause;
  }
}

function eventOf(item: Decoded, block: StoredBlock): StoredEvent & { readonly contract: string; readonly name: string; readonly index: number } {
  return {
    contract: item.contract, name: item.name ?? '?', index: item.log.index, blockNumber: block.number, timestamp: block.timestamp, transactionHash: item.log.transactionHash,
    args: item.name === undefined ? { topics: item.log.topics, data: item.log.data } : plain(item.args) as Readonly<Record<string, unknown>>,
  };
}
