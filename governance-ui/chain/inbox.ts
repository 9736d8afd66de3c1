// Inbox: messages to L2. Owns its typed reads: price, count, when a message came, what of the queue is settled.
// Invariant: a price is the contract's own answer at a block; what is paid beyond it comes back, so the page pays a margin on top.

import type { Hex } from 'viem';
import { view } from './contract.ts';
import type { Contract } from './contract.ts';
import type { BlockRef, Reading } from './reading.ts';

export interface MessagePrefix { readonly time: bigint; readonly isAliased: boolean; readonly zkGas: bigint; readonly mintWei: bigint; readonly baseFeeGwei: bigint }
export interface MessageEnqueued { readonly index: bigint; readonly accumulator: Hex; readonly message: Hex }

export const messageCount = async (inbox: Contract, at: BlockRef): Promise<Reading<bigint>> => view(inbox, at, 'count');
/** The rolling hash over the first `index` messages. */
export const accumulatorAt = async (inbox: Contract, at: BlockRef, index: bigint): Promise<Reading<Hex>> => view(inbox, at, 'accumulatorAt', index);
export const price = async (inbox: Contract, at: BlockRef, zkGas: bigint): Promise<Reading<bigint>> => view(inbox, at, 'price', zkGas);
export const backlog = async (inbox: Contract, at: BlockRef): Promise<Reading<bigint>> => view(inbox, at, 'backlog');
export const totalMinted = async (inbox: Contract, at: BlockRef): Promise<Reading<bigint>> => view(inbox, at, 'totalMinted');
/** The message with this index is the last of prefix index + 1: its time is that prefix's. */
export const messagePrefix = async (inbox: Contract, at: BlockRef, index: bigint): Promise<Reading<MessagePrefix>> => view(inbox, at, 'prefix', index + 1n);
export const vaultAddress = async (inbox: Contract, at: BlockRef): Promise<Reading<Hex>> => view(inbox, at, 'VAULT');
export const maturityAddress = async (inbox: Contract, at: BlockRef): Promise<Reading<Hex>> => view(inbox, at, 'MATURITY');
export const depositCap = async (inbox: Contract, at: BlockRef): Promise<Reading<bigint>> => view(inbox, at, 'DEPOSIT_CAP_WEI');
