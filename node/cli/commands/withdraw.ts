// `keyfall withdraw`: from L2 to L1, all the way: burn on L2, wait until a final batch contains it, prove it, have it paid.
// Each step is stored before the next begins, so the command may be killed anywhere and goes on with --resume.
// Owns the order of steps; the proof's rules are the Vault's. Anyone may claim for anyone: only the recipient is paid.
// Invariant: at most one L2 transaction per withdrawal, because the signed bytes are on disk before they are sent.

import { Contract, Transaction, getAddress } from 'ethers';
import type { Wallet } from 'ethers';
import { ASSET_KINDS, sentSlot } from '@keyfall/protocol';
import type { Hex } from '@keyfall/protocol';
import { etherText, parseAddress, parseEtherAmount, parseInteger, parseTokenAmount } from '../amounts.ts';
import { explainReverts } from '../contractErrors.ts';
import { CommandFailure } from '../failure.ts';
import { homeAt } from '../home.ts';
import type { Home } from '../home.ts';
import { confirmL1 } from '../inboxMessages.ts';
import { loadWallet } from '../keys.ts';
import type { Output } from '../output.ts';
import { connectRollup, contractAbi } from '../rollup.ts';
import type { RollupConnection } from '../rollup.ts';
import { TOKEN_ABI, parseTokenKind } from '../tokens.ts';
import { waitFor } from '../waiting.ts';
import { findWithdrawal, saveWithdrawal } from '../withdrawalFile.ts';
import type { WithdrawalFile } from '../withdrawalFile.ts';
import type { CommonOptions } from './options.ts';

export interface WithdrawOptions extends CommonOptions {
  readonly to?: string;
  readonly token?: string;
  readonly kind: string;
  readonly id?: string;
  readonly resume?: string | true;
  readonly timeout: string;
}

const HOW: Readonly<Record<NonNullable<WithdrawalFile['outcome']>, (file: WithdrawalFile) => string>> = {
  paid: ({ withdrawal, l1Hash }) => `paid to ${withdrawal?.recipient} on L1 (transaction ${l1Hash})`,
  credited: ({ withdrawal }) => `${withdrawal?.recipient} refused the payment; the Vault holds a credit that it can claim`,
  earlier: ({ withdrawal }) => `claimed for ${withdrawal?.recipient} before this run, by an earlier one or by someone else`,
};

interface Context {
  readonly connection: RollupConnection;
  readonly wallet: Wallet;
  readonly home: Home;
  readonly output: Output;
  readonly timeoutSeconds: number;
}

export async function withdraw(amountText: string | undefined, options: WithdrawOptions, output: Output): Promise<void> {
  if ((amountText === undefined) === (options.resume === undefined)) throw new CommandFailure('usage', 'expected either an AMOUNT to withdraw or --resume');
  const home = homeAt(options.home);
  const timeoutSeconds = Number(parseInteger(options.timeout, '--timeout', 2_592_000n));
  const wallet = await loadWallet(options, home);
  const connection = await connectRollup(options, home);
  const context: Context = { connection, wallet, home, output, timeoutSeconds };
  try {
    const started = amountText === undefined ? resumed(options.resume ?? true, context) : await signOnL2(amountText, options, context);
    const sent = started.step === 'signed' ? await sendOnL2(started, context) : started;
    const claimed = sent.step === 'sent' ? await claimOnL1(sent, context) : sent;
    const facts = { l2Hash: claimed.l2Hash, withdrawalHash: claimed.withdrawalHash, l1Hash: claimed.l1Hash, outcome: claimed.outcome, recipient: claimed.withdrawal?.recipient };
    const how = HOW[claimed.outcome ?? 'earlier'](claimed);
    output.result(facts, [`${claimed.asked}: ${how}`]);
  } finally {
    connection.close();
  }
}

function resumed(given: string | true, { home, connection, output }: Context): WithdrawalFile {
  const file = findWithdrawal(home, given);
  const isSameChain = file.l1ChainId === connection.l1ChainId.toString() && file.l2ChainId === connection.l2ChainId.toString() && getAddress(file.rollup) === connection.rollupAddress;
  if (!isSameChain) throw new CommandFailure('usage', `withdrawal ${file.l2Hash} belongs to the Rollup ${file.rollup} on L1 chain ${file.l1ChainId}, not to ${connection.rollupAddress} on ${connection.l1ChainId}`);
  output.progress(`going on with ${file.asked} (${file.step})`);
  return file;
}

