// Set-up over real processes: what is done once, what is repeated, what an interruption leaves. npm is the only stand-in
// (see checkout.ts). Not shown here: a real `npm ci`, which every fresh clone runs.
// Invariant under test: a step that did not finish is never taken for done, and two set-ups never work at once.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { MiniatureCheckout, eventually, finish, isAlive } from './checkout.ts';

function fresh(t: TestContext): MiniatureCheckout {
  const checkout = new MiniatureCheckout();
  t.after(() => checkout.remove());
  return checkout;
}

test('a second set-up of an unchanged checkout asks npm for nothing', async (t) => {
  const checkout = fresh(t);
  assert.equal((await checkout.run('setup')).code, 0);
  assert.deepEqual(checkout.npmCalls(), ['ci --no-audit', 'run build']);
  assert.equal((await checkout.run('setup')).code, 0);
  assert.deepEqual(checkout.npmCalls(), ['ci --no-audit', 'run build']);
});

test('a changed source, a lost output and a changed lockfile each repeat exactly the steps that read them', async (t) => {
  const checkout = fresh(t);
  await checkout.run('setup');
  writeFileSync(join(checkout.root, 'contracts', 'A.sol'), 'contract A {}');
  await checkout.run('setup');
  assert.deepEqual(checkout.npmCalls().slice(2), ['run build']);
  rmSync(join(checkout.root, 'contracts', 'artifacts'), { recursive: true });
  await checkout.run('setup');
  assert.deepEqual(checkout.npmCalls().slice(3), ['run build']);
  checkout.writeJson('package-lock.json', { lockfileVersion: 3, packages: { 'node_modules/a': { version: '1.0.1', integrity: 'sha512-b' } } });
  await checkout.run('setup');
  assert.deepEqual(checkout.npmCalls().slice(4), ['ci --no-audit', 'run build']);
});

test('a tree that npm installed by hand and that matches the lockfile is accepted; one package short is not', async (t) => {
  const checkout = fresh(t);
  const lock: unknown = JSON.parse(readFileSync(join(checkout.root, 'package-lock.json'), 'utf8'));
  checkout.writeJson('node_modules/.package-lock.json', lock);
  await checkout.run('setup');
  assert.deepEqual(checkout.npmCalls(), ['run build']);
  rmSync(join(checkout.root, '.keyfall', 'stamps'), { recursive: true });
  checkout.writeJson('node_modules/.package-lock.json', { packages: {} });
  await checkout.run('setup');
  assert.deepEqual(checkout.npmCalls().slice(1), ['ci --no-audit', 'run build']);
});

/** The page reads the interfaces that the contracts' build writes; it waits for the first of them, so that both builds overlap in each run. */
const WAITS_FOR_INTERFACE = 'mkdir -p governance-ui/out; until [ -e contracts/abi/A.json ]; do sleep 0.05; done; cat contracts/abi/A.json > governance-ui/out/index.html;';
const WRITES_INTERFACE = 'mkdir -p contracts/abi; echo half > contracts/abi/A.json; until [ -e governance-ui/out/index.html ]; do sleep 0.05; done; sleep 0.2; echo whole > contracts/abi/A.json';

test('builds run side by side, and one that read what another was still writing is built again', async (t) => {
  const checkout = fresh(t);
  checkout.writeBuild('contracts', WRITES_INTERFACE);
  checkout.writeBuild('governance-ui', WAITS_FOR_INTERFACE);
  const { code, output } = await checkout.run('setup');
  assert.equal(code, 0, output);
  assert.equal(readFileSync(join(checkout.root, 'governance-ui', 'out', 'index.html'), 'utf8'), 'whole\n');
  const calls = checkout.npmCalls().length;
  assert.equal((await checkout.run('setup')).code, 0);
  assert.equal(checkout.npmCalls().length, calls, 'all is current');
});

test('a build that failed over a file that another was writing is tried again; any other failure is shown once its neighbours are done', async (t) => {
  const checkout = fresh(t);
  checkout.writeBuild('contracts', WRITES_INTERFACE);
  checkout.writeBuild('governance-ui', `${WAITS_FOR_INTERFACE} if ! grep -q whole contracts/abi/A.json; then until grep -q whole contracts/abi/A.json; do sleep 0.05; done; echo torn; exit 7; fi`);
  const first = await checkout.run('setup');
  assert.equal(first.code, 0, first.output);
  checkout.writeBuild('governance-ui', 'echo the page says why; exit 7');
  checkout.writeBuild('contracts', 'sleep 0.3; echo done > contracts/artifacts/slow');
  const second = await checkout.run('setup');
  assert.equal(second.code, 1);
  assert.match(second.output, /build governance-ui failed with exit code 7[^]*the page says why/);
  assert.ok(existsSync(join(checkout.root, 'contracts', 'artifacts', 'slow')), 'no child outlives the set-up');
});

