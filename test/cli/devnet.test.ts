// The devnet's own machinery over real processes: what the death of `up`, of a child or of anvil leaves, and what the next start
// makes of it. No rollup runs here; that is shown by the end-to-end smoke test.
// Invariant under test: no process and no manifest outlives `up`, the L1 chain goes on where it stopped, its clock too.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Child } from '../../node/cli/devnet/child.ts';
import { holdHome } from '../../node/cli/devnet/exclusive.ts';
import { anvilPlan, checkpoint, settleStoredState, startClock } from '../../node/cli/devnet/l1.ts';
import { chooseDevnetPorts } from '../../node/cli/devnet/ports.ts';
import { endLeftovers, isRunning, saveProcessTable, startTicksOf } from '../../node/cli/devnet/processTable.ts';
import { Supervisor } from '../../node/cli/devnet/supervisor.ts';
import type { Home } from '../../node/cli/home.ts';
import { manifestText, readManifest } from '../../node/cli/manifest.ts';
import { probeRpc } from '../../node/cli/rollup.ts';
import { eventually, isAlive, sampleManifest, temporaryHome } from './temporary.ts';

const signal = new AbortController().signal;

function plan(home: Home, name: string, script: string, stopSeconds = 5): Parameters<typeof Child.start>[0] {
  return { name, file: '/bin/sh', args: ['-c', script], logPath: join(home.directory, `${name}.log`), stopSeconds };
}

describe('processes', () => {
  test('a child of a process that is killed ends as well, by the kernel', async (t) => {
    const home = temporaryHome(t);
    const pidFile = join(home.directory, 'pid');
    const program = join(home.directory, 'parent.mjs');
    writeFileSync(program, `import { Child } from ${JSON.stringify(join(import.meta.dirname, '../../node/cli/devnet/child.ts'))};
      import { writeFileSync } from 'node:fs';
      const child = await Child.start({ name: 'c', file: '/bin/sleep', args: ['60'], logPath: ${JSON.stringify(join(home.directory, 'c.log'))}, stopSeconds: 1 });
      writeFileSync(${JSON.stringify(pidFile)}, String(child.entry.pid));
      setInterval(() => {}, 1000);`);
    const parent = spawn(process.execPath, [program], { stdio: 'inherit' });
    await eventually('the child runs', () => existsSync(pidFile) && readFileSync(pidFile, 'utf8') !== '');
    const pid = Number(readFileSync(pidFile, 'utf8'));
    assert.ok(isAlive(pid));
    parent.kill('SIGKILL');
    await eventually('the child is gone', () => !isAlive(pid));
  });

  test('a child that will not end is killed when its time is over', async (t) => {
    const child = await Child.start(plan(temporaryHome(t), 'stubborn', 'trap "" TERM; while :; do sleep 0.1; done', 0.3));
    await new Promise((resolve) => {
      setTimeout(resolve, 200);
    });
    assert.equal(await child.stop(), false);
    assert.ok(!isAlive(child.entry.pid));
  });

  test('what dies is started again; what keeps dying ends the devnet with the end of its log', async (t) => {
    const home = temporaryHome(t);
    let restarts = 0;
    const supervisor = new Supervisor(home, { onRestarted: () => {
      restarts += 1;
    }, onNotice: () => undefined });
    t.after(() => supervisor.stop([['lasting', 'broken']]));
    const lasting = await supervisor.start(plan(home, 'lasting', 'exec sleep 60'), true);
    process.kill(lasting.entry.pid, 'SIGKILL');
    await eventually('it runs again', () => restarts === 1);
    assert.notEqual(supervisor.pids()['lasting'], lasting.entry.pid);
    await supervisor.start(plan(home, 'broken', 'echo why it broke; exit 3'), true);
    await assert.rejects(supervisor.failed, /broken ended with exit code 3 5 times right after its start[\s\S]*why it broke/);
  });

  test('the loss of a process that cannot be replaced ends the devnet at once', async (t) => {
    const home = temporaryHome(t);
    const supervisor = new Supervisor(home, { onRestarted: () => undefined, onNotice: () => undefined });
    const child = await supervisor.start(plan(home, 'l1', 'exec sleep 60'), false);
    process.kill(child.entry.pid, 'SIGKILL');
    await assert.rejects(supervisor.failed, /l1 ended with signal SIGKILL/);
    await supervisor.stop([['l1']]);
    await assert.rejects(supervisor.start(plan(home, 'late', 'exec sleep 60'), true), /stopping/);
  });

  test('leftovers of an earlier run are ended, a stranger with the same number is not', async (t) => {
    const home = temporaryHome(t);
    const leftover = await Child.start(plan(home, 'leftover', 'exec sleep 60'));
    const stranger = await Child.start(plan(home, 'stranger', 'exec sleep 60'));
    t.after(() => stranger.stop());
    saveProcessTable(home, [leftover.entry, { ...stranger.entry, startTicks: '1' }]);
    const found: string[] = [];
    await endLeftovers(home, (names) => found.push(...names), 300);
    assert.deepEqual(found, ['leftover']);
    assert.ok(!isRunning(leftover.entry));
    assert.ok(isRunning(stranger.entry));
    assert.equal(startTicksOf(2 ** 22 + 1), undefined);
  });
});

