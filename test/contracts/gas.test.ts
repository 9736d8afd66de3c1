// P-073 Gas of each user-facing action, whole transaction, against the recorded one: contracts/gas-snapshot.json, tolerance 0.
// `npm run gas:update -w contracts` records anew. Ceilings that the design promises are asserted beside it.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { ZeroAddress, encodeRlp, keccak256, toBeHex, type Contract, type TransactionReceipt } from 'ethers';
import { MESSAGE_PASSER, decodeMessage, fromHex, nextAccumulator, sentSlot, withdrawalHash, type Hex } from '@keyfall/protocol';
import { deployToken } from '../e2e/scenarios/compile.ts';
import { DeployedSystem } from './deployed.ts';
import { accountRlp, buildTrie } from './trie.ts';

const SNAPSHOT = new URL('../../contracts/gas-snapshot.json', import.meta.url);
const CEILINGS: Readonly<Record<string, number>> = { 'forced call, 100 bytes, exact payment': 90_000, 'withdrawal of ETH, root known, among 100,000': 340_000 };
const HUNDRED_BYTES = `0x${Array.from({ length: 100 }, (_, i) => (1 + ((i * 37 + 11) % 255)).toString(16).padStart(2, '0')).join('')}`;
const TARGET = '0x1111223344556677889911aabbccddeeff112233';

let system: DeployedSystem;
const measured: Record<string, number> = {};

// Fixed times: a zero byte more or less in a timestamp would be gas more or less.
before(async () => { system = await DeployedSystem.start([], ['--timestamp', '1800000000']); });
after(() => system.stop());

function record(action: string, receipt: TransactionReceipt): void {
  measured[action] = Number(receipt.gasUsed);
}

async function price(zkGas: bigint): Promise<bigint> {
  return (await system.contract('Inbox').getFunction('price').staticCall(zkGas)) as bigint;
}

test('P-010 messages cost what is recorded, and their bytes and accumulator are the protocol package\'s', async () => {
  const inbox = system.contract('Inbox');
  const receipts: TransactionReceipt[] = [];
  const send = async (action: string | undefined, method: string, args: readonly unknown[], value: bigint): Promise<void> => {
    const receipt = await system.send(inbox, method, args, value);
    receipts.push(receipt);
    if (action !== undefined) record(action, receipt);
  };
  const call = [TARGET, 0n, 0n, 150_000n, 0n, HUNDRED_BYTES];
  await send('forced call, 100 bytes, first message ever', 'sendCall', call, await price(150_000n));
  await send('forced call, 100 bytes, exact payment', 'sendCall', call, await price(150_000n));
  await send('forced call, 100 bytes, change returned', 'sendCall', call, (await price(150_000n)) * 2n);
  await send('forced signed transaction, 100 bytes, exact payment', 'sendSigned', [150_000n, 0n, HUNDRED_BYTES], await price(150_000n));
  await send('forced creation, 100 bytes, exact payment', 'sendCreate', [0n, 0n, 150_000n, 0n, HUNDRED_BYTES], await price(150_000n));
  const ether = 10n ** 18n;
  await send('deposit of 1 ETH, exact payment', 'sendCall', [TARGET, ether, ether, 50_000n, 0n, '0x'], ether + (await price(50_000n)));
  let accumulator: Hex = `0x${'00'.repeat(32)}`;
  receipts.forEach((receipt, index) => {
    const event = inbox.interface.parseLog(receipt.logs[0]!);
    const message = event?.args['message'] as string;
    assert.equal(decodeMessage(fromHex(message)).ok, true, `message ${index} decodes`);
    accumulator = nextAccumulator(accumulator, keccak256(message) as Hex);
    assert.equal(event?.args['accumulator'], accumulator, `accumulator after message ${index}`);
  });
});

test('deposits of tokens cost what is recorded', async () => {
  const vault = system.contract('Vault');
  const vaultAddress = await vault.getAddress();
  const user = await system.user.getAddress();
  const fee = await price(420_000n);
  const erc20 = await deployToken(system.user, 'PlainToken');
  await system.send(erc20 as unknown as Contract, 'approve', [vaultAddress, 1_000n]);
  for (const action of ['deposit of an ERC-20, first of the token', 'deposit of an ERC-20']) {
    record(action, await system.send(vault, 'depositERC20', [await erc20.getAddress(), user, 10n], fee));
  }
  const nft = await deployToken(system.user, 'PlainNft');
  await system.send(nft as unknown as Contract, 'approve', [vaultAddress, 3n]);
  record('deposit of an ERC-721', await system.send(vault, 'depositERC721', [await nft.getAddress(), user, 3n], fee));
  const multi = await deployToken(system.user, 'PlainMulti');
  await system.send(multi as unknown as Contract, 'setApprovalForAll', [vaultAddress, true]);
  record('deposit of an ERC-1155', await system.send(vault, 'depositERC1155', [await multi.getAddress(), user, 7n, 30n], fee));
});

test('withdrawals among 100,000 cost what is recorded', async () => {
  const withdrawals = Array.from({ length: 100_000 }, (_, index) => ({
    nonce: BigInt(index), assetKind: 'eth' as const, token: ZeroAddress as Hex, id: 0n, amount: 10n ** 9n, from: TARGET as Hex, recipient: TARGET as Hex,
  }));
  const slots = withdrawals.map((withdrawal) => sentSlot(withdrawalHash(withdrawal)));
  const storage = buildTrie(slots.map((slot) => ({ key: slot, value: encodeRlp('0x01') })));
  const others = Array.from({ length: 1_000 }, (_, i) => ({ key: toBeHex(i + 1, 20), value: accountRlp(BigInt(i), 10n ** 18n, keccak256('0x80'), keccak256('0x')) }));
  const state = buildTrie([{ key: MESSAGE_PASSER, value: accountRlp(1n, 0n, storage.root, keccak256('0x60')) }, ...others]);
  await system.anvil.rpc('anvil_setBalance', TARGET, '0x1');
  const { index, receipts } = await system.finalizeRoot(state.root);
  record('commit, 1,001 bytes', receipts.commit);
  record('answer', receipts.answer);
  record('finalization of one batch', receipts.finalize);
  const vault = system.contract('Vault');
  const claim = async (action: string, position: number, accountProof: string[]): Promise<void> => {
    const w = withdrawals[position]!;
    const tuple = [w.nonce, 0, w.token, w.id, w.amount, w.from, w.recipient];
    record(action, await system.send(vault, 'withdraw', [index, tuple, accountProof, storage.prove(slots[position]!)]));
  };
  await claim('withdrawal of ETH, first of its root, among 100,000', 5, state.prove(MESSAGE_PASSER));
  await claim('withdrawal of ETH, root known, among 100,000', 6, []);
});

test('P-073 gas is exactly as recorded, and below what the design promises', () => {
  if (process.env['KEYFALL_UPDATE_GAS'] === '1') writeFileSync(SNAPSHOT, `${JSON.stringify(measured, null, 2)}\n`);
  for (const [action, ceiling] of Object.entries(CEILINGS)) assert.ok((measured[action] ?? Number.POSITIVE_INFINITY) <= ceiling, `${action}: expected at most ${ceiling}, got ${measured[action] ?? 'nothing'}`);
  assert.deepEqual(measured, JSON.parse(readFileSync(SNAPSHOT, 'utf8')));
});
