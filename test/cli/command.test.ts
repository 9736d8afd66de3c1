// The command as a script sees it: exit codes, one JSON object on stdout, where keys may come from. Every test starts the real
// entry. What the commands do on chain is shown by the end-to-end tests.
// Invariant under test: 2 for wrong use, 3 for an endpoint that cannot be reached, and never a key in the arguments.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { writeFileSync } from 'node:fs';
import { Wallet, encryptKeystoreJson } from 'ethers';
import { CommandFailure, EXIT_CODES } from '../../node/cli/failure.ts';
import { loadWallet } from '../../node/cli/keys.ts';
import { manifestText } from '../../node/cli/manifest.ts';
import { createProgram } from '../../node/cli/surface.ts';
import { sampleManifest, temporaryHome } from './temporary.ts';

const entry = join(import.meta.dirname, '..', '..', 'node', 'cli', 'main.ts');

interface Ended { readonly code: number; readonly stdout: string; readonly stderr: string }

async function keyfall(t: TestContext, args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const home = temporaryHome(t);
  return new Promise((resolve) => {
    execFile(process.execPath, [entry, ...args], { env: { PATH: process.env['PATH'] ?? '', KEYFALL_HOME: home.directory, ...environment } }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, stdout, stderr });
    });
  });
}

describe('exit codes', () => {
  test('help is a success, and each command has an example', async (t) => {
    assert.equal((await keyfall(t, ['--help'])).code, 0);
    for (const { name, text } of createProgram().commands.map((command) => ({ name: command.name(), text: helpOf(command) }))) {
      assert.match(text, /Examples:\n {2}\$ /, name);
    }
  });

  test('an entry behind a command answers --help itself: every option it takes, on stdout, as a success', async (t) => {
    const options = { node: /--recovery-workers N/, attester: /--stagger-seconds N/, watchtower: /verify-log --config FILE/, proof: /--allow-test-profile/, 'evm-test': /--every N/ };
    for (const [name, option] of Object.entries(options)) {
      const { code, stdout, stderr } = await keyfall(t, [name, '--help']);
      assert.equal(code, 0, `${name}: ${stderr}`);
      assert.match(stdout, option, name);
    }
  });

  test('wrong use ends with 2', async (t) => {
    for (const args of [['nonsense'], ['deposit'], ['deposit', '1', '--what'], ['deposit', 'one', '--account', '0'], ['withdraw'], ['withdraw', '1', '--resume'], ['force', 'push'], ['up', '--l1-port', 'x'], ['up', '--time-scale', '0']]) {
      const { code, stderr } = await keyfall(t, args);
      assert.ok(code === 2 || (code === 3 && args.includes('--account')), `${args.join(' ')}: expected 2, got ${code}: ${stderr}`);
      assert.ok(stderr.length > 0, args.join(' '));
    }
  });

  test('no devnet and a dead endpoint end with 3, and the message says what to do', async (t) => {
    const none = await keyfall(t, ['status']);
    assert.equal(none.code, 3);
    assert.match(none.stderr, /npm run up/);
    const dead = await keyfall(t, ['status', '--l1', 'http://127.0.0.1:1', '--l2', 'http://127.0.0.1:1', '--rollup', `0x${'11'.repeat(20)}`]);
    assert.equal(dead.code, 3);
    assert.match(dead.stderr, /127\.0\.0\.1:1 does not answer eth_chainId/);
  });

  test('with --json wrong use is one object on stdout too', async (t) => {
    for (const args of [['status', '--json', '--what'], ['deposit', '--json'], ['nonsense', '--json']]) {
      const { code, stdout } = await keyfall(t, args);
      assert.equal(code, 2);
      const answer = JSON.parse(stdout) as Record<string, unknown>;
      assert.deepEqual([answer['ok'], answer['kind']], [false, 'usage'], args.join(' '));
    }
  });

  test('with --json a failure is one object on stdout too', async (t) => {
    const { code, stdout } = await keyfall(t, ['status', '--json']);
    const answer = JSON.parse(stdout) as Record<string, unknown>;
    assert.equal(code, 3);
    assert.equal(answer['ok'], false);
    assert.equal(answer['kind'], 'unreachable');
  });

  test('an endpoint of a chain without the Rollup is a failure, not a success and not silence', async (t) => {
    const url = await answering(t, { eth_chainId: '0x7a69', eth_getCode: '0x' });
    const { code, stderr } = await keyfall(t, ['status', '--l1', url, '--l2', url, '--rollup', `0x${'11'.repeat(20)}`]);
    assert.equal(code, 1, stderr);
    assert.match(stderr, /has no contract at the Rollup address/);
  });
});

