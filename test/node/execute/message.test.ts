// Inbox messages in blocks: CALL and CREATE never dropped, SIGNED dropped for exactly the reason SPEC.md's order gives.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concatBytes, toHex, toMinimalBytes } from '../../../node/execute/bytes.ts';
import { creationAddress } from '../../../node/execute/transition.ts';
import { encodeRlp } from '../../../node/execute/rlp.ts';
import { recoverTransaction } from '../../../node/execute/index.ts';
import type { ExecutionEngine, InboxMessage, SentTransaction } from '../../../node/execute/index.ts';
import { addressOf, advance, assemble, CHAIN_ID, contractAddress, ETHER, FEE_VAULT_ADDRESS, message, newChain, sign, wallets } from './chain-fixture.ts';

const [alice, bob] = wallets as [(typeof wallets)[0] & {}, (typeof wallets)[0] & {}];
const SENDER = addressOf(wallets[7]!);

function stateOf(engine: ExecutionEngine) {
  const at = engine.stateAt(engine.head.header.number);
  assert.ok(at.ok);
  return at.state;
}

async function one(engine: ExecutionEngine, fields: Partial<InboxMessage> & Pick<InboxMessage, 'kind'>) {
  const block = await advance(engine, [], { messages: [message(fields)] });
  return { block, included: block.transactions[0] };
}

test('CALL credits the mint, spends a nonce and moves the value; nothing is charged', async () => {
  const engine = await newChain();
  const { included } = await one(engine, { kind: 1, to: addressOf(bob), mint: 100n, value: 40n });
  assert.equal(included?.receipt.status, 1);
  assert.equal(included?.receipt.gasUsed, 21_000n);
  assert.equal(included?.receipt.effectiveGasPrice, 0n);
  assert.deepEqual([stateOf(engine).account(SENDER)?.balance, stateOf(engine).account(SENDER)?.nonce], [1000n * ETHER + 60n, 1n]);
  assert.equal(stateOf(engine).account(addressOf(bob))?.balance, 1000n * ETHER + 40n);
  assert.equal(stateOf(engine).account(FEE_VAULT_ADDRESS)?.balance, 0n);
});

test('a failing CALL keeps mint and nonce and reverts the rest', async () => {
  const engine = await newChain({ alloc: [{ address: contractAddress(0), account: { code: assemble(0x60, 1, 0x5f, 0x55, 0xfe) } }, { address: contractAddress(1), account: { code: assemble(0x5f, 0x5f, 0xfd) } }] });
  const invalid = await one(engine, { kind: 1, to: contractAddress(0), mint: 100n, value: 40n, gas: 77_777n });
  assert.deepEqual([invalid.included?.receipt.status, invalid.included?.receipt.gasUsed], [0, 77_777n]);
  const reverted = await one(engine, { kind: 1, index: 1n, to: contractAddress(1), mint: 100n, value: 40n, gas: 77_777n });
  assert.equal(reverted.included?.receipt.status, 0);
  assert.ok(reverted.included!.receipt.gasUsed < 22_000n);
  assert.deepEqual([stateOf(engine).account(SENDER)?.balance, stateOf(engine).account(SENDER)?.nonce], [1000n * ETHER + 200n, 2n]);
  assert.equal(toHex(stateOf(engine).storage(contractAddress(0), new Uint8Array(32))), `0x${'00'.repeat(32)}`);
});

test('a CALL whose value exceeds the balance, or whose gas is below the intrinsic gas, fails at the cost of the latter', async () => {
  const engine = await newChain();
  const data = new Uint8Array(10).fill(1);
  const poor = await one(engine, { kind: 1, to: addressOf(bob), mint: 1n, value: 2000n * ETHER, data });
  assert.deepEqual([poor.included?.receipt.status, poor.included?.receipt.gasUsed], [0, 21_400n], 'the calldata floor is 21000 + 40 per byte');
  const starved = await one(engine, { kind: 1, index: 1n, to: addressOf(bob), gas: 21_399n, data });
  assert.deepEqual([starved.included?.receipt.status, starved.included?.receipt.gasUsed], [0, 21_399n]);
  assert.equal(stateOf(engine).account(SENDER)?.nonce, 2n);
});

test('CREATE derives the address from the nonce before, and an account with code may send', async () => {
  const initCode = assemble(0x60, 0x2a, 0x60, 0x00, 0x52, 0x60, 0x20, 0x60, 0x00, 0xf3);
  const contract = contractAddress(3);
  const engine = await newChain({ alloc: [{ address: contract, account: { nonce: 5n, code: assemble(0x00) } }] });
  const { included } = await one(engine, { kind: 2, sender: contract, data: initCode, mint: 9n, value: 9n });
  const created = creationAddress(contract, 5n);
  assert.equal(included?.receipt.status, 1);
  assert.deepEqual(included?.receipt.contractAddress, created);
  assert.equal(stateOf(engine).code(created).length, 32);
  assert.equal(stateOf(engine).account(created)?.balance, 9n);
});

