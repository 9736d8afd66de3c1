// Transactions, RLP, recovery and genesis input: against ethers and EthereumJS, and over hostile bytes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RLP } from '@ethereumjs/rlp';
import { Common, Hardfork, Mainnet } from '@ethereumjs/common';
import { MerkleStateManager } from '@ethereumjs/statemanager';
import { Account as EvmAccount, Address } from '@ethereumjs/util';
import { Transaction, Wallet } from 'ethers';
import type { TransactionLike } from 'ethers';
import { equalBytes, fromHex, toHex, toMinimalBytes, toWord } from '../../../node/execute/bytes.ts';
import { verifyKzgProof } from '../../../node/execute/crypto.ts';
import { createEngine, decodeHeader, ExecutionFault, MemoryStore, parseGenesisAlloc, recoverTransaction } from '../../../node/execute/index.ts';
import { writeGenesis } from '../../../node/execute/genesis.ts';
import { createMachine } from '../../../node/execute/machine.ts';
import { CommittedState } from '../../../node/execute/state-view.ts';
import { StateStore } from '../../../node/execute/store.ts';
import { RecoveryPool } from '../../../node/execute/recovery.ts';
import { decodeRlp, encodeRlp } from '../../../node/execute/rlp.ts';
import type { RlpItem } from '../../../node/execute/rlp.ts';
import { decodeTransaction } from '../../../node/execute/transaction.ts';
import { sign, wallets } from './chain-fixture.ts';

const wallet = new Wallet(`0x${'7b'.repeat(32)}`);
const word = fc.bigInt(0n, 2n ** 256n - 1n);
const hexBytes = (size: number) => fc.uint8Array({ minLength: size, maxLength: size }).map(toHex);
const fields = fc.record({
  type: fc.constantFrom(0, 1, 2, 4), chainId: fc.bigInt(1n, 2n ** 53n), nonce: fc.nat(2 ** 40), gasLimit: fc.bigInt(0n, 2n ** 64n - 1n), value: word,
  to: hexBytes(20), data: fc.uint8Array({ maxLength: 80 }).map(toHex), cap: fc.bigInt(0n, 2n ** 128n), tip: fc.bigInt(0n, 2n ** 100n),
  accessList: fc.array(fc.record({ address: hexBytes(20), storageKeys: fc.array(hexBytes(32), { maxLength: 3 }) }), { maxLength: 3 }),
  authorizations: fc.array(fc.record({ chainId: fc.bigInt(0n, 2n ** 64n), address: hexBytes(20), nonce: fc.bigInt(0n, 2n ** 64n - 1n) }), { minLength: 1, maxLength: 2 }),
});

test('what ethers signs decodes to the same fields, hash and sender', async () => {
  await fc.assert(
    fc.asyncProperty(fields, async ({ type, cap, tip, accessList, authorizations, ...common }) => {
      const request: TransactionLike = { type, ...common };
      if (type >= 1) request.accessList = accessList;
      if (type <= 1) request.gasPrice = cap;
      else Object.assign(request, { maxFeePerGas: cap + tip, maxPriorityFeePerGas: tip });
      if (type === 4) request.authorizationList = authorizations.map((authorization) => wallet.authorizeSync(authorization));
      const raw = await wallet.signTransaction(request as never);
      const theirs = Transaction.from(raw);
      const ours = recoverTransaction(fromHex(raw));
      assert.ok(ours.ok);
      const { transaction } = ours;
      assert.equal(toHex(transaction.sender), wallet.address.toLowerCase());
      assert.equal(toHex(transaction.hash), theirs.hash);
      assert.deepEqual([transaction.type, transaction.chainId, transaction.nonce, transaction.gasLimit, transaction.value, toHex(transaction.to!), toHex(transaction.data)], [theirs.type, theirs.chainId, BigInt(theirs.nonce), theirs.gasLimit, theirs.value, theirs.to!.toLowerCase(), theirs.data]);
      assert.deepEqual(transaction.accessList.map((entry) => ({ address: toHex(entry.address), storageKeys: entry.storageKeys.map(toHex) })), type === 0 ? [] : accessList.map(({ address, storageKeys }) => ({ address, storageKeys })));
      if (transaction.type === 4) assert.deepEqual(transaction.authorizationList.map((entry) => [entry.chainId, toHex(entry.address), entry.nonce]), authorizations.map((entry) => [entry.chainId, entry.address, entry.nonce]));
      if (transaction.type === 0 || transaction.type === 1) assert.equal(transaction.gasPrice, cap);
      else assert.deepEqual([transaction.maxFeePerGas, transaction.maxPriorityFeePerGas], [cap + tip, tip]);
    }),
    { numRuns: 60 },
  );
});

