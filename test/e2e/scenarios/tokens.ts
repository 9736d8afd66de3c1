/**
 * ETH and tokens, kind and unkind, over the bridge and back.
 *
 * Owns the expectations: what L2 is credited, what L1 pays, and that recorded escrow = deposited - paid - refunded throughout.
 */
import assert from 'node:assert/strict';
import { Contract, Interface, ZeroAddress, parseEther, type EventLog } from 'ethers';
import { claimWithdrawal, eventually, read, transact, type Devnet, type Person } from './bridge.ts';
import { deployToken } from './compile.ts';

const KINDS = { erc20: 1, erc721: 2, erc1155: 3 } as const;
const TOKEN_ABI = new Interface([
  'function balanceOf(address) view returns (uint256)', 'function transfer(address,uint256) returns (bool)', 'function ownerOf(uint256) view returns (address)',
  'function transferFrom(address,address,uint256)', 'function safeTransferFrom(address,address,uint256,uint256,bytes)',
]);
const MULTI_ABI = new Interface(['function balanceOf(address,uint256) view returns (uint256)']);

interface AssetId {
  readonly kind: number;
  readonly token: string;
  readonly id: bigint;
}

/** Price of the bridge's message, with room for a base fee that rises before the transaction is mined. */
async function messageFee(devnet: Devnet): Promise<bigint> {
  return (await read<bigint>(devnet.contract('Inbox', devnet.l1), 'price', 5_000_000n)) * 2n;
}

/** The bridged token on L2 once it exists. */
async function bridgedToken(devnet: Devnet, kind: number, token: string): Promise<string> {
  const address = await read<string>(devnet.contract('L2Bridge', devnet.l2), 'tokenOf', kind, token);
  await eventually(`the bridged token of ${token}`, async () => (await devnet.l2.getCode(address)) !== '0x');
  return address;
}

async function checkBooks(devnet: Devnet, asset: AssetId, blockTag: number | 'latest' = 'latest'): Promise<{ deposited: bigint; paid: bigint; escrow: bigint }> {
  const vault = devnet.contract('Vault', devnet.l1);
  const fields = [asset.kind, asset.token, asset.id];
  const [deposited, paid, refunded] = await read<[bigint, bigint, bigint]>(vault, 'ledger', fields, { blockTag });
  const escrow = await read<bigint>(vault, 'recordedEscrow', fields, { blockTag });
  assert.equal(escrow, deposited - paid - refunded, 'recorded escrow = deposited - paid - refunded');
  const held = await read<bigint>(vault, 'heldEscrow', fields, { blockTag });
  assert.ok(held >= escrow, `the Vault holds what it records: expected at least ${escrow}, got ${held}`);
  return { deposited, paid, escrow };
}

/** An ERC-20 goes over, moves on L2, comes back; `received` is what the Vault is expected to count of `amount`. */
async function roundTripErc20(devnet: Devnet, owner: Person, other: Person, name: string, amount: bigint, received: bigint): Promise<void> {
  const token = await deployToken(owner.l1, name);
  const tokenAddress = await token.getAddress();
  const vault = devnet.contract('Vault', owner.l1);
  await transact(token, 'approve', await vault.getAddress(), amount);
  await transact(vault, 'depositERC20', tokenAddress, owner.address, amount, { value: await messageFee(devnet) });
  const asset = { kind: KINDS.erc20, token: tokenAddress, id: 0n };
  assert.equal((await checkBooks(devnet, asset)).escrow, received, `${name}: escrow counts what arrived`);
  const bridgedAddress = await bridgedToken(devnet, KINDS.erc20, tokenAddress);
  const bridged = new Contract(bridgedAddress, TOKEN_ABI, owner.l2);
  await eventually(`${name} on L2`, async () => (await read<bigint>(bridged, 'balanceOf', owner.address)) === received);
  await transact(bridged, 'transfer', other.address, received / 2n);
  assert.equal(await read<bigint>(bridged, 'balanceOf', other.address), received / 2n);

  const recipient = devnet.person(9).address;
  const sent = await transact(devnet.contract('L2Bridge', other.l2), 'withdraw', KINDS.erc20, tokenAddress, 0n, received / 2n, recipient);
  const before = await read<bigint>(token, 'balanceOf', recipient);
  await claimWithdrawal(devnet, owner, sent);
  const paid = (await read<bigint>(token, 'balanceOf', recipient)) - before;
  const expected = name === 'FeeToken' ? received / 2n - received / 2n / 100n : received / 2n;
  assert.equal(paid, expected, `${name}: the recipient was paid what the token lets through`);
  assert.equal((await checkBooks(devnet, asset)).escrow, received - received / 2n);
}