/** Builds, signs and stores the L2 transaction; nothing is sent yet. */
async function signOnL2(amountText: string, options: WithdrawOptions, { connection, wallet, home }: Context): Promise<WithdrawalFile> {
  const recipient = options.to === undefined ? wallet.address : parseAddress(options.to, '--to');
  const signer = wallet.connect(connection.l2);
  const { to, data, value, asked } = options.token === undefined
    ? await etherCall(amountText, recipient, connection)
    : await tokenCall(amountText, recipient, options, connection);
  const populated = await explainReverts('the withdrawal on L2', [contractAbi('MessagePasser'), contractAbi('L2Bridge')], async () => signer.populateTransaction({ to, data, value }));
  const { from: _from, ...unsigned } = populated;
  const signed = Transaction.from(await wallet.signTransaction(unsigned));
  const file: WithdrawalFile = {
    version: 1, l1ChainId: connection.l1ChainId.toString(), l2ChainId: connection.l2ChainId.toString(), rollup: connection.rollupAddress,
    asked, step: 'signed', l2Transaction: signed.serialized, l2Hash: signed.hash ?? '0x',
  };
  saveWithdrawal(home, file);
  return file;
}

interface L2Call { readonly to: string; readonly data: string; readonly value: bigint; readonly asked: string }

async function etherCall(amountText: string, recipient: string, connection: RollupConnection): Promise<L2Call> {
  const passer = connection.predeploy('MessagePasser');
  const value = parseEtherAmount(amountText, 'AMOUNT');
  return { to: await passer.getAddress(), data: passer.interface.encodeFunctionData('withdrawEth', [recipient]), value, asked: `withdraw ${etherText(value)} to ${recipient}` };
}

async function tokenCall(amountText: string, recipient: string, options: WithdrawOptions, connection: RollupConnection): Promise<L2Call> {
  const kind = parseTokenKind(options.kind);
  const l1Token = parseAddress(options.token ?? '', '--token');
  if (kind !== 'erc20' && options.id === undefined) throw new CommandFailure('usage', `--id is needed for ${kind}`);
  const id = options.id === undefined ? 0n : parseInteger(options.id, '--id');
  const amount = kind === 'erc20'
    ? parseTokenAmount(amountText, Number(await new Contract(l1Token, TOKEN_ABI, connection.l1).getFunction('decimals').staticCall()), 'AMOUNT')
    : parseInteger(amountText, 'AMOUNT');
  const bridge = connection.predeploy('L2Bridge');
  const data = bridge.interface.encodeFunctionData('withdraw', [ASSET_KINDS[kind], l1Token, id, amount, recipient]);
  return { to: await bridge.getAddress(), data, value: 0n, asked: `withdraw ${amountText} of ${kind} ${l1Token}${kind === 'erc20' ? '' : ` id ${id}`} to ${recipient}` };
}

/** Sends the stored transaction (again, if need be) and reads the withdrawal from its receipt. */
async function sendOnL2(file: WithdrawalFile, { connection, home, output, timeoutSeconds }: Context): Promise<WithdrawalFile> {
  output.progress(`L2 transaction ${file.l2Hash}`);
  if ((await connection.l2.getTransactionReceipt(file.l2Hash)) === null) await broadcast(file, connection);
  const receipt = await waitFor(async () => (await connection.l2.getTransactionReceipt(file.l2Hash)) ?? undefined, { what: `L2 transaction ${file.l2Hash} to be included`, timeoutSeconds });
  if (receipt.status !== 1) throw new CommandFailure('failed', `L2 transaction ${file.l2Hash} reverted; nothing was withdrawn`, { facts: { l2Hash: file.l2Hash } });
  const passer = connection.predeploy('MessagePasser');
  const passerAddress = await passer.getAddress();
  const event = receipt.logs.filter((log) => getAddress(log.address) === getAddress(passerAddress)).flatMap((log) => passer.interface.parseLog(log) ?? []).find(({ name }) => name === 'WithdrawalSent');
  if (event === undefined) throw new CommandFailure('failed', `L2 transaction ${file.l2Hash} recorded no withdrawal`);
  const fields = event.args['withdrawal'] as { nonce: bigint; assetKind: bigint; token: string; id: bigint; amount: bigint; from: string; recipient: string };
  const sent: WithdrawalFile = {
    ...file, step: 'sent', l2Block: receipt.blockNumber, withdrawalHash: event.args['withdrawalHash'] as string,
    withdrawal: {
      nonce: fields.nonce.toString(), assetKind: Number(fields.assetKind), token: fields.token, id: fields.id.toString(),
      amount: fields.amount.toString(), from: fields.from, recipient: fields.recipient,
    },
  };
  saveWithdrawal(home, sent);
  return sent;
}

