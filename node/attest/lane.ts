// The attester lane and the Rollup as an attester reads them to decide what it must send.
//
// Owns: the views. They are read at the head and unproven: they decide only whether this attester spends gas, never what it
// signs. Invariant: the set is read once and is fixed for ever by the contract.

import { contractInterface } from '../l1/contracts.ts';
import { callView } from '../l1/discovery.ts';
import { RetryableL1Fault } from '../l1/fault.ts';
import { hexOf, readAddress } from '../l1/hex.ts';
import type { L1Rpc } from '../l1/rpc.ts';
import type { SubmissionRequest } from '../l1/submission.ts';
import { ANSWER_KINDS, type Hex } from '@keyfall/protocol';
import { AttestFault } from './fault.ts';
import type { AttesterSet } from './quorum.ts';

/** What L1's head shows of finality. */
export interface RollupView {
  readonly finalizedCount: bigint;
  readonly committedCount: bigint;
  /** Batches after finalizedCount that have an attesters' answer which counts: index to its outputs. */
  readonly answered: ReadonlyMap<bigint, Hex>;
  readonly attestersFinalizeAlone: boolean;
}

const MAX_LOOKAHEAD = 32n;

export class LaneReader {
  readonly #rpc: L1Rpc;
  readonly #rollup: Hex;
  readonly #lane: Hex;

  constructor(rpc: L1Rpc, rollup: Hex, lane: Hex) {
    this.#rpc = rpc;
    this.#rollup = rollup;
    this.#lane = lane;
  }

  /** @throws AttestFault 'configuration' if `self` is no member or the lane is not one of attesters on this Rollup. */
  async attesterSet(self: Hex, signal: AbortSignal): Promise<AttesterSet> {
    const lanes = readAddress(await callView(this.#rpc, 'Rollup', this.#rollup, 'LANES', 'latest', signal), 'LANES');
    const record = await callView(this.#rpc, 'Lanes', lanes, 'laneRecord', 'latest', signal, [this.#lane]) as { readonly kind: bigint };
    if (BigInt(record.kind) !== BigInt(ANSWER_KINDS.attesters)) {
      throw new AttestFault('configuration', `lane ${this.#lane}: expected a registered lane of attesters (kind ${ANSWER_KINDS.attesters}), the Rollup's Lanes have kind ${record.kind} for it`);
    }
    const members = await this.#lane_('attesters', signal) as readonly unknown[];
    const quorum = Number(await this.#lane_('quorum', signal));
    const set: AttesterSet = { lane: this.#lane, members: members.map((member) => readAddress(member, 'attester')), quorum };
    if (!set.members.includes(self)) throw new AttestFault('configuration', `lane ${this.#lane}: this key's address ${self} is none of its ${set.members.length} attesters`);
    return set;
  }

  async #lane_(name: string, signal: AbortSignal): Promise<unknown> {
    return await callView(this.#rpc, 'AttesterLane', this.#lane, name, 'latest', signal);
  }

  async rollup(signal: AbortSignal): Promise<RollupView> {
    const read = async (name: string, args: readonly unknown[] = []): Promise<unknown> => await callView(this.#rpc, 'Rollup', this.#rollup, name, 'latest', signal, args);
    const finalizedCount = BigInt(await read('finalizedCount') as bigint);
    const committedCount = BigInt(await read('committedCount') as bigint);
    const answered = new Map<bigint, Hex>();
    for (let index = finalizedCount + 1n; index <= committedCount && index <= finalizedCount + MAX_LOOKAHEAD; index += 1n) {
      const answer = await read('answerOf', [index, ANSWER_KINDS.attesters]) as { readonly recordedT: bigint; readonly outputs: Hex };
      if (answer.recordedT === 0n) break;
      answered.set(index, answer.outputs);
    }
    return { finalizedCount, committedCount, answered, attestersFinalizeAlone: await read('attestersFinalizeAlone') as boolean };
  }

  async isAccepted(statement: Hex, signal: AbortSignal): Promise<boolean> {
    return await callView(this.#rpc, 'AttesterLane', this.#lane, 'accepted', 'latest', signal, [statement]) as boolean;
  }

  /** Why a transaction would fail at the head; undefined = it would succeed. */
  async failure(from: Hex, request: SubmissionRequest, signal: AbortSignal): Promise<string | undefined> {
    try {
      await this.#rpc.call('eth_call', [{ from, to: request.to, data: hexOf(request.data), gas: '0x' + (request.gasLimit ?? 1_000_000n).toString(16) }, 'latest'], signal);
      return undefined;
    } catch (fault) {
      if (fault instanceof RetryableL1Fault && fault.rpc !== undefined) return `${fault.rpc.message}${errorName(fault.rpc.data)}`;
      throw fault;
    }
  }
}

/** The custom error in revert data, by name, where it is one of ours. */
function errorName(data: unknown): string {
  if (typeof data !== 'string') return '';
  for (const contract of ['Rollup', 'Lanes', 'AttesterLane']) {
    const error = data.length >= 10 ? contractInterface(contract).getError(data.slice(0, 10)) : null;
    if (error !== null) return ` (${error.name})`;
  }
  return ` (${data.slice(0, 74)})`;
}
