// Proposals and ballots before anyone signs: what a proposal does is read from the bytes whose hash is its number, calls within calls are read
// at every depth, ballots hash as ethers hashes them, and a batch is judged by what the chain shows of it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AbiCoder, TypedDataEncoder, keccak256 } from 'ethers';
import { decodeEventLog, encodeAbiParameters, encodeEventTopics, encodeFunctionData, erc20Abi, keccak256 as hashOf } from 'viem';
import type { AbiParameter, Hex } from 'viem';
import { UPGRADE_KINDS } from '../../node/protocol/upgrade.ts';
import { ABIS } from '../../governance-ui/chain/abis.ts';
import type { ContractName } from '../../governance-ui/chain/abis.ts';
import { decodeCall } from '../../governance-ui/chain/decode.ts';
import { ballotText, contentOfCreated, parseBallot, proposalIdOf, proposedUpgrade, typedBallot } from '../../governance-ui/chain/governor.ts';
import type { Content } from '../../governance-ui/chain/governor.ts';
import type { Quorum } from '../../governance-ui/chain/rpc/quorum.ts';
import { judgeBatch } from '../../governance-ui/chain/sentBatch.ts';
import { calendarText } from '../../governance-ui/components/ics.ts';
import { castVote, delegateVotes, scheduleProposal } from '../../governance-ui/flows/vote.ts';
import { allowVault } from '../../governance-ui/flows/depositToken.ts';
import { forceCall } from '../../governance-ui/flows/forceCall.ts';
import { forcedTokenWithdrawal } from '../../governance-ui/flows/withdrawToken.ts';
import { MESSAGE_PASSER, L2_BRIDGE } from '../../node/protocol/addresses.ts';

const TIMELOCK: Hex = '0x70997970c51812dc3a010c7d01b50e0d17dc79c8';
const GOVERNOR: Hex = '0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc';
const TOKEN: Hex = '0x90f79bf6eb2c4f870365e785982e1f101e93b906';
const VAULT: Hex = '0x15d34aaf54267db7d7c367839aaf71a00a2c6a65';
const INBOX: Hex = '0x9965507d1a55bcc2695c58ba16fb37d819b0a4dc';
const HATCH: Hex = '0x976ea74026e726554db657fa54763abd0c3a0aa9';
const ME: Hex = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266';
const HASH: Hex = `0x${'ab'.repeat(32)}`;
const known = new Map<string, ContractName>([[TIMELOCK, 'UpgradeTimelock'], [GOVERNOR, 'KeyfallGovernor'], [TOKEN, 'KeyfallToken'], [VAULT, 'Vault'], [INBOX, 'Inbox'], [HATCH, 'EscapeHatch'], [MESSAGE_PASSER, 'MessagePasser'], [L2_BRIDGE, 'L2Bridge']]);

const feesKind = UPGRADE_KINDS.findIndex(({ name }) => name === 'Fees');
const fees = { kind: feesKind, payload: encodeAbiParameters([UPGRADE_KINDS[feesKind]?.payload as AbiParameter], [{ dataFeeScalar: 5n, surchargeScalar: 6n }]), reportHash: HASH, salt: HASH };
const call = (upgrade: typeof fees = fees): Hex => encodeFunctionData({ abi: ABIS.UpgradeTimelock, functionName: 'schedule', args: [upgrade] });
const content: Content = { targets: [TIMELOCK], values: [0n], calldatas: [call()], descriptionHash: HASH };

describe('what a proposal does', () => {
  test('is read from its content, whose hash is its number as ethers computes it', () => {
    const id = BigInt(keccak256(AbiCoder.defaultAbiCoder().encode(['address[]', 'uint256[]', 'bytes[]', 'bytes32'], [content.targets, content.values, content.calldatas, content.descriptionHash])));
    assert.equal(proposalIdOf(content), id);
    const does = proposedUpgrade(id, content, TIMELOCK, 1);
    assert.ok(does.ok && does.upgrade.payload === fees.payload);
  });

  test('is called unreadable for any content but one canonical call of schedule without value', () => {
    const refused = (changed: Partial<Content>, pattern: RegExp): void => {
      const other = { ...content, ...changed };
      const does = proposedUpgrade(proposalIdOf(other), other, TIMELOCK, 1);
      assert.ok(!does.ok);
      assert.match(does.why, pattern);
    };
    refused({ targets: [TOKEN] }, /not one call/);
    refused({ values: [1n] }, /not one call/);
    refused({ targets: [TIMELOCK, TIMELOCK], values: [0n, 0n], calldatas: [call(), call()] }, /not one call/);
    refused({ calldatas: [`${call()}00`] }, /encodes to/);
    refused({ calldatas: ['0xdeadbeef'] }, /no call/);
    refused({ calldatas: [encodeFunctionData({ abi: ABIS.UpgradeTimelock, functionName: 'execute', args: [fees] })] }, /not schedule/);
    refused({ calldatas: [call({ ...fees, payload: `${fees.payload}00` })] }, /canonical/);
    const shown = proposedUpgrade(proposalIdOf(content), { ...content, descriptionHash: `0x${'cd'.repeat(32)}` }, TIMELOCK, 1);
    assert.ok(!shown.ok && /number/.test(shown.why), 'a number of other content is noticed');
  });
});

