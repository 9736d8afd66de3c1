// One batch recomputed from what L1 holds: its commit against the recorded hash, its payload against the commitment, its messages against
// the Inbox's accumulators, the lanes' answers against their recorded hashes, the L2 blocks as a chain that ends where the answer says,
// and each block's transactions rebuilt from calldata and Inbox alone. Owns these checks and their words. Pure; it runs in a worker.
// That the blocks were *executed* rightly is what the lanes answer for, and is not recomputed here.
// Invariant: *verified* is said only of a hash that was computed here and is equal to one that L1 recorded.

import { keccak256 } from 'viem';
import type { Hex } from 'viem';
import { nextAccumulator } from '@keyfall/protocol/accumulator.ts';
import { fromHex, toHex } from '@keyfall/protocol/bytes.ts';
import { depositTransactionOf, encodeDepositTransaction } from '@keyfall/protocol/depositTransaction.ts';
import { enforcedBlocks, intervalOfCommitment } from '@keyfall/protocol/enforced.ts';
import { decodeMessage, messageHash } from '@keyfall/protocol/message.ts';
import type { InboxMessage } from '@keyfall/protocol/message.ts';
import { PAYLOAD_KINDS, decodePayload, payloadCommitment } from '@keyfall/protocol/payload.ts';
import { inputsHash, outputsHash } from '@keyfall/protocol/statement.ts';
import type { StatementInputs, StatementOutputs } from '@keyfall/protocol/statement.ts';
import { orderedRoot } from '../proof/orderedRoot.ts';
import type { HeaderRoots } from './block.ts';

export interface Check { readonly name: string; readonly state: 'verified' | 'false' | 'unknown'; readonly detail: string }

export interface ChainedHeader extends HeaderRoots { readonly parentHash: Hex; readonly stateRoot: Hex; readonly timestamp: bigint }

/** A lane's answer: the hash that L1's state has, and the outputs that its event told. */
export interface AnswerClaim { readonly kind: 'zk' | 'attesters'; readonly recorded: Hex; readonly lastNumber: bigint; readonly lastHash: Hex; readonly stateRoot: Hex; readonly outputs: StatementOutputs | undefined }

export interface BatchTask {
  readonly l2ChainId: bigint;
  /** `Rollup.batch(index).inputs`. */
  readonly recordedInputs: Hex;
  readonly inputs: StatementInputs;
  readonly payload: Hex;
  readonly answers: readonly AnswerClaim[];
  /** The messages that it takes, whole, in order; undefined if they could not be read. */
  readonly messages: readonly Hex[] | undefined;
  /** Its blocks' headers, each recomputed by the caller; undefined if they could not be read. */
  readonly headers: readonly ChainedHeader[] | undefined;
  /** Why what is undefined is so. */
  readonly missing: string;
}

/** A block of the batch as L1's data makes it. */
export interface RebuiltBlock { readonly number: bigint; readonly hash: Hex; readonly transactions: readonly Hex[]; readonly isRebuilt: boolean }
export interface BatchVerdict { readonly checks: readonly Check[]; readonly blocks: readonly RebuiltBlock[] }

/** Which of so many signed messages were dropped is found by trying; more are left unknown. */
const MAX_SIGNED_TRIED = 8;

const compare = (name: string, computed: Hex, recorded: Hex, what: string): Check => (computed.toLowerCase() === recorded.toLowerCase()
  ? { name, state: 'verified', detail: what } : { name, state: 'false', detail: `${what}: computed ${computed}, L1 has ${recorded}` });

