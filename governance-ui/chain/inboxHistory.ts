// Every message of the Inbox, whole: read from its events and checked to be all of them, byte for byte, because they accumulate to what the
// contract itself has for its count. An event that is left out or changed is noticed even when there is one endpoint alone.
// Owns that check and picking out those of one account. Invariant: a list is complete, or unknown.

import { decodeFunctionData } from 'viem';
import type { Hex } from 'viem';
import { VAULT_SENDER, applyAlias } from '@keyfall/protocol/addresses.ts';
import { ZERO_HASH, nextAccumulator } from '@keyfall/protocol/accumulator.ts';
import { fromHex, toHex } from '@keyfall/protocol/bytes.ts';
import { decodeMessage, messageHash } from '@keyfall/protocol/message.ts';
import type { InboxMessage } from '@keyfall/protocol/message.ts';
import { ABIS } from './abis.ts';
import { accumulatorAt, messageCount } from './inbox.ts';
import type { MessageEnqueued } from './inbox.ts';
import { events } from './logs.ts';
import { l2HashOf } from './messages.ts';
import { unknown } from './reading.ts';
import type { BlockRef, Reading } from './reading.ts';
import type { System } from './system.ts';

export interface SentMessage { readonly index: bigint; readonly raw: Hex; readonly message: InboxMessage; readonly l1Transaction: Hex; readonly l1Block: bigint }
export interface TokenDeposit { readonly kind: number; readonly l1Token: Hex; readonly id: bigint; readonly amount: bigint; readonly from: Hex; readonly to: Hex }

export async function allMessages({ inbox }: System, at: BlockRef, deployBlock: bigint): Promise<Reading<readonly SentMessage[]>> {
  const [found, count] = await Promise.all([events<MessageEnqueued>(inbox, at, 'MessageEnqueued', deployBlock), messageCount(inbox, at)]);
  if (!found.known) return found;
  if (!count.known) return count;
  const recorded = await accumulatorAt(inbox, at, count.value);
  if (!recorded.known) return recorded;
  const list: SentMessage[] = [];
  let accumulator = ZERO_HASH;
  for (const { args, transactionHash, blockNumber } of found.value) {
    if (BigInt(args.index) !== BigInt(list.length)) return unknown(`an endpoint left out message ${list.length} of the Inbox`);
    const decoded = decodeMessage(fromHex(args.message));
    if (!decoded.ok) return unknown(`message ${args.index} is no message: expected ${decoded.expected}, got ${decoded.got}`);
    accumulator = nextAccumulator(accumulator, messageHash(fromHex(args.message)));
    list.push({ index: BigInt(args.index), raw: args.message, message: decoded.value, l1Transaction: transactionHash, l1Block: blockNumber });
  }
  if (BigInt(list.length) !== BigInt(count.value)) return unknown(`the Inbox has ${count.value} messages, the endpoints show ${list.length}`);
  if (accumulator !== recorded.value) return unknown(`the messages that the endpoints show accumulate to ${accumulator}, the Inbox has ${recorded.value}: one of them was changed`);
  return { ...found, value: list };
}

/** The deposit of a token that a message of the Vault tells; undefined if it is none. */
export function tokenDepositOf({ sender, data }: InboxMessage): TokenDeposit | undefined {
  if (sender !== VAULT_SENDER) return undefined;
  try {
    const { functionName, args } = decodeFunctionData({ abi: ABIS.L2Bridge, data: toHex(data) });
    return functionName === 'receiveDeposit' ? (args as unknown as [TokenDeposit])[0] : undefined;
  } catch {
    // The Vault sends other messages too, or none: it is no deposit.
    return undefined;
  }
}

/** What a message brought along, in smallest units. */
export function depositWords(raw: Hex): string {
  const decoded = decodeMessage(fromHex(raw));
  if (!decoded.ok) return 'a message that this page cannot read';
  const token = tokenDepositOf(decoded.value);
  return token === undefined ? `${decoded.value.mintWei} wei` : `${token.amount} of ${token.l1Token}`;
}

export function isFrom({ message }: SentMessage, account: Hex): boolean {
  const own = account.toLowerCase() as Hex;
  return message.sender === own || message.sender === applyAlias(own) || tokenDepositOf(message)?.from.toLowerCase() === own;
}

export function l2HashOfMessage({ raw, index }: SentMessage, l2ChainId: number): Hex {
  return l2HashOf(raw, index, l2ChainId);
}
