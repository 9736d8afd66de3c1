// An attester whose L1 replaces what it called final: off a devnet it stops for a person.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Derivation } from '../../../node/derive/derivation.ts';
import { Attester, type AttesterOptions } from '../../../node/attest/attester.ts';
import { AttestFault } from '../../../node/attest/fault.ts';
import { AttestationSigner } from '../../../node/attest/attestation.ts';
import { AttesterMetrics } from '../../../node/attest/metrics.ts';
import { MemoryStore } from '../../../node/execute/memory-store.ts';
import type { L1Event } from '../../../node/pipeline/l1Block.ts';
import { IDENTITY, L1World, START } from '../derive/harness/l1World.ts';
import { ModelEngine } from '../derive/harness/modelEngine.ts';

async function follow(isRewindTolerated: boolean): Promise<{ readonly error: unknown; readonly l1: bigint }> {
  const store = new MemoryStore();
  const derivation = await Derivation.open({ store, engine: new ModelEngine(store), identity: IDENTITY, timestampLagSeconds: 1n, rewindDepth: isRewindTolerated ? 8n : 0n, start: START });
  const world = new L1World().mine([], 0).mine([], 0).mine([], 0);
  const [, second, third] = world.blocks;
  assert.ok(second && third);
  const events: L1Event[] = [...world.eventsFrom(new L1World(), 9), { kind: 'l1-finalized', block: { number: third.number, hash: third.hash } }, { kind: 'l1-reorged', ancestor: { number: second.number, hash: second.hash } }];
  const stop = new AbortController();
  const source = {
    target: () => third.number,
    next: async (): Promise<L1Event> => {
      const event = events.shift();
      if (event !== undefined) return event;
      stop.abort();
      throw stop.signal.reason;
    },
  };
  const signer = new AttestationSigner('0x' + '11'.repeat(32), 31337n, `0x${'1a'.repeat(20)}`);
  const set = { lane: IDENTITY.rollup, members: [signer.address], quorum: 1 };
  // Following touches nothing of what signing and answering need.
  const attester = new Attester({ derivation, source, isRewindTolerated, signer, set, metrics: new AttesterMetrics(), log: { info: () => undefined, warn: () => undefined, error: () => undefined }, peers: [], staggerMilliseconds: 1, rollup: IDENTITY.rollup, now: () => 0 } as unknown as AttesterOptions);
  const error: unknown = await attester.follow(stop.signal).then(() => undefined, (fault: unknown) => fault);
  return { error, l1: derivation.head.l1.number };
}

describe('an attester whose L1 replaces finalized blocks', () => {
  it('stops, keeping what it had, off a devnet', async () => {
    const { error, l1 } = await follow(false);
    assert.ok(error instanceof AttestFault && error.code === 'l1-rewound');
    assert.equal(l1, 3n);
  });

  it('goes back and follows on a devnet', async () => {
    const { error, l1 } = await follow(true);
    assert.ok(!(error instanceof AttestFault));
    assert.equal(l1, 2n);
  });
});
