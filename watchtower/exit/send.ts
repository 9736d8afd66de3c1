// The owner's signed withdrawals on their way into the Inbox, by L1 transactions of the fee key. Owns what is signed for an exit, what it may cost, and what
// final L1 says of it. Does not own whether to leave (decide.ts), nor nonces, fees and sending (l1/sending.ts).
//
// Invariant: two transactions for one exit can both be mined only if what L1 called final is undone. Whether an exit was taken is read from final events by
// the whole message: somebody else's message that carries the same bytes and would be dropped is no exit.

import { encodeFunctionData, isAddressEqual, parseAbi, type Hex } from 'viem';
import { BACKLOG_DOUBLING_ZKGAS, decodeMessage, fromHex, messagePriceWei, toHex } from '@keyfall/protocol';
import { isPayable, spentAtWorst, type Sender, type Signed } from '../l1/sending.ts';
import type { View } from '../monitor.ts';
import type { PresignedExit } from './presigned.ts';

const INBOX = parseAbi(['function sendSigned(uint64 gas, uint64 surcharge, bytes rawTransaction) payable returns (uint64 index)']);
/** Above what enqueueing costs; 40 gas a byte of calldata is EIP-7623's floor. */
const SEND_GAS = 250_000n;
const SEND_GAS_PER_BYTE = 60n;
/** The zkGas price may double twice before it is mined; what is paid above the price comes back in the same transaction. */
const BACKLOG_HEADROOM = 2n * BACKLOG_DOUBLING_ZKGAS;

/** Everything that was signed for one exit, the newest last. */
export interface Intent {
  readonly upgrade: string;
  readonly signed: readonly Signed[];
}

type Fate =
  | { readonly state: 'absent' }
  | { readonly state: 'waiting' | 'dropped'; readonly index: number; readonly transaction: Hex };

/** What final L1 says of an exit whose nonce the owner's account has not used yet. @param executedTo messages that were executed so far */
export function fateOf(view: Pick<View, 'events'>, exit: PresignedExit, executedTo: number): Fate {
  const messages = view.events('Inbox', 'MessageEnqueued').filter(({ args }) => String(args['message']).toLowerCase().endsWith(exit.raw.slice(2)) && carries(String(args['message']) as Hex, exit));
  const last = messages.at(-1);
  if (last === undefined) return { state: 'absent' };
  const index = Number(last.args['index']);
  return { state: index >= executedTo ? 'waiting' : 'dropped', index, transaction: last.transactionHash };
}

/** SPEC section 4: the whole data, with at least the gas and the surcharge that it needs. Less of either would have it dropped. */
function carries(bytes: Hex, exit: PresignedExit): boolean {
  const message = decodeMessage(fromHex(bytes));
  return message.ok && message.value.kind === 'signed' && toHex(message.value.data) === exit.raw && message.value.gas >= exit.gas && message.value.surcharge >= exit.surcharge;
}

/** The owner's L2 nonce when everything that final L1 has in the queue is executed: calls of its own and exits that are waiting use it up. */
export function nonceAhead(view: Pick<View, 'events'>, owner: Hex, exits: readonly PresignedExit[], executedTo: number, nonce: number): number {
  let ahead = nonce;
  for (const { args } of view.events('Inbox', 'MessageEnqueued')) {
    if (Number(args['index']) < executedTo) continue;
    const bytes = String(args['message']) as Hex;
    const message = decodeMessage(fromHex(bytes));
    if (!message.ok) continue;
    if (message.value.kind === 'signed' ? exits.some((exit) => exit.nonce === ahead && carries(bytes, exit)) : isAddressEqual(message.value.sender, owner)) ahead += 1;
  }
  return ahead;
}

/** The next step for an exit that must be forced. @param others what was signed for the other exits @param maximumWei of everything together */
export async function nextStep(sender: Sender, view: View, exit: PresignedExit, intent: Intent | undefined, others: readonly Intent[], maximumWei: bigint): ReturnType<Sender['next']> {
  const backlog = await view.read<bigint>('Inbox', 'backlog');
  // Not the Inbox's own price(): nodes answer a call as if the base fee were zero.
  const priceAt = (baseFeeWei: bigint, ahead: bigint): bigint => messagePriceWei(exit.gas + exit.surcharge, baseFeeWei, backlog + ahead);
  const spent = others.reduce((sum, { signed }) => sum + spentAtWorst(signed), 0n);
  const step = await sender.next({
    to: view.contracts.address('Inbox'), data: encodeFunctionData({ abi: INBOX, functionName: 'sendSigned', args: [exit.gas, exit.surcharge, exit.raw] }), gas: SEND_GAS + SEND_GAS_PER_BYTE * BigInt(exit.raw.length / 2),
    valueAt: (fee) => priceAt(fee, BACKLOG_HEADROOM), earlier: intent?.signed ?? [], isOutdated: (last, base) => !isPayable(last, base) || BigInt(last.valueWei) < priceAt(base, 0n),
    finalNonce: await finalNonceOf(sender, view), reserved: others.flatMap(({ signed }) => signed.map(({ nonce }) => nonce)), limitWei: maximumWei - spent,
  });
  return step.act === 'limit' ? { ...step, neededWei: step.neededWei + spent } : step;
}

/** The nonce below which everything of the fee key is final, proven against the header. */
export async function finalNonceOf(sender: Sender, view: View): Promise<number> {
  return Number((await view.prove(sender.address)).nonce);
}
