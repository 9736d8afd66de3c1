// Auto-exit against a real Inbox. The governor schedules code that accepts anything; the watchtower, killed between every two steps, with a reorganisation that
// drops its transaction, fees that rise above it and a nonce that another takes, forces the withdrawals that their owner signed: each is executed on L2
// once and paid to the owner, nothing goes to anyone else, nothing on one operator's lie, nothing in a dry run, nothing above the limit. Then the same
// where nobody runs the chain: the message is executed in Enforced by strangers.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { NonceManager, parseEther } from 'ethers';
import { keccak256, type Hex } from 'viem';
import { startAnvil } from '../node/l1/harness/anvil.ts';
import { runDeploy } from '../contracts/deployed.ts';
import { ExitWorld, forcedBy } from './autoExit.ts';
import { TestDevnet } from './devnet.ts';
import { claimWithdrawal, Devnet, eventually } from './scenarios/bridge.ts';
import { Stranger, keyAt } from './walkAway/stranger.ts';

const LIMIT_WEI = parseEther('0.3');
const GWEI = 1_000_000_000n;
const SCHEDULED = 1;

/** Everything that goes wrong, each once, at the moment that its name says. What it saw of sent transactions is `seen`. */
class Ordeal {
  readonly seen: Hex[] = [];
  readonly happened: string[] = [];
  readonly #world: ExitWorld;
  readonly #blocked = new Set<Hex>();

  constructor(world: ExitWorld) {
    this.#world = world;
    for (const proxy of world.proxies) proxy.gate = async (method, params) => this.#gate(method, params);
  }

  /** The block of the first proof since the last start. */
  #decidedAt: bigint | undefined;

  async #once(name: string, act: () => Promise<'pass' | 'cut'>): Promise<'pass' | 'cut' | undefined> {
    if (this.happened.includes(name)) return undefined;
    this.happened.push(name);
    return act();
  }

  async #gate(method: string, params: readonly unknown[]): Promise<'pass' | 'cut'> {
    const kill = async (): Promise<'cut'> => {
      this.#decidedAt = undefined;
      await this.#world.watchtower.kill();
      return 'cut';
    };
    if (method === 'eth_getProof' && String(params[0]).toLowerCase() === this.#world.feeKey.address.toLowerCase()) {
      // What its key has is proven at the final block; the nonce that it signs at, later, at the newest.
      const block = BigInt(String(params[2]));
      const isSigning = this.#decidedAt !== undefined && block > this.#decidedAt;
      this.#decidedAt ??= block;
      return await this.#once(isSigning ? 'killed before it signed' : 'killed when it had decided', kill) ?? 'pass';
    }
    if (method !== 'eth_sendRawTransaction') return 'pass';
    const raw = params[0] as Hex;
    if (!this.seen.includes(raw)) this.seen.push(raw);
    if (this.#blocked.has(raw)) return 'cut';
    return await this.#onSent(raw, kill) ?? 'pass';
  }

  async #onSent(raw: Hex, kill: () => Promise<'cut'>): Promise<'pass' | 'cut' | undefined> {
    const { exit, nonce } = forcedBy(this.#world, raw);
    if (exit === 1) return this.#once('its nonce was taken by another', async () => this.#takeNonce(raw, nonce));
    const signed = this.seen.filter((one) => forcedBy(this.#world, one).exit === 0);
    if (raw === signed[0]) return await this.#once('killed when it was logged and not sent', kill) ?? await this.#once('killed when it was sent and not answered, and fees rose', async () => { await this.#raiseFees(raw); return kill(); });
    return this.#once('dropped by a reorganisation', async () => this.#reorganise(raw));
  }

  /** Puts it into the pool, where the next block's base fee is far above it. */
  async #raiseFees(raw: Hex): Promise<void> {
    await this.#world.rpc('evm_setIntervalMining', 0);
    await this.#world.rpc('eth_sendRawTransaction', raw);
    await this.#world.rpc('anvil_setNextBlockBaseFeePerGas', `0x${(60n * GWEI).toString(16)}`);
    await this.#world.rpc('evm_setIntervalMining', 1);
  }

  /** It is mined, and L1 takes the block back before it is final. */
  async #reorganise(raw: Hex): Promise<'cut'> {
    const { rpc } = { rpc: this.#world.rpc.bind(this.#world) };
    await rpc('eth_sendRawTransaction', raw);
    const mined = await eventually('the exit to be mined', async () => (await rpc<{ blockNumber: Hex } | null>('eth_getTransactionReceipt', keccak256(raw))) ?? undefined, 30);
    await rpc('evm_setIntervalMining', 0);
    const depth = Number(BigInt(await rpc<Hex>('eth_blockNumber')) - BigInt(mined.blockNumber)) + 1;
    await rpc('anvil_reorg', depth, []);
    await rpc('evm_setIntervalMining', 1);
    assert.equal(await rpc('eth_getTransactionReceipt', keccak256(raw)), null, 'it is gone from L1');
    return 'cut';
  }

  async #takeNonce(raw: Hex, nonce: number): Promise<'cut'> {
    this.#blocked.add(raw);
    const { feeKey } = this.#world;
    const other = await feeKey.signTransaction({ type: 'eip1559', chainId: 31_337, nonce, to: feeKey.address, gas: 21_000n, maxFeePerGas: 400n * GWEI, maxPriorityFeePerGas: 2n * GWEI });
    await this.#world.rpc('eth_sendRawTransaction', other);
    return 'cut';
  }
}

