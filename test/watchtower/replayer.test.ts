// Re-execution from L1's record: right answers pass; a wrong root, a wrong withdrawal root, a paid withdrawal that nobody sent, a left-out message, a
// wrong skip are found; nothing is concluded from a fault; a kill between any two writes changes nothing.

import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { encodePayload, toHex, type Hex } from '@keyfall/protocol';
import type { Endpoint } from '../../watchtower/l1/endpoint.ts';
import { KEYS } from '../../watchtower/replay/records.ts';
import { Replayer } from '../../watchtower/replay/replayer.ts';
import { Unverifiable } from '../../watchtower/verdict.ts';
import { sign, wallets, CHAIN_ID } from '../node/execute/chain-fixture.ts';
import { ALICE, deposit, LANE, ReplayL1 } from './replayL1.ts';

const ETHER = 10n ** 18n;
const WRONG: Hex = `0x${'ab'.repeat(32)}`;

/** Two batches: a deposit, then a payment of what it brought. */
async function story(t: TestContext): Promise<ReplayL1> {
  const l1 = new ReplayL1(t);
  await l1.message(deposit(5n * ETHER));
  l1.mine();
  await l1.commit(encodePayload([{ timestampDelta: BigInt(l1.time - 10), messageCount: 1n, transactions: [] }]));
  await l1.run();
  return l1;
}

async function paying(l1: ReplayL1, value = 1n): Promise<Uint8Array> {
  const tx = await sign(wallets[0] as never, { nonce: 1, to: ALICE, value, chainId: CHAIN_ID });
  const parent = BigInt((await l1.opened()).state.executed.head.timestamp);
  return encodePayload([{ timestampDelta: BigInt(l1.time) - parent, messageCount: 0n, transactions: [tx.raw] }]);
}

