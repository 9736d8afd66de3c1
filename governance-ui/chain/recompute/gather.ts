// What recomputing needs, read from the chains: a batch's record, commit, answers and messages from L1, headers and bodies of blocks from
// any L2 endpoint. Owns these reads and how many blocks are asked for; the checks are batch.ts and block.ts.
// Invariant: what could not be read is handed on as missing, with the reason; nothing is filled in.

import { fromHex } from '@keyfall/protocol/bytes.ts';
import { decodePayload } from '@keyfall/protocol/payload.ts';
import type { StatementInputs, StatementOutputs } from '@keyfall/protocol/statement.ts';
import { ANSWER_KINDS, outputsHash } from '@keyfall/protocol/statement.ts';
import type { Hex } from 'viem';
import { allMessages } from '../inboxHistory.ts';
import { events } from '../logs.ts';
import { mapReading, unknown } from '../reading.ts';
import type { BlockRef, Reading } from '../reading.ts';
import { attestersFinalizeAlone, batchState, commitOf, finalizedCount } from '../rollup.ts';
import type { Answer, BatchState } from '../rollup.ts';
import type { Header } from '../rpc/header.ts';
import type { Quorum } from '../rpc/quorum.ts';
import type { System } from '../system.ts';
import { linksTo } from './batch.ts';
import type { AnswerClaim, BatchTask } from './batch.ts';
import type { HeaderRoots, TransactionFacts } from './block.ts';

/** So many headers are asked for without being told to. */
export const HEADERS_UNASKED = 120n;
/** How many headers are on their way at once. */
const HEADERS_AT_ONCE = 40;

export interface Source { readonly system: System; readonly l2: Quorum; readonly at: BlockRef; readonly deployBlock: bigint }
interface Counting { readonly onProgress: (what: string) => void }

export interface GatheredBatch { readonly task: BatchTask; readonly state: BatchState; readonly blockCount: bigint | undefined }

interface RawInputs { readonly [name: string]: unknown }

function statementInputs(raw: RawInputs): StatementInputs {
  const big = (name: string): bigint => BigInt(raw[name] as bigint | number);
  const hex = (name: string): Hex => String(raw[name]).toLowerCase() as Hex;
  return {
    l1ChainId: big('l1ChainId'), l2ChainId: big('l2ChainId'), rollup: hex('rollup'), specId: big('specId'), mode: Number(raw['mode']), parentHash: hex('parentHash'), payloadKind: Number(raw['payloadKind']),
    payloadCommitment: hex('payloadCommitment'), inboxFrom: big('inboxFrom'), accFrom: hex('accFrom'), inboxTo: big('inboxTo'), accTo: hex('accTo'), skipRoot: hex('skipRoot'), originNumber: big('originNumber'),
    originHash: hex('originHash'), feeConfigHash: hex('feeConfigHash'),
  };
}

/** @param isWhole ask for every header, however many */
export async function gatherBatch({ system, l2, at, deployBlock }: Source, index: bigint, isWhole: boolean, { onProgress }: Counting): Promise<Reading<GatheredBatch>> {
  onProgress('reading L1');
  const [final, alone, commit] = await Promise.all([finalizedCount(system.rollup, at), attestersFinalizeAlone(system.rollup, at), commitOf(system.rollup, at, index, deployBlock)]);
  if (!final.known) return final;
  if (!alone.known) return alone;
  if (!commit.known) return commit;
  const [state, before] = await Promise.all([batchState(system.rollup, at, index, final.value, alone.value), batchState(system.rollup, at, index - 1n, final.value, alone.value)]);
  if (!state.known) return state;
  if (!before.known) return before;
  const inputs = statementInputs(commit.value.args.inputs as unknown as RawInputs);
  onProgress('reading the Inbox');
  const [messages, answers] = await Promise.all([allMessages(system, at, deployBlock), answerClaims(system, at, index, state.value, deployBlock)]);
  if (!answers.known) return answers;
  const first = firstBlockOf(index, before.value);
  const last = (state.value.zk ?? state.value.attesters)?.lastNumber ?? lastByPayload(first, commit.value.args.payload, inputs.payloadKind);
  const blockCount = first === undefined || last === undefined ? undefined : last - first + 1n;
  const headers = first === undefined || blockCount === undefined ? unknown('where its blocks begin is not known before the batch before it is answered') : !isWhole && blockCount > HEADERS_UNASKED ? unknown(`its ${blockCount} headers were not asked for yet`) : await headersFrom(l2, first, blockCount, onProgress);
  const missing = [messages, headers].flatMap((one) => (one.known ? [] : [one.why])).join('; ');
  const task: BatchTask = {
    l2ChainId: BigInt(l2.chainId), recordedInputs: state.value.record.inputs, inputs, payload: commit.value.args.payload, answers: answers.value, missing,
    messages: messages.known ? messages.value.slice(Number(inputs.inboxFrom), Number(inputs.inboxTo)).map(({ raw }) => raw) : undefined, headers: headers.known ? headers.value : undefined,
  };
  return { ...state, value: { task, state: state.value, blockCount } };
}

/** The genesis is block 0; else it follows the last block of the batch before. */
function firstBlockOf(index: bigint, before: BatchState): bigint | undefined {
  const last = index === 1n ? 0n : (before.zk ?? before.attesters)?.lastNumber;
  return last === undefined ? undefined : last + 1n;
}

function lastByPayload(first: bigint | undefined, payload: Hex, kind: number): bigint | undefined {
  const decoded = decodePayload(fromHex(payload));
  return first === undefined || kind === 0 ? undefined : first + BigInt(decoded.ok ? decoded.value.length : 1) - 1n;
}

