// Sending a governance transaction, or not: with --unsigned it is written to a file, to be signed on a machine without a network and
// submitted from another. Owns that file's form and the explanation of what it calls.
// Invariant: a file is signed only after its call was decoded and said; a call that cannot be decoded is refused.

import { readFileSync } from 'node:fs';
import { Interface, Transaction } from 'ethers';
import type { Contract, TransactionReceipt, Wallet } from 'ethers';
import { z } from 'zod';
import { parseAddress } from '../amounts.ts';
import { explainReverts } from '../contractErrors.ts';
import { CommandFailure, messageOf } from '../failure.ts';
import { writeFileAtomically } from '../home.ts';
import type { Home } from '../home.ts';
import { loadWallet } from '../keys.ts';
import type { KeyOptions } from '../keys.ts';
import { printable } from '../output.ts';
import type { Output } from '../output.ts';
import { contractAbi } from '../rollup.ts';
import type { GovernanceConnection } from './contracts.ts';
import { sentenceOf } from './upgradeKinds.ts';
import type { Upgrade } from './upgradeKinds.ts';

/** Contracts whose calls can be said. */
const SPEAKABLE = ['UpgradeTimelock', 'KeyfallGovernor', 'SecurityCouncil', 'Maturity', 'Rollup', 'OperatorSeat'] as const;
/** What an act reaches: its refusal can come from any of them, and is said by name. */
const REACHED = ['UpgradeTimelock', 'Clock', 'Rollup', 'Lanes', 'OperatorSeat', 'SecurityCouncil', 'Maturity', 'Inbox'] as const;
const GAS_MARGIN_PERCENT = 130n;

export interface SendOptions extends KeyOptions {
  readonly unsigned?: string;
  readonly from?: string;
}

const schema = z.object({
  format: z.literal('keyfall-transaction-1'),
  contract: z.enum(SPEAKABLE),
  /** Serialized, without a signature. */
  unsigned: z.string().regex(/^0x[0-9a-f]+$/),
  signed: z.string().regex(/^0x[0-9a-f]+$/).optional(),
}).strict();
export type TransactionFile = z.infer<typeof schema>;

/** @throws CommandFailure (usage) */
export function readTransaction(path: string): TransactionFile {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new CommandFailure('usage', `expected a transaction in ${path}: ${messageOf(cause)}`, { cause });
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw new CommandFailure('usage', `${path} is no transaction of keyfall: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

export function writeTransaction(path: string, file: TransactionFile): void {
  writeFileAtomically(path, `${JSON.stringify(file, null, 2)}\n`);
}

/** What a call does, in lines. @throws CommandFailure (failed) when the ABI does not know it */
export function sayCall(contract: TransactionFile['contract'], to: string, data: string): string[] {
  const call = new Interface(contractAbi(contract)).parseTransaction({ data });
  if (call === null) throw new CommandFailure('failed', `the ${contract} has no function ${data.slice(0, 10)}: what it would do is unknown, so it is not signed`);
  const lines = [`call ${call.name} of the ${contract} at ${to}`];
  call.fragment.inputs.forEach((input, index) => {
    const value: unknown = call.args[index];
    if (input.type.startsWith('tuple') && input.name === 'upgrade') lines.push(`  ${sentenceOf(toUpgrade(value))}`);
    else if (call.name === 'propose' && input.name === 'calldatas') lines.push(...proposedLines(value as string[]));
    else if (input.name !== 'approvals') lines.push(`  ${input.name}: ${printable(String(value))}`);
  });
  return lines;
}

function toUpgrade(value: unknown): Upgrade {
  const { kind, payload, reportHash, salt } = value as { kind: bigint; payload: string; reportHash: string; salt: string };
  return { kind: Number(kind), payload, reportHash, salt };
}

function proposedLines(calldatas: readonly string[]): string[] {
  const timelock = new Interface(contractAbi('UpgradeTimelock'));
  return calldatas.map((calldata) => `  proposes: ${sentenceOf(toUpgrade(timelock.decodeFunctionData('schedule', calldata)[0]))}`);
}

/**
 * Sends the call and waits for it, or writes it to --unsigned.
 * @returns the receipt, or undefined when it was only written
 */
export async function sendOrWrite(connection: GovernanceConnection, name: TransactionFile['contract'], method: string, args: readonly unknown[], options: SendOptions, home: Home, output: Output): Promise<TransactionReceipt | undefined> {
  const contract = connection.contract(name);
  const abis = [name, ...REACHED].map(contractAbi);
  if (options.unsigned === undefined) {
    const wallet = (await loadWallet(options, home)).connect(connection.l1);
    const own = contract.connect(wallet) as Contract;
    const sent = await explainReverts(method, abis, async () => own.getFunction(method).send(...args));
    output.progress(`sent ${sent.hash}; waiting for L1 ...`);
    return confirmed(await sent.wait(1, 300_000), sent.hash);
  }
  const from = parseAddress(options.from ?? '', '--from');
  const data = contract.interface.encodeFunctionData(method, [...args]);
  const to = await contract.getAddress();
  const gas = await explainReverts(method, abis, async () => connection.l1.estimateGas({ from, to, data }));
  const [nonce, fees] = [await connection.l1.getTransactionCount(from), await connection.l1.getFeeData()];
  const transaction = Transaction.from({
    type: 2, chainId: connection.chainId, to, data, nonce, gasLimit: (gas * GAS_MARGIN_PERCENT) / 100n,
    maxFeePerGas: fees.maxFeePerGas ?? 0n, maxPriorityFeePerGas: fees.maxPriorityFeePerGas ?? 0n,
  });
  writeTransaction(options.unsigned, { format: 'keyfall-transaction-1', contract: name, unsigned: transaction.unsignedSerialized });
  output.result({ unsigned: options.unsigned, from, to, data, nonce }, [...sayCall(name, to, data), `written to ${options.unsigned}; sign it with 'keyfall offline sign', send it with 'keyfall offline submit'`]);
  return undefined;
}

/** A mined receipt. @throws CommandFailure (unknown) when there is none, (failed) when it reverted */
export function confirmed(receipt: TransactionReceipt | null, hash: string): TransactionReceipt {
  if (receipt === null) throw new CommandFailure('unknown', `transaction ${hash} was sent and is not mined yet`, { facts: { hash } });
  if (receipt.status !== 1) throw new CommandFailure('failed', `transaction ${hash} reverted`, { facts: { hash } });
  return receipt;
}

/** Signs a written transaction without a network. */
export async function signTransaction(file: TransactionFile, wallet: Wallet): Promise<TransactionFile> {
  const transaction = Transaction.from(file.unsigned);
  transaction.signature = null;
  const signed = await wallet.signTransaction(transaction);
  return { ...file, signed };
}
