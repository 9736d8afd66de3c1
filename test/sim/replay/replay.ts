/**
 * Plays one random walk on the model and on the contracts at once: what one refuses the other must refuse, and after every step the states are
 * equal. Owns the translation of the model's acts into calls and what is compared; the model owns the rules.
 *
 * Two acts are the harness's, not the contracts': whether a batch can be proven at all (an unprovable one is a statement that no lane accepts),
 * and how often the council may pause.
 */
import assert from 'node:assert/strict';
import {
  bindingHash, enforcedPayloadCommitment, feeConfigHash, GENESIS_FEE_CONFIG, inputsHash, outputsHash, skipRootOf, statementHash, type Hex, type StatementOutputs,
} from '@keyfall/protocol';
import { lastBlockStart } from '../protocol/enforcedBlocks.ts';
import type { LaneKind } from '../protocol/lanes.ts';
import { HOUR } from '../protocol/parameters.ts';
import { Protocol } from '../protocol/protocol.ts';
import { demand, Refused } from '../protocol/refused.ts';
import { accept, ANYONE, AUTHORITY, beneficiaryOf, COUNCIL, deploy, hashOf, scriptedLane, START, type Mutation, type ReplayDeployment } from './deployment.ts';
import { MoneyReplay, type Same } from './money.ts';

const FUNDS = 10n ** 24n;
const KINDS: Readonly<Record<LaneKind, number>> = { zk: 1, attesters: 2 };
const PHASES = ['None', 'Operating', 'Enforced', 'Frozen'];
const CAUSES = { NoFinality: 0, Skipped: 1, Dispute: 2, NoLane: 3 } as const;
const PAYLOAD = '0x01c0';

/** What the contracts did, undefined = went through, else the error's name. */
type Sent = Promise<string | undefined>;

const bindingOf = (lane: string) => ({ beneficiary: beneficiaryOf(lane), minL1Time: 0n, maxL1Time: (1n << 64n) - 1n });

export class Replay {
  readonly model = new Protocol();
  readonly chain: ReplayDeployment;
  readonly money: MoneyReplay;
  readonly startT: number;
  /** Names of the acts that went through. */
  readonly taken = new Set<string>();
  #acts = 0;

  private constructor(chain: ReplayDeployment, startT: number) {
    this.chain = chain;
    this.startT = startT;
    this.money = new MoneyReplay(this);
    for (const [id, kind] of [['zk', 'zk'], ['zk2', 'zk'], ['attesters', 'attesters']] as const) this.model.lanes.add(id, kind);
  }

  static async start(mutate?: Mutation): Promise<Replay> {
    const chain = await deploy(mutate);
    return new Replay(chain, Number(await chain.clock.view('current')));
  }

  advance(seconds: number): void {
    this.model.advance(seconds);
    this.chain.evm.advanceTo(START + this.model.wall);
  }

