// Batches as JSON: what this node closed or derived, beside what L1 committed.
//
// Owns: the JSON and the meaning of a batch's status. Does not own: batches (node/pipeline), commits (node/l1).
// Invariant: `final` and `committed` follow the one head record; a commit is shown even if its result is not the local chain.

import type { CommitRecord, Origin } from '../../store/records.ts';
import type { JsonObject } from '../json.ts';
import type { RpcNode } from '../node.ts';
import { data, quantity } from './hex.ts';

export function originJson(origin: Origin | undefined): JsonObject | null {
  if (origin === undefined) return null;
  return { number: quantity(origin.number), hash: data(origin.hash), timestamp: quantity(origin.timestamp), baseFee: quantity(origin.baseFeeWei) };
}

function commitJson(commit: CommitRecord): JsonObject {
  return {
    parentHash: data(commit.parentHash), specId: quantity(commit.specId), mode: quantity(commit.mode), payloadKind: quantity(commit.payloadKind),
    payloadCommitment: data(commit.payloadCommitment), inboxFrom: quantity(commit.inboxFrom), accFrom: data(commit.accFrom),
    inboxTo: quantity(commit.inboxTo), accTo: data(commit.accTo), skipRoot: data(commit.skipRoot), origin: originJson(commit.origin),
    feeConfigHash: data(commit.feeConfigHash), commitTime: quantity(commit.commitTime), l1BlockNumber: quantity(commit.l1Number),
    l1TransactionHash: data(commit.l1TransactionHash),
  };
}

/** The batch, or null if neither this node nor the followed L1 chain has it. */
export function batchJson(node: RpcNode, index: bigint): JsonObject | null {
  const batch = node.chain.batch(index);
  const commit = node.chain.commit(index);
  if (batch === undefined && commit === undefined) return null;
  const heads = node.chain.heads();
  const status = index <= heads.finalized.batchIndex ? 'final' : commit !== undefined ? 'committed' : 'closed';
  const own: JsonObject | null = batch === undefined ? null : {
    parentHash: data(batch.parentHash), firstBlock: quantity(batch.firstBlock), lastBlock: quantity(batch.lastBlock), lastHash: data(batch.lastHash),
    inboxFrom: quantity(batch.inboxFrom), inboxTo: quantity(batch.inboxTo), origin: originJson(batch.origin), zkGasUsed: quantity(batch.zkGasUsed),
    dropRoot: data(batch.dropRoot), payloadHash: data(batch.payloadHash), emptiedBecause: batch.emptiedBecause ?? null,
    feeScalars: { dataFeeScalar: quantity(batch.feeScalars.dataFeeScalar), surchargeScalar: quantity(batch.feeScalars.surchargeScalar) },
  };
  return { index: quantity(index), status, batch: own, commit: commit === undefined ? null : commitJson(commit) };
}
