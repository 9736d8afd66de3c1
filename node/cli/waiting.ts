// Waiting for something to become true on chain: polls until it does, until a deadline, or until the command is interrupted.
// Owns the loop and its patience. A single failed poll is no answer: it is retried and, at the deadline, reported with the rest.
// Invariant: every wait is bounded; what did not happen in time is *unknown*, because it may still happen.

import { CommandFailure, messageOf } from './failure.ts';

export interface WaitOptions {
  /** What is awaited, for the message: "the L2 transaction to be included". */
  readonly what: string;
  readonly timeoutSeconds: number;
  readonly intervalMilliseconds?: number;
  /** Called now and then with the seconds waited so far and, if the last look failed, with words about that. */
  readonly onStillWaiting?: (seconds: number, fault: string) => void;
  readonly signal?: AbortSignal;
}

const DEFAULT_INTERVAL_MILLISECONDS = 500;
const NOTICE_SECONDS = 15;

/**
 * Polls until `probe` gives something other than undefined.
 * @throws CommandFailure (unknown) after the timeout; whatever `probe` throws of that class goes through at once
 */
export async function waitFor<T>(probe: () => Promise<T | undefined>, options: WaitOptions): Promise<T> {
  const startedAt = Date.now();
  let lastFault: unknown;
  let noticedAt = startedAt;
  for (;;) {
    options.signal?.throwIfAborted();
    try {
      const found = await probe();
      if (found !== undefined) return found;
      lastFault = undefined;
    } catch (error) {
      if (error instanceof CommandFailure) throw error;
      lastFault = error;
    }
    const waitedSeconds = (Date.now() - startedAt) / 1000;
    if (waitedSeconds >= options.timeoutSeconds) {
      throw new CommandFailure('unknown', `waited ${Math.round(waitedSeconds)} s for ${options.what}${faultText(lastFault)}`, { cause: lastFault });
    }
    if (Date.now() - noticedAt >= NOTICE_SECONDS * 1000) {
      noticedAt = Date.now();
      options.onStillWaiting?.(Math.round(waitedSeconds), faultText(lastFault));
    }
    await sleep(options.intervalMilliseconds ?? DEFAULT_INTERVAL_MILLISECONDS, options.signal);
  }
}

function faultText(fault: unknown): string {
  return fault === undefined ? '' : `; the last look failed: ${messageOf(fault)}`;
}

/** Resolves after the time, or rejects when the signal aborts. */
export async function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
