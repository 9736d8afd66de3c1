// Inbox messages in a block: the 0x7E transaction of CALL and CREATE, the checks of SIGNED.
//
// Owns: SPEC.md section 3's encoding and section 4's drop reasons in their order. Does not own: running them
// (transition.ts), the message's own bytes (node/protocol).
// Invariant: a SIGNED message has exactly one result: the first failing check's reason, or a transaction; the last check is its run (block.ts).
import { concatBytes, toKey } from './bytes.ts';
import { keccak256 } from './crypto.ts';
import type { Machine } from './machine.ts';
import { ABSENT_ACCOUNT } from './overlay.ts';
import { encodeRlp } from './rlp.ts';
import { decodeEnvelope, recoverSender, withSender } from './transaction.ts';
import { checkStatic, intrinsicOf, maySend } from './transition.ts';
import type { InboxMessage, MessageTransaction, SentTransaction } from './api.ts';

export const MESSAGE_TYPE = 0x7e;
const NO_BYTES = new Uint8Array(0);

/** The transaction a CALL or CREATE message becomes. */
export function messageTransaction(message: InboxMessage, chainId: bigint): MessageTransaction {
  const to = message.kind === 1 ? message.to : undefined;
  const { index, sender, mint, value, gas, surcharge, data } = message;
  const raw = concatBytes(Uint8Array.of(MESSAGE_TYPE), encodeRlp([chainId, index, sender, to ?? NO_BYTES, mint, value, gas, surcharge, data]));
  return { type: MESSAGE_TYPE, raw, hash: keccak256(raw), chainId, messageIndex: index, sender, to, mint, value, gasLimit: gas, surchargeLimit: surcharge, data };
}

/** Known only once it has run: the last reason of the table. */
export const DROPPED_FOR_SURCHARGE = 12;

export type SignedCheck = { ok: true; transaction: SentTransaction } | { ok: false; reason: number };

/** The transaction of a SIGNED message if it may run on the machine's present state, or why it is dropped. */
export function checkSigned(machine: Machine, message: InboxMessage, chainId: bigint): SignedCheck {
  const dropped = (reason: number): SignedCheck => ({ ok: false, reason });
  const decoded = decodeEnvelope(message.data);
  if (!decoded.ok) return dropped(decoded.code === 'malformed' ? 1 : 2);
  const { transaction } = decoded.envelope;
  if (transaction.chainId !== chainId) return dropped(3);
  const sender = recoverSender(decoded.envelope);
  if (sender === undefined) return dropped(4);
  const sent = withSender(transaction, sender);
  if (checkStatic(sent) !== undefined) return dropped(5);
  if (sent.gasLimit > message.gas) return dropped(6);
  const { intrinsic, floor } = intrinsicOf(sent);
  if (intrinsic > sent.gasLimit || floor > sent.gasLimit) return dropped(7);
  const senderKey = toKey(sender);
  if (!maySend(machine, senderKey)) return dropped(8);
  const { nonce, balance } = machine.state.read(senderKey) ?? ABSENT_ACCOUNT;
  if (sent.nonce < nonce) return dropped(9);
  if (sent.nonce > nonce) return dropped(10);
  if (balance < sent.value) return dropped(11);
  return { ok: true, transaction: sent };
}
