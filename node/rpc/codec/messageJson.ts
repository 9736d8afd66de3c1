// Inbox messages as JSON: the fields of SPEC.md section 2.
//
// Owns: the JSON of a message's bytes. Does not own: decoding (node/protocol), what became of it (messageFate.ts).
// Invariant: a message that L1 enqueued always decodes; one that does not is a fault of this node's store.

import { decodeMessage } from '@keyfall/protocol';
import type { InboxMessage } from '@keyfall/protocol';
import type { JsonObject } from '../json.ts';
import { data, quantity } from './hex.ts';

/** Decodes stored message bytes. Throws if they are none. */
export function storedMessage(raw: Uint8Array): InboxMessage {
  const decoded = decodeMessage(raw);
  if (!decoded.ok) throw new Error(`stored inbox message does not decode: ${JSON.stringify(decoded)}`);
  return decoded.value;
}

export function inboxMessageJson(raw: Uint8Array): JsonObject {
  const message = storedMessage(raw);
  return {
    kind: message.kind, sender: message.sender, to: message.kind === 'call' ? message.to : null, mint: quantity(message.mintWei),
    value: quantity(message.valueWei), gas: quantity(message.gas), surcharge: quantity(message.surcharge), l1Time: quantity(message.l1Time),
    data: data(message.data),
  };
}
