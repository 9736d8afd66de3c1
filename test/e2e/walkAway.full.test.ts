// Walk-away, whole: people hold ETH, tokens of every kind and shares of a pool on a real devnet. Then every process that ran it is killed and
// every file but L1's is gone. From L1 alone strangers with the command line force, enter Enforced, prove (through a lane whose key the
// test holds: proving plumbing, not soundness), are paid; then skip, freeze, and take out everything that is left. Each balance is compared
// with what was owed, and at the end the Vault holds exactly what nobody can claim.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Contract, NonceManager, Wallet, ZeroAddress, parseEther } from 'ethers';
import { runDeploy } from '../contracts/deployed.ts';
import { startAnvil } from '../node/l1/harness/anvil.ts';
import type { Anvil } from '../node/l1/harness/anvil.ts';
import { TestDevnet } from './devnet.ts';
import { Devnet } from './scenarios/bridge.ts';
import { Stranger, keyAt } from './walkAway/stranger.ts';
import { MULTI_ID, NFT_ID, PEOPLE, UNDECLARED_WEI, WITHDRAWN_NFT_ID, WITHDRAWN_WEI, commitUnanswered, destroy, settle } from './walkAway/town.ts';
import type { Town } from './walkAway/town.ts';

const SCALE = 600;
const DAY = 86_400 / SCALE;
const RELAYER = 11;
const [OPERATOR, COLD_KEY] = [21, 22];
const prover = join(import.meta.dirname, 'walkAway', 'keyedProver.ts');
const TOKEN_ABI = ['function balanceOf(address) view returns (uint256)', 'function ownerOf(uint256) view returns (address)', 'function balanceOf(address,uint256) view returns (uint256)', 'function approve(address,uint256) returns (bool)'];

async function restartL1(remains: { state: string; genesisTime: string }): Promise<Anvil> {
  const anvil = await startAnvil(['--accounts', '40', '--balance', '100000', '--gas-limit', '60000000', '--slots-in-an-epoch', '1', '--timestamp', remains.genesisTime, '--load-state', remains.state]);
  // It dates blocks by its own start otherwise, which may be before the last one's time.
  const { timestamp } = (await anvil.rpc('eth_getBlockByNumber', 'latest', false)) as { timestamp: string };
  await anvil.rpc('anvil_setTime', Number(timestamp) + 1);
  await anvil.rpc('evm_setAutomine', true);
  for (let block = 0; block < 3; block += 1) await anvil.rpc('evm_mine');
  return anvil;
}

/** What an account gained on L1 through an act, the gas it paid for it left out. */
async function gained(stranger: Stranger, address: string, act: () => Promise<Record<string, unknown>>): Promise<{ wei: bigint; answer: Record<string, unknown> }> {
  const before = await stranger.l1.getBalance(address);
  const from = await stranger.l1.getBlockNumber();
  const answer = await act();
  let gas = 0n;
  for (let number = from + 1; number <= (await stranger.l1.getBlockNumber()); number += 1) {
    for (const hash of (await stranger.l1.getBlock(number))?.transactions ?? []) {
      const receipt = await stranger.l1.getTransactionReceipt(hash);
      if (receipt?.from === address) gas += receipt.gasUsed * receipt.gasPrice;
    }
  }
  return { wei: (await stranger.l1.getBalance(address)) - before + gas, answer };
}

/** ETH for an account of its own on L2, through the Inbox. */
async function deposit(stranger: Stranger, account: number, ether: string): Promise<void> {
  const inbox = (await stranger.named(stranger.rollupContract(), 'INBOX', 'Inbox')).connect(new NonceManager(keyAt(account).connect(stranger.l1)));
  const amount = parseEther(ether);
  const sent = (await inbox.getFunction('sendCall')(keyAt(account).address, amount, 0n, 100_000, 20_000, '0x', { value: amount + parseEther('0.1') })) as { wait(): Promise<{ status: number } | null> };
  assert.equal((await sent.wait())?.status, 1);
}

async function depositCoins(stranger: Stranger, town: Town, account: number, amount: bigint): Promise<void> {
  const signer = new NonceManager(keyAt(account).connect(stranger.l1));
  const vault = (await stranger.named(await stranger.named(stranger.rollupContract(), 'INBOX', 'Inbox'), 'VAULT', 'Vault')).connect(signer);
  const sent = (await vault.getFunction('depositERC20')(town.coin, keyAt(account).address, amount, { value: parseEther('0.2') })) as { wait(): Promise<{ status: number } | null> };
  assert.equal((await sent.wait())?.status, 1);
}