describe('re-executing batches', () => {
  it('agrees with right answers, executes what a payload says, and takes a payload that cannot be executed for empty', async (t) => {
    const l1 = await story(t);
    assert.equal(l1.result.emptiedBecause, undefined);
    await l1.answer();
    await l1.finalize();
    l1.mine();
    await l1.commit(await paying(l1));
    await l1.run();
    assert.equal(l1.result.emptiedBecause, undefined);
    assert.ok(BigInt(l1.result.outputs['zkGasUsed']) >= 21_000n);
    await l1.answer();
    l1.mine();
    await l1.commit(await paying(l1, 9n * ETHER));
    const { state } = await l1.run();
    assert.match(l1.result.emptiedBecause ?? '', /nonce|pay/);
    assert.deepEqual([l1.findings, state.broken, state.executed.batch, state.finalBatch], [[], undefined, 3, 1]);
  });

  it('finds a lane\'s answer with any wrong output, and finality of it, whichever comes first', async (t) => {
    const fields = ['stateRoot', 'lastHash', 'dropRoot', 'zkGasUsed', 'lastTimestamp', 'lastNumber'];
    const answered = await story(t);
    for (const [position, field] of fields.entries()) await answered.answer((outputs) => { outputs[field] = field.endsWith('Root') || field === 'lastHash' ? WRONG : '7'; }, `${LANE.slice(0, -1)}${position}` as Hex);
    await answered.run();
    assert.deepEqual(answered.findings.map(({ subject, got }) => [subject.slice(-1), got.split(' ')[0] ?? '']).toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1)), fields.map((field, position) => [String(position), field]));
    const l1 = await story(t);
    await l1.emit('Rollup', 'BatchFinalized', { index: '1', lastHash: WRONG, stateRoot: WRONG, lastNumber: '1', inboxTo: '1' });
    await l1.run();
    assert.deepEqual(l1.findings.map(({ subject }) => subject), ['batch 1, finality']);
  });

  it('finds a withdrawal root that is not the MessagePasser\'s, and a withdrawal that was paid and never sent', async (t) => {
    const l1 = await story(t);
    await l1.finalize();
    await l1.emit('Vault', 'StorageRootProven', { stateRoot: l1.result.outputs['stateRoot'], storageRoot: l1.result.passerRoot });
    await l1.run();
    assert.equal(l1.findings.length, 0);
    await l1.emit('Vault', 'StorageRootProven', { stateRoot: l1.result.outputs['stateRoot'], storageRoot: WRONG });
    await l1.emit('Vault', 'WithdrawalPaid', { withdrawalHash: WRONG });
    await l1.run();
    assert.deepEqual(l1.findings.map(({ subject }) => subject.split(' ').slice(0, 2).join(' ')).toSorted(), [`withdrawal ${WRONG}`, 'withdrawal root']);
  });

  it('stops at a record that no honest contract makes: messages left out, changed or taken twice, a wrong skip, a foreign payload', async (t) => {
    const breaks: readonly (readonly [what: string, act: (l1: ReplayL1) => Promise<void>, expected: RegExp])[] = [
      ['a message is missing', async (l1) => l1.message(deposit(1n), (fields) => { fields['index'] = '2'; }), /emitted message 2 where 1 is next/],
      ['a message is changed', async (l1) => l1.message(deposit(1n), (fields) => { fields['message'] = String(fields['message']).replace(/^(0x.{4})..../, '$1dead'); }), /accumulator/],
      ['a commit leaves a message out', async (l1) => { await l1.message(deposit(1n)); await l1.message(deposit(2n)); await l1.commit(new Uint8Array(1), 3, (inputs) => { inputs['inboxFrom'] = '2'; inputs['accFrom'] = l1.accumulators[2]; }); }, /leaves out messages/],
      ['a commit takes one twice', async (l1) => { await l1.message(deposit(1n)); await l1.commit(new Uint8Array(1), 2, (inputs) => { inputs['inboxFrom'] = '0'; inputs['accFrom'] = l1.accumulators[0]; }); }, /takes some twice/],
      ['a commit names other messages', async (l1) => { await l1.message(deposit(1n)); await l1.commit(new Uint8Array(1), 2, (inputs) => { inputs['accTo'] = WRONG; }); }, /not those that the Inbox emitted/],
      ['a skip that never was', async (l1) => l1.commit(new Uint8Array(1), 1, (inputs) => { inputs['skipRoot'] = WRONG; }), /names another skip/],
      ['another payload', async (l1) => l1.commit(new Uint8Array(1), 1, (inputs) => { inputs['payloadCommitment'] = WRONG; }), /payload that was emitted/],
      ['a skip in Operating', async (l1) => { await l1.message(deposit(1n)); await l1.emit('Lifecycle', 'MessagesSkipped', { episode: '1', from: '1', to: '2' }); }, /skipped in phase operating/],
      ['fees that nobody announced', async (l1) => l1.commit(new Uint8Array(1), 1, (inputs) => { inputs['feeConfigHash'] = WRONG; }), /never announced/],
      ['a drop of what is final', async (l1) => { await l1.finalize(); await l1.emit('Rollup', 'BatchesDropped', { from: '1', to: '1' }); }, /were dropped/],
    ];
    for (const [what, act, expected] of breaks) {
      const l1 = await story(t);
      l1.mine();
      await act(l1);
      const { state } = await l1.run();
      assert.match(state.broken?.sentence ?? 'nothing', expected, what);
      l1.mine();
      await l1.message(deposit(9n)).catch(() => undefined);
      await l1.run();
      assert.deepEqual((await l1.opened()).state.broken, state.broken, 'nothing after it is judged');
    }
  });

  it('executes Enforced batches past skipped messages, and finds one that takes a skipped message', async (t) => {
    for (const isHonest of [true, false]) {
      const l1 = await story(t);
      await l1.finalize();
      for (const amount of [1n, 2n, 3n]) {
        l1.mine(100);
        await l1.message(deposit(amount));
      }
      l1.mine(100);
      await l1.emit('Lifecycle', 'EnforcedEntered', { episode: '1' });
      await l1.emit('Lifecycle', 'MessagesSkipped', { episode: '1', from: '1', to: '2' });
      if (isHonest) await l1.commitEnforced(2, 4);
      else await l1.commitEnforced(1, 4);
      const { state } = await l1.run();
      if (!isHonest) assert.match(state.broken?.sentence ?? '', /takes skipped ones/);
      else assert.deepEqual([state.broken, state.executed.batch, l1.result.outputs['lastNumber']], [undefined, 2, '3'], 'one block an interval');
    }
  });

  it('waits on a batch that builds on a foreign block, goes on after its drop, and finds an answer to it', async (t) => {
    const l1 = await story(t);
    l1.mine();
    await l1.commit(new Uint8Array(1), 1, (inputs) => { inputs['parentHash'] = WRONG; });
    const replayer = await l1.run();
    assert.match(replayer.state.standing ?? '', /no lane can answer it/);
    await l1.emit('Rollup', 'AnswerRecorded', { index: '2', kind: '1', lane: LANE, outputs: { stateRoot: WRONG }, beneficiary: LANE });
    await l1.run();
    assert.deepEqual(l1.findings.map(({ subject }) => subject), [`batch 2, lane ${LANE}`]);
    await l1.emit('Rollup', 'BatchesDropped', { from: '2', to: '2' });
    l1.committed = 1;
    l1.mine();
    await l1.run();
    await l1.commit(await paying(l1));
    await l1.run();
    assert.deepEqual([replayer.state.standing, replayer.state.executed.batch], [undefined, 2]);
  });

  it('goes back with a drop, to the very state', async (t) => {
    const l1 = await story(t);
    const before = (await l1.opened()).state.executed;
    l1.mine();
    await l1.commit(await paying(l1, 5n));
    await l1.run();
    await l1.emit('Rollup', 'BatchesDropped', { from: '2', to: '2' });
    l1.committed = 1;
    const { state } = await l1.run();
    assert.deepEqual(state.executed, before);
    await l1.commit(await paying(l1, 6n));
    await l1.run();
    const root = l1.result.outputs['stateRoot'];
    const fresh = await story(t);
    fresh.mine();
    await fresh.commit(await paying(fresh, 6n));
    await fresh.run();
    assert.equal(fresh.result.outputs['stateRoot'], root);
  });

  it('says unknown without the origin\'s header, and goes on when somebody has it', async (t) => {
    const l1 = await story(t);
    l1.mine();
    await l1.commit(await paying(l1));
    const absent = { operator: 'gone', request: () => Promise.resolve(null) } as unknown as Endpoint;
    const parts = { store: l1.store, l1ChainId: 31_337, l2ChainId: CHAIN_ID, rollup: `0x${'11'.repeat(20)}` as Hex, deployBlock: 1, allocation: {} };
    const deaf = await Replayer.open({ ...parts, endpoints: [absent] });
    await assert.rejects(deaf.step(), Unverifiable);
    assert.equal(deaf.state.executed.batch, 1);
    await l1.run();
    assert.equal((await l1.opened()).state.executed.batch, 2);
  });

  it('a kill before any write leaves what a run without one leaves', async (t) => {
    const whole = await story(t);
    whole.mine();
    await whole.commit(await paying(whole));
    await whole.run();
    const l1 = new ReplayL1(t);
    await l1.message(deposit(5n * ETHER));
    l1.mine();
    await l1.commit(encodePayload([{ timestampDelta: BigInt(l1.time - 10), messageCount: 1n, transactions: [] }]));
    await dying(l1);
    l1.mine();
    await l1.commit(await paying(l1));
    await dying(l1);
    assert.deepEqual({ ...l1.result, milliseconds: 0 }, { ...whole.result, milliseconds: 0 });
    assert.deepEqual((await l1.opened()).state, (await whole.opened()).state);
  });
});

/** Runs to the end although every write dies the first time it is tried, and the process with it. */
async function dying(l1: ReplayL1): Promise<void> {
  const commit = l1.store.commit.bind(l1.store);
  for (let survived = 0; ; survived += 1) {
    let count = 0;
    l1.forget();
    l1.store.commit = async (change) => {
      count += 1;
      if (count > survived) throw new Error('killed');
      await commit(change);
    };
    try {
      await l1.run();
      return;
    } catch (cause) {
      if (!(cause instanceof Error) || cause.message !== 'killed') throw cause;
    } finally {
      l1.store.commit = commit;
    }
    if (survived > 50) throw new Error(`not done after ${survived} kills; findings ${toHex(new Uint8Array(0))}${JSON.stringify(l1.findings)} ${String(l1.store.get(KEYS.state))}`);
  }
}
