// Worker thread of the sender recovery pool: decodes transactions and recovers their senders.
//
// Owns: one batch at a time, in order. Does not own: queueing (recovery.ts).
// Invariant: the answer to a batch has one entry per transaction: 20 bytes of sender, or none for a refused one; the
// caller decodes again to learn why, so that there is one place that words a refusal.
import { parentPort } from 'node:worker_threads';
import { decodeEnvelope, recoverSender } from './transaction.ts';

export interface RecoveryRequest { id: number; raws: readonly Uint8Array[] }
export interface RecoveryResponse { id: number; senders: (Uint8Array | undefined)[] }

const port = parentPort;
if (port === null) throw new Error('expected to run as a worker thread');
port.on('message', ({ id, raws }: RecoveryRequest) => {
  const senders = raws.map((raw) => {
    const decoded = decodeEnvelope(raw);
    return decoded.ok ? recoverSender(decoded.envelope) : undefined;
  });
  port.postMessage({ id, senders } satisfies RecoveryResponse);
});