interface AnswerRecorded { readonly kind: number; readonly outputs: RawInputs }

async function answerClaims({ rollup }: System, at: BlockRef, index: bigint, { zk, attesters }: BatchState, fromBlock: bigint): Promise<Reading<readonly AnswerClaim[]>> {
  const found = await events<AnswerRecorded>(rollup, at, 'AnswerRecorded', fromBlock, { index });
  const claim = (kind: 'zk' | 'attesters', answer: Answer | undefined, told: readonly AnswerRecorded[]): AnswerClaim[] => {
    if (answer === undefined) return [];
    const outputs = told.filter((one) => Number(one.kind) === ANSWER_KINDS[kind]).map((one) => statementOutputs(one.outputs));
    return [{ kind, recorded: answer.outputs, lastNumber: answer.lastNumber, lastHash: answer.lastHash, stateRoot: answer.stateRoot, outputs: outputs.find((one) => outputsHash(one) === answer.outputs) ?? outputs.at(-1) }];
  };
  return mapReading(found, (logs) => [...claim('zk', zk, logs.map(({ args }) => args)), ...claim('attesters', attesters, logs.map(({ args }) => args))]);
}

function statementOutputs(raw: RawInputs): StatementOutputs {
  const big = (name: string): bigint => BigInt(raw[name] as bigint | number);
  const hex = (name: string): Hex => String(raw[name]).toLowerCase() as Hex;
  return { lastNumber: big('lastNumber'), lastHash: hex('lastHash'), stateRoot: hex('stateRoot'), lastTimestamp: big('lastTimestamp'), zkGasUsed: big('zkGasUsed'), dropRoot: hex('dropRoot') };
}

/** Consecutive headers of a chain, each hashed here; whether they follow each other is the caller's to check. */
export async function headersFrom(chain: Quorum, first: bigint, count: bigint, onProgress: (what: string) => void): Promise<Reading<readonly Header[]>> {
  const headers: Header[] = [];
  let at: BlockRef | undefined;
  for (let from = first; from < first + count; from += BigInt(HEADERS_AT_ONCE)) {
    onProgress(`headers: ${headers.length} of ${count}`);
    const size = Number(from + BigInt(HEADERS_AT_ONCE) > first + count ? first + count - from : BigInt(HEADERS_AT_ONCE));
    const some = await Promise.all(Array.from({ length: size }, async (_, offset) => chain.header(from + BigInt(offset))));
    for (const one of some) {
      if (!one.known) return unknown(`headers: ${one.why}`);
      headers.push(one.value);
      ({ at } = one);
    }
  }
  return at === undefined ? unknown('no header was asked for') : { known: true, at, trust: 'proven', value: headers };
}

/** What a block's hash rests on; `unasked` = on nothing yet, because so many headers are not asked for without being told to. */
export type Bound = { readonly by: 'answer'; readonly batch: bigint; readonly stage: BatchState['stage']; readonly links: number } | { readonly by: 'endpoints'; readonly why: string } | { readonly by: 'unasked'; readonly headers: bigint };

/** Whether headers lead from a block to the one that a lane's answer on L1 names. @param isWhole ask for every header, however many */
export async function boundTo({ system, l2, at }: Source, block: HeaderRoots, batch: bigint, isWhole: boolean, { onProgress }: Counting): Promise<Reading<Bound>> {
  const [final, alone] = await Promise.all([finalizedCount(system.rollup, at), attestersFinalizeAlone(system.rollup, at)]);
  if (!final.known) return final;
  if (!alone.known) return alone;
  const state = await batchState(system.rollup, at, batch, final.value, alone.value);
  if (!state.known) return state;
  const answer = state.value.zk ?? state.value.attesters;
  if (answer === undefined) return { ...state, value: { by: 'endpoints', why: 'its batch is committed, and no lane has answered yet which blocks it gives' } };
  const count = answer.lastNumber - block.number + 1n;
  if (count < 1n) return { ...state, value: { by: 'endpoints', why: `L1 has block ${answer.lastNumber} as the end of batch ${batch}, which lies before it` } };
  if (!isWhole && count > HEADERS_UNASKED) return { ...state, value: { by: 'unasked', headers: count } };
  const headers = await headersFrom(l2, block.number, count, onProgress);
  if (!headers.known) return headers;
  const isLinked = headers.value[0]?.hash === block.hash && linksTo(headers.value, answer.lastHash);
  if (!isLinked) return { ...state, value: { by: 'endpoints', why: `your L2 endpoints follow another chain: their headers do not lead from here to ${answer.lastHash}, which L1 has as the end of batch ${batch}` } };
  return { ...state, value: { by: 'answer', batch, stage: state.value.stage, links: headers.value.length } };
}

/** The transactions and receipts of a block, from the first endpoint whose bytes hash up to the header's roots. @param check in a worker */
export async function bodyOf(l2: Quorum, at: BlockRef, header: HeaderRoots, check: { readonly transactions: (rawBlock: unknown) => Promise<readonly Hex[]>; readonly block: (rawBlock: unknown, receipts: unknown) => Promise<readonly TransactionFacts[]> }): Promise<Reading<readonly TransactionFacts[]>> {
  const number = `0x${header.number.toString(16)}`;
  const raw = await l2.first('debug_getRawBlock', [number], at, async (answer) => {
    await check.transactions(answer);
    return answer;
  });
  if (!raw.known) return raw;
  return l2.first('eth_getBlockReceipts', [number], at, async (receipts) => check.block(raw.value, receipts));
}
