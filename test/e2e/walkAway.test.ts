// Walk-away, short: an L1 with the contracts, and nobody who ever ran anything. A stranger with the command line enters Enforced, forces a
// withdrawal, proves the queue through a lane whose key the test holds (proving plumbing, not soundness), makes it final, is paid; then
// freezes the chain and takes out what is left, by a file, relayed by another account. The long version is walkAway.full.test.ts.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { NonceManager, parseEther } from 'ethers';
import { startAnvil } from '../node/l1/harness/anvil.ts';
import { runDeploy } from '../contracts/deployed.ts';
import { Stranger, keyAt } from './walkAway/stranger.ts';

const SCALE = 600;
const DAY = 86_400 / SCALE;
const [SENDER, OTHER] = [10, 11];
const prover = join(import.meta.dirname, 'walkAway', 'keyedProver.ts');

async function begin(): Promise<{ stranger: Stranger; end: () => Promise<void> }> {
  const anvil = await startAnvil(['--accounts', '30', '--gas-limit', '60000000']);
  await anvil.rpc('evm_setAutomine', true);
  const home = mkdtempSync(join(tmpdir(), 'keyfall-walk-'));
  const deployment = await runDeploy(anvil.url, ['--time-scale', String(SCALE)]);
  const stranger = new Stranger(anvil.url, deployment.contracts['Rollup'] ?? '', home);
  return { stranger, end: async () => { stranger.close(); await anvil.stop(); rmSync(home, { recursive: true, force: true }); } };
}

/** ETH for an account on L2, through the Inbox. */
async function deposit(stranger: Stranger, account: number, ether: string): Promise<void> {
  const inbox = (await stranger.named(stranger.rollupContract(), 'INBOX', 'Inbox')).connect(new NonceManager(keyAt(account).connect(stranger.l1)));
  const amount = parseEther(ether);
  const sent = (await inbox.getFunction('sendCall')(keyAt(account).address, amount, 0n, 100_000, 20_000, '0x', { value: amount + parseEther('0.1') })) as { wait(): Promise<{ status: number } | null> };
  assert.equal((await sent.wait())?.status, 1);
}

test('a stranger leaves a chain that nobody runs: enforced, proven, paid; frozen, escaped', { timeout: 600_000 }, async (t) => {
  const { stranger, end } = await begin();
  t.after(end);
  await stranger.placeLane();
  await deposit(stranger, SENDER, '3');
  await deposit(stranger, OTHER, '2');

  await t.test('before its time Enforced is refused, with when it opens', async () => {
    const status = await stranger.json(SENDER, 0, 'lifecycle', 'status');
    assert.equal(status['phase'], 'operating');
    const refused = await stranger.json(SENDER, 1, 'lifecycle', 'enter', '--yes');
    assert.match(String(refused['error']), /old enough: anyone may enter Enforced, in /);
    const early = await stranger.json(SENDER, 1, 'lifecycle', 'freeze', '--yes');
    assert.match(String(early['error']), /cannot be frozen now/);
  });

  await t.test('after E anyone enters; unsigned output comes first and sends nothing', async () => {
    await stranger.warp(7 * DAY + 2);
    const unsigned = await stranger.json(SENDER, 0, 'lifecycle', 'enter', '--unsigned');
    assert.equal((unsigned['batch'] as { transactions: unknown[] }).transactions.length, 1);
    assert.equal((await stranger.json(SENDER, 0, 'lifecycle', 'status'))['phase'], 'operating');
    assert.equal((await stranger.json(SENDER, 0, 'lifecycle', 'enter', '--yes'))['phase'], 'enforced');
  });

  await t.test('a forced withdrawal survives kill -9, is proven, becomes final and is paid once', async () => {
    const killed = stranger.spawn(SENDER, 'exit', 'force', '1.25', '--yes', '--timeout', '0');
    const exits = join(stranger.home, 'exits');
    while (!existsSync(exits) || !readdirSync(exits).some((name) => name.endsWith('.json'))) {
      assert.equal(killed.exitCode, null, 'it still runs');
      await sleep(20);
    }
    killed.kill('SIGKILL');
    const waiting = await stranger.json(SENDER, 4, 'exit', 'force', '--resume', '--yes', '--timeout', '0');
    assert.match(String(waiting['error']), /--resume goes on/);
    await stranger.warp(3_600 / SCALE + 1);
    await stranger.json(SENDER, 4, 'exit', 'force', '--resume', '--yes', '--timeout', '20', '--prover', prover);
    await stranger.warp(3 * DAY + 2);
    const before = await stranger.l1.getBalance(keyAt(SENDER).address);
    const paid = await stranger.json(SENDER, 0, 'exit', 'force', '--resume', '--yes', '--timeout', '60', '--prover', prover);
    assert.equal(paid['outcome'], 'paid');
    const gained = (await stranger.l1.getBalance(keyAt(SENDER).address)) - before;
    assert.ok(gained > parseEther('1.2') && gained < parseEther('1.25'), `paid 1.25 ETH less gas, got ${gained}`);
    assert.equal((await stranger.keyfall(SENDER, 'exit', 'force', '--resume', '--yes')).code, 2, 'nothing is left to resume');
  });

  await t.test('the plan says what is open and what the account has', async () => {
    const plan = await stranger.json(OTHER, 0, 'exit', 'plan');
    assert.equal(plan['phase'], 'enforced');
    const [position] = plan['positions'] as { kind: string; amount: string; mark: string }[];
    assert.deepEqual([position?.kind, position?.amount, position?.mark], ['eth', parseEther('2').toString(), 'force then withdraw']);
  });

  await t.test('thirty days without finality freeze it; the rest leaves by a file that another account sends', async () => {
    await deposit(stranger, OTHER, '0.5');
    await stranger.warp(30 * DAY + 2);
    assert.equal((await stranger.json(OTHER, 0, 'lifecycle', 'freeze', '--yes'))['phase'], 'frozen');
    const kit = join(stranger.home, 'kit.json');
    await stranger.json(SENDER, 0, 'exit', 'escape', '--owner', keyAt(OTHER).address, '--out', kit);
    const before = await stranger.l1.getBalance(keyAt(OTHER).address);
    const damaged = join(stranger.home, 'damaged.json');
    writeFileSync(damaged, readFileSync(kit, 'utf8').replace(parseEther('2').toString(), parseEther('20').toString()));
    assert.equal((await stranger.keyfall(SENDER, 'exit', 'escape', '--from-file', damaged, '--yes')).code, 1, 'a kit that claims more than it proves is refused');
    const sent = await stranger.json(SENDER, 0, 'exit', 'escape', '--from-file', kit, '--yes');
    assert.deepEqual([sent['refunds'], (sent['holdings'] as unknown[]).length], [1, 1]);
    assert.equal((await stranger.l1.getBalance(keyAt(OTHER).address)) - before, parseEther('2.5'), 'what L2 held, and the deposit that L2 never executed');
    assert.match((await stranger.keyfall(SENDER, 'exit', 'escape', '--from-file', kit, '--yes')).stdout, /nothing is left to claim/);
    await stranger.json(SENDER, 0, 'exit', 'escape', '--yes');
    assert.equal((await stranger.keyfall(SENDER, 'exit', 'force', '0.1', '--yes')).code, 1, 'nothing can be forced into a frozen chain');
  });
});
