// Frozen exits of a chain whose state the node's own execution made from real L1 messages: every asset, every kind of owner, a pool with a
// declared resolver, withdrawals in flight and deposits that came too late. In the end every wei and token is accounted for.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Contract, ContractFactory, Interface, ZeroAddress, getAddress, getBytes, hexlify, toBeHex, type InterfaceAbi, type TransactionReceipt, type Wallet } from 'ethers';
import { FEE_VAULT, applyAlias, fromHex, sentSlot, toHex, withdrawalHash, type Hex, type Withdrawal } from '@keyfall/protocol';
import { readArtifact } from '../../contracts/scripts/artifacts.ts';
import { sign, wallets } from '../node/execute/chain-fixture.ts';
import { deployToken } from '../e2e/scenarios/compile.ts';
import { compileSupport, type Compiled } from './compile.ts';
import { DeployedSystem, abiOf } from './deployed.ts';
import { ETH, FrozenChain, PREDEPLOYS, addressSlot, l2, tupleOf, type AssetOf } from './frozenChain.ts';

const ETHER = 10n ** 18n;
const FEE = ETHER / 10n;
const [alice, bob, dana] = wallets as [Wallet, Wallet, Wallet];
const CAROL = '0x00000000000000000000000000000000000ca201';
let system: DeployedSystem;
let chain: FrozenChain;
let code: Readonly<Record<string, Compiled>>;
let runnerInterface: Interface;
let erc20: AssetOf;
let nft: AssetOf;
let multi: AssetOf;
let l1Wallet: Contract;
let resolver: Contract;
let pool: string;
let wallet: string;
let inFlight: Withdrawal;
const nonces = new Map<string, number>();

const vault = (): Contract => system.contract('Vault');

async function l2Call(from: Wallet, to: string | null, data: string, value = 0n, more: object = {}) {
  const nonce = nonces.get(from.address) ?? 0;
  nonces.set(from.address, nonce + 1);
  return await sign(from, { nonce, ...(to === null ? {} : { to }), data, value, gasLimit: 2_000_000n, ...more });
}

async function deposit(method: string, args: readonly unknown[], value = FEE): Promise<void> {
  chain.enqueued(await system.send(vault(), method, args, value));
}

async function depositEth(to: string, amount: bigint): Promise<void> {
  chain.enqueued(await system.send(system.contract('Inbox'), 'sendCall', [to, amount, amount, 100_000n, 0n, '0x'], amount + FEE));
}

async function relay(method: string, args: readonly unknown[], contract = chain.hatch): Promise<TransactionReceipt> {
  return await system.send(contract, method, args);
}

before(async () => {
  system = await DeployedSystem.start(['--time-scale', '1440']);
  chain = await FrozenChain.start(system);
  code = compileSupport('L2Contracts', 'ScriptedLifecycle');
  runnerInterface = new Interface(code['Runner']!.abi);
  await depositsOnL1();
  await lifeOnL2();
  // Too late to be executed.
  await deposit('depositERC20', [erc20.token, alice.address, 77n]);
  await depositEth(bob.address, ETHER);
  await chain.freeze();
});
after(() => system.stop());

async function deployOnL1(abi: InterfaceAbi, bytecode: string, ...args: unknown[]): Promise<Contract> {
  const deployed = await new ContractFactory(abi, bytecode, system.user).deploy(...args);
  await deployed.waitForDeployment();
  return new Contract(await deployed.getAddress(), abi, system.user);
}

async function depositsOnL1(): Promise<void> {
  const at = await vault().getAddress();
  const token = (await deployToken(system.user, 'PlainToken')) as unknown as Contract;
  const item = (await deployToken(system.user, 'PlainNft')) as unknown as Contract;
  const things = (await deployToken(system.user, 'PlainMulti')) as unknown as Contract;
  erc20 = { kind: 'erc20', token: (await token.getAddress()) as Hex, id: 0n };
  nft = { kind: 'erc721', token: (await item.getAddress()) as Hex, id: 3n };
  multi = { kind: 'erc1155', token: (await things.getAddress()) as Hex, id: 7n };
  await system.send(token, 'approve', [at, 10_000n]);
  await system.send(item, 'approve', [at, 3n]);
  await system.send(things, 'setApprovalForAll', [at, true]);
  for (const user of [alice, bob, dana]) await depositEth(user.address, 20n * ETHER);
  await deposit('depositERC20', [erc20.token, alice.address, 1_000n]);
  await deposit('depositERC721', [nft.token, bob.address, 3n]);
  await deposit('depositERC1155', [multi.token, alice.address, 7n, 30n]);
  // A contract on L1, whose alias is given 2 ETH on L2.
  l1Wallet = await deployOnL1(code['Runner']!.abi, code['Runner']!.bytecode);
  const inbox = system.contract('Inbox');
  const price = (await inbox.getFunction('price').staticCall(100_000n)) as bigint;
  const call = inbox.interface.encodeFunctionData('sendCall', [applyAlias((await l1Wallet.getAddress()) as Hex), 2n * ETHER, 2n * ETHER, 100_000n, 0n, '0x']);
  const paid = 2n * ETHER + price * 2n;
  chain.enqueued(await system.send(l1Wallet, 'run', [await inbox.getAddress(), paid, call], paid));
}