  /** One act on both; the error's name that both gave, or undefined. @throws AssertionError where they differ */
  async act(name: string, onModel: () => unknown, onChain: (refusal: string | undefined) => Sent): Promise<string | undefined> {
    let refusal: string | undefined;
    try {
      onModel();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      refusal = error.code;
    }
    const error = await onChain(refusal);
    assert.equal(error === undefined, refusal === undefined, `${name}: the model says ${refusal ?? 'yes'}, the contracts say ${error ?? 'yes'}`);
    if (this.model.disputeStopEnd > 0) await this.chain.lanes.send(ANYONE, 'closeDisputes', [1_000]);
    // What both refused changed nothing but the time: then all is compared only now and then.
    this.#acts += 1;
    if (refusal === undefined) this.taken.add(name);
    await this.compare(name, refusal === undefined || this.#acts % 8 === 0);
    return refusal;
  }

  // Acts

  enqueue(options: { zkGas: number; poison: boolean }): Promise<string | undefined> {
    const onModel = (): void => {
      this.model.enqueue(options);
      this.money.reserve.enqueued(options.zkGas);
    };
    return this.act('enqueue', onModel, () => this.chain.inbox.send(ANYONE, 'sendCall', [ANYONE, 0n, 0n, options.zkGas, 0n, '0x'], FUNDS));
  }

  /** @param by the seated operator, if it is left out */
  commit(to: number, parent: string, unprovable: boolean, by = this.money.seat.operator): Promise<string | undefined> {
    const index = this.model.batches.length;
    const onModel = (): void => {
      demand(by === this.money.seat.operator, 'NOT_OPERATOR', by);
      this.model.commit({ to, parentHash: parent, unprovable });
    };
    return this.act('commit', onModel, () => this.chain.rollup.send(by, 'commit', [index, hashOf(parent), to, 1n, PAYLOAD]));
  }

  answer(index: number, lane: string, claimed: string | undefined): Promise<string | undefined> {
    const batch = this.model.batches[index];
    const name = claimed ?? (batch === undefined ? 'nothing' : this.model.honestOutputs(index));
    const at = this.chain.laneOf[lane] ?? '';
    return this.act('answer', () => this.model.answer(index, lane, claimed), async (refusal) => {
      const outputs = outputsNamed(name, START + (batch?.committedWall ?? 0));
      if (batch !== undefined && refusal !== 'UNPROVABLE') {
        const record = (await this.chain.rollup.view('batch', [index])) as { inputs: Hex };
        await accept(this.chain, at, statementHash(record.inputs, outputsHash(outputs), bindingHash(bindingOf(lane))));
      }
      return await this.chain.rollup.send(ANYONE, 'answer', [index, at, outputs, bindingOf(lane)]);
    });
  }

  finalize(): Promise<string | undefined> {
    const next = this.model.finalCount;
    return this.act('finalize', () => { if (this.model.finalize() === 0) throw new Refused('NOTHING', 'a batch that may become final'); },
      (refusal) => this.chain.rollup.send(ANYONE, 'finalize', [refusal === undefined ? this.model.finalCount - 1 : next]));
  }

  drop(index: number): Promise<string | undefined> {
    return this.act('drop', () => this.model.drop(index), () => this.chain.rollup.send(ANYONE, 'drop', [index]));
  }

  enterEnforced(): Promise<string | undefined> {
    const hint = Math.max(0, this.model.firstUnproven());
    return this.act('enterEnforced', () => this.model.enterEnforced(), () => this.chain.lifecycle.send(ANYONE, 'enterEnforced', [hint]));
  }

  async commitEnforced(lane: string, to: number, claimed: string | undefined): Promise<string | undefined> {
    const { model } = this;
    const index = model.batches.length;
    const from = model.nextMessage;
    const parent = model.honestTip();
    const start = to > from && to <= model.messages.length ? lastBlockStart(model.messages, from, to) : from;
    const name = claimed ?? `H(${parent},${from},${to},${index})`;
    const outputs = outputsNamed(name, START + model.wall);
    const options = claimed === undefined ? { to } : { to, outputs: claimed };
    const spec = to > from && to <= model.messages.length ? model.specOf(to - 1) : 1;
    const onModel = (): void => this.money.reserve.committedEnforced(model.batches[model.commitEnforced(lane, options)]!);
    return await this.act('commitEnforced', onModel, async (refusal) => {
      const at = this.chain.laneOf[lane] ?? '';
      if (to <= model.messages.length && refusal !== 'UNPROVABLE') {
        await accept(this.chain, at, statementHash(await this.#enforcedInputs(index, parent, from, to, spec), outputsHash(outputs), bindingHash(bindingOf(lane))));
      }
      return await this.chain.rollup.send(ANYONE, 'commitEnforced', [index, hashOf(parent), to, start, at, outputs, bindingOf(lane)]);
    });
  }

  announceSkip(): Promise<string | undefined> {
    return this.act('announceSkip', () => this.model.announceSkip(), () => this.chain.lifecycle.send(ANYONE, 'announceSkip', []));
  }

  takeSkip(): Promise<string | undefined> {
    return this.act('takeSkip', () => this.model.takeSkip(), () => this.chain.lifecycle.send(ANYONE, 'takeSkip', []));
  }

  requestReturn(by = this.money.seat.operator): Promise<string | undefined> {
    const onModel = (): void => {
      demand(by === this.money.seat.operator || by === this.money.seat.coldKey, 'NOT_SEATED', by);
      this.model.requestReturn();
    };
    return this.act('requestReturn', onModel, () => this.chain.lifecycle.send(by, 'requestReturn', []));
  }

  returnToOperating(): Promise<string | undefined> {
    return this.act('returnToOperating', () => this.model.returnToOperating(), () => this.chain.lifecycle.send(ANYONE, 'returnToOperating', []));
  }

  freeze(): Promise<string | undefined> {
    return this.act('freeze', () => this.model.freeze(), async () => {
      const disputes = Number(await this.chain.lanes.view('disputeCount'));
      const tries: [number, number][] = [[CAUSES.NoFinality, 0], [CAUSES.Skipped, 0], [CAUSES.NoLane, 0]];
      for (let id = 1; id <= disputes; id++) tries.push([CAUSES.Dispute, id]);
      let error: string | undefined;
      for (const [cause, id] of tries) {
        error = await this.chain.lifecycle.send(ANYONE, 'freeze', [cause, id]);
        if (error === undefined) break;
      }
      return error;
    });
  }

  pause(): Promise<string | undefined> {
    return this.act('pause', () => this.model.pause(), (refusal) => (refusal === undefined ? this.chain.clock.send(COUNCIL, 'start', [0]) : Promise.resolve(refusal)));
  }

  disableLane(lane: string): Promise<string | undefined> {
    return this.act('disableLane', () => this.model.disableLane(lane), async () => {
      const at = this.chain.laneOf[lane] ?? '';
      let error: string | undefined = 'no dispute';
      const disputes = Number(await this.chain.lanes.view('disputeCount'));
      for (let id = disputes; id > 0 && error !== undefined; id--) error = await this.chain.lanes.send(COUNCIL, 'resolve', [id, at]);
      return error;
    });
  }

  nullify(lane: string): Promise<string | undefined> {
    return this.act('nullify', () => this.model.nullify(lane), async () => {
      const at = this.chain.laneOf[lane] ?? '';
      const inputs = hashOf('evidence') as Hex;
      let error: string | undefined;
      for (const name of ['one', 'two']) {
        const outputs = hashOf(name) as Hex;
        await accept(this.chain, at, statementHash(inputs, outputs, bindingHash(bindingOf(lane))));
        error = await this.chain.lanes.send(ANYONE, 'recordStatement', [at, inputs, outputs, bindingOf(lane)]);
      }
      return error;
    });
  }

  // What upgrades do

  /** Registers a lane of a name not used before, for the next spec or an older one. */
  async registerLane(id: string, kind: LaneKind, spec: number, builtOn: readonly string[]): Promise<string | undefined> {
    this.chain.laneOf[id] ??= await scriptedLane(this.chain.evm, Object.keys(this.chain.laneOf).length, spec);
    const bases = builtOn.map((base) => this.chain.laneOf[base]);
    const refusal = await this.act('registerLane', () => this.model.lanes.add(id, kind, builtOn, spec, this.model.t),
      () => this.chain.lanes.send(AUTHORITY, 'registerLane', [this.chain.laneOf[id], KINDS[kind], bases, 0]));
    if (refusal !== undefined && !this.model.lanes.all.has(id)) delete this.chain.laneOf[id];
    return refusal;
  }

  switchLane(lane: string, isOn: boolean): Promise<string | undefined> {
    return this.act('switchLane', () => this.model.switchLane(lane, isOn), () => this.chain.lanes.send(AUTHORITY, 'switchLane', [this.chain.laneOf[lane], isOn]));
  }

  addSpec(activeAt: number): Promise<string | undefined> {
    const next = this.model.lanes.specs.newest.id + 1;
    return this.act('addSpec', () => this.model.lanes.addSpec(activeAt, this.model.t), () => this.chain.lanes.send(AUTHORITY, 'addSpec', [next, activeAt + this.startT]));
  }

  // What is compared

  /** @param isWhole or else what time alone changes  @throws AssertionError naming the first thing that differs */
  async compare(after: string, isWhole: boolean): Promise<void> {
    const { model, chain } = this;
    const same: Same = (what, actual, expected) => assert.deepEqual(actual, expected, `after ${after}: ${what}`);
    const { rollup, lifecycle, clock } = chain;
    const number = async (contract: typeof rollup, name: string, args: readonly unknown[] = []): Promise<number> => Number(await contract.view(name, args));
    const t = await number(clock, 'current');
    same('T', t - this.startT, model.t);
    same('phase', PHASES[await number(lifecycle, 'phase')], model.mode);
    same('finality is blocked', await clock.view('isBlocked'), model.wall < Math.max(model.pauseEnd, model.disputeStopEnd));
    if (!isWhole) return;
    same('final batches', await number(rollup, 'finalizedCount'), model.finalCount - 1);
    same('committed batches', await number(rollup, 'committedCount'), model.batches.length - 1);
    same('settled index', await number(rollup, 'settledIndex'), model.settled);
    same('next message', await number(rollup, 'nextInboxIndex'), model.nextMessage);
    same('no lane since', await number(chain.lanes, 'noLaneSince'), (model.lanes.noneSince(model.t) ?? -this.startT) + this.startT);
    const root = await rollup.view('stateRootOf', [model.finalCount - 1]);
    same('final root', root, model.finalHash === 'genesis' ? hashOf('root of genesis') : hashOf(`root of ${model.finalHash}`));
    const past = Math.floor(model.wall / 3);
    same(`T of ${past}`, await number(clock, 'timeAt', [START + past]) - this.startT, model.clock.at(past));
    same('spec', await number(chain.lanes, 'specAt', [t]), model.lanes.specs.at(model.t));
    await this.#compareAnswers(same);
    await this.money.compare(same);
    await this.#compareSkips(same);
    if (model.pinned !== undefined) {
      same('pinned root', await lifecycle.view('pinnedRoot'), root);
      same('pinned index', await number(lifecycle, 'pinnedSettledIndex'), model.pinned.settled);
    }
  }

  async #compareAnswers(same: Same): Promise<void> {
    const { model, chain } = this;
    for (let index = model.finalCount; index < model.batches.length; index++) {
      for (const [id, lane] of Object.entries(chain.laneOf)) {
        const given = model.batches[index]!.answers.find((answer) => answer.lane === id && model.lanes.counts(answer));
        const found = (await chain.rollup.view('answerBy', [index, lane])) as { lastHash: string; recordedT: bigint };
        same(`answer of ${id} to ${index}`, found.recordedT === 0n ? undefined : found.lastHash, given === undefined ? undefined : hashOf(given.outputs));
      }
    }
    const disputes = Number(await chain.lanes.view('disputeCount'));
    let open = 0;
    for (let id = 1; id <= disputes; id++) if (await chain.lanes.view('isOpen', [id]) as boolean) open += 1;
    same('open disputes', open, model.openDisputes().length);
  }

  async #compareSkips(same: Same): Promise<void> {
    const { model, chain } = this;
    const expected: [number, number][] = [];
    model.messages.forEach((message, index) => {
      if (message.fate !== 'skipped') return;
      const last = expected.at(-1);
      if (last !== undefined && last[1] === index) last[1] = index + 1;
      else expected.push([index, index + 1]);
    });
    const found: [number, number][] = [];
    const count = Number(await chain.lifecycle.view('skippedRangeCount'));
    for (let i = 0; i < count; i++) {
      const range = (await chain.lifecycle.view('skippedRange', [i])) as { from: bigint; to: bigint };
      found.push([Number(range.from), Number(range.to)]);
    }
    same('skipped ranges', found, expected);
    if (model.episode === undefined) return;
    const episode = (await chain.lifecycle.view('episode')) as Record<'enteredT' | 'skipWidth' | 'firstSkipT' | 'lastSkipT', bigint>;
    const moment = (t: number | undefined): number => (t === undefined ? 0 : t + this.startT);
    same('entered', Number(episode.enteredT), moment(model.episode.enteredAt));
    same('skip width', Number(episode.skipWidth), model.episode.skipWidth);
    same('first skip', Number(episode.firstSkipT), moment(model.episode.firstSkipAt));
    same('last skip', Number(episode.lastSkipT), moment(model.episode.lastSkipAt));
  }

  async #enforcedInputs(index: number, parent: string, from: number, to: number, spec: number): Promise<Hex> {
    const accumulator = async (at: number): Promise<Hex> => (await this.chain.inbox.view('accumulatorAt', [at])) as Hex;
    const previous = (await this.chain.rollup.view('batch', [Number(await this.chain.rollup.view('committedCount'))])) as { inboxTo: bigint };
    const start = Number(previous.inboxTo);
    assert.ok(index > 0);
    return inputsHash({
      l1ChainId: 31_337n, l2ChainId: 531_337n, rollup: this.chain.rollup.address as Hex, specId: BigInt(spec), mode: 2, parentHash: hashOf(parent) as Hex, payloadKind: 0,
      payloadCommitment: enforcedPayloadCommitment(BigInt(HOUR)), inboxFrom: BigInt(from), accFrom: await accumulator(from), inboxTo: BigInt(to), accTo: await accumulator(to),
      skipRoot: skipRootOf(BigInt(start), BigInt(from), await accumulator(start), await accumulator(from)), originNumber: 0n,
      originHash: `0x${'0'.repeat(64)}`, feeConfigHash: feeConfigHash(GENESIS_FEE_CONFIG),
    });
  }
}

function outputsNamed(name: string, lastTimestamp: number): StatementOutputs {
  return { lastNumber: 1n, lastHash: hashOf(name) as Hex, stateRoot: hashOf(`root of ${name}`) as Hex, lastTimestamp: BigInt(lastTimestamp), zkGasUsed: 1n, dropRoot: `0x${'0'.repeat(64)}` };
}
