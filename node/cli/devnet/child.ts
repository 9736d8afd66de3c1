// One process of the devnet: started with its own log, ended gently and then firmly, and ended by the kernel if `up` dies
// (setpriv --pdeathsig, util-linux). It runs in a session of its own, so that Ctrl-C in the terminal reaches `up` alone, which
// then stops everything in order.
// Owns start, exit and log of one process. Which processes there are and when one is started again is supervisor.ts.
// Invariant: setpriv replaces itself by the program, so the process id is the program's own.

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { CommandFailure } from '../failure.ts';
import { startTicksOf } from './processTable.ts';
import type { ProcessEntry } from './processTable.ts';

export interface ChildPlan {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  /** Added to the environment: keys go here, never into arguments. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly logPath: string;
  /** How long it may take to end by itself before it is killed. */
  readonly stopSeconds: number;
}

export interface ChildExit { readonly code: number | null; readonly signal: NodeJS.Signals | null }

const LOG_TAIL_CHARACTERS = 3_000;

export class Child {
  readonly plan: ChildPlan;
  readonly entry: ProcessEntry;
  /** Resolves when the process has ended. */
  readonly exited: Promise<ChildExit>;
  readonly #process: ChildProcess;
  #isStopping = false;

  private constructor(plan: ChildPlan, process: ChildProcess, entry: ProcessEntry, exited: Promise<ChildExit>) {
    this.plan = plan;
    this.#process = process;
    this.entry = entry;
    this.exited = exited;
  }

  /** Starts the process. @throws CommandFailure (failed) when it cannot be started at all */
  static async start(plan: ChildPlan): Promise<Child> {
    mkdirSync(dirname(plan.logPath), { recursive: true });
    if (existsSync(plan.logPath)) renameSync(plan.logPath, `${plan.logPath}.previous`);
    const log = openSync(plan.logPath, 'a');
    const child = spawn('setpriv', ['--pdeathsig', 'TERM', plan.file, ...plan.args], {
      env: { ...process.env, ...plan.environment },
      stdio: ['ignore', log, log],
      detached: true,
    });
    closeSync(log);
    const exited = new Promise<ChildExit>((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (cause) => reject(new CommandFailure('failed', `cannot start ${plan.name}: ${cause.message}. Expected the command setpriv (Debian package util-linux) and ${plan.file}.`, { cause })));
    });
    const pid = child.pid ?? 0;
    return new Child(plan, child, { name: plan.name, pid, startTicks: startTicksOf(pid) ?? 'ended' }, exited);
  }

  get isStopping(): boolean {
    return this.#isStopping;
  }

  get hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** Asks it to end, waits, kills it if it does not. @returns whether it ended by itself */
  async stop(): Promise<boolean> {
    this.#isStopping = true;
    if (this.hasEnded) return true;
    this.#process.kill('SIGTERM');
    let isKilled = false;
    const timer = setTimeout(() => {
      isKilled = true;
      this.#process.kill('SIGKILL');
    }, this.plan.stopSeconds * 1000);
    await this.exited;
    clearTimeout(timer);
    return !isKilled;
  }

  /** The end of its log, for an error message. */
  logTail(): string {
    return readFileSync(this.plan.logPath, 'utf8').slice(-LOG_TAIL_CHARACTERS).trimEnd();
  }
}
