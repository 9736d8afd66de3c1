// Monitors over views that say what the test tells them: each judges the good state ok, each bad one a violation, and says unverifiable, never ok, when what
// it rests on cannot be read. (Over a real chain: engine.test.ts.)

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeAbiParameters, keccak256, pad, toHex, type Hex } from 'viem';
import { outputsHash } from '@keyfall/protocol';
import { batchData } from '../../watchtower/monitors/batchData.ts';
import { clock } from '../../watchtower/monitors/clock.ts';
import { contradictions } from '../../watchtower/monitors/contradictions.ts';
import { disputes } from '../../watchtower/monitors/disputes.ts';
import { drills } from '../../watchtower/monitors/drills.ts';
import { lanes } from '../../watchtower/monitors/lanes.ts';
import { lanesRefuse } from '../../watchtower/monitors/lanesRefuse.ts';
import { memberCode } from '../../watchtower/monitors/memberCode.ts';
import { people } from '../../watchtower/monitors/people.ts';
import { signsOfLife } from '../../watchtower/monitors/signsOfLife.ts';
import { stage } from '../../watchtower/monitors/stage.ts';
import { strandedBatches } from '../../watchtower/monitors/strandedBatches.ts';
import { unannounced } from '../../watchtower/monitors/unannounced.ts';
import { unusedProofs } from '../../watchtower/monitors/unusedProofs.ts';
import { contentOf, idOf, upgradeIdentity } from '../../watchtower/monitors/upgradeIdentity.ts';
import { zkAnswers } from '../../watchtower/monitors/zkAnswers.ts';
import { zkProgram } from '../../watchtower/monitors/zkProgram.ts';
import { MONITORS } from '../../watchtower/registry.ts';
import { checkUpgrade } from '../../watchtower/upgrades/checks.ts';
import { decodeUpgrade } from '../../watchtower/upgrades/decode.ts';
import { Unverifiable } from '../../watchtower/verdict.ts';
import { upgradeOf, type RawUpgrade } from './corpus.ts';
import { addressOf, fakeView, NOW_SECONDS, saysOf, type Told } from './fakeView.ts';

const [A, B, C] = [addressOf('a1'), addressOf('b2'), addressOf('c3')];
const HASH: Hex = `0x${'77'.repeat(32)}`;
const ATTESTER = { lane: A, kind: 2, specId: 1 };
const ZK = { lane: B, kind: 1, specId: 1 };
const enabled = (...list: readonly unknown[]): Readonly<Record<string, unknown>> => ({ 'Lanes.enabledLanes': [list, false], 'AttesterLane.specId': 1n });