test('everything leaves a chain of which only L1 is left', { timeout: 3_600_000 }, async (t) => {
  const home = new TestDevnet(t);
  const running = await home.start('--time-scale', String(SCALE), '--no-watchtower');
  const devnet = new Devnet(running.manifest);
  const away = mkdtempSync(join(tmpdir(), 'keyfall-walk-'));
  t.after(() => { rmSync(away, { recursive: true, force: true }); });
  const builder = new Stranger(running.manifest.l1.rpc, running.manifest.contracts['Rollup'] ?? '', away);
  const town = await settle(devnet);
  // From here on attesters alone make nothing final: this profile lets them only while there is no zk lane.
  await builder.placeLane();
  await commitUnanswered(devnet, running);
  devnet.close();
  builder.close();
  const remains = await destroy(home, running, join(away, 'l1'));
  const anvil = await restartL1(remains);
  t.after(async () => anvil.stop());
  const stranger = new Stranger(anvil.url, town.rollup, join(away, 'home'), builder);
  t.after(() => { stranger.close(); });
  await walk(t, stranger, town);
});

async function walk(t: TestContext, stranger: Stranger, town: Town): Promise<void> {
  const addressOf = (who: keyof typeof PEOPLE): string => keyAt(PEOPLE[who]).address;
  const etherOf = (who: keyof typeof PEOPLE): bigint => town.etherWei[PEOPLE[who]] ?? 0n;
  const coin = new Contract(town.coin, TOKEN_ABI, stranger.l1);
  const coinsOf = async (address: string): Promise<bigint> => stranger.read<bigint>(coin, 'balanceOf', address);

  await t.test('a batch that nobody answers for falls after V, not before', async () => {
    const early = await stranger.json(PEOPLE.erin, 1, 'lifecycle', 'drop', '--yes');
    assert.match(String(early['error']), /would revert: \w+\(/, 'the reason is decoded');
    await stranger.warp(2 * DAY + 2);
    await stranger.json(PEOPLE.erin, 0, 'lifecycle', 'drop', '--yes');
    const status = await stranger.json(PEOPLE.erin, 0, 'lifecycle', 'status');
    assert.equal(status['committed'], status['finalized']);
    assert.match(String((await stranger.json(PEOPLE.erin, 1, 'lifecycle', 'drop', '--yes'))['error']), /nothing can be dropped/);
  });

  await t.test('forced, Enforced, proven, final, paid', async () => {
    await stranger.json(PEOPLE.erin, 4, 'exit', 'force', '1.25', '--yes', '--timeout', '0');
    await stranger.warp(7 * DAY + 2);
    assert.equal((await stranger.json(PEOPLE.erin, 0, 'lifecycle', 'enter', '--yes'))['phase'], 'enforced');
    await stranger.json(PEOPLE.erin, 4, 'exit', 'force', '--resume', '--yes', '--timeout', '30', '--prover', prover);
    await stranger.warp(3 * DAY + 2);
    const { wei } = await gained(stranger, addressOf('erin'), async () => stranger.json(PEOPLE.erin, 0, 'exit', 'force', '--resume', '--yes', '--timeout', '120', '--prover', prover));
    assert.equal(wei, parseEther('1.25'));
  });

  await t.test('a withdrawal that was final before the end is claimed without its file', async () => {
    const { wei, answer } = await gained(stranger, addressOf('dave'), async () => stranger.json(RELAYER, 0, 'exit', 'claim', '--owner', addressOf('dave'), '--yes'));
    assert.deepEqual([wei, answer['claimed']], [WITHDRAWN_WEI, 1]);
    assert.match(String((await stranger.json(RELAYER, 1, 'exit', 'claim', '--owner', addressOf('dave'), '--yes'))['error']), /no withdrawal that is final and not claimed/);
  });

  await t.test('the queue goes on without an operator until the resolver is old enough', async () => {
    await stranger.warp(7 * DAY);
    await deposit(stranger, PEOPLE.frank, '5');
    await stranger.warp(3_600 / SCALE + 1);
    await stranger.json(RELAYER, 0, 'exit', 'prove', '--prover', prover, '--yes');
    await stranger.warp(3 * DAY + 2);
    assert.ok('finalized' in (await stranger.json(RELAYER, 0, 'exit', 'prove', '--yes')), 'without a prover what is proven is made final');
  });

  await t.test('a message that nobody proves is skipped, and its deposit comes back at once', async () => {
    await deposit(stranger, PEOPLE.frank, '0.7');
    const early = await stranger.json(PEOPLE.frank, 1, 'lifecycle', 'skip', '--yes');
    assert.match(String(early['error']), /no skip can be announced or taken now: .*, in /);
    await stranger.warp(7 * DAY + 2);
    assert.match(String((await stranger.json(PEOPLE.frank, 0, 'lifecycle', 'skip', '--yes'))['did']), /^announce/);
    await stranger.warp(DAY / 2 + 2);
    assert.match(String((await stranger.json(PEOPLE.frank, 0, 'lifecycle', 'skip', '--yes'))['did']), /^skip up to 1 messages/);
    const { wei, answer } = await gained(stranger, addressOf('frank'), async () => stranger.json(RELAYER, 0, 'exit', 'escape', '--owner', addressOf('frank'), '--yes'));
    assert.deepEqual([wei, answer['refunds'], answer['holdings']], [parseEther('0.7'), 1, []], 'refunded before any freeze, and nothing else');
    assert.match(String((await stranger.json(PEOPLE.rich, 1, 'exit', 'escape', '--yes'))['error']), /is in enforced, not frozen/);
  });

  await t.test('frozen after 30 days; the way back is closed', async () => {
    await depositCoins(stranger, town, PEOPLE.rich, parseEther('3'));
    await deposit(stranger, PEOPLE.frank, '0.5');
    await stranger.warp(30 * DAY + 2);
    assert.equal((await stranger.json(PEOPLE.erin, 0, 'lifecycle', 'freeze', '--yes'))['phase'], 'frozen');
    for (const act of ['enter', 'skip', 'return', 'freeze']) await stranger.json(PEOPLE.erin, 1, 'lifecycle', act, '--yes');
  });

  await t.test('ETH, ERC-20, ERC-721, ERC-1155 and a refund leave in one transaction, though a first run was killed', async () => {
    const killed = stranger.spawn(PEOPLE.rich, 'exit', 'escape', '--yes');
    await sleep(1_500);
    killed.kill('SIGKILL');
    const coins = await coinsOf(addressOf('rich'));
    const { wei, answer } = await gained(stranger, addressOf('rich'), async () => stranger.json(PEOPLE.rich, 0, 'exit', 'escape', '--yes'));
    assert.deepEqual([wei, (answer['l1Hashes'] as unknown[]).length, (answer['holdings'] as unknown[]).length, answer['refunds']], [etherOf('rich'), 1, 4, 1]);
    assert.equal((await coinsOf(addressOf('rich'))) - coins, parseEther('103'), 'a hundred that L2 held, three that it never executed');
    assert.equal(await stranger.read<string>(new Contract(town.nft, TOKEN_ABI, stranger.l1), 'ownerOf', NFT_ID), addressOf('rich'));
    assert.equal(await stranger.read<bigint>(new Contract(town.multi, ['function balanceOf(address,uint256) view returns (uint256)'], stranger.l1), 'balanceOf', addressOf('rich'), MULTI_ID), 1_000n);
    assert.match((await stranger.keyfall(PEOPLE.rich, 'exit', 'escape', '--yes')).stdout, /nothing is left to claim/);
    const rebuilt = join(stranger.home, 'rebuilt');
    assert.ok(existsSync(rebuilt) && readdirSync(rebuilt).every((name) => !name.startsWith('own-')), 'what the killed run had was gone on with or swept');
  });

  await t.test('holders of a pool with a declared resolver redeem their parts, each once', async () => {
    const plan = (await stranger.json(PEOPLE.bob, 0, 'exit', 'plan')) as { positions: { kind: string; token: string; mark: string; costGas: string | null }[] };
    assert.deepEqual(plan.positions.map(({ kind, mark }) => [kind, mark]), [['eth', 'frozen exit'], ['erc20', 'frozen exit'], ['native', 'stranded']], 'L1 has nothing for the share itself');
    assert.equal(plan.positions[2]?.token, town.pool.toLowerCase());
    assert.ok(Number(plan.positions[1]?.costGas) > 100_000, 'estimated or measured');
    assert.match(String((await stranger.json(PEOPLE.bob, 1, 'exit', 'escape', '--owner', town.pool, '--yes'))['error']), /keyfall exit pool/);
    const [bobs, carols] = [await coinsOf(addressOf('bob')), await coinsOf(addressOf('carol'))];
    const bob = await gained(stranger, addressOf('bob'), async () => stranger.json(PEOPLE.bob, 0, 'exit', 'pool', town.pool, '--yes'));
    const carol = await gained(stranger, addressOf('carol'), async () => stranger.json(RELAYER, 0, 'exit', 'pool', town.pool, '--owner', addressOf('carol'), '--yes'));
    assert.deepEqual([bob.wei, carol.wei], [parseEther('30'), parseEther('10')]);
    assert.deepEqual([(await coinsOf(addressOf('bob'))) - bobs, (await coinsOf(addressOf('carol'))) - carols], [parseEther('15'), parseEther('5')]);
    assert.equal((await stranger.json(PEOPLE.bob, 0, 'exit', 'pool', town.pool, '--yes'))['done'], true);
    assert.match(String((await stranger.json(PEOPLE.erin, 1, 'exit', 'pool', town.pool, '--yes'))['error']), /holds nothing of the pool's token/);
    assert.match(String((await stranger.json(PEOPLE.carol, 1, 'exit', 'pool', town.undeclared, '--yes'))['error']), /declared neither a recipient nor a resolver/);
  });

  await t.test('a signature has everything paid elsewhere; only its maker can make it', async () => {
    const elsewhere = Wallet.createRandom().address;
    const kit = join(stranger.home, 'carol.json');
    assert.match(String((await stranger.json(RELAYER, 2, 'exit', 'escape', '--owner', addressOf('carol'), '--to', elsewhere, '--out', kit))['error']), /only 0x\w+, whose it is/);
    await stranger.json(PEOPLE.carol, 0, 'exit', 'escape', '--to', elsewhere, '--out', kit);
    const sent = await stranger.json(RELAYER, 0, 'exit', 'escape', '--from-file', kit, '--yes');
    assert.deepEqual([sent['to'], await stranger.l1.getBalance(elsewhere)], [elsewhere.toLowerCase(), etherOf('carol')]);
  });

  await t.test('the exits of many accounts go in one transaction, and one that fails holds up no other', async () => {
    const accounts = [0, PEOPLE.bob, PEOPLE.dave, PEOPLE.erin, 7, 8, 9];
    const files: string[] = [];
    for (const account of accounts) {
      files.push(join(stranger.home, `${account}.json`));
      // Made without any key, for anyone to send.
      await stranger.json(account, 0, 'exit', 'escape', ...(account === PEOPLE.dave ? [] : ['--owner', keyAt(account).address]), '--out', files.at(-1) ?? '');
    }
    const before = await Promise.all(accounts.map(async (account) => stranger.l1.getBalance(keyAt(account).address)));
    const coins = [await coinsOf(addressOf('bob')), await coinsOf(addressOf('dave'))];
    const refusing = keyAt(9).address;
    await stranger.rpc('anvil_setCode', refusing, '0x5f5ffd');
    const partly = await stranger.json(RELAYER, 1, 'exit', 'escape', '--from-file', ...files, '--yes');
    assert.deepEqual([(partly['l1Hashes'] as unknown[]).length, (partly['unpaid'] as unknown[]).length], [1, 1]);
    assert.match(String(partly['error']), /PaymentFailed\(/, 'the reason is decoded');
    await stranger.rpc('anvil_setCode', refusing, '0x');
    await stranger.json(RELAYER, 0, 'exit', 'escape', '--from-file', ...files, '--yes');
    const paid = await Promise.all(accounts.map(async (account, position) => (await stranger.l1.getBalance(keyAt(account).address)) - (before[position] ?? 0n)));
    const owed = accounts.map((account) => (town.etherWei[account] ?? 0n) - (account === PEOPLE.erin ? parseEther('1.25') : 0n));
    assert.deepEqual(paid, owed);
    assert.deepEqual([(await coinsOf(addressOf('bob'))) - (coins[0] ?? 0n), (await coinsOf(addressOf('dave'))) - (coins[1] ?? 0n)], [parseEther('20'), parseEther('25')]);
  });

  await t.test('a deposit that never settled and an NFT under way come out beside what was held', async () => {
    const { wei, answer } = await gained(stranger, addressOf('frank'), async () => stranger.json(PEOPLE.frank, 0, 'exit', 'escape', '--yes'));
    assert.equal(wei, etherOf('frank') + parseEther('5') + parseEther('0.5'));
    assert.deepEqual([answer['refunds'], answer['withdrawals']], [1, 1]);
    assert.equal(await stranger.read<string>(new Contract(town.nft, TOKEN_ABI, stranger.l1), 'ownerOf', WITHDRAWN_NFT_ID), addressOf('frank'));
  });

  await t.test('what is left in the Vault is exactly what nobody can claim', async () => {
    const inbox = await stranger.named(stranger.rollupContract(), 'INBOX', 'Inbox');
    const vault = await stranger.named(inbox, 'VAULT', 'Vault');
    const escrow = async (kind: number, token: string, id: bigint): Promise<bigint> => stranger.read<bigint>(vault, 'recordedEscrow', [kind, token, id]);
    const amountOf = async (owner: string): Promise<bigint> => {
      const { positions } = (await stranger.json(RELAYER, 0, 'exit', 'plan', '--owner', owner)) as { positions: { kind: string; amount: string; mark: string }[] };
      assert.deepEqual(positions.map(({ kind, mark }) => [kind, mark]), [['eth', 'stranded']], owner);
      return BigInt(positions[0]?.amount ?? '0');
    };
    assert.equal(await amountOf(town.undeclared), UNDECLARED_WEI);
    assert.equal(await escrow(0, ZeroAddress, 0n), UNDECLARED_WEI + (await amountOf(town.feeVault)));
    assert.deepEqual([await escrow(1, town.coin, 0n), await escrow(2, town.nft, NFT_ID), await escrow(2, town.nft, WITHDRAWN_NFT_ID), await escrow(3, town.multi, MULTI_ID)], [0n, 0n, 0n, 0n]);
  });
}

test('the seated operator, and nobody else, begins the way back to Operating', { timeout: 600_000 }, async (t) => {
  const anvil = await startAnvil(['--accounts', '40', '--gas-limit', '60000000']);
  t.after(async () => anvil.stop());
  await anvil.rpc('evm_setAutomine', true);
  const home = mkdtempSync(join(tmpdir(), 'keyfall-return-'));
  t.after(() => { rmSync(home, { recursive: true, force: true }); });
  const deployment = await runDeploy(anvil.url, ['--time-scale', String(SCALE)]);
  const stranger = new Stranger(anvil.url, deployment.contracts['Rollup'] ?? '', home);
  t.after(() => { stranger.close(); });
  await stranger.placeLane();
  await deposit(stranger, PEOPLE.erin, '1');
  await stranger.warp(7 * DAY + 2);
  await stranger.json(PEOPLE.erin, 0, 'lifecycle', 'enter', '--yes');
  assert.match(String((await stranger.json(PEOPLE.erin, 1, 'lifecycle', 'return', '--yes'))['error']), /seated operator/);
  assert.match(String((await stranger.json(COLD_KEY, 0, 'lifecycle', 'return', '--yes'))['did']), /^request the return/);
  await stranger.warp(DAY + 2);
  assert.match(String((await stranger.json(OPERATOR, 1, 'lifecycle', 'return', '--yes'))['error']), /ReturnUnsettled\(/, 'the queue first');
  await stranger.json(PEOPLE.erin, 0, 'exit', 'prove', '--prover', prover, '--yes');
  await stranger.warp(3 * DAY + 2);
  await stranger.json(PEOPLE.erin, 0, 'exit', 'prove', '--yes');
  assert.match(String((await stranger.json(PEOPLE.erin, 1, 'lifecycle', 'return', '--yes'))['error']), /ReturnUnsettled\(/, 'settled for a day first');
  await stranger.warp(DAY + 2);
  assert.equal((await stranger.json(PEOPLE.erin, 0, 'lifecycle', 'return', '--yes'))['phase'], 'operating');
});