/** Runs every token scenario, side by side: what takes time is waiting for finality. */
export async function runTokens(devnet: Devnet): Promise<void> {
  const person = (index: number): Person => devnet.person(index);
  await checkedEveryBlock(devnet, [
    roundTripErc20(devnet, person(1), person(2), 'PlainToken', parseEther('10'), parseEther('10')),
    roundTripErc20(devnet, person(1), person(5), 'FeeToken', parseEther('10'), parseEther('9.9')),
    roundTripErc20(devnet, person(2), person(5), 'SilentToken', 1_000_000n, 1_000_000n),
    refuseBadTokens(devnet, person(6)),
    roundTripNft(devnet, person(6), person(7)),
    roundTripMulti(devnet, person(7), person(6)),
    roundTripEth(devnet, person(5), person(8)),
  ]);
}

/** Waits for all scenarios while the books of every asset that was ever deposited are checked at each L1 block. */
async function checkedEveryBlock(devnet: Devnet, scenarios: readonly Promise<void>[]): Promise<void> {
  const vault = devnet.contract('Vault', devnet.l1);
  const assets = new Map<string, AssetId>([['eth', { kind: 0, token: ZeroAddress, id: 0n }]]);
  let checked = 0;
  let failure: unknown;
  const onBlock = async (newest: number): Promise<void> => {
    // One block behind: anvil answers for its newest block from the state it is changing, so two reads of it may disagree.
    const number = newest - 1;
    for (const log of await vault.queryFilter('Deposited', number, number)) {
      const [kind, token, id] = (log as EventLog).args['asset'] as [bigint, string, bigint];
      assets.set(`${kind} ${token} ${id}`, { kind: Number(kind), token, id });
    }
    for (const asset of assets.values()) await checkBooks(devnet, asset, number);
    checked += 1;
  };
  await devnet.l1.on('block', (number: number) => {
    onBlock(number).catch((error: unknown) => {
      failure ??= error;
    });
  });
  await Promise.all(scenarios);
  await devnet.l1.removeAllListeners('block');
  assert.equal(failure, undefined, `books checked at every L1 block: ${String(failure)}`);
  assert.ok(checked >= 5 && assets.size >= 6, `${checked} blocks and ${assets.size} assets were checked`);
}

async function refuseBadTokens(devnet: Devnet, owner: Person): Promise<void> {
  const vault = devnet.contract('Vault', owner.l1);
  const vaultAddress = await vault.getAddress();
  const fee = await messageFee(devnet);
  const liar = await (await deployToken(owner.l1, 'LyingToken')).getAddress();
  await assert.rejects(vault.getFunction('depositERC20').staticCall(liar, owner.address, 5n, { value: fee }), 'a token that says false is not credited');
  await assert.rejects(vault.getFunction('depositERC20').staticCall(owner.address, owner.address, 5n, { value: fee }), /TokenWithoutCode/, 'a token without code is refused by name');
  const reentrant = await deployToken(owner.l1, 'ReentrantToken');
  const reentrantAddress = await reentrant.getAddress();
  await transact(reentrant, 'approve', vaultAddress, 100n);
  await transact(reentrant, 'arm', vaultAddress, vault.interface.encodeFunctionData('depositERC20', [reentrantAddress, owner.address, 5n]));
  await assert.rejects(vault.getFunction('depositERC20').staticCall(reentrantAddress, owner.address, 5n, { value: fee }), 'a deposit inside a deposit is refused');
  assert.deepEqual(await checkBooks(devnet, { kind: KINDS.erc20, token: reentrantAddress, id: 0n }), { deposited: 0n, paid: 0n, escrow: 0n });
}