test('a sender at the last nonce fails but keeps the mint', async () => {
  const sender = contractAddress(4);
  const engine = await newChain({ alloc: [{ address: sender, account: { nonce: 2n ** 64n - 1n } }] });
  const { included } = await one(engine, { kind: 1, sender, to: addressOf(bob), mint: 5n, value: 1n });
  assert.equal(included?.receipt.status, 0);
  assert.deepEqual([stateOf(engine).account(sender)?.balance, stateOf(engine).account(sender)?.nonce], [5n, 2n ** 64n - 1n]);
});

test('SIGNED runs at gas price 0 without fees, under its ordinary hash', async () => {
  const code = assemble(0x3a, 0x5f, 0x55, 0x32, 0x60, 1, 0x55);
  const engine = await newChain({ alloc: [{ address: contractAddress(0), account: { code } }] });
  const transaction = await sign(alice, { nonce: 0, to: toHex(contractAddress(0)), gasLimit: 100_000n, maxFeePerGas: 1n, value: 3n });
  const { included } = await one(engine, { kind: 3, data: transaction.raw, gas: 100_000n });
  assert.equal(included?.receipt.status, 1);
  assert.equal(toHex(included!.transaction.hash), toHex(transaction.hash));
  assert.equal(included?.receipt.effectiveGasPrice, 0n);
  assert.equal(stateOf(engine).account(addressOf(alice))?.balance, 1000n * ETHER - 3n);
  assert.equal(toHex(stateOf(engine).storage(contractAddress(0), new Uint8Array(32))), `0x${'00'.repeat(32)}`);
});

test('a base fee pumped a thousandfold keeps no forced transaction out: 64 full blocks, and one signed before them for a fee cap of 2 gwei runs', async () => {
  const engine = await newChain({ alloc: [{ address: contractAddress(0), account: { code: assemble(0xfe) } }] });
  const before = await sign(alice, { nonce: 0, to: bob.address, gasLimit: 21_000n, maxFeePerGas: 2_000_000_000n, value: 7n });
  for (let index = 0n; index < 64n; index += 1n) await one(engine, { kind: 1, index, to: contractAddress(0), gas: 9_900_000n });
  assert.ok(engine.head.header.baseFeePerGas > 1_000n * 1_000_000_000n, `the base fee is ${engine.head.header.baseFeePerGas}`);
  const call = await one(engine, { kind: 1, index: 64n, to: addressOf(bob), value: 5n });
  assert.deepEqual([call.included?.receipt.status, call.included?.receipt.effectiveGasPrice], [1, 0n]);
  const signed = await one(engine, { kind: 3, index: 65n, data: before.raw, gas: 21_000n });
  assert.deepEqual([signed.included?.receipt.status, signed.included?.receipt.effectiveGasPrice], [1, 0n]);
  assert.equal(stateOf(engine).account(addressOf(alice))?.balance, 1000n * ETHER - 7n);
});

/** A type 2 transaction's fields in order, signed by nobody. */
function unsigned(nonce: bigint): (bigint | Uint8Array | never[])[] {
  return [CHAIN_ID, nonce, 0n, 1n, 21_000n, addressOf(bob), 0n, new Uint8Array(0), []];
}

