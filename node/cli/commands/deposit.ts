// `keyfall deposit`: money and tokens from L1 to L2 through the Inbox (ETH) or the Vault (tokens), waiting until L2 has it.
// Owns the sending and the checks a person would want before money moves; the price is the Inbox's, read at the time.
// Invariant: it reports success only after L2 executed the message; before that the answer is *unknown* and says how to look.

import { Contract, MaxUint256 } from 'ethers';
import type { Signer } from 'ethers';
import { BRIDGE_MESSAGE_GAS, BRIDGE_MESSAGE_SURCHARGE } from '@keyfall/protocol';
import { etherText, parseAddress, parseEtherAmount, parseInteger, parseTokenAmount } from '../amounts.ts';
import { explainReverts } from '../contractErrors.ts';
import { CommandFailure } from '../failure.ts';
import { homeAt } from '../home.ts';
import { confirmL1, enqueuedMessage, waitForFate } from '../inboxMessages.ts';
import type { EnqueuedMessage } from '../inboxMessages.ts';
import { loadWallet } from '../keys.ts';
import type { Output } from '../output.ts';
import { connectRollup, contractAbi } from '../rollup.ts';
import type { RollupConnection } from '../rollup.ts';
import { TOKEN_ABI, parseTokenKind } from '../tokens.ts';
import type { CommonOptions } from './options.ts';

export interface DepositOptions extends CommonOptions {
  readonly to?: string;
  readonly token?: string;
  readonly kind: string;
  readonly id?: string;
  readonly gas: string;
  readonly timeout: string;
}

const ETH_SURCHARGE_ZKGAS = 20_000n;

export async function deposit(amountText: string, options: DepositOptions, output: Output): Promise<void> {
  const home = homeAt(options.home);
  const timeoutSeconds = Number(parseInteger(options.timeout, '--timeout', 86_400n));
  const wallet = await loadWallet(options, home);
  const recipient = options.to === undefined ? wallet.address : parseAddress(options.to, '--to');
  const connection = await connectRollup(options, home);
  try {
    const signer = wallet.connect(connection.l1);
    const enqueued = options.token === undefined
      ? await depositEther(connection, signer, recipient, parseEtherAmount(amountText, 'AMOUNT'), parseInteger(options.gas, '--gas', 10_000_000n), output)
      : await depositToken(connection, signer, recipient, amountText, options, output);
    output.progress(`message ${enqueued.index} is in the Inbox; waiting for L2 ...`);
    const fate = await waitForFate(enqueued, connection, timeoutSeconds, output);
    const sent = { index: enqueued.index, l1Hash: enqueued.l1Hash, l2Hash: enqueued.l2Hash, recipient };
    if (fate.kind === 'unrun') throw new CommandFailure('failed', `message ${enqueued.index} ${fate.why}`, { facts: sent });
    const facts = { ...sent, l2Block: fate.receipt.blockNumber };
    // The mint stays with the sender even if the call to the recipient failed; that is not what was asked for.
    if (fate.receipt.status !== 1) throw new CommandFailure('failed', `L2 credited ${wallet.address}, but the call to ${recipient} failed (L2 transaction ${enqueued.l2Hash})`, { facts });
    const balance = await connection.l2.getBalance(recipient);
    output.result({ ...facts, l2BalanceWei: balance }, [`L2 block ${fate.receipt.blockNumber}: done (transaction ${enqueued.l2Hash})`, `${recipient} now has ${etherText(balance)} on L2`]);
  } finally {
    connection.close();
  }
}

async function depositEther(connection: RollupConnection, signer: Signer, recipient: string, amountWei: bigint, gas: bigint, output: Output): Promise<EnqueuedMessage> {
  if (amountWei === 0n) throw new CommandFailure('usage', 'AMOUNT: expected more than 0');
  const inbox = await connection.inbox(signer);
  const priceWei = (await inbox.getFunction('price').staticCall(gas + ETH_SURCHARGE_ZKGAS)) as bigint;
  // Room for the base fee to rise until the transaction is mined; the Inbox gives change.
  const paidWei = amountWei + priceWei * 2n;
  output.progress(`depositing ${etherText(amountWei)} for ${recipient}; the Inbox's price is ${etherText(priceWei)}`);
  const sent = await explainReverts('the deposit', [contractAbi('Inbox')], async () => inbox.getFunction('sendCall').send(recipient, amountWei, amountWei, gas, ETH_SURCHARGE_ZKGAS, '0x', { value: paidWei }));
  return enqueuedMessage(await confirmL1(sent, output), inbox, connection.l2ChainId, await inbox.getAddress());
}

async function depositToken(connection: RollupConnection, signer: Signer, recipient: string, amountText: string, options: DepositOptions, output: Output): Promise<EnqueuedMessage> {
  const kind = parseTokenKind(options.kind);
  const address = parseAddress(options.token ?? '', '--token');
  const vault = await connection.vault(signer);
  const inbox = await connection.inbox();
  const token = new Contract(address, TOKEN_ABI, signer);
  const [priceWei, vaultAddress, owner] = await Promise.all([
    inbox.getFunction('price').staticCall(BRIDGE_MESSAGE_GAS + BRIDGE_MESSAGE_SURCHARGE) as Promise<bigint>, vault.getAddress(), signer.getAddress(),
  ]);
  const value = priceWei * 2n;
  const send = async (method: string, args: readonly unknown[]): Promise<EnqueuedMessage> => {
    const sent = await explainReverts('the deposit', [contractAbi('Vault'), contractAbi('Inbox')], async () => vault.getFunction(method).send(...args, { value }));
    return enqueuedMessage(await confirmL1(sent, output), inbox, connection.l2ChainId, await inbox.getAddress());
  };
  if (kind === 'erc20') {
    const amount = parseTokenAmount(amountText, await decimalsOf(token), 'AMOUNT');
    const allowance = (await token.getFunction('allowance').staticCall(owner, vaultAddress)) as bigint;
    if (allowance < amount) {
      output.progress(`allowing the Vault to take ${amountText} of ${address}`);
      await confirmL1(await explainReverts('the approval', [], async () => token.getFunction('approve').send(vaultAddress, amount)), output);
    }
    return send('depositERC20', [address, recipient, amount]);
  }
  if (options.id === undefined) throw new CommandFailure('usage', `--id is needed for ${kind}`);
  const id = parseInteger(options.id, '--id', MaxUint256);
  if (!((await token.getFunction('isApprovedForAll').staticCall(owner, vaultAddress)) as boolean)) {
    output.progress(`allowing the Vault to take tokens of ${address}`);
    await confirmL1(await explainReverts('the approval', [], async () => token.getFunction('setApprovalForAll').send(vaultAddress, true)), output);
  }
  if (kind === 'erc721') return send('depositERC721', [address, recipient, id]);
  return send('depositERC1155', [address, recipient, id, parseInteger(amountText, 'AMOUNT')]);
}

/** The token's decimals; a token without them counts in whole units. */
async function decimalsOf(token: Contract): Promise<number> {
  try {
    return Number((await token.getFunction('decimals').staticCall()) as bigint);
  } catch (cause) {
    throw new CommandFailure('failed', `${await token.getAddress()} does not answer decimals(): is it an ERC-20 on L1?`, { cause });
  }
}

