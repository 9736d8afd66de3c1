// Sender recovery off the main thread: a pool of workers behind a bounded queue.
//
// Owns: dispatch, back-pressure, worker failure. Does not own: the cryptography (transaction.ts).
// Invariant: at most QUEUE_LIMIT transactions wait or run at any time; results come in the order asked; a worker that
// dies fails its batches with a fault; the next batch starts another.
import { Worker } from 'node:worker_threads';
import { ExecutionFault } from './api.ts';
import type { RecoveredTransaction } from './api.ts';
import type { RecoveryRequest, RecoveryResponse } from './recovery-worker.ts';
import { decodeTransaction, recoverTransaction, withSender } from './transaction.ts';

/** Transactions handed to a worker at once: large enough to hide the hop, small enough to spread. */
const BATCH_SIZE = 64;
const QUEUE_LIMIT = 20_000;

interface Job { resolve: (senders: (Uint8Array | undefined)[]) => void; reject: (error: Error) => void }
interface PoolWorker { worker: Worker; jobs: Map<number, Job> }

/** Recovers senders on `workerCount` threads, or on the calling one when it is 0. */
export class RecoveryPool {
  /** undefined = died, or not started yet; started by the next batch that needs it, so that a broken worker cannot spin. */
  readonly #workers: (PoolWorker | undefined)[];
  #nextId = 0;
  #load = 0;
  readonly #waiting: (() => void)[] = [];
  #isClosed = false;

  readonly #script: URL;

  constructor(workerCount: number, script = new URL('./recovery-worker.ts', import.meta.url)) {
    this.#script = script;
    this.#workers = Array.from({ length: workerCount }, () => this.#spawn());
  }

  #spawn(): PoolWorker {
    const worker = new Worker(this.#script);
    worker.unref();
    const entry: PoolWorker = { worker, jobs: new Map() };
    worker.on('message', ({ id, senders }: RecoveryResponse) => {
      entry.jobs.get(id)?.resolve(senders);
      entry.jobs.delete(id);
      if (entry.jobs.size === 0) worker.unref();
    });
    worker.on('error', (cause) => this.#died(entry, cause));
    worker.on('exit', (code) => this.#died(entry, new Error(`the worker ended with code ${code}`)));
    return entry;
  }

  #died(entry: PoolWorker, cause: unknown): void {
    const at = this.#workers.indexOf(entry);
    if (at !== -1) this.#workers[at] = undefined;
    for (const job of entry.jobs.values()) job.reject(new ExecutionFault('worker', 'a sender recovery worker died', { cause }));
    entry.jobs.clear();
  }

  /** Decodes and recovers in order; waits while the queue is full. */
  async recover(raws: readonly Uint8Array[]): Promise<RecoveredTransaction[]> {
    if (this.#isClosed) throw new ExecutionFault('closed', 'expected an open engine');
    if (this.#workers.length === 0) return raws.map(recoverTransaction);
    const batches: Promise<RecoveredTransaction[]>[] = [];
    for (let start = 0; start < raws.length; start += BATCH_SIZE) {
      const batch = raws.slice(start, start + BATCH_SIZE);
      await this.#enter(batch.length);
      const running = this.#run(batch).finally(() => this.#leave(batch.length));
      // A rejection is reported by Promise.all below; until then it must not count as unhandled.
      running.catch(() => undefined);
      batches.push(running);
    }
    return (await Promise.all(batches)).flat();
  }

  async #enter(count: number): Promise<void> {
    while (this.#load > 0 && this.#load + count > QUEUE_LIMIT) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#load += count;
  }

  #leave(count: number): void {
    this.#load -= count;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #leastBusy(): PoolWorker {
    let chosen: PoolWorker | undefined;
    for (let i = 0; i < this.#workers.length; i++) {
      const worker = (this.#workers[i] ??= this.#spawn());
      if (chosen === undefined || worker.jobs.size < chosen.jobs.size) chosen = worker;
    }
    if (chosen === undefined) throw new Error('expected a pool with workers');
    return chosen;
  }

  async #run(raws: readonly Uint8Array[]): Promise<RecoveredTransaction[]> {
    const entry = this.#leastBusy();
    const id = this.#nextId++;
    const senders = await new Promise<(Uint8Array | undefined)[]>((resolve, reject) => {
      entry.jobs.set(id, { resolve, reject });
      entry.worker.ref();
      // A view would drag its whole buffer through the copy.
      const request: RecoveryRequest = { id, raws: raws.map((raw) => (raw.byteLength === raw.buffer.byteLength ? raw : raw.slice())) };
      entry.worker.postMessage(request, []);
    });
    return raws.map((raw, index) => finishRecovery(raw, senders[index]));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const workers = this.#workers.filter((entry) => entry !== undefined);
    await Promise.all(workers.map(({ worker }) => worker.terminate()));
    for (const { jobs } of workers) for (const job of jobs.values()) job.reject(new ExecutionFault('closed', 'the engine was closed'));
  }
}

function finishRecovery(raw: Uint8Array, sender: Uint8Array | undefined): RecoveredTransaction {
  const decoded = decodeTransaction(raw);
  if (!decoded.ok) return decoded;
  if (sender === undefined) return { ok: false, code: 'invalid-signature', message: 'expected a signature that recovers to a sender' };
  return { ok: true, transaction: withSender(decoded.transaction, sender) };
}