describe('monitors', () => {
  it('every check of every group of the design has one id, and judges or tells', () => {
    assert.equal(new Set(MONITORS.map(({ id }) => id)).size, MONITORS.length);
    for (const { id, group, evaluate, notices } of MONITORS) {
      assert.ok(id.startsWith(group), id);
      assert.ok(evaluate !== undefined || (notices ?? []).length > 0, id);
    }
    const told = MONITORS.filter(({ evaluate }) => evaluate === undefined).map(({ id }) => id);
    assert.deepEqual(told, [], 'a check that only tells events never says ok');
  });

  it('says unverifiable, never ok or violation, when nothing can be read', async () => {
    for (const monitor of [lanes, lanesRefuse, zkProgram, zkAnswers, strandedBatches, contradictions, disputes, unusedProofs, batchData, memberCode, people, signsOfLife, clock, stage]) {
      assert.deepEqual(await saysOf(monitor, {}), { '': 'unverifiable' }, monitor.id);
    }
    assert.deepEqual(await saysOf(upgradeIdentity, { events: { 'UpgradeTimelock.UpgradeScheduled': [{ id: HASH }] } }), { '': 'unverifiable' });
  });

  it('B15: a lane that is on was registered, as what it is, for the spec that it says, and is not dead', async () => {
    const registered = { 'Lanes.LaneRegistered': [{ lane: A, kind: '2' }] };
    assert.deepEqual(await saysOf(lanes, { reads: enabled(ATTESTER), events: registered }), { '': 'ok', [A]: 'ok' });
    const since = (enabledSinceT: number): Told => ({ reads: { ...enabled(ATTESTER), 'Lanes.laneRecord': { enabledSinceT }, block: { timestamp: '0x64' }, 'Clock.timeAt': (wall: unknown) => wall } });
    assert.equal((await saysOf(lanes, since(101)))[A], 'violation', 'never registered');
    assert.equal((await saysOf(lanes, since(100)))[A], 'ok', 'on since before the first block that is read');
    assert.equal((await saysOf(lanes, { reads: enabled({ ...ATTESTER, kind: 1 }), events: registered }))[A], 'violation', 'another kind');
    assert.equal((await saysOf(lanes, { reads: { ...enabled(ATTESTER), 'AttesterLane.specId': 2n }, events: registered }))[A], 'violation', 'another spec');
    assert.equal((await saysOf(lanes, { reads: enabled(ATTESTER), events: { ...registered, 'Lanes.LaneKilled': [{ lane: A }] } }))[A], 'violation', 'dead');
    assert.equal((await saysOf(lanes, { reads: enabled() }))[''], 'violation', 'none');
  });

  describe('B17', () => {
    const raw = { kind: '7', payload: '0x1234' as Hex, reportHash: HASH, salt: HASH };
    const delay = 100n;
    const event = (more: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> => ({ id: idOf(raw, 1, addressOf('bb')), content: contentOf(raw), upgrade: raw, scheduledT: '10', eta: '110', ...more });
    const told = (scheduled: readonly Readonly<Record<string, unknown>>[], more: Told['events'] = {}, state = 1): Told => ({ reads: { 'UpgradeTimelock.state': state, 'UpgradeTimelock.delayOf': delay }, events: { 'UpgradeTimelock.UpgradeScheduled': scheduled, ...more } });
    const { id } = event() as { id: Hex };

    it('is ok of an upgrade that is what its event says, and quiet about those that are over', async () => {
      assert.deepEqual(await saysOf(upgradeIdentity, told([event()])), { [id]: 'ok' });
      assert.deepEqual(await saysOf(upgradeIdentity, told([event({ id: HASH })], {}, 3)), {});
    });
    it('finds another id, another content, a shorter delay, a content that was vetoed, and one that stands twice', async () => {
      assert.equal((await saysOf(upgradeIdentity, told([event({ id: HASH })])))[HASH], 'violation');
      assert.equal((await saysOf(upgradeIdentity, told([event({ content: HASH })])))[id], 'violation');
      assert.equal((await saysOf(upgradeIdentity, told([event({ eta: '109' })])))[id], 'violation');
      assert.equal((await saysOf(upgradeIdentity, told([event({ block: 5 })], { 'UpgradeTimelock.UpgradeVetoed': [{ content: contentOf(raw), block: 4 }] })))[id], 'violation');
      const other = { ...raw, salt: `0x${'78'.repeat(32)}` as Hex };
      const twin = { ...event(), upgrade: other, id: idOf(other, 1, addressOf('bb')) };
      assert.deepEqual(Object.values(await saysOf(upgradeIdentity, told([event(), twin]))), ['violation', 'violation']);
    });
    it('a content that was carried out before may come again: it is said, and no alarm', async () => {
      const [verdict] = await upgradeIdentity.evaluate?.(fakeView({ ...told([event({ id: HASH, block: 1 }), event({ block: 5 })], { 'UpgradeTimelock.UpgradeExecuted': [{ id: HASH }] }), reads: { 'UpgradeTimelock.state': (which: unknown) => (which === HASH ? 3 : 1), 'UpgradeTimelock.delayOf': delay } })) ?? [];
      assert.equal(verdict?.status, 'ok');
      assert.match(verdict.sentence, /carried out 1 times before/);
    });
  });

  it('D21, D22: unverifiable while there is no zk lane, whatever attesters do', async () => {
    const reads = { ...enabled(ATTESTER), 'AttesterLane.accepted': false };
    assert.deepEqual(await saysOf(zkProgram, { reads }), { '': 'unverifiable' });
    assert.deepEqual(await saysOf(zkAnswers, { reads }), { '': 'unverifiable' });
    assert.deepEqual(await saysOf(lanesRefuse, { reads }), { [A]: 'ok' }, 'attesters are asked all the same');
    assert.deepEqual(await saysOf(lanesRefuse, { reads: enabled() }), { '': 'unverifiable' });
  });

  describe('subjects that are judged alone', () => {
    const member = (account: Hex): { account: Hex } => ({ account });
    it('a lane that answers nothing hides no other one that accepts everything or was never registered', async () => {
      const reads = { ...enabled(ZK, ATTESTER), 'AttesterLane.accepted': async (lane: unknown) => (lane === A ? Promise.reject(new Unverifiable('it reverts')) : Promise.resolve(true)) };
      assert.deepEqual(await saysOf(lanesRefuse, { reads }), { [A]: 'unverifiable', [B]: 'violation' });
      assert.deepEqual(await saysOf(lanes, { reads: { ...reads, 'Lanes.laneRecord': { enabledSinceT: 100 }, block: { timestamp: '0x32' }, 'Clock.timeAt': (wall: unknown) => wall, 'AttesterLane.specId': async (lane: unknown) => (lane === A ? Promise.reject(new Unverifiable('it reverts')) : Promise.resolve(1n)) } }), { '': 'ok', [A]: 'unverifiable', [B]: 'violation' });
    });
    it('a member with words in its storage that are no addresses hides no other one that delegated its code', async () => {
      const words = Object.fromEntries([pad('0x00', { size: 32 }), keccak256(encodeAbiParameters([{ type: 'address' }, { type: 'uint256' }], [pad('0x01', { size: 20 }), 1n])), keccak256(toHex('guard_manager.guard.address'))].map((slot, index) => [slot, index === 0 ? 1n : 1n << 255n]));
      const accounts = { [A]: { code: '0x6001' as Hex, storage: words }, [B]: { code: `0xef0100${C.slice(2)}` as Hex } };
      assert.deepEqual(await saysOf(memberCode, { reads: { 'SecurityCouncil.members': [member(A), member(B)] }, accounts }), { [A]: 'violation', [B]: 'violation' });
    });
    it('what L1 says is gone is named once more, so that its alarm ends; what was ok is forgotten', async () => {
      const before = (monitor: string): Told => ({ verdicts: [{ monitor, subject: B, status: 'violation' }, { monitor, subject: C, status: 'ok' }, { monitor, subject: '', status: 'unverifiable' }, { monitor: 'other', subject: HASH, status: 'violation' }] });
      const members = { 'SecurityCouncil.members': [member(A)], 'Clock.current': 50n, 'SecurityCouncil.answerableUntil': 0n };
      for (const [monitor, reads] of [[signsOfLife, members], [memberCode, members], [lanesRefuse, { ...enabled(ATTESTER), 'AttesterLane.accepted': false }]] as const) assert.deepEqual(await saysOf(monitor, { ...before(monitor.id), reads }), { [A]: 'ok', [B]: 'ok' }, monitor.id);
      const vetoed = { 'UpgradeTimelock.UpgradeScheduled': [{ id: B, content: HASH, upgrade: {} }] };
      const [verdict] = await upgradeIdentity.evaluate?.(fakeView({ ...before(upgradeIdentity.id), reads: { 'UpgradeTimelock.state': 5 }, events: vetoed })) ?? [];
      assert.deepEqual([verdict?.subject, verdict?.status, verdict?.sentence], [B, 'ok', `upgrade ${B} is vetoed`]);
      assert.deepEqual(await saysOf(signsOfLife, before(signsOfLife.id)), { '': 'unverifiable' }, 'nobody is gone because nothing can be read');
    });
  });

  it('a pending lane with more attesters than anybody can look at is a finding, and ends the look at no other upgrade', async () => {
    const told: Told = {
      reads: { 'AttesterLane.attesters': (lane: unknown) => (String(lane).toLowerCase() === C ? Array.from({ length: 150_000 }, () => A) : [B]), 'AttesterLane.quorum': 100_000n, 'Rollup.operator': B, 'Rollup.coldKey': B, 'SecurityCouncil.members': [], 'UpgradeTimelock.state': 1 },
      events: { 'UpgradeTimelock.UpgradeScheduled': [{ id: HASH, upgrade: upgradeOf('AttesterSet', { previousLane: A, lane: C, codehash: HASH }) }] },
    };
    const found = async (raw: RawUpgrade): Promise<Readonly<Record<string, unknown>>> => {
      const decoded = decodeUpgrade(raw);
      assert.ok(decoded.ok);
      return Object.fromEntries((await checkUpgrade(fakeView(told), decoded.upgrade)).map(({ id, status, got }) => [id, `${status} ${got}`]));
    };
    assert.equal((await found(upgradeOf('AttesterSet', { previousLane: A, lane: C, codehash: HASH })))['F33-attesters'], 'violation 150000');
    assert.equal((await found(upgradeOf('Operator', { hotKey: A, coldKey: B })))['F33-operator'], 'unverifiable none');
    const council = await found(upgradeOf('Council', { members: Array.from({ length: 25 }, (_, index) => ({ account: pad(toHex(index + 1), { size: 20 }), isExternal: true })), threshold: 20n }));
    assert.deepEqual([council['F32-council-hands'], council['F32-council-delegation']], ['unverifiable none', 'unverifiable none']);
  });

  it('D21: what a zk lane\'s program is nobody here can say', async () => {
    assert.deepEqual(await saysOf(zkProgram, { reads: { ...enabled(ZK), 'AttesterLane.profile': HASH } }), { [B]: 'unverifiable' });
  });

  it('D22: ok only for a zk lane whose last answer was executed here without a finding', async () => {
    const replay = (batch: number, findings: readonly unknown[] = []): unknown => ({ state: { executed: { batch }, broken: undefined }, findings });
    const answered = { 'Rollup.AnswerRecorded': [{ lane: B, index: '3' }] };
    const reads = enabled(ZK);
    assert.deepEqual(await saysOf(zkAnswers, { reads, events: answered, reexecuted: replay(3) }), { [B]: 'ok' });
    assert.deepEqual(await saysOf(zkAnswers, { reads, events: answered, reexecuted: replay(2) }), { [B]: 'unverifiable' });
    assert.deepEqual(await saysOf(zkAnswers, { reads, events: answered }), { [B]: 'unverifiable' });
    assert.deepEqual(await saysOf(zkAnswers, { reads, reexecuted: replay(3) }), { [B]: 'unverifiable' });
    assert.deepEqual(await saysOf(zkAnswers, { reads, events: answered, reexecuted: replay(3, [{ subject: `batch 3, lane ${B}`, sentence: 'wrong', expected: 'a', got: 'b' }]) }), { [B]: 'violation' });
  });

  it('D23: a lane that accepts what nobody proved is found, also when it says so to the Rollup alone', async () => {
    const accepted = (when: (from: unknown) => boolean): Told => ({ reads: { ...enabled(ZK, ATTESTER), 'AttesterLane.accepted': (lane: unknown, _statement: unknown, from: unknown) => lane === B && when(from) } });
    assert.deepEqual(await saysOf(lanesRefuse, accepted(() => false)), { [A]: 'ok', [B]: 'ok' });
    assert.deepEqual(await saysOf(lanesRefuse, accepted(() => true)), { [A]: 'ok', [B]: 'violation' });
    assert.deepEqual(await saysOf(lanesRefuse, accepted((from) => from === addressOf('aa'))), { [A]: 'ok', [B]: 'violation' });
  });

  it('D24: a batch of a spec that no lane answers any more is stranded', async () => {
    const of = (specId: number): Told => ({ reads: { ...enabled(ATTESTER), 'Rollup.committedCount': 3n, 'Rollup.finalizedCount': 1n, 'Rollup.batch': { specId } } });
    assert.deepEqual(await saysOf(strandedBatches, of(1)), { '': 'ok' });
    assert.deepEqual(await saysOf(strandedBatches, of(2)), { '': 'violation' });
  });

  it('E26: a contradiction stands until its batch is final or dropped; a dispute as long as it is open', async () => {
    const found = { 'Rollup.ContradictionFound': [{ index: '4', laneA: A, laneB: B, block: 5 }] };
    assert.deepEqual(await saysOf(contradictions, { reads: { 'Rollup.finalizedCount': 3n }, events: found }), { '': 'violation' });
    assert.deepEqual(await saysOf(contradictions, { reads: { 'Rollup.finalizedCount': 4n }, events: found }), { '': 'ok' });
    assert.deepEqual(await saysOf(contradictions, { reads: { 'Rollup.finalizedCount': 3n }, events: { ...found, 'Rollup.BatchesDropped': [{ from: '4', to: '6', block: 6 }] } }), { '': 'ok' });
    assert.deepEqual(await saysOf(contradictions, { reads: { 'Rollup.finalizedCount': 3n }, events: { ...found, 'Rollup.BatchesDropped': [{ from: '4', to: '6', block: 4 }] } }), { '': 'violation' });
    const open = { 'Lanes.zkContradictions': 0n, 'Lanes.dispute': { batch: 4n, laneA: A, laneB: B, endWall: NOW_SECONDS + 60 } };
    assert.deepEqual(await saysOf(disputes, { reads: { ...open, 'Lanes.latestOpenDispute': 1n } }), { '': 'violation' });
    assert.deepEqual(await saysOf(disputes, { reads: { ...open, 'Lanes.latestOpenDispute': 0n } }), { '': 'ok' });
  });

  it('E27: a statement begun and never completed, or accepted and never answered, is a proof that failed, once its deadline is past', async () => {
    const outputs = { lastNumber: '7', lastHash: HASH, stateRoot: HASH, lastTimestamp: '8', zkGasUsed: '9', dropRoot: HASH };
    const hash = outputsHash({ ...outputs, lastNumber: 7n, lastTimestamp: 8n, zkGasUsed: 9n });
    const reads = { 'Clock.TIME_SCALE': 1n };
    const [old, fresh] = [NOW_SECONDS - 3 * 86_400, NOW_SECONDS - 5];
    const part = (complete: boolean, timestamp: number): Readonly<Record<string, unknown>> => ({ statement: HASH, part: '0', complete, timestamp });
    assert.deepEqual(await saysOf(unusedProofs, { reads }), { parts: 'ok', answers: 'ok' });
    assert.equal((await saysOf(unusedProofs, { reads, events: { 'AttesterLane.PartAccepted': [part(false, old)] } }))['parts'], 'violation');
    assert.equal((await saysOf(unusedProofs, { reads, events: { 'AttesterLane.PartAccepted': [part(false, fresh)] } }))['parts'], 'ok', 'there is time');
    assert.equal((await saysOf(unusedProofs, { reads, events: { 'AttesterLane.PartAccepted': [part(false, old), part(true, old)] } }))['parts'], 'ok');
    const attested = { 'AttesterLane.Attested': [{ statement: HASH, inputs: HASH, outputs: hash, timestamp: old }] };
    assert.equal((await saysOf(unusedProofs, { reads, events: attested }))['answers'], 'violation');
    assert.equal((await saysOf(unusedProofs, { reads, events: { ...attested, 'Rollup.AnswerRecorded': [{ outputs, lane: A, index: '1' }] } }))['answers'], 'ok');
    assert.equal((await saysOf(unusedProofs, { reads, events: { ...attested, 'Lanes.StatementRecorded': [{ outputs: hash }] } }))['answers'], 'ok');
    const again = (count: number, outputsOf: (index: number) => string, timestamp = old): Told => ({ reads, events: { 'AttesterLane.Attested': Array.from({ length: count }, (_, index) => ({ statement: pad(toHex(index), { size: 32 }), inputs: HASH, outputs: outputsOf(index), timestamp })) } });
    const findings = async (told: Told): Promise<readonly unknown[]> => (await unusedProofs.evaluate?.(fakeView(told)) ?? []).map(({ finding }) => finding);
    assert.deepEqual(await findings(again(3, () => hash)), [undefined, hash], 'signatures taken again under other statements are one finding');
    assert.deepEqual(await findings(again(2, String)), [undefined, '0', '1'], 'each is an alarm of its own');
    for (const told of [again(50, () => hash, NOW_SECONDS - 40 * 86_400), { ...again(50, () => hash), events: { ...again(50, () => hash).events, 'Lanes.StatementRecorded': [{ outputs: hash }] } }]) {
      const view = fakeView(told);
      await unusedProofs.evaluate?.(view);
      assert.equal((view.memory.get('remembered E27 AttesterLane Attested') as Map<string, unknown>).size, 0, 'what strangers may cause without end is not kept without end');
    }
  });

  it('E28: the newest batch that the Rollup counts has data that was read', async () => {
    const of = (committed: bigint, events: Told['events'] = {}): Told => ({ reads: { 'Rollup.committedCount': committed }, events });
    const committed = { 'Rollup.BatchCommitted': [{ index: '2', payload: '0x01', block: 4 }] };
    assert.deepEqual(await saysOf(batchData, of(0n)), { '': 'ok' });
    assert.deepEqual(await saysOf(batchData, of(2n, committed)), { '': 'ok' });
    assert.deepEqual(await saysOf(batchData, of(3n, committed)), { '': 'violation' }, 'counted and never seen');
    assert.deepEqual(await saysOf(batchData, of(2n, { 'Rollup.BatchCommitted': [{ index: '2', payload: '0x', block: 4 }] })), { '': 'violation' }, 'empty');
    assert.deepEqual(await saysOf(batchData, of(1n, { ...committed, 'Rollup.BatchesDropped': [{ from: '2', to: '2', block: 5 }] })), { '': 'ok' });
    assert.deepEqual(await saysOf(batchData, of(1n, committed)), { '': 'violation' }, 'gone without a drop');
  });

  it('F32: a member is a key; delegated code and a Safe\'s module are found; a contract is unknown', async () => {
    const reads = { 'SecurityCouncil.members': [{ account: A }] };
    const safe = (module: bigint): Told => ({ reads, accounts: { [A]: { code: '0x6001', storage: { [pad('0x00', { size: 32 })]: BigInt(B), [keccak256(encodeAbiParameters([{ type: 'address' }, { type: 'uint256' }], [pad('0x01', { size: 20 }), 1n]))]: module } } } });
    assert.deepEqual(await saysOf(memberCode, { reads }), { [A]: 'ok' });
    assert.deepEqual(await saysOf(memberCode, { reads, accounts: { [A]: { code: `0xef0100${B.slice(2)}` } } }), { [A]: 'violation' });
    assert.deepEqual(await saysOf(memberCode, { reads, accounts: { [A]: { code: '0x6001' } } }), { [A]: 'unverifiable' });
    assert.deepEqual(await saysOf(memberCode, safe(1n)), { [A]: 'unverifiable' }, 'anybody can write a Safe\'s words into a contract of other code');
    assert.deepEqual(await saysOf(memberCode, safe(BigInt(C))), { [A]: 'violation' });
    const [verdict] = await memberCode.evaluate?.(fakeView({ ...safe(1n), accounts: { [A]: { code: '0x6001', storage: { ...safe(1n).accounts?.[A]?.storage, [keccak256(toHex('guard_manager.guard.address'))]: BigInt(C) } } } })) ?? [];
    assert.match(verdict?.sentence ?? '', new RegExp(`guard ${C}`));
  });

  it('F33: a council member, an attester, the operator and who bids for the seat are different keys', async () => {
    const none = { operator: addressOf('00'), coldKey: addressOf('00') };
    const reads = { 'Rollup.operator': A, 'Rollup.coldKey': B, 'AttesterLane.attesters': [C], 'SecurityCouncil.members': [{ account: addressOf('d4') }], 'OperatorSeat.auction': none };
    assert.deepEqual(await saysOf(people, { reads }), { '': 'ok' });
    assert.deepEqual(await saysOf(people, { reads: { ...reads, 'SecurityCouncil.members': [{ account: C }] } }), { '': 'violation' });
    assert.deepEqual(await saysOf(people, { reads: { ...reads, 'OperatorSeat.auction': { operator: C, coldKey: addressOf('e5') } } }), { '': 'violation' });
  });

  it('F34: a member who was challenged and is silent is named with the time it has left', async () => {
    const of = (until: bigint): Told => ({ reads: { 'SecurityCouncil.members': [{ account: A }], 'Clock.current': 50n, 'SecurityCouncil.answerableUntil': until } });
    assert.deepEqual(await saysOf(signsOfLife, of(0n)), { [A]: 'ok' });
    assert.deepEqual(await saysOf(signsOfLife, of(60n)), { [A]: 'violation' });
    const [verdict] = await signsOfLife.evaluate?.(fakeView(of(60n))) ?? [];
    assert.equal(verdict?.measure, 10);
  });

  it('F35: acts of the council, executions and votes are about what was announced before them', async () => {
    const scheduled = { 'UpgradeTimelock.UpgradeScheduled': [{ id: HASH, block: 5 }] };
    const all = (block: number): Told['events'] => ({ ...scheduled, 'SecurityCouncil.ActCarriedOut': [{ act: '3', subject: HASH, block }, { act: '1', subject: '0x01', block }], 'UpgradeTimelock.UpgradeExecuted': [{ id: HASH, block }], 'KeyfallGovernor.VoteCast': [{ proposalId: '9' }], 'KeyfallGovernor.ProposalCreated': [{ proposalId: '9' }] });
    assert.deepEqual(await saysOf(unannounced, { events: all(6) }), { council: 'ok', upgrades: 'ok', votes: 'ok' });
    assert.deepEqual(await saysOf(unannounced, { events: all(4) }), { council: 'violation', upgrades: 'violation', votes: 'ok' });
    assert.deepEqual(await saysOf(unannounced, { events: { 'SecurityCouncil.ActCarriedOut': [{ act: '0', subject: HASH }] } }), { council: 'violation', upgrades: 'ok', votes: 'ok' });
    assert.equal((await saysOf(unannounced, { events: { 'KeyfallGovernor.VoteCastWithParams': [{ proposalId: '9' }] } }))['votes'], 'violation');
  });

  it('F36: a drill is told as one, quiets nothing, and is a violation once it is carried on', async () => {
    const drill = { 'KeyfallGovernor.ProposalCreated': [{ proposalId: '9', proposer: A, description: '[DRILL] rehearse the veto' }] };
    assert.deepEqual(await saysOf(drills, { events: drill }), { 9: 'ok' });
    assert.deepEqual(await saysOf(drills, { events: { ...drill, 'KeyfallGovernor.ProposalQueued': [{ proposalId: '9' }] } }), { 9: 'violation' });
    assert.deepEqual(await saysOf(drills, { events: { 'KeyfallGovernor.ProposalCreated': [{ proposalId: '9', description: 'pay for drilling' }], 'KeyfallGovernor.ProposalQueued': [{ proposalId: '9' }] } }), { '': 'ok' });
    const notice = drills.notices?.[0];
    assert.match(notice?.sentence({ contract: 'KeyfallGovernor', name: 'ProposalCreated', args: drill['KeyfallGovernor.ProposalCreated'][0] ?? {}, log: {} as never }) ?? '', /calls itself a drill \(which binds nobody/);
  });

  it('G37: a clock that stands, a stage that was not announced and a notice that runs are violations', async () => {
    const time = (isBlocked: boolean, until: bigint): Told => ({ reads: { 'Clock.isBlocked': isBlocked, 'Clock.stoppedUntil': (kind: unknown) => (kind === 0 ? until : 0n) } });
    assert.deepEqual(await saysOf(clock, time(false, 5n)), { '': 'ok' });
    assert.deepEqual(await saysOf(clock, time(true, BigInt(NOW_SECONDS + 9))), { '': 'violation' });
    assert.deepEqual(await saysOf(clock, time(true, 0n)), { '': 'violation' });
    assert.deepEqual(await saysOf(clock, time(false, BigInt(NOW_SECONDS + 9))), { '': 'violation' }, 'a clock that contradicts itself');
    const at = (now: number, ossifiesAt: bigint, ...entered: readonly number[]): Told => ({ reads: { 'Maturity.stage': now, 'Maturity.ossifiesAtT': ossifiesAt, 'Clock.current': 50n }, events: { 'Maturity.StageEntered': entered.map((to) => ({ stage: to })) } });
    assert.deepEqual(await saysOf(stage, at(0, 0n)), { stage: 'ok', notice: 'ok' });
    assert.deepEqual(await saysOf(stage, at(1, 0n, 1)), { stage: 'ok', notice: 'ok' });
    assert.deepEqual(await saysOf(stage, at(1, 0n)), { stage: 'violation', notice: 'ok' });
    assert.deepEqual(await saysOf(stage, at(1, 60n, 1)), { stage: 'ok', notice: 'violation' });
    assert.deepEqual(await saysOf(stage, at(2, 60n, 1, 2)), { stage: 'ok', notice: 'ok' });
  });
});
