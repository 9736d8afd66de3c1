// Many seeds of random blocks, executed by the node's engine and by the watchtower's machine: one hash each. KEYFALL_SEED is where they begin.

import { describe, it } from 'node:test';
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
});
