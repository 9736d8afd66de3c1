// The watchtower over a real deployment: what it says of an honest chain, of lying endpoints, of reorganisations and of hostile acts.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { DeployedSystem } from '../contracts/deployed.ts';
import { Unverifiable } from '../../watchtower/verdict.ts';
import { ChaosProxy } from './chaos.ts';
import { Watched } from './watched.ts';

const OTHER_KEY = '0x00000000000000000000000000000000000000ce';
const ROOT = `0x${'5e'.repeat(32)}`;
type LogJson = { logs: unknown[] };
type BlockJson = Record<string, unknown>;

describe('the watchtower', () => {
  let system: DeployedSystem;
  const proxies: ChaosProxy[] = [];

  before(async () => {
    // Blocks become final two behind the head.
    system = await DeployedSystem.start([], ['--slots-in-an-epoch', '1']);
    for (let i = 0; i < 3; i += 1) proxies.push(await ChaosProxy.start(system.anvil.url));
    await system.send(system.contract('Inbox'), 'sendCall', [OTHER_KEY, 10n ** 18n, 0n, 100_000, 0, '0x'], 2n * 10n ** 18n);
    await system.finalizeRoot(ROOT);
    await mine(5);
  });
  after(async () => {
    for (const proxy of proxies) await proxy.stop();
    await system.stop();
  });

  const mine = async (blocks: number): Promise<void> => void await system.anvil.rpc('anvil_mine', `0x${blocks.toString(16)}`);
  const rotate = async (): Promise<void> => {
    const seat = system.contract('OperatorSeat');
    await system.sendAs(await seat.getFunction('coldKey').staticCall() as string, seat, 'rotateOperator', [OTHER_KEY]);
  };
  const urls = (): string[] => proxies.map(({ url }) => url);
  const watch = (t: Parameters<typeof startOf>[0], quorum = 2): Watched => startOf(t, quorum);
  function startOf(t: ConstructorParameters<typeof Watched>[0], quorum: number): Watched {
    for (const proxy of proxies) proxy.behave();
    return new Watched(t, { urls: urls(), quorum, deployment: system.deployment });
  }

  it('says ok of an honest chain, each check with the block it looked at, and unverifiable of what it cannot check', async (t) => {
    const watched = watch(t);
    await watched.catchUp();
    const byStatus = Object.groupBy(watched.verdicts(), ({ status }) => status);
    assert.deepEqual(byStatus.violation ?? [], []);
    assert.deepEqual((byStatus.unverifiable ?? []).map(({ monitor }) => monitor), ['D21-zk-program', 'D22-zk-answers', 'E25-final-matches-l2', 'E25-reexecution'], 'there is no zk lane, no L2 node is configured, and nothing was executed again here');
    const okOf = new Set((byStatus.ok ?? []).map(({ monitor }) => monitor));
    for (const id of ['A1-pins', 'A2-agreement', 'A5-continuity', 'A7-events-match-state', 'B9-core-code', 'B15-lanes', 'D23-lanes-refuse', 'D24-stranded-batches', 'E26-contradictions', 'E26-disputes', 'E27-failed-proofs', 'E28-batch-data', 'E29-liveness', 'E30-forced-queue', 'E31-conservation', 'F32-member-code', 'F33-key-reuse', 'F34-signs-of-life', 'F35-unannounced', 'F36-drills', 'G37-clock', 'G37-stage']) assert.ok(okOf.has(id), id);
    const { finalized } = watched.engine.cursor;
    assert.ok(watched.verdicts().every(({ blockNumber }) => blockNumber === finalized));
    assert.ok(watched.verdicts('E31-conservation').some(({ sentence }) => sentence.startsWith('ETH: 1000000000000000000 held')));
  });

  it('gives the same verdict hashes from another data directory and other endpoints', async (t) => {
    const [a, b] = [watch(t, 2), watch(t, 3)];
    await a.catchUp();
    await b.catchUp();
    assert.equal(a.engine.cursor.finalized, b.engine.cursor.finalized);
    const hashes = (watched: Watched): string[] => watched.verdicts().filter(({ monitor }) => monitor !== 'A2-agreement').map(({ hash }) => hash);
    assert.deepEqual(hashes(a), hashes(b));
  });

  it('finds a log that an endpoint leaves out, and takes the receipts from one that does not', async (t) => {
    const watched = watch(t);
    proxies[0]!.mischief = (method, _params, result) => (method === 'eth_getBlockReceipts' && Array.isArray(result) ? (result as LogJson[]).map((receipt) => ({ ...receipt, logs: receipt.logs.slice(1) })) : result);
    await watched.catchUp();
    assert.equal(watched.verdicts('A7-events-match-state').filter(({ status }) => status === 'ok').length, 2, 'nothing was missed');
    assert.equal(proxies[1]!.asked.includes('eth_getBlockReceipts'), true);
  });

  it('names one of three that lies about a header, and goes on', async (t) => {
    const watched = watch(t);
    proxies[2]!.mischief = (method, _params, result) => (method === 'eth_getBlockByNumber' && result !== null ? { ...result as BlockJson, stateRoot: ROOT } : result);
    await watched.catchUp();
    assert.equal(watched.quorum.matrix.get('operator3')?.state, 'faulty');
    assert.match(watched.quorum.matrix.get('operator3')?.detail ?? '', /operator3: block 0x[0-9a-f]+ hashes to/);
    assert.deepEqual(watched.verdicts().filter(({ status }) => status === 'violation'), []);
  });

  it('says unverifiable, never ok, when too few operators agree', async (t) => {
    const watched = watch(t);
    await watched.catchUp();
    await mine(3);
    for (const proxy of proxies.slice(1)) proxy.isGarbled = true;
    await assert.rejects(watched.engine.step(), (error) => error instanceof Unverifiable && /1 of 2 operators answer/.test(error.message));
    for (const proxy of proxies.slice(1)) [proxy.isGarbled, proxy.status] = [false, 429];
    await assert.rejects(watched.engine.step(), Unverifiable);
  });

  it('treats a lagging endpoint as absent, not as dissent', async (t) => {
    const watched = watch(t);
    await watched.catchUp();
    proxies[0]!.mischief = (method, params, result) => (method === 'eth_getBlockByNumber' && typeof params[0] === 'string' && params[0].startsWith('0x') && BigInt(params[0]) > 20n ? null : result);
    await mine(2);
    await watched.catchUp();
    assert.deepEqual(watched.verdicts('A2-agreement').map(({ status }) => status), ['ok', 'ok', 'ok']);
  });

  it('does not take a read on one operator\'s word', async (t) => {
    const watched = watch(t, 3);
    proxies[1]!.mischief = (method, params, result) => (method === 'eth_call' && JSON.stringify(params).includes(system.deployment.contracts['Vault']!.toLowerCase()) ? `0x${'ff'.repeat(96)}` : result);
    await watched.catchUp();
    const [verdict] = watched.verdicts('E31-conservation');
    assert.equal(verdict?.status, 'unverifiable');
    assert.match(verdict.sentence, /operators differ: operator1 says .* operator2 says 0xff/);
  });

  it('tells a change of the operator\'s key when it is seen, confirms it when final, and takes it back when L1 reorganises', async (t) => {
    const watched = watch(t);
    await watched.catchUp();
    const snapshot = await system.anvil.rpc('evm_snapshot');
    await rotate();
    await watched.catchUp();
    const told = (): string[] => watched.messages.filter(({ title }) => title.includes('F33-key-reuse')).map(({ state }) => state);
    assert.deepEqual(told(), ['provisional']);
    assert.match(watched.messages.at(-1)?.text ?? '', /hot key changed from 0x[0-9a-fA-F]{40} to 0x0{38}CE/i);
    await system.anvil.rpc('anvil_reorg', 1, []);
    await mine(1);
    await watched.catchUp();
    assert.deepEqual(told(), ['provisional', 'retracted']);
    await rotate();
    await watched.catchUp();
    await mine(4);
    await watched.catchUp();
    assert.deepEqual(told(), ['provisional', 'retracted', 'provisional', 'firing']);
    const acts = watched.incidents('F33-key-reuse').filter(({ sentence }) => sentence.toLowerCase().endsWith(OTHER_KEY));
    assert.deepEqual(acts.map(({ state }) => state).toSorted(), ['firing', 'retracted'], 'one incident a transaction');
    await system.anvil.rpc('evm_revert', snapshot);
  });

  it('takes operators that lag for no reorganisation: what was told is not taken back', async (t) => {
    const watched = watch(t);
    await watched.catchUp();
    const snapshot = await system.anvil.rpc('evm_snapshot');
    const old = await system.anvil.rpc('eth_getBlockByNumber', 'latest', false);
    await rotate();
    await watched.catchUp();
    const { tip } = watched.engine.cursor;
    proxies[0]!.mischief = (method, params, result) => (method === 'eth_getBlockByNumber' && params[0] === 'latest' ? old : result);
    proxies[1]!.isGarbled = true;
    await watched.catchUp();
    assert.equal(watched.engine.cursor.tip, tip);
    assert.deepEqual(watched.messages.filter(({ title }) => title.includes('F33-key-reuse')).map(({ state }) => state), ['provisional']);
    await system.anvil.rpc('evm_revert', snapshot);
  });

  it('alarms, once, when the Rollup\'s code is replaced, proven by its storage', async (t) => {
    const watched = watch(t);
    await watched.catchUp();
    const snapshot = await system.anvil.rpc('evm_snapshot');
    await system.anvil.rpc('anvil_setStorageAt', system.deployment.contracts['Rollup'], '0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc', `0x${'00'.repeat(12)}${'ab'.repeat(20)}`);
    await mine(4);
    await watched.catchUp();
    await mine(4);
    await watched.catchUp();
    const alarms = watched.messages.filter(({ title }) => title.includes('B9-core-code'));
    assert.deepEqual(alarms.map(({ state, severity }) => [state, severity]), [['firing', 'critical']]);
    assert.match(alarms[0]?.text ?? '', /implementation is 0x(ab){20}/);
    await system.anvil.rpc('evm_revert', snapshot);
  });
});
