// The whole life of every kind of upgrade, from the command line, on the real deployment: proposed, voted for, queued, waited for, carried out
// by anyone, and what the real Rollup, Lanes, OperatorSeat and SecurityCouncil do from then on. One chain, in the order in which a deployment
// might do it: fees, operator, council, a pause, a veto, a zk lane, that lane off and on, new code, a spec with its lane, its attesters.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { AbiCoder, Contract, ContractFactory, ZeroHash, concat, encodeBytes32String, getBytes, id, keccak256 } from 'ethers';
import { compileSupport, type Compiled } from '../contracts/compile.ts';
import { COUNCIL_KEYS, abiOf, keyAt } from '../contracts/deployed.ts';
import { ANYONE, DAY, Governed, PROPOSER, VOTER } from './governed.ts';
import { compileCores, deployCore, writeArtifacts } from './cores.ts';

const [FIRST_COLD, NEXT_HOT, NEXT_COLD, LAST_HOT] = [22, 12, 13, 14];
const NEW_ATTESTERS = [15, 16, 17, 18, 19];
const ARTIFACTS = join(import.meta.dirname, '../../contracts/artifacts');
let governed: Governed;
let scriptedLane: Compiled;

before(async () => {
  governed = await Governed.start(['--disable-code-size-limit']);
  scriptedLane = compileSupport('ScriptedLane')['ScriptedLane']!;
});
after(() => governed.stop());

/** A zk lane of a spec that has verified the corpus statement, if it is to. */
async function newLane(spec: number, isVerified = true): Promise<Contract> {
  const { system } = governed;
  const deployed = await new ContractFactory(scriptedLane.abi, scriptedLane.bytecode, system.user).deploy(spec, encodeBytes32String('TEST'));
  await deployed.waitForDeployment();
  const lane = new Contract(await deployed.getAddress(), scriptedLane.abi, system.user);
  if (isVerified) await system.send(lane, 'submit', [await governed.read('UpgradeTimelock', 'CORPUS_STATEMENT'), 0, '0x']);
  return lane;
}

const addressOf = async (contract: Contract): Promise<string> => contract.getAddress();

test('P-145, P-027 fees move by at most a quarter; what the Rollup refuses is not carried out', async () => {
  await governed.carriedOut('fees', '--data-fee-scalar', '1200000', '--surcharge-scalar', '1000000');
  const [dataFeeScalar] = await governed.read<[bigint, bigint, string]>('Rollup', 'feeConfig');
  assert.equal(dataFeeScalar, 1_200_000n);
  const greedy = await governed.scheduled('fees', '--data-fee-scalar', '3000000', '--surcharge-scalar', '1000000');
  await governed.passDays(48n);
  assert.match(await governed.refused(['upgrade', 'execute', greedy], ANYONE), /FeeConfigRefused/);
  assert.equal((await governed.done(['upgrade', 'show', greedy]))['state'], 'executable', 'it stays until it expires');
  await governed.passDays(14n);
  assert.equal((await governed.done(['upgrade', 'show', greedy]))['state'], 'expired');
  assert.match(await governed.refused(['upgrade', 'execute', greedy], ANYONE), /UnexpectedState/);
});

test('P-120, P-142 the operator is replaced in 7 days in the real seat; its new cold key rotates the hot key at once', async () => {
  const upgrade = await governed.scheduled('operator', '--hot-key', keyAt(NEXT_HOT).address, '--cold-key', keyAt(NEXT_COLD).address);
  await governed.system.pass(7n * DAY - 5n);
  assert.match(await governed.refused(['upgrade', 'execute', upgrade], ANYONE), /UnexpectedState/);
  await governed.system.pass(6n);
  await governed.done(['upgrade', 'execute', upgrade], ANYONE);
  assert.deepEqual([await governed.read('OperatorSeat', 'operator'), await governed.read('Rollup', 'operator')], [keyAt(NEXT_HOT).address, keyAt(NEXT_HOT).address]);
  await assert.rejects(governed.system.contract('Rollup', governed.system.operator).getFunction('commit').staticCall(1, ZeroHash, 0, 0, '0x'), /NotOperator/, 'who sat there before commits nothing more');
  assert.match(await governed.refused(['operator', 'rotate', keyAt(LAST_HOT).address], FIRST_COLD), /NotColdKey/);
  // Back to the key that commits in these tests, by the cold key that governance has just named.
  assert.equal((await governed.done(['operator', 'rotate', keyAt(21).address], NEXT_COLD))['operator'], keyAt(21).address);
  await governed.system.finalizeRoot(id('the rotated operator'));
});