export function recomputeBatch(task: BatchTask): BatchVerdict {
  const { inputs, messages, headers, answers, missing } = task;
  const checks: Check[] = [compare('Commit', inputsHash(inputs), task.recordedInputs, 'the commit\'s fields hash to what the Rollup recorded')];
  if (inputs.payloadKind === PAYLOAD_KINDS.calldata) checks.push(compare('Payload', payloadCommitment(fromHex(task.payload)), inputs.payloadCommitment, `${(task.payload.length - 2) / 2} bytes of calldata hash to the commitment`));
  if (messages === undefined) checks.push({ name: 'Messages', state: 'unknown', detail: missing });
  else checks.push(compare('Messages', messages.reduce((accumulator, raw) => nextAccumulator(accumulator, messageHash(fromHex(raw))), inputs.accFrom), inputs.accTo, messages.length === 0 ? 'it takes none' : `${messages.length} from the Inbox, whole, accumulate to what the commit names`));
  for (const answer of answers) checks.push(answerCheck(answer));
  const [first, second] = answers;
  if (first !== undefined && second !== undefined) checks.push(compare('Lanes', first.recorded, second.recorded, 'both kinds of lane answered the same'));
  if (headers === undefined) return { checks: [...checks, { name: 'Blocks', state: 'unknown', detail: missing }], blocks: [] };
  checks.push(chainCheck(headers, inputs.parentHash, first));
  const blocks = rebuild(task, headers);
  const failed = blocks.filter(({ isRebuilt }) => !isRebuilt);
  const count = blocks.reduce((sum, { transactions }) => sum + transactions.length, 0);
  if (messages === undefined) checks.push({ name: 'Transactions', state: 'unknown', detail: missing });
  else if (failed.length === 0) checks.push({ name: 'Transactions', state: 'verified', detail: `${count} in ${blocks.length} ${blocks.length === 1 ? 'block' : 'blocks'}, rebuilt from calldata and Inbox alone: their roots are the headers'` });
  else checks.push({ name: 'Transactions', state: isUntried(task) ? 'unknown' : 'false', detail: `what L1 holds does not make the transactions of block ${failed.map(({ number }) => number).join(', ')}` });
  return { checks, blocks };
}

function answerCheck({ kind, recorded, outputs, lastNumber, lastHash, stateRoot }: AnswerClaim): Check {
  const name = kind === 'zk' ? 'Validity proof' : 'Attesters';
  if (outputs === undefined) return { name, state: 'unknown', detail: 'the event that recorded the answer was not found' };
  const same = outputs.lastNumber === lastNumber && outputs.lastHash === lastHash && outputs.stateRoot === stateRoot;
  if (!same) return { name, state: 'false', detail: `the event tells block ${outputs.lastNumber}, the Rollup's state has ${lastNumber}` };
  return compare(name, outputsHash(outputs), recorded, `its outputs hash to what the Rollup recorded when the ${kind === 'zk' ? 'proof was accepted' : 'signatures were counted'}`);
}

/** From the parent that the commit names, link by link, to the block that the answer names. */
function chainCheck(headers: readonly ChainedHeader[], parentHash: Hex, answer: AnswerClaim | undefined): Check {
  const name = 'Blocks';
  let parent = parentHash;
  for (const header of headers) {
    if (header.parentHash !== parent) return { name, state: 'false', detail: `block ${header.number} builds on ${header.parentHash}, not on ${parent}` };
    parent = header.hash;
  }
  const last = headers.at(-1);
  if (answer === undefined) return { name, state: 'unknown', detail: `${headers.length} headers follow one another from the parent that the commit names; no lane has said yet where they end` };
  if (last === undefined || last.hash !== answer.lastHash || last.stateRoot !== answer.stateRoot || last.number !== answer.lastNumber) return { name, state: 'false', detail: `the endpoints' last block is ${last?.hash ?? 'none'}, the answer on L1 says ${answer.lastHash}` };
  return { name, state: 'verified', detail: headers.length === 1 ? 'its header, hashed here, builds on the batch before and is the one that the answer on L1 names' : `${headers.length} headers, each hashed here and linked to the next, lead from the batch before to the one that the answer on L1 names` };
}

interface Planned { readonly messages: readonly Message[]; readonly ordinary: readonly Hex[] }
interface Message { readonly index: bigint; readonly raw: Hex; readonly message: InboxMessage }

