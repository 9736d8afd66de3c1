// Whole lives of upgrades from the command line, on a chain of its own with the real deployment: proposal to execution, veto, expedite,
// pause, a silent member, a rotated operator, the stage report; signing without a network; and what must not be signed.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { keccak256 } from 'ethers';
import { COUNCIL_KEYS, DeployedSystem, keyAt } from '../contracts/deployed.ts';

const ENTRY = join(import.meta.dirname, '../../node/cli/main.ts');
const DAY = 86_400n / 1440n;
const NO_NETWORK = 'http://127.0.0.1:1';
let system: DeployedSystem;
let folder: string;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'keyfall-governance-'));
  system = await DeployedSystem.start(['--time-scale', '1440']);
  writeFileSync(join(folder, 'report.md'), 'what the upgrade does');
});
after(async () => {
  await system.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Ended { readonly code: number; readonly stdout: string; readonly stderr: string; readonly facts: Readonly<Record<string, unknown>> }

/** Runs the command. @param key number of the account whose key is in the environment */
async function run(args: readonly string[], key?: number): Promise<Ended> {
  const env = { PATH: process.env['PATH'] ?? '', KEYFALL_HOME: folder, ...(key === undefined ? {} : { KEYFALL_PRIVATE_KEY: keyAt(key).privateKey }) };
  return new Promise((resolve) => {
    execFile(process.execPath, [ENTRY, ...args, '--json'], { env, maxBuffer: 1 << 24 }, (error, stdout, stderr) => {
      const code = typeof error?.code === 'number' ? error.code : error === null ? 0 : -1;
      resolve({ code, stdout, stderr, facts: stdout === '' ? {} : (JSON.parse(stdout) as Record<string, unknown>) });
    });
  });
}

const online = (): string[] => ['--l1', system.anvil.url, '--rollup', system.deployment.contracts['Rollup'] ?? ''];

async function done(args: readonly string[], key?: number): Promise<Readonly<Record<string, unknown>>> {
  const ended = await run([...args, ...online()], key);
  assert.equal(ended.code, 0, `${args.join(' ')}: ${ended.stderr}`);
  return ended.facts;
}

async function passDays(days: bigint): Promise<void> {
  await system.pass(days * DAY + 1n);
}

const reportArguments = (): string[] => ['--report', join(folder, 'report.md'), '--why', 'because'];

/** Proposes, votes and queues. @returns the upgrade's id */
async function scheduled(kind: string, ...options: readonly string[]): Promise<string> {
  const { upgradeId } = await done(['upgrade', 'propose', kind, ...options, ...reportArguments()], 23);
  await passDays(2n);
  await done(['upgrade', 'vote', String(upgradeId), 'for'], 0);
  await passDays(7n);
  await done(['upgrade', 'queue', String(upgradeId)], 5);
  return String(upgradeId);
}

/** Has `count` members sign, each on a copy of the file and without any network. @returns the files */
async function signedBy(file: string, count: number): Promise<string[]> {
  const files = [];
  for (const [position, key] of COUNCIL_KEYS.slice(0, count).entries()) {
    const out = `${file}.${position}`;
    const { code, stderr } = await run(['council', 'sign', file, '--out', out], key);
    assert.equal(code, 0, stderr);
    files.push(out);
  }
  return files;
}

const coreOptions = (): string[] => ['--implementation', system.deployment.contracts['RollupImplementation'] ?? ''];

test('P-142 the stage report says what Training means, item by item, with evidence, and unknown where contracts cannot tell', async () => {
  const { code, facts } = await run(['stage', ...online()]);
  assert.equal(code, 4, 'something is unknown, and the exit code says so');
  assert.deepEqual(facts['sentences'], ['at most Stage 1; 6 of 8 can replace Rollup and take unpaid funds: window 0 d; governance 33 d; forced and frozen exits trust Rollup. (days of the main profile; this deployment runs 1440 times as fast)']);
  const items = facts['items'] as { id: string; verdict: string; evidence: { call: string; block: number; address: string }[] }[];
  const verdict = (id: string): string | undefined => items.find((item) => item.id === id)?.verdict;
  assert.equal(verdict('proof-system'), 'no', 'attesters alone finalize on the training devnet');
  assert.equal(verdict('exit-window-30'), 'no');
  assert.equal(verdict('council-set-up'), 'yes');
  assert.equal(verdict('is-rollup'), 'unknown');
  assert.ok(Number(facts['atMostStage']) <= 1);
  for (const item of items) if (item.verdict !== 'unknown') assert.ok(item.evidence.length > 0 && item.evidence.every(({ block, address }) => block === facts['block'] && address.length === 42), item.id);
});

test('P-140, P-141 proposal to execution, the vote signed without a network; show says everything in sentences', async () => {
  const members = COUNCIL_KEYS.map((index) => `${keyAt(index).address}:external`).join(',');
  const proposed = await done(['upgrade', 'propose', 'council', '--members', members, '--threshold', '7', ...reportArguments()], 23);
  const id = String(proposed['upgradeId']);
  assert.match(String(proposed['description']), /#proposer=0x/, 'nobody else can cancel it');
  await passDays(2n);
  const file = join(folder, 'vote.json');
  await done(['upgrade', 'vote', String(proposed['proposalId']), 'for', '--unsigned', file, '--from', keyAt(0).address]);
  const signed = await run(['offline', 'sign', file], 0);
  assert.equal(signed.code, 0, signed.stderr);
  assert.match(signed.stderr, /castVote[\s\S]*support: 1/);
  assert.equal((await run(['offline', 'submit', file, '--l1', NO_NETWORK])).code, 3);
  const submitted = await run(['offline', 'submit', file, '--l1', system.anvil.url]);
  assert.equal(submitted.code, 0, submitted.stderr);
  assert.equal((await run(['upgrade', 'queue', id, ...online()], 5)).code, 1, 'the vote is still open');
  await passDays(7n);
  await done(['upgrade', 'queue', id], 5);
  const shown = await done(['upgrade', 'show', id]);
  assert.equal(shown['state'], 'scheduled');
  assert.equal(shown['reportHash'], keccak256(readFileSync(join(folder, 'report.md'))));
  assert.match(String(shown['sentence']), /Make these 8 accounts the SecurityCouncil, 7 of them/);
  assert.ok((shown['deltas'] as string[]).includes('M of N: 6 of 8 -> 7 of 8'));
  assert.equal(BigInt(String(shown['executableAtT'])) - BigInt(String(shown['lastSafeMomentT'])), 16n * DAY, 'executable - 15 d - a day');
  const early = await run(['upgrade', 'execute', id, ...online()], 5);
  assert.equal(early.code, 1);
  assert.match(early.stderr, /UnexpectedState/);
  await passDays(48n);
  assert.equal((await done(['upgrade', 'execute', id], 5))['state'], 'executed');
  assert.equal(await system.contract('SecurityCouncil').getFunction('threshold').staticCall(), 7n);
});

test('P-146, P-147 a veto of five, the same content again, and then expedited by seven', async () => {
  const first = await scheduled('core', ...coreOptions());
  const act = join(folder, 'veto.json');
  const prepared = await done(['upgrade', 'veto', first, '--out', act]);
  assert.equal(prepared['quorum'], '5');
  assert.match(String(prepared['sentence']), /^VETO .*Replace the code of the Rollup/);
  const four = await signedBy(act, 4);
  assert.match((await run(['council', 'submit', ...four, ...online()], 5)).stderr, /TooFewApprovals/);
  await done(['council', 'submit', ...(await signedBy(act, 5))], 5);
  assert.equal((await done(['upgrade', 'show', first]))['state'], 'vetoed');
  const again = await scheduled('core', ...coreOptions());
  const second = join(folder, 'veto-again.json');
  await done(['upgrade', 'veto', again, '--out', second]);
  assert.match((await run(['council', 'submit', ...(await signedBy(second, 5)), ...online()], 5)).stderr, /VetoSpent/);
  assert.match(String((await done(['upgrade', 'show', again]))['expedite']), /WARNING: in stage Training 7 members/);
  const expedite = join(folder, 'expedite.json');
  await done(['upgrade', 'expedite', again, '--out', expedite]);
  await done(['council', 'submit', ...(await signedBy(expedite, 7))], 5);
  assert.equal((await done(['upgrade', 'show', again]))['state'], 'executed');
});

test('P-150 what is not the one encoding of an upgrade is neither shown nor signed, and a changed act has other hashes', async () => {
  const id = await scheduled('fees', '--data-fee-scalar', '1100000', '--surcharge-scalar', '1000000');
  const file = join(folder, 'opaque.json');
  await done(['upgrade', 'veto', id, '--out', file]);
  const act = JSON.parse(readFileSync(file, 'utf8')) as { upgrade: { payload: string; kind: number } };
  const before_ = await run(['council', 'sign', file], COUNCIL_KEYS[0]);
  for (const upgrade of [{ ...act.upgrade, payload: `${act.upgrade.payload}00` }, { ...act.upgrade, kind: 77 }, { ...act.upgrade, payload: '0x1234' }]) {
    writeFileSync(file, JSON.stringify({ ...act, upgrade }));
    const { code, stderr } = await run(['council', 'sign', file], COUNCIL_KEYS[0]);
    assert.equal(code, 1);
    assert.match(stderr, /do not sign it/);
  }
  writeFileSync(file, JSON.stringify({ ...act, digest: `0x${'00'.repeat(32)}` }));
  assert.equal((await run(['council', 'sign', file], COUNCIL_KEYS[0])).code, 2, 'a field that no one knows');
  writeFileSync(file, JSON.stringify({ ...act, upgrade: { ...act.upgrade, kind: 5 } }));
  const changed = await run(['council', 'sign', file], COUNCIL_KEYS[0]);
  assert.notEqual(changed.facts['digest'], before_.facts['digest']);
  const { code, stderr } = await run(['council', 'submit', file, ...online()], 5);
  assert.equal(code, 1);
  assert.match(stderr, /TooFewApprovals|NotVetoable|UnexpectedState/);
});

test('P-152, P-153 a pause of four, a member who is challenged and answers, the operator\'s key rotated', async () => {
  const act = join(folder, 'pause.json');
  await done(['council', 'pause', '--out', act]);
  await done(['council', 'submit', ...(await signedBy(act, 4))], 5);
  assert.equal(await system.contract('Clock').getFunction('isBlocked').staticCall(), true);
  const member = keyAt(COUNCIL_KEYS[2] ?? 0).address;
  await done(['council', 'challenge', member], 5);
  assert.match((await run(['council', 'challenge', member, '--remove', ...online()], 5)).stderr, /StillTimeToAnswer/);
  assert.equal((await done(['council', 'challenge', member, '--answer'], COUNCIL_KEYS[2]))['answerableUntilT'], '0');
  assert.match((await run(['operator', 'rotate', keyAt(9).address, ...online()], 5)).stderr, /NotColdKey/);
  assert.equal((await done(['operator', 'rotate', keyAt(9).address], 22))['operator'], keyAt(9).address);
  const maturity = await done(['maturity', 'status']);
  assert.equal(maturity['stage'], 'Training');
});

test('wrong use of the governance commands ends with 2 and says what was expected', async () => {
  for (const [args, pattern] of [
    [['upgrade', 'propose', 'everything', ...reportArguments(), ...online()], /expected a kind of upgrade/],
    [['upgrade', 'propose', 'fees', ...reportArguments(), ...online()], /needs --data-fee-scalar/],
    [['upgrade', 'propose', 'fees', '--why', 'x', ...online()], /--report FILE/],
    [['upgrade', 'show', 'nonsense', ...online()], /expected an upgrade's id/],
    [['upgrade', 'vote', '1', 'maybe', ...online()], /expected for, against or abstain/],
    [['council', 'sign', join(folder, 'report.md')], /expected an act of the council/],
    [['offline', 'submit', join(folder, 'report.md')], /expected a transaction/],
  ] as const) {
    const { code, stderr } = await run(args, 23);
    assert.equal(code, 2, `${args.join(' ')}: ${stderr}`);
    assert.match(stderr, pattern);
  }
});
