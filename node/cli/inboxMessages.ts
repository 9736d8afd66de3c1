// What became of a message sent into the L1 Inbox: read from the L1 receipt, recomputed by the protocol's codecs, looked up on
// L2. Owns the way from an L1 transaction to the L2 transaction it causes; sending is the commands'.
// Invariant: the L2 hash is computed here from the event's bytes, never taken from a node's word.

import { getAddress, keccak256 } from 'ethers';
import type { Contract, ContractTransactionReceipt, ContractTransactionResponse, TransactionReceipt } from 'ethers';
import { decodeMessage, depositTransactionHash, depositTransactionOf, fromHex, toHex } from '@keyfall/protocol';
import { DROP_REASONS } from '@keyfall/protocol';
import type { DropReason, InboxMessage } from '@keyfall/protocol';
import { CommandFailure } from './failure.ts';
import type { Output } from './output.ts';
import type { RollupConnection } from './rollup.ts';
import { waitFor } from './waiting.ts';

export interface EnqueuedMessage {
  readonly index: bigint;
  readonly message: InboxMessage;
  /** Hash of the L2 transaction this message becomes if it is included. */
  readonly l2Hash: string;
  readonly l1Hash: string;
}

const L1_TIMEOUT_SECONDS = 300;

/** Waits for an L1 transaction. @throws CommandFailure (failed) if it reverted */
export async function confirmL1(sent: ContractTransactionResponse, output: Output): Promise<ContractTransactionReceipt> {
  output.progress(`L1 transaction ${sent.hash}`);
  const receipt = await sent.wait(1, L1_TIMEOUT_SECONDS * 1000);
  if (receipt === null || receipt.status !== 1) throw new CommandFailure('failed', `L1 transaction ${sent.hash} reverted`, { facts: { l1Hash: sent.hash } });
  return receipt;
}

/** The one message that an L1 transaction enqueued. */
export function enqueuedMessage(receipt: ContractTransactionReceipt, inbox: Contract, l2ChainId: bigint, inboxAddress: string): EnqueuedMessage {
  const events = receipt.logs
    .filter((log) => getAddress(log.address) === getAddress(inboxAddress))
    .flatMap((log) => inbox.interface.parseLog(log) ?? [])
    .filter(({ name }) => name === 'MessageEnqueued');
  const event = events[0];
  if (event === undefined || events.length !== 1) throw new CommandFailure('failed', `expected one message of the Inbox in L1 transaction ${receipt.hash}, found ${events.length}`);
  const decoded = decodeMessage(fromHex(event.args['message'] as string));
  if (!decoded.ok) throw new CommandFailure('failed', `the Inbox emitted bytes that are no message: expected ${decoded.expected}, got ${decoded.got}`);
  const index = event.args['index'] as bigint;
  const message = decoded.value;
  const l2Hash = message.kind === 'signed' ? keccak256(toHex(message.data)) : depositTransactionHash(depositTransactionOf(message, index, l2ChainId));
  return { index, message, l2Hash, l1Hash: receipt.hash };
}

/** What L2 made of a message. */
type MessageFate = { readonly kind: 'included'; readonly receipt: TransactionReceipt } | { readonly kind: 'dropped'; readonly why: string };

/** Why a signed message was dropped (SPEC section 4), and what to do about it. Every drop leaves the transaction's nonce unused. */
const DROP_SENTENCES: Record<DropReason, string> = {
  malformed: 'its bytes are no L2 transaction',
  unsupportedType: 'its transaction type does not exist on this chain',
  wrongChain: 'it was signed for another chain, or without naming one',
  badSignature: 'nobody signed it',
  invalidFields: 'no account could send it (tip, init code, authorizations or nonce)',
  overBudget: 'its gas limit is above the gas that the message prepaid: force it again with a larger --gas',
  intrinsicGas: 'its gas limit is below what its bytes cost',
  senderHasCode: 'its sender is a contract',
  nonceTooLow: 'its nonce is used: it, or another of that nonce, was executed before',
  nonceTooHigh: 'one with an earlier nonce must come first',
  insufficientBalance: 'its sender has less than its value',
  surchargeExceeded: 'its run costs more surcharge than the message prepaid: force it again with a larger --surcharge',
};

/** @param reason as keyfall_message says it; undefined if no node says */
export function whyDropped(reason: number | undefined): string {
  const name = (Object.keys(DROP_REASONS) as DropReason[]).find((key) => DROP_REASONS[key] === reason);
  return name === undefined ? 'it was invalid when its turn came (SPEC section 4 lists why that can be)' : `${DROP_SENTENCES[name]} (SPEC section 4, reason ${reason ?? ''})`;
}

/** The drop reason that the L2 endpoint names. @param answer of keyfall_message */
export function dropReasonOf(answer: unknown): number | undefined {
  const reason = (answer as { dropReason?: unknown } | null)?.dropReason;
  return typeof reason === 'string' && /^0x[0-9a-f]+$/i.test(reason) ? Number(reason) : undefined;
}

/**
 * Waits until the message was executed on L2, or until a final batch contains it and no transaction came of it (which only a
 * signed one can meet: it was invalid when its turn came).
 */
export async function waitForFate(enqueued: EnqueuedMessage, connection: RollupConnection, timeoutSeconds: number, output: Output): Promise<MessageFate> {
  return waitFor<MessageFate>(
    async () => {
      const receipt = await connection.l2.getTransactionReceipt(enqueued.l2Hash);
      if (receipt !== null) return { kind: 'included', receipt };
      if (enqueued.message.kind !== 'signed') return undefined;
      const settled = (await connection.rollup().getFunction('settledIndex').staticCall()) as bigint;
      if (settled <= enqueued.index) return undefined;
      // The node's word adds the reason only: that it was dropped follows from L1. An endpoint without keyfall_message knows none.
      const answer = await (connection.l2.send('keyfall_message', [`0x${enqueued.index.toString(16)}`]) as Promise<unknown>).catch(() => null);
      return { kind: 'dropped', why: whyDropped(dropReasonOf(answer)) };
    },
    {
      what: `message ${enqueued.index} to be executed on L2`,
      timeoutSeconds,
      onStillWaiting: (seconds, fault) => output.progress(`still waiting for L2 to take message ${enqueued.index} (${seconds} s)${fault}`),
    },
  );
}
