// A Change as store writes.
//
// Owns: the order and completeness of the writes. Does not own: what changes (step.ts), atomicity (KeyValue.write).

import {
  removeBatch, removeCommit, removeL1Block, removeMessage, removeSettled, writeBatch, writeCommit, writeHead, writeL1Block, writeMessage, writeSettled,
} from '../store/chainStore.ts';
import type { StateWrite } from '../store/keyValue.ts';
import type { Change } from './effect.ts';

/** Removals first, so that what a change puts at a removed key stays. */
export function writesOf(change: Change): StateWrite[] {
  return [
    ...eachOf(change.removedMessages, removeMessage), ...eachOf(change.removedCommits, removeCommit),
    ...eachOf(change.removedBatches, removeBatch), ...eachOf(change.removedSettled, removeSettled),
    ...(change.removedL1Blocks ?? []).map(removeL1Block), ...(change.l1Blocks ?? []).map(writeL1Block), ...(change.messages ?? []).map(writeMessage),
    ...(change.commits ?? []).map(writeCommit), ...(change.batches ?? []).map(writeBatch),
    ...(change.settled ?? []).map(({ batchIndex, lastHash }) => writeSettled(batchIndex, lastHash)), writeHead(change.head),
  ];
}

function eachOf(range: { from: bigint; to: bigint } | undefined, write: (index: bigint) => StateWrite): StateWrite[] {
  const writes: StateWrite[] = [];
  if (range !== undefined) for (let index = range.from; index < range.to; index++) writes.push(write(index));
  return writes;
}
