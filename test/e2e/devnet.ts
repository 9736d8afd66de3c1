// A devnet for a test: the real `keyfall up` in a temporary home on ports chosen by the system, and the real `keyfall` command
// against it. Owns starting, stopping and killing it; what it must do is for the tests to say.
// Invariant: nothing of it outlives the test: at the end it is stopped, and whatever is left of it is killed.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestContext } from 'node:test';
import type { Manifest } from '../../node/cli/manifest.ts';

const entry = join(import.meta.dirname, '..', '..', 'node', 'cli', 'main.ts');
const START_SECONDS = 240;
const STOP_SECONDS = 120;

/** How one `keyfall` command ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Whether a process of that number runs. */
export function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}/exe`);
}

/** One running `keyfall up`. */
export class RunningDevnet {
  readonly manifest: Manifest;
  readonly #process: ChildProcess;
  readonly #exited: Promise<number | string | null>;
  readonly #read: () => string;

  constructor(manifest: Manifest, process: ChildProcess, exited: Promise<number | string | null>, read: () => string) {
    this.manifest = manifest;
    this.#process = process;
    this.#exited = exited;
    this.#read = read;
  }

  /** What it printed so far. */
  get output(): string {
    return this.#read();
  }

  /** Sends a signal to `up` and waits for its end. @returns exit code or signal name */
  async end(signal: NodeJS.Signals): Promise<number | string | null> {
    this.#process.kill(signal);
    return this.#exited;
  }
}

export class TestDevnet {
  readonly home: string;
  #running: RunningDevnet | undefined;

  /** @param t stops the devnet when it ends */
  constructor(t: TestContext) {
    this.home = mkdtempSync(join(tmpdir(), 'keyfall-devnet-'));
    t.after(async () => {
      await this.#cleanUp();
      rmSync(this.home, { recursive: true, force: true });
    });
  }

  /** Starts it (or starts it again) and waits until it is ready. */
  async start(...args: readonly string[]): Promise<RunningDevnet> {
    const child = spawn(process.execPath, [entry, 'up', '--home', this.home, '--l1-port', '0', '--l2-port', '0', '--attester-port', '0', '--ui-port', '0', ...(args.includes('--watchtower-port') ? [] : ['--no-watchtower']), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    let ended: number | string | null | undefined;
    const exited = new Promise<number | string | null>((resolve) => {
      child.once('exit', (code, signal) => {
        ended = code ?? signal;
        resolve(ended);
      });
    });
    const deadline = Date.now() + START_SECONDS * 1000;
    while (!existsSync(join(this.home, 'devnet.json'))) {
      if (ended !== undefined || Date.now() > deadline) {
        child.kill('SIGTERM');
        await exited;
        assert.fail(`the devnet did not become ready (${ended ?? 'too slow'}):\n${output}\n${this.logs()}`);
      }
      await sleep(100);
    }
    this.#running = new RunningDevnet(this.readManifest(), child, exited, () => output);
    return this.#running;
  }

  readManifest(): Manifest {
    return JSON.parse(readFileSync(join(this.home, 'devnet.json'), 'utf8')) as Manifest;
  }

  hasManifest(): boolean {
    return existsSync(join(this.home, 'devnet.json'));
  }

  /** Runs a `keyfall` command against it. */
  async keyfall(...args: readonly string[]): Promise<Ended> {
    return new Promise((resolve) => {
      execFile(process.execPath, [entry, ...args], { env: { ...process.env, KEYFALL_HOME: this.home } }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, stdout, stderr });
      });
    });
  }

  /** Runs a command that must succeed and gives its JSON answer. */
  async keyfallJson(...args: readonly string[]): Promise<Record<string, unknown>> {
    const { code, stdout, stderr } = await this.keyfall(...args, '--json');
    assert.equal(code, 0, `keyfall ${args.join(' ')} ended with ${code}:\n${stdout}\n${stderr}\n${this.logs()}`);
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  /** Starts a `keyfall` command and leaves it running. */
  spawnKeyfall(...args: readonly string[]): ChildProcess {
    return spawn(process.execPath, [entry, ...args], { env: { ...process.env, KEYFALL_HOME: this.home }, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** The end of every process's log, for failure messages. */
  logs(): string {
    const directory = join(this.home, 'devnet', 'logs');
    if (!existsSync(directory)) return 'no logs';
    return readdirSync(directory).filter((name) => name.endsWith('.log')).map((name) => `--- ${name}\n${readFileSync(join(directory, name), 'utf8').slice(-1_500)}`).join('\n');
  }

  async #cleanUp(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    const pids = Object.values(running.manifest.pids);
    await Promise.race([running.end('SIGTERM'), sleep(STOP_SECONDS * 1000, undefined, { ref: false })]);
    for (const pid of pids) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  }
}
