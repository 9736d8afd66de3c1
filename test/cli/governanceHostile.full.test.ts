// The keys in hostile hands, on the real deployment: a malicious core is scheduled and whoever leaves in time is paid; lanes contradict each
// other and the council chooses, or is dead and cannot; an operator that takes nothing and a council that does all it can, and a user who is
// paid all the same.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { Contract, ContractFactory, ZeroAddress, encodeBytes32String, encodeRlp, id, keccak256, parseEther } from 'ethers';
import { MESSAGE_PASSER, sentSlot, withdrawalHash, type Hex } from '@keyfall/protocol';
import { compileSupport } from '../contracts/compile.ts';
import { COUNCIL_KEYS, runDeploy } from '../contracts/deployed.ts';
import { accountRlp, buildTrie } from '../contracts/trie.ts';
import { Stranger, keyAt } from '../e2e/walkAway/stranger.ts';
import { startAnvil } from '../node/l1/harness/anvil.ts';
import { compileCores, deployCore } from './cores.ts';
import { ANYONE, DAY, Governed } from './governed.ts';
import { WarmCommands } from './warmCommands.ts';

const [USER, LATE, THIEF] = [1, 2, 3];
const TEN = parseEther('10');

async function governedFor(t: TestContext): Promise<Governed> {
  const governed = await Governed.start(['--disable-code-size-limit']);
  t.after(async () => governed.stop());
  return governed;
}

async function depositFor({ system }: Governed, key: number): Promise<void> {
  const inbox = system.contract('Inbox');
  const price = (await inbox.getFunction('price').staticCall(30_000n)) as bigint;
  await system.send(inbox, 'sendCall', [keyAt(key).address, TEN, TEN, 30_000n, 0n, '0x'], TEN + price);
}

/** An L2 state in which this withdrawal of ten ETH was sent, and the proof of it. */
function leaving(key: number, nonce: bigint): { root: string; withdrawal: readonly unknown[]; accountProof: string[]; storageProof: string[] } {
  const recipient = keyAt(key).address as Hex;
  const slot = sentSlot(withdrawalHash({ nonce, assetKind: 'eth', token: ZeroAddress as Hex, id: 0n, amount: TEN, from: recipient, recipient }));
  const storage = buildTrie([{ key: slot, value: encodeRlp('0x01') }]);
  const state = buildTrie([{ key: MESSAGE_PASSER, value: accountRlp(1n, 0n, storage.root, keccak256('0x60')) }, { key: keyAt(9).address, value: accountRlp(0n, 1n, keccak256('0x80'), keccak256('0x')) }]);
  return { root: state.root, withdrawal: [nonce, 0, ZeroAddress, 0n, TEN, recipient, recipient], accountProof: state.prove(MESSAGE_PASSER), storageProof: storage.prove(slot) };
}

describe('a malicious core', () => {
  test('P-142, P-143 whoever begins to leave at the moment that show names is paid before it can be carried out; whoever stays is robbed', async (t) => {
    const governed = await governedFor(t);
    const { system } = governed;
    await depositFor(governed, USER);
    await depositFor(governed, LATE);
    await system.finalizeRoot(id('before'));
    const theft = leaving(THIEF, 77n);
    const core = await deployCore(governed, compileCores()['ForgingRollup']!, theft.root);
    const upgrade = await governed.scheduled('core', '--implementation', core, '--migrate');
    const shown = await governed.done(['upgrade', 'show', upgrade]);
    assert.match(String(shown['sentence']), /can take every wei and token that was not paid out by then/);
    const [executableAtT, lastSafeMomentT] = [BigInt(String(shown['executableAtT'])), BigInt(String(shown['lastSafeMomentT']))];

    // The user begins at the last safe moment, and everything takes as long as it may: only claiming is left of the fifteen days.
    await system.pass(lastSafeMomentT - (await governed.read<bigint>('Clock', 'current')) - 1n);
    await system.pass(14n * DAY);
    const exit = leaving(USER, 0n);
    const { index } = await system.finalizeRoot(exit.root);
    assert.match(await governed.refused(['upgrade', 'execute', upgrade], ANYONE), /UnexpectedState/, 'too early');
    const before = await system.provider.getBalance(keyAt(USER).address);
    await system.send(system.contract('Vault'), 'withdraw', [index, exit.withdrawal, exit.accountProof, exit.storageProof]);
    assert.equal((await system.provider.getBalance(keyAt(USER).address)) - before, TEN, 'paid');
    assert.ok((await governed.read<bigint>('Clock', 'current')) < executableAtT, 'before the upgrade can be carried out');
    await assert.rejects(system.contract('Vault').getFunction('withdraw').staticCall(index - 1n, theft.withdrawal, theft.accountProof, theft.storageProof), /revert/, 'the old core knows no such root');

    await system.pass(executableAtT - (await governed.read<bigint>('Clock', 'current')) + DAY);
    await governed.done(['upgrade', 'execute', upgrade], ANYONE);
    const thief = await system.provider.getBalance(keyAt(THIEF).address);
    await system.send(system.contract('Vault'), 'withdraw', [index - 1n, theft.withdrawal, theft.accountProof, theft.storageProof]);
    assert.equal((await system.provider.getBalance(keyAt(THIEF).address)) - thief, TEN, 'what was not paid out: the docs say so, and so does show');
    const late = leaving(LATE, 1n);
    const next = await system.finalizeRoot(late.root);
    await assert.rejects(system.contract('Vault').getFunction('withdraw').staticCall(next.index, late.withdrawal, late.accountProof, late.storageProof), /revert/, 'nothing is left');
  });
});

