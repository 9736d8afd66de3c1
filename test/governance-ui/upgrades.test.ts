// Upgrades and acts of the council, before they are signed: every kind in words from the protocol's table, anything unreadable called
// so, EIP-712 hashes against ethers (which the command line signs with), files that pass between page and command line.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { AbiCoder, TypedDataEncoder, keccak256 } from 'ethers';
import fc from 'fast-check';
import { encodeAbiParameters, encodeFunctionData } from 'viem';
import type { AbiParameter, Hex } from 'viem';
import { UPGRADE_KINDS } from '../../node/protocol/upgrade.ts';
import { actText, parseAct, typedAct, upgradeIdOf, withApproval } from '../../governance-ui/chain/council.ts';
import type { CouncilAct } from '../../governance-ui/chain/council.ts';
import { judgeOnChain } from '../../governance-ui/chain/approvals.ts';
import type { Contract } from '../../governance-ui/chain/contract.ts';
import { decodeCall } from '../../governance-ui/chain/decode.ts';
import { contentOf, readUpgrade, upgradeWords } from '../../governance-ui/chain/upgradeWords.ts';
import type { Upgrade } from '../../governance-ui/chain/upgradeWords.ts';
import { vetoReach } from '../../governance-ui/chain/vetoReach.ts';
import type { Proposal, ProposalState } from '../../governance-ui/chain/governor.ts';
import type { ScheduledUpgrade, UpgradeState } from '../../governance-ui/chain/timelock.ts';
import { ABIS } from '../../governance-ui/chain/abis.ts';

const A = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';
const B = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC';
const ROOT = join(import.meta.dirname, '..', '..');
const HASH: Hex = `0x${'ab'.repeat(32)}`;
const SAMPLES: Readonly<Record<string, Record<string, unknown>>> = {
  Core: { implementation: A, codehash: HASH, migrates: true }, ZkLane: { lane: A, codehash: HASH, builtOn: [B] }, LaneSwitch: { lane: A, codehash: HASH, isEnabled: false }, Spec: { specId: 2n, delaySeconds: 700_000n },
  AttesterSet: { previousLane: A, lane: B, codehash: HASH }, Operator: { hotKey: A, coldKey: B }, Fees: { dataFeeScalar: 1n, surchargeScalar: 2n }, Council: { members: [{ account: A, isExternal: true }], threshold: 6n },
};

function upgradeOf(kind: number): Upgrade {
  const entry = UPGRADE_KINDS[kind] ?? assert.fail('no such kind');
  return { kind, payload: encodeAbiParameters([entry.payload as AbiParameter], [SAMPLES[entry.name]]), reportHash: HASH, salt: `0x${'0'.repeat(64)}` };
}

const core = upgradeOf(0);
const act: CouncilAct = { act: 'veto', chainId: '31337', council: A, timelock: B, epoch: '1', nonce: '7', deadline: '1800000000', upgrade: core, approvals: [] };

describe('upgrades in words', () => {
  test('every kind of the protocol has a sentence that names its addresses, and every field is listed', () => {
    for (const [kind, { name, payload }] of UPGRADE_KINDS.entries()) {
      const read = readUpgrade(upgradeOf(kind)) ?? assert.fail(`${name} is not read`);
      assert.equal(read.name, name);
      assert.equal(read.fields.length, payload.components?.length);
    }
    assert.match(upgradeWords(core), new RegExp(A));
    assert.equal(readUpgrade(core)?.danger, 'everything');
    assert.equal(readUpgrade(upgradeOf(1))?.danger, 'everything', 'a lane that lies takes everything');
  });

  test('a payload with a rest, cut short, not canonical or of no kind is unreadable', () => {
    assert.equal(readUpgrade({ ...core, payload: `${core.payload}00` }), undefined);
    assert.equal(readUpgrade({ ...core, payload: core.payload.slice(0, -2) as Hex }), undefined);
    assert.equal(readUpgrade({ ...core, kind: 8 }), undefined);
    const dirty = `0x01${core.payload.slice(4)}` as Hex;
    assert.equal(readUpgrade({ ...core, payload: dirty }), undefined, 'bits above an address are not canonical');
    assert.match(upgradeWords({ ...core, kind: 200 }), /cannot read/);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat({ max: 8 }), (bytes, kind) => {
      readUpgrade({ ...core, kind, payload: `0x${Buffer.from(bytes).toString('hex')}` });
    }));
  });

  test('a call of the timelock or the council is described by what the upgrade does', () => {
    const known = new Map([[B.toLowerCase(), 'UpgradeTimelock' as const], [A.toLowerCase(), 'SecurityCouncil' as const]]);
    const executed = decodeCall({ to: B, valueWei: 0n, data: encodeFunctionData({ abi: ABIS.UpgradeTimelock, functionName: 'execute', args: [core] }) }, known);
    assert.ok(executed.ok);
    assert.match(executed.call.sentence, /Replace the Rollup's code/);
    const vetoed = decodeCall({ to: A, valueWei: 0n, data: encodeFunctionData({ abi: ABIS.SecurityCouncil, functionName: 'veto', args: [core, 7n, 9n, []] }) }, known);
    assert.ok(vetoed.ok);
  });
});

