// What a channel is: something that takes a message or says why not. Owns the interface and the shared limits. One file a kind of channel.

import type { Hex } from 'viem';
import type { OutboxRow } from '../rows.ts';

export interface Message {
  readonly id: string;
  readonly incident: Hex;
  readonly state: OutboxRow['state'];
  readonly severity: OutboxRow['severity'];
  readonly title: string;
  readonly text: string;
  readonly isReopened?: true;
}

export interface Channel {
  readonly name: string;
  /** Resolves when the receiver has taken it. @throws Error with the reason */
  readonly send: (message: Message) => Promise<void>;
}

export const SEND_TIMEOUT_MILLISECONDS = 15_000;

/** POSTs JSON and insists on a 2xx answer. A URL may be a secret, so none is in a message; a redirect is not followed: it could lead inside. */
export async function post(url: string, body: string, headers: Readonly<Record<string, string>>): Promise<void> {
  const signal = AbortSignal.timeout(SEND_TIMEOUT_MILLISECONDS);
  let response: Response;
  try {
    response = await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers }, redirect: 'error', signal });
  } catch (cause) {
    throw new Error(signal.aborted ? `no answer within ${SEND_TIMEOUT_MILLISECONDS} ms` : 'the receiver cannot be reached', { cause });
  }
  await response.body?.cancel();
  if (!response.ok) throw new Error(`expected a 2xx answer, got ${response.status}`);
}
