// Rollup: commits, answers, finality. Owns its typed reads and the state of a batch as they give it.
//   committed -> answered by a zk lane or the attesters (proven, where the policy lets that kind count) -> final
// Invariant: a batch's state comes from the contract alone; what the sequencer says about a block is not asked here.

import type { Hex } from 'viem';
import { ANSWER_KINDS } from '@keyfall/protocol/statement.ts';
import { view } from './contract.ts';
import type { Contract } from './contract.ts';
import { events } from './logs.ts';
import type { EventLog } from './logs.ts';
import { unknown } from './reading.ts';
import type { BlockRef, Reading } from './reading.ts';

export interface BatchRecord {
  readonly inputs: Hex; readonly parentHash: Hex; readonly commitTime: number;
  readonly inboxTo: number; readonly originNumber: number; readonly specId: number; readonly round: number; readonly isEnforced: boolean;
}
export interface Answer {
  readonly outputs: Hex; readonly lastHash: Hex; readonly stateRoot: Hex; readonly lastNumber: bigint; readonly lastTimestamp: bigint;
  readonly zkGasUsed: bigint; readonly recordedT: number; readonly beneficiary: Hex;
}
export interface FinalHead { readonly index: bigint; readonly lastHash: Hex; readonly stateRoot: Hex; readonly lastNumber: bigint }
export interface BatchCommitted { readonly index: bigint; readonly parentHash: Hex; readonly inputs: { readonly inboxFrom: bigint; readonly inboxTo: bigint; readonly mode: number }; readonly commitTime: bigint; readonly payload: Hex }

export type BatchStage = 'committed' | 'proven' | 'final' | 'disputed';

export interface BatchState {
  readonly index: bigint;
  readonly stage: BatchStage;
  readonly record: BatchRecord;
  readonly zk: Answer | undefined;
  readonly attesters: Answer | undefined;
}

export const committedCount = async (rollup: Contract, at: BlockRef): Promise<Reading<bigint>> => view(rollup, at, 'committedCount');
export const finalizedCount = async (rollup: Contract, at: BlockRef): Promise<Reading<bigint>> => view(rollup, at, 'finalizedCount');
export const settledIndex = async (rollup: Contract, at: BlockRef): Promise<Reading<bigint>> => view(rollup, at, 'settledIndex');
export const operator = async (rollup: Contract, at: BlockRef): Promise<Reading<Hex>> => view(rollup, at, 'operator');
export const chainProfile = async (rollup: Contract, at: BlockRef): Promise<Reading<string>> => view(rollup, at, 'chainProfile');
export const attestersFinalizeAlone = async (rollup: Contract, at: BlockRef): Promise<Reading<boolean>> => view(rollup, at, 'attestersFinalizeAlone');
export const address = async (rollup: Contract, at: BlockRef, name: 'CLOCK' | 'INBOX' | 'LIFECYCLE' | 'UPGRADE_AUTHORITY'): Promise<Reading<Hex>> => view(rollup, at, name);

export async function finalHead(rollup: Contract, at: BlockRef): Promise<Reading<FinalHead>> {
  const head = await view<readonly [bigint, Hex, Hex, bigint]>(rollup, at, 'finalHead');
  if (!head.known) return head;
  const [index, lastHash, stateRoot, lastNumber] = head.value;
  return { ...head, value: { index, lastHash, stateRoot, lastNumber } };
}

/** The oldest message that the next commit must contain, if one is overdue. */
export async function dueMessage(rollup: Contract, at: BlockRef): Promise<Reading<bigint | undefined>> {
  const due = await view<readonly [boolean, bigint]>(rollup, at, 'dueMessage');
  return due.known ? { ...due, value: due.value[0] ? due.value[1] : undefined } : due;
}

export const batchRecord = async (rollup: Contract, at: BlockRef, index: bigint): Promise<Reading<BatchRecord>> => view(rollup, at, 'batch', index);

/** The answer of that kind that counts now; narrow integers of the ABI become bigints here, so that nobody mixes the two. */
async function answerOf(rollup: Contract, at: BlockRef, index: bigint, kind: number): Promise<Reading<Answer | undefined>> {
  const read = await view<readonly [Answer, Hex]>(rollup, at, 'answerOf', index, kind);
  if (!read.known) return read;
  const [answer] = read.value;
  if (BigInt(answer.outputs) === 0n) return { ...read, value: undefined };
  return { ...read, value: { ...answer, lastNumber: BigInt(answer.lastNumber), lastTimestamp: BigInt(answer.lastTimestamp), zkGasUsed: BigInt(answer.zkGasUsed) } };
}

/** A batch and the answers that count now. */
export async function batchState(rollup: Contract, at: BlockRef, index: bigint, finalized: bigint, attestersCount: boolean): Promise<Reading<BatchState>> {
  const [record, zk, attesters] = await Promise.all([
    batchRecord(rollup, at, index), answerOf(rollup, at, index, ANSWER_KINDS.zk), answerOf(rollup, at, index, ANSWER_KINDS.attesters),
  ]);
  if (!record.known) return record;
  if (!zk.known) return zk;
  if (!attesters.known) return attesters;
  const answers = { zk: zk.value, attesters: attesters.value };
  return { ...record, value: { index, stage: stageOf(index, finalized, answers, attestersCount), record: record.value, ...answers } };
}

/** @param attestersCount whether the profile takes the attesters' answer for a proof */
export function stageOf(index: bigint, finalized: bigint, answers: { readonly zk: Answer | undefined; readonly attesters: Answer | undefined }, attestersCount: boolean): BatchStage {
  if (index <= finalized) return 'final';
  const { zk, attesters } = answers;
  if (zk !== undefined && attesters !== undefined && zk.outputs !== attesters.outputs) return 'disputed';
  return zk !== undefined || (attestersCount && attesters !== undefined) ? 'proven' : 'committed';
}

/** The commit of one batch that still stands, with its whole payload: the last one under its index. */
export async function commitOf(rollup: Contract, at: BlockRef, index: bigint, fromBlock: bigint): Promise<Reading<EventLog<BatchCommitted>>> {
  const found = await events<BatchCommitted>(rollup, at, 'BatchCommitted', fromBlock, { index });
  if (!found.known) return found;
  const last = found.value.at(-1);
  return last === undefined ? unknown(`no commit of batch ${index} since block ${fromBlock}`) : { ...found, value: last };
}