test('P-146, P-151 the council is replaced whole; it can neither veto that nor use what its old members signed', async () => {
  const stale = await governed.act(['council', 'pause'], 4);
  const members = [...COUNCIL_KEYS.slice(0, 7), 37].map((key) => `${keyAt(key).address}:external`).join(',');
  const upgrade = await governed.scheduled('council', '--members', members, '--threshold', '6');
  assert.match(await governed.refused(await governed.act(['upgrade', 'veto', upgrade], 5), ANYONE), /NotVetoable/);
  assert.match(await governed.refused(await governed.act(['upgrade', 'expedite', upgrade], 6), ANYONE), /NotExpeditable/);
  await governed.passDays(48n);
  await governed.done(['upgrade', 'execute', upgrade], ANYONE);
  assert.equal(await governed.read('SecurityCouncil', 'isMember', keyAt(37).address), true);
  assert.equal(await governed.read('SecurityCouncil', 'isMember', keyAt(COUNCIL_KEYS[7] ?? 0).address), false);
  assert.match(await governed.refused(stale, ANYONE), /epoch/);
});

test('P-152, P-002 a pause stops T, so what was scheduled waits three days longer; queue and payments go on; it ends by itself', async () => {
  const upgrade = await governed.scheduled('fees', '--data-fee-scalar', '1100000', '--surcharge-scalar', '1000000');
  const { executableAtT } = await governed.done(['upgrade', 'show', upgrade]);
  const beforeT = await governed.read<bigint>('Clock', 'current');
  await governed.done(await governed.act(['council', 'pause'], 4), ANYONE);
  const price = await governed.read<bigint>('Inbox', 'price', 50_000n);
  await governed.system.send(governed.system.contract('Inbox'), 'sendCall', [keyAt(VOTER).address, 0n, 0n, 50_000n, 0n, '0x'], price * 2n);
  await governed.system.pass(2n * DAY);
  const pausedT = await governed.read<bigint>('Clock', 'current');
  assert.ok(pausedT - beforeT < DAY, 'T stands still');
  assert.equal(await governed.read('Clock', 'isBlocked'), true);
  assert.match(await governed.refused(await governed.act(['council', 'pause'], 4), ANYONE), /PauseBudgetSpent/);
  await governed.system.pass(DAY);
  assert.equal(await governed.read('Clock', 'isBlocked'), false, 'by itself');
  assert.equal((await governed.done(['upgrade', 'show', upgrade]))['executableAtT'], executableAtT, 'the eta in T is what it was');
  await governed.system.finalizeRoot(id('with the message that came during the pause'));
  await governed.system.pass(45n * DAY - 10n);
  assert.match(await governed.refused(['upgrade', 'execute', upgrade], ANYONE), /UnexpectedState/, 'forty-eight days of wall time are not enough');
});

test('P-146, P-147 veto by five, the same content again, expedite by six: on the real targets', async () => {
  const [nextHot, nextCold] = [keyAt(NEXT_HOT).address, keyAt(NEXT_COLD).address];
  const first = await governed.scheduled('fees', '--data-fee-scalar', '1300000', '--surcharge-scalar', '1000000');
  await governed.done(await governed.act(['upgrade', 'veto', first], 5), ANYONE);
  const again = await governed.scheduled('fees', '--data-fee-scalar', '1300000', '--surcharge-scalar', '1000000');
  assert.match(await governed.refused(await governed.act(['upgrade', 'veto', again], 7), ANYONE), /VetoSpent/);
  await governed.done(await governed.act(['upgrade', 'expedite', again], 6), ANYONE);
  assert.equal((await governed.read<[bigint]>('Rollup', 'feeConfig'))[0], 1_300_000n, 'at once');
  const operator = await governed.scheduled('operator', '--hot-key', nextHot, '--cold-key', nextCold);
  assert.match(await governed.refused(await governed.act(['upgrade', 'expedite', operator], 6), ANYONE), /NotExpeditable/);
  assert.match(await governed.refused(await governed.act(['upgrade', 'veto', operator], 5), ANYONE), /NotVetoable/);
});

test('P-145, P-026 a zk lane is added only after it verified the corpus; from then on attesters alone finalize nothing', async () => {
  const unverified = await newLane(1, false);
  const refused = await governed.scheduled('zk-lane', '--lane', await addressOf(unverified));
  await governed.passDays(48n);
  assert.match(await governed.refused(['upgrade', 'execute', refused], ANYONE), /CorpusNotVerified/);
  const lane = await newLane(1);
  await governed.carriedOut('zk-lane', '--lane', await addressOf(lane));
  assert.equal(await governed.read('Lanes', 'attestersFinalizeAlone'), false);
  await assert.rejects(governed.system.finalizeRoot(id('attesters alone')), /revert/);
  // That batch was committed and answered by the attesters; a proof that says the same makes it final.
  await governed.system.pass(2n * DAY + 1n);
  await governed.system.send(governed.system.contract('Rollup'), 'drop', [await governed.read('Rollup', 'committedCount')]);
  await governed.system.finalizeRoot(id('both'), { zkLane: lane });

  const off = await governed.carriedOut('lane-switch', '--lane', await addressOf(lane), '--off');
  assert.equal((await governed.done(['upgrade', 'show', off]))['state'], 'executed');
  assert.equal(await governed.read('Lanes', 'attestersFinalizeAlone'), true, 'on the training devnet, while no zk lane is enabled');
  await governed.carriedOut('lane-switch', '--lane', await addressOf(lane));
  await governed.system.finalizeRoot(id('on again'), { zkLane: lane });
});

