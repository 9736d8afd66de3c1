// The watchtower dies at every step between detecting, logging, sending and acknowledging: no alert is lost, one that comes twice has one id, the log
// is whole. First by stopping at each write, then the real process under `kill -9` at moments a seed chooses (KEYFALL_SEED).

import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { headOf, verifyRows } from '../../watchtower/auditLog.ts';
import type { Channel, Message } from '../../watchtower/alerts/channel.ts';
import { Delivery } from '../../watchtower/alerts/deliver.ts';
import { people } from '../../watchtower/monitors/people.ts';
import type { LogRow } from '../../watchtower/rows.ts';
import { Store } from '../../watchtower/store.ts';
import { DeployedSystem } from '../contracts/deployed.ts';
import { Random } from './replayChain.ts';
import { Rotations } from './rotations.ts';
import { configText, SILENT, Watched } from './watched.ts';

const ROOT = join(import.meta.dirname, '..', '..');

describe('crashes', () => {
  let system: DeployedSystem;
  let rotations: Rotations;

  before(async () => {
    system = await DeployedSystem.start([], ['--slots-in-an-epoch', '1']);
    rotations = await Rotations.on(system);
    await system.anvil.rpc('anvil_mine', '0x4');
  });
  after(async () => system.stop());

  const about = (messages: readonly { readonly id: string; readonly text: string; readonly state: string }[], key: string, state: string): readonly string[] => [...new Set(messages.filter((message) => message.state === state && message.text.toLowerCase().includes(`to ${key}`)).map(({ id }) => id))];

  it('dying at each write, every life one write longer: every alert arrives, under one id, and the log tells each once', async (t) => {
    const data = mkdtempSync(join(tmpdir(), 'keyfall-crash-'));
    t.after(() => { rmSync(data, { recursive: true, force: true }); });
    const first = new Watched(t, { urls: [system.anvil.url], quorum: 1, deployment: system.deployment, data, monitors: [people] });
    await first.catchUp();
    const keys = [await rotations.rotate(), await rotations.rotate()];
    await system.anvil.rpc('anvil_mine', '0x4');
    const sent: Message[] = [];
    const channel: Channel = { name: 'hook', send: async (message) => void sent.push(message) };
    const commit = first.store.commit.bind(first.store);
    for (let life = 0, isDone = false; !isDone; life += 1) {
      assert.ok(life < 500, 'it gets on');
      let writes = 0;
      first.store.commit = async (change) => {
        writes += 1;
        if (writes > life) throw new Error('killed');
        await commit(change);
      };
      try {
        while (!(await first.engine.step()).isCaughtUp);
        // A word on an incident waits for the one before it: several rounds.
        for (const delivery = new Delivery(first.store, [channel], SILENT); delivery.depth > 0;) await delivery.round();
        isDone = true;
      } catch (cause) {
        if (!(cause instanceof Error) || cause.message !== 'killed') throw cause;
      } finally {
        first.store.commit = commit;
      }
    }
    for (const key of keys) for (const state of ['provisional', 'firing']) assert.equal(about(sent, key, state).length, 1, `${key} ${state}: ${JSON.stringify(sent.map(({ id, title }) => [id, title]))}`);
    const rows = first.store.list<LogRow>(['log']);
    for (const key of keys) assert.deepEqual(rows.filter(({ entry }) => String(entry['sentence']).toLowerCase().includes(`to ${key}`)).map(({ entry }) => entry['state']), ['provisional', 'firing']);
    assert.equal((await verifyRows(rows, headOf(first.store))).ok, true);
  });

  // Every monitor judges after each start: a restart costs seconds of a busy machine.
  it('`kill -9` of the process at any moment: every alert arrives, and the log verifies', { timeout: 540_000 }, async (t) => {
    const random = new Random(Number(process.env['KEYFALL_SEED'] ?? 11));
    const data = mkdtempSync(join(tmpdir(), 'keyfall-kill-'));
    const seen: { readonly id: string; readonly text: string; readonly state: string }[] = [];
    const receiver = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => { body += chunk; }).on('end', () => {
        seen.push(JSON.parse(body) as (typeof seen)[number]);
        // Some answers never come: the sender cannot know whether it was taken.
        if (random.below(4) === 0) response.destroy();
        else response.writeHead(204).end();
      });
    });
    await new Promise<void>((resolve) => { receiver.listen(0, '127.0.0.1', resolve); });
    let child: ChildProcess | undefined;
    t.after(() => {
      child?.kill('SIGKILL');
      receiver.close();
      rmSync(data, { recursive: true, force: true });
    });
    const config = join(data, 'config.json');
    const text = JSON.parse(configText({ urls: [system.anvil.url], quorum: 1, deployment: system.deployment }, join(data, 'store'))) as Record<string, unknown>;
    writeFileSync(config, JSON.stringify({ ...text, api: { port: 0 }, isReexecuting: false, channels: [{ kind: 'webhook', name: 'hook', url: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`, secretFrom: 'HOOK_SECRET', minimum: 'warning' }] }));
    const start = (): ChildProcess => spawn(process.execPath, [join(ROOT, 'watchtower/main.ts'), 'run', '--config', config], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, HOOK_SECRET: 'secret' } });
    child = start();
    await new Promise((resolve) => { child?.stdout?.once('data', resolve); });
    await sleep(2_000);
    const keys: string[] = [];
    for (let round = 0; round < 5; round += 1) {
      keys.push(await rotations.rotate());
      await sleep(random.below(3_000));
      const died = new Promise((resolve) => { child?.once('exit', resolve); });
      child.kill('SIGKILL');
      await died;
      await system.anvil.rpc('anvil_mine', `0x${random.below(3).toString(16)}`);
      child = start();
    }
    await system.anvil.rpc('anvil_mine', '0x4');
    const missing = (): readonly string[] => keys.flatMap((key) => ['provisional', 'firing'].filter((state) => about(seen, key, state).length === 0).map((state) => `${key} ${state}`));
    for (const deadline = Date.now() + 300_000; missing().length > 0 && Date.now() < deadline;) await sleep(250);
    assert.deepEqual(missing(), []);
    for (const key of keys) for (const state of ['provisional', 'firing']) assert.equal(about(seen, key, state).length, 1, `${key} ${state} has one id`);
    const died = new Promise((resolve) => { child?.once('exit', resolve); });
    child.kill('SIGKILL');
    await died;
    const store = new Store(join(data, 'store'));
    assert.equal((await verifyRows(store.list<LogRow>(['log']), headOf(store))).ok, true);
    await store.close();
  });
});
