// Blocks: building and strict execution agree, headers follow SPEC.md, nothing is half applied, unwinding restores.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calldataTokens } from '@keyfall/protocol';
import { encodeDepositTransaction, depositTransactionOf } from '@keyfall/protocol';
import { toHex, toKey } from '../../../node/execute/bytes.ts';
import { decodeHeader, encodeHeader, ExecutionFault, MemoryStore } from '../../../node/execute/index.ts';
import { addressOf, advance, blockInput, CHAIN_ID, ETHER, execute, FEE_VAULT_ADDRESS, FEES, HISTORY_ADDRESS, ListSource, message, newChain, sign, wallets } from './chain-fixture.ts';

const [alice, bob, carol] = wallets as [typeof wallets[0] & {}, typeof wallets[0] & {}, typeof wallets[0] & {}];

function stateOf(engine: Awaited<ReturnType<typeof newChain>>, number = engine.head.header.number) {
  const at = engine.stateAt(number);
  assert.ok(at.ok);
  return at.state;
}

test('a built block equals the strict execution of what it included, on another store', async () => {
  const [builder, verifier] = [await newChain(), await newChain()];
  assert.equal(toHex(builder.head.hash), toHex(verifier.head.hash));
  for (let round = 0; round < 3; round++) {
    const nonce = round * 2;
    const good = [await sign(alice, { nonce, to: bob.address, value: 5n }), await sign(alice, { nonce: nonce + 1, to: carol.address, value: 7n })];
    const tooEarly = await sign(bob, { nonce: 50, to: alice.address });
    const source = new ListSource([good[0]!, tooEarly, good[1]!]);
    const messages = [message({ kind: 1, index: BigInt(round), to: addressOf(bob), mint: 3n, value: 3n })];
    const built = await builder.buildBlock(blockInput(builder, { messages }), source);
    assert.ok(built.ok);
    assert.deepEqual(source.outcomes.map((outcome) => outcome.included), [true, false, true]);
    const { block } = built.pending;
    await built.pending.commit();
    const strict = await execute(verifier, good, { messages });
    assert.equal(toHex(strict.block.hash), toHex(block.hash));
    await strict.commit();
    assert.equal(toHex(verifier.head.hash), toHex(builder.head.hash));
  }
  assert.equal(stateOf(builder).account(addressOf(carol))?.balance, 1000n * ETHER + 21n);
});

test('ordinary fees: base fee, tip and data fee all reach the fee vault, and supply is conserved', async () => {
  const engine = await newChain();
  const transaction = await sign(alice, { nonce: 0, to: bob.address, value: 9n, maxPriorityFeePerGas: 2n });
  const { header, transactions } = await advance(engine, [transaction]);
  const { receipt } = transactions[0]!;
  assert.equal(header.baseFeePerGas, 875_000_000n);
  assert.equal(receipt.effectiveGasPrice, 875_000_002n);
  assert.equal(receipt.dataFee, calldataTokens(transaction.raw) * 10n * FEES.originBaseFeeWei);
  assert.equal(receipt.surchargeFee, 0n);
  const paid = 21_000n * receipt.effectiveGasPrice + receipt.dataFee;
  const state = stateOf(engine);
  assert.equal(state.account(FEE_VAULT_ADDRESS)?.balance, paid);
  assert.equal(state.account(addressOf(alice))?.balance, 1000n * ETHER - paid - 9n);
});