async function lifeOnL2(): Promise<void> {
  await chain.block();
  const token = await chain.tokenOf(erc20);
  const [poolCode, walletCode] = [code['SharePool']!.bytecode, code['Runner']!.bytecode];
  const made = await chain.block([await l2Call(alice, null, poolCode), await l2Call(alice, null, walletCode)]);
  [pool, wallet] = made.map((address) => toHex(address)) as [string, string];
  const enter = new Interface(code['SharePool']!.abi).encodeFunctionData('enter');
  resolver = await deployOnL1(abiOf('PoolResolver'), readArtifact('PoolResolver').bytecode, await chain.hatch.getAddress(), pool, pool, 0n, 2n);
  const resolverAddress = await resolver.getAddress();
  const runs = (target: string, data: string): string => runnerInterface.encodeFunctionData('run', [target, 0n, data]);
  const registry = PREDEPLOYS.EXIT_REGISTRY;
  await chain.block([
    await l2Call(alice, pool, enter, 4n * ETHER),
    await l2Call(bob, pool, enter, 2n * ETHER),
    await l2Call(alice, token, l2.erc20.encodeFunctionData('transfer', [pool, 301n])),
    await l2Call(alice, token, l2.erc20.encodeFunctionData('transfer', [wallet, 100n])),
    await l2Call(alice, wallet, '0x', ETHER),
    await l2Call(alice, wallet, runs(registry, l2.registry.encodeFunctionData('setRecipient', [CAROL]))),
    await l2Call(alice, pool, runs(registry, l2.registry.encodeFunctionData('setResolver', [resolverAddress]))),
  ]);
  // Dana's account runs as a wallet's code: still hers.
  const authorization = await dana.authorize({ address: wallet, nonce: 0, chainId: 531_337n });
  await chain.block([await l2Call(bob, dana.address, '0x', 0n, { type: 4, authorizationList: [authorization] })]);
  const nonce = 0n;
  const sent = l2.bridge.encodeFunctionData('withdraw', [1, erc20.token, 0n, 50n, alice.address]);
  await chain.block([
    await l2Call(alice, PREDEPLOYS.L2_BRIDGE, sent),
    await l2Call(bob, PREDEPLOYS.MESSAGE_PASSER, l2.passer.encodeFunctionData('withdrawEth', [bob.address]), ETHER / 2n),
  ], 2_000n);
  inFlight = { nonce, assetKind: 'erc20', token: erc20.token, id: 0n, amount: 50n, from: alice.address as Hex, recipient: alice.address as Hex };
}

const l1Token = (): Contract => new Contract(erc20.token, ['function balanceOf(address) view returns (uint256)'], system.provider);
const balanceOf = async (who: string): Promise<bigint> => (await l1Token().getFunction('balanceOf').staticCall(who)) as bigint;
const l2Balance = (who: string): bigint => chain.state().account(fromHex(who as Hex))?.balance ?? 0n;

test('P-202 P-212 ratios are fixed from the burned sums that L2 really has, and are in full', async () => {
  for (const asset of [ETH, erc20, multi]) {
    await chain.fix(asset);
    const [isFixed, available, claims] = (await chain.hatch.getFunction('ratioOf').staticCall(tupleOf(asset))) as [boolean, bigint, bigint];
    assert.ok(isFixed);
    assert.equal(available, claims, 'nothing was paid, nothing is lost');
  }
});

/** Every proof that differs from `proof` in one byte (each third of the last node, each 29th of those above) or one node. */
function changes(proof: readonly string[]): string[][] {
  return proof.flatMap((node, at) => {
    const bytes = getBytes(node);
    const every = at === proof.length - 1 ? 3 : 29;
    const places = Array.from({ length: bytes.length }, (_, i) => i).filter((i) => i % every === 0);
    return [...places.map((i) => proof.with(at, hexlify(bytes.with(i, bytes[i]! ^ (1 << (i % 8)))))), proof.toSpliced(at, 1), proof.toSpliced(at, 0, node), proof.with(at, `${node}00`)];
  });
}

