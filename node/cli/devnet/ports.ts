// The ports of the devnet: parsed, checked to be free, chosen by the system where 0 was asked for.
// Owns the error that names the port, what it is for and the option that changes it.
// Invariant: everything listens on 127.0.0.1 only.

import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { parseInteger } from '../amounts.ts';
import { CommandFailure } from '../failure.ts';

export const HOST = '127.0.0.1';

export interface DevnetPorts {
  readonly l1: number;
  readonly l2: number;
  readonly attesters: readonly number[];
  readonly ui: number;
  readonly watchtower: number;
}

interface GivenPorts {
  readonly l1Port: string;
  readonly l2Port: string;
  readonly attesterPort: string;
  readonly uiPort: string;
  readonly watchtowerPort: string;
}

/** All ports of a devnet with so many attesters. @throws CommandFailure (usage) naming the first one that is taken */
export async function chooseDevnetPorts(given: GivenPorts, attesterCount: number): Promise<DevnetPorts> {
  const [l1 = 0, l2 = 0, ui = 0, watchtower = 0, ...attesters] = await choosePorts([
    { about: 'L1 JSON-RPC', option: '--l1-port', given: given.l1Port },
    { about: 'L2 JSON-RPC and WebSocket', option: '--l2-port', given: given.l2Port },
    { about: 'governance UI', option: '--ui-port', given: given.uiPort },
    { about: 'watchtower', option: '--watchtower-port', given: given.watchtowerPort },
    ...Array.from({ length: attesterCount }, (_, offset) => ({ about: `attester ${offset + 1}`, option: '--attester-port', given: given.attesterPort, offset })),
  ]);
  return { l1, l2, attesters, ui, watchtower };
}

interface PortRequest {
  /** What it is for: "L1 JSON-RPC". */
  readonly about: string;
  /** The option that changes it: "--l1-port". */
  readonly option: string;
  readonly given: string;
  /** Added to the given number, for a row of ports under one option. */
  readonly offset?: number;
}

/** Settles every request. @throws CommandFailure (usage) naming the first port that is taken */
async function choosePorts(requests: readonly PortRequest[]): Promise<number[]> {
  const ports: number[] = [];
  for (const request of requests) ports.push(await choosePort(request, ports));
  return ports;
}

async function choosePort(request: PortRequest, taken: readonly number[]): Promise<number> {
  const base = Number(parseInteger(request.given, request.option, 65_535n));
  const wanted = base === 0 ? 0 : base + (request.offset ?? 0);
  if (wanted > 65_535 || (wanted !== 0 && taken.includes(wanted))) throw new CommandFailure('usage', `port ${wanted} (${request.about}) is not usable; choose another with ${request.option}`);
  for (;;) {
    const port = await tryListen(wanted);
    if (port === undefined) throw new CommandFailure('usage', `port ${wanted} (${request.about}) is in use by another program; choose another with ${request.option} N, or 0 for any`);
    if (!taken.includes(port)) return port;
  }
}

/** @returns the port, or undefined when it is taken */
async function tryListen(port: number): Promise<number | undefined> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else if (error.code === 'EACCES') reject(new CommandFailure('usage', `port ${port} needs privileges that this process does not have; choose one above 1023`));
      else reject(error);
    });
    server.listen(port, HOST, () => {
      const { port: chosen } = server.address() as AddressInfo;
      server.close(() => resolve(chosen));
    });
  });
}
