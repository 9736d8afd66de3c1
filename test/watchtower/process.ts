/**
 * The real watchtower as a process, with a receiver of its webhooks: for tests that kill it. Owns starting it again on the same data, ending it by its
 * process id, and reading the log that it left. Asserts nothing but that it starts.
 */
import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

const ENTRY = join(import.meta.dirname, '..', '..', 'watchtower', 'main.ts');

export interface Received { readonly id: string; readonly state: string; readonly title: string; readonly text: string }

interface ProcessOptions {
  /** The configuration without what this file adds: data, API, the webhook. */
  readonly config: Record<string, unknown>;
  readonly environment?: Readonly<Record<string, string>>;
}

export class WatchtowerProcess {
  readonly directory: string;
  readonly received: Received[] = [];
  readonly config: Record<string, unknown>;
  readonly #options: ProcessOptions;
  readonly #server: Server;
  #child: ChildProcess | undefined;
  #errors = '';
  #port = 0;

  private constructor(directory: string, server: Server, options: ProcessOptions) {
    [this.directory, this.#server, this.#options] = [directory, server, options];
    this.config = options.config;
  }

  /** Prepares it; `start` starts it. */
  static async prepare(t: TestContext, options: ProcessOptions): Promise<WatchtowerProcess> {
    const server = createServer();
    const made = new WatchtowerProcess(mkdtempSync(join(tmpdir(), 'keyfall-watchtower-')), server, options);
    server.on('request', (request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => { body += chunk; }).on('end', () => {
        made.received.push(JSON.parse(body) as Received);
        response.writeHead(204).end();
      });
    });
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    t.after(async () => {
      await made.kill();
      server.close();
      rmSync(made.directory, { recursive: true, force: true });
    });
    return made;
  }

  get configPath(): string {
    return join(this.directory, 'config.json');
  }

  get data(): string {
    return join(this.directory, 'store');
  }

  /** What it wrote to standard error, in all its lives. */
  get errors(): string {
    return this.#errors;
  }

  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Starts it and waits until its API listens, or until it ends. */
  async start(): Promise<void> {
    await this.kill();
    const hook = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
    writeFileSync(this.configPath, JSON.stringify({ data: this.data, api: { port: 0 }, logLevel: 'warn', channels: [{ kind: 'webhook', name: 'hook', url: hook, secretFrom: 'HOOK_SECRET', minimum: 'warning' }], ...this.config }));
    const child = spawn(process.execPath, [ENTRY, 'run', '--config', this.configPath], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, HOOK_SECRET: 'secret', ...this.#options.environment } });
    this.#child = child;
    child.stderr.setEncoding('utf8').on('data', (text: string) => { this.#errors += text; });
    await new Promise<void>((resolve) => {
      child.stdout.setEncoding('utf8').once('data', (text: string) => { this.#port = (JSON.parse(text) as { port: number }).port; resolve(); });
      child.once('exit', () => { resolve(); });
    });
  }

  /** An answer of its API. */
  async ask(path: string): Promise<{ readonly status: number; readonly body: unknown }> {
    const response = await fetch(`http://127.0.0.1:${this.#port}${path}`);
    return { status: response.status, body: await response.json() };
  }

  /** Asks it to stop. @returns its exit code */
  async stop(): Promise<number | null> {
    this.#child?.kill('SIGTERM');
    return this.ended();
  }

  /** `kill -9`, if it runs. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || !this.isRunning) return;
    const ended = new Promise((resolve) => { child.once('exit', resolve); });
    child.kill('SIGKILL');
    await ended;
  }

  /** Waits until it ends by itself. @returns its exit code */
  async ended(): Promise<number | null> {
    const child = this.#child;
    if (child !== undefined && this.isRunning) await new Promise((resolve) => { child.once('exit', resolve); });
    return child?.exitCode ?? null;
  }

  /** The entries of the log it left, which must verify. Only while it does not run. */
  async log(): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const run = async (...args: string[]): Promise<string> => new Promise((resolve, reject) => {
      execFile(process.execPath, [ENTRY, ...args, '--config', this.configPath], { maxBuffer: 268_435_456 }, (error, stdout, stderr) => { if (error === null) resolve(stdout); else reject(new Error(`${args.join(' ')}: ${stdout}${stderr}`)); });
    });
    assert.equal((JSON.parse(await run('verify-log')) as { ok: boolean }).ok, true);
    return (await run('export-log')).trim().split('\n').map((line) => (JSON.parse(line) as { entry: Readonly<Record<string, unknown>> }).entry);
  }
}