test('a proposal whose description is no text at all, or begins with a mark that readers drop, is read like any other', () => {
  const inputs = [['uint256', 'proposalId'], ['address', 'proposer'], ['address[]', 'targets'], ['uint256[]', 'values'], ['string[]', 'signatures'], ['bytes[]', 'calldatas'], ['uint256', 'voteStart'], ['uint256', 'voteEnd'], ['bytes', 'description']].map(([type = '', name]) => ({ type, name }));
  for (const description of ['0xff', '0xefbbbf', '0xc3', '0x', '0x68656c6c6f'] as const) {
    const written = { ...content, descriptionHash: hashOf(description) };
    const id = proposalIdOf(written);
    const data = encodeAbiParameters(inputs, [id, ME, written.targets, written.values, [''], written.calldatas, 1n, 2n, description]);
    const { args } = decodeEventLog({ abi: ABIS.KeyfallGovernor, eventName: 'ProposalCreated', topics: encodeEventTopics({ abi: ABIS.KeyfallGovernor, eventName: 'ProposalCreated' }) as [Hex], data });
    const read = contentOfCreated(args as unknown as Parameters<typeof contentOfCreated>[0], data);
    assert.ok(proposedUpgrade(id, read, TIMELOCK, 1).ok, description);
  }
});

describe('acts of voters in words', () => {
  test('a vote, a delegation and scheduling say what they do, down to the upgrade', () => {
    const vote = decodeCall(castVote({ chainId: 1, to: GOVERNOR }, 7n, 'against'), known);
    assert.ok(vote.ok && /Vote AGAINST on proposal 7/.test(vote.call.sentence));
    const delegated = decodeCall(delegateVotes({ chainId: 1, to: TOKEN }, ME), known);
    assert.ok(delegated.ok && new RegExp(ME, 'i').test(delegated.call.sentence));
    const scheduled = decodeCall(scheduleProposal({ chainId: 1, to: GOVERNOR }, content), known);
    assert.ok(scheduled.ok && /data 5, surcharge 6/.test(scheduled.call.sentence), JSON.stringify(scheduled, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value)));
    assert.ok(!decodeCall(scheduleProposal({ chainId: 1, to: GOVERNOR }, { ...content, targets: [ME] }), known).ok, 'a call of a stranger inside is not described');
  });

  test('a multicall of the hatch is read call by call, and one unreadable call makes it unreadable', () => {
    const fix = encodeFunctionData({ abi: ABIS.EscapeHatch, functionName: 'fixRatio', args: [{ kind: 0, token: `0x${'0'.repeat(40)}`, id: 0n }, [], []] });
    const many = (calls: readonly Hex[]): Hex => encodeFunctionData({ abi: ABIS.EscapeHatch, functionName: 'multicall', args: [calls, 0n] });
    const read = decodeCall({ to: HATCH, valueWei: 0n, data: many([fix, encodeFunctionData({ abi: ABIS.EscapeHatch, functionName: 'refund', args: [3n, '0x', ME, 0n, '0x'] })]) }, known);
    assert.ok(read.ok && /\(1\) Fix.*\(2\) Pay back the deposit of message 3.* to 0x/i.test(read.call.sentence));
    assert.ok(!decodeCall({ to: HATCH, valueWei: 0n, data: many([fix, '0xdeadbeef']) }, known).ok);
    assert.ok(!decodeCall({ to: HATCH, valueWei: 0n, data: many([fix, `${fix}00`]) }, known).ok, 'a trailing byte inside is signed too');
  });

  test('a forced message says what it does on L2, and asks for typed words where that cannot be read', () => {
    const burn = decodeCall(forceCall({ inbox: INBOX, chainId: 1, priceWei: 1n, call: forcedTokenWithdrawal(ME, { kind: 'erc20', token: TOKEN, id: 0n, amount: 9n }) }), known);
    assert.ok(burn.ok && burn.call.unread === undefined && /Burn 9 units of ERC-20/.test(burn.call.sentence));
    const free = decodeCall(forceCall({ inbox: INBOX, chainId: 1, priceWei: 1n, call: { to: ME, valueWei: 0n, mintWei: 0n, data: '0xdeadbeef' } }), known);
    assert.ok(free.ok && free.call.unread !== undefined);
    const elsewhere = decodeCall(forceCall({ inbox: INBOX, chainId: 1, priceWei: 1n, call: { to: TOKEN, valueWei: 1n, mintWei: 1n, data: delegateVotes({ chainId: 1, to: TOKEN }, ME).data } }), known);
    assert.ok(elsewhere.ok && elsewhere.call.unread !== undefined, 'the L1 address of a contract is not that contract on L2');
  });

  test('an allowance is read as a token\'s only where the address is no contract of the rollup', () => {
    const allowed = decodeCall(allowVault({ vault: VAULT, chainId: 1, deposit: { kind: 'erc20', token: ME, id: 0n, amount: 4n } }), known);
    assert.ok(allowed.ok && new RegExp(`${VAULT} to take up to 4 units`, 'i').test(allowed.call.sentence));
    const disguised = decodeCall({ to: GOVERNOR, valueWei: 0n, readAs: 'BridgedERC20', data: encodeFunctionData({ abi: erc20Abi, functionName: 'approve', args: [VAULT, 4n] }) }, known);
    assert.ok(!disguised.ok);
  });
});

