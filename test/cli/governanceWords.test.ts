// What others put on chain cannot speak in our name: a description with what a terminal obeys is shown as text, and a proposal that nobody can
// read hides none of the others.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { AbiCoder, Interface, ZeroAddress, ZeroHash, id, keccak256, toBeHex } from 'ethers';
import { ENUMS, revertReason } from '../../node/cli/contractErrors.ts';
import type { GovernanceConnection } from '../../node/cli/governance/contracts.ts';
import { sayCall } from '../../node/cli/governance/sending.ts';
import { allProposals } from '../../node/cli/governance/upgrades.ts';
import { printable } from '../../node/cli/output.ts';
import { contractAbi } from '../../node/cli/rollup.ts';

const schedule = new Interface(contractAbi('UpgradeTimelock'));
const good = schedule.encodeFunctionData('schedule', [[6, '0x1234', id('report'), ZeroHash]]);

/** The governor's events, as an endpoint would give them. */
function connectionWith(calldatas: readonly string[]): GovernanceConnection {
  // queryFilter's events are told from plain logs by their args.
  const events = calldatas.map((calldata, index) => ({ args: { proposalId: BigInt(index), calldatas: [calldata], description: `number ${index}` } }));
  return { fromBlock: 0, contract: () => ({ queryFilter: async () => Promise.resolve(events) }) } as unknown as GovernanceConnection;
}

test('P-140 a proposal in no or another encoding is told apart, and the readable ones are all there', async () => {
  const arguments_ = good.slice(10);
  const shifted = `${good.slice(0, 10)}${arguments_.slice(0, 64)}${arguments_.slice(64, 128)}${(160n).toString(16).padStart(64, '0')}${arguments_.slice(192, 320)}${'00'.repeat(32)}${arguments_.slice(320)}`;
  const { readable, unreadable } = await allProposals(connectionWith([good, good.slice(0, 10), '0x', `${good}00`, shifted, good]));
  assert.deepEqual(readable.map((proposal) => proposal.id), [0n, 5n]);
  assert.deepEqual(unreadable, [1n, 2n, 3n, 4n]);
  assert.equal(readable[0]?.upgrade.kind, 6);
});

test('what a transaction to be signed says of itself is on lines of ours', () => {
  const governor = new Interface(contractAbi('KeyfallGovernor'));
  const upgrade = [6, AbiCoder.defaultAbiCoder().encode(['tuple(uint256, uint256)'], [[1_100_000, 1_000_000]]), id('report'), ZeroHash];
  const data = governor.encodeFunctionData('propose', [[ZeroAddress], [0], [schedule.encodeFunctionData('schedule', [upgrade])], 'fees\n\u001b[1Aproposes: nothing at all']);
  const lines = sayCall('KeyfallGovernor', ZeroAddress, data);
  assert.ok(lines.some((line) => line.includes('proposes: Set the data fee scalar to 1100000')));
  assert.ok(lines.every((line) => printable(line) === line), lines.join('|'));
  assert.throws(() => sayCall('Maturity', ZeroAddress, data), /what it would do is unknown, so it is not signed/);
  const calldata = schedule.encodeFunctionData('schedule', [upgrade]);
  const queued = sayCall('KeyfallGovernor', ZeroAddress, governor.encodeFunctionData('execute', [[ZeroAddress], [0], [calldata], id('fees')]));
  assert.ok(queued.some((line) => line.includes('schedules: Set the data fee scalar to 1100000')), queued.join('|'));
  for (const odd of ['0x', '0x12345678', `${calldata}00`, calldata.slice(0, 100), schedule.encodeFunctionData('extend', [ZeroHash])]) {
    assert.throws(() => sayCall('KeyfallGovernor', ZeroAddress, governor.encodeFunctionData('execute', [[ZeroAddress], [0], [odd], id('fees')])), /no upgrade in its one encoding, so it is not signed/, odd);
  }
});

