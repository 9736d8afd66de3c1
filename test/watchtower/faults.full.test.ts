// Under any bounded schedule of faults (operators that drop, lag, equivocate, flip, answer 429, hang, garble or cut; reorganisations of every depth; a
// channel that is down; a clock that is an hour off) nothing honest is called a violation, and once the faults stop each act on the final chain is
// logged once and told at least once, and no act that was reorganised away stands. KEYFALL_SEED replays a schedule.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { headOf, verifyRows } from '../../watchtower/auditLog.ts';
import type { LogRow } from '../../watchtower/rows.ts';
import { Unverifiable } from '../../watchtower/verdict.ts';
import { DeployedSystem } from '../contracts/deployed.ts';
import { ChaosProxy, type Mischief } from './chaos.ts';
import { Random } from './replayChain.ts';
import { Rotations } from './rotations.ts';
import { Watched } from './watched.ts';

type Block = Readonly<Record<string, unknown>>;
const HOUR_MILLISECONDS = 3_600_000;
const ROUNDS = 25;

const MISCHIEF: Readonly<Record<string, Mischief>> = {
  'drops a log': (method, _params, result) => (method === 'eth_getBlockReceipts' && Array.isArray(result) ? (result as { logs: unknown[] }[]).map((receipt) => ({ ...receipt, logs: receipt.logs.slice(1) })) : result),
  'drops all logs': (method, _params, result) => (method === 'eth_getBlockReceipts' ? [] : result),
  lags: (method, params, result) => (method === 'eth_getBlockByNumber' && typeof params[0] === 'string' && params[0].startsWith('0x') && BigInt(params[0]) > 60n ? null : result),
  'lies about a hash': (method, _params, result) => (method === 'eth_getBlockByNumber' && result !== null ? { ...result as Block, hash: `0x${'12'.repeat(32)}` } : result),
  'lies about a root': (method, _params, result) => (method === 'eth_getBlockByNumber' && result !== null ? { ...result as Block, stateRoot: `0x${'34'.repeat(32)}` } : result),
  'flips reads': (method, _params, result) => (method === 'eth_call' && typeof result === 'string' ? result.replace(/.$/, (digit) => (digit === '1' ? '2' : '1')) : result),
  'flips proofs': (method, _params, result) => (method === 'eth_getProof' ? { ...result as Block, accountProof: [] } : result),
  'another chain': (method, _params, result) => (method === 'eth_chainId' ? '0x1' : result),
  'cuts the connection': () => undefined,
};

describe('faults', () => {
  let system: DeployedSystem;
  let proxies: ChaosProxy[] = [];
  let rotations: Rotations;

  before(async () => {
    system = await DeployedSystem.start([], ['--slots-in-an-epoch', '4']);
    proxies = [await ChaosProxy.start(system.anvil.url), await ChaosProxy.start(system.anvil.url), await ChaosProxy.start(system.anvil.url)];
    rotations = await Rotations.on(system);
    await system.anvil.rpc('anvil_mine', '0xa');
  });
  after(async () => {
    for (const proxy of proxies) await proxy.stop();
    await system.stop();
  });

  function disturb(random: Random, proxy: ChaosProxy): void {
    proxy.behave();
    switch (random.below(5)) {
      case 0: proxy.isHanging = true; break;
      case 1: proxy.isGarbled = true; break;
      case 2: proxy.status = random.one([429, 500, 503]); break;
      default: proxy.mischief = random.one(Object.values(MISCHIEF));
    }
  }

  it('every act on the final chain is logged once and told, whatever happened on the way', { timeout: 580_000 }, async (t) => {
    const random = new Random(Number(process.env['KEYFALL_SEED'] ?? 5));
    let skew = 0;
    const watched = new Watched(t, { urls: proxies.map(({ url }) => url), quorum: 2, deployment: system.deployment, wallMilliseconds: () => Date.now() + skew });
    await watched.catchUp();
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const proxy of proxies) proxy.behave();
      // One operator of three, or two: then too few agree and nothing may be concluded.
      const bad = random.below(3);
      disturb(random, proxies[bad] as ChaosProxy);
      if (random.below(4) === 0) disturb(random, proxies[(bad + 1) % 3] as ChaosProxy);
      watched.isChannelDown = random.below(3) === 0;
      skew = random.one([0, 0, HOUR_MILLISECONDS, -HOUR_MILLISECONDS]);
      if (random.below(2) === 0) await rotations.rotate();
      if (random.below(3) === 0) await system.anvil.rpc('anvil_reorg', 1 + random.below(6), []);
      await system.anvil.rpc('anvil_mine', `0x${(1 + random.below(2)).toString(16)}`);
      await watched.catchUp().catch((cause: unknown) => { if (!(cause instanceof Unverifiable)) throw cause; });
      assert.deepEqual(watched.verdicts().filter(({ status, monitor }) => status === 'violation' && monitor !== 'A2-agreement').map(({ monitor, sentence }) => `${monitor}: ${sentence}`), [], `round ${round}`);
    }
    for (const proxy of proxies) proxy.behave();
    [watched.isChannelDown, skew] = [false, 2 * HOUR_MILLISECONDS];
    await system.anvil.rpc('anvil_mine', '0x10');
    for (let again = 0; again < 3; again += 1) await watched.catchUp();
    const final = await system.provider.getLogs({ address: system.deployment.contracts['OperatorSeat'] ?? '', topics: [system.contract('OperatorSeat').interface.getEvent('OperatorRotated')?.topicHash ?? ''], fromBlock: 0, toBlock: watched.engine.cursor.finalized });
    const keys = final.map((log) => String(system.contract('OperatorSeat').interface.parseLog(log)?.args['next']).toLowerCase());
    const rows = watched.store.list<LogRow>(['log']);
    assert.ok(keys.length > 3, 'some acts survived');
    const acts = new Set(rows.map(({ entry }) => / to (0x0{34}ce.{4})/.exec(String(entry['sentence']).toLowerCase())?.[1]).filter((key) => key !== undefined));
    for (const key of acts) {
      const isFinal = keys.includes(key);
      const count = (state: string): number => rows.filter(({ entry }) => entry['state'] === state && String(entry['sentence']).toLowerCase().includes(` to ${key}`)).length;
      assert.equal(count('firing'), isFinal ? 1 : 0, `${key} is ${isFinal ? '' : 'not '}on the final chain`);
      if (!isFinal) assert.equal(count('provisional'), count('retracted'), `${key} was taken back`);
    }
    for (const key of keys.filter((one) => acts.has(one))) assert.ok(watched.messages.some(({ state, text }) => state === 'firing' && text.toLowerCase().includes(` to ${key}`)), `${key} was told`);
    assert.deepEqual(keys.filter((key) => key.startsWith(`0x${'0'.repeat(34)}ce`) && !acts.has(key)), [], 'no act was missed');
    assert.equal((await verifyRows(rows, headOf(watched.store))).ok, true);
  });

});
