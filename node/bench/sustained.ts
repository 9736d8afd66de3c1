// The same load for a long time: does the rate hold, does a transaction stay as cheap, does memory stay where it was?
//
// Owns: pacing, signing just ahead of sending (in this process, not in the measured one), samples every 10 s, windows.
// Does not own: the chain's process (chains.ts), its transactions (workload.ts).
// Invariant: rates count mined transactions; a window's memory is what /proc said during it, by what backs it.

import { setTimeout as sleep } from 'node:timers/promises';
import type { MeasuredChain, ProcessMemory } from './chains.ts';
import { minedCounter, RpcClient, sendBatch } from './load.ts';
import { transfers, type Sender } from './workload.ts';

export interface SustainedOptions {
  readonly minutes: number;
  /** Transactions a second. */
  readonly rate: number;
  readonly accounts: number;
  readonly senders: readonly Sender[];
}

export interface Sample { readonly seconds: number; readonly mined: number; readonly cpuSeconds: number; readonly memory: ProcessMemory }

export interface Window {
  readonly fromMinute: number;
  readonly toMinute: number;
  readonly transactionsPerSecond: number;
  readonly cpuMillisecondsPerTransaction: number;
  /** Means over the window's samples. */
  readonly mean: ProcessMemory;
  readonly highest: ProcessMemory;
}

const SAMPLE_SECONDS = 10;
const SAMPLES_PER_LINE = 6;
const COUNT_SECONDS = 1;
const WINDOW_MINUTES = 10;
const PER_REQUEST = 20;
/** When so many requests wait the rate falls behind rather than the measured process's memory growing. */
const MAX_IN_FLIGHT = 16;
const DRAIN_SECONDS = 60;
const TURN_MILLISECONDS = 20;

/**
 * Sends `rate` transfers a second for `minutes` and returns the samples, one every 10 s. A transaction that was refused or is
 * not mined a minute after the end is an error, because then the figures would be those of another load.
 */
export async function sustain(chain: MeasuredChain, { minutes, rate, accounts, senders }: SustainedOptions): Promise<Sample[]> {
  const client = new RpcClient(chain.port);
  const counter = await minedCounter(client);
  const samples: Sample[] = [];
  const began = performance.now();
  const elapsed = (): number => (performance.now() - began) / 1_000;
  const state: { sent: number; inFlight: number; failure: Error | undefined } = { sent: 0, inFlight: 0, failure: undefined };
  const sendOne = async (): Promise<void> => {
    const signed = transfers(senders, PER_REQUEST, accounts, state.sent);
    state.sent += PER_REQUEST;
    state.inFlight += 1;
    try {
      const { refused, firstRefusal } = await sendBatch(client, signed);
      if (refused > 0) state.failure ??= new Error(`${refused} transactions were refused: ${firstRefusal ?? ''}`);
    } catch (cause) {
      state.failure ??= new Error('a request failed', { cause });
    } finally {
      state.inFlight -= 1;
    }
  };
  const turn = async (): Promise<void> => {
    if (state.failure !== undefined) throw state.failure;
    if (elapsed() >= counter.checkedAt + COUNT_SECONDS) await counter.advance(elapsed());
    if (elapsed() >= samples.length * SAMPLE_SECONDS) {
      samples.push({ seconds: elapsed(), mined: counter.mined, cpuSeconds: chain.cpuSeconds(), memory: chain.memory() });
      if (samples.length % SAMPLES_PER_LINE === 1) console.log(sampleLine(samples.at(-1)!));
    }
    await sleep(TURN_MILLISECONDS);
  };
  try {
    while (elapsed() < minutes * 60) {
      while (state.sent < elapsed() * rate && state.inFlight < MAX_IN_FLIGHT) void sendOne();
      await turn();
    }
    for (const deadline = elapsed() + DRAIN_SECONDS; counter.mined < state.sent;) {
      if (elapsed() > deadline) throw new Error(`${state.sent} transactions were accepted, ${counter.mined} of them mined`);
      await turn();
    }
    return samples;
  } finally {
    client.close();
  }
}

/** Windows of ten minutes, or thirds of a run shorter than thirty; only whole ones. */
export function windowsOf(samples: readonly Sample[], minutes: number): Window[] {
  const width = Math.min(WINDOW_MINUTES, minutes / 3);
  return Array.from({ length: Math.floor(minutes / width) }, (_, index): Window => {
    const inside = samples.filter(({ seconds }) => seconds >= index * width * 60 && seconds <= (index + 1) * width * 60 + SAMPLE_SECONDS / 2);
    const first = inside[0];
    const last = inside.at(-1);
    if (first === undefined || last === undefined || first === last) throw new Error(`window ${index} has fewer than two samples`);
    const mined = last.mined - first.mined;
    const over = (reduce: (values: readonly number[]) => number): ProcessMemory => ({
      totalMiB: reduce(inside.map(({ memory }) => memory.totalMiB)), anonymousMiB: reduce(inside.map(({ memory }) => memory.anonymousMiB)),
      fileMiB: reduce(inside.map(({ memory }) => memory.fileMiB)),
    });
    return {
      fromMinute: index * width, toMinute: (index + 1) * width, transactionsPerSecond: mined / (last.seconds - first.seconds),
      cpuMillisecondsPerTransaction: ((last.cpuSeconds - first.cpuSeconds) * 1_000) / mined,
      mean: over((values) => values.reduce((sum, value) => sum + value, 0) / values.length), highest: over((values) => Math.max(...values)),
    };
  });
}

/** One line per window, then the last window against the one before it. */
export function windowReport(windows: readonly Window[]): string[] {
  const memory = ({ totalMiB, anonymousMiB, fileMiB }: ProcessMemory): string => `${totalMiB.toFixed(0)} MiB (${anonymousMiB.toFixed(0)} anonymous, ${fileMiB.toFixed(0)} file)`;
  const lines = windows.map((window) => `minutes ${window.fromMinute.toFixed(1)}-${window.toMinute.toFixed(1)}: ${window.transactionsPerSecond.toFixed(0)} tx/s, `
    + `${window.cpuMillisecondsPerTransaction.toFixed(3)} CPU ms/tx, resident mean ${memory(window.mean)}, highest ${memory(window.highest)}`);
  const last = windows.at(-1);
  const middle = windows.at(-2);
  if (last === undefined || middle === undefined) return lines;
  const ratio = (of: (window: Window) => number): string => (of(last) / of(middle)).toFixed(3);
  return [...lines, `last / middle: rate ${ratio((window) => window.transactionsPerSecond)}, CPU ms/tx ${ratio((window) => window.cpuMillisecondsPerTransaction)}, `
    + `resident mean ${ratio(({ mean }) => mean.totalMiB)}, anonymous mean ${ratio(({ mean }) => mean.anonymousMiB)}, highest ${ratio(({ highest }) => highest.totalMiB)}`];
}

function sampleLine({ seconds, mined, cpuSeconds, memory }: Sample): string {
  return `${(seconds / 60).toFixed(1).padStart(5)} min  ${mined} mined  ${cpuSeconds.toFixed(1)} CPU s  resident ${memory.totalMiB.toFixed(0)} MiB (${memory.anonymousMiB.toFixed(0)} anonymous, ${memory.fileMiB.toFixed(0)} file)`;
}
