// One attester: follows finalized L1, re-executes every batch, binds itself and signs, gathers a quorum, brings it to L1.
//
// Owns: the two loops and the order of their steps. Does not own: derivation, the sign-once record, the L1 queue, HTTP.
// Invariant: it signs only outputs that this process's own engine computed from commits that L1 calls final, after the
// binding is durable; a binding to other outputs ends the process, and so, but on a devnet, does a finalized L1 block that
// changes.
//
//   follow: source ─► derivation.apply ─► deriveNext ...          (finalized L1 only)
//   tick:   due results ─► bind ─► sign ─► ask peers ─► quorum ─► my turn? ─► submit + answer ─► finalize

import type { Logger } from 'pino';
import { toHex, type Hex } from '@keyfall/protocol';
import type { BatchResult } from '../derive/batch.ts';
import type { Derivation } from '../derive/derivation.ts';
import type { L1Source } from '../pipeline/l1Block.ts';
import { L1Fault } from '../l1/fault.ts';
import type { SubmissionRequest } from '../l1/submission.ts';
import type { L1Submitter } from '../l1/submitter.ts';
import type { AttestationSigner } from './attestation.ts';
import { MAX_FINALIZED_AT_ONCE, answerRequests, finalizeRequest, nextAttempt, ownStatement, turnDelayMilliseconds } from './answering.ts';
import { AttestFault } from './fault.ts';
import type { LaneReader, RollupView } from './lane.ts';
import type { AttesterMetrics } from './metrics.ts';
import { askPeer } from './peers.ts';
import { QuorumCollection, type AttesterSet } from './quorum.ts';
import type { SignOnce } from './signOnce.ts';

/** Batches gathered and answered at once. */
const MAX_OPEN_BATCHES = 8n;
const MAX_ATTEMPTS = 50;

export interface AttesterOptions {
  readonly derivation: Derivation;
  readonly source: L1Source & { target(): bigint | undefined };
  /** Whether a finalized L1 block that is replaced is followed instead of stopping: on a devnet alone. */
  readonly isRewindTolerated: boolean;
  readonly signer: AttestationSigner;
  readonly signOnce: SignOnce;
  readonly set: AttesterSet;
  readonly lane: LaneReader;
  readonly submitter: L1Submitter;
  readonly rollup: Hex;
  readonly peers: readonly string[];
  readonly staggerMilliseconds: number;
  readonly metrics: AttesterMetrics;
  readonly log: Logger;
  /** Milliseconds; only differences count. */
  readonly now: () => number;
}

export interface AttesterStatus {
  readonly address: Hex;
  readonly l1: { readonly number: bigint; readonly hash: Hex };
  readonly derivedBatch: bigint;
  readonly signedBatch: bigint;
  readonly isCaughtUp: boolean;
  readonly l1Trouble: string | undefined;
  /** Why the next committed batch has no result. */
  readonly standingBecause: string | undefined;
}

export class Attester {
  readonly #options: AttesterOptions;
  readonly #position: number;
  readonly #collections = new Map<Hex, QuorumCollection>();
  /** When a need was first seen: turns are counted from it. */
  readonly #needSince = new Map<string, number>();
  #signedBatch = 0n;
  #l1Trouble: string | undefined;
  #standingBecause: string | undefined;
  /** The last reason told why an answer would be refused: told once, though it is tried every round. */
  #refusal: string | undefined;

  constructor(options: AttesterOptions) {
    this.#options = options;
    this.#position = options.set.members.indexOf(options.signer.address);
  }

  status(): AttesterStatus {
    const { l1, derived } = this.#options.derivation.head;
    return {
      address: this.#options.signer.address, l1: { number: l1.number, hash: toHex(l1.hash) }, derivedBatch: derived.batchIndex, signedBatch: this.#signedBatch,
      isCaughtUp: this.#isCaughtUp(), l1Trouble: this.#l1Trouble, standingBecause: this.#standingBecause,
    };
  }