test('no bytes make the decoder throw, and a changed transaction never keeps its hash and sender', async () => {
  const { raw, hash, sender } = await sign(wallets[0]!, { nonce: 3, to: wallets[1]!.address, data: '0x010203' });
  fc.assert(
    fc.property(fc.nat(raw.length - 1), fc.integer({ min: 1, max: 255 }), fc.nat(4), (index, change, cut) => {
      const mutated = raw.slice(0, raw.length - (change % 3 === 0 ? cut : 0));
      if (index < mutated.length) mutated[index]! ^= change;
      if (equalBytes(mutated, raw)) return;
      const result = recoverTransaction(mutated);
      if (result.ok) assert.ok(!equalBytes(result.transaction.hash, hash) && (!equalBytes(result.transaction.sender, sender) || index >= raw.length - 67));
    }),
    { numRuns: 500 },
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void decodeTransaction(bytes)), { numRuns: 500 });
});

test('a type 3 transaction is refused as unsupported', () => {
  const refused = recoverTransaction(Uint8Array.of(3, 0xc0));
  assert.ok(!refused.ok && refused.code === 'unsupported-type' && refused.type === 3);
});

const item: fc.Arbitrary<RlpItem> = fc.letrec<{ item: RlpItem }>((tie) => ({ item: fc.oneof({ maxDepth: 4 }, fc.uint8Array({ maxLength: 70 }), fc.array(tie('item'), { maxLength: 6 })) })).item;

test('RLP encodes as EthereumJS does and decodes what it encoded', () => {
  fc.assert(
    fc.property(item, (value) => {
      const encoded = encodeRlp(value);
      assert.deepEqual(encoded, new Uint8Array(RLP.encode(value as never)));
      const decoded = decodeRlp(encoded);
      assert.ok(decoded.ok);
      assert.deepEqual(encodeRlp(decoded.item), encoded);
    }),
  );
});

test('RLP accepts nothing but canonical encodings', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (bytes) => {
      const decoded = decodeRlp(bytes);
      if (decoded.ok) assert.deepEqual(encodeRlp(decoded.item), bytes);
    }),
    { numRuns: 2000 },
  );
  for (const hex of ['', '8100', '817f', 'b800', 'b83700', 'c1', 'c100c0', 'f800', 'ffffffffffffffffff', 'b90000', `${'c1'.repeat(40)}c0`]) assert.equal(decodeRlp(fromHex(hex)).ok, false, hex);
});

test('the recovery pool answers in order, and workers agree with the calling thread', async () => {
  const raws: Uint8Array[] = [];
  for (let i = 0; i < 200; i++) raws.push(i % 17 === 5 ? toMinimalBytes(BigInt(i)) : (await sign(wallets[i % 8]!, { nonce: i, to: wallets[0]!.address })).raw);
  const [pool, single] = [new RecoveryPool(2), new RecoveryPool(0)];
  const [pooled, direct] = [await pool.recover(raws), await single.recover(raws)];
  assert.equal(pooled.length, raws.length);
  for (const [i, result] of pooled.entries()) {
    const expected = direct[i]!;
    assert.equal(result.ok, expected.ok);
    if (result.ok && expected.ok) assert.deepEqual(result.transaction.sender, expected.transaction.sender);
    if (!result.ok && !expected.ok) assert.equal(result.code, expected.code);
  }
  await pool.close();
  await assert.rejects(pool.recover(raws), (error: unknown) => error instanceof ExecutionFault && error.code === 'closed');
});

test('a worker that dies fails its batch with a fault, and the next batch gets another worker', async () => {
  const { raw } = await sign(wallets[0]!, { nonce: 0, to: wallets[1]!.address });
  for (const script of ['throw new Error("broken")', 'process.exit(3)']) {
    const pool = new RecoveryPool(1, new URL(`data:text/javascript,import { parentPort } from "node:worker_threads"; parentPort.on("message", () => { ${script} });`));
    for (let attempt = 0; attempt < 2; attempt++) await assert.rejects(pool.recover([raw]), (error: unknown) => error instanceof ExecutionFault && error.code === 'worker');
    await pool.close();
  }
});