test('an interrupted install ends npm and its children, leaves no stamp, and the next run repeats it', async (t) => {
  const checkout = fresh(t);
  writeFileSync(checkout.slowMarker, '');
  const child = checkout.start('setup');
  const ended = finish(child);
  await eventually('npm runs', () => existsSync(`${checkout.slowMarker}.pid`));
  child.kill('SIGINT');
  const { code, output } = await ended;
  assert.equal(code, 130);
  assert.match(output, /interrupted during: dependencies/);
  assert.ok(!existsSync(join(checkout.root, '.keyfall', 'stamps', 'dependencies')));
  const grandchild = Number(readFileSync(`${checkout.slowMarker}.pid`, 'utf8'));
  await eventually('the children of npm are gone too', () => !isAlive(grandchild));
  rmSync(checkout.slowMarker);
  assert.equal((await checkout.run('setup')).code, 0);
  assert.equal(checkout.npmCalls().filter((call) => call === 'ci --no-audit').length, 2);
});

test('after kill -9 of the set-up, the next one waits until the orphaned step is gone', async (t) => {
  const checkout = fresh(t);
  writeFileSync(checkout.slowMarker, '');
  const first = checkout.start('setup');
  await eventually('npm runs', () => existsSync(`${checkout.slowMarker}.pid`));
  const orphan = Number(readFileSync(`${checkout.slowMarker}.pid`, 'utf8'));
  rmSync(checkout.slowMarker);
  first.kill('SIGKILL');
  const second = checkout.start('setup');
  const ended = finish(second);
  let said = '';
  for (const stream of [second.stdout, second.stderr]) stream?.on('data', (chunk: Buffer) => { said += chunk.toString('utf8'); });
  await eventually('the second set-up says what it waits for', () => said.includes('waiting for another set-up'));
  assert.ok(isAlive(orphan), 'the orphaned step should still run');
  assert.equal(checkout.npmCalls().length, 1, 'the second set-up must not have started a step');
  process.kill(orphan);
  const { code, output } = await ended;
  assert.equal(code, 0, output);
});

test('two set-ups started together install once', async (t) => {
  const checkout = fresh(t);
  const [left, right] = await Promise.all([checkout.run('setup'), checkout.run('setup')]);
  assert.deepEqual([left.code, right.code], [0, 0]);
  assert.deepEqual(checkout.npmCalls(), ['ci --no-audit', 'run build']);
});

test('a failing step shows the output of the tool and its exit code', async (t) => {
  const checkout = fresh(t);
  writeFileSync(checkout.brokenMarker, '');
  const { code, output } = await checkout.run('setup');
  assert.equal(code, 1);
  assert.match(output, /failed with exit code 7/);
  assert.match(output, /npm says why/);
});

test('an unknown command and a command this checkout lacks are usage errors', async (t) => {
  const checkout = fresh(t);
  const unknown = await checkout.run('upp');
  assert.equal(unknown.code, 2);
  assert.match(unknown.output, /unknown command 'upp': expected one of setup, up,/);
  const absent = await checkout.run('bench:node');
  assert.equal(absent.code, 2);
  assert.match(absent.output, /does not have/);
});

test('the command gets its arguments, its exit code is passed on, and it sees the death of its parent', async (t) => {
  const checkout = fresh(t);
  checkout.writeJson('seen', null);
  const program = "import { writeFileSync, createReadStream } from 'node:fs';\n" +
    "writeFileSync('seen', JSON.stringify(process.argv.slice(2)));\n" +
    "if (process.argv.includes('--wait')) createReadStream('', { fd: Number(process.env.KEYFALL_LIFELINE.split(':')[1]) }).on('end', () => { writeFileSync('seen', '[\"parent gone\"]'); process.exit(0); }).resume();\n" +
    'else process.exitCode = 5;\n';
  checkout.writeJson('test/runner/placeholder.json', {});
  writeFileSync(join(checkout.root, 'test', 'runner', 'main.ts'), program);
  assert.equal((await checkout.run('test', 'a', '--b')).code, 5);
  // Compared as text: a reader may meet the file while it is being written.
  const seen = (): string => readFileSync(join(checkout.root, 'seen'), 'utf8');
  assert.equal(seen(), '["a","--b"]');
  const waiting = checkout.start('test', '--wait');
  t.after(() => waiting.kill('SIGKILL'));
  await eventually('the command runs', () => seen() === '["--wait"]');
  waiting.kill('SIGKILL');
  await eventually('the command notices', () => seen() === '["parent gone"]');
});
