// How the set-up talks to a person: one line when a step starts, one when it ends with its time, its output only if it failed.
// It owns the child processes of steps; it does not decide which steps run. Everything goes to stderr, because the
// command that follows may own stdout (`--json`).
// Invariant: no step's child outlives an interrupted set-up.

import { spawn } from 'node:child_process';
import { repositoryRoot } from './paths.mjs';

const INTERRUPTS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const HEARTBEAT_MILLISECONDS = 15_000;
const PATIENCE_MILLISECONDS = 5_000;

/** A condition a person can do something about; `exitCode` 1 = failed, 2 = used wrongly. */
export class SetupError extends Error {
  constructor(message, exitCode = 1) {
    super(message);
    this.name = 'SetupError';
    this.exitCode = exitCode;
  }
}

/** @param {number} milliseconds */
export function formatDuration(milliseconds) {
  const seconds = milliseconds / 1000;
  return seconds < 90 ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** @param {string} line */
export function announce(line) {
  process.stderr.write(`[set-up] ${line}\n`);
}

let inherited;

/**
 * Gives every later step's child one more open descriptor, so that whoever waits for its end waits for them too.
 * @param {import('node:stream').Writable | undefined} stream
 */
export function inheritInSteps(stream) {
  inherited = stream;
}

/**
 * Runs one step's child process. Its output is kept and shown only when it fails.
 * @param {string} title what a person reads while it runs
 * @param {string} file
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string }} [options]
 * @returns {Promise<string>} the child's output
 */
export async function runStep(title, file, args, options = {}) {
  const startedAt = Date.now();
  announce(`${title} ...`);
  const chunks = [];
  let isInterrupted = false;
  // Before the spawn: a signal that comes while it is under way must find the handlers.
  let child;
  const interrupt = () => {
    isInterrupted = true;
    signalGroup(child?.pid, 'SIGTERM');
    setTimeout(() => signalGroup(child?.pid, 'SIGKILL'), PATIENCE_MILLISECONDS).unref();
  };
  for (const signal of INTERRUPTS) process.on(signal, interrupt);
  child = spawn(file, args, {
    cwd: options.cwd ?? repositoryRoot,
    env: options.env ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe', inherited ?? 'ignore'],
    // Its own group, so that an interruption ends npm's children as well as npm.
    detached: true,
  });
  child.stdout.on('data', (chunk) => chunks.push(chunk));
  child.stderr.on('data', (chunk) => chunks.push(chunk));
  const heartbeat = setInterval(() => announce(`${title}: still running after ${formatDuration(Date.now() - startedAt)}`), HEARTBEAT_MILLISECONDS);
  const outcome = await new Promise((resolve) => {
    child.once('error', (error) => resolve({ error }));
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  clearInterval(heartbeat);
  for (const signal of INTERRUPTS) process.off(signal, interrupt);
  if (isInterrupted) throw new SetupError(`interrupted during: ${title}. Nothing is torn; run the command again.`, 130);
  const output = Buffer.concat(chunks).toString('utf8');
  if (outcome.error !== undefined) throw new SetupError(`${title}: cannot start ${file}: ${outcome.error.message}`);
  if (outcome.code !== 0) {
    const cause = outcome.signal === null ? `exit code ${outcome.code}` : `signal ${outcome.signal}`;
    throw new SetupError(`${title} failed with ${cause}. Its output:\n\n${output.trimEnd()}\n`);
  }
  announce(`${title}: done in ${formatDuration(Date.now() - startedAt)}`);
  return output;
}

function signalGroup(leader, signal) {
  try {
    if (leader !== undefined) process.kill(-leader, signal);
  } catch (error) {
    // The group ended between the interruption and the signal: what was wanted.
    if (error.code !== 'ESRCH') throw error;
  }
}
