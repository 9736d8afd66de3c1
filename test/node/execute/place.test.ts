// A transaction's place in a block must not make it fail: what others took of the block's zkGas is no reason for it to be aborted and to pay. The
// builder's choice; a block that holds such an abort is valid all the same, because other builders may choose otherwise.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_BLOCK_ZKGAS } from '@keyfall/protocol';
import { toHex } from '../../../node/execute/bytes.ts';
import type { ExecutionEngine, SentTransaction } from '../../../node/execute/index.ts';
import { addressOf, advance, assemble, blockInput, callTo, contractAddress, ListSource, message, newChain, sign, wallets } from './chain-fixture.ts';

type Wallet = (typeof wallets)[0] & {};
const [alice, bob] = wallets as [Wallet, Wallet];
const LOADING = callTo(contractAddress(1));
const GAS = 60_000n;
/** Of loading its own code and the large one. */
const SURCHARGE = 16n * BigInt(Math.ceil(LOADING.length / 32)) + 16n * 768n;
const NEEDED = GAS + SURCHARGE;
/** Hashes until its gas ends, with as much surcharge as gas. */
const INSATIABLE = assemble(0x5b, 0x62, '010000', 0x5f, 0x20, 0x50, 0x5f, 0x56);
/** Of loading the filler's one byte. */
const FILLER_SURCHARGE = 16n;

const chain = (): Promise<ExecutionEngine> => newChain({ alloc: [LOADING, new Uint8Array(24_576), assemble(0xfe), INSATIABLE].map((code, tag) => ({ address: contractAddress(tag), account: { code, nonce: 1n } })) });
const victim = (nonce = 0): Promise<SentTransaction> => sign(alice, { nonce, to: toHex(contractAddress(0)), gasLimit: GAS });
/** Takes this much zkGas of the block. */
const filler = (zkGas: bigint): Promise<SentTransaction> => sign(bob, { nonce: 0, to: toHex(contractAddress(2)), gasLimit: zkGas - FILLER_SURCHARGE });

async function build(engine: ExecutionEngine, candidates: readonly SentTransaction[], fields: Parameters<typeof blockInput>[1] = {}) {
  const source = new ListSource(candidates);
  const result = await engine.buildBlock(blockInput(engine, fields), source);
  assert.ok(result.ok);
  await result.pending.commit();
  return { block: result.pending.block, outcomes: source.outcomes };
}

test('a block nearly filled by a stranger leaves another\'s transaction for the next block, unharmed', async () => {
  const [engine, without] = [await chain(), await chain()];
  const full = await filler(MAX_BLOCK_ZKGAS - NEEDED + 1n);
  const { block, outcomes } = await build(engine, [full, await victim()]);
  assert.deepEqual(outcomes.map((outcome) => (outcome.included ? 'included' : [outcome.reason, outcome.neededZkGas])), ['included', ['block-gas', NEEDED]]);
  assert.equal(toHex(block.hash), toHex((await build(without, [full])).block.hash), 'as if it had never been tried');
  const [only] = (await build(engine, [await victim()])).block.transactions;
  assert.deepEqual([only?.receipt.status, only?.receipt.surchargeUsed], [1, SURCHARGE]);
});

test('with exactly the room that it takes it is included, and so it is after messages took the rest', async () => {
  const engine = await chain();
  const { block } = await build(engine, [await filler(MAX_BLOCK_ZKGAS - NEEDED), await victim()]);
  assert.deepEqual(block.transactions.map(({ receipt }) => receipt.status), [0, 1]);
  for (const [room, included] of [[NEEDED - 1n, false], [NEEDED, true]] as const) {
    const burning = message({ kind: 1, to: contractAddress(2), gas: MAX_BLOCK_ZKGAS - room - FILLER_SURCHARGE, surcharge: FILLER_SURCHARGE });
    const { outcomes } = await build(engine, [await victim(1)], { messages: [burning] });
    assert.equal(outcomes[0]?.included, included);
  }
});

test('a block that holds the abort is valid for everyone: how to build is the builder\'s choice, not a rule', async () => {
  const engine = await chain();
  const { transactions } = await advance(engine, [await filler(MAX_BLOCK_ZKGAS - NEEDED + 1n), await victim()]);
  assert.deepEqual(transactions.map(({ receipt }) => receipt.status), [0, 0]);
});

test('what no block has room for, or its sender cannot pay, is aborted and pays', async () => {
  const engine = await chain();
  const greedy = await sign(alice, { nonce: 0, to: toHex(contractAddress(3)), gasLimit: 9_000_000n });
  const { block } = await build(engine, [greedy]);
  assert.deepEqual(block.transactions.map(({ receipt: { status, gasUsed, surchargeUsed } }) => [status, gasUsed, surchargeUsed]), [[0, 9_000_000n, 1_000_000n]]);
  const poor = await newChain({ balance: 10n ** 15n, alloc: [LOADING, new Uint8Array(24_576), assemble(0xfe)].map((code, tag) => ({ address: contractAddress(tag), account: { code, nonce: 1n } })) });
  const unaffordable = await sign(alice, { nonce: 0, to: toHex(contractAddress(0)), gasLimit: GAS, maxFeePerGas: 165n * 10n ** 8n });
  const { block: second } = await build(poor, [await sign(bob, { nonce: 0, to: alice.address }), unaffordable]);
  assert.equal(second.transactions[1]?.receipt.status, 0, 'the block had room: it waits for nothing');
});

test('whoever runs for nothing is bounded to a block\'s worth; after that the abort is paid for', async () => {
  const engine = await chain();
  const cheap = await sign(bob, { nonce: 0, to: alice.address });
  // Each needs more than what the cheap one left.
  const waiting = await Promise.all([0, 2, 3, 4].map((at) => sign(wallets[at] as Wallet, { nonce: 0, to: toHex(contractAddress(3)), gasLimit: 9_000_000n })));
  const { outcomes, block } = await build(engine, [cheap, ...waiting]);
  assert.deepEqual(outcomes.map(({ included }) => included), [true, false, false, true, false]);
  assert.equal(block.transactions[1]?.receipt.status, 0);
  const at = engine.stateAt(1n);
  assert.ok(at.ok && at.state.account(addressOf(wallets[2] as Wallet))?.nonce === 0n);
});
