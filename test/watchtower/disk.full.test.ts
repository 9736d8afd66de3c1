// A disk that is really full, under the real process: the alarm is told all the same, health, metrics and exit code say so, nothing is lost when there is
// room again. And a second process on the directory of one that runs, with and without a kill.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { DeployedSystem } from '../contracts/deployed.ts';
import { WatchtowerProcess } from './process.ts';
import { Rotations } from './rotations.ts';
import { configText } from './watched.ts';

const ENTRY = join(import.meta.dirname, '..', '..', 'watchtower', 'main.ts');

describe('the directory of the store', () => {
  let system: DeployedSystem;
  let rotations: Rotations;

  before(async () => {
    system = await DeployedSystem.start([], ['--slots-in-an-epoch', '1']);
    rotations = await Rotations.on(system);
    await system.anvil.rpc('anvil_mine', '0x4');
  });
  after(async () => system.stop());

  const prepare = async (t: TestContext): Promise<WatchtowerProcess> => {
    const { data: _, channels: __, ...config } = JSON.parse(configText({ urls: [system.anvil.url], quorum: 1, deployment: system.deployment }, 'x')) as Record<string, unknown>;
    return WatchtowerProcess.prepare(t, { config: { ...config, isReexecuting: false, checks: { 'H42-disk': { isEnabled: false } } } });
  };

  async function until(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
    for (const deadline = Date.now() + 120_000; !await holds();) {
      assert.ok(Date.now() < deadline, what);
      await sleep(200);
    }
  }

  it('is full: it is said everywhere, told from memory, and everything is kept when there is room', { timeout: 500_000 }, async (t) => {
    const watchtower = await prepare(t);
    mkdirSync(watchtower.data);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', watchtower.data]);
    if (mounted.status !== 0) return t.skip('deferred: mount-needs-root: mounting a small file system needs root');
    const filler = join(watchtower.data, 'filler');
    const fill = (): void => { try { for (;;) appendFileSync(filler, Buffer.alloc(4_096)); } catch (cause) { assert.equal((cause as NodeJS.ErrnoException).code, 'ENOSPC'); } };
    const about = (text: string, id: RegExp): boolean => watchtower.received.some((message) => message.text.toLowerCase().includes(text) && id.test(message.id));
    try {
      await watchtower.start();
      await until('it is ready', async () => (await watchtower.ask('/readyz')).status === 200);
      fill();
      // Pages that are free within the file last for a while.
      const keys: string[] = [];
      await until('it says that it cannot keep anything', async () => {
        if (about('there is no space left', /^unkept-/)) return true;
        keys.push(await rotations.rotate());
        await sleep(600);
        return false;
      });
      const fromMemory = (): string | undefined => keys.find((key) => about(`to ${key}`, /^unkept-/) && !about(`to ${key}`, /^hook-/));
      // One of which nothing was written: an earlier one may have had its first word in a row, and its second from memory.
      await until('it tells an alarm from memory', async () => {
        if (fromMemory() === undefined) keys.push(await rotations.rotate());
        return fromMemory() !== undefined;
      });
      const key = fromMemory() ?? assert.fail();
      const [ready, health] = [await watchtower.ask('/readyz'), await watchtower.ask('/healthz')];
      assert.equal(ready.status, 503);
      assert.match(JSON.stringify(ready.body), /there is no space left/);
      assert.equal((health.body as { canKeep: boolean }).canKeep, false);
      assert.equal(about(`to ${key}`, /^hook-/), false);
      rmSync(filler);
      await until('it tells the alarm by its row', () => about(`to ${key}`, /^hook-/));
      await until('it says that it keeps again', () => about('the store can be written again', /^unkept-/));
      await until('it is ready again', async () => (await watchtower.ask('/readyz')).status === 200);
      const rows: { entry: Record<string, unknown> }[] = [];
      for (let page = rows; rows.length === 0 || page.length > 0;) {
        page = (await watchtower.ask(`/v1/log?from=${rows.length + 1}`)).body as typeof rows;
        rows.push(...page);
      }
      assert.equal(rows.filter(({ entry }) => entry['state'] === 'provisional' && String(entry['sentence']).toLowerCase().includes(`to ${key}`)).length, 1);
      assert.ok(rows.some(({ entry }) => entry['kind'] === 'unkept'));
      fill();
      await until('it cannot keep anything once more', async () => { await rotations.rotate(); return (await watchtower.ask('/readyz')).status === 503; });
      assert.equal(await watchtower.stop(), 1);
      assert.match(watchtower.errors, /there is no space left: free some/);
    } finally {
      await watchtower.kill();
      spawnSync('umount', ['-l', watchtower.data]);
    }
  });

  it('belongs to one process; after `kill -9` the next one starts at once', { timeout: 300_000 }, async (t) => {
    const watchtower = await prepare(t);
    await watchtower.start();
    const second = spawnSync(process.execPath, [ENTRY, 'run', '--config', watchtower.configPath], { encoding: 'utf8', env: { ...process.env, HOOK_SECRET: 'secret' }, timeout: 60_000 });
    assert.equal(second.status, 1);
    assert.match(second.stderr, /another watchtower runs on this data directory \(process \d+, since .*\): stop it, or give this one a directory of its own/);
    assert.equal(watchtower.isRunning, true);
    await watchtower.kill();
    await watchtower.start();
    assert.equal(watchtower.isRunning, true, watchtower.errors);
    assert.equal(await watchtower.stop(), 0);
    await watchtower.start();
    assert.equal(watchtower.isRunning, true, watchtower.errors);
  });
});