/** Starts it again whenever it was killed, until something is so. */
async function until(world: ExitWorld, what: string, seconds: number, condition: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + seconds * 1_000; !await condition();) {
    if (Date.now() > deadline) assert.fail(`${what}: not within ${seconds} s\n${JSON.stringify(world.told(/./))}\n${world.watchtower.errors.slice(-2_000)}`);
    if (!world.watchtower.isRunning) await world.watchtower.start();
    await sleep(250);
  }
}

test('a malicious upgrade drives the signed withdrawals out: once each, to their owner alone, through every death', { timeout: 900_000 }, async (t) => {
  const home = new TestDevnet(t);
  const { manifest } = await home.start('--no-watchtower', '--watchtower-port', '0');
  const devnet = new Devnet(manifest);
  t.after(() => { devnet.close(); });
  const ownerKey = manifest.accounts[6]?.privateKey as Hex;
  const amounts = [parseEther('1.5'), parseEther('0.25')];
  // Its money on L2 came by a call of its own, which used up a nonce.
  const firstNonce = await devnet.l2.getTransactionCount(manifest.accounts[6]?.address ?? '');
  const world = await ExitWorld.make(t, { l1Url: manifest.l1.rpc, l2ChainId: manifest.l2.chainId, contracts: manifest.contracts, deployBlock: manifest.deployBlock, ownerKey, amounts, firstNonce, maximumWei: LIMIT_WEI });
  const { watchtower, proxies, owner } = world;
  const isSending = (): boolean => proxies.some(({ asked }) => asked.includes('eth_sendRawTransaction'));
  let upgrade: Hex = '0x';

  await t.test('nobody said otherwise: it is a dry run, which says what it would do and sends nothing', async () => {
    world.isDryRun = undefined;
    await watchtower.start();
    upgrade = await world.scheduleMaliciousUpgrade();
    await until(world, 'the dry run to say what it would force', 240, async () => world.told(/would force \(dry run\)/).length === 2);
    assert.equal(isSending(), false);
    await watchtower.kill();
  });

  await t.test('on the word of one operator it announces nothing', async () => {
    world.isDryRun = false;
    watchtower.received.length = 0;
    proxies[1].mischief = (method, _params, result) => (method === 'eth_getBlockByNumber' && result !== null ? { ...result as object, stateRoot: `0x${'34'.repeat(32)}` } : result);
    await watchtower.start();
    await sleep(15_000);
    assert.match(watchtower.errors, /fewer than 2 operators agree|1 of 2 operators answer/);
    assert.deepEqual([world.told(/./), isSending()], [[], false]);
    await watchtower.kill();
    proxies[1].behave();
  });

  await t.test('killed between every two steps, with a reorganisation, a spike of fees and a nonce taken, both are in the Inbox and final, once', async () => {
    const ordeal = new Ordeal(world);
    await until(world, 'both exits to be final', 420, async () => (await world.inInbox('finalized')).length >= 2);
    // What is final and was not acknowledged: killed there too.
    await watchtower.kill();
    for (const proxy of proxies) proxy.behave();
    await until(world, 'both to be acknowledged', 120, async () => new Set(world.told(/the Inbox took the withdrawal/)).size === 2);
    assert.deepEqual(ordeal.happened.toSorted(), ['dropped by a reorganisation', 'its nonce was taken by another', 'killed before it signed', 'killed when it had decided', 'killed when it was logged and not sent', 'killed when it was sent and not answered, and fees rose']);
    assert.deepEqual(await world.inInbox(), [0, 1]);
    assert.deepEqual(ordeal.seen.map((raw) => forcedBy(world, raw).exit).toSorted((a, b) => a - b), [0, 0, 1, 1], 'signed again for the fees, and for the nonce');
    const [first, second] = [0, 1].map((exit) => ordeal.seen.filter((raw) => forcedBy(world, raw).exit === exit).map((raw) => forcedBy(world, raw).nonce));
    assert.deepEqual([first, second], [[0, 0], [1, 2]]);
    await watchtower.kill();
    const log = await watchtower.log();
    const forces = log.filter(({ kind, act }) => kind === 'auto-exit' && act === 'force');
    assert.deepEqual(forces.map(({ l1 }) => String(l1)).toSorted(), ordeal.seen.toSorted(), 'what was sent is in the log, and nothing else');
    assert.deepEqual([log.filter(({ act }) => act === 'taken').length, forces.every(({ owner: paid }) => String(paid).toLowerCase() === owner.toLowerCase())], [2, true]);
    const spent = parseEther('1') - await world.l1.getBalance({ address: world.feeKey.address });
    assert.ok(spent > 0n && spent < LIMIT_WEI, `spent ${spent}`);
  });

  await t.test('L2 executes both, and the money arrives at the owner before the upgrade can be carried out', async () => {
    const receipts = await Promise.all(world.exits.map(async (raw) => eventually('the withdrawal on L2', async () => (await devnet.l2.getTransactionReceipt(keccak256(raw))) ?? undefined, 120)));
    assert.deepEqual(receipts.map(({ status }) => status), [1, 1]);
    assert.equal(await devnet.l2.getTransactionCount(owner), firstNonce + 2);
    const before = await devnet.l1.getBalance(owner);
    for (const receipt of receipts) await claimWithdrawal(devnet, devnet.person(9), receipt);
    assert.equal(await devnet.l1.getBalance(owner) - before, amounts.reduce((a, b) => a + b));
    assert.equal(await world.stateOf(upgrade), SCHEDULED);
    assert.ok(world.told(/./).every((text) => !text.includes('needs a person')), 'nothing is left to ask');
  });
});

