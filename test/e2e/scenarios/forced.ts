/**
 * Forced messages of every kind through the Inbox: executed, or dropped with the reason that the protocol names.
 *
 * Owns the expectations about what L2 shows for each; the sequencer needs no cooperation of its mempool for any of it.
 */
import assert from 'node:assert/strict';
import { AbiCoder, Transaction, Wallet, concat, getCreateAddress, keccak256, parseEther, toBeHex, type TransactionLike } from 'ethers';
import { FEE_VAULT, depositTransactionHash, fromHex, type DepositTransaction, type Hex } from '@keyfall/protocol';
import { eventOf, eventually, transact, type Devnet, type Person } from './bridge.ts';

interface Receipt {
  readonly status: string;
  readonly gasUsed: string;
  readonly blockNumber: string;
  readonly from: string;
}

async function l2Receipt(devnet: Devnet, hash: string): Promise<Receipt> {
  return eventually(`L2 receipt of ${hash}`, async () => ((await devnet.l2.send('eth_getTransactionReceipt', [hash])) as Receipt | null) ?? undefined, 90);
}

/** Enqueues through `method` and returns the message's index. */
async function enqueue(devnet: Devnet, sender: Person, method: string, args: readonly unknown[], mint: bigint, zkGas: bigint): Promise<bigint> {
  const inbox = devnet.contract('Inbox', sender.l1);
  const price = (await inbox.getFunction('price').staticCall(zkGas)) as bigint;
  const receipt = await transact(inbox, method, ...args, { value: mint + price * 2n });
  return (eventOf(inbox.interface, receipt, 'MessageEnqueued') as unknown as { index: bigint }).index;
}

function hashOf(devnet: Devnet, sender: Person, index: bigint, fields: Partial<DepositTransaction>): string {
  return depositTransactionHash({
    chainId: BigInt(devnet.manifest.l2.chainId), index, from: sender.address.toLowerCase() as Hex, to: null, mintWei: 0n, valueWei: 0n, gas: 0n, surcharge: 0n, data: new Uint8Array(0), ...fields,
  });
}

/** A CALL that pays, one that fails, and a CREATE. */
async function runCalls(devnet: Devnet, sender: Person): Promise<void> {
  const target: Hex = '0x00000000000000000000000000000000c0ffee02';
  const before = await devnet.l2.getBalance(target);
  const amount = parseEther('0.25');
  const paid = await enqueue(devnet, sender, 'sendCall', [target, amount, amount, 40_000n, 0n, '0x'], amount, 40_000n);
  const receipt = await l2Receipt(devnet, hashOf(devnet, sender, paid, { to: target, mintWei: amount, valueWei: amount, gas: 40_000n }));
  assert.deepEqual([receipt.status, BigInt(receipt.gasUsed), receipt.from.toLowerCase()], ['0x1', 21_000n, sender.address.toLowerCase()]);
  assert.equal(await devnet.l2.getBalance(target), before + amount);

  const tooMuch = parseEther('1000000000');
  const balance = await devnet.l2.getBalance(sender.address);
  const failed = await enqueue(devnet, sender, 'sendCall', [target, 7n, tooMuch, 40_000n, 0n, '0x'], 7n, 40_000n);
  const failure = await l2Receipt(devnet, hashOf(devnet, sender, failed, { to: target, mintWei: 7n, valueWei: tooMuch, gas: 40_000n }));
  assert.equal(failure.status, '0x0', 'a call that cannot pay its value fails');
  assert.equal(await devnet.l2.getBalance(sender.address), balance + 7n, 'and its mint stays');

  // PUSH1 0x2a PUSH0 SSTORE, then return one STOP byte as code.
  const initCode = '0x602a5f5560015ff3';
  const nonce = await devnet.l2.getTransactionCount(sender.address);
  const created = await enqueue(devnet, sender, 'sendCreate', [0n, 0n, 200_000n, 0n, initCode], 0n, 200_000n);
  assert.equal((await l2Receipt(devnet, hashOf(devnet, sender, created, { gas: 200_000n, data: fromHex(initCode) }))).status, '0x1');
  assert.equal(BigInt(await devnet.l2.getStorage(getCreateAddress({ from: sender.address, nonce }), 0n)), 42n);
}