async function broadcast(file: WithdrawalFile, connection: RollupConnection): Promise<void> {
  await explainReverts('sending the L2 transaction', [], async () => {
    try {
      await connection.l2.broadcastTransaction(file.l2Transaction);
    } catch (error) {
      // The node may have it already: what counts is whether it is included, which is waited for next.
      if (!(error instanceof Error) || !/already known|already exists|known transaction/i.test(error.message)) throw error;
    }
  });
}

/** Waits for finality, proves, claims. Someone else's claim counts as well. */
async function claimOnL1(file: WithdrawalFile, context: Context): Promise<WithdrawalFile> {
  const { connection, wallet, home, output, timeoutSeconds } = context;
  const { withdrawal, withdrawalHash, l2Block } = file;
  if (withdrawal === undefined || withdrawalHash === undefined || l2Block === undefined) throw new CommandFailure('failed', `the stored withdrawal ${file.l2Hash} lacks what step 'sent' has`);
  const vault = await connection.vault(wallet.connect(connection.l1));
  const isWithdrawn = async (): Promise<boolean> => (await vault.getFunction('isWithdrawn').staticCall(withdrawalHash)) as boolean;
  output.progress(`withdrawal ${withdrawalHash} is in L2 block ${l2Block}; waiting for a final batch that contains it ...`);
  const final = await waitFor(async () => finalBatchContaining(l2Block, connection), {
    what: `L2 block ${l2Block} to be final on L1`, timeoutSeconds,
    onStillWaiting: (seconds, fault) => output.progress(`still waiting for finality (${seconds} s)${fault}`),
  });
  let done: WithdrawalFile;
  if (await isWithdrawn()) done = { ...file, step: 'claimed', outcome: 'earlier' };
  else {
    output.progress(`batch ${final.index} is final; proving against L2 block ${final.blockNumber}`);
    const { accountProof, storageProof } = await proofOf(withdrawalHash, final, connection);
    const sent = await explainReverts('the claim', [contractAbi('Vault')], async () => vault.getFunction('withdraw').send(final.index, withdrawal, accountProof, storageProof));
    const receipt = await confirmL1(sent, output);
    const names = receipt.logs.flatMap((log) => vault.interface.parseLog(log)?.name ?? []);
    done = { ...file, step: 'claimed', l1Hash: receipt.hash, outcome: names.includes('WithdrawalCredited') ? 'credited' : 'paid' };
  }
  saveWithdrawal(home, done);
  return done;
}

interface FinalBatch { readonly index: bigint; readonly blockNumber: bigint; readonly stateRoot: string }

async function finalBatchContaining(l2Block: number, connection: RollupConnection): Promise<FinalBatch | undefined> {
  const [index, , stateRoot, blockNumber] = (await connection.rollup().getFunction('finalHead').staticCall()) as [bigint, string, string, bigint];
  return blockNumber >= BigInt(l2Block) ? { index, blockNumber, stateRoot } : undefined;
}

/** The proof from the L2 node, for a block whose state root L1 holds as final: a node that lies is caught by the Vault. */
async function proofOf(withdrawalHash: string, final: FinalBatch, connection: RollupConnection): Promise<{ accountProof: string[]; storageProof: string[] }> {
  const block = await connection.l2.getBlock(Number(final.blockNumber));
  if (block === null) throw new CommandFailure('unknown', `L1 has L2 block ${final.blockNumber} as final, but the L2 endpoint does not have it (yet)`);
  if (block.stateRoot !== null && block.stateRoot !== final.stateRoot) throw new CommandFailure('failed', `the L2 endpoint has state root ${block.stateRoot} at block ${final.blockNumber}, L1 has ${final.stateRoot} as final: it follows another chain`);
  const passer = await connection.predeploy('MessagePasser').getAddress();
  const proof = (await connection.l2.send('eth_getProof', [passer, [sentSlot(withdrawalHash as Hex)], `0x${final.blockNumber.toString(16)}`])) as { accountProof: string[]; storageProof: { proof: string[]; value: string }[] };
  const [slot] = proof.storageProof;
  if (slot === undefined || BigInt(slot.value) !== 1n) throw new CommandFailure('failed', `expected the MessagePasser to hold withdrawal ${withdrawalHash} at block ${final.blockNumber}, found ${slot?.value ?? 'nothing'}`);
  return { accountProof: proof.accountProof, storageProof: slot.proof };
}

