// The watchtower's own execution of L2 against the node's: one hash for random blocks; the shared surcharge vectors; the genesis that the contracts name.
// A few seeds here, many in replay.full.test.ts. KEYFALL_SEED replays one.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { Wallet } from 'ethers';
import { encodePayload, fromHex, toHex, type Hex, type InboxMessage } from '@keyfall/protocol';
import { genesisHead, runBlock } from '../../watchtower/replay/blockRun.ts';
import { createMachine, writeGenesis, type Allocation } from '../../watchtower/replay/machine.ts';
import { emptied, planBatch, type BatchFacts } from '../../watchtower/replay/plan.ts';
import { TrieStore } from '../../watchtower/replay/trieStore.ts';
import { addressOf, CHAIN_ID, contractAddress, FEES, sign, wallets } from '../node/execute/chain-fixture.ts';
import { Twins } from './replayChain.ts';

const read = (path: string): unknown => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
const nothing = (): TrieStore => new TrieStore(() => undefined);

interface Vector { readonly name: string; readonly codes: readonly string[]; readonly gas: string; readonly budget: string; readonly expected: { readonly status: number; readonly gasUsed: string; readonly surchargeUsed: string } }

const call = (fields: Partial<InboxMessage> = {}): InboxMessage => ({ kind: 'call', sender: toHex(addressOf(wallets[7] as never)), to: toHex(contractAddress(0)), mintWei: 0n, valueWei: 0n, gas: 100_000n, surcharge: 0n, l1Time: 0n, data: new Uint8Array(0), ...fields });

describe('re-execution', () => {
  it('gives the genesis that the contracts were built with', async () => {
    const machine = await createMachine(CHAIN_ID, nothing());
    const head = genesisHead(await writeGenesis(machine, read('../../contracts/generated/genesis.json') as Allocation));
    assert.equal(head.hash, (read('../../contracts/generated/genesis-head.json') as { hash: string }).hash);
  });

  it('gives every surcharge vector: gas, counter, and the abort at one less', async () => {
    const { vectors } = read('../vectors/execute/surcharge.json') as { vectors: readonly Vector[] };
    assert.ok(vectors.length > 50);
    const machine = await createMachine(CHAIN_ID, nothing());
    for (const { name, codes, gas, budget, expected } of vectors) {
      await machine.state.setStateRoot(fromHex('0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421'));
      const head = genesisHead(await writeGenesis(machine, Object.fromEntries(codes.map((code, tag) => [toHex(contractAddress(tag)), { nonce: '1', code }]))));
      const message = call({ gas: BigInt(gas), surcharge: BigInt(budget) });
      const { head: after, zkGasUsed } = await runBlock(machine, head, { timestamp: 1n, messages: [{ index: 0n, message }], transactions: [], originBaseFeeWei: FEES.originBaseFeeWei, fees: FEES });
      assert.deepEqual([String(after.gasUsed), String(zkGasUsed - after.gasUsed)], [expected.gasUsed, expected.surchargeUsed], `${name}, budget ${budget}`);
    }
  });

  it('gives the node\'s hash for random blocks and refuses what the node refuses', async () => {
    const seed = Number(process.env['KEYFALL_SEED'] ?? 20);
    const twins = await Twins.start(seed);
    for (let block = 0; block < 4; block += 1) await twins.block();
    await twins.engine.close();
  });
});

