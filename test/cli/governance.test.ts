// Whole lives of upgrades from the command line, on a chain of its own with the real deployment: proposal to execution, veto, expedite,
// pause, a silent member, a rotated operator, the stage report; signing without a network; and what must not be signed.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { keccak256 } from 'ethers';
import { COUNCIL_KEYS, keyAt } from '../contracts/deployed.ts';
import { DAY, Governed } from './governed.ts';

const NO_NETWORK = 'http://127.0.0.1:1';
interface Twins { readonly standing: readonly { readonly id: string }[]; readonly unqueued: readonly { readonly proposalId: string; readonly state: string }[] }
let governed: Governed;

before(async () => { governed = await Governed.start(); });
after(() => governed.stop());

const coreOptions = (): string[] => ['--implementation', governed.address('RollupImplementation')];

test('P-142 the stage report says what Training means, item by item, with evidence, and unknown where contracts cannot tell', async () => {
  const { code, facts } = await governed.run(['stage', ...governed.online]);
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
  const broken = await governed.run(['upgrade', 'propose', 'council', '--members', members, '--threshold', '5', ...governed.report, ...governed.online], 23);
  assert.equal(broken.code, 1);
  assert.match(broken.stderr, /scheduling this council would revert: ThresholdTooLow\(threshold 5, minimum 6\)/, 'refused before anyone votes on it');
  const proposed = await governed.done(['upgrade', 'propose', 'council', '--members', members, '--threshold', '7', ...governed.report], 23);
  const id = String(proposed['upgradeId']);
  assert.match(String(proposed['description']), /#proposer=0x/, 'nobody else can cancel it');
  await governed.passDays(2n);
  const file = governed.path('vote.json');
  await governed.done(['upgrade', 'vote', String(proposed['proposalId']), 'for', '--unsigned', file, '--from', keyAt(0).address]);
  const signed = await governed.run(['offline', 'sign', file], 0);
  assert.equal(signed.code, 0, signed.stderr);
  assert.match(signed.stderr, /castVote[\s\S]*Make these 8 accounts the SecurityCouncil, 7 of them[\s\S]*support: 1, for/);
  assert.equal((await governed.run(['offline', 'submit', file, '--l1', NO_NETWORK])).code, 3);
  const submitted = await governed.run(['offline', 'submit', file, '--l1', governed.system.anvil.url]);
  assert.equal(submitted.code, 0, submitted.stderr);
  assert.equal((await governed.run(['upgrade', 'queue', id, ...governed.online], 5)).code, 1, 'the vote is still open');
  await governed.passDays(7n);
  await governed.done(['upgrade', 'queue', id], 5);
  const shown = await governed.done(['upgrade', 'show', id]);
  assert.equal(shown['state'], 'scheduled');
  assert.equal(shown['reportHash'], keccak256(readFileSync(governed.path('report.md'))));
  assert.match(String(shown['sentence']), /Make these 8 accounts the SecurityCouncil, 7 of them/);
  assert.ok((shown['deltas'] as string[]).includes('M of N: 6 of 8 -> 7 of 8'));
  assert.equal(BigInt(String(shown['executableAtT'])) - BigInt(String(shown['lastSafeMomentT'])), 16n * DAY, 'executable - 15 d - a day');
  const early = await governed.run(['upgrade', 'execute', id, ...governed.online], 5);
  assert.equal(early.code, 1);
  assert.match(early.stderr, /UnexpectedState/);
  await governed.passDays(48n);
  assert.equal((await governed.done(['upgrade', 'execute', id], 5))['state'], 'executed');
  assert.equal(await governed.system.contract('SecurityCouncil').getFunction('threshold').staticCall(), 7n);
});

test('P-146, P-147 a veto of five, the same content again, and then expedited by seven', async () => {
  const first = await governed.scheduled('core', ...coreOptions());
  const act = governed.path('veto.json');
  const prepared = await governed.done(['upgrade', 'veto', first, '--out', act]);
  assert.equal(prepared['quorum'], '5');
  assert.match(String(prepared['sentence']), /^VETO .*Replace the code of the Rollup/);
  const four = await governed.signedBy(act, COUNCIL_KEYS.slice(0, 4));
  assert.match((await governed.run(['council', 'submit', ...four, ...governed.online], 5)).stderr, /TooFewApprovals/);
  await governed.done(['council', 'submit', ...(await governed.signedBy(act, COUNCIL_KEYS.slice(0, 5)))], 5);
  assert.equal((await governed.done(['upgrade', 'show', first]))['state'], 'vetoed');
  const again = await governed.scheduled('core', ...coreOptions());
  const second = governed.path('veto-again.json');
  await governed.done(['upgrade', 'veto', again, '--out', second]);
  assert.match((await governed.run(['council', 'submit', ...(await governed.signedBy(second, COUNCIL_KEYS.slice(0, 5))), ...governed.online], 5)).stderr, /VetoSpent/);
  const shown = await governed.done(['upgrade', 'show', again]);
  assert.match(String(shown['expedite']), /WARNING: in stage Training 7 members/);
  assert.equal((shown['layout'] as { verdict: string }).verdict, 'compatible', 'the storage of the same code');
  assert.equal(((await governed.done(['upgrade', 'show', again, '--artifacts', governed.path('nothing')]))['layout'] as { verdict: string }).verdict, 'unknown');
  const expedite = governed.path('expedite.json');
  await governed.done(['upgrade', 'expedite', again, '--out', expedite]);
  await governed.done(['council', 'submit', ...(await governed.signedBy(expedite, COUNCIL_KEYS.slice(0, 7)))], 5);
  assert.equal((await governed.done(['upgrade', 'show', again]))['state'], 'executed');
});

test('P-146 who prepares, signs or submits a veto is told which twins fall with it, and which proposals of the same content do not', async () => {
  const fees = ['fees', '--data-fee-scalar', '1200000', '--surcharge-scalar', '1000000'];
  const proposed = [];
  for (let i = 0; i < 4; i += 1) proposed.push(await governed.done(['upgrade', 'propose', ...fees, ...governed.report], 23));
  const [first = '', twin = '', passed = ''] = proposed.map(({ upgradeId }) => String(upgradeId));
  const numbers = proposed.map(({ proposalId }) => String(proposalId));
  await governed.passDays(2n);
  for (const number of numbers.slice(0, 3)) await governed.done(['upgrade', 'vote', number, 'for'], 1);
  const act = governed.path('twins.json');
  const early = await governed.done(['upgrade', 'veto', first, '--out', act]);
  assert.deepEqual(early['obstacles'], ['the upgrade is not scheduled yet']);
  assert.deepEqual((early['twins'] as Twins).unqueued.map(({ state }) => state), ['active', 'active', 'active'], 'the others');
  await governed.passDays(7n);
  for (const id of [first, twin]) await governed.done(['upgrade', 'queue', id], 5);
  const { obstacles, twins } = await governed.done(['upgrade', 'veto', first, '--out', act]);
  assert.deepEqual([obstacles, (twins as Twins).standing.map(({ id }) => id)], [[], [twin]], 'not itself');
  assert.deepEqual((twins as Twins).unqueued.map(({ proposalId, state }) => [proposalId, state]), [[numbers[2], 'succeeded']], 'not the defeated one');
  const offline = await governed.run(['council', 'sign', act, '--out', governed.path('offline.json')], COUNCIL_KEYS[0]);
  assert.equal(offline.facts['twins'], null, 'unknown without a network');
  assert.match(offline.stderr, /which others stand now is unknown here/);
  const signed = await governed.run(['council', 'sign', act, '--l1', governed.system.anvil.url], COUNCIL_KEYS[0]);
  assert.match(signed.stderr, new RegExp(`falls with it: upgrade ${twin} \\(scheduled\\)[\\s\\S]*WARNING: proposal ${numbers[2]} of the same content \\(upgrade ${passed}\\) has passed and is not queued`));
  const elsewhere = governed.path('elsewhere.json');
  writeFileSync(elsewhere, readFileSync(act, 'utf8').replace(/"timelock": "0x[0-9a-fA-F]{40}"/, `"timelock": "${keyAt(9).address}"`));
  assert.match((await governed.run(['council', 'sign', elsewhere, '--l1', governed.system.anvil.url], COUNCIL_KEYS[0])).stderr, /the council serves 0x[0-9a-fA-F]{40}: do not sign it/);
  const done = await governed.done(['council', 'submit', ...(await governed.signedBy(act, COUNCIL_KEYS.slice(0, 5)))], 5);
  assert.deepEqual((done['twins'] as Twins).standing.map(({ id }) => id), [twin]);
  assert.equal((await governed.done(['upgrade', 'show', twin]))['state'], 'vetoed');
  await governed.done(['upgrade', 'queue', passed], 5);
  const late = await governed.done(['upgrade', 'show', passed]);
  assert.equal(late['state'], 'scheduled', 'as it was warned');
  assert.ok(late['vetoedTime'] !== null);
  assert.deepEqual((await governed.done(['upgrade', 'veto', passed, '--out', act]))['obstacles'], ['its content was vetoed before, and there is no second veto']);
});

test('P-150 what is not the one encoding of an upgrade is neither shown nor signed, and a changed act has other hashes', async () => {
  const tried = await governed.run(['upgrade', 'propose', 'fees', '--data-fee-scalar', '3000000', '--surcharge-scalar', '1000000', ...governed.report, ...governed.online], 23);
  assert.match(tried.stderr, /WARNING: as things stand the Rollup would revert: FeeConfigRefused/, 'who proposes what would be refused is told');
  const id = await governed.scheduled('fees', '--data-fee-scalar', '3000000', '--surcharge-scalar', '1000000');
  const file = governed.path('opaque.json');
  await governed.done(['upgrade', 'veto', id, '--out', file]);
  const act = JSON.parse(readFileSync(file, 'utf8')) as { nonce: string; upgrade: { payload: string; kind: number } };
  assert.ok(BigInt(act.nonce) < 256n, 'of the first word, which costs least');
  assert.equal(await governed.read('SecurityCouncil', 'isNonceUsed', act.nonce), false);
  const before_ = await governed.run(['council', 'sign', file], COUNCIL_KEYS[0]);
  for (const upgrade of [{ ...act.upgrade, payload: `${act.upgrade.payload}00` }, { ...act.upgrade, kind: 77 }, { ...act.upgrade, payload: '0x1234' }]) {
    writeFileSync(file, JSON.stringify({ ...act, upgrade }));
    const { code, stderr } = await governed.run(['council', 'sign', file], COUNCIL_KEYS[0]);
    assert.equal(code, 1);
    assert.match(stderr, /do not sign it/);
  }
  writeFileSync(file, JSON.stringify({ ...act, digest: `0x${'00'.repeat(32)}` }));
  assert.equal((await governed.run(['council', 'sign', file], COUNCIL_KEYS[0])).code, 2, 'a field that no one knows');
  writeFileSync(file, JSON.stringify({ ...act, upgrade: { ...act.upgrade, kind: 5 } }));
  const changed = await governed.run(['council', 'sign', file], COUNCIL_KEYS[0]);
  assert.notEqual(changed.facts['digest'], before_.facts['digest']);
  const { code, stderr } = await governed.run(['council', 'submit', file, ...governed.online], 5);
  assert.equal(code, 1);
  assert.match(stderr, /TooFewApprovals|NotVetoable|UnexpectedState/);
  await governed.passDays(48n);
  assert.match((await governed.run(['upgrade', 'execute', id, ...governed.online], 5)).stderr, /FeeConfigRefused/, 'the refusal of the contract that is reached, by its name');
});

test('P-152, P-153 a pause of four, a member who is challenged and answers, the operator\'s key rotated', async () => {
  const act = governed.path('pause.json');
  await governed.done(['council', 'pause', '--out', act]);
  await governed.done(['council', 'submit', ...(await governed.signedBy(act, COUNCIL_KEYS.slice(0, 4)))], 5);
  assert.equal(await governed.system.contract('Clock').getFunction('isBlocked').staticCall(), true);
  const member = keyAt(COUNCIL_KEYS[2] ?? 0).address;
  await governed.done(['council', 'challenge', member], 5);
  assert.match((await governed.run(['council', 'challenge', member, '--remove', ...governed.online], 5)).stderr, /StillTimeToAnswer/);
  assert.equal((await governed.done(['council', 'challenge', member, '--answer'], COUNCIL_KEYS[2]))['answerableUntilT'], '0');
  assert.match((await governed.run(['operator', 'rotate', keyAt(9).address, ...governed.online], 5)).stderr, /NotColdKey/);
  assert.equal((await governed.done(['operator', 'rotate', keyAt(9).address], 22))['operator'], keyAt(9).address);
  const maturity = await governed.done(['maturity', 'status']);
  assert.equal(maturity['stage'], 'Training');
});

test('an address that is another contract, or none of ours, is refused by name', async () => {
  const at = (address: string): readonly string[] => ['maturity', 'status', '--l1', governed.system.anvil.url, '--rollup', address];
  const lanes = await governed.run(at(governed.address('Lanes')));
  assert.deepEqual([lanes.code, /expected a Rollup at 0x[0-9a-fA-F]{40}: its upgrade authority/.test(lanes.stderr)], [1, true], lanes.stderr);
  const clock = await governed.run(at(governed.address('Clock')));
  assert.deepEqual([clock.code, /reading UPGRADE_AUTHORITY of 0x[0-9a-fA-F]{40} would revert/.test(clock.stderr)], [1, true], clock.stderr);
  assert.ok(!/ at .*contracts\.ts/.test(`${lanes.stderr}${clock.stderr}`), 'no stack for a person');
});

test('wrong use of the governance commands ends with 2 and says what was expected', async () => {
  for (const [args, pattern] of [
    [['upgrade', 'propose', 'everything', ...governed.report, ...governed.online], /expected a kind of upgrade/],
    [['upgrade', 'propose', 'fees', ...governed.report, ...governed.online], /needs --data-fee-scalar/],
    [['upgrade', 'propose', 'fees', '--why', 'x', ...governed.online], /--report FILE/],
    [['upgrade', 'show', 'nonsense', ...governed.online], /expected an upgrade's id/],
    [['upgrade', 'vote', '1', 'maybe', ...governed.online], /expected for, against or abstain/],
    [['council', 'pause', '--out', governed.path('void.json'), '--valid-hours', '0', ...governed.online], /expected from 1 to 720, got 0/],
    [['maturity', 'advance', ...governed.online], /expected --lane ADDRESS/],
    [['maturity', 'advance', '--observe', '--unsigned', governed.path('observe.json'), ...governed.online], /expected --from ADDRESS beside --unsigned/],
    [['council', 'sign', governed.path('report.md')], /expected an act of the council/],
    [['offline', 'submit', governed.path('report.md')], /expected a transaction/],
  ] as const) {
    const { code, stderr } = await governed.run(args, 23);
    assert.equal(code, 2, `${args.join(' ')}: ${stderr}`);
    assert.match(stderr, pattern);
  }
});