test('a genesis allocation parses, its hash ignores order, and mistakes are named', async () => {
  const json = {
    '0x00000000000000000000000000000000000000aa': { balance: '0x10', nonce: 1, code: '0x6000', storage: { '0x1': '0x02' } },
    '0x00000000000000000000000000000000000000bb': { balance: '7' },
  };
  const open = async (alloc: ReturnType<typeof parseGenesisAlloc>) => createEngine({ chainId: 1n, store: new MemoryStore(), genesis: { timestamp: 0n, alloc }, recoveryWorkers: 0 });
  const [forward, backward] = [await open(parseGenesisAlloc(json)), await open(parseGenesisAlloc(json).toReversed())];
  assert.equal(toHex(forward.head.hash), toHex(backward.head.hash));
  const at = forward.stateAt(0n);
  assert.ok(at.ok);
  assert.equal(at.state.account(fromHex('00000000000000000000000000000000000000bb'))?.balance, 7n);
  assert.equal(at.state.storage(fromHex('00000000000000000000000000000000000000aa'), fromHex(`${'00'.repeat(31)}01`))[31], 2);
  assert.throws(() => parseGenesisAlloc({ '0x12': {} }), TypeError);
  assert.throws(() => parseGenesisAlloc([]), TypeError);
  assert.throws(() => parseGenesisAlloc({ '0x00000000000000000000000000000000000000aa': { balance: '-1' } }), TypeError);
  assert.throws(() => parseGenesisAlloc({ '0x00000000000000000000000000000000000000aa': { code: '0x6' } }), TypeError);
});

test('headers that are not canonical are refused', () => {
  for (const hex of ['c0', '80', 'f90101', '']) assert.equal(decodeHeader(fromHex(hex)).ok, false);
});

test('a KZG evaluation is accepted or refused as the ceremony decides, and malformed points are errors', () => {
  // consensus-spec-tests, verify_kzg_proof: the constant polynomial 2 has commitment 2G1, value 2 everywhere and proof infinity.
  const infinity = `0xc0${'00'.repeat(47)}`;
  const twoG1 = '0xa572cbea904d67468808c8eb50a9450c9721db309128012543902d0ac358a62ae28f75bb8f1c7c42c39a8c5529bf0f4e';
  const scalar = (value: bigint): string => `0x${value.toString(16).padStart(64, '0')}`;
  assert.equal(verifyKzgProof(twoG1, scalar(5n), scalar(2n), infinity), true);
  assert.equal(verifyKzgProof(twoG1, scalar(5n), scalar(3n), infinity), false);
  assert.equal(verifyKzgProof(infinity, scalar(5n), scalar(0n), infinity), true);
  assert.throws(() => verifyKzgProof(twoG1, scalar(2n ** 256n - 1n), scalar(2n), infinity), /C_KZG_BADARGS/);
  assert.throws(() => verifyKzgProof(`0x8123456789abcdef${'01'.repeat(40)}`, scalar(5n), scalar(2n), infinity), /C_KZG_BADARGS/);
});

test('a genesis written in parts has the root of one written at once, also after a start that was cut short', async () => {
  const alloc = Array.from({ length: 505 }, (_, i) => ({ address: fromHex(i.toString(16).padStart(40, '0')), account: { balance: BigInt(i + 1), ...(i % 50 === 0 ? { storage: [{ slot: fromHex('01'), value: fromHex('02') }] } : {}) } }));
  const reference = new MerkleStateManager({ common: new Common({ chain: Mainnet, hardfork: Hardfork.Osaka }) });
  await reference.checkpoint();
  for (const { address, account } of alloc) {
    await reference.putAccount(new Address(address), new EvmAccount(0n, account.balance));
    if (account.storage !== undefined) await reference.putStorage(new Address(address), toWord(fromHex('01')), fromHex('02'));
  }
  await reference.commit();
  const expected = toHex(await reference.getStateRoot());
  class FailingStore extends MemoryStore {
    writesLeft = 2;
    override async write(operations: Parameters<MemoryStore['write']>[0]): Promise<void> {
      if (this.writesLeft-- === 0) throw new Error('the process died here');
      await super.write(operations);
    }
  }
  const kv = new FailingStore();
  const machine = await createMachine(1n, false);
  const write = async (accounts: typeof alloc): Promise<StateStore> => {
    const store = new StateStore(kv, undefined);
    await writeGenesis(machine, { timestamp: 0n, alloc: accounts }, store, 100);
    return store;
  };
  await assert.rejects(write([...alloc.slice(0, 504), { address: fromHex('ff'.repeat(20)), account: { balance: 9n } }]), /died here/);
  kv.writesLeft = 100;
  const store = await write(alloc);
  const header = decodeHeader(store.header(0n)!);
  assert.ok(header.ok);
  assert.equal(toHex(header.header.stateRoot), expected);
  const view = new CommittedState(store).at(0n);
  assert.equal(view.account(fromHex('ff'.repeat(20))), undefined, 'nothing of the other genesis remains');
  assert.equal(view.account(alloc[77]!.address)?.balance, 78n);
  await assert.rejects(createEngine({ chainId: 1n, store: new MemoryStore(), genesis: { timestamp: 0n, alloc: [alloc[0]!, alloc[0]!] }, recoveryWorkers: 0 }), TypeError);
});
