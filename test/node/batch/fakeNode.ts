// A node as the batcher sees it: the feed of closed batches, served over HTTP, set by the test.

import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { encodePayload, keccakHex, toHex, type Hex } from '@keyfall/protocol';

export interface FakeBatch { index: number; parentHash: Hex; inboxTo: number; originNumber: number; originHash: Hex; payload: Uint8Array; payloadHash: Hex; lastTimestamp: number }

export class FakeNode {
  readonly #server: Server;
  committed = 0;
  batches: FakeBatch[] = [];

  private constructor(server: Server) {
    this.#server = server;
  }
  static async start(): Promise<FakeNode> {
    const server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const body = JSON.parse(Buffer.concat(parts).toString('utf8')) as { id: number; method: string; params: unknown[] } | { id: number; method: string; params: unknown[] }[];
        const answer = (call: { id: number; method: string; params: unknown[] }): object => ({ jsonrpc: '2.0', id: call.id, result: node.#result(call.method, call.params) });
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify(Array.isArray(body) ? body.map(answer) : answer(body)));
      });
    });
    const node = new FakeNode(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return node;
  }
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }
  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #result(method: string, params: unknown[]): unknown {
    const quantity = (value: number): string => `0x${value.toString(16)}`;
    if (method === 'eth_getBlockByNumber') {
      const batch = this.batches.find((each) => quantity(each.index) === params[0]);
      return batch === undefined ? null : { hash: keccakHex(batch.payload), timestamp: quantity(batch.lastTimestamp) };
    }
    return {
      committedBatch: quantity(this.committed), closedBatch: quantity(this.batches.at(-1)?.index ?? this.committed),
      batches: this.batches.filter((batch) => batch.index > this.committed).map((batch) => ({
        index: quantity(batch.index), parentHash: batch.parentHash, inboxTo: quantity(batch.inboxTo), originNumber: quantity(batch.originNumber), originHash: batch.originHash,
        payload: toHex(batch.payload), payloadHash: batch.payloadHash, lastBlock: quantity(batch.index), lastHash: keccakHex(batch.payload),
      })),
    };
  }
}

/** A batch whose payload is told apart by `salt`. */
export function batchOf(index: number, salt: number, origin: { number: number; hash: Hex; timestamp: number }): FakeBatch {
  const payload = encodePayload([{ timestampDelta: BigInt(1 + salt), messageCount: 0n, transactions: [] }]);
  return {
    index, parentHash: keccakHex(Uint8Array.of(index)), inboxTo: 0, originNumber: origin.number, originHash: origin.hash, payload, payloadHash: keccakHex(payload),
    lastTimestamp: origin.timestamp,
  };
}
