// Sending a governance transaction, or not: with --unsigned it is written to a file, to be signed on a machine without a network and
// submitted from another. Owns that file's form and the explanation of what it calls.
// Invariant: a file is signed only after its call was decoded and said; a call that cannot be decoded is refused.

import { readFileSync } from 'node:fs';
import { AbiCoder, Interface, Transaction, id, keccak256 } from 'ethers';
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
import { scheduledUpgrade } from './upgrades.ts';

/** Contracts whose calls can be said. */
const SPEAKABLE = ['UpgradeTimelock', 'KeyfallGovernor', 'SecurityCouncil', 'Maturity', 'Rollup', 'OperatorSeat'] as const;
/** What an act reaches: its refusal can come from any of them, and is said by name. */
const REACHED = ['UpgradeTimelock', 'Clock', 'Rollup', 'Lanes', 'OperatorSeat', 'SecurityCouncil', 'Maturity', 'Inbox'] as const;
const GAS_MARGIN_PERCENT = 130n;
/** In the governor's order. */
export const CHOICES = ['against', 'for', 'abstain'] as const;

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
  /** A vote: the proposal whose hash is its number. */
  proposal: z.object({ target: z.string().regex(/^0x[0-9a-fA-F]{40}$/), calldata: z.string().regex(/^0x([0-9a-fA-F]{2})*$/), description: z.string() }).strict().optional(),
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
export function sayCall(contract: TransactionFile['contract'], to: string, data: string, proposal?: TransactionFile['proposal']): string[] {
  const call = new Interface(contractAbi(contract)).parseTransaction({ data });
  if (call === null) throw new CommandFailure('failed', `the ${contract} has no function ${data.slice(0, 10)}: what it would do is unknown, so it is not signed`);
  const lines = [`call ${call.name} of the ${contract} at ${to}`];
  call.fragment.inputs.forEach((input, index) => {
    const value: unknown = call.args[index];
    if (input.type.startsWith('tuple') && input.name === 'upgrade') lines.push(`  ${sentenceOf(toUpgrade(value))}`);
    else if (input.name === 'calldatas') lines.push(...(value as string[]).map((calldata) => `  ${call.name === 'propose' ? 'proposes' : call.name === 'cancel' ? 'withdraws' : 'schedules'}: ${scheduledSentence(calldata)}`));
    else if (input.name === 'proposalId') lines.push(...votedLines(value as bigint, proposal));
    else if (input.name === 'support') lines.push(`  support: ${String(value)}, ${CHOICES[Number(value)] ?? 'which the governor does not know'}`);
    else if (input.name !== 'approvals') lines.push(`  ${input.name}: ${printable(String(value))}`);
  });
  return lines;
}

function toUpgrade(value: unknown): Upgrade {
  const { kind, payload, reportHash, salt } = value as { kind: bigint; payload: string; reportHash: string; salt: string };
  return { kind: Number(kind), payload, reportHash, salt };
}

/** @throws CommandFailure (failed) unless the bytes are the one encoding of one upgrade's scheduling */
function scheduledSentence(calldata: string): string {
  const upgrade = scheduledUpgrade(calldata);
  if (upgrade === undefined) throw new CommandFailure('failed', 'what it would schedule is no upgrade in its one encoding, so it is not signed');
  return sentenceOf(upgrade);
}

/** What is voted on, read from bytes whose hash is the proposal's number. @throws CommandFailure (failed) when that cannot be said */
function votedLines(proposalId: bigint, proposal: TransactionFile['proposal']): string[] {
  if (proposal === undefined) throw new CommandFailure('failed', `what proposal ${proposalId} would do is not in the file, so it is not signed; 'keyfall upgrade vote --unsigned' writes it`);
  const { target, calldata, description } = proposal;
  const number = BigInt(keccak256(AbiCoder.defaultAbiCoder().encode(['address[]', 'uint256[]', 'bytes[]', 'bytes32'], [[target], [0n], [calldata], id(description)])));
  if (number !== proposalId) throw new CommandFailure('failed', `the file speaks of proposal ${number}, the vote is on proposal ${proposalId}: do not sign it`);
  return [`  proposal ${proposalId}: ${scheduledSentence(calldata)}`, `  its author says: "${printable(description)}"`];
}

/**
 * Sends the call and waits for it, or writes it to --unsigned.
 * @returns the receipt, or undefined when it was only written
 */
export async function sendOrWrite(connection: GovernanceConnection, name: TransactionFile['contract'], method: string, args: readonly unknown[], options: SendOptions, home: Home, output: Output, proposal?: TransactionFile['proposal']): Promise<TransactionReceipt | undefined> {
  const contract = connection.contract(name);
  const abis = [name, ...REACHED].map(contractAbi);
  if (options.unsigned === undefined) {
    const wallet = (await loadWallet(options, home)).connect(connection.l1);
    const own = contract.connect(wallet) as Contract;
    const sent = await explainReverts(method, abis, async () => own.getFunction(method).send(...args));
    output.progress(`sent ${sent.hash}; waiting for L1 ...`);
    return confirmed(await sent.wait(1, 300_000), sent.hash);
  }
  if (options.from === undefined) throw new CommandFailure('usage', 'expected --from ADDRESS beside --unsigned: whose transaction it will be');
  const from = parseAddress(options.from, '--from');
  const data = contract.interface.encodeFunctionData(method, [...args]);
  const to = await contract.getAddress();
  const gas = await explainReverts(method, abis, async () => connection.l1.estimateGas({ from, to, data }));
  const [nonce, fees] = [await connection.l1.getTransactionCount(from), await connection.l1.getFeeData()];
  const transaction = Transaction.from({
    type: 2, chainId: connection.chainId, to, data, nonce, gasLimit: (gas * GAS_MARGIN_PERCENT) / 100n,
    maxFeePerGas: fees.maxFeePerGas ?? 0n, maxPriorityFeePerGas: fees.maxPriorityFeePerGas ?? 0n,
  });
  writeTransaction(options.unsigned, { format: 'keyfall-transaction-1', contract: name, unsigned: transaction.unsignedSerialized, ...(proposal === undefined ? {} : { proposal }) });
  output.result({ unsigned: options.unsigned, from, to, data, nonce }, [...sayCall(name, to, data, proposal), `written to ${options.unsigned}; sign it with 'keyfall offline sign', send it with 'keyfall offline submit'`]);
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