describe('ballots', () => {
  const blank = { chainId: 31_337, governor: GOVERNOR, proposalId: '123', choice: 'abstain' as const, voter: ME, nonce: '456' };

  test('hash as ethers hashes the governor\'s Ballot', () => {
    const typed = typedBallot(blank, 'x');
    const types = { Ballot: [{ name: 'proposalId', type: 'uint256' }, { name: 'support', type: 'uint8' }, { name: 'voter', type: 'address' }, { name: 'nonce', type: 'uint256' }] };
    assert.equal(typed.digest, TypedDataEncoder.hash({ name: 'Keyfall Governor', version: '1', chainId: 31_337, verifyingContract: GOVERNOR }, types, { proposalId: 123n, support: 2, voter: ME, nonce: 456n }));
  });

  test('pass as files, and a damaged one is refused by the name of what is wrong', () => {
    const ballot = { ...blank, signature: HASH };
    assert.deepEqual(parseBallot(ballotText(ballot)), ballot);
    for (const [field, value] of [['choice', 'yes'], ['voter', '0x12'], ['voter', ME.replace('f', 'F')], ['proposalId', '-1'], ['signature', 'none'], ['format', 'other']] as const) {
      assert.throws(() => parseBallot(JSON.stringify({ ...JSON.parse(ballotText(ballot)) as object, [field]: value })), new RegExp(field === 'choice' ? 'expected one of' : field));
    }
  });
});

describe('a batch, judged by what the chain shows', () => {
  const calls = [delegateVotes({ chainId: 1, to: TOKEN }, ME), castVote({ chainId: 1, to: GOVERNOR }, 7n, 'for')];
  const wrapped = `0xaabbccdd${calls.map(({ to, data }) => to.slice(2) + data.slice(2)).join('')}`;

  async function judged({ input = wrapped, emitters = [TOKEN, GOVERNOR], spent = 0n }: { input?: string; emitters?: readonly string[]; spent?: bigint }) {
    const quorum = { read: async (method: string, params: readonly unknown[], at: unknown, pick: (answer: unknown) => unknown = (answer) => answer) => {
      const answers: Record<string, unknown> = {
        eth_getTransactionByHash: { from: ME, to: ME, input, value: '0x0' }, eth_getTransactionReceipt: { status: '0x1', blockNumber: '0x5', gasUsed: '0x64', effectiveGasPrice: '0x2', logs: emitters.map((address) => ({ address })) },
        eth_getBalance: params[1] === '0x4' ? '0x100000' : `0x${(0x100000n - 200n - spent).toString(16)}`,
      };
      return { known: true, at, trust: 'agreed', value: pick(answers[method]) };
    } } as unknown as Quorum;
    const verdict = await judgeBatch(quorum, [HASH], calls, ME);
    return verdict.known ? verdict.value : assert.fail(verdict.why);
  }

  test('is what was asked for when it carries both calls whole and nothing else shows', async () => {
    assert.deepEqual(await judged({}), { isSuccess: true, stray: [] });
  });

  test('another choice, an event of a stranger, and ether that leaves are each found', async () => {
    const other = castVote({ chainId: 1, to: GOVERNOR }, 7n, 'against').data.slice(2);
    const [, vote] = calls;
    assert.match((await judged({ input: wrapped.replace(vote?.data.slice(2) ?? '', other) })).stray.join(), /Vote for/);
    assert.match((await judged({ emitters: [TOKEN, GOVERNOR, VAULT] })).stray.join(), /which was not called/);
    assert.match((await judged({ spent: 5n })).stray.join(), /5 wei more/);
  });
});

test('a calendar file escapes what would end its lines, and folds long ones', () => {
  const text = calendarText({ uid: 'x', title: 'a, b; c\nEND:VEVENT', about: 'y'.repeat(200), at: 1_800_000_000n }, 1_700_000_000n);
  assert.ok(text.includes('SUMMARY:a\\, b\\; c\\nEND:VEVENT'));
  assert.equal(text.split('\r\n').filter((line) => line === 'END:VEVENT').length, 1);
  assert.ok(text.split('\r\n').every((line) => line.length <= 75));
  assert.match(text, /DTSTART:20270115T080000Z/);
});
