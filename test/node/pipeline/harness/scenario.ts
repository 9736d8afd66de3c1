// A story of L1 and users around one sequencer, told by numbers: messages, honest and hostile commits, reorganizations,
// drops, finality, transactions, crashes, Enforced episodes with skips.
//
// Owns: what each step does to the world and the node, and what was acknowledged. Does not own: the laws (the tests).
// Invariant: the world obeys the contracts' own rules (l1World.ts); everything else is allowed.

import { strict as assert } from 'node:assert';
import { equalBytes, hashBytes, nextUnskipped, payloadCommitment, toHex } from '@keyfall/protocol';
import type { L1Record } from '../../../../node/pipeline/l1Block.ts';
import type { CommitRecord } from '../../../../node/store/records.ts';
import { fittingPayload, L1World } from '../../derive/harness/l1World.ts';
import { addressOf, sign, wallets } from '../../execute/chain-fixture.ts';
import { SimulatedCrash, SimulatedDisk } from './disk.ts';
import { SEQUENCING, SimulatedNode } from './simulatedNode.ts';

export interface ScenarioStep { readonly kind: number; readonly a: number; readonly b: number }
export interface Acknowledged { readonly hash: Uint8Array; readonly sender: Uint8Array; readonly nonce: bigint }
export const KINDS = ['messages', 'commit', 'commit', 'build', 'build', 'build', 'hostile', 'reorg', 'finalize', 'drop', 'l1-final', 'crash', 'empty', 'phase', 'enforced', 'enforced', 'skip'] as const;

export class Scenario {
  node: SimulatedNode;
  world = new L1World();
  /** Worlds the node may have followed, newest last. */
  #past: L1World[] = [];
  #salt = 1;
  #l1Final = 0n;
  #seconds = 0n;
  readonly acknowledged: Acknowledged[] = [];
  /** How often the interesting things happened: a scenario in which nothing happens proves nothing. */
  readonly seen = { recognised: 0, derived: 0, emptied: 0, unwound: 0, reorganized: 0, crashed: 0, enforced: 0, skipped: 0, returned: 0 };
  readonly #mayCrash: boolean;

  private constructor(node: SimulatedNode, mayCrash: boolean) {
    this.node = node;
    this.#mayCrash = mayCrash;
  }
  static async begin(disk = new SimulatedDisk(), mayCrash = true): Promise<Scenario> {
    return new Scenario(await SimulatedNode.start(disk, SEQUENCING), mayCrash);
  }

  async play(step: ScenarioStep): Promise<void> {
    const kind = KINDS[step.kind % KINDS.length]!;
    switch (kind) {
      case 'messages': return await this.#mine(this.#messages(1 + (step.a % 3)));
      case 'commit': return await this.#mine(this.#ownCommits(1 + (step.a % 2)));
      case 'build': return await this.#build(step.a % 4, 1n + BigInt(step.b % 40));
      case 'hostile': return await this.#mine(this.#hostileCommit(step.a, step.b));
      case 'reorg': return await this.#reorganize(1n + BigInt(step.a % 6), step.b);
      case 'finalize': return await this.#mine(this.#finality());
      case 'drop': return await this.#mine(this.#dropLast());
      case 'l1-final': return await this.#finalizeL1(BigInt(step.a % 5));
      case 'crash': return this.#mayCrash ? await this.#restart() : undefined;
      case 'empty': return await this.#mine([]);
      case 'phase': return await this.#mine(this.#turnPhase(step.a));
      case 'enforced': return await this.#mine(this.#enforcedCommits(1 + (step.a % 2), 1 + (step.b % 3)));
      case 'skip': return await this.#mine(this.#skip(1n + BigInt(step.a % 2)));
    }
  }

