// How the keys fall, day by day, on the real deployment: Training until value, batches and a lane's age suffice, Mature with a lane that trips and
// is replaced, Ossified after its notice; and then every setter on chain is tried, by its own holder, and nothing changes any more.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AbiCoder, Contract, ContractFactory, Interface, ZeroHash, encodeBytes32String, id, keccak256, parseEther, toBeHex, type Fragment, type FunctionFragment, type ParamType } from 'ethers';
import { bindingHash, statementHash, type Hex } from '@keyfall/protocol';
import { compileSupport, type Compiled } from '../contracts/compile.ts';
import { COUNCIL_KEYS, abiOf, keyAt } from '../contracts/deployed.ts';
import { POWERS } from '../contracts/powers.ts';
import { ANYONE, DAY, Governed, PROPOSER, VOTER } from './governed.ts';

const [BIDDER, LATER_BIDDER] = [6, 7];
let governed: Governed;
let compiled: Compiled;
let first: Contract;

before(async () => {
  governed = await Governed.start(['--disable-code-size-limit', '--balance', '1000000']);
  compiled = compileSupport('ScriptedLane')['ScriptedLane']!;
});
after(() => governed.stop());

async function newLane(): Promise<Contract> {
  const { system } = governed;
  const deployed = await new ContractFactory(compiled.abi, compiled.bytecode, system.user).deploy(1, encodeBytes32String('TEST'));
  await deployed.waitForDeployment();
  const lane = new Contract(await deployed.getAddress(), compiled.abi, system.user);
  await system.send(lane, 'submit', [await governed.read('UpgradeTimelock', 'CORPUS_STATEMENT'), 0, '0x']);
  return lane;
}

async function deposit(amount: bigint): Promise<void> {
  const inbox = governed.system.contract('Inbox');
  const price = (await inbox.getFunction('price').staticCall(30_000n)) as bigint;
  await governed.system.send(inbox, 'sendCall', [keyAt(VOTER).address, amount, amount, 30_000n, 0n, '0x'], amount + price * 2n);
}

/** Days as they should be: a batch becomes final, and somebody looks. */
async function liveFor(days: number, lane: Contract): Promise<void> {
  const { system } = governed;
  for (let day = 0; day < days; day += 1) {
    const start = (await system.provider.getBlock('latest'))?.timestamp ?? 0;
    await system.finalizeRoot(id(`day ${start}`), { zkLane: lane });
    const now = (await system.provider.getBlock('latest'))?.timestamp ?? 0;
    await system.pass(BigInt(start) + DAY - BigInt(now));
    await system.send(system.contract('Maturity'), 'observe', []);
  }
}

test('P-160, P-161 Training ends after 90 days of value, batches and a lane of that age, and not before', async () => {
  first = await newLane();
  await governed.carriedOut('zk-lane', '--lane', await first.getAddress());
  await deposit(parseEther('600'));
  await governed.done(['maturity', 'advance', '--observe'], ANYONE);
  await liveFor(89, first);
  assert.match(await governed.refused(['maturity', 'advance', '--lane', await first.getAddress()], ANYONE), /ValueMissing|BatchDaysMissing/);
  await liveFor(2, first);
  assert.match(await governed.refused(['maturity', 'advance', '--lane', governed.address('AttesterLane')], ANYONE), /LaneNotOldEnough/);
  assert.equal((await governed.done(['maturity', 'advance', '--lane', await first.getAddress()], ANYONE))['stage'], 'Mature');
});

