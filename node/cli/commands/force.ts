// `keyfall force`: an L2 transaction that no sequencer can refuse, sent through the L1 Inbox. Two kinds: `call` (from the L1
// sender; never dropped) and `signed` (an ordinary signed L2 transaction; dropped if it is invalid when its turn comes, or given too little surcharge).
// Owns building and sending; what L2 must do with it is the protocol's. The operator has F (one day, scaled on a devnet) to
// include it, then no batch can be committed without it.
// Invariant: success is reported only for a message that L2 executed; dropped is a failure; not yet is unknown.

import { Transaction } from 'ethers';
import type { TransactionRequest, Wallet } from 'ethers';
import { etherText, parseAddress, parseBytes, parseEtherAmount, parseInteger } from '../amounts.ts';
import { explainReverts } from '../contractErrors.ts';
import { CommandFailure, messageOf } from '../failure.ts';
import { homeAt } from '../home.ts';
import { confirmL1, enqueuedMessage, waitForFate } from '../inboxMessages.ts';
import { loadWallet } from '../keys.ts';
import type { Output } from '../output.ts';
import { connectRollup, contractAbi } from '../rollup.ts';
import type { RollupConnection } from '../rollup.ts';
import type { CommonOptions } from './options.ts';

export interface ForceOptions extends CommonOptions {
  readonly value: string;
  readonly mint: string;
  readonly data: string;
  readonly gas: string;
  readonly surcharge: string;
  readonly raw?: string;
  readonly nonce?: string;
  readonly wait: boolean;
  readonly timeout: string;
}

interface Sending {
  readonly method: 'sendCall' | 'sendSigned';
  readonly args: readonly unknown[];
  readonly mintWei: bigint;
  readonly zkGas: bigint;
  readonly about: string;
}

/** @param to destination on L2; may be left out only with --raw */
export async function force(kind: string, to: string | undefined, options: ForceOptions, output: Output): Promise<void> {
  if (kind !== 'call' && kind !== 'signed') throw new CommandFailure('usage', `expected 'call' or 'signed', got '${kind}'`);
  const home = homeAt(options.home);
  const timeoutSeconds = Number(parseInteger(options.timeout, '--timeout', 2_592_000n));
  const wallet = await loadWallet(options, home);
  const connection = await connectRollup(options, home);
  try {
    const sending = kind === 'call' ? callOf(to, options) : await signedOf(to, options, wallet, connection);
    const inbox = await connection.inbox(wallet.connect(connection.l1));
    const priceWei = (await inbox.getFunction('price').staticCall(sending.zkGas)) as bigint;
    output.progress(`forcing ${sending.about}; the Inbox's price is ${etherText(priceWei)}`);
    const value = sending.mintWei + priceWei * 2n;
    const sent = await explainReverts('the message', [contractAbi('Inbox')], async () => inbox.getFunction(sending.method).send(...sending.args, { value }));
    const enqueued = enqueuedMessage(await confirmL1(sent, output), inbox, connection.l2ChainId, await inbox.getAddress());
    const facts = { index: enqueued.index, l1Hash: enqueued.l1Hash, l2Hash: enqueued.l2Hash };
    if (!options.wait) {
      output.result({ ...facts, included: 'unknown' }, [`message ${enqueued.index} is in the Inbox; if L2 takes it, it is L2 transaction ${enqueued.l2Hash}`]);
      return;
    }
    const fate = await waitForFate(enqueued, connection, timeoutSeconds, output);
    if (fate.kind === 'unrun') throw new CommandFailure('failed', `message ${enqueued.index} ${fate.why}`, { facts });
    const status = fate.receipt.status === 1 ? 'succeeded' : 'reverted';
    const outcome = { ...facts, l2Block: fate.receipt.blockNumber, status };
    if (status === 'reverted') throw new CommandFailure('failed', `L2 executed ${enqueued.l2Hash} in block ${fate.receipt.blockNumber} and it reverted`, { facts: outcome });
    output.result(outcome, [`L2 block ${fate.receipt.blockNumber}: executed (transaction ${enqueued.l2Hash})`]);
  } finally {
    connection.close();
  }
}

function zkGasOf(options: ForceOptions): { gas: bigint; surcharge: bigint; zkGas: bigint } {
  const gas = parseInteger(options.gas, '--gas', 10_000_000n);
  const surcharge = parseInteger(options.surcharge, '--surcharge', 10_000_000n);
  return { gas, surcharge, zkGas: gas + surcharge };
}

function callOf(to: string | undefined, options: ForceOptions): Sending {
  if (options.raw !== undefined) throw new CommandFailure('usage', '--raw belongs to `keyfall force signed`');
  if (to === undefined) throw new CommandFailure('usage', 'expected a destination: keyfall force call TO');
  const destination = parseAddress(to, 'TO');
  const { gas, surcharge, zkGas } = zkGasOf(options);
  const valueWei = parseEtherAmount(options.value, '--value');
  const mintWei = parseEtherAmount(options.mint, '--mint');
  return { method: 'sendCall', args: [destination, mintWei, valueWei, gas, surcharge, parseBytes(options.data, '--data')], mintWei, zkGas, about: `a call to ${destination}` };
}

/** Either the raw transaction given, or one signed here; the signature needs no working L2 node if --nonce is given. */
async function signedOf(to: string | undefined, options: ForceOptions, wallet: Wallet, connection: RollupConnection): Promise<Sending> {
  const { gas, surcharge, zkGas } = zkGasOf(options);
  if (parseEtherAmount(options.mint, '--mint') !== 0n) throw new CommandFailure('usage', '--mint belongs to `keyfall force call`: a signed transaction brings no ETH');
  const raw = options.raw === undefined ? await signForL2(to, options, gas, wallet, connection) : parseBytes(options.raw, '--raw');
  return { method: 'sendSigned', args: [gas, surcharge, raw], mintWei: 0n, zkGas, about: `the signed transaction ${hashOf(raw)}` };
}

async function signForL2(to: string | undefined, options: ForceOptions, gas: bigint, wallet: Wallet, connection: RollupConnection): Promise<string> {
  if (to === undefined) throw new CommandFailure('usage', 'expected a destination or --raw: keyfall force signed TO');
  const nonce = options.nonce === undefined ? await connection.l2.getTransactionCount(wallet.address, 'latest') : Number(parseInteger(options.nonce, '--nonce', 2n ** 53n - 1n));
  // A forced transaction pays nothing on L2, so its fee fields are 0.
  const request: TransactionRequest = {
    type: 2, chainId: connection.l2ChainId, nonce, gasLimit: gas, maxFeePerGas: 0, maxPriorityFeePerGas: 0,
    to: parseAddress(to, 'TO'), value: parseEtherAmount(options.value, '--value'), data: parseBytes(options.data, '--data'),
  };
  return wallet.signTransaction(request);
}

function hashOf(raw: string): string {
  try {
    return Transaction.from(raw).hash ?? 'without a signature';
  } catch (cause) {
    throw new CommandFailure('usage', `--raw: expected a signed L2 transaction: ${messageOf(cause)}`, { cause });
  }
}
