// How a process of the node ends: one AbortSignal from signals and from its parent, one exit code.
//
// `main` gets the signal, and `die` for faults that leave nothing to clean up.
// Owns: SIGINT, SIGTERM, the parent's pipe, unexpected errors, the exit. Does not own: what runs.
// Invariant: the first request to stop aborts the signal, a second one ends at once; an unexpected error is logged with its
// message and ends the process with code 1, because memory may be ahead of disk then.

import type { Logger } from 'pino';

export interface ProcessOptions {
  logger: Logger;
  /** Stop when standard input ends. */
  stopsWithParent: boolean;
}

/**
 * Ends without native clean-up. After a fault the heap of a native library may be damaged (lmdb's is, after a failed
 * commit), and the clean-up of a normal exit then aborts with a core dump in place of an exit code.
 */
export function endAtOnce(code: number): never {
  if (process.platform === 'linux') process.execve?.('/bin/sh', ['sh', '-c', `exit ${code}`], {});
  process.exit(code);
}

/** Runs `main` until it ends, then exits: 0 when it resolved or was asked to stop, 1 on a fault. */
export async function runProcess({ logger, stopsWithParent }: ProcessOptions, main: (signal: AbortSignal, die: (cause: unknown) => never) => Promise<void>): Promise<never> {
  const stop = new AbortController();
  const ask = (reason: string): void => {
    if (stop.signal.aborted) process.exit(1);
    logger.info({ reason }, 'asked to stop');
    stop.abort();
  };
  process.on('SIGINT', () => { ask('SIGINT'); });
  process.on('SIGTERM', () => { ask('SIGTERM'); });
  if (stopsWithParent) process.stdin.resume().once('close', () => { if (!stop.signal.aborted) ask('the parent went away'); });
  const die = (cause: unknown): never => {
    logger.fatal(cause instanceof Error ? { err: cause, code: 'code' in cause ? cause.code : undefined } : { cause: String(cause) }, cause instanceof Error ? cause.message : 'fault');
    return endAtOnce(1);
  };
  process.on('uncaughtException', die);
  // A rejected write rejects more than one promise of the store; the first to arrive here may lack the cause, so the one
  // that the main path reports is given a moment.
  process.on('unhandledRejection', (cause) => { setTimeout(() => { die(cause); }, 500); });
  try {
    await main(stop.signal, die);
  } catch (cause) {
    if (!stop.signal.aborted || cause !== stop.signal.reason) return die(cause);
  }
  process.exit(0);
}