describe('lanes that contradict each other', () => {
  test('P-111, P-150 six members end a dispute by switching one of its lanes off; the survivor waits Z', async (t) => {
    const governed = await governedFor(t);
    const { system } = governed;
    const lane = await addedLane(governed);
    const batch = await system.commitBatch();
    await system.attest(batch, id('what the attesters say'));
    await system.prove(batch, id('what the proof says'), lane);
    assert.equal(await governed.read('Lanes', 'isOpen', 1n), true);
    assert.equal(await governed.read('Clock', 'isBlocked'), true);
    assert.match(await governed.refused(['council', 'resolve', '--dispute', '2', '--lane', await lane.getAddress(), '--out', governed.path('none.json')]), /dispute 2/);
    assert.match(await governed.refused(['council', 'resolve', '--dispute', '1', '--lane', keyAt(9).address, '--out', governed.path('none.json')]), /expected one of its two lanes/);
    const resolve = ['council', 'resolve', '--dispute', '1', '--lane', governed.address('AttesterLane')];
    assert.match(await governed.refused(await governed.act(resolve, 5), ANYONE), /TooFewApprovals/);
    await governed.done(await governed.act(resolve, 6), ANYONE);
    assert.equal((await governed.read<{ isDead: boolean }>('Lanes', 'laneRecord', governed.address('AttesterLane'))).isDead, true);
    assert.equal(await governed.read('Clock', 'isBlocked'), false);
    assert.equal(await governed.read('Rollup', 'canFinalize'), false, 'no council makes an answer final');
    await system.pass(3n * DAY + 1n);
    await system.send(system.contract('Rollup'), 'finalize', [batch.index]);
    assert.equal(await governed.read('Rollup', 'stateRootOf', batch.index), id('what the proof says'));
    assert.match(await governed.refused(['council', 'resolve', '--dispute', '1', '--lane', await lane.getAddress(), '--out', governed.path('none.json')]), /is closed/);
  });
});

/** A zk lane put in by governance. */
async function addedLane(governed: Governed): Promise<Contract> {
  const { abi, bytecode } = compileSupport('ScriptedLane')['ScriptedLane']!;
  const deployed = await new ContractFactory(abi, bytecode, governed.system.user).deploy(1, encodeBytes32String('TEST'));
  await deployed.waitForDeployment();
  const lane = new Contract(await deployed.getAddress(), abi, governed.system.user);
  await governed.system.send(lane, 'submit', [await governed.read('UpgradeTimelock', 'CORPUS_STATEMENT'), 0, '0x']);
  await governed.carriedOut('zk-lane', '--lane', await lane.getAddress());
  return lane;
}

describe('a dead council', () => {
  test('P-153 silent members are removed by anyone; then nothing is possible but its replacement, and an open dispute ends in Frozen', async (t) => {
    const governed = await governedFor(t);
    const { system } = governed;
    const lane = await addedLane(governed);
    const stale = await governed.act(['council', 'pause'], 4);
    for (const key of COUNCIL_KEYS) await governed.done(['council', 'challenge', keyAt(key).address], ANYONE);
    await governed.passDays(31n);
    for (const key of COUNCIL_KEYS.slice(0, 3)) await governed.done(['council', 'challenge', keyAt(key).address, '--remove'], ANYONE);
    assert.equal(await governed.read('SecurityCouncil', 'isDormant'), true);
    assert.equal(await governed.read('SecurityCouncil', 'threshold'), 6n, 'M stays');
    assert.match(await governed.refused(['council', 'pause', '--out', governed.path('none.json')]), /dormant/);
    assert.match(await governed.refused(stale, ANYONE), /epoch/, 'what was signed before is void');
    const { facts } = await governed.run(['stage', ...governed.online]);
    assert.match(String((facts['sentences'] as string[])[0]), /the council can carry nothing out early \(dormant\)/);
    assert.equal((facts['items'] as { id: string; verdict: string }[]).find(({ id: item }) => item === 'council-set-up')?.verdict, 'no');

    // Nobody can choose, so the chain ends: exits are open, and nothing is stolen.
    const snapshot = await system.anvil.rpc('evm_snapshot');
    const batch = await system.commitBatch();
    await system.attest(batch, id('one'));
    await system.prove(batch, id('other'), lane);
    await system.pass(7n * DAY + 1n);
    await system.send(system.contract('Lifecycle'), 'freeze', [2, 1n]);
    assert.equal(await governed.read('Lifecycle', 'phase'), 3n, 'frozen: a dispute that nobody resolved');
    assert.equal(await governed.read('Rollup', 'finalizedCount'), batch.index - 1n, 'neither answer became final');
    await system.anvil.rpc('evm_revert', snapshot);
    system.user.reset();
    system.operator.reset();

    const members = COUNCIL_KEYS.map((key) => `${keyAt(key).address}:external`).join(',');
    await governed.carriedOut('council', '--members', members, '--threshold', '6');
    await governed.done(await governed.act(['council', 'pause'], 4), ANYONE);
    assert.equal(await governed.read('Clock', 'isBlocked'), true, 'governance has revived it');
  });
});