describe('a signed message with too little surcharge', () => {
  it('is dropped by both, and the same transaction runs in the block after it', async () => {
    const twins = await Twins.start(7);
    const wallet = wallets[7] as Wallet;
    const { raw } = await sign(wallet, { nonce: 0, to: toHex(contractAddress(1)), gasLimit: 300_000n });
    const enqueued = (surcharge: bigint) => ({ kind: 3 as const, sender: addressOf(wallet), to: new Uint8Array(20), mint: 0n, value: 0n, gas: 400_000n, surcharge, l1Time: 0n, data: raw });
    assert.deepEqual((await twins.block([enqueued(0n), enqueued(1n)])).map(({ reason }) => reason), ['surchargeExceeded', 'surchargeExceeded']);
    assert.deepEqual((await twins.block([enqueued(5_000_000n), enqueued(5_000_000n)])).map(({ reason }) => reason), ['nonceTooLow']);
    await twins.engine.close();
  });

  it('leaves no trace of an account, a contract or a delegation that its run made, and the same bytes run later in the same block', async () => {
    const twins = await Twins.start(8);
    // It never had an account on L2.
    const stranger = new Wallet(`0x${'77'.repeat(32)}`);
    // Writes a slot and calls code that is there, so that its run takes surcharge after it has created.
    const init = toHex(Uint8Array.of(0x60, 1, 0x5f, 0x55, 0x5f, 0x5f, 0x5f, 0x5f, 0x5f, 0x73, ...contractAddress(1), 0x5a, 0xf1, 0x60, 9, 0x5f, 0x53, 0x60, 1, 0x5f, 0xf3));
    const authorization = await stranger.authorize({ address: toHex(contractAddress(1)), chainId: CHAIN_ID, nonce: 2n });
    const creating = await sign(stranger, { nonce: 0, gasLimit: 300_000n, data: init });
    const delegating = await sign(stranger, { type: 4, nonce: 1, to: stranger.address, gasLimit: 300_000n, authorizationList: [authorization] } as never);
    const message = (raw: Uint8Array, surcharge: bigint) => ({ kind: 3 as const, sender: addressOf(wallets[0] as Wallet), to: new Uint8Array(20), mint: 0n, value: 0n, gas: 400_000n, surcharge, l1Time: 0n, data: raw });
    const [poor, rich] = [0n, 1_000_000n];
    const drops = async (...messages: ReturnType<typeof message>[]): Promise<string[]> => (await twins.block(messages)).map(({ reason }) => reason);
    assert.deepEqual(await drops(message(creating.raw, poor)), ['surchargeExceeded']);
    assert.equal(twins.account(addressOf(stranger)), undefined, 'not even an empty account');
    assert.deepEqual(await drops(message(creating.raw, poor), message(creating.raw, rich), message(creating.raw, poor), message(delegating.raw, poor), message(delegating.raw, rich)), ['surchargeExceeded', 'nonceTooLow', 'surchargeExceeded']);
    assert.equal(twins.account(addressOf(stranger))?.nonce, 3n, 'one for each transaction, one for the authorization');
    await twins.engine.close();
  });
});

describe('the plan of a batch', () => {
  const facts = (fields: Partial<BatchFacts>): BatchFacts => ({ mode: 1, payload: encodePayload([{ timestampDelta: 900n, messageCount: 0n, transactions: [] }]), payloadCommitment: `0x${'00'.repeat(32)}` as Hex, originTimestamp: 1_000n, messages: [], parentTimestamp: 100n, ...fields });

  it('holds the first block within half an hour of its origin, to the second', () => {
    const at = (timestampDelta: bigint): boolean => planBatch(facts({ payload: encodePayload([{ timestampDelta, messageCount: 0n, transactions: [] }]) })).isEmptied;
    assert.deepEqual([899n, 900n, 2_700n, 2_701n].map(at), [true, false, false, true]);
  });

  it('counts a payload that promises other messages, or nonsense, as empty, and dates the block that is left', () => {
    const message = { index: 0n, message: call({ l1Time: 1_500n }) };
    for (const payload of [new Uint8Array(0), Uint8Array.of(1, 0xc0), facts({}).payload]) {
      const planned = planBatch(facts({ payload, messages: [message] }));
      assert.ok(planned.isEmptied);
      assert.deepEqual(emptied(facts({ payload, messages: [message] })).map(({ timestamp, messages }) => [timestamp, messages.length]), [[1_500n, 1]]);
    }
    assert.equal(emptied(facts({ parentTimestamp: 5_000n }))[0]?.timestamp, 5_001n);
  });
});