async function roundTripNft(devnet: Devnet, owner: Person, other: Person): Promise<void> {
  const nft = await deployToken(owner.l1, 'PlainNft');
  const address = await nft.getAddress();
  const vault = devnet.contract('Vault', owner.l1);
  await transact(nft, 'approve', await vault.getAddress(), 3n);
  await transact(vault, 'depositERC721', address, owner.address, 3n, { value: await messageFee(devnet) });
  const bridged = new Contract(await bridgedToken(devnet, KINDS.erc721, address), TOKEN_ABI, owner.l2);
  await eventually('the NFT on L2', async () => (await read<string>(bridged, 'ownerOf', 3n).catch(() => '')) === owner.address);
  await transact(bridged, 'transferFrom', owner.address, other.address, 3n);
  const sent = await transact(devnet.contract('L2Bridge', other.l2), 'withdraw', KINDS.erc721, address, 3n, 1n, other.address);
  await claimWithdrawal(devnet, owner, sent);
  assert.equal(await read<string>(nft, 'ownerOf', 3n), other.address, 'the NFT came back to its new owner');
  assert.equal((await checkBooks(devnet, { kind: KINDS.erc721, token: address, id: 3n })).escrow, 0n);
}

async function roundTripMulti(devnet: Devnet, owner: Person, other: Person): Promise<void> {
  const multi = await deployToken(owner.l1, 'PlainMulti');
  const address = await multi.getAddress();
  const vault = devnet.contract('Vault', owner.l1);
  await transact(multi, 'setApprovalForAll', await vault.getAddress(), true);
  await transact(vault, 'depositERC1155', address, other.address, 7n, 300n, { value: await messageFee(devnet) });
  const bridged = new Contract(await bridgedToken(devnet, KINDS.erc1155, address), MULTI_ABI, owner.l2);
  await eventually('the ERC-1155 on L2', async () => (await read<bigint>(bridged, 'balanceOf', other.address, 7n)) === 300n);
  const sent = await transact(devnet.contract('L2Bridge', other.l2), 'withdraw', KINDS.erc1155, address, 7n, 100n, owner.address);
  const before = await read<bigint>(multi, 'balanceOf', owner.address, 7n);
  await claimWithdrawal(devnet, owner, sent);
  assert.equal(await read<bigint>(multi, 'balanceOf', owner.address, 7n), before + 100n);
  assert.equal((await checkBooks(devnet, { kind: KINDS.erc1155, token: address, id: 7n })).escrow, 200n);
}

async function roundTripEth(devnet: Devnet, owner: Person, holder: Person): Promise<void> {
  const receiver = holder.address;
  const inbox = devnet.contract('Inbox', owner.l1);
  const amount = parseEther('1.5');
  const before = await devnet.l2.getBalance(receiver);
  await transact(inbox, 'sendCall', receiver, amount, amount, 50_000n, 0n, '0x', { value: amount + (await messageFee(devnet)) });
  await eventually('the ETH on L2', async () => (await devnet.l2.getBalance(receiver)) === before + amount);
  const recipient = '0x00000000000000000000000000000000c0ffee01';
  const sent = await transact(devnet.contract('MessagePasser', holder.l2), 'withdrawEth', recipient, { value: parseEther('1') });
  const held = await devnet.l1.getBalance(recipient);
  await claimWithdrawal(devnet, owner, sent);
  assert.equal(await devnet.l1.getBalance(recipient), held + parseEther('1'));
  const vault = devnet.contract('Vault', devnet.l1);
  const isTwice = (error: { data?: string }): boolean => vault.interface.parseError(error.data ?? '0x')?.name === 'AlreadyWithdrawn';
  await assert.rejects(claimWithdrawal(devnet, owner, sent), isTwice, 'a withdrawal is paid once');
}
