// One watchtower a data directory: two would tell everything twice, and each undo what the other keeps. Owns the hold on it. Whoever runs listens on a socket
// in the directory, which the kernel closes however that process ends; its name is in the store, where taking it over is one transaction.
// Invariant: of two that start at once one is refused; after `kill -9` the next one starts at once.

import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf, StoreFault } from './fault.ts';
import type { Store } from './store.ts';

const RUNNER = ['runner'];
/** What the system takes as the name of a socket, less a little. */
const LONGEST_PATH_BYTES = 100;
const SOCKET = /^watchtower-[0-9a-f]{16}\.sock$/;
const TRIES = 5;

export interface Runner {
  readonly socket: string;
  readonly pid: number;
  readonly since: string;
}

const DESCRIPTORS = '/proc/self/fd';

interface Place { readonly path: string; readonly close: () => void }

/**
 * Where the socket is, until `close`. A long directory is reached by a descriptor of it, so that the socket is in it whatever its name: two processes may
 * not have the same temporary files. Where the system has no such names it is with those.
 */
function placeOf(directory: string, socket: string): Place {
  const path = join(directory, socket);
  if (Buffer.byteLength(path) <= LONGEST_PATH_BYTES) return { path, close: () => undefined };
  if (!existsSync(DESCRIPTORS)) return { path: join(tmpdir(), socket), close: () => undefined };
  const descriptor = openSync(directory, 'r');
  return { path: join(DESCRIPTORS, String(descriptor), socket), close: () => { closeSync(descriptor); } };
}

/** Who runs on a store, if that process is there. */
export async function runnerOf(store: Store, directory: string): Promise<Runner | undefined> {
  const runner = store.get<Runner>(RUNNER);
  return runner !== undefined && await isAlive(directory, runner) ? runner : undefined;
}

async function isAlive(directory: string, { socket }: Runner): Promise<boolean> {
  if (!SOCKET.test(socket)) return false;
  return new Promise((resolve) => {
    const place = placeOf(directory, socket);
    const client = connect(place.path);
    client.once('close', place.close);
    client.once('connect', () => { client.destroy(); resolve(true); });
    // What cannot be asked is taken for alive: two are worse than none.
    client.once('error', (cause: NodeJS.ErrnoException) => { resolve(cause.code !== 'ENOENT' && cause.code !== 'ECONNREFUSED'); });
  });
}

/** Takes the directory for this process. @returns gives it back @throws StoreFault `locked` when another has it */
export async function holdStore(store: Store, directory: string, now: Date): Promise<() => Promise<void>> {
  const runner: Runner = { socket: `watchtower-${randomBytes(8).toString('hex')}.sock`, pid: process.pid, since: now.toISOString() };
  const place = placeOf(directory, runner.socket);
  const server = createServer((socket) => { socket.destroy(); });
  server.unref();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => { place.close(); reject(new StoreFault('locked', `${directory}: cannot be held for this process alone: ${messageOf(cause)}`, [], { cause })); });
    server.listen(place.path, resolve);
  });
  const release = async (): Promise<void> => {
    await new Promise<void>((resolve) => { server.close(() => { resolve(); }); });
    place.close();
  };
  try {
    for (let turn = 0; turn < TRIES; turn += 1) {
      const before = store.get<Runner>(RUNNER);
      if (before !== undefined && await isAlive(directory, before)) throw new StoreFault('locked', `${directory}: another watchtower runs on this data directory (process ${before.pid}, since ${before.since}): stop it, or give this one a directory of its own`);
      let isTaken = false;
      await store.commit((write) => {
        isTaken = store.get<Runner>(RUNNER)?.socket === before?.socket;
        if (isTaken) write.put(RUNNER, runner);
      });
      if (!isTaken) continue;
      // What was left behind by one that was killed.
      if (before !== undefined && SOCKET.test(before.socket)) {
        const left = placeOf(directory, before.socket);
        rmSync(left.path, { force: true });
        left.close();
      }
      return release;
    }
    throw new StoreFault('locked', `${directory}: other watchtowers start on this data directory at the same time`);
  } catch (cause) {
    await release();
    throw cause;
  }
}
