// Every byte string that can be committed has exactly one result, on the real engine: either the payload is valid as a whole,
// or the batch is the one empty block, the same for every invalid payload.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Wallet } from 'ethers';
import fc from 'fast-check';
import { decodePayload, encodePayload, hashBytes, toHex, type Hex } from '@keyfall/protocol';
import { createEngine, type Engine } from '../../../node/execute/engine.ts';
import { MemoryStore } from '../../../node/execute/memory-store.ts';
import { executeBatch, type BatchResult, type BatchSink } from '../../../node/derive/batch.ts';
import type { BatchContext } from '../../../node/pipeline/batchPlan.ts';
import { genesisAlloc, transfer } from '../attest/harness/rollupChain.ts';
import { IDENTITY, L1World } from './harness/l1World.ts';

const ALICE = new Wallet('0x' + '11'.repeat(32));
const alice = ALICE.address.toLowerCase() as Hex;
const BOB: Hex = '0x00000000000000000000000000000000000b0b00';
const ETHER = 10n ** 18n;
const NO_WRITES: BatchSink = { finish: () => [] };
const RULES = { identity: IDENTITY, timestampLagSeconds: 259_200n };

describe('payloads on the real engine', () => {
  let engine: Engine, context: BatchContext, good: Uint8Array, empty: BatchResult;
  /** Executes `payload` as batch 2 and goes back to where it began. */
  const resultOf = async (payload: Uint8Array): Promise<BatchResult> => {
    const result = await executeBatch(engine, { ...context, commit: { ...context.commit, payload } }, RULES, NO_WRITES);
    assert.equal(toHex(engine.head.hash), result.outputs.lastHash);
    await engine.unwind(context.parent.number);
    assert.equal(toHex(engine.head.hash), toHex(context.parent.hash));
    return result;
  };

  before(async () => {
    engine = await createEngine({ chainId: IDENTITY.l2ChainId, store: new MemoryStore(), genesis: { timestamp: 0n, alloc: genesisAlloc() }, recoveryWorkers: 0 });
    const first = new L1World();
    const deposit = first.message({ sender: alice, to: BOB, mintWei: 10n * ETHER, valueWei: ETHER, gas: 100_000n }, []);
    const funded = first.mine([deposit], 0);
    const fund = funded.commit({ payload: Uint8Array.of(0), take: 1n, parentHash: engine.head.hash }, []);
    assert.ok(fund.kind === 'commit');
    const genesis = { number: 0n, hash: engine.head.hash, timestamp: 0n };
    const { outputs } = await executeBatch(engine, { commit: fund.commit, messages: funded.messages(), parent: genesis }, RULES, NO_WRITES);
    const parent = { number: outputs.lastNumber, hash: hashBytes(outputs.lastHash), timestamp: outputs.lastTimestamp };
    const committed = funded.mine([fund], 0);
    const world = committed.mine([committed.message({ sender: alice, to: BOB, mintWei: ETHER, gas: 100_000n }, [])], 0);
    const timestampDelta = world.nextTime - parent.timestamp;
    const transfers = await Promise.all([0, 1, 2].map(async (n) => await transfer(ALICE, n + 2, BOB, 5n)));
    good = encodePayload([{ timestampDelta, messageCount: 1n, transactions: [] }, { timestampDelta: 1n, messageCount: 0n, transactions: transfers.slice(1) }]);
    const record = world.commit({ payload: good, take: 1n, parentHash: parent.hash }, []);
    assert.ok(record.kind === 'commit');
    context = { commit: record.commit, messages: world.messages().slice(1), parent };
    empty = await resultOf(Uint8Array.of(0));
    assert.ok(empty.emptiedBecause !== undefined && empty.outputs.lastNumber === parent.number + 1n);
  });
  after(async () => { await engine.close(); });

  it('executes a payload whose transactions fit exactly, and empties it when one nonce is wrong', async () => {
    assert.match((await resultOf(good)).emptiedBecause ?? '', /^BLOCK: block 1: transaction/);
    const decoded = decodePayload(good);
    assert.ok(decoded.ok);
    const fitting = await Promise.all([2, 3].map(async (nonce) => await transfer(ALICE, nonce, BOB, 5n)));
    good = encodePayload(decoded.value.map((block, position) => (position === 1 ? { ...block, transactions: fitting } : block)));
    const result = await resultOf(good);
    assert.equal(result.emptiedBecause, undefined);
    assert.equal(result.outputs.lastNumber, context.parent.number + 2n);
  });

  it('gives any altered payload either the one empty result or a valid one, and the same every time', async () => {
    const edit = fc.record({ at: fc.nat(400), kind: fc.constantFrom('flip', 'cut', 'insert', 'append'), byte: fc.integer({ min: 0, max: 255 }) });
    let emptied = 0;
    await fc.assert(fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 3 }), async (edits) => {
      let bytes = [...good];
      for (const { at, kind, byte } of edits) {
        const position = at % bytes.length;
        if (kind === 'flip') bytes[position] = (bytes[position] ?? 0) ^ (byte === 0 ? 1 : byte);
        else if (kind === 'cut') bytes = bytes.slice(0, position + 1);
        else if (kind === 'insert') bytes.splice(position, 0, byte);
        else bytes.push(byte);
      }
      const payload = Uint8Array.from(bytes);
      const result = await resultOf(payload);
      assert.deepEqual(await resultOf(payload), result);
      if (result.emptiedBecause === undefined) return;
      emptied += 1;
      assert.deepEqual(result.outputs, empty.outputs);
    }), { numRuns: 60 });
    assert.ok(emptied > 30, `${emptied} of 60 payloads were emptied`);
  });

  it('gives arbitrary bytes the empty result', async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.constantFrom([], [1], [1, 0xc0], [1, 0xf8]), async (bytes, prefix) => {
      const result = await resultOf(Uint8Array.from([...prefix, ...bytes]));
      assert.ok(result.emptiedBecause !== undefined);
      assert.deepEqual(result.outputs, empty.outputs);
    }), { numRuns: 60 });
  });
});
