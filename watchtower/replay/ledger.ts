// L1's record of the rollup, taken in block by block and held against the protocol: SPEC sections 2, 7, 8 and 12 where they need no execution. Owns
// what each event means for the replay state. Does not own reading L1 (the engine's, receipts checked against headers) nor execution (replayer.ts).
// Only a contract that is not what it was can break these rules: then the state says what, and stops.
// Invariant: a message is taken in index by index under one accumulator; a batch never holds a message twice, out of order, or past a skipped one.

import {
  declaredZkGas, decodeMessage, feeConfigHash, fromHex, GENESIS_FEE_CONFIG, intervalOfCommitment, MAX_BATCH_MESSAGE_ZKGAS, messageHash, MODES, nextAccumulator, nextSkippedFrom, nextUnskipped, payloadCommitment, skipRootOf, withSkipped, ZERO_HASH,
  type Hex,
} from '@keyfall/protocol';
import type { StoredEvent } from '../monitor.ts';
import type { Store, Writer } from '../store.ts';
import { KEYS, rangesOf, type BatchResult, type Claim, type Finding, type ReplayState, type StoredCommit, type StoredMessage } from './records.ts';

/** Events that the replay takes in, by contract. */
export const FOLLOWED: readonly (readonly [contract: string, event: string])[] = [
  ['Inbox', 'MessageEnqueued'], ['Rollup', 'BatchCommitted'], ['Rollup', 'BatchesDropped'], ['Rollup', 'BatchFinalized'], ['Rollup', 'AnswerRecorded'], ['Rollup', 'FeeConfigSet'],
  ['Lifecycle', 'EnforcedEntered'], ['Lifecycle', 'ReturnedToOperating'], ['Lifecycle', 'Frozen'], ['Lifecycle', 'MessagesSkipped'],
  ['Vault', 'StorageRootProven'], ['Vault', 'WithdrawalPaid'], ['Vault', 'WithdrawalCredited'],
];

interface L1Chain {
  readonly chainId: number;
  readonly rollup: Hex;
}

export interface FollowedEvent extends StoredEvent {
  readonly name: string;
}

/** One L1 block being taken in: reads what this very block wrote. */
export class Intake {
  state: ReplayState;
  readonly #store: Store;
  readonly #chain: L1Chain;
  readonly #writes = new Map<string, { readonly key: readonly (string | number)[]; readonly value: unknown }>();

  constructor(store: Store, state: ReplayState, chain: L1Chain) {
    this.#store = store;
    this.state = state;
    this.#chain = chain;
  }

  /** Takes in one event; a broken rule ends the intake of everything after it. */
  take(event: FollowedEvent): void {
    if (this.state.broken !== undefined) return;
    const broken = this.#take(event);
    if (broken !== undefined) this.state = { ...this.state, broken: { ...broken, transaction: event.transactionHash } };
  }

  /** Writes all of it, with the L1 block it came from. */
  write(writer: Writer, l1Block: number): void {
    this.state = { ...this.state, l1Block };
    for (const { key, value } of this.#writes.values()) {
      if (value === undefined) writer.remove(key);
      else writer.put(key, value);
    }
    writer.put(KEYS.state, this.state);
  }

