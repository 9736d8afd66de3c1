// The devnet's processes together: starts them, starts one again when it dies, stops all in reverse order of their start.
// Owns the policy: a process that dies is started again after a pause that grows; one that keeps dying right after its start,
// and one whose loss cannot be repaired (the L1 chain), ends the devnet with the reason and the end of its log.
// Invariant: the process table on disk names every process that runs.

import { CommandFailure } from '../failure.ts';
import type { Home } from '../home.ts';
import { sleep } from '../waiting.ts';
import { Child } from './child.ts';
import type { ChildExit, ChildPlan } from './child.ts';
import { saveProcessTable } from './processTable.ts';

/** A process that dies this soon after its start counts as failing to start. */
const EARLY_DEATH_MILLISECONDS = 10_000;
const MAX_EARLY_DEATHS = 5;
const FIRST_PAUSE_MILLISECONDS = 200;

interface Supervised {
  child: Child;
  startedAt: number;
  earlyDeaths: number;
}

export interface SupervisorEvents {
  /** A process was started again; process ids changed. */
  readonly onRestarted: (name: string) => void;
  readonly onNotice: (line: string) => void;
}

export class Supervisor {
  readonly #home: Home;
  readonly #events: SupervisorEvents;
  readonly #processes = new Map<string, Supervised>();
  readonly #stopping = new AbortController();
  #fail: (reason: CommandFailure) => void = () => undefined;
  /** Rejects when the devnet cannot go on; never resolves. */
  readonly failed: Promise<never>;

  constructor(home: Home, events: SupervisorEvents) {
    this.#home = home;
    this.#events = events;
    this.failed = new Promise<never>((_resolve, reject) => {
      this.#fail = reject;
    });
    // Whoever waits for it handles it; until then it must not count as unhandled.
    this.failed.catch(() => undefined);
  }

  /** Starts a process. @param isReplaceable whether it is started again when it dies */
  async start(plan: ChildPlan, isReplaceable: boolean): Promise<Child> {
    this.#stopping.signal.throwIfAborted();
    const child = await Child.start(plan);
    if (this.#stopping.signal.aborted) await child.stop();
    this.#stopping.signal.throwIfAborted();
    this.#processes.set(plan.name, { child, startedAt: Date.now(), earlyDeaths: 0 });
    this.#saveTable();
    void this.#watch(plan, isReplaceable);
    return child;
  }

  pids(): Record<string, number> {
    return Object.fromEntries([...this.#processes].map(([name, { child }]) => [name, child.entry.pid]));
  }

  /** Stops one group of processes after the other, each group at once. @returns names of those that had to be killed */
  async stop(groups: readonly (readonly string[])[]): Promise<string[]> {
    this.#stopping.abort(new CommandFailure('failed', 'the devnet is stopping'));
    const killed: string[] = [];
    for (const names of groups) {
      await Promise.all(names.map(async (name) => {
        const child = this.#processes.get(name)?.child;
        if (child !== undefined && !(await child.stop())) killed.push(name);
      }));
    }
    this.#processes.clear();
    this.#saveTable();
    return killed;
  }

  async #watch(plan: ChildPlan, isReplaceable: boolean): Promise<void> {
    for (;;) {
      const supervised = this.#processes.get(plan.name);
      if (supervised === undefined) return;
      const exit = await supervised.child.exited;
      if (supervised.child.isStopping || this.#stopping.signal.aborted) return;
      const isEarly = Date.now() - supervised.startedAt < EARLY_DEATH_MILLISECONDS;
      supervised.earlyDeaths = isEarly ? supervised.earlyDeaths + 1 : 0;
      if (!isReplaceable || supervised.earlyDeaths >= MAX_EARLY_DEATHS) {
        this.#fail(new CommandFailure('failed', `${plan.name} ended with ${describeExit(exit)}${isReplaceable ? ` ${supervised.earlyDeaths} times right after its start` : ''}. The end of ${plan.logPath}:\n${supervised.child.logTail()}`));
        return;
      }
      this.#events.onNotice(`${plan.name} ended with ${describeExit(exit)}; starting it again`);
      if (!(await this.#pause(FIRST_PAUSE_MILLISECONDS * 2 ** supervised.earlyDeaths))) return;
      supervised.child = await Child.start(plan);
      supervised.startedAt = Date.now();
      this.#saveTable();
      if (this.#stopping.signal.aborted) {
        await supervised.child.stop();
        return;
      }
      this.#events.onRestarted(plan.name);
    }
  }

  /** @returns false if the devnet began to stop meanwhile */
  async #pause(milliseconds: number): Promise<boolean> {
    try {
      await sleep(milliseconds, this.#stopping.signal);
      return true;
    } catch (error) {
      if (this.#stopping.signal.aborted) return false;
      throw error;
    }
  }

  #saveTable(): void {
    saveProcessTable(this.#home, [...this.#processes.values()].map(({ child }) => child.entry));
  }
}

export function describeExit({ code, signal }: ChildExit): string {
  return signal === null ? `exit code ${code}` : `signal ${signal}`;
}