test('P-200 P-209 no proof of an exit with one byte or node changed is taken: of the account, the token, the holding or the declaration', async (t) => {
  const owner = alice.address;
  const claimant = chain.claimant(owner, 'keyAccount');
  const declared = chain.claimant(wallet, 'recipient');
  const holding = await chain.holding(erc20, owner);
  const walletEth = [await chain.holding(ETH, wallet)];
  const isTaken = async (who: unknown, what: unknown[]): Promise<boolean> => {
    try {
      await chain.hatch.getFunction('exit').staticCall(who, what);
      return true;
    } catch {
      return false;
    }
  };
  assert.ok(await isTaken(claimant, [holding]) && await isTaken(declared, walletEth), 'the proofs themselves are taken');
  const tries: [unknown, unknown[]][] = [
    ...changes(claimant['accountProof'] as string[]).map((accountProof): [unknown, unknown[]] => [{ ...claimant, accountProof }, [holding]]),
    ...changes(holding['accountProof'] as string[]).map((accountProof): [unknown, unknown[]] => [claimant, [{ ...holding, accountProof }]]),
    ...changes(holding['storageProof'] as string[]).map((storageProof): [unknown, unknown[]] => [claimant, [{ ...holding, storageProof }]]),
    ...changes(declared['registryAccountProof'] as string[]).map((registryAccountProof): [unknown, unknown[]] => [{ ...declared, registryAccountProof }, walletEth]),
    ...changes(declared['registryProof'] as string[]).map((registryProof): [unknown, unknown[]] => [{ ...declared, registryProof }, walletEth]),
  ];
  let taken = 0;
  for (const [who, what] of tries) if (await isTaken(who, what)) taken += 1;
  assert.equal(taken, 0, `of ${tries.length} changed proofs`);
  t.diagnostic(`${tries.length} changed proofs refused`);
});

test('P-201 P-204 P-212 several assets of one account leave in one transaction of a stranger, by what the node proves', async () => {
  const before = await system.provider.getBalance(alice.address);
  const expected = l2Balance(alice.address);
  const holdings = await Promise.all([ETH, erc20, multi].map(async (asset) => await chain.holding(asset, alice.address)));
  await relay('exit', [chain.claimant(alice.address, 'keyAccount'), holdings]);
  assert.equal((await system.provider.getBalance(alice.address)) - before, expected);
  assert.equal(await balanceOf(alice.address), 549n);
});

test('P-204 P-205 P-208 in one multicall: a delegated account, an NFT by its key\'s signature to another address; a code account without a declaration fails alone', async () => {
  const bobs = chain.claimant(bob.address, 'key', { accountProof: [], to: CAROL, deadline: 4_000_000_000n });
  const digest = (await chain.hatch.getFunction('redirectDigest').staticCall(bob.address, CAROL, 4_000_000_000n)) as string;
  bobs['signature'] = bob.signingKey.sign(digest).serialized;
  const exit = (claimant: unknown, holdings: unknown[]): string => chain.hatch.interface.encodeFunctionData('exit', [claimant, holdings]);
  const danas = [await chain.holding(ETH, dana.address)];
  const calls = [
    exit(chain.claimant(dana.address, 'keyAccount'), danas),
    exit(chain.claimant(wallet, 'keyAccount'), [await chain.holding(ETH, wallet)]),
    exit(bobs, [await chain.holding(nft, bob.address)]),
    exit(chain.claimant(dana.address, 'keyAccount', { delegate: wallet }), danas),
  ];
  const before = await system.provider.getBalance(dana.address);
  const receipt = await relay('multicall', [calls, 1_500_000n]);
  const failed = receipt.logs.map((log) => chain.hatch.interface.parseLog(log)).filter((event) => event?.name === 'CallFailed').map((event) => event?.args['position'] as bigint);
  assert.deepEqual(failed, [0n, 1n], 'the delegate is to be named, a wallet to be declared');
  assert.equal((await system.provider.getBalance(dana.address)) - before, l2Balance(dana.address));
  assert.equal(await new Contract(nft.token, ['function ownerOf(uint256) view returns (address)'], system.provider).getFunction('ownerOf').staticCall(3n), getAddress(CAROL));
});

test('P-204 P-212 a wallet that named its recipient on L2 is paid there', async () => {
  const before = await system.provider.getBalance(CAROL);
  await relay('exit', [chain.claimant(wallet, 'recipient'), [await chain.holding(ETH, wallet), await chain.holding(erc20, wallet)]]);
  assert.equal((await system.provider.getBalance(CAROL)) - before, ETHER);
  assert.equal(await balanceOf(CAROL), 100n);
});