function messagesOf({ inputs, messages }: BatchTask): Message[] {
  return (messages ?? []).flatMap((raw, offset) => {
    const decoded = decodeMessage(fromHex(raw));
    return decoded.ok ? [{ index: inputs.inboxFrom + BigInt(offset), raw, message: decoded.value }] : [];
  });
}

/** The blocks that L1's data can stand for: as the payload says, and all messages in one, which is what an invalid payload counts as. */
function plansOf(task: BatchTask, parentTimestamp: bigint): readonly (readonly Planned[])[] {
  const all = messagesOf(task);
  const fallback: Planned[] = [{ messages: all, ordinary: [] }];
  const take = (counts: readonly number[], ordinary: readonly (readonly Hex[])[]): Planned[] => {
    let from = 0;
    return counts.map((count, position) => {
      from += count;
      return { messages: all.slice(from - count, from), ordinary: ordinary[position] ?? [] };
    });
  };
  if (task.inputs.payloadKind === PAYLOAD_KINDS.none) {
    const interval = intervalOfCommitment(task.inputs.payloadCommitment);
    if (interval === undefined) return [];
    const queued = all.map(({ message: { l1Time, gas, surcharge } }) => ({ l1Time, declaredZkGas: gas + surcharge }));
    return [take(enforcedBlocks(queued, parentTimestamp, interval).map(({ messageCount }) => messageCount), [])];
  }
  const decoded = decodePayload(fromHex(task.payload));
  if (!decoded.ok || decoded.value.reduce((sum, { messageCount }) => sum + messageCount, 0n) !== BigInt(all.length)) return [fallback];
  return [take(decoded.value.map(({ messageCount }) => Number(messageCount)), decoded.value.map(({ transactions }) => transactions.map((bytes) => toHex(bytes)))), fallback];
}

function rebuild(task: BatchTask, headers: readonly ChainedHeader[]): RebuiltBlock[] {
  const plans = plansOf(task, 0n).filter((plan) => plan.length === headers.length);
  return headers.map((header, position) => {
    for (const plan of plans) {
      const planned = plan[position];
      const found = planned === undefined || task.messages === undefined ? undefined : matching(planned, header.transactionsRoot, task.l2ChainId);
      if (found !== undefined) return { number: header.number, hash: header.hash, transactions: found.map((bytes) => keccak256(bytes)), isRebuilt: true };
    }
    return { number: header.number, hash: header.hash, transactions: [], isRebuilt: false };
  });
}

/** The transactions of a block, if some choice of its signed messages (a bad one is dropped) has the header's root. */
function matching({ messages, ordinary }: Planned, root: Hex, l2ChainId: bigint): readonly Hex[] | undefined {
  const signed = messages.filter(({ message }) => message.kind === 'signed');
  if (signed.length > MAX_SIGNED_TRIED) return undefined;
  for (let dropped = 0; dropped < 2 ** signed.length; dropped += 1) {
    const bytes = messages.flatMap((one) => {
      if (one.message.kind !== 'signed') return [toHex(encodeDepositTransaction(depositTransactionOf(one.message, one.index, l2ChainId)))];
      return (dropped & (1 << signed.indexOf(one))) === 0 ? [toHex(one.message.data)] : [];
    });
    const all = [...bytes, ...ordinary];
    if (orderedRoot(all) === root) return all;
  }
  return undefined;
}

/** Whether a mismatch can be for want of trying. */
function isUntried(task: BatchTask): boolean {
  return messagesOf(task).filter(({ message }) => message.kind === 'signed').length > MAX_SIGNED_TRIED;
}

/** Whether a block is one of a chain of headers that ends where L1 says. */
export function linksTo(headers: readonly ChainedHeader[], lastHash: Hex): boolean {
  return headers.every((header, position) => position === 0 || header.parentHash === headers[position - 1]?.hash) && headers.at(-1)?.hash === lastHash;
}
