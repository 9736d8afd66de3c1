// What became of a message sent into the L1 Inbox: read from the L1 receipt, recomputed by the protocol's codecs, looked up on
// L2. Owns the way from an L1 transaction to the L2 transaction it causes; sending is the commands'.
// Invariant: the L2 hash is computed here from the event's bytes, never taken from a node's word.

import { getAddress, keccak256 } from 'ethers';
import type { Contract, ContractTransactionReceipt, ContractTransactionResponse, TransactionReceipt } from 'ethers';
import { decodeMessage, depositTransactionHash, depositTransactionOf, dropSentence, fromHex, toHex } from '@keyfall/protocol';
import type { InboxMessage } from '@keyfall/protocol';
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

/** What L2 made of a message. `unrun`: it was dropped or skipped, and nothing will come of it; `why` says which, as far as it is known. */
type MessageFate = { readonly kind: 'included'; readonly receipt: TransactionReceipt } | { readonly kind: 'unrun'; readonly why: string };

/** What `keyfall_message` answers, as far as it is used here. */
interface NodeAnswer {
  readonly status?: unknown;
  readonly dropReason?: unknown;
}

const SKIPPED = 'was skipped: it will never be executed, and what it brought is refunded on L1; force it anew';
const UNNAMED = 'was dropped, or skipped, for a reason that the L2 endpoint does not name: its L2 nonce is unused by it';

/** Why nothing came of a message, in the node's word; undefined while that may still change or the node cannot tell. */
function unrunBy(answer: NodeAnswer | null): string | undefined {
  if (answer?.status === 'skipped') return SKIPPED;
  if (answer?.status !== 'dropped') return undefined;
  const reason = typeof answer.dropReason === 'string' && /^0x[0-9a-f]+$/i.test(answer.dropReason) ? Number(answer.dropReason) : undefined;
  const sentence = reason === undefined ? undefined : dropSentence(reason);
  return sentence === undefined ? 'was dropped, for a reason that the L2 endpoint does not name: its L2 nonce is unused by it' : `was dropped, its nonce unused by it: ${sentence} (SPEC section 4, reason ${reason})`;
}

/**
 * One look at what L2 made of a message; undefined as long as something may still come of it. The receipt is looked for last too: a copy of
 * the same signed transaction, which anyone may have enqueued before it, is executed in its place, and between two looks.
 * @param l2Hash of its L2 transaction
 */
export async function fateOf({ index, l2Hash }: Pick<EnqueuedMessage, 'index' | 'l2Hash'>, connection: Pick<RollupConnection, 'l2' | 'rollup'>): Promise<MessageFate | undefined> {
  const { l2 } = connection;
  const receipt = await l2.getTransactionReceipt(l2Hash);
  if (receipt !== null) return { kind: 'included', receipt };
  // An endpoint that is no node of ours has no such method.
  const answer = await (l2.send('keyfall_message', [`0x${index.toString(16)}`]) as Promise<NodeAnswer | null>).catch(() => undefined);
  const why = answer === undefined ? await unrunByL1(index, connection) : unrunBy(answer);
  if (why === undefined) return undefined;
  const after = await l2.getTransactionReceipt(l2Hash);
  return after === null ? { kind: 'unrun', why } : { kind: 'included', receipt: after };
}

/** Whether L1 alone shows that nothing came of it: it is settled, and the L2 endpoint has every block that is final. */
async function unrunByL1(index: bigint, { l2, rollup }: Pick<RollupConnection, 'l2' | 'rollup'>): Promise<string | undefined> {
  const settled = (await rollup().getFunction('settledIndex').staticCall()) as bigint;
  if (settled <= index) return undefined;
  const [, , , finalNumber] = (await rollup().getFunction('finalHead').staticCall()) as [bigint, string, string, bigint];
  return BigInt(await l2.getBlockNumber()) < finalNumber ? undefined : UNNAMED;
}

/** Waits until the message was executed on L2, or until it is known that it never will be. */
export async function waitForFate(enqueued: EnqueuedMessage, connection: RollupConnection, timeoutSeconds: number, output: Output): Promise<MessageFate> {
  return waitFor<MessageFate>(async () => fateOf(enqueued, connection), {
    what: `message ${enqueued.index} to be executed on L2`,
    timeoutSeconds,
    onStillWaiting: (seconds, fault) => output.progress(`still waiting for L2 to take message ${enqueued.index} (${seconds} s)${fault}`),
  });
}