test('P-205 P-212 what an L1 contract holds through its alias leaves by its own call alone', async () => {
  const owner = applyAlias((await l1Wallet.getAddress()) as Hex);
  const holdings = [await chain.holding(ETH, owner)];
  await assert.rejects(chain.hatch.getFunction('exit').staticCall(chain.claimant(owner, 'keyAccount'), holdings), /OwnerIsAlias/);
  await assert.rejects(chain.hatch.getFunction('exit').staticCall(chain.claimant(owner, 'alias'), holdings), /NotUnaliased/);
  const before = await system.provider.getBalance(l1Wallet);
  await relay('run', [await chain.hatch.getAddress(), 0n, chain.hatch.interface.encodeFunctionData('exit', [chain.claimant(owner, 'alias'), holdings])], l1Wallet);
  assert.equal((await system.provider.getBalance(l1Wallet)) - before, l2Balance(owner));
});

test('P-206 P-210 P-212 a pool with a declared resolver is shared out to its holders, to the last unit but the rounding', async () => {
  await relay('collect', [chain.claimant(pool, 'resolver'), [await chain.holding(ETH, pool), await chain.holding(erc20, pool)]], resolver);
  assert.equal(await balanceOf(await resolver.getAddress()), 301n);
  await relay('proveSupply', [chain.accountProof(pool), chain.slotProof(pool, toBeHex(2n, 32))], resolver);
  for (const [holder, eth, tokens] of [[alice, 4n * ETHER, 200n], [bob, 2n * ETHER, 100n]] as const) {
    const [wei, units] = [await system.provider.getBalance(holder.address), await balanceOf(holder.address)];
    const args = [chain.claimant(holder.address, 'keyAccount'), [tupleOf(ETH), tupleOf(erc20)], chain.accountProof(pool), chain.slotProof(pool, addressSlot(holder.address, 0n))];
    await relay('redeem', args, resolver);
    assert.equal((await system.provider.getBalance(holder.address)) - wei, eth);
    assert.equal((await balanceOf(holder.address)) - units, tokens);
    await assert.rejects(resolver.getFunction('redeem').staticCall(...args), /NothingToRedeem/);
  }
  assert.equal(await balanceOf(await resolver.getAddress()), 1n);
});

test('P-201 P-212 the rest: a withdrawal in flight, deposits that came too late, and then every book is closed', async () => {
  const hash = withdrawalHash(inFlight);
  const proof = [chain.accountProof(PREDEPLOYS.MESSAGE_PASSER), chain.slotProof(PREDEPLOYS.MESSAGE_PASSER, sentSlot(hash))];
  const units = await balanceOf(alice.address);
  await relay('withdraw', [0n, [inFlight.nonce, 1, inFlight.token, 0n, inFlight.amount, inFlight.from, inFlight.recipient], ...proof], vault());
  assert.equal((await balanceOf(alice.address)) - units, 50n);
  const ether: Withdrawal = { nonce: 1n, assetKind: 'eth', token: ZeroAddress as Hex, id: 0n, amount: ETHER / 2n, from: bob.address as Hex, recipient: bob.address as Hex };
  await relay('withdraw', [0n, [1n, 0, ZeroAddress, 0n, ether.amount, ether.from, ether.recipient], proof[0], chain.slotProof(PREDEPLOYS.MESSAGE_PASSER, sentSlot(withdrawalHash(ether)))], vault());
  await relay('exit', [chain.claimant(bob.address, 'keyAccount'), [await chain.holding(ETH, bob.address)]]);
  const late = chain.messages.length;
  assert.equal(late - chain.executed, 2);
  await assert.rejects(chain.hatch.getFunction('refund').staticCall(chain.executed - 1, chain.messages[chain.executed - 1], ZeroAddress, 0n, '0x'), /NotRefundable/);
  for (let index = chain.executed; index < late; index += 1) await relay('refund', [index, chain.messages[index], ZeroAddress, 0n, '0x']);
  for (const asset of [erc20, nft, multi]) assert.equal(await vault().getFunction('recordedEscrow').staticCall(tupleOf(asset)), 0n, `${asset.kind} is all paid`);
  const user = await system.user.getAddress();
  const left = [PREDEPLOYS.L2_BRIDGE, FEE_VAULT, user].reduce((sum, who) => sum + l2Balance(who), 0n);
  assert.ok(left > 0n, 'the fee vault has earned something');
  assert.equal(await vault().getFunction('recordedEscrow').staticCall(tupleOf(ETH)), left, 'what is left is the fee vault\'s, which does not leave');
});