/** A SIGNED transaction executes at gas price zero although its fee caps are zero; a second time it is dropped. */
async function runSigned(devnet: Devnet, courier: Person): Promise<void> {
  const wallet = new Wallet(keccak256(toBeHex(Date.now(), 32)), devnet.l2);
  const target = '0x00000000000000000000000000000000c0ffee03';
  const funding = parseEther('0.5');
  await enqueue(devnet, courier, 'sendCall', [wallet.address, funding, funding, 40_000n, 0n, '0x'], funding, 40_000n);
  await eventually('the funding', async () => (await devnet.l2.getBalance(wallet.address)) === funding);
  const fields: TransactionLike = { type: 2, chainId: devnet.manifest.l2.chainId, nonce: 0, gasLimit: 30_000n, maxFeePerGas: 0n, maxPriorityFeePerGas: 0n, to: target, value: parseEther('0.1') };
  const raw = await wallet.signTransaction(fields);
  const before = await devnet.l2.getBalance(target);
  await enqueue(devnet, courier, 'sendSigned', [60_000n, 0n, raw], 0n, 60_000n + 40n * BigInt(raw.length));
  const receipt = await l2Receipt(devnet, Transaction.from(raw).hash!);
  assert.equal(receipt.status, '0x1');
  assert.equal(await devnet.l2.getBalance(wallet.address), funding - parseEther('0.1'), 'no fee was taken');
  assert.equal(await devnet.l2.getBalance(target), before + parseEther('0.1'));

  await runDropped(devnet, courier, wallet, fields, raw);
}

/** Each invalid SIGNED message leaves no trace, and the valid one behind them still executes. */
async function runDropped(devnet: Devnet, courier: Person, wallet: Wallet, fields: TransactionLike, used: string): Promise<void> {
  const sign = (changes: TransactionLike): Promise<string> => wallet.signTransaction({ ...fields, nonce: 1, ...changes });
  const signed = await sign({});
  const invalid = [
    used,
    '0xdeadbeef',
    concat(['0x02', AbiCoder.defaultAbiCoder().encode(['bytes'], ['0x1234'])]),
    await sign({ chainId: 1 }),
    await sign({ nonce: 5 }),
    await sign({ gasLimit: 5_000_000n }),
    await sign({ value: parseEther('1000') }),
    // Valid, but the code that it loads takes surcharge, and whoever enqueues it here prepays none.
    await sign({ to: FEE_VAULT, value: 0n }),
    // Another last byte than its own: one in 256 signatures ends in 00, and would have been left whole.
    `${signed.slice(0, -2)}${signed.endsWith('00') ? '01' : '00'}`,
  ];
  for (const raw of invalid) await enqueue(devnet, courier, 'sendSigned', [60_000n + 40n * BigInt(raw.length), 0n, raw], 0n, 100_000n + 40n * BigInt(raw.length));
  const last = await sign({ value: 1n });
  await enqueue(devnet, courier, 'sendSigned', [60_000n, 0n, last], 0n, 100_000n);
  const receipt = await l2Receipt(devnet, Transaction.from(last).hash!);
  assert.equal(receipt.status, '0x1', 'a valid message behind invalid ones executes');
  assert.equal(await devnet.l2.getTransactionCount(wallet.address), 2, 'the dropped ones used no nonce');
  assert.equal(await devnet.l2.getBalance(wallet.address), parseEther('0.4') - 1n);
}

/** Runs every forced-message scenario as account 3. */
export async function runForced(devnet: Devnet): Promise<void> {
  const person = devnet.person(3);
  await runCalls(devnet, person);
  await runSigned(devnet, person);
}