test('P-150 a vote is signed only with the proposal whose hash is its number, said in words', () => {
  const governor = new Interface(contractAbi('KeyfallGovernor'));
  const upgrade = [6, AbiCoder.defaultAbiCoder().encode(['tuple(uint256, uint256)'], [[1_100_000, 1_000_000]]), id('report'), ZeroHash];
  const proposal = { target: ZeroAddress, calldata: schedule.encodeFunctionData('schedule', [upgrade]), description: 'costs rose\nsupport: 0' };
  const number = keccak256(AbiCoder.defaultAbiCoder().encode(['address[]', 'uint256[]', 'bytes[]', 'bytes32'], [[ZeroAddress], [0], [proposal.calldata], id(proposal.description)]));
  const vote = (support: number): string => governor.encodeFunctionData('castVote', [number, support]);
  const lines = sayCall('KeyfallGovernor', ZeroAddress, vote(1), proposal);
  assert.ok(lines.includes('  support: 1, for') && lines.some((line) => line.includes('Set the data fee scalar to 1100000')), lines.join('|'));
  assert.ok(lines.every((line) => printable(line) === line), lines.join('|'));
  assert.ok(sayCall('KeyfallGovernor', ZeroAddress, vote(7), proposal).includes('  support: 7, which the governor does not know'));
  assert.throws(() => sayCall('KeyfallGovernor', ZeroAddress, vote(1)), /is not in the file, so it is not signed/);
  for (const other of [{ ...proposal, description: 'costs rose' }, { ...proposal, calldata: `${proposal.calldata}00` }, { ...proposal, target: '0x0000000000000000000000000000000000000001' }]) {
    assert.throws(() => sayCall('KeyfallGovernor', ZeroAddress, vote(1), other), /do not sign it/);
  }
});

test('a refusal names states and kinds instead of their numbers, and the names are those of the sources', () => {
  const refusal = (contract: string, name: string, args: readonly unknown[]): string | undefined => revertReason(new Interface(contractAbi(contract)).encodeErrorResult(name, args), [contractAbi('Clock'), contractAbi(contract)]);
  assert.equal(refusal('UpgradeTimelock', 'UnexpectedState', [ZeroHash, 5]), `UnexpectedState(id ${ZeroHash}, state Vetoed)`);
  assert.equal(refusal('UpgradeTimelock', 'NotVetoable', [5]), 'NotVetoable(kind Operator)');
  assert.equal(refusal('Lifecycle', 'UnexpectedPhase', [3, 2]), 'UnexpectedPhase(actual Frozen, expected Enforced)');
  assert.equal(refusal('KeyfallGovernor', 'GovernorUnexpectedProposalState', [7, 0, toBeHex(0b10010, 32)]), 'GovernorUnexpectedProposalState(proposalId 7, current Pending, expectedStates Active or Succeeded)');
  const folder = new URL('../../contracts/src/interfaces/', import.meta.url);
  const own = readdirSync(folder).map((file) => readFileSync(new URL(file, folder), 'utf8'));
  const sources = [...own, readFileSync(createRequire(import.meta.url).resolve('@openzeppelin/contracts/governance/IGovernor.sol'), 'utf8')].join('\n').replaceAll(/\/\/.*/g, '');
  for (const [type, names] of Object.entries(ENUMS)) {
    const body = new RegExp(`enum ${type.split('.').at(-1)} \\{([^}]*)\\}`).exec(sources)?.[1] ?? '';
    assert.deepEqual(body.split(',').map((name) => name.trim()), names, type);
  }
});

test('a description cannot pass for our words: what a terminal obeys, new lines and hidden or turned text are written out', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['costs rose', 'costs rose'],
    ['Kosten stiegen; コスト; 👍', 'Kosten stiegen; コスト; 👍'],
    ['a\nupgrade 0x12: executed', 'a\\u{a}upgrade 0x12: executed'],
    ['\u001b[2J\u001b[1;1Hsafe', '\\u{1b}[2J\\u{1b}[1;1Hsafe'],
    ['\u009b31m', '\\u{9b}31m'],
    ['\u202Eevil', '\\u{202e}evil'],
    ['\u2028next\u200b', '\\u{2028}next\\u{200b}'],
  ];
  for (const [text, shown] of cases) assert.equal(printable(text), shown);
});
