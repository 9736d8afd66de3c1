// Transactions as a person meets them before they are signed: what they call, with which arguments, what they cost. Then they are
// sent, or printed unsigned for a hardware wallet or a Safe (the JSON that its Transaction Builder imports).
// Owns showing, asking and sending on L1. Does not own what is to be sent.
// Invariants: nothing is signed before it was shown and agreed to (--yes agrees beforehand); with --unsigned no key is read; each
// transaction is tried against the chain before it is sent.

import { createInterface } from 'node:readline/promises';
import { formatUnits } from 'ethers';
import type { Contract, ContractTransactionReceipt, InterfaceAbi, JsonRpcProvider, Wallet } from 'ethers';
import { etherText } from './amounts.ts';
import { explainReverts } from './contractErrors.ts';
import { CommandFailure } from './failure.ts';
import type { Home } from './home.ts';
import { loadWallet } from './keys.ts';
import type { KeyOptions } from './keys.ts';
import type { Output } from './output.ts';

export interface SendingOptions extends KeyOptions {
  /** Print the transactions instead of sending them. */
  readonly unsigned?: true;
  /** Send without asking. */
  readonly yes?: true;
}

/** One transaction on L1, not signed. */
export interface PlannedTransaction {
  readonly to: string;
  readonly data: string;
  readonly valueWei: bigint;
  /** What it is for. */
  readonly about: string;
  /** The call as a person reads it. */
  readonly call: string;
  readonly abi: InterfaceAbi;
  /** Where an estimate is no guide: a call whose inner calls may fail without failing it succeeds with too little gas. */
  readonly gasLimit?: bigint;
}

const L1_TIMEOUT_MILLISECONDS = 300_000;
const MAX_SHOWN_CHARACTERS = 66;

/** A call of a contract. @param abis whose custom errors may come back, beside the contract's own */
export async function plannedCall(contract: Contract, name: string, method: string, args: readonly unknown[], about: string, valueWei = 0n): Promise<PlannedTransaction> {
  const fragment = contract.interface.getFunction(method);
  if (fragment === null) throw new Error(`${name} has no function ${method}`);
  const shown = fragment.inputs.map((input, position) => `${input.name}: ${shortText(args[position])}`);
  return {
    to: await contract.getAddress(), data: contract.interface.encodeFunctionData(fragment, [...args]), valueWei, about, call: `${name}.${method}(${shown.join(', ')})`,
    abi: contract.interface.fragments.map((entry) => entry.format('full')),
  };
}

function shortText(value: unknown): string {
  const text = typeof value === 'object' && value !== null
    ? JSON.stringify(value, (_key, entry: unknown) => (typeof entry === 'bigint' ? entry.toString() : typeof entry === 'string' && entry.length > MAX_SHOWN_CHARACTERS ? `${entry.slice(0, 18)}…(${entry.length / 2 - 1} bytes)` : entry))
    : String(value);
  return text.length > 8 * MAX_SHOWN_CHARACTERS ? `${text.slice(0, 8 * MAX_SHOWN_CHARACTERS)}…` : text;
}

/** What Safe's Transaction Builder imports. */
export function safeBatch(plan: readonly PlannedTransaction[], chainId: bigint, name: string): Readonly<Record<string, unknown>> {
  return {
    version: '1.0', chainId: chainId.toString(), createdAt: 0, meta: { name, description: plan.map(({ about }) => about).join('; ') },
    transactions: plan.map(({ to, data, valueWei }) => ({ to, value: valueWei.toString(), data, contractMethod: null, contractInputsValues: null })),
  };
}

export interface Sender {
  readonly l1: JsonRpcProvider;
  readonly home: Home;
  readonly output: Output;
  readonly options: SendingOptions;
}

/** The wallet that will sign, or undefined with --unsigned. */
async function signerOf({ l1, home, options }: Sender): Promise<Wallet | undefined> {
  return options.unsigned === true ? undefined : (await loadWallet(options, home)).connect(l1);
}

/**
 * Shows the transactions; sends them in order, each confirmed before the next, or prints them.
 * @returns their receipts; undefined when they were printed unsigned
 */
export async function carryOut(plan: readonly PlannedTransaction[], name: string, sender: Sender): Promise<readonly ContractTransactionReceipt[] | undefined> {
  const { output, options, l1 } = sender;
  const wallet = await signerOf(sender);
  if (wallet === undefined) {
    const batch = safeBatch(plan, l1._network.chainId, name);
    output.result({ unsigned: true, batch }, [JSON.stringify(batch, null, 2)]);
    return undefined;
  }
  await showPlan(plan, wallet, sender);
  if (options.yes !== true) await agree(plan.length);
  const receipts: ContractTransactionReceipt[] = [];
  for (const transaction of plan) {
    const { to, data, valueWei, about, abi, gasLimit } = transaction;
    const sent = await explainReverts(about, [abi], async () => wallet.sendTransaction({ to, data, value: valueWei, ...(gasLimit === undefined ? {} : { gasLimit }) }));
    output.progress(`${about}: L1 transaction ${sent.hash}`);
    const receipt = await l1.waitForTransaction(sent.hash, 1, L1_TIMEOUT_MILLISECONDS);
    if (receipt === null || receipt.status !== 1) throw new CommandFailure('failed', `${about}: L1 transaction ${sent.hash} reverted`, { facts: { l1Hash: sent.hash } });
    receipts.push(receipt as ContractTransactionReceipt);
  }
  return receipts;
}

/** Shows what would be sent, and what it would cost. */
export async function showPlan(plan: readonly PlannedTransaction[], wallet: Wallet, { l1, output }: Sender): Promise<void> {
  const { maxFeePerGas, gasPrice } = await l1.getFeeData();
  const perGas = gasPrice ?? maxFeePerGas ?? 0n;
  for (const [position, { to, data, valueWei, about, call, abi }] of plan.entries()) {
    output.progress(`${position + 1} of ${plan.length}: ${about}\n    ${call}\n    to ${to}${valueWei > 0n ? `, with ${etherText(valueWei)}` : ''}`);
    // What builds on an earlier transaction of the plan cannot be tried before that one is mined.
    if (position > 0) {
      output.progress('    its gas is known after the one before it');
      continue;
    }
    const gas = await explainReverts(about, [abi], async () => l1.estimateGas({ from: wallet.address, to, data, value: valueWei }));
    output.progress(`    about ${gas} gas, ${etherText(gas * perGas)} at ${formatUnits(perGas, 'gwei')} gwei`);
  }
}

/** Asks at the terminal. @throws CommandFailure when there is none, or the answer is no */
export async function agree(count: number): Promise<void> {
  if (!process.stdin.isTTY) throw new CommandFailure('usage', 'nothing is sent without a terminal to ask at: look at it with --unsigned, agree with --yes');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`send ${count === 1 ? 'it' : `these ${count}`}? [y/N] `);
    if (!/^y(es)?$/i.test(answer.trim())) throw new CommandFailure('failed', 'nothing was sent');
  } finally {
    terminal.close();
  }
}