test('where nobody runs the chain the forced withdrawal is executed in Enforced by strangers and paid', { timeout: 900_000 }, async (t) => {
  const [scale, day, ownerNumber, relayer] = [600, 86_400 / 600, 12, 11];
  const anvil = await startAnvil(['--accounts', '40', '--gas-limit', '60000000', '--slots-in-an-epoch', '1']);
  const home = mkdtempSync(join(tmpdir(), 'keyfall-auto-exit-'));
  await anvil.rpc('evm_setAutomine', true);
  const deployment = await runDeploy(anvil.url, ['--time-scale', String(scale)]);
  const stranger = new Stranger(anvil.url, deployment.contracts['Rollup'] ?? '', home);
  t.after(async () => { stranger.close(); await anvil.stop(); rmSync(home, { recursive: true, force: true }); });
  await stranger.placeLane();
  const owner = keyAt(ownerNumber);
  const inbox = (await stranger.named(stranger.rollupContract(), 'INBOX', 'Inbox')).connect(new NonceManager(owner.connect(stranger.l1)));
  const sent = (await (inbox as never as typeof inbox).getFunction('sendCall')(owner.address, parseEther('3'), 0n, 100_000, 20_000, '0x', { value: parseEther('3.1') })) as { wait(): Promise<{ status: number } | null> };
  assert.equal((await sent.wait())?.status, 1);
  // The deposit is a call of the owner's and waits in the queue: it uses up nonce 0 before the exit's turn.
  const l2ChainId = Number(await stranger.read<bigint>(stranger.rollupContract(), 'l2ChainId'));
  const world = await ExitWorld.make(t, { l1Url: anvil.url, l2ChainId, contracts: deployment.contracts, deployBlock: deployment.deployBlock, ownerKey: owner.privateKey as Hex, amounts: [parseEther('2.5')], firstNonce: 1, maximumWei: LIMIT_WEI });
  const upgrade = await world.scheduleMaliciousUpgrade();
  await until(world, 'the exit to be final in the Inbox', 300, async () => {
    // Time and finality go on only when a block comes.
    await stranger.warp(1);
    return (await world.inInbox('finalized')).length > 0;
  });
  await until(world, 'the exit to be acknowledged', 120, async () => { await stranger.warp(1); return world.told(/the Inbox took the withdrawal/).length > 0; });
  await world.watchtower.kill();
  assert.deepEqual(await world.inInbox(), [0]);
  const prover = join(import.meta.dirname, 'walkAway', 'keyedProver.ts');
  await stranger.warp(7 * day + 2);
  assert.equal((await stranger.json(relayer, 0, 'lifecycle', 'enter', '--yes'))['phase'], 'enforced');
  await stranger.warp(3_600 / scale + 1);
  await stranger.json(relayer, 0, 'exit', 'prove', '--prover', prover, '--yes');
  await stranger.warp(3 * day + 2);
  assert.ok('finalized' in await stranger.json(relayer, 0, 'exit', 'prove', '--yes'));
  const before = await stranger.l1.getBalance(owner.address);
  assert.equal((await stranger.json(relayer, 0, 'exit', 'claim', '--owner', owner.address, '--yes'))['claimed'], 1);
  assert.equal(await stranger.l1.getBalance(owner.address) - before, parseEther('2.5'));
  assert.equal(await world.stateOf(upgrade), SCHEDULED, 'and the upgrade\'s time had not come');
  await world.watchtower.start();
  await sleep(10_000);
  assert.deepEqual(await world.inInbox(), [0], 'it forces nothing twice');
});
