// Trials on forks when an endpoint lies or fails, and when upgrades are stacked: what one endpoint says of state never decides a trial; what cannot be
// proven makes it unknown, not a refusal; and two upgrades that are each harmless are found when together they are not.

import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { concatHex, keccak256, toFunctionSelector, type Hex } from 'viem';
import { DeployedSystem } from '../contracts/deployed.ts';
import type { View } from '../../watchtower/monitor.ts';
import type { CheckResult } from '../../watchtower/upgrades/checks.ts';
import { upgrades } from '../../watchtower/monitors/upgrades.ts';
import { decodeUpgrade, type Upgrade } from '../../watchtower/upgrades/decode.ts';
import { lookAtUpgrades } from '../../watchtower/upgrades/pending.ts';
import { simulate } from '../../watchtower/upgrades/simulate.ts';
import { ChaosProxy } from './chaos.ts';
import { freshAddress, upgradeOf } from './corpus.ts';
import { Watched } from './watched.ts';

const IMPLEMENTATION_SLOT = '0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc';
const WORD = `0x${'ff'.repeat(32)}`;

const upgradeFor = (kind: string, fields: Readonly<Record<string, unknown>>): Upgrade => {
  const result = decodeUpgrade(upgradeOf(kind, fields));
  assert.ok(result.ok);
  return result.upgrade;
};
const statuses = (results: readonly CheckResult[]): readonly string[] => [...new Set(results.map(({ status }) => status))];
const FEES = { dataFeeScalar: 1_100_000n, surchargeScalar: 1_000_000n };

describe('trials', () => {
  let system: DeployedSystem;
  const proxies: ChaosProxy[] = [];

  before(async () => {
    system = await DeployedSystem.start([], ['--slots-in-an-epoch', '1']);
    for (let index = 0; index < 3; index += 1) proxies.push(await ChaosProxy.start(system.anvil.url));
    await system.anvil.rpc('anvil_mine', '0x5');
  });
  after(async () => {
    for (const proxy of proxies) await proxy.stop();
    await system.stop();
  });

  async function viewOf(t: TestContext): Promise<View> {
    for (const proxy of proxies) proxy.behave();
    const watched = new Watched(t, { urls: proxies.map(({ url }) => url), quorum: 2, deployment: system.deployment, isSimulating: true, monitors: [] });
    await watched.catchUp();
    assert.ok(watched.engine.lastView !== undefined);
    return watched.engine.lastView;
  }

  it('an endpoint that lies about storage, code, balances and nonces changes no trial, though it is asked first', { timeout: 580_000 }, async (t) => {
    const view = await viewOf(t);
    (proxies[0] as ChaosProxy).mischief = (method, _params, result) => {
      if (method === 'eth_getStorageAt') return WORD;
      if (method === 'eth_getCode') return '0x600160005260206000f3';
      if (method === 'eth_getBalance' || method === 'eth_getTransactionCount') return '0x0';
      if (method === 'eth_getProof') return { ...result as object, storageProof: [], accountProof: [] };
      return result;
    };
    const results = await simulate(view, upgradeFor('Fees', FEES));
    assert.deepEqual(statuses(results), ['ok'], JSON.stringify(results));
    assert.equal(results.length, 9);
  });

  it('endpoints that stop proving in the middle make a trial unknown, never a finding', { timeout: 580_000 }, async (t) => {
    const view = await viewOf(t);
    let asked = 0;
    for (const proxy of proxies) proxy.mischief = (method, _params, result) => (method === 'eth_getProof' && (asked += 1) > 30 ? null : result);
    const results = await simulate(view, upgradeFor('Fees', FEES));
    assert.deepEqual(statuses(results), ['unverifiable'], JSON.stringify(results));
    assert.match(results[0]?.sentence ?? '', /operator1/, 'who did not prove it is named');
  });

  it('a core that breaks once other fees are set is harmless alone and found on top of the upgrade that sets them', { timeout: 580_000 }, async (t) => {
    const slot = await system.anvil.rpc('eth_getStorageAt', system.deployment.contracts['Rollup'], IMPLEMENTATION_SLOT, 'latest') as string;
    const implementation: Hex = `0x${slot.slice(26)}`;
    const fees = await system.anvil.rpc('eth_getStorageAt', system.deployment.contracts['Rollup'], '0x0', 'latest') as Hex;
    // proxiableUUID() answers the slot; commit(...) reverts once storage word 0 (the fees) is another than today's; all else goes to today's code.
    const commit = toFunctionSelector('commit(uint64,bytes32,uint64,uint64,bytes)');
    const head = concatHex(['0x5f3560e01c6352d1902d146047575f547f', fees, '0x14606f575f3560e01c63', commit, '0x1415606f575f5ffd']);
    const answer: Hex = concatHex(['0x5b7f', IMPLEMENTATION_SLOT, '0x5f5260205ff3']);
    const forward: Hex = concatHex(['0x5b363d3d373d3d3d363d73', implementation, '0x5af43d82803e903d91', '0x609b57fd5bf3']);
    const code = concatHex([head, answer, forward]);
    const address = freshAddress('turns on the fees');
    await system.anvil.rpc('anvil_setCode', address, code);
    await system.anvil.rpc('anvil_mine', '0x5');
    const view = await viewOf(t);
    const core = upgradeFor('Core', { implementation: address, codehash: keccak256(code), migrates: false });
    const other = upgradeFor('Fees', FEES);
    assert.deepEqual(statuses(await simulate(view, core)), ['ok'], 'alone');
    const stacked = await simulate(view, core, [other]);
    assert.ok(stacked.some(({ id, status }) => id === 'C20-operator-commits' && status === 'violation'), JSON.stringify(stacked));
    // The same through the timelock: the verdict names the check and what it stands on.
    const timelock = system.contract('UpgradeTimelock');
    for (const { kind, payload, reportHash, salt } of [upgradeOf('Fees', FEES), upgradeOf('Core', core.fields)]) await system.sendAs(system.deployment.contracts['KeyfallGovernor'] ?? '', timelock, 'schedule', [[kind, payload, reportHash, salt]]);
    await system.anvil.rpc('anvil_mine', '0x5');
    const both = await viewOf(t);
    const looked = await lookAtUpgrades(both);
    const found = looked.find(({ report }) => report?.kind === 'Core');
    assert.deepEqual(found?.stacked?.ids, looked.filter(({ report }) => report?.kind === 'Fees').map(({ id }) => id));
    const said = (await upgrades.evaluate?.(both) ?? []).find(({ subject }) => subject === found?.id);
    assert.equal(said?.status, 'violation');
    assert.match(said.sentence, /C20-operator-commits after 0x[0-9a-f]{64}: after the upgrade it no longer holds that the operator can commit/);
  });
});
