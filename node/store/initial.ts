// The first records of a fresh chain.
//
// Owns: what a store holds before anything was read from L1. Does not own: which L1 block to start from (node/l1/discovery.ts).

import { GENESIS_FEE_CONFIG } from '@keyfall/protocol';
import { encodeHeader, type BlockHeader } from '../execute/index.ts';
import { addGenesis, writeHead, writeL1Block } from './chainStore.ts';
import type { StateWrite } from './keyValue.ts';
import type { HeadRecord, L1Progress, L1Reference } from './records.ts';

/** L1 progress before the first message and commit. */
const NOTHING_YET: L1Progress = { inboxCount: 0n, accumulator: new Uint8Array(32), committedBatch: 0n, finalBatch: 0n, phase: 'operating', skipped: [] };

/** Genesis block, batch 0, and a head whose L1 cursor is the block before the deployment. */
export function initialWrites(genesis: { header: BlockHeader; hash: Uint8Array }, start: L1Reference): StateWrite[] {
  const { header, hash } = genesis;
  const block = { number: 0n, hash };
  // Time and base fee of the start block are not used: nothing is built before a later L1 block was read.
  const head: HeadRecord = {
    version: 1, unsafe: block, safe: { ...block, batchIndex: 0n }, finalized: { ...block, batchIndex: 0n }, closedBatch: 0n,
    l1: { ...start, timestamp: 0n, baseFeeWei: 0n }, l1Finalized: start, progress: NOTHING_YET,
  };
  const l1Block = { ...start, parentHash: new Uint8Array(32), timestamp: 0n, baseFeeWei: 0n, after: NOTHING_YET, displaced: [] };
  return [...addGenesis({ header, hash, headerRaw: encodeHeader(header) }, GENESIS_FEE_CONFIG), writeL1Block(l1Block), writeHead(head)];
}