test('P-148, P-147 in Mature no code changes and the council hastens nothing, whatever was scheduled before', async () => {
  assert.match(await governed.refused(['upgrade', 'propose', 'core', '--implementation', keyAt(9).address, ...governed.report], PROPOSER), /no code/);
  const proposed = await governed.done(['upgrade', 'propose', 'core', '--implementation', governed.address('RollupImplementation'), ...governed.report], PROPOSER);
  await governed.passDays(2n);
  await governed.done(['upgrade', 'vote', String(proposed['upgradeId']), 'for'], VOTER);
  await governed.passDays(7n);
  assert.match(await governed.refused(['upgrade', 'queue', String(proposed['upgradeId'])], ANYONE), /StageForbids/);
  const fees = await governed.scheduled('fees', '--data-fee-scalar', '1100000', '--surcharge-scalar', '1000000');
  assert.match(await governed.refused(await governed.act(['upgrade', 'expedite', fees], 6), ANYONE), /NotExpeditable/);
  const { facts } = await governed.run(['stage', ...governed.online]);
  assert.match(String((facts['sentences'] as string[])[0]), /the Rollup's code can never change/);
  await governed.passDays(48n);
  await governed.done(['upgrade', 'execute', fees], ANYONE);
});

test('P-112, P-147, P-162, P-165 an old lane that contradicts itself trips: bounty, count anew, one replacement that was public for a week', async () => {
  const { system } = governed;
  const second = await newLane();
  const third = await newLane();
  const replacement = await governed.scheduled('zk-lane', '--lane', await second.getAddress());
  const another = await governed.scheduled('zk-lane', '--lane', await third.getAddress());
  assert.match(await governed.refused(await governed.act(['upgrade', 'expedite', replacement], 6), ANYONE), /NotTripped/);
  await system.user.sendTransaction({ to: governed.address('Bounty'), value: parseEther('5') });
  const lanes = system.contract('Lanes');
  const binding = { beneficiary: keyAt(BIDDER).address, minL1Time: 0, maxL1Time: (1n << 64n) - 1n };
  const ofBinding = bindingHash({ beneficiary: binding.beneficiary as Hex, minL1Time: 0n, maxL1Time: binding.maxL1Time });
  for (const outputs of [id('one truth'), id('another')]) {
    await system.send(first, 'submit', [statementHash(id('inputs') as Hex, outputs as Hex, ofBinding), 0, '0x']);
    await system.send(lanes, 'recordStatement', [await first.getAddress(), id('inputs'), outputs, binding]);
  }
  assert.equal((await governed.read<[string]>('Lanes', 'tripped'))[0], await first.getAddress());
  await system.send(lanes, 'payBounty', [await first.getAddress()]);
  assert.equal(await governed.read('Bounty', 'owed', binding.beneficiary), parseEther('5'), 'older than 90 days: all of it');
  await governed.done(['maturity', 'advance', '--observe'], ANYONE);
  assert.equal((await governed.read<{ zkContradictions: bigint }>('Maturity', 'progress')).zkContradictions, 1n);
  assert.equal((await governed.read<{ batchDays: bigint }>('Maturity', 'progress')).batchDays, 0n, 'from the beginning');
  await governed.passDays(7n);
  await governed.done(await governed.act(['upgrade', 'expedite', replacement], 6), ANYONE);
  const record = await governed.read<{ isEnabled: boolean; zkAloneFromT: bigint }>('Lanes', 'laneRecord', await second.getAddress());
  assert.equal(record.isEnabled, true);
  assert.equal(record.zkAloneFromT, (await governed.read<{ eta: bigint }>('UpgradeTimelock', 'scheduleOf', replacement)).eta, 'alone only after its normal delay');
  assert.match(await governed.refused(await governed.act(['upgrade', 'expedite', another], 6), ANYONE), /NotTripped/, 'one for each trip');
  first = second;
});

test('P-160, P-162 a year of ten times the value, notice of 60 days, and the last key is gone', async () => {
  await deposit(parseEther('5000'));
  await governed.done(['maturity', 'advance', '--observe'], ANYONE);
  await liveFor(364, first);
  assert.match(await governed.refused(['maturity', 'advance', '--lane', await first.getAddress()], ANYONE), /ValueMissing|BatchDaysMissing|LaneNotOldEnough/);
  await liveFor(2, first);
  const noticed = await governed.done(['maturity', 'advance', '--lane', await first.getAddress()], ANYONE);
  assert.equal(noticed['stage'], 'Mature', 'only noticed');
  const pending = await governed.scheduled('fees', '--data-fee-scalar', '1200000', '--surcharge-scalar', '1000000');
  await governed.passDays(48n);
  assert.match(await governed.refused(['maturity', 'advance', '--lane', await first.getAddress()], ANYONE), /NoticeRuns/);
  await governed.passDays(4n);
  assert.equal((await governed.done(['maturity', 'advance', '--lane', await first.getAddress()], ANYONE))['stage'], 'Ossified');
  assert.equal((await governed.done(['upgrade', 'show', pending]))['state'], 'executable');
  assert.match(await governed.refused(['upgrade', 'execute', pending], ANYONE), /StageForbids/, 'what was ready is not carried out any more');
  assert.match(await governed.refused(await governed.act(['upgrade', 'expedite', pending], 6), ANYONE), /NotExpeditable|CouncilSunset/);
});

const isFunction = (fragment: Fragment): fragment is FunctionFragment => fragment.type === 'function';

/** A value of a type that no check of form refuses before the check of power. */
function plainValue(type: ParamType): unknown {
  if (type.isArray()) return [];
  if (type.isTuple()) return (type.components ?? []).map(plainValue);
  if (type.type === 'bool') return false;
  if (type.type === 'string') return '';
  if (type.type === 'address') return keyAt(9).address;
  if (type.type === 'bytes') return '0x';
  return type.type.startsWith('bytes') ? `0x${'00'.repeat(Number(type.type.slice(5)))}` : 0n;
}

test('P-148, P-166 in Ossified every setter refuses everyone, and the paths of those who held it are closed', async () => {
  const { system } = governed;
  const everyone = [keyAt(9).address, keyAt(21).address, keyAt(22).address, keyAt(20).address, keyAt(PROPOSER).address, ...COUNCIL_KEYS.map((key) => keyAt(key).address)];
  // Powers that stay, and why: they change no code, key of another or parameter (README, GOVERNANCE.md).
  const staying = new Set(['Clock.start', 'Clock.end', 'OperatorSeat.rotateOperator', 'OperatorSeat.setColdKey', 'Lanes.openDispute', 'Lanes.resolve', 'Inbox.moveEscrow', 'Vault.release', 'Vault.receiveEscrow', 'Bounty.pay', 'Lifecycle.requestReturn', 'Rollup.commit']);
  const holders: Record<string, string> = { NotGovernor: 'KeyfallGovernor', NotCouncil: 'SecurityCouncil', NotUpgradeTimelock: 'UpgradeTimelock', NotUpgradeAuthority: 'UpgradeTimelock' };
  const closed: string[] = [];
  for (const [name, functions] of Object.entries(POWERS)) {
    const contract = new Interface(abiOf(name));
    for (const fragment of contract.fragments.filter(isFunction)) {
      const power = functions[fragment.name];
      if (power === undefined || power === 'anyone' || staying.has(`${name}.${fragment.name}`)) continue;
      const data = contract.encodeFunctionData(fragment, fragment.inputs.map(plainValue));
      for (const from of everyone) await assert.rejects(system.provider.call({ from, to: governed.address(name), data }), `${name}.${fragment.name} refuses ${from}`);
      closed.push(`${name}.${fragment.name} ${holders[power] ?? power}`);
    }
  }
  assert.ok(closed.length >= 10, closed.join(', '));

  // The one holder of most of them is the timelock, and its four entries are shut: nothing is scheduled, carried out, or carried out early.
  const upgradeOf = (kind: number, payload: string): readonly unknown[] => [kind, payload, id('report'), ZeroHash];
  const implementation = governed.address('RollupImplementation');
  const coder = AbiCoder.defaultAbiCoder();
  const codehash = keccak256(await system.provider.getCode(implementation));
  const lane = await newLane();
  const laneCode = keccak256(await system.provider.getCode(await lane.getAddress()));
  const member = [keyAt(9).address, true];
  const payloads = [
    coder.encode(['tuple(address, bytes32, bool)'], [[implementation, codehash, false]]),
    coder.encode(['tuple(address, bytes32, address[])'], [[await lane.getAddress(), laneCode, []]]),
    coder.encode(['tuple(address, bytes32, bool)'], [[await first.getAddress(), laneCode, false]]),
    coder.encode(['tuple(uint256, uint256)'], [[2, 7n * DAY]]),
    coder.encode(['tuple(address, address, bytes32)'], [[governed.address('AttesterLane'), await lane.getAddress(), laneCode]]),
    coder.encode(['tuple(address, address)'], [[keyAt(9).address, keyAt(9).address]]),
    coder.encode(['tuple(uint256, uint256)'], [[1_300_000, 1_000_000]]),
    coder.encode(['tuple(tuple(address, bool)[], uint256)'], [[[member], 6]]),
  ];
  const timelock = system.contract('UpgradeTimelock');
  for (const [kind, payload] of payloads.entries()) {
    const data = timelock.interface.encodeFunctionData('schedule', [upgradeOf(kind, payload)]);
    await assert.rejects(system.provider.call({ from: governed.address('KeyfallGovernor'), to: governed.address('UpgradeTimelock'), data }), (error: Error & { data?: string }) =>
      timelock.interface.parseError(error.data ?? '0x')?.name === 'StageForbids', `kind ${kind}, by the governor itself`);
  }
  // Even the timelock could neither replace the code nor seat an operator.
  const rollup = new Interface(abiOf('Rollup'));
  const seat = new Interface(abiOf('OperatorSeat'));
  await assert.rejects(system.provider.call({ from: governed.address('UpgradeTimelock'), to: governed.address('Rollup'), data: rollup.encodeFunctionData('upgradeToAndCall', [implementation, '0x']) }),
    (error: Error & { data?: string }) => rollup.parseError(error.data ?? '0x')?.name === 'UpgradesOver');
  await assert.rejects(system.provider.call({ from: governed.address('UpgradeTimelock'), to: governed.address('OperatorSeat'), data: seat.encodeFunctionData('replace', [keyAt(9).address, keyAt(9).address]) }),
    (error: Error & { data?: string }) => seat.parseError(error.data ?? '0x')?.name === 'ReplacementOver');
  await assert.rejects(governed.system.send(system.contract('Maturity'), 'advance', [await first.getAddress()]), /NothingBeyondOssified|revert/);
  const { facts } = await governed.run(['stage', ...governed.online]);
  assert.match(String((facts['sentences'] as string[])[0]), /no upgrade is possible any more/);
});

test('P-121, P-148 in Ossified the seat goes to the highest bid, and the chain goes on with whoever won it', async () => {
  const { system } = governed;
  const seatOf = (key: number): Contract => system.contract('OperatorSeat').connect(keyAt(key).connect(system.provider)) as Contract;
  const bid = async (key: number, ether: string): Promise<void> => {
    const sent = (await seatOf(key).getFunction('bid')(keyAt(key).address, keyAt(key).address, { value: parseEther(ether) })) as { wait(): Promise<unknown> };
    await sent.wait();
  };
  assert.equal(await governed.read('OperatorSeat', 'isAuctionOpen'), true);
  await assert.rejects(bid(BIDDER, '9.99'), /BidTooLow|revert/);
  await bid(BIDDER, '10');
  await assert.rejects(bid(LATER_BIDDER, '10.99'), /BidTooLow|revert/);
  await bid(LATER_BIDDER, '11');
  assert.equal(await governed.read('OperatorSeat', 'owedWei', keyAt(BIDDER).address), parseEther('10'), 'the lower bid comes back');
  await governed.passDays(7n);
  await system.send(system.contract('OperatorSeat'), 'settleAuction', []);
  assert.equal(await governed.read('Rollup', 'operator'), keyAt(LATER_BIDDER).address);
  // The winner's own cold key names the hot key of these tests, and the chain goes on.
  assert.equal((await governed.done(['operator', 'rotate', keyAt(21).address], LATER_BIDDER))['operator'], keyAt(21).address);
  await system.finalizeRoot(id('after the auction'), { zkLane: first });
  assert.equal(BigInt(toBeHex(await governed.read<bigint>('Maturity', 'stage'))), 2n);
});