  /** Follows L1 until aborted. @throws AttestFault 'l1-rewound'; DerivationFault; FatalL1Fault */
  async follow(signal: AbortSignal): Promise<void> {
    const { derivation, source, metrics, log } = this.#options;
    await this.#derive(signal);
    for (;;) {
      signal.throwIfAborted();
      const event = await source.next(derivation.head.l1, (number) => derivation.known(number), signal);
      if (event.kind === 'l1-reorged') {
        // A signature is a true sentence about its inputs wherever they stand, so following on can never equivocate. But on an L1
        // worth the name this cannot happen, and a person must find out why it did.
        const what = `L1: finalized blocks after ${event.ancestor.number} were replaced`;
        if (!this.#options.isRewindTolerated) throw new AttestFault('l1-rewound', `${what}; what was signed on them must be looked at by a person`);
        log.error(what);
        this.#standingBecause = undefined;
      }
      if (event.kind === 'l1-trouble') {
        this.#l1Trouble = event.reason;
        metrics.l1Trouble.set(event.reason === undefined ? 0 : 1);
        log.warn({ reason: event.reason }, event.reason === undefined ? 'L1 can be followed again' : 'L1 cannot be followed');
      }
      await derivation.apply(event);
      metrics.l1Block.set(Number(derivation.head.l1.number));
      if (event.kind === 'l1-advanced') await this.#derive(signal);
    }
  }

  /** One round of signing, gathering and answering. @throws AttestFault 'equivocation'; RetryableL1Fault */
  async tick(signal: AbortSignal): Promise<void> {
    const { lane, submitter, metrics } = this.#options;
    if (!this.#isCaughtUp()) return;
    await this.#signDue();
    const { progress, derived } = this.#options.derivation.head;
    const isIdle = progress.finalBatch >= derived.batchIndex && submitter.list().every((record) => record.state === 'final');
    metrics.finalBatch.set(Number(progress.finalBatch));
    if (isIdle) return;
    const view = await lane.rollup(signal);
    metrics.finalBatch.set(Number(view.finalizedCount));
    this.#forget(view);
    await this.#gather(view, signal);
    await this.#answer(view, signal);
    await this.#finalize(view, signal);
    await submitter.advance(signal);
    const open = submitter.list().filter((record) => record.state !== 'final');
    metrics.pendingSubmissions.set(open.length);
    metrics.heldSubmissions.set(open.filter((record) => record.heldBecause !== undefined).length);
  }

  async #derive(signal: AbortSignal): Promise<void> {
    const { derivation, metrics, log } = this.#options;
    for (;;) {
      const step = await derivation.deriveNext(signal);
      metrics.derivedBatch.set(Number(derivation.head.derived.batchIndex));
      if (step.kind === 'derived') {
        const { index, outputs, emptiedBecause, unanswerableBecause } = step.result;
        log.info({ batch: index.toString(), lastBlock: outputs.lastNumber.toString(), lastHash: outputs.lastHash, emptiedBecause, unanswerableBecause }, 'batch re-executed');
        continue;
      }
      const standingBecause = step.kind === 'standing' ? step.because : undefined;
      if (standingBecause !== undefined && standingBecause !== this.#standingBecause) log.warn({ because: standingBecause }, 'the next batch has no result');
      this.#standingBecause = standingBecause;
      return;
    }
  }

  /** Only then is what derivation calls final what L1 calls final. */
  #isCaughtUp(): boolean {
    const target = this.#options.source.target();
    const { l1, derived, progress } = this.#options.derivation.head;
    return target !== undefined && l1.number >= target && (derived.batchIndex === progress.committedBatch || this.#standingBecause !== undefined);
  }

  /** Binds itself to every result that is not final yet, in order, up to one that L1 can never record. */
  async #signDue(): Promise<void> {
    const { derivation, signOnce, metrics, log } = this.#options;
    const { progress, derived } = derivation.head;
    let signed = progress.finalBatch;
    for (let index = progress.finalBatch + 1n; index <= derived.batchIndex; index += 1n) {
      const result = derivation.result(index);
      if (result === undefined || result.unanswerableBecause !== undefined) break;
      const binding = await signOnce.bind(result.inputsHash, result.outputsHash);
      if (!binding.ok) {
        throw new AttestFault('equivocation', `batch ${index}: bound to outputs ${binding.signed} for inputs ${result.inputsHash}, now computed ${result.outputsHash}; nothing more is signed until a person has looked`);
      }
      if (index > this.#signedBatch) log.info({ batch: index.toString(), inputs: result.inputsHash, outputs: result.outputsHash }, 'batch signed');
      signed = index;
    }
    this.#signedBatch = signed;
    metrics.signedBatch.set(Number(signed));
  }

  /** Signed results after L1's last final batch, lowest first. */
  #open(view: RollupView): readonly BatchResult[] {
    const results: BatchResult[] = [];
    for (let index = view.finalizedCount + 1n; index <= this.#signedBatch && index <= view.finalizedCount + MAX_OPEN_BATCHES; index += 1n) {
      const result = this.#options.derivation.result(index);
      if (result !== undefined) results.push(result);
    }
    return results;
  }

  #collection(result: BatchResult): QuorumCollection {
    const existing = this.#collections.get(result.inputsHash);
    if (existing !== undefined) return existing;
    const collection = new QuorumCollection(result.inputsHash, result.outputsHash, this.#options.set, this.#options.signer);
    collection.offer(this.#options.signer.sign(result.inputsHash, result.outputsHash));
    this.#collections.set(result.inputsHash, collection);
    return collection;
  }

  #forget(view: RollupView): void {
    const open = new Set(this.#open(view).map((result) => result.inputsHash));
    for (const inputs of this.#collections.keys()) if (!open.has(inputs)) this.#collections.delete(inputs);
    for (const need of this.#needSince.keys()) if (BigInt(need.split(':')[1] ?? '0') <= view.finalizedCount) this.#needSince.delete(need);
  }

  async #gather(view: RollupView, signal: AbortSignal): Promise<void> {
    const wanted = this.#open(view).filter((result) => !view.answered.has(result.index)).map((result) => this.#collection(result)).filter((collection) => collection.signatures() === undefined);
    await Promise.all(wanted.flatMap((collection) => this.#options.peers.map(async (peer) => { await this.#ask(peer, collection, signal); })));
  }

  async #ask(peer: string, collection: QuorumCollection, signal: AbortSignal): Promise<void> {
    const { metrics, log } = this.#options;
    const answer = await askPeer(peer, collection.inputs, signal);
    if (answer.kind === 'none') return;
    const offer = answer.kind === 'failed' ? { kind: 'refused' as const, because: answer.because } : collection.offer(answer.attestation);
    if (offer.kind === 'refused') {
      metrics.peerFaults.inc({ peer });
      log.debug({ peer, because: offer.because }, 'peer gave no attestation that counts');
    }
    if (offer.kind === 'disagrees') {
      metrics.disagreements.inc({ signer: offer.attestation.signer });
      log.error({ peer, evidence: offer.attestation, ours: collection.outputs }, 'an attester signed other outputs for the same inputs');
    }
  }

  /** Whether it is this attester's turn at a need that exists since it was first seen. */
  #isMyTurn(kind: string, index: bigint): boolean {
    const key = `${kind}:${index}`;
    const since = this.#needSince.get(key) ?? this.#options.now();
    this.#needSince.set(key, since);
    const { set, staggerMilliseconds } = this.#options;
    return this.#options.now() - since >= turnDelayMilliseconds(index, this.#position, set.members.length, staggerMilliseconds);
  }

  async #answer(view: RollupView, signal: AbortSignal): Promise<void> {
    const { submitter, lane, signer, set, rollup, log } = this.#options;
    const find = (id: string): ReturnType<L1Submitter['get']> => submitter.get(id);
    for (const result of this.#open(view)) {
      if (view.answered.has(result.index)) continue;
      const signatures = this.#collection(result).signatures();
      if (signatures === undefined || !this.#isMyTurn('answer', result.index)) return;
      const attempt = nextAttempt('answer', result.index, result.inputsHash, find);
      if (attempt === undefined) continue;
      if (attempt >= MAX_ATTEMPTS || !this.#isRested('answer', result.index, attempt)) return;
      const batch = { index: result.index, inputs: result.inputsHash, outputs: result.outputs, outputsHash: result.outputsHash, signatures };
      const isAccepted = await lane.isAccepted(ownStatement(batch.inputs, batch.outputsHash, signer.address), signal);
      const requests = answerRequests(batch, set.lane, rollup, signer.address, attempt, isAccepted);
      const because = await this.#failureOfFirst(requests, signal);
      if (because !== undefined) {
        if (because !== this.#refusal) log.warn({ batch: result.index.toString(), because }, 'an answer would be refused');
        this.#refusal = because;
        return;
      }
      for (const request of requests) await submitter.enqueue(request);
      log.info({ batch: result.index.toString(), attempt, signatures: signatures.length }, 'answering');
    }
  }

  /** Of a pair only the first can be tried at the head: the second builds on it. */
  async #failureOfFirst(requests: readonly SubmissionRequest[], signal: AbortSignal): Promise<string | undefined> {
    const [first] = requests;
    return first === undefined ? undefined : await this.#options.lane.failure(this.#options.signer.address, first, signal);
  }

  /** After failed attempts the next one waits, longer each time: what keeps failing must not burn the account's funds. */
  #isRested(kind: string, index: bigint, attempt: number): boolean {
    const key = `${kind} attempt ${attempt}:${index}`;
    const since = this.#needSince.get(key) ?? this.#options.now();
    this.#needSince.set(key, since);
    return this.#options.now() - since >= attempt * attempt * this.#options.staggerMilliseconds;
  }

  async #finalize(view: RollupView, signal: AbortSignal): Promise<void> {
    const { submitter, lane, signer, rollup, derivation, log } = this.#options;
    let upTo = view.finalizedCount;
    const isOurs = (index: bigint): boolean => view.answered.get(index) !== undefined && view.answered.get(index) === derivation.result(index)?.outputsHash;
    while (isOurs(upTo + 1n) && upTo - view.finalizedCount < MAX_FINALIZED_AT_ONCE) upTo += 1n;
    if (upTo === view.finalizedCount || !this.#isMyTurn('finalize', view.finalizedCount + 1n)) return;
    if (!view.attestersFinalizeAlone) upTo = view.finalizedCount + 1n;
    const inputs = derivation.result(upTo)?.inputsHash;
    if (inputs === undefined) return;
    const attempt = nextAttempt('finalize', upTo, inputs, (id) => submitter.get(id));
    if (attempt === undefined || attempt >= MAX_ATTEMPTS || !this.#isRested('finalize', upTo, attempt)) return;
    const request = finalizeRequest(upTo, view.finalizedCount, rollup, inputs, attempt);
    const because = await lane.failure(signer.address, request, signal);
    if (because !== undefined) {
      log.debug({ upTo: upTo.toString(), because }, 'not to be finalized yet');
      return;
    }
    await submitter.enqueue(request);
    log.info({ upTo: upTo.toString(), attempt }, 'finalizing');
  }
}

/** Runs rounds at an interval until aborted; a fault of L1 costs one round. */
export async function runRounds(attester: Attester, wait: (signal: AbortSignal) => Promise<void>, onFault: (fault: L1Fault) => void, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    try {
      await attester.tick(signal);
    } catch (fault) {
      signal.throwIfAborted();
      if (!(fault instanceof L1Fault)) throw fault;
      onFault(fault);
    }
    await wait(signal);
  }
}
