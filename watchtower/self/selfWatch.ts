// Gathers what the watchtower knows of itself and keeps what its checks say. Owns the list and the gathering. Runs whether or not L1 can be read.

import { statfs } from 'node:fs/promises';
import type { Config } from '../config.ts';
import { Keeper } from '../keeper.ts';
import type { CursorState, OutboxRow, StoredBlock } from '../rows.ts';
import type { Store } from '../store.ts';
import { anchoring } from './anchoring.ts';
import { channels } from './channels.ts';
import { disk } from './disk.ts';
import { finality } from './finality.ts';
import { reading } from './reading.ts';
import type { ChannelFacts, SelfCheck, SelfFacts, WitnessFacts } from './selfCheck.ts';
import { wallClock } from './wallClock.ts';
import { witnesses } from './witnesses.ts';

export const SELF_CHECKS: readonly SelfCheck[] = [reading, finality, wallClock, disk, channels, witnesses, anchoring];

const NO_BLOCK: StoredBlock = { number: 0, hash: `0x${'00'.repeat(32)}`, parentHash: `0x${'00'.repeat(32)}`, timestamp: 0 };

interface SelfParts {
  readonly config: Config;
  readonly store: Store;
  readonly checks: readonly SelfCheck[];
  readonly wallMilliseconds: () => number;
  /** A clock that nobody sets. */
  readonly steadyMilliseconds: () => number;
}

export class SelfWatch {
  readonly #parts: SelfParts;
  readonly #keeper: Keeper;
  readonly #startedMilliseconds: number;
  #readAt: number;
  #unreadBecause: string | undefined;

  constructor(parts: SelfParts) {
    this.#parts = parts;
    this.#keeper = new Keeper({ store: parts.store, channels: parts.config.channels, wallMilliseconds: parts.wallMilliseconds });
    this.#startedMilliseconds = parts.wallMilliseconds();
    this.#readAt = parts.steadyMilliseconds();
  }

  /** L1 was read by agreement just now, or not, and why. */
  noteReading(fault: string | undefined): void {
    this.#unreadBecause = fault;
    if (fault === undefined) this.#readAt = this.#parts.steadyMilliseconds();
  }

  async judge(): Promise<void> {
    const { store, checks } = this.#parts;
    const cursor = store.get<CursorState>(['cursor']);
    const block = store.get<StoredBlock>(['block', cursor?.tip ?? -1]) ?? NO_BLOCK;
    const facts = await this.#facts(cursor);
    for (const check of checks) {
      const verdicts = check.judge(facts).map(({ expected, got, ...said }) => ({ ...said, evidence: { block: { number: BigInt(block.number), hash: block.hash }, expected, got } }));
      await this.#keeper.keep(check, { hash: block.hash, seconds: Math.floor(facts.wallMilliseconds / 1_000) }, verdicts);
    }
  }

  async #facts(cursor: CursorState | undefined): Promise<SelfFacts> {
    const { config, store, wallMilliseconds, steadyMilliseconds } = this.#parts;
    const anchor = config.checkpoints?.anchor;
    const secondsOf = (number: number | undefined): number | undefined => store.get<StoredBlock>(['block', number ?? -1])?.timestamp;
    return {
      l1ChainId: config.l1.chainId, secondsUnread: (steadyMilliseconds() - this.#readAt) / 1_000, unreadBecause: this.#unreadBecause, wallMilliseconds: wallMilliseconds(), startedMilliseconds: this.#startedMilliseconds,
      tipSeconds: secondsOf(cursor?.tip), finalizedSeconds: secondsOf(cursor?.finalized), freeBytes: await freeBytes(config.data),
      channels: config.channels.map(({ name, escalateAfterSeconds }) => channelFacts(store, name, escalateAfterSeconds, wallMilliseconds())), canaryEverySeconds: config.canary?.everySeconds,
      witnesses: config.peers.map(({ name }) => store.get<WitnessFacts>(['witness', name]) ?? { name, seq: 0, fault: 'it was not asked yet', contradiction: undefined, broken: undefined }),
      anchor: anchor === undefined ? undefined : { everySeconds: anchor.everySeconds, anchoredAt: store.get<number>(['anchoredAt']), fault: store.get<string>(['anchorFault']) },
    };
  }
}

function channelFacts(store: Store, name: string, escalateAfterSeconds: number, now: number): ChannelFacts {
  // What waits for its time is not late.
  const due = store.list<OutboxRow>(['outbox', name], { limit: 200 }).filter(({ attempts, createdAt }) => attempts > 0 || now - createdAt > escalateAfterSeconds * 1_000);
  const oldest = due.reduce<number | undefined>((least, { createdAt }) => Math.min(least ?? createdAt, createdAt), undefined);
  return {
    name, oldestMilliseconds: oldest === undefined ? undefined : Math.max(0, now - oldest - escalateAfterSeconds * 1_000), lastError: due.findLast(({ lastError }) => lastError !== undefined)?.lastError,
    deliveredAt: store.get<{ readonly at: number }>(['delivered', name])?.at,
  };
}

async function freeBytes(directory: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(directory);
    return bavail * bsize;
  } catch (cause) {
    // The check says unknown.
    if (cause instanceof Error) return undefined;
    throw cause;
  }
}