test('SIGNED is dropped for the first reason that holds, changing nothing', async () => {
  const engine = await newChain({
    alloc: [{ address: addressOf(alice), account: { balance: ETHER, nonce: 7n } }, { address: addressOf(bob), account: { balance: ETHER, code: assemble(0x00) } }],
  });
  const good = await sign(alice, { nonce: 7, to: bob.address });
  const tooLarge = new Uint8Array(49_153);
  const high = concatBytes(Uint8Array.of(2), encodeRlp([...unsigned(7n), 0n, 1n, 2n ** 255n]));
  const cases: [string, number, Uint8Array, Partial<InboxMessage>?][] = [
    ['no bytes', 1, new Uint8Array(0)],
    ['a trailing byte', 1, concatBytes(good.raw, Uint8Array.of(0))],
    ['a leading zero in the nonce', 1, concatBytes(Uint8Array.of(2), encodeRlp([CHAIN_ID, Uint8Array.of(0, 7), 0n, 1n, 21_000n, addressOf(bob), 0n, new Uint8Array(0), [], 0n, 1n, 1n]))],
    ['a nonce of nine bytes', 1, concatBytes(Uint8Array.of(2), encodeRlp([CHAIN_ID, 2n ** 64n, 0n, 1n, 21_000n, addressOf(bob), 0n, new Uint8Array(0), [], 0n, 1n, 1n]))],
    ['a destination of 19 bytes', 1, concatBytes(Uint8Array.of(2), encodeRlp([CHAIN_ID, 7n, 0n, 1n, 21_000n, new Uint8Array(19), 0n, new Uint8Array(0), [], 0n, 1n, 1n]))],
    ['leading byte 0x00', 1, concatBytes(Uint8Array.of(0), good.raw.subarray(1))],
    ['type 3', 2, concatBytes(Uint8Array.of(3), good.raw.subarray(1))],
    ['type 0x7e', 2, Uint8Array.of(0x7e)],
    ['another chain', 3, (await sign(alice, { nonce: 7, to: bob.address, chainId: 1n })).raw],
    ['legacy without EIP-155', 3, encodeRlp([7n, 1n, 21_000n, addressOf(bob), 0n, new Uint8Array(0), 27n, 1n, 1n])],
    ['high s', 4, high],
    ['yParity 2', 4, concatBytes(Uint8Array.of(2), encodeRlp([...unsigned(7n), 2n, 1n, 1n]))],
    ['r = 0', 4, concatBytes(Uint8Array.of(2), encodeRlp([...unsigned(7n), 0n, 0n, 1n]))],
    ['tip above cap', 5, someonesSigned([CHAIN_ID, 7n, 2n, 1n, 21_000n, addressOf(bob), 0n, new Uint8Array(0), []])],
    ['too much init code', 5, (await rawTransaction({ to: null, data: toHex(tooLarge), gasLimit: 5_000_000n }))],
    ['no authorization', 5, someonesSigned([...unsigned(7n), []], 4)],
    ['authorizations without a destination', 5, someonesSigned([CHAIN_ID, 7n, 0n, 1n, 100_000n, new Uint8Array(0), 0n, new Uint8Array(0), [], []], 4)],
    ['the last nonce', 5, someonesSigned(unsigned(2n ** 64n - 1n))],
    ['gas limit above the prepaid gas', 6, good.raw, { gas: 20_999n }],
    ['gas limit below the intrinsic gas', 7, (await rawTransaction({ gasLimit: 20_999n }))],
    ['gas limit below the calldata floor', 7, (await rawTransaction({ gasLimit: 21_399n, data: `0x${'01'.repeat(10)}` }))],
    ['a sender with code', 8, (await sign(bob, { nonce: 0, to: alice.address })).raw],
    ['nonce below', 9, (await sign(alice, { nonce: 6, to: bob.address })).raw],
    ['nonce above', 10, (await sign(alice, { nonce: 8, to: bob.address })).raw],
    ['value above balance', 11, (await rawTransaction({ value: ETHER + 1n }))],
  ];
  const before = stateOf(engine).account(addressOf(alice));
  for (const [index, [name, reason, data, fields]] of cases.entries()) {
    const { block } = await one(engine, { kind: 3, index: BigInt(index), data, gas: 5_000_000n, ...fields });
    assert.deepEqual(block.dropped, [{ messageIndex: BigInt(index), reason }], name);
    assert.equal(block.transactions.length, 0, name);
    assert.equal(block.zkGasUsed, 0n, name);
  }
  assert.deepEqual(stateOf(engine).account(addressOf(alice)), before);
  const { block } = await one(engine, { kind: 3, index: 99n, data: good.raw });
  assert.equal(block.transactions.length, 1, 'the nonce is still unused');
  const again = await one(engine, { kind: 3, index: 100n, data: good.raw });
  assert.deepEqual(again.block.dropped, [{ messageIndex: 100n, reason: 9 }]);
});

/** Stores 1 at 0, logs, and hashes nothing at a surcharge of 30. */
const LOUD = assemble(0x60, 1, 0x5f, 0x55, 0x5f, 0x5f, 0xa0, 0x5f, 0x5f, 0x20, 0x50, 0x60, 1, 0x5f, 0x5d);
/** Of the code once loaded, then of the hash. */
const LOUD_SURCHARGE = 16n + 30n;