  #get<T>(key: readonly (string | number)[]): T | undefined {
    const own = this.#writes.get(key.join('/'));
    return own === undefined ? this.#store.get<T>(key) : own.value as T | undefined;
  }

  #put(key: readonly (string | number)[], value: unknown): undefined {
    this.#writes.set(key.join('/'), { key, value });
    return undefined;
  }

  #enter(phase: ReplayState['phase']): undefined {
    this.state = { ...this.state, phase };
    return undefined;
  }

  #take({ name, args, transactionHash, timestamp }: FollowedEvent): Omit<Finding, 'transaction'> | undefined {
    const number = (field: string): number => Number(args[field]);
    const text = (field: string): string => String(args[field]).toLowerCase();
    switch (name) {
      case 'MessageEnqueued': return this.#message(number('index'), text('accumulator') as Hex, text('message') as Hex, timestamp);
      case 'BatchCommitted': return this.#commit(number('index'), { inputs: plainFields(args['inputs']), commitTime: number('commitTime'), payload: text('payload') as Hex, transaction: transactionHash }, timestamp);
      case 'BatchesDropped': return this.#drop(number('from'), number('to'));
      case 'AnswerRecorded': return this.#put(KEYS.claim(number('index'), `lane ${text('lane')}`), { by: `lane ${text('lane')}`, outputs: plainFields(args['outputs']), transaction: transactionHash } satisfies Claim);
      case 'BatchFinalized': return this.#finalize(number('index'), { by: 'finality', outputs: { lastHash: text('lastHash'), stateRoot: text('stateRoot'), lastNumber: text('lastNumber') }, transaction: transactionHash });
      case 'FeeConfigSet': return this.#fees(text('dataFeeScalar'), text('surchargeScalar'), text('feeConfigHash'));
      case 'EnforcedEntered': return this.#enter('enforced');
      case 'ReturnedToOperating': return this.#enter('operating');
      case 'Frozen': return this.#enter('frozen');
      case 'MessagesSkipped': return this.#skip(number('from'), number('to'));
      case 'StorageRootProven': return this.#put(KEYS.provenRoot(text('stateRoot')), { storageRoot: text('storageRoot'), transaction: transactionHash });
      case 'WithdrawalPaid': case 'WithdrawalCredited': return this.#put(KEYS.paidWithdrawal(text('withdrawalHash')), { transaction: transactionHash });
      default: throw new Error(`replay: expected an event of the list, got ${name}`);
    }
  }

  #message(index: number, accumulator: Hex, raw: Hex, timestamp: number): Omit<Finding, 'transaction'> | undefined {
    if (index !== this.state.messages) return broken('messages', `the Inbox emitted message ${index} where ${this.state.messages} is next`, `message ${this.state.messages}`, `message ${index}`);
    const decoded = decodeMessage(fromHex(raw));
    if (!decoded.ok) return broken('messages', `message ${index} is none that the Inbox can enqueue`, decoded.expected, decoded.got);
    if (decoded.value.l1Time !== BigInt(timestamp)) return broken('messages', `message ${index} names another time than its block's`, String(timestamp), String(decoded.value.l1Time));
    const own = nextAccumulator(this.state.accumulator, messageHash(fromHex(raw)));
    if (own !== accumulator) return broken('messages', `the accumulator after message ${index} is not the hash of what was emitted: a message was left out or changed`, own, accumulator);
    this.#put(KEYS.message(index), { raw, accumulator } satisfies StoredMessage);
    this.state = { ...this.state, messages: index + 1, accumulator, mintedWei: String(BigInt(this.state.mintedWei) + decoded.value.mintWei) };
    return undefined;
  }

  #accumulatorAt(index: number): Hex | undefined {
    return index === 0 ? ZERO_HASH : this.#get<StoredMessage>(KEYS.message(index - 1))?.accumulator;
  }

  #commit(batch: number, commit: StoredCommit, timestamp: number): Omit<Finding, 'transaction'> | undefined {
    const { committed, phase } = this.state;
    const subject = `batch ${batch}`;
    if (batch !== committed + 1) return broken(subject, `batch ${batch} was committed where ${committed + 1} is next`, `batch ${committed + 1}`, subject);
    const { inputs } = commit;
    const same: readonly (readonly [what: string, expected: string, got: string])[] = [
      ['version', '1', String(inputs['version'])], ['L1 chain', String(this.#chain.chainId), String(inputs['l1ChainId'])], ['Rollup', this.#chain.rollup, String(inputs['rollup']).toLowerCase()],
      ['mode', String(phase === 'frozen' ? 'none' : MODES[phase]), String(inputs['mode'])], ['commit time', String(timestamp), String(commit.commitTime)],
    ];
    const differing = same.find(([, expected, got]) => expected !== got);
    if (differing !== undefined) return broken(subject, `batch ${batch} was committed with a wrong ${differing[0]}`, differing[1], differing[2]);
    const wrong = this.#payload(subject, commit) ?? this.#range(subject, inputs) ?? this.#feesKnown(subject, inputs);
    if (wrong !== undefined) return wrong;
    this.#put(KEYS.commit(batch), commit);
    this.state = { ...this.state, committed: batch, committedTo: Number(inputs['inboxTo']) };
    return undefined;
  }

  #payload(subject: string, { inputs, payload }: StoredCommit): Omit<Finding, 'transaction'> | undefined {
    const commitment = String(inputs['payloadCommitment']) as Hex;
    if (Number(inputs['mode']) === MODES.enforced) {
      const isRight = Number(inputs['payloadKind']) === 0 && payload === '0x' && intervalOfCommitment(commitment) !== undefined && Number(inputs['inboxTo']) > Number(inputs['inboxFrom']);
      return isRight ? undefined : broken(subject, 'an Enforced batch has a payload, no messages, or an interval that is none', 'kind 0, no payload, an interval', `kind ${String(inputs['payloadKind'])}, ${payload.length / 2 - 1} bytes, ${commitment}`);
    }
    const own = payloadCommitment(fromHex(payload));
    return Number(inputs['payloadKind']) === 1 && own === commitment ? undefined : broken(subject, 'the payload that was emitted is not the one that was committed to', own, commitment);
  }

  /** SPEC sections 7, 8: from where the parent ended, past what was skipped, taking none of it; the accumulators and the skip root are ours. */
  #range(subject: string, inputs: Readonly<Record<string, string>>): Omit<Finding, 'transaction'> | undefined {
    const parentTo = BigInt(this.state.committedTo);
    const ranges = rangesOf(this.state);
    const from = nextUnskipped(ranges, parentTo);
    const limit = nextSkippedFrom(ranges, from) ?? BigInt(this.state.messages);
    const [gotFrom, gotTo] = [BigInt(inputs['inboxFrom'] ?? -1), BigInt(inputs['inboxTo'] ?? -1)];
    if (gotFrom !== from || gotTo < from || gotTo > limit) return broken(subject, 'it leaves out messages, takes some twice, or takes skipped ones', `messages from ${from} to at most ${limit}`, `messages ${gotFrom} to ${gotTo}`);
    const [accFrom, accTo, accParent] = [this.#accumulatorAt(Number(from)), this.#accumulatorAt(Number(gotTo)), this.#accumulatorAt(Number(parentTo))];
    if (accFrom === undefined || accTo === undefined || accParent === undefined) throw new Error(`replay: the accumulators of ${subject} are missing`);
    if (accFrom !== inputs['accFrom'] || accTo !== inputs['accTo']) return broken(subject, 'its messages are not those that the Inbox emitted', `${accFrom} ${accTo}`, `${inputs['accFrom']} ${inputs['accTo']}`);
    const skipRoot = skipRootOf(parentTo, from, accParent, accFrom);
    if (skipRoot !== inputs['skipRoot']) return broken(subject, `it names another skip than that of messages ${parentTo} to ${from}`, skipRoot, String(inputs['skipRoot']));
    let zkGas = 0n;
    for (let index = Number(from); index < Number(gotTo); index += 1) {
      const message = decodeMessage(fromHex(this.#get<StoredMessage>(KEYS.message(index))?.raw ?? '0x'));
      if (!message.ok) throw new Error(`replay: message ${index} is missing`);
      zkGas += declaredZkGas(message.value);
    }
    return zkGas <= MAX_BATCH_MESSAGE_ZKGAS ? undefined : broken(subject, 'its messages declare more zkGas than a fallback block holds', `at most ${MAX_BATCH_MESSAGE_ZKGAS}`, String(zkGas));
  }

  #fees(dataFeeScalar: string, surchargeScalar: string, hash: string): Omit<Finding, 'transaction'> | undefined {
    const own = feeConfigHash({ dataFeeScalar: BigInt(dataFeeScalar), surchargeScalar: BigInt(surchargeScalar) });
    if (own !== hash) return broken('fees', 'a fee configuration was emitted whose hash is another\'s', own, hash);
    this.#put(KEYS.fees(hash), { dataFeeScalar, surchargeScalar });
    return undefined;
  }

  #feesKnown(subject: string, inputs: Readonly<Record<string, string>>): Omit<Finding, 'transaction'> | undefined {
    const hash = String(inputs['feeConfigHash']);
    if (hash === feeConfigHash(GENESIS_FEE_CONFIG) || this.#get(KEYS.fees(hash)) !== undefined) return undefined;
    return broken(subject, 'it was committed under fees that were never announced', 'a configuration that was emitted', hash);
  }

  #drop(from: number, to: number): Omit<Finding, 'transaction'> | undefined {
    const { committed, finalBatch, executed } = this.state;
    if (from <= finalBatch || from > to || to !== committed) return broken('drops', `batches ${from} to ${to} were dropped`, `batches above ${finalBatch}, up to ${committed}`, `${from} to ${to}`);
    for (let batch = from; batch <= to; batch += 1) {
      this.#put(KEYS.commit(batch), undefined);
      this.#put(KEYS.result(batch), undefined);
      for (const { by } of this.#store.list<Claim>(KEYS.claims(batch))) this.#put(KEYS.claim(batch, by), undefined);
    }
    const last = this.#get<StoredCommit>(KEYS.commit(from - 1));
    const before = executed.batch < from ? executed : this.#get<BatchResult>(KEYS.result(from - 1))?.executed ?? this.#get<BatchResult['executed']>(['replay', 'genesis']);
    if (before === undefined) throw new Error(`replay: no result of batch ${from - 1}`);
    this.state = { ...this.state, committed: from - 1, committedTo: Number(last?.inputs['inboxTo'] ?? 0), executed: before, standing: undefined };
    return undefined;
  }

  #finalize(batch: number, claim: Claim): Omit<Finding, 'transaction'> | undefined {
    const { committed, finalBatch } = this.state;
    // The deployment finalizes the genesis, which is batch 0.
    if (batch === 0 && committed === 0) return this.#put(KEYS.claim(0, claim.by), claim);
    if (batch !== finalBatch + 1 || batch > committed) return broken('finality', `batch ${batch} became final where ${finalBatch + 1} is next, of ${committed} committed`, `batch ${finalBatch + 1}`, `batch ${batch}`);
    this.#put(KEYS.claim(batch, claim.by), claim);
    this.state = { ...this.state, finalBatch: batch };
    return undefined;
  }

  #skip(from: number, to: number): Omit<Finding, 'transaction'> | undefined {
    const { phase, committedTo, messages } = this.state;
    const ranges = rangesOf(this.state);
    const first = Number(nextUnskipped(ranges, BigInt(committedTo)));
    if (phase !== 'enforced' || from < first || to <= from || to > messages || ranges.some((range) => Number(range.from) < to && from < Number(range.to))) {
      return broken('skips', `messages ${from} to ${to} were skipped in phase ${phase}`, `messages from ${first} to at most ${messages}, not skipped yet, in Enforced`, `${from} to ${to}`);
    }
    const skipped = withSkipped(ranges, { from: BigInt(from), to: BigInt(to) }).map((range) => ({ from: Number(range.from), to: Number(range.to) }));
    this.state = { ...this.state, skipped };
    return undefined;
  }
}

function broken(subject: string, sentence: string, expected: string, got: string): Omit<Finding, 'transaction'> {
  return { subject, sentence, expected, got };
}

/** Event fields by name as lower-case text. */
function plainFields(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(value as Record<string, unknown>).map(([name, item]) => [name, String(item).toLowerCase()]));
}
