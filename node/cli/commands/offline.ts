// `keyfall offline sign|submit FILE`: the second and third step of a transaction that was written with --unsigned. Signing needs no
// network; submitting needs no key. Owns showing the call before it is signed.

import { Transaction } from 'ethers';
import { CommandFailure, messageOf } from '../failure.ts';
import { confirmed, readTransaction, sayCall, signTransaction, writeTransaction } from '../governance/sending.ts';
import { homeAt } from '../home.ts';
import { loadWallet } from '../keys.ts';
import type { KeyOptions } from '../keys.ts';
import { readManifest } from '../manifest.ts';
import type { Output } from '../output.ts';
import { connect } from '../rollup.ts';

export interface OfflineOptions extends KeyOptions {
  readonly home?: string;
  readonly out?: string;
  readonly l1?: string;
}

export async function offlineSign(path: string, options: OfflineOptions, output: Output): Promise<void> {
  const file = readTransaction(path);
  const transaction = Transaction.from(file.unsigned);
  for (const line of sayCall(file.contract, transaction.to ?? 'nowhere', transaction.data, file.proposal)) output.progress(line);
  output.progress(`  chain ${transaction.chainId}, nonce ${transaction.nonce}, value ${transaction.value} wei, at most ${transaction.gasLimit} gas at ${transaction.maxFeePerGas ?? 0n} wei`);
  if (transaction.value !== 0n) throw new CommandFailure('failed', `expected a call without value, this one carries ${transaction.value} wei`);
  const wallet = await loadWallet(options, homeAt(options.home));
  const signed = await signTransaction(file, wallet);
  writeTransaction(options.out ?? path, signed);
  output.result({ file: options.out ?? path, signer: wallet.address, digest: transaction.unsignedHash }, [`${wallet.address} signed; written to ${options.out ?? path}`]);
}

export async function offlineSubmit(path: string, options: OfflineOptions, output: Output): Promise<void> {
  const { signed } = readTransaction(path);
  if (signed === undefined) throw new CommandFailure('usage', `${path} is not signed; 'keyfall offline sign' does that`);
  const l1 = await connect(options.l1 ?? readManifest(homeAt(options.home)).l1.rpc);
  try {
    const chainId = Transaction.from(signed).chainId;
    if (chainId !== l1._network.chainId) throw new CommandFailure('failed', `the transaction is for chain ${chainId}, the endpoint answers for ${l1._network.chainId}`);
    const response = await l1.broadcastTransaction(signed).catch((cause: unknown) => {
      throw new CommandFailure('failed', `the endpoint refused the transaction: ${messageOf(cause)}`, { cause });
    });
    const receipt = confirmed(await response.wait(1, 300_000), response.hash);
    output.result({ hash: receipt.hash, block: receipt.blockNumber }, [`mined in L1 block ${receipt.blockNumber} (${receipt.hash})`]);
  } finally {
    l1.destroy();
  }
}