test('SIGNED with less surcharge than its run takes is dropped, whoever enqueued it: the nonce stays for the owner, whose own message runs', async () => {
  const engine = await newChain({ alloc: [{ address: contractAddress(0), account: { code: LOUD } }] });
  const transaction = await sign(alice, { nonce: 0, to: toHex(contractAddress(0)), gasLimit: 100_000n, value: 3n });
  const before = stateOf(engine).account(addressOf(alice));
  for (const [index, surcharge] of [0n, 15n, LOUD_SURCHARGE - 1n].entries()) {
    const { block } = await one(engine, { kind: 3, index: BigInt(index), data: transaction.raw, gas: 200_000n, surcharge });
    assert.deepEqual(block.dropped, [{ messageIndex: BigInt(index), reason: 12 }]);
    assert.deepEqual([block.transactions.length, block.header.gasUsed], [0, 0n]);
    assert.equal(block.zkGasUsed, 100_000n + surcharge, 'what was run counts');
    assert.deepEqual(stateOf(engine).account(addressOf(alice)), before);
    assert.equal(stateOf(engine).account(contractAddress(0))?.balance, 0n);
    assert.equal(toHex(stateOf(engine).storage(contractAddress(0), new Uint8Array(32))), `0x${'00'.repeat(32)}`);
  }
  const { included } = await one(engine, { kind: 3, index: 3n, data: transaction.raw, gas: 100_000n, surcharge: LOUD_SURCHARGE });
  assert.deepEqual([included?.receipt.status, included?.receipt.surchargeUsed], [1, LOUD_SURCHARGE]);
});

test('SIGNED dropped for its surcharge undoes its delegations, and what follows in the block runs as without it', async () => {
  const alloc = [{ address: contractAddress(0), account: { code: LOUD } }];
  const delegation = await bob.authorize({ address: toHex(contractAddress(0)), nonce: 0, chainId: CHAIN_ID });
  const delegating = await sign(alice, { type: 4, nonce: 0, to: toHex(contractAddress(0)), gasLimit: 200_000n, authorizationList: [delegation] });
  const following = [await sign(alice, { nonce: 0, to: toHex(contractAddress(0)), gasLimit: 100_000n }), await sign(bob, { nonce: 0, to: toHex(contractAddress(0)), gasLimit: 100_000n })];
  const [withIt, without] = [await newChain({ alloc }), await newChain({ alloc })];
  const block = await advance(withIt, following, { messages: [message({ kind: 3, data: delegating.raw, gas: 200_000n, surcharge: LOUD_SURCHARGE - 1n })] });
  const clean = await advance(without, following);
  assert.deepEqual(block.dropped, [{ messageIndex: 0n, reason: 12 }]);
  assert.equal(toHex(block.hash), toHex(clean.hash));
  assert.equal(block.zkGasUsed, clean.zkGasUsed + 200_000n + LOUD_SURCHARGE - 1n);
});

test('SIGNED dropped for its surcharge leaves the block the less room for ordinary transactions', async () => {
  const engine = await newChain({ alloc: [{ address: contractAddress(0), account: { code: LOUD } }] });
  const transaction = await sign(alice, { nonce: 0, to: toHex(contractAddress(0)), gasLimit: 9_900_000n });
  const griefed = message({ kind: 3, data: transaction.raw, gas: 9_900_000n, surcharge: LOUD_SURCHARGE - 1n });
  const room = 10_000_000n - 9_900_000n - LOUD_SURCHARGE + 1n;
  const fits = await sign(bob, { nonce: 0, to: alice.address, gasLimit: room });
  const exceeds = await sign(bob, { nonce: 0, to: alice.address, gasLimit: room + 1n });
  await assert.rejects(advance(engine, [exceeds], { messages: [griefed] }), /block-gas|invalid-transaction|within the/);
  assert.equal((await advance(engine, [fits], { messages: [griefed] })).transactions.length, 1);
});

async function rawTransaction(fields: Parameters<typeof sign>[1]): Promise<Uint8Array> {
  const transaction: SentTransaction = await sign(alice, { nonce: 7, to: bob.address, ...fields });
  return transaction.raw;
}

/** For fields ethers refuses to sign: some signature that recovers, since the static checks come before the account's. */
function someonesSigned(fields: readonly (bigint | Uint8Array | never[])[], type = 2): Uint8Array {
  for (let r = 1n; ; r++) {
    const raw = concatBytes(Uint8Array.of(type), encodeRlp([...fields, 0n, toMinimalBytes(r), 1n]));
    if (recoverTransaction(raw).ok) return raw;
  }
}

test('messages come first, in order, and their zkGas leaves room for ordinary transactions', async () => {
  const engine = await newChain();
  const { transactions, zkGasUsed } = await advance(engine, [await sign(alice, { nonce: 0, to: bob.address })], {
    messages: [message({ kind: 1, index: 0n, to: addressOf(bob) }), message({ kind: 3, index: 1n, data: (await sign(bob, { nonce: 0, to: alice.address })).raw }), message({ kind: 1, index: 2n, to: addressOf(alice) })],
  });
  assert.deepEqual(transactions.map(({ transaction }) => transaction.type), [0x7e, 2, 0x7e, 2]);
  assert.deepEqual(transactions.map(({ receipt }) => receipt.cumulativeGasUsed), [21_000n, 42_000n, 63_000n, 84_000n]);
  assert.equal(zkGasUsed, 84_000n);
});