describe('the home', () => {
  test('kill -9 of the holder removes the manifest and frees the home', async (t) => {
    const home = temporaryHome(t);
    const program = join(home.directory, 'holder.mjs');
    writeFileSync(program, `import { holdHome } from ${JSON.stringify(join(import.meta.dirname, '../../node/cli/devnet/exclusive.ts'))};
      import { homeAt } from ${JSON.stringify(join(import.meta.dirname, '../../node/cli/home.ts'))};
      import { renameSync, writeFileSync } from 'node:fs';
      const home = homeAt(${JSON.stringify(home.directory)});
      await holdHome(home);
      writeFileSync(home.manifestPath + '.partial', ${JSON.stringify(manifestText(sampleManifest()))});
      renameSync(home.manifestPath + '.partial', home.manifestPath);
      setInterval(() => {}, 1000);`);
    const holder = spawn(process.execPath, [program], { stdio: 'inherit' });
    t.after(() => holder.kill('SIGKILL'));
    await eventually('the home is held', () => existsSync(home.manifestPath));
    assert.equal(readManifest(home).profile, 'training-devnet');
    holder.kill('SIGKILL');
    await eventually('the manifest is gone', () => !existsSync(home.manifestPath));
    const release = await holdHome(home);
    await release();
    assert.throws(() => readManifest(home), /no devnet is running here/);
  });

  test('a manifest that lacks something is refused', (t) => {
    const home = temporaryHome(t);
    writeFileSync(home.manifestPath, JSON.stringify({ ...sampleManifest(), accounts: [] }));
    assert.throws(() => readManifest(home), /is not a devnet manifest/);
  });

  test('a busy port is an error that names it, its purpose and its option', async (t) => {
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    t.after(() => server.close());
    const busy = String((server.address() as AddressInfo).port);
    await assert.rejects(chooseDevnetPorts({ l1Port: '0', l2Port: busy, attesterPort: '0', uiPort: '0', watchtowerPort: '0' }, 2), new RegExp(`port ${busy} \\(L2 JSON-RPC and WebSocket\\) is in use.*--l2-port`));
    await assert.rejects(chooseDevnetPorts({ l1Port: '70000', l2Port: '0', attesterPort: '0', uiPort: '0', watchtowerPort: '0' }, 2), /--l1-port: expected a whole number/);
    const ports = await chooseDevnetPorts({ l1Port: '0', l2Port: '0', attesterPort: '0', uiPort: '0', watchtowerPort: '0' }, 5);
    assert.equal(new Set([ports.l1, ports.l2, ...ports.attesters]).size, 7);
  });
});

describe('the L1 chain across starts', () => {
  const STANDING_SECONDS = 12;

  const block = async (url: string, tag: string): Promise<{ number: bigint; timestamp: bigint; hash: string }> => {
    const found = (await probeRpc(url, 'eth_getBlockByNumber', [tag, false])) as { number: string; timestamp: string; hash: string };
    return { number: BigInt(found.number), timestamp: BigInt(found.timestamp), hash: found.hash };
  };

  async function startL1(home: Home): Promise<{ child: Child; url: string; first: bigint | undefined }> {
    const { l1: port } = await chooseDevnetPorts({ l1Port: '0', l2Port: '0', attesterPort: '0', uiPort: '0', watchtowerPort: '0' }, 0);
    const stored = settleStoredState(home.devnetDirectory);
    const child = await Child.start(anvilPlan(home.devnetDirectory, port, stored !== undefined, join(home.directory, 'l1.log')));
    const url = `http://127.0.0.1:${port}`;
    await startClock(url, stored, signal);
    return { child, url, first: stored?.blockNumber };
  }

  test('a second start goes on with the same blocks, and no L1 time passed in between', async (t) => {
    const home = temporaryHome(t);
    const first = await startL1(home);
    await probeRpc(first.url, 'evm_setIntervalMining', [0]);
    const last = await block(first.url, 'latest');
    assert.equal(await first.child.stop(), true);
    await new Promise((resolve) => {
      setTimeout(resolve, STANDING_SECONDS * 1000);
    });
    const second = await startL1(home);
    t.after(() => second.child.stop());
    assert.equal((await block(second.url, `0x${last.number.toString(16)}`)).hash, last.hash);
    const next = await block(second.url, `0x${(last.number + 1n).toString(16)}`);
    // A busy machine starts slowly, and that time does pass; the time it stood is longer than any such start.
    assert.ok(next.timestamp - last.timestamp < STANDING_SECONDS, `expected the clock to stand still, it moved ${next.timestamp - last.timestamp} s in one block`);
  });

  test('after kill -9 of anvil the checkpoint counts, and a torn file never does', async (t) => {
    const home = temporaryHome(t);
    const first = await startL1(home);
    await checkpoint(first.url, home.devnetDirectory);
    const kept = await block(first.url, 'latest');
    process.kill(first.child.entry.pid, 'SIGKILL');
    await first.child.exited;
    writeFileSync(join(home.devnetDirectory, 'exit.json'), readFileSync(join(home.devnetDirectory, 'checkpoint.json'), 'utf8').slice(0, -200));
    const second = await startL1(home);
    t.after(() => second.child.stop());
    assert.ok(second.first !== undefined && second.first >= kept.number - 1n);
    const known = await block(second.url, `0x${second.first.toString(16)}`);
    assert.equal(known.hash.length, 66);
  });
});
