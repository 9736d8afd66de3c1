// One watchtower a data directory: two would tell everything twice, and each undo what the other keeps. Owns the hold on it. Whoever runs listens on a socket
// in the directory, which the kernel closes however that process ends; its name is in the store, where taking it over is one transaction.
// Invariant: of two that start at once one is refused; after `kill -9` the next one starts at once.

import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
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

/** A long directory's socket is with the other temporary files. */
function pathOf(directory: string, socket: string): string {
  const path = join(directory, socket);
  return Buffer.byteLength(path) <= LONGEST_PATH_BYTES ? path : join(tmpdir(), socket);
}

/** Who runs on a store, if that process is there. */
export async function runnerOf(store: Store, directory: string): Promise<Runner | undefined> {
  const runner = store.get<Runner>(RUNNER);
  return runner !== undefined && await isAlive(directory, runner) ? runner : undefined;
}

async function isAlive(directory: string, { socket }: Runner): Promise<boolean> {
  if (!SOCKET.test(socket)) return false;
  return new Promise((resolve) => {
    const client = connect(pathOf(directory, socket));
    client.once('connect', () => { client.destroy(); resolve(true); });
    // What cannot be asked is taken for alive: two are worse than none.
    client.once('error', (cause: NodeJS.ErrnoException) => { resolve(cause.code !== 'ENOENT' && cause.code !== 'ECONNREFUSED'); });
  });
}

/** Takes the directory for this process. @returns gives it back @throws StoreFault `locked` when another has it */
export async function holdStore(store: Store, directory: string, now: Date): Promise<() => Promise<void>> {
  const runner: Runner = { socket: `watchtower-${randomBytes(8).toString('hex')}.sock`, pid: process.pid, since: now.toISOString() };
  const server = createServer((socket) => { socket.destroy(); });
  server.unref();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => { reject(new StoreFault('locked', `${directory}: cannot be held for this process alone: ${messageOf(cause)}`, [], { cause })); });
    server.listen(pathOf(directory, runner.socket), resolve);
  });
  const release = async (): Promise<void> => {
    await new Promise<void>((resolve) => { server.close(() => { resolve(); }); });
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
      if (before !== undefined && SOCKET.test(before.socket)) rmSync(pathOf(directory, before.socket), { force: true });
      return release;
    }
    throw new StoreFault('locked', `${directory}: other watchtowers start on this data directory at the same time`);
  } catch (cause) {
    await release();
    throw cause;
  }
}
