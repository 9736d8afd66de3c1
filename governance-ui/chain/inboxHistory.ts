// Every message of the Inbox, whole: read from its events and checked to be all of them, because their indexes count from zero without a
// gap up to the contract's own count. An event that an endpoint leaves out is noticed even when it is the only endpoint.
// Owns that check and picking out those of one account. Invariant: a list is complete, or unknown.

import { decodeFunctionData } from 'viem';
import type { Hex } from 'viem';
import { VAULT_SENDER, applyAlias } from '@keyfall/protocol/addresses.ts';
import { fromHex, toHex } from '@keyfall/protocol/bytes.ts';
import { decodeMessage } from '@keyfall/protocol/message.ts';
import type { InboxMessage } from '@keyfall/protocol/message.ts';
import { ABIS } from './abis.ts';
import { messageCount } from './inbox.ts';
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
  const list: SentMessage[] = [];
  for (const { args, transactionHash, blockNumber } of found.value) {
    if (BigInt(args.index) !== BigInt(list.length)) return unknown(`an endpoint left out message ${list.length} of the Inbox`);
    const decoded = decodeMessage(fromHex(args.message));
    if (!decoded.ok) return unknown(`message ${args.index} is no message: expected ${decoded.expected}, got ${decoded.got}`);
    list.push({ index: BigInt(args.index), raw: args.message, message: decoded.value, l1Transaction: transactionHash, l1Block: blockNumber });
  }
  if (BigInt(list.length) !== BigInt(count.value)) return unknown(`the Inbox has ${count.value} messages, the endpoints show ${list.length}`);
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

export function isFrom({ message }: SentMessage, account: Hex): boolean {
  const own = account.toLowerCase() as Hex;
  return message.sender === own || message.sender === applyAlias(own) || tokenDepositOf(message)?.from.toLowerCase() === own;
}

export function l2HashOfMessage({ raw, index }: SentMessage, l2ChainId: number): Hex {
  return l2HashOf(raw, index, l2ChainId);
}