describe('operator and council both hostile', () => {
  test('P-152 a user is paid within 25 days although no batch is committed and the council pauses at the worst moment', { timeout: 600_000 }, async (t) => {
    const scale = 600;
    const day = 86_400 / scale;
    const prover = join(import.meta.dirname, '../e2e/walkAway/keyedProver.ts');
    const anvil = await startAnvil(['--accounts', '40', '--gas-limit', '60000000']);
    await anvil.rpc('evm_setAutomine', true);
    const home = mkdtempSync(join(tmpdir(), 'keyfall-hostile-'));
    const deployment = await runDeploy(anvil.url, ['--time-scale', String(scale)]);
    const stranger = new Stranger(anvil.url, deployment.contracts['Rollup'] ?? '', home);
    const commands = new WarmCommands(home);
    t.after(async () => { stranger.close(); await commands.stop(); await anvil.stop(); rmSync(home, { recursive: true, force: true }); });
    const online = ['--l1', anvil.url, '--rollup', deployment.contracts['Rollup'] ?? ''];
    /** The council does what it can: signed by as many as it takes. */
    const act = async (args: readonly string[], count: number): Promise<{ code: number; stderr: string }> => {
      const file = join(home, 'act.json');
      const prepared = await commands.run([...args, '--out', file, ...online]);
      if (prepared.code !== 0) return prepared;
      for (const key of COUNCIL_KEYS.slice(0, count)) assert.equal((await commands.run(['council', 'sign', file], keyAt(key).privateKey)).code, 0);
      return commands.run(['council', 'submit', file, ...online], keyAt(ANYONE).privateKey);
    };

    await stranger.placeLane();
    const started = (await stranger.l1.getBlock('latest'))?.timestamp ?? 0;
    const inbox = new Contract(deployment.contracts['Inbox'] ?? '', (await stranger.named(stranger.rollupContract(), 'INBOX', 'Inbox')).interface, keyAt(10).connect(stranger.l1));
    const sent = (await inbox.getFunction('sendCall')(keyAt(10).address, parseEther('3'), 0n, 100_000, 20_000, '0x', { value: parseEther('3.1') })) as { wait(): Promise<unknown> };
    await sent.wait();
    // The operator commits nothing, for ever.
    await stranger.warp(7 * day + 2);
    await stranger.json(10, 0, 'lifecycle', 'enter', '--yes');
    // 4 is also what a machine too busy to rebuild L2 in time says: then nothing was sent yet.
    assert.match(String((await stranger.json(10, 4, 'exit', 'force', '1.25', '--yes', '--timeout', '0'))['error']), /did not happen in time; --resume goes on/);
    await stranger.warp(3_600 / scale + 1);
    await stranger.json(10, 4, 'exit', 'force', '--resume', '--yes', '--timeout', '20', '--prover', prover);
    // Proven; a moment before it would become final the council stops the clock.
    await stranger.warp(3 * day - 20);
    assert.equal((await act(['council', 'pause'], 4)).code, 0);
    await stranger.warp(day);
    await stranger.json(10, 4, 'exit', 'force', '--resume', '--yes', '--timeout', '1', '--prover', prover);
    assert.match((await act(['council', 'pause'], 8)).stderr, /PauseBudgetSpent/, 'once in 90 days');
    assert.match((await act(['council', 'resolve', '--dispute', '1', '--lane', deployment.contracts['AttesterLane'] ?? ''], 8)).stderr, /dispute 1/, 'there is none');
    await stranger.warp(2 * day + 40);
    const before = await stranger.l1.getBalance(keyAt(10).address);
    const paid = await stranger.json(10, 0, 'exit', 'force', '--resume', '--yes', '--timeout', '60', '--prover', prover);
    assert.equal(paid['outcome'], 'paid');
    assert.ok((await stranger.l1.getBalance(keyAt(10).address)) - before > parseEther('1.2'));
    const took = ((await stranger.l1.getBlock('latest'))?.timestamp ?? 0) - started;
    assert.ok(took <= 25 * day, `expected at most 25 days of wall time, it took ${(took / day).toFixed(1)}`);
  });
});
