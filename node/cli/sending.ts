// Transactions as a person meets them before they are signed: what they call, with which arguments, what they cost. Then they are
// sent, or printed unsigned for a hardware wallet or a Safe (the JSON that its Transaction Builder imports).
// Owns showing, asking and sending on L1. Does not own what is to be sent.
// Invariants: nothing is signed before it was shown and agreed to (--yes agrees beforehand); with --unsigned no key is read; each
// transaction is tried against the chain before it is sent.

import { createInterface } from 'node:readline/promises';
import { Interface, formatUnits } from 'ethers';
import type { Contract, ContractTransactionReceipt, InterfaceAbi, JsonRpcProvider, Wallet } from 'ethers';
import { etherText } from './amounts.ts';
import { explainReverts } from './contractErrors.ts';
import { CommandFailure } from './failure.ts';
import type { Home } from './home.ts';
import { loadWallet } from './keys.ts';
import type { KeyOptions } from './keys.ts';
import type { Output } from './output.ts';
import { contractAbi } from './rollup.ts';
import { waitFor } from './waiting.ts';

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
  /** If it would revert, the rest is sent all the same; why is told. */
  readonly isOptional?: true;
  /** Calls of which one may fail without failing the transaction, as the contract's `CallFailed` counts them. */
  readonly inner?: readonly InnerCall[];
}

/** One call of a `multicall`. */
export interface InnerCall { readonly data: string; readonly about: string }

const L1_TIMEOUT_SECONDS = 300;
const MAX_SHOWN_CHARACTERS = 66;
/** What may be used beyond the estimate: another's transaction may come first and change what ours costs. */
const SPARE_GAS_DIVISOR = 10n;
/** EIP-7825: what one transaction may use at most. */
const MAX_TRANSACTION_GAS = 16_777_216n;
/** Whose custom errors come back through the contract that is called. */
const CALLED_BEHIND = ['EscapeHatch', 'Vault', 'PoolResolver', 'Lifecycle', 'Rollup', 'Lanes', 'Inbox', 'OperatorSeat'] as const;

/** A call of a contract. */
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
  /** Collects why calls failed, or optional transactions were left out, while the rest went on. */
  readonly failures?: string[];
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
  for (const [position, transaction] of plan.entries()) {
    try {
      const receipt = await sendOne(transaction, wallet, output);
      receipts.push(receipt);
      for (const reason of await innerFailures(transaction, receipt, l1)) {
        output.progress(reason);
        sender.failures?.push(reason);
      }
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error;
      if (transaction.isOptional === true && error.kind === 'failed') {
        output.progress(`left out: ${error.message}`);
        sender.failures?.push(error.message);
        continue;
      }
      throw position === 0 ? error : new CommandFailure(error.kind, `${error.message}; ${position} of ${plan.length} were sent, run it again to go on`, { cause: error, facts: { ...error.facts, sent: receipts.map(({ hash }) => hash) } });
    }
  }
  return receipts;
}

/** Tries, sends and confirms one. @throws CommandFailure with the decoded reason when it would revert, or did */
async function sendOne(transaction: PlannedTransaction, wallet: Wallet, output: Output): Promise<ContractTransactionReceipt> {
  const { to, data, valueWei: value, about } = transaction;
  const l1 = wallet.provider as JsonRpcProvider;
  const estimate = await explainReverts(about, abisOf(transaction), async () => l1.estimateGas({ from: wallet.address, to, data, value }));
  const spare = estimate + estimate / SPARE_GAS_DIVISOR;
  const sent = await explainReverts(about, abisOf(transaction), async () => wallet.sendTransaction({ to, data, value, gasLimit: spare > MAX_TRANSACTION_GAS ? MAX_TRANSACTION_GAS : spare }));
  output.progress(`${about}: L1 transaction ${sent.hash}`);
  const receipt = await minedReceipt(l1, sent.hash);
  if (receipt.status !== 1) {
    // What it would say now; another's transaction may have come first.
    await explainReverts(`${about}: L1 transaction ${sent.hash} reverted; it`, abisOf(transaction), async () => l1.call({ from: wallet.address, to, data, value }));
    throw new CommandFailure('failed', `${about}: L1 transaction ${sent.hash} reverted, and would not now: try again`, { facts: { l1Hash: sent.hash } });
  }
  return receipt;
}

/**
 * The receipt, once there is one. Asked for, and not awaited with a block to come: on a chain that mines a block per transaction none may come.
 * @throws CommandFailure (unknown) when it is not mined in time
 */
export async function minedReceipt(l1: JsonRpcProvider, hash: string): Promise<ContractTransactionReceipt> {
  return waitFor(async () => ((await l1.getTransactionReceipt(hash)) as ContractTransactionReceipt | null) ?? undefined, { what: `L1 transaction ${hash} to be mined`, timeoutSeconds: L1_TIMEOUT_SECONDS, intervalMilliseconds: 250 });
}

function abisOf({ abi }: PlannedTransaction): readonly InterfaceAbi[] {
  return [abi, ...CALLED_BEHIND.map((name) => contractAbi(name))];
}

/** Why calls of a `multicall` failed though its transaction did not: each tried anew by itself, so that the whole reason comes back. */
async function innerFailures({ inner = [], to, abi }: PlannedTransaction, receipt: ContractTransactionReceipt, l1: JsonRpcProvider): Promise<string[]> {
  const contract = new Interface(abi);
  const failed = receipt.logs.filter((log) => log.address.toLowerCase() === to.toLowerCase()).flatMap((log) => contract.parseLog(log) ?? []).filter(({ name }) => name === 'CallFailed');
  return Promise.all(failed.map(async ({ args }) => {
    const { data, about } = inner[Number(args['position'])] ?? { data: '0x', about: `call ${args['position']}` };
    try {
      await explainReverts(about, [abi, ...CALLED_BEHIND.map((name) => contractAbi(name))], async () => l1.call({ from: receipt.from, to, data }));
      return `${about} reverted (its error begins with ${(args['reason'] as string).slice(0, 10)}) and would not now: try again`;
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error;
      return error.message.replace(' would revert', ' reverted');
    }
  }));
}

/** Shows what would be sent, and what it would cost. */
export async function showPlan(plan: readonly PlannedTransaction[], wallet: Wallet, { l1, output }: Sender): Promise<void> {
  const { maxFeePerGas, gasPrice } = await l1.getFeeData();
  const perGas = gasPrice ?? maxFeePerGas ?? 0n;
  for (const [position, transaction] of plan.entries()) {
    const { to, data, valueWei, about, call, inner } = transaction;
    output.progress(`${position + 1} of ${plan.length}: ${about}\n    ${call}\n    to ${to}${valueWei > 0n ? `, with ${etherText(valueWei)}` : ''}`);
    // What builds on an earlier transaction of the plan cannot be tried before that one is mined.
    if (position > 0) {
      output.progress('    its gas is known after the one before it');
      continue;
    }
    if (transaction.isOptional === true) {
      output.progress('    it is left out if it would revert');
      continue;
    }
    const gas = await explainReverts(about, abisOf(transaction), async () => l1.estimateGas({ from: wallet.address, to, data, value: valueWei }));
    output.progress(`    ${inner === undefined ? 'about' : 'at most'} ${gas} gas, ${etherText(gas * perGas)} at ${formatUnits(perGas, 'gwei')} gwei${inner === undefined ? '' : '; what its calls do not use is not paid'}`);
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
