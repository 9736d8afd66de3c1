// Upgrades over a real deployment: a corpus of malicious ones, each caught by the check that names it, and of benign ones that no check accuses; one that
// is really scheduled, with its time, its report and its trial on a fork.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Hex } from 'viem';
import { DeployedSystem } from '../contracts/deployed.ts';
import type { StoredEvent, View } from '../../watchtower/monitor.ts';
import { readArtifacts } from '../../watchtower/upgrades/bytecode.ts';
import { CHECK_IDS, checkUpgrade } from '../../watchtower/upgrades/checks.ts';
import { decodeUpgrade, type Upgrade } from '../../watchtower/upgrades/decode.ts';
import { describeUpgrade } from '../../watchtower/upgrades/describe.ts';
import { earlierThan, lookAtUpgrades } from '../../watchtower/upgrades/pending.ts';
import { markdown, reportHash, reportOn } from '../../watchtower/upgrades/report.ts';
import { writtenSlots } from '../../watchtower/upgrades/simulate.ts';
import { corpus, ELSEWHERE, freshAddress, NEVER_ALONE, upgradeOf, violationsOf, type Entry, type Published, type RawUpgrade } from './corpus.ts';
import { Watched } from './watched.ts';

const ARTIFACTS = join(import.meta.dirname, '..', '..', 'contracts', 'artifacts');

function decoded(raw: RawUpgrade): Upgrade {
  const result = decodeUpgrade(raw);
  assert.ok(result.ok, 'decodes');
  return result.upgrade;
}