test('no reading is named by a payload without its kind: the same bytes are fees of one kind and a spec of another', () => {
  const kindOf = (name: string): number => UPGRADE_KINDS.findIndex((entry) => entry.name === name);
  const [spec, asFees] = [upgradeOf(kindOf('Spec')), { ...upgradeOf(kindOf('Spec')), kind: kindOf('Fees') }];
  assert.ok(readUpgrade(spec)?.name === 'Spec' && readUpgrade(asFees)?.name === 'Fees');
  assert.notEqual(contentOf(spec), contentOf(asFees));
  for (const path of ['components', 'screens'].flatMap((folder) => globSync(`governance-ui/${folder}/*.ts*`, { cwd: ROOT }))) {
    for (const [name] of readFileSync(join(ROOT, path), 'utf8').matchAll(/useReading[^(\n]*\('l1', \[[^\]]*\.payload[^\]]*\]/g)) assert.match(name, /\.kind\b/, `${path}: ${name}`);
  }
});

describe('acts of the council', () => {
  test('domain, message and digest are those that ethers computes from the contract\'s types', () => {
    const fields = [{ name: 'upgradeId', type: 'bytes32' }, { name: 'kind', type: 'uint8' }, { name: 'reportHash', type: 'bytes32' }, { name: 'nonce', type: 'uint256' }, { name: 'deadline', type: 'uint256' }, { name: 'epoch', type: 'uint256' }];
    const domain = { name: 'Keyfall SecurityCouncil', version: '1', chainId: 31_337, verifyingContract: A };
    for (const [name, primary] of [['veto', 'Veto'], ['expedite', 'Expedite']] as const) {
      const typed = typedAct({ ...act, act: name });
      const value = { upgradeId: upgradeIdOf(31_337n, B, core), kind: 0, reportHash: HASH, nonce: 7, deadline: 1_800_000_000, epoch: 1 };
      assert.equal(typed.digest, TypedDataEncoder.hash(domain, { [primary]: fields }, value));
      assert.equal(typed.domainHash, TypedDataEncoder.hashDomain(domain));
      assert.equal(typed.messageHash, TypedDataEncoder.hashStruct(primary, { [primary]: fields }, value));
    }
    const pause = typedAct({ ...act, act: 'pause' });
    assert.equal(pause.digest, TypedDataEncoder.hash(domain, { PauseFinality: fields.slice(3) }, { nonce: 7, deadline: 1_800_000_000, epoch: 1 }));
  });

  test('an upgrade\'s id depends on chain, timelock and every field', () => {
    const id = upgradeIdOf(31_337n, B, core);
    const coder = AbiCoder.defaultAbiCoder();
    const content = keccak256(coder.encode(['uint8', 'bytes32'], [core.kind, keccak256(core.payload)]));
    assert.equal(id, keccak256(coder.encode(['uint256', 'address', 'bytes32', 'bytes32', 'bytes32'], [31_337n, B, content, core.reportHash, core.salt])));
    for (const other of [upgradeIdOf(1n, B, core), upgradeIdOf(31_337n, A, core), upgradeIdOf(31_337n, B, { ...core, kind: 1 }), upgradeIdOf(31_337n, B, { ...core, salt: HASH }), upgradeIdOf(31_337n, B, { ...core, payload: '0x' }), upgradeIdOf(31_337n, B, { ...core, reportHash: core.salt })]) assert.notEqual(other, id);
  });

  test('P-146 a veto reaches what stands of its content, whatever salt and report, and no proposal of it', () => {
    const [twin, reported, other] = [{ ...core, salt: HASH }, { ...core, reportHash: core.salt, salt: A.padEnd(66, '0') as Hex }, { ...core, kind: 1 }];
    const scheduled = (upgrade: Upgrade, state: UpgradeState): ScheduledUpgrade => ({ id: upgradeIdOf(31_337n, B, upgrade), upgrade, state, scheduledBlock: 0n, scheduledAt: 0n, executableAt: 0n, expiresAt: 0n });
    const upgrades = [scheduled(core, 'Scheduled'), scheduled(twin, 'Executable'), scheduled(other, 'Scheduled')];
    const proposal = (id: bigint, upgrade: Upgrade, state: ProposalState): Proposal => ({ id, state, does: { ok: true, upgrade, upgradeId: upgradeIdOf(31_337n, B, upgrade) } }) as Proposal;
    const opaque = { id: 9n, state: 'Succeeded', does: { ok: false, why: 'no call' } } as Proposal;
    const proposals = [proposal(1n, reported, 'Succeeded'), proposal(2n, reported, 'Defeated'), proposal(3n, twin, 'Executed'), proposal(4n, other, 'Succeeded'), proposal(5n, reported, 'Active'), proposal(6n, reported, 'Pending'), proposal(7n, reported, 'Expired'), opaque];
    const reach = vetoReach(scheduled(core, 'Scheduled').id, { ...core, payload: core.payload.toUpperCase().replace('0X', '0x') as Hex }, upgrades, proposals);
    assert.deepEqual(reach.falls.map(({ id }) => id), [upgradeIdOf(31_337n, B, twin)]);
    assert.deepEqual(reach.passed.map(({ id }) => id), [1n]);
    assert.deepEqual(reach.undecided.map(({ id }) => id), [5n, 6n]);
    assert.deepEqual(reach.unread.map(({ id }) => id), [9n], 'of one that cannot be read it is not known');
    for (const state of ['Executed', 'Expired', 'Vetoed'] as const) assert.deepEqual(vetoReach(upgrades[0]!.id, core, [scheduled(twin, state)], []).falls, [], state);
    assert.match(typedAct({ ...act, act: 'veto' }).sentence, /every other of its content that stands/);
  });

  test('a chain id that no signature can name is refused when it is read, not when it is shown', () => {
    for (const chainId of [String(Number.MAX_SAFE_INTEGER), '99999999999999999999']) assert.throws(() => parseAct(actText({ ...act, chainId })), /expected a chain id below/);
    typedAct(parseAct(actText({ ...act, chainId: String(Number.MAX_SAFE_INTEGER - 1) })));
  });

  test('a wallet\'s approval counts only if its whole answer is what the contract compares with', async () => {
    const answering = (answer: unknown): Contract => ({ name: 'SecurityCouncil', address: A, chain: { read: async (method: string, _params: unknown, at: unknown) => ({ known: true, at, trust: 'agreed', value: method === 'eth_getCode' ? '0x60' : answer }) } }) as unknown as Contract;
    const judged = async (answer: unknown): Promise<boolean | undefined> => judgeOnChain(answering(answer), { number: 1n, hash: HASH, timestamp: 0n })(act, B, '0x01');
    assert.equal(await judged(`0x1626ba7e${'0'.repeat(56)}`), true);
    for (const answer of [`0x1626ba7e${'0'.repeat(55)}1`, '0x1626ba7e', `0xffffffff${'0'.repeat(56)}`, '0x', { reverted: '0x' }]) assert.equal(await judged(answer), false, JSON.stringify(answer));
  });

  test('a file survives writing and reading, and every wrong part is refused by name', () => {
    const signed = withApproval(withApproval(withApproval(act, A, '0x01'), B, '0x02'), A, '0x03');
    assert.deepEqual(signed.approvals.map(({ signer }) => signer), [B, A], 'ascending, one per signer, the newest');
    assert.deepEqual(parseAct(actText(signed)), signed);
    const plain = JSON.parse(actText(act)) as Record<string, unknown>;
    for (const [change, pattern] of [[{ format: 'x' }, /format/], [{ act: 'steal' }, /one of/], [{ chainId: 1 }, /chain id/], [{ upgrade: undefined }, /names an upgrade/], [{ council: '0x1' }, /council/], [{ act: 'resolve', upgrade: undefined }, /dispute/],
      [{ act: 'pause' }, /names no upgrade/], [{ lane: A }, /no dispute and no lane/], [{ deadline: '99999999999999999' }, /deadline below/], [{ nonce: '9'.repeat(78) }, /nonce below/], [{ council: '0xaAaAaAaaAaAaAaaAaAAAAAAAAaaaAaAaAaaAaaAA' }, /checksum/]] as const) {
      assert.throws(() => parseAct(JSON.stringify({ ...plain, ...change })), pattern);
    }
    assert.throws(() => parseAct('{'), SyntaxError);
  });
});
