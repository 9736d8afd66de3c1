// The event stream: every entry of the log as it comes (server-sent events). Owns its pace. A client that reads slowly gets its entries slowly; one that
// does not read is let go; one that asks for the whole log gets it in small helpings.
// Invariant: what waits in memory for one client is bounded, and an entry is sent once, in order.

import type { ServerResponse } from 'node:http';
import { headOf } from '../auditLog.ts';
import type { LogRow } from '../rows.ts';
import type { Store } from '../store.ts';
import { oneLine } from '../text.ts';

const POLL_MILLISECONDS = 500;
const PING_MILLISECONDS = 10_000;
const ROWS_A_POLL = 200;
const MOST_UNREAD_BYTES = 1_048_576;
export const MOST_STREAMS = 32;

/** Serves entries after `from` until the client goes. @param ended called once */
export function stream(store: Store, response: ServerResponse, from: number, ended: () => void): void {
  let sent = Math.min(from, headOf(store).seq);
  let spokeAt = performance.now();
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'access-control-allow-origin': '*', 'x-content-type-options': 'nosniff' });
  response.flushHeaders();
  const timer = setInterval(() => {
    if (response.writableLength > MOST_UNREAD_BYTES) return void response.destroy();
    // Who has not read the last helping gets no other.
    if (response.writableNeedDrain) return;
    for (const { value: row } of store.entries<LogRow>(['log'], sent + 1, ROWS_A_POLL)) {
      response.write(`id: ${row.seq}\nevent: ${oneLine(String(row.entry['kind']))}\ndata: ${JSON.stringify(row.entry)}\n\n`);
      sent = row.seq;
      spokeAt = performance.now();
      if (response.writableNeedDrain) return;
    }
    if (performance.now() - spokeAt < PING_MILLISECONDS) return;
    response.write(': still here\n\n');
    spokeAt = performance.now();
  }, POLL_MILLISECONDS);
  response.once('close', () => {
    clearInterval(timer);
    ended();
  });
}