describe('the way out', () => {
  const lines = (program: { commands: readonly { name(): string }[] }, name: string): { name(): string; commands: readonly { name(): string }[] } | undefined => program.commands.find((command) => command.name() === name) as never;

  test('each command below exit has an example and the exit codes in its help', () => {
    const exit = lines(createProgram(), 'exit');
    const below = exit?.commands ?? [];
    assert.deepEqual(below.map((command) => command.name()).sort(), ['claim', 'escape', 'force', 'plan', 'pool', 'prove']);
    for (const command of below) {
      const text = helpOf(command as never);
      assert.match(text, /Examples:\n {2}\$ keyfall exit /, command.name());
      assert.match(text, /4 unknown/, command.name());
    }
  });

  test('wrong use ends with 2, another network with 1, and a file that is no kit with 2; all in words', async (t) => {
    const url = await answering(t, { eth_chainId: '0x1', eth_getCode: '0x', eth_blockNumber: '0x1' });
    const there = ['--l1', url, '--rollup', `0x${'11'.repeat(20)}`];
    const cases: readonly [number, RegExp, readonly string[]][] = [
      [2, /expected status, enter/, ['lifecycle', 'thaw', ...there]], [2, /either an AMOUNT to force out or --resume/, ['exit', 'force', ...there]], [2, /--to, the recipient/, ['exit', 'force', '1', '--unsigned', ...there]],
      [2, /one of --out and --from-file/, ['exit', 'escape', '--out', 'a', '--from-file', 'b', ...there]], [2, /is no exit kit|cannot be read/, ['exit', 'escape', '--from-file', join(import.meta.dirname, 'temporary.ts'), ...there]],
      [2, /settled/, ['exit', 'escape', '--from-file', 'b', '--to', `0x${'22'.repeat(20)}`, ...there]], [2, /POOL/, ['exit', 'pool', '0x12', ...there]], [2, /right checksum/, ['exit', 'plan', '--owner', '0x12', ...there]],
      [2, /right checksum/, ['lifecycle', 'status', '--l1', url, '--rollup', '0x12']],
      ...['lifecycle status', 'exit plan', 'exit claim', 'exit escape', 'exit force 1', 'exit prove --prover x', `exit pool 0x${'33'.repeat(20)}`].map((typed): [number, RegExp, string[]] => [1, /has no contract at the Rollup address/, [...typed.split(' '), ...there]]),
    ];
    const [before, home] = [process.env['KEYFALL_PRIVATE_KEY'], temporaryHome(t)];
    process.env['KEYFALL_PRIVATE_KEY'] = `0x${'ab'.repeat(32)}`;
    t.after(() => { if (before === undefined) delete process.env['KEYFALL_PRIVATE_KEY']; });
    // In this process: what a failure becomes at the end of one is shown above.
    for (const [expected, message, args] of cases) {
      await assert.rejects(createProgram().parseAsync([...args, '--home', home.directory], { from: 'user' }), (error) => {
        assert.ok(error instanceof CommandFailure, `${args.join(' ')}: ${String(error)}`);
        assert.equal(EXIT_CODES[error.kind], expected, `${args.join(' ')}: ${error.message}`);
        assert.match(error.message, message, args.join(' '));
        return true;
      });
    }
    const { code, stdout } = await keyfall(t, ['exit', 'plan', ...there, '--json']);
    assert.deepEqual([code, (JSON.parse(stdout) as { kind: string }).kind], [2, 'usage'], 'without a key');
    assert.match(stdout, /a key is needed/);
  });
});

/** An endpoint that answers what it is given and null to all else. */
async function answering(t: TestContext, answers: Readonly<Record<string, unknown>>): Promise<string> {
  const server = createServer((request, response) => {
    request.setEncoding('utf8');
    let body = '';
    request.on('data', (chunk: string) => { body += chunk; });
    request.on('end', () => {
      const given = JSON.parse(body) as { id: number; method: string } | { id: number; method: string }[];
      const answer = ({ id, method }: { id: number; method: string }): unknown => ({ jsonrpc: '2.0', id, result: answers[method] ?? null });
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(Array.isArray(given) ? given.map(answer) : answer(given)));
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  t.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function helpOf(command: { helpInformation(): string; outputHelp(): void; configureOutput(output: { writeOut: (text: string) => void }): unknown }): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => {
    text += part;
  } });
  command.outputHelp();
  return text;
}

describe('keys', () => {
  const key = `0x${'ab'.repeat(32)}`;

  test('a key comes from the environment, a keystore or the devnet, and two at once are refused', async (t) => {
    const home = temporaryHome(t);
    const keystore = join(home.directory, 'keystore.json');
    writeFileSync(keystore, await encryptKeystoreJson(new Wallet(key), 'secret', { scrypt: { N: 1024 } }));
    writeFileSync(home.manifestPath, manifestText(sampleManifest()));
    process.env['KEYFALL_KEYSTORE_PASSWORD'] = 'secret';
    process.env['KEYFALL_PRIVATE_KEY'] = key;
    t.after(() => {
      delete process.env['KEYFALL_KEYSTORE_PASSWORD'];
      delete process.env['KEYFALL_PRIVATE_KEY'];
    });
    const expected = new Wallet(key).address;
    assert.equal((await loadWallet({}, home)).address, expected);
    assert.equal((await loadWallet({ keystore }, home)).address, expected);
    assert.equal((await loadWallet({ account: '0' }, home)).address, '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266');
    await assert.rejects(loadWallet({ account: '0', keystore }, home), /expected one of/);
    await assert.rejects(loadWallet({ account: '10' }, home), /from 0 to 9, got '10'/);
    await assert.rejects(loadWallet({ account: '-1' }, home), /got '-1'/);
    process.env['KEYFALL_KEYSTORE_PASSWORD'] = 'wrong';
    await assert.rejects(loadWallet({ keystore }, home), /cannot be opened/);
    process.env['KEYFALL_PRIVATE_KEY'] = '0x12';
    await assert.rejects(loadWallet({}, home), /expected 32 bytes of hex/);
    process.env['KEYFALL_PRIVATE_KEY'] = '';
    await assert.rejects(loadWallet({}, home), /a key is needed/);
  });

  test('no command takes a key as an argument', () => {
    const options = createProgram().commands.flatMap((command) => command.options.map(({ long }) => long ?? ''));
    assert.ok(options.length > 20);
    assert.deepEqual(options.filter((option) => /private|secret|password|mnemonic|key$/i.test(option)), []);
  });
});
