/**
 * keyfall's commands, run by one warm process: a test that needs eighty of them starts Node once.
 * Owns the process and that one command runs at a time, as in a shell.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export interface Ended { readonly code: number; readonly stdout: string; readonly stderr: string; readonly facts: Readonly<Record<string, unknown>> }

export class WarmCommands {
  readonly #host: ChildProcess;
  readonly #home: string;

  /** @param home what KEYFALL_HOME is for every command */
  constructor(home: string) {
    this.#home = home;
    // Only what a command may know: no key of the test's own environment.
    this.#host = fork(join(import.meta.dirname, 'commandHost.ts'), [], { env: { PATH: process.env['PATH'] ?? '', KEYFALL_HOME: home }, execArgv: [] });
  }

  /** Runs a command with --json. @param privateKey what is in the environment as the signer's key */
  async run(args: readonly string[], privateKey?: string): Promise<Ended> {
    if (!this.#host.connected) throw new Error(`the process that runs commands has ended with ${String(this.#host.exitCode)}`);
    const env = { KEYFALL_HOME: this.#home, ...(privateKey === undefined ? {} : { KEYFALL_PRIVATE_KEY: privateKey }) };
    const ended = new AbortController();
    const gone = (): void => { ended.abort(new Error(`the process that runs commands ended during '${args.join(' ')}'`)); };
    this.#host.once('exit', gone);
    try {
      this.#host.send({ args: [...args, '--json'], env });
      const [answer] = (await once(this.#host, 'message', { signal: ended.signal })) as [Omit<Ended, 'facts'>];
      return { ...answer, facts: answer.stdout === '' ? {} : (JSON.parse(answer.stdout) as Record<string, unknown>) };
    } finally {
      this.#host.off('exit', gone);
    }
  }

  async stop(): Promise<void> {
    if (this.#host.exitCode !== null || this.#host.signalCode !== null) return;
    const ended = once(this.#host, 'exit');
    this.#host.disconnect();
    await ended;
  }
}
