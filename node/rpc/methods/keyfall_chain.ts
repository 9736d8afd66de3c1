// keyfall_chain: what this node follows and how far: identities, contracts, profile, heads. Every head comes from the one
// persisted record.
import { quantity, data } from '../codec/hex.ts';
import type { JsonObject } from '../json.ts';
import { defineMethod } from '../node.ts';
import type { BlockReference } from '../../store/records.ts';

const reference = (block: BlockReference): JsonObject => ({ number: quantity(block.number), hash: data(block.hash) });

export const keyfallChain = defineMethod({
  name: 'keyfall_chain', summary: 'Identities, L1 contracts, profile, heads and L1 progress.', parameters: [],
  run: (node) => {
    const { identity } = node;
    const heads = node.chain.heads();
    const status = node.chain.status();
    return {
      chainId: quantity(node.chain.chainId), l1ChainId: quantity(identity.l1ChainId), rollup: identity.rollup, contracts: identity.contracts,
      deployBlock: quantity(identity.deployBlock), profile: identity.profile, timeScale: identity.timeScale, mode: status.mode,
      heads: {
        unsafe: reference(heads.unsafe), safe: { ...reference(heads.safe), batchIndex: quantity(heads.safe.batchIndex) },
        finalized: { ...reference(heads.finalized), batchIndex: quantity(heads.finalized.batchIndex) }, closedBatch: quantity(heads.closedBatch),
      },
      l1: {
        head: reference(heads.l1), finalized: reference(heads.l1Finalized), target: status.l1Target === undefined ? null : quantity(status.l1Target),
        inboxCount: quantity(heads.progress.inboxCount), committedBatch: quantity(heads.progress.committedBatch), finalBatch: quantity(heads.progress.finalBatch),
        phase: heads.progress.phase, skipped: heads.progress.skipped.map(({ from, to }) => ({ from: quantity(from), to: quantity(to) })),
      },
      haltedBecause: status.haltedBecause ?? null,
    };
  },
});