test('the header has the constants of the specification and survives its own encoding', async () => {
  const engine = await newChain();
  const parentHash = toHex(engine.head.hash);
  const { header, headerRaw } = await advance(engine);
  assert.equal(toHex(header.parentHash), parentHash);
  assert.equal(header.gasLimit, 10_000_000n);
  assert.equal(toHex(header.extraData), '0x4b657966616c6c');
  assert.equal(toHex(header.coinbase), '0x4b657966616c6c00000000000000000000000004');
  assert.equal(toHex(header.requestsHash), '0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  assert.equal(toHex(header.withdrawalsRoot), '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421');
  assert.equal(toHex(header.ommersHash), '0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347');
  assert.deepEqual(encodeHeader(header), headerRaw);
  const decoded = decodeHeader(headerRaw);
  assert.ok(decoded.ok);
  assert.deepEqual(decoded.header, header);
  const slot = new Uint8Array(32);
  assert.equal(toHex(stateOf(engine).storage(HISTORY_ADDRESS, slot)), parentHash, 'EIP-2935 holds the parent hash of block 1 in slot 0');
});

test('an invalid element makes the whole strict block invalid and changes nothing', async () => {
  const engine = await newChain();
  const before = toHex(engine.head.hash);
  const good = await sign(alice, { nonce: 0, to: bob.address, value: 1n });
  const cases = [
    { transactions: [good, good], reason: 'nonce-too-low' },
    { transactions: [await sign(alice, { nonce: 1, to: bob.address })], reason: 'nonce-too-high' },
    { transactions: [await sign(alice, { nonce: 0, to: bob.address, chainId: 1n })], reason: 'chain-id' },
    { transactions: [await sign(alice, { nonce: 0, to: bob.address, gasLimit: 20_999n })], reason: 'intrinsic-gas' },
    { transactions: [await sign(alice, { nonce: 0, to: bob.address, maxFeePerGas: 1n })], reason: 'fee-cap-below-base-fee' },
    { transactions: [await sign(alice, { nonce: 0, to: bob.address, value: 1000n * ETHER })], reason: 'insufficient-funds' },
    { transactions: [await sign(alice, { nonce: 0, to: bob.address, gasLimit: 10_000_001n })], reason: 'block-gas' },
    { transactions: [good, await sign(bob, { nonce: 0, to: bob.address, gasLimit: 9_979_001n })], reason: 'block-gas' },
  ];
  for (const { transactions, reason } of cases) {
    const result = await engine.executeBlock({ ...blockInput(engine), transactions });
    assert.ok(!result.ok && result.invalid.code === 'transaction', reason);
    assert.equal(result.invalid.reason, reason);
    assert.equal(result.invalid.index, transactions.length - 1);
    assert.equal(toHex(engine.head.hash), before);
  }
  const full = await engine.executeBlock({ ...blockInput(engine), transactions: [good, await sign(bob, { nonce: 0, to: bob.address, gasLimit: 9_979_000n })] });
  assert.ok(full.ok, 'exactly the gas left is allowed');
});

test('timestamps: above the parent, not below a message', async () => {
  const engine = await newChain();
  for (const fields of [{ timestamp: 0n }, { timestamp: 5n, messages: [message({ kind: 1, l1Time: 6n })] }]) {
    const result = await engine.executeBlock({ ...blockInput(engine, fields), transactions: [] });
    assert.ok(!result.ok && result.invalid.code === 'timestamp');
  }
  await advance(engine, [], { timestamp: 6n, messages: [message({ kind: 1, l1Time: 6n })] });
});

test('a stale pending block cannot be committed, and a dropped one leaves no trace', async () => {
  const engine = await newChain();
  const first = await execute(engine, [await sign(alice, { nonce: 0, to: bob.address, value: 1n })]);
  const second = await execute(engine, [await sign(alice, { nonce: 0, to: bob.address, value: 2n })]);
  await second.commit();
  await assert.rejects(first.commit(), (error: unknown) => error instanceof ExecutionFault && error.code === 'stale-block');
  assert.equal(stateOf(engine).account(addressOf(bob))?.balance, 1000n * ETHER + 2n);
  await assert.rejects(engine.executeBlock({ ...blockInput(engine), parentHash: new Uint8Array(32), transactions: [] }), ExecutionFault);
});

test('unwinding restores hashes, states and proofs, and re-execution gives the same blocks', async () => {
  const store = new MemoryStore();
  const engine = await newChain({ store });
  const hashes: string[] = [toHex(engine.head.hash)];
  const batches = [];
  for (let i = 0; i < 6; i++) {
    const transactions = [await sign(alice, { nonce: i, to: wallets[2 + (i % 4)]!.address, value: BigInt(i + 1) })];
    batches.push(transactions);
    hashes.push(toHex((await advance(engine, transactions)).hash));
  }
  const oldView = stateOf(engine, 5n);
  const balanceAt2 = stateOf(engine, 2n).account(addressOf(alice))?.balance;
  await engine.unwind(2n, [{ key: Uint8Array.of(1), value: Uint8Array.of(9) }]);
  assert.equal(toHex(engine.head.hash), hashes[2]);
  assert.deepEqual(store.get(Uint8Array.of(1)), Uint8Array.of(9));
  assert.equal(stateOf(engine).account(addressOf(alice))?.balance, balanceAt2);
  assert.throws(() => oldView.account(addressOf(alice)), ExecutionFault);
  assert.ok(!engine.stateAt(3n).ok);
  for (let i = 2; i < 6; i++) assert.equal(toHex((await advance(engine, batches[i]!)).hash), hashes[i + 1]);
});

test('historic states and proofs stay readable until pruned, also across a restart', async () => {
  const store = new MemoryStore();
  const engine = await newChain({ store, retainedBlocks: 4n });
  for (let i = 0; i < 8; i++) await advance(engine, [await sign(alice, { nonce: i, to: bob.address, value: 1n })]);
  assert.equal(engine.oldestRetained, 5n);
  const pruned = engine.stateAt(4n);
  assert.ok(!pruned.ok && pruned.code === 'pruned');
  for (let number = 5n; number <= 8n; number++) assert.equal(stateOf(engine, number).account(addressOf(bob))?.balance, 1000n * ETHER + number);
  const reopened = await newChain({ store, retainedBlocks: 4n });
  assert.equal(toHex(reopened.head.hash), toHex(engine.head.hash));
  assert.equal(stateOf(reopened, 5n).account(addressOf(bob))?.balance, 1000n * ETHER + 5n);
  await assert.rejects(newChain({ store, balance: 1n }), (error: unknown) => error instanceof ExecutionFault && error.code === 'wrong-genesis');
});

test('the 0x7E transaction has the bytes of the protocol codec', async () => {
  const engine = await newChain();
  const call = message({ kind: 1, index: 4n, to: addressOf(bob), mint: 10n, value: 3n, data: Uint8Array.of(1, 2) });
  const create = message({ kind: 2, index: 5n, data: Uint8Array.of(0x60, 0x00), mint: 1n });
  const { transactions } = await advance(engine, [], { messages: [call, create] });
  for (const [i, source] of [call, create].entries()) {
    const wire = { kind: source.kind === 1 ? ('call' as const) : ('create' as const), sender: toHex(source.sender), to: toHex(source.to), mintWei: source.mint, valueWei: source.value, gas: source.gas, surcharge: source.surcharge, l1Time: 0n, data: source.data };
    assert.equal(toHex(transactions[i]!.transaction.raw), toHex(encodeDepositTransaction(depositTransactionOf(wire, source.index, CHAIN_ID))));
  }
  assert.notEqual(toKey(transactions[0]!.transaction.hash), toKey(transactions[1]!.transaction.hash));
});

test('a write that fails leaves the old head, readable, and the same block can be committed later', async () => {
  class FullDisk extends MemoryStore {
    isFull = false;
    override async write(operations: Parameters<MemoryStore['write']>[0]): Promise<void> {
      if (this.isFull) throw new Error('no space left');
      await super.write(operations);
    }
  }
  const store = new FullDisk();
  const engine = await newChain({ store });
  const genesis = toHex(engine.head.hash);
  const transactions = [await sign(alice, { nonce: 0, to: bob.address, value: 5n })];
  const pending = await execute(engine, transactions);
  store.isFull = true;
  await assert.rejects(pending.commit(), /no space left/);
  assert.equal(toHex(engine.head.hash), genesis);
  assert.equal(stateOf(engine).account(addressOf(bob))?.balance, 1000n * ETHER);
  await assert.rejects(engine.unwind(0n, [{ key: Uint8Array.of(200), value: Uint8Array.of(1) }]), /no space left/);
  store.isFull = false;
  const again = await execute(engine, transactions);
  assert.equal(toHex(again.block.hash), toHex(pending.block.hash));
  await again.commit();
  assert.equal(stateOf(engine).account(addressOf(bob))?.balance, 1000n * ETHER + 5n);
});

test('blocks asked for at once run one after another, each on the head it named', async () => {
  const engine = await newChain();
  const results = await Promise.all([1n, 2n, 3n].map((value) => execute(engine, []).then(async () => execute(engine, [], { timestamp: value }))));
  assert.equal(new Set(results.map(({ block }) => toHex(block.hash))).size, 3);
  const [first, second] = results;
  await Promise.all([first!.commit(), assert.rejects(second!.commit(), ExecutionFault)]);
  assert.equal(engine.head.header.number, 1n);
});