describe('upgrades', () => {
  let system: DeployedSystem;
  let entries: readonly Entry[];
  let published: readonly Published[];

  before(async () => {
    system = await DeployedSystem.start([], ['--slots-in-an-epoch', '1']);
    const slot = await system.anvil.rpc('eth_getStorageAt', system.deployment.contracts['Rollup'], '0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc', 'latest') as string;
    ({ entries, published } = await corpus(system, `0x${slot.slice(26)}`));
    await system.anvil.rpc('anvil_mine', '0x5');
  });
  after(async () => system.stop());

  async function viewOf(t: TestContext, isSimulating = false): Promise<{ view: View; watched: Watched }> {
    const watched = new Watched(t, { urls: [system.anvil.url], quorum: 1, deployment: system.deployment, artifacts: ARTIFACTS, isSimulating, monitors: [] });
    await watched.catchUp();
    const view = watched.engine.lastView;
    assert.ok(view !== undefined);
    view.memory.set('artifacts', [...readArtifacts(ARTIFACTS), ...published]);
    return { view, watched };
  }

  it('each malicious one is caught by the check that names it and by those that the corpus lists beside it; none of the benign ones is accused', async (t) => {
    const { view } = await viewOf(t);
    const alone = new Set<string>();
    for (const { name, caughtBy, alsoBy = [], upgrade } of entries) {
      const violations = await violationsOf(view, upgrade);
      assert.deepEqual(violations.toSorted(), caughtBy === undefined ? [] : [caughtBy, ...alsoBy].toSorted(), name);
      if (caughtBy !== undefined && alsoBy.length === 0) alone.add(caughtBy);
    }
    // What is caught by one check alone slips when that check is removed; the others' cover is beside them in the corpus.
    const named = new Set(entries.flatMap(({ caughtBy }) => caughtBy ?? []));
    assert.deepEqual([...named].filter((id) => !alone.has(id)).toSorted(), [...NEVER_ALONE].toSorted());
    assert.deepEqual([...named, 'decode'].filter((id) => id !== 'decode' && !CHECK_IDS.includes(id)), []);
    assert.deepEqual(CHECK_IDS.filter((id) => !named.has(id) && !ELSEWHERE.includes(id)), [], 'a check that no malicious upgrade names has nothing that shows it works');
    assert.ok(entries.filter(({ caughtBy }) => caughtBy !== undefined).length >= 49);
  });

  it('what is hidden in time or inside a function is seen: a lane with a record, fees that creep, roles that two upgrades share out, code of another build', async (t) => {
    const { view } = await viewOf(t);
    const event = (args: Readonly<Record<string, unknown>>, secondsAgo = 0): StoredEvent => ({ blockNumber: 1, timestamp: Number(view.header.timestamp) - secondsAgo, transactionHash: '0x', args });
    const withEvents = (name: string, ...events: readonly StoredEvent[]): View => ({ ...view, events: (contract, wanted) => (wanted === name ? events : view.events(contract, wanted)), read: async <T>(contract: string, what: string, args?: readonly unknown[]) => (what === 'state' ? 1 as T : view.read<T>(contract, what, args)) });
    const of = (name: string): Entry => { const found = entries.find((entry) => entry.name === name); assert.ok(found !== undefined, name); return found; };
    const lane = of('benign: a lane that we built').upgrade;
    const address = decoded(lane).fields['lane'];
    for (const [name, field] of [['LaneContradicted', 'lane'], ['LaneTripped', 'lane'], ['LaneKilled', 'lane'], ['DisputeResolved', 'laneSwitchedOff']] as const) {
      assert.deepEqual(await violationsOf(withEvents(name, event({ [field]: address })), lane), ['E26-lane-history'], name);
      assert.deepEqual(await violationsOf(withEvents(name, event({ [field]: freshAddress('another lane') })), lane), [], name);
      assert.deepEqual(await violationsOf(withEvents(name, event({ [field]: address })), of('benign: a lane switched off').upgrade), [], 'off is where it belongs');
    }
    const [tenth, day] = [of('benign: a tenth more of fees').upgrade, 86_400];
    const was = (dataFeeScalar: string, daysAgo: number): View => withEvents('FeeConfigSet', event({ dataFeeScalar, surchargeScalar: '1000000' }, daysAgo * day));
    assert.deepEqual(await violationsOf(was('850000', 100), tenth), ['B15-fees'], 'two steps, each within the bound');
    assert.deepEqual(await violationsOf(was('850000', 400), tenth), ['B15-fees'], 'what was set long ago stood until the next');
    assert.deepEqual(await violationsOf(was('900000', 100), tenth), []);
    const operator = decoded(of('benign: two new keys of the operator').upgrade);
    const council = of('benign: a new council of eight').upgrade;
    const member = (decoded(council).fields['members'] as readonly { account: Hex }[])[0]?.account;
    const shared = upgradeOf('Operator', { hotKey: member, coldKey: operator.fields['coldKey'] });
    assert.deepEqual(await violationsOf(view, shared), [], 'alone it is right');
    assert.deepEqual(await violationsOf(withEvents('UpgradeScheduled', event({ id: '0x01', upgrade: council })), shared), ['F33-operator']);
    assert.deepEqual(await violationsOf(withEvents('UpgradeScheduled', event({ id: '0x01', upgrade: shared })), council), ['F33-council']);
    // The same functions, the same storage, other code: nobody but a reader of its source can tell.
    const other = { ...readArtifacts(ARTIFACTS).find(({ contractName }) => contractName === 'Rollup') as Published, buildInfoId: 'another' };
    view.memory.set('artifacts', [...readArtifacts(ARTIFACTS), ...published, { ...other, deployedBytecode: await view.code(decoded(of('core: one byte differs from every build').upgrade).fields['implementation'] as Hex), immutableReferences: {} }]);
    const results = await checkUpgrade(view, decoded(of('core: one byte differs from every build').upgrade));
    assert.equal(results.find(({ id }) => id === 'B10-same-code')?.status, 'unverifiable');
  });

  it('every field of a payload is in what a person reads, and values before are read from the chain', async (t) => {
    const { view } = await viewOf(t);
    for (const { name, caughtBy, upgrade } of entries) {
      if (caughtBy === 'decode') continue;
      const { sentences, deltas } = await describeUpgrade(view, decoded(upgrade));
      const text = [...sentences, ...deltas.flatMap(({ what, before: was, after: becomes }) => [what, was, becomes])].join(' ').toLowerCase();
      for (const [field, value] of Object.entries(decoded(upgrade).fields)) {
        if (typeof value === 'string') assert.ok(text.includes(value.toLowerCase()), `${name}: ${field}`);
      }
    }
    const { deltas } = await describeUpgrade(view, decoded(upgradeOf('Fees', { dataFeeScalar: 1_100_000n, surchargeScalar: 1_000_000n })));
    assert.equal(deltas[0]?.before, '1 (1000000 millionths)');
  });

  it('a report is the same bytes for everyone, and what the chain says is never markup in it', async (t) => {
    const [{ view: a }, { view: b }] = [await viewOf(t), await viewOf(t)];
    const upgrade = decoded(upgradeOf('Operator', { hotKey: freshAddress('new hot'), coldKey: freshAddress('new cold') }));
    const [first, second] = [await reportOn(a, upgrade), await reportOn(b, { ...upgrade, salt: `0x${'99'.repeat(32)}`, reportHash: `0x${'98'.repeat(32)}` })];
    assert.equal(reportHash(first), reportHash(second));
    const text = markdown({ ...first, sentences: ['<script> | [x](javascript:1)\n# heading'] });
    assert.ok(!text.includes('<script>') && !text.includes('\n# heading'));
  });

  it('a scheduled one is told at once, listed with the time to leave, and an alarm as long as it fails a check', async (t) => {
    const snapshot = await system.anvil.rpc('evm_snapshot');
    const watched = new Watched(t, { urls: [system.anvil.url], quorum: 1, deployment: system.deployment, artifacts: ARTIFACTS });
    await watched.catchUp();
    const raw = upgradeOf('Operator', { hotKey: freshAddress('hot'), coldKey: freshAddress('hot') });
    await system.sendAs(system.deployment.contracts['KeyfallGovernor'] ?? '', system.contract('UpgradeTimelock'), 'schedule', [[raw.kind, raw.payload, raw.reportHash, raw.salt]]);
    await watched.catchUp();
    const told = watched.messages.find(({ title }) => title.includes('B-upgrades'));
    assert.equal(told?.state, 'provisional');
    assert.match(told?.text ?? '', /an upgrade of kind Operator was scheduled/);
    await system.anvil.rpc('anvil_mine', '0x4');
    await watched.catchUp();
    const [verdict] = watched.verdicts('B-upgrades');
    assert.equal(verdict?.status, 'violation');
    assert.match(verdict.sentence, /F33-operator: hot and cold key are one/);
    assert.deepEqual(watched.verdicts('B17-upgrade-identity').map(({ subject, status }) => [subject, status]), [[verdict.subject, 'ok']], 'its identity computed here is the contract\'s');
    const view = watched.engine.lastView as View;
    const [looked] = await lookAtUpgrades(view);
    assert.equal(looked?.state, 'Scheduled');
    assert.equal(looked.time.lastSafeT, looked.time.eta - looked.time.exitWindow - Math.floor(looked.time.exitWindow / 15));
    await system.anvil.rpc('evm_revert', snapshot);
  });

  it('an upgrade stands on those that are pending and may be carried out before it expires, by their times', () => {
    const one = (id: Hex, eta: number, expiry: number, state: 'Scheduled' | 'Vetoed' = 'Scheduled'): { id: Hex; state: 'Scheduled' | 'Vetoed'; time: { eta: number; expiry: number; nowT: number; exitWindow: number; lastSafeT: number } } => ({ id, state, time: { eta, expiry, nowT: 0, exitWindow: 0, lastSafeT: 0 } });
    const [own, late, early, vetoed, last] = [one('0x01', 10, 20), one('0x02', 20, 30), one('0x03', 5, 15), one('0x04', 6, 16, 'Vetoed'), one('0x05', 21, 31)];
    assert.deepEqual(earlierThan(own, [own, late, early, vetoed, last]).map(({ id }) => id), ['0x03', '0x02']);
  });

  it('a word that an upgrade clears is a word that it writes', () => {
    const [rollup, slot] = ['0xAA', '0x0B'];
    assert.deepEqual(writtenSlots({ pre: { [rollup]: { storage: { [slot]: '0x01' } } }, post: { [rollup]: {} } }), [{ address: '0xaa', slot: '0x0b' }], 'cleared: the trace has it only in what was before');
    assert.deepEqual(writtenSlots({ pre: { [rollup]: {} }, post: { [rollup]: { storage: { [slot]: '0x01' } } } }), [{ address: '0xaa', slot: '0x0b' }]);
  });

  it('one that is tried out on a fork writes only what it says, and every promise still holds after it', async (t) => {
    const { view } = await viewOf(t, true);
    const { checks } = await reportOn(view, decoded(upgradeOf('Fees', { dataFeeScalar: 1_100_000n, surchargeScalar: 1_000_000n })));
    const trials = checks.filter(({ id }) => id.startsWith('C'));
    assert.deepEqual(trials.map(({ id, status }) => [id, status]), [
      ['C18-writes', 'ok'], ['C20-final-stays', 'ok'], ['C20-escrow', 'ok'], ['C20-stranger-forces', 'ok'], ['C20-operator-commits', 'ok'], ['C20-nothing-final-unproven', 'ok'], ['C20-no-shortcut', 'ok'], ['C20-enforced-opens', 'ok'], ['C20-freeze-pins', 'ok'],
    ], JSON.stringify(trials));
  });
});
