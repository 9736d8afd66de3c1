// The file of withdrawals that an owner signed beforehand: raw L2 transactions that can only pay whoever signed them. Owns reading it and refusing
// everything else: another signer, another recipient, another call, another chain, a gap in the nonces.
// Invariant: no transaction leaves this file that could move anything to anyone but its signer, whatever happens to the watchtower.

import { readFileSync } from 'node:fs';
import { decodeFunctionData, isAddressEqual, keccak256, parseAbi, parseTransaction, recoverTransactionAddress, type Hex, type TransactionSerialized } from 'viem';
import { z } from 'zod';
import { L2_BRIDGE, MESSAGE_PASSER } from '@keyfall/protocol';
import { ConfigMistake, messageOf } from '../fault.ts';

const ABI = parseAbi(['function withdrawEth(address recipient) payable returns (bytes32)', 'function withdraw(uint8 kind, address l1Token, uint256 id, uint256 amount, address recipient) returns (bytes32)']);

export interface PresignedExit {
  readonly owner: Hex;
  readonly raw: Hex;
  readonly hash: Hex;
  readonly nonce: number;
  readonly gas: bigint;
  /** zkGas of surcharge that is bought with it. */
  readonly surcharge: bigint;
  /** What it takes out, in a person's words. */
  readonly what: string;
}

const schema = z.strictObject({ version: z.literal(1), exits: z.array(z.strictObject({ raw: z.string().regex(/^0x([0-9a-f]{2})+$/i, 'expected a raw signed transaction'), surcharge: z.int().min(0).max(10_000_000) })).min(1).max(64) });

/** @throws ConfigMistake naming the entry and the rule it breaks */
export async function readPresigned(path: string, owner: Hex, l2ChainId: bigint): Promise<readonly PresignedExit[]> {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new ConfigMistake(`${path}: expected a JSON file of signed withdrawals: ${messageOf(cause)}`, { cause });
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new ConfigMistake(`${path}: ${z.prettifyError(parsed.error)}`);
  const exits: PresignedExit[] = [];
  for (const [position, { raw, surcharge }] of parsed.data.exits.entries()) {
    try {
      exits.push(await checked(raw.toLowerCase() as Hex, BigInt(surcharge), owner, l2ChainId));
    } catch (cause) {
      throw new ConfigMistake(`${path}: exits.${position}: ${messageOf(cause)}`, { cause });
    }
  }
  for (const [position, { nonce }] of exits.entries()) {
    const expected = (exits[0]?.nonce ?? 0) + position;
    if (nonce !== expected) throw new ConfigMistake(`${path}: exits.${position}: expected nonce ${expected}, got ${nonce}: one after the other, or those behind a gap are dropped`);
  }
  return exits;
}

async function checked(raw: Hex, surcharge: bigint, owner: Hex, l2ChainId: bigint): Promise<PresignedExit> {
  const transaction = parseTransaction(raw as TransactionSerialized);
  if (transaction.type !== 'eip1559' && transaction.type !== 'eip2930') throw new Error(`expected a transaction of type 1 or 2, got ${transaction.type}`);
  if (BigInt(transaction.chainId) !== l2ChainId) throw new Error(`expected chain id ${l2ChainId}, got ${transaction.chainId}`);
  const signer = await recoverTransactionAddress({ serializedTransaction: raw as TransactionSerialized });
  if (!isAddressEqual(signer, owner)) throw new Error(`expected the signature of ${owner}, got that of ${signer}`);
  const { to, data = '0x', value = 0n, gas, nonce = 0 } = transaction;
  const { functionName, args } = decodeFunctionData({ abi: ABI, data });
  const target = functionName === 'withdrawEth' ? MESSAGE_PASSER : L2_BRIDGE;
  if (to === undefined || to === null || !isAddressEqual(to, target)) throw new Error(`expected a call of ${target}, got ${String(to)}`);
  if (functionName === 'withdraw' && value !== 0n) throw new Error(`expected no ETH with a token's withdrawal, got ${value} wei`);
  const recipient = args.at(-1) as Hex;
  if (!isAddressEqual(recipient, owner)) throw new Error(`expected ${owner} as recipient, got ${recipient}: only its owner may be paid`);
  if (gas === undefined || gas > 10_000_000n - surcharge) throw new Error(`expected gas and surcharge of at most 10000000 together, got ${String(gas)} and ${surcharge}`);
  return { owner, raw, hash: keccak256(raw), nonce, gas, surcharge, what: functionName === 'withdrawEth' ? `${value} wei` : `${String(args[3])} of token ${String(args[1])}` };
}
