// Many seeds of random blocks, executed by the node's engine and by the watchtower's machine: one hash each. KEYFALL_SEED is where they begin. And the
// KZG check, which is another code than the node's.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { verifyKzgProof as nodeVerifies } from '../../node/execute/crypto.ts';
import { verifyKzgProof } from '../../watchtower/replay/kzg.ts';
import { Twins } from './replayChain.ts';

const SEEDS = 60;
const BLOCKS = 10;

describe('re-execution, many seeds', () => {
  const first = Number(process.env['KEYFALL_SEED'] ?? 1_000);
  it(`gives the node's hash for ${SEEDS} chains of ${BLOCKS} random blocks, from seed ${first} on`, async () => {
    for (let seed = first; seed < first + SEEDS; seed += 1) {
      const twins = await Twins.start(seed);
      try {
        for (let block = 0; block < BLOCKS; block += 1) await twins.block();
      } catch (cause) {
        throw new Error(`KEYFALL_SEED=${seed}`, { cause });
      } finally {
        await twins.engine.close();
      }
    }
  });

  it('knows the KZG check that the node knows, by another equation', () => {
    const infinity = `0xc0${'00'.repeat(47)}`;
    const base = `0x97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb`;
    const word = (value: bigint): string => `0x${value.toString(16).padStart(64, '0')}`;
    for (const [commitment, z, y, proof] of [[base, word(5n), word(1n), infinity], [base, word(5n), word(2n), infinity], [infinity, word(0n), word(0n), infinity], [infinity, word(3n), word(0n), base]] as const) {
      assert.equal(verifyKzgProof(commitment, z, y, proof), nodeVerifies(commitment, z, y, proof), `${commitment} ${y}`);
    }
    assert.equal(verifyKzgProof(base, word(5n), word(1n), infinity), true);
    assert.throws(() => verifyKzgProof(base, `0x${'ff'.repeat(32)}`, word(0n), infinity), /C_KZG_BADARGS/);
  });
});