  async #restart(): Promise<void> {
    this.seen.crashed += 1;
    this.node = await SimulatedNode.start(this.node.disk.survivor(), SEQUENCING);
    await this.follow();
  }

  /** Dies at the node's `writes`-th write from here, then lives on from the disk. Returns whether it died. */
  async playDyingAt(step: ScenarioStep, writes: number): Promise<boolean> {
    try {
      this.node = await SimulatedNode.start(this.node.disk.survivor(writes), SEQUENCING);
      await this.play(step);
      return false;
    } catch (cause) {
      if (!(cause instanceof SimulatedCrash)) throw cause;
      await this.#restart();
      return true;
    }
  }

  #messages(count: number): L1Record[] {
    const records: L1Record[] = [];
    for (let i = 0; i < count; i++) records.push(this.world.message({ mintWei: 5n, valueWei: 5n, to: toHex(addressOf(wallets[i]!)) }, records));
    return records;
  }

  /** The batches the node closed, as its batcher would commit them. */
  #ownCommits(count: number): L1Record[] {
    const records: L1Record[] = [];
    if (this.world.phase() !== 'operating') return records;
    for (let i = 0; i < count; i++) {
      const index = BigInt(this.world.commits(records).length) + 1n;
      const batch = index <= this.node.state.head.closedBatch ? this.node.store.batch(index) : undefined;
      if (batch === undefined || batch.origin === undefined || batch.inboxFrom !== nextUnskipped(this.world.skipped(), this.world.commits(records).at(-1)?.inboxTo ?? 0n)) break;
      const payload = this.node.driver.reads.payload(batch.firstBlock, batch.lastBlock);
      const record = this.world.commit({ payload, take: batch.inboxTo - batch.inboxFrom, parentHash: batch.parentHash }, records);
      assert(record.kind === 'commit');
      // L1 knows the origin by number and gives its hash; a batcher whose origin went away does not send.
      const origin = this.world.blocks.find((block) => block.number === batch.origin?.number);
      if (origin === undefined || !equalBytes(origin.hash, batch.origin.hash)) break;
      assert.deepEqual(hashBytes(payloadCommitment(payload)), batch.payloadHash, 'a closed batch hashes to its payload');
      records.push({ kind: 'commit', commit: { ...record.commit, origin: { number: origin.number, hash: origin.hash, timestamp: origin.timestamp, baseFeeWei: origin.baseFeeWei } } });
    }
    return records;
  }
  #hostileCommit(a: number, b: number): L1Record[] {
    const safe = this.node.store.block(this.node.state.head.safe.number)!;
    const take = BigInt(a % 3);
    const fitting = fittingPayload(this.world, safe.header.timestamp, 0n, b % 2 === 0 ? [[], []] : [[Uint8Array.of(0xc0)], []]);
    const payload = a % 4 === 0 ? Uint8Array.of(1, b % 256, 3) : fitting;
    const parentHash = b % 7 === 0 ? hashBytes(`0x${'ee'.repeat(32)}`) : safe.hash;
    // One that builds on nothing derivable blocks the chain until it is dropped: at most one at a time keeps the story moving.
    if (this.node.state.standing !== undefined || this.world.phase() !== 'operating') return [];
    return [this.world.commit({ payload, take, parentHash }, [])];
  }

  #finality(): L1Record[] {
    const next = this.world.finalBatch() + 1n;
    if (next > BigInt(this.world.commits().length) || next > this.node.state.head.safe.batchIndex) return [];
    const batch = this.node.store.batch(next)!;
    const last = this.node.store.block(batch.lastBlock)!;
    return [{ kind: 'finalized', batchIndex: next, lastHash: batch.lastHash, stateRoot: last.header.stateRoot, lastNumber: batch.lastBlock, inboxTo: batch.inboxTo }];
  }

  /** Into Enforced, where everything unproven falls, or back to Operating. */
  #turnPhase(a: number): L1Record[] {
    const committed = BigInt(this.world.commits().length);
    if (this.world.phase() === 'enforced') {
      this.seen.returned += 1;
      return [{ kind: 'phase', phase: 'operating' }];
    }
    const proven = this.world.finalBatch() + BigInt(a % 3);
    return proven < committed ? [{ kind: 'phase', phase: 'enforced' }, { kind: 'dropped', from: proven + 1n, to: committed }] : [{ kind: 'phase', phase: 'enforced' }];
  }

  /** What anyone may commit in Enforced, on the chain as the node derives it; the second batch needs the first one's result. */
  #enforcedCommits(count: number, blocks: number): L1Record[] {
    const { head } = this.node.state;
    if (this.world.phase() !== 'enforced' || head.safe.batchIndex !== BigInt(this.world.commits().length)) return [];
    const record = this.world.enforcedCommit({ parentHash: head.safe.hash, blocks: blocks * count }, []);
    if (record !== undefined) this.seen.enforced += 1;
    return record === undefined ? [] : [record];
  }

  #skip(width: bigint): L1Record[] {
    const record = this.world.phase() === 'enforced' ? this.world.skipHead(width, []) : undefined;
    if (record !== undefined) this.seen.skipped += 1;
    return record === undefined ? [] : [record];
  }

  #dropLast(): L1Record[] {
    const committed = BigInt(this.world.commits().length);
    return committed > this.world.finalBatch() ? [{ kind: 'dropped', from: committed, to: committed }] : [];
  }

  async #mine(records: readonly L1Record[]): Promise<void> {
    this.#past.push(this.world);
    this.world = this.world.mine(records, this.#salt++);
    await this.follow();
  }

  async #reorganize(depth: bigint, salt: number): Promise<void> {
    const tip = this.world.tip.number;
    const to = tip - depth < this.#l1Final ? this.#l1Final : tip - depth;
    if (to === tip) return;
    this.#past.push(this.world);
    this.seen.reorganized += 1;
    const shared = this.world.backTo(to);
    this.world = shared.mine(salt % 2 === 0 ? [] : [shared.message({}, [])], 1_000_000 + this.#salt++);
    await this.follow();
  }

  async #finalizeL1(lag: bigint): Promise<void> {
    const number = this.world.tip.number - lag;
    const block = this.world.blocks.find((candidate) => candidate.number === number);
    if (block === undefined || number <= this.#l1Final) return;
    this.#l1Final = number;
    await this.node.take({ kind: 'l1-finalized', block: { number: block.number, hash: block.hash } });
  }

  async #build(transactions: number, seconds: bigint): Promise<void> {
    for (let i = 0; i < transactions; i++) {
      const wallet = wallets[i % 4]!;
      const sender = addressOf(wallet);
      const state = this.node.engine.stateAt(this.node.engine.head.header.number);
      assert(state.ok);
      const nonce = this.node.mempool!.nextNonce(sender) ?? state.state.account(sender)?.nonce ?? 0n;
      const { raw } = await sign(wallet, { to: wallets[5]!.address, value: 1n, nonce: Number(nonce) });
      const submission = await this.node.submit(raw);
      if (submission.ok) this.acknowledged.push({ hash: submission.hash, sender, nonce });
    }
    const { l1 } = this.node.state.head;
    const floor = this.#seconds > l1.timestamp ? this.#seconds : l1.timestamp;
    this.#seconds = floor + seconds < l1.timestamp + 300n ? floor + seconds : l1.timestamp + 1n;
    await this.node.tick(this.#seconds);
  }

  /** Leads the node from its cursor to the world as it is. */
  async follow(): Promise<void> {
    const { l1 } = this.node.state.head;
    const before = [this.world, ...this.#past.toReversed()].find((world) => l1.number === 0n || world.blocks.some((block) => block.number === l1.number && equalBytes(block.hash, l1.hash)));
    assert(before !== undefined, 'the node follows a world that never was');
    const marks = { safe: this.node.state.head.safe, notices: this.node.notices.length };
    for (const event of this.world.eventsFrom(before.backTo(l1.number), 2)) await this.node.take(event);
    const fresh = this.node.notices.slice(marks.notices);
    this.seen.unwound += fresh.filter((notice) => notice.kind === 'unwound').length;
    for (let index = marks.safe.batchIndex + 1n; index <= this.node.state.head.safe.batchIndex; index++) {
      const batch = this.node.store.batch(index)!;
      const isDerived = fresh.some((notice) => notice.kind === 'block' && notice.block.number === batch.lastBlock);
      if (batch.emptiedBecause !== undefined) this.seen.emptied += 1;
      else if (isDerived) this.seen.derived += 1;
      else this.seen.recognised += 1;
    }
  }

  /** Commits that stand on the world's chain. */
  commits(): readonly CommitRecord[] {
    return this.world.commits();
  }
}