test('P-145, P-148 new code of the Rollup: its layout is compared before it is proposed, it migrates, and the chain goes on', async () => {
  const cores = compileCores();
  const built = governed.path('artifacts');
  mkdirSync(built);
  writeArtifacts(built, cores);
  const shifted = await deployCore(governed, cores['ShiftedRollup']!);
  const artifacts = ['--artifacts', `${ARTIFACTS},${built}`];
  const words = await governed.refused(['upgrade', 'propose', 'core', '--implementation', shifted, ...artifacts, ...governed.report], PROPOSER);
  assert.match(words, /would change its meaning: .*_owner \(address\) is put before variables that are there/);
  const next = await deployCore(governed, cores['NextRollup']!);
  const before_ = await Promise.all(['finalHead', 'settledIndex', 'committedCount', 'feeConfig', 'operator'].map(async (name) => String(await governed.read('Rollup', name))));
  const upgrade = await governed.scheduled('core', '--implementation', next, '--migrate', ...artifacts);
  const shown = await governed.done(['upgrade', 'show', upgrade, ...artifacts]);
  assert.equal((shown['layout'] as { verdict: string }).verdict, 'compatible', JSON.stringify(shown['layout']));
  assert.equal(((await governed.done(['upgrade', 'show', upgrade]))['layout'] as { verdict: string }).verdict, 'unknown', 'without its build nothing is known of it');
  await governed.passDays(48n);
  await governed.done(['upgrade', 'execute', upgrade], ANYONE);
  const upgraded = new Contract(governed.address('Rollup'), cores['NextRollup']!.abi, governed.system.user);
  assert.equal(await upgraded.getFunction('generation').staticCall(), 2n, 'it migrated');
  assert.deepEqual(await Promise.all(['finalHead', 'settledIndex', 'committedCount', 'feeConfig', 'operator'].map(async (name) => String(await governed.read('Rollup', name)))), before_);
  await assert.rejects(governed.system.send(upgraded, 'migrate', []), /revert/, 'once');
});

test('P-110, P-145 a spec needs its lane first, waits a week, and its attesters come by their own upgrade', async () => {
  const early = await governed.scheduled('spec', '--spec', '2', '--activation', String(7n * DAY));
  await governed.passDays(48n);
  assert.match(await governed.refused(['upgrade', 'execute', early], ANYONE), /SpecWithoutLane/);
  const lane = await newLane(2);
  await governed.carriedOut('zk-lane', '--lane', await addressOf(lane));
  const upgrade = await governed.carriedOut('spec', '--spec', '2', '--activation', String(7n * DAY));
  const nowT = await governed.read<bigint>('Clock', 'current');
  assert.deepEqual([await governed.read('Lanes', 'specAt', nowT), await governed.read('Lanes', 'specAt', nowT + 7n * DAY)], [1n, 2n]);
  assert.equal((await governed.done(['upgrade', 'show', upgrade]))['state'], 'executed');

  const attesters = NEW_ATTESTERS.map((key) => keyAt(key).address).toSorted((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
  const artifact = JSON.parse(readFileSync(join(ARTIFACTS, 'src/rollup/AttesterLane.sol/AttesterLane.json'), 'utf8')) as { bytecode: string };
  const deployed = await new ContractFactory(abiOf('AttesterLane'), artifact.bytecode, governed.system.user).deploy(attesters, 2, encodeBytes32String('TEST'));
  await deployed.waitForDeployment();
  const next = new Contract(await deployed.getAddress(), abiOf('AttesterLane'), governed.system.user);
  await signCorpus(next);
  await governed.carriedOut('attesters', '--lane', await addressOf(next), '--previous-lane', governed.address('AttesterLane'));
  assert.equal((await governed.read<{ isEnabled: boolean }>('Lanes', 'laneRecord', governed.address('AttesterLane'))).isEnabled, false);
  const { index } = await governed.system.finalizeRoot(id('spec 2'), { zkLane: lane, attesters: { lane: next, keys: NEW_ATTESTERS.slice(0, 4) } });
  assert.equal((await governed.read<{ specId: bigint }>('Rollup', 'batch', index)).specId, 2n, 'final at once, by new lane and new attesters');
});

/** The corpus statement that a deployment names by default is one that attesters can sign. */
async function signCorpus(lane: Contract): Promise<void> {
  const hashes = ['inputs', 'outputs', 'binding'].map((part) => id(`keyfall corpus 1: ${part}`));
  const statement = keccak256(concat(hashes));
  assert.equal(await governed.read('UpgradeTimelock', 'CORPUS_STATEMENT'), statement);
  const digest = (await lane.getFunction('digest').staticCall(hashes[0], hashes[1])) as string;
  const signers = NEW_ATTESTERS.slice(0, 4).map(keyAt).toSorted((a, b) => (BigInt(a.address) < BigInt(b.address) ? -1 : 1));
  const data = AbiCoder.defaultAbiCoder().encode(['bytes32', 'bytes32', 'bytes32', 'bytes[]'], [...hashes, signers.map((signer) => signer.signingKey.sign(getBytes(digest)).serialized)]);
  await governed.system.send(lane, 'submit', [statement, 0, data]);
}
