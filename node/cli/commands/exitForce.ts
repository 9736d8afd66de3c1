// `keyfall exit force`: a withdrawal that no operator can refuse. Forces the burning L2 call through the Inbox, waits until a final batch
// holds it (in Enforced it proves with the user's prover, if there is one), proves the withdrawal on L1 and claims it.
// Owns the order of steps; each is stored before the next, so that --resume goes on wherever a run was killed. The chain is rebuilt
// from L1 data; no node of ours is asked.
// Invariant: at most one message per exit, because its signed transaction is on disk before it is sent; only the recipient is paid.

import { Contract, Transaction, getAddress } from 'ethers';
import type { Wallet } from 'ethers';
import { ASSET_KINDS, MESSAGE_PASSER, sentSlot } from '@keyfall/protocol';
import type { Hex } from '@keyfall/protocol';
import { etherText, parseAddress, parseEtherAmount, parseInteger, parseTokenAmount } from '../amounts.ts';
import { explainReverts } from '../contractErrors.ts';
import { stateOfBatch } from '../exit/collect.ts';
import { findForcedExit, saveForcedExit } from '../exit/forcedFile.ts';
import type { ForcedExit } from '../exit/forcedFile.ts';
import { proveNext } from '../exit/proving.ts';
import { StateProofs } from '../exit/stateProofs.ts';
import { CommandFailure } from '../failure.ts';
import { followRollup, namedRollup } from '../follower.ts';
import type { FollowerOptions } from '../follower.ts';
import { homeAt } from '../home.ts';
import type { Home } from '../home.ts';
import { enqueuedMessage, fateOf } from '../inboxMessages.ts';
import { loadWallet } from '../keys.ts';
import { nextSteps, whenText } from '../lifecycleStatus.ts';
import type { Output } from '../output.ts';
import { rebuiltDirectory } from '../rebuilt.ts';
import { contractAbi } from '../rollup.ts';
import type { RollupConnection } from '../rollup.ts';
import { agree, carryOut, minedReceipt, plannedCall, showPlan } from '../sending.ts';
import type { PlannedTransaction, Sender, SendingOptions } from '../sending.ts';
import { TOKEN_ABI, parseTokenKind } from '../tokens.ts';
import { sleep } from '../waiting.ts';
import { WayOut } from '../wayOut.ts';
import type { Snapshot } from '../wayOut.ts';
import type { CommonOptions } from './options.ts';

export interface ExitForceOptions extends CommonOptions, FollowerOptions, SendingOptions {
  readonly to?: string;
  readonly token?: string;
  readonly kind: string;
  readonly id?: string;
  readonly signed?: true;
  readonly gas: string;
  readonly surcharge: string;
  readonly prover?: string;
  readonly resume?: string | true;
  readonly timeout: string;
}

const POLL_MILLISECONDS = 1_000;
const PROVE_EVERY_MILLISECONDS = 15_000;

interface Context {
  readonly connection: RollupConnection;
  readonly out: WayOut;
  readonly wallet: Wallet;
  readonly home: Home;
  readonly output: Output;
  readonly options: ExitForceOptions;
  readonly sender: Sender;
  readonly deadline: number;
  readonly l1Url: string;
  /** When the prover may be asked next: each time it derives what is new on L1. */
  readonly pace: { proveAt: number };
}

export async function exitForce(amountText: string | undefined, options: ExitForceOptions, output: Output): Promise<void> {
  if ((amountText === undefined) === (options.resume === undefined)) throw new CommandFailure('usage', 'expected either an AMOUNT to force out or --resume');
  const home = homeAt(options.home);
  const timeoutSeconds = Number(parseInteger(options.timeout, '--timeout', 5_184_000n));
  if (options.unsigned === true) return forceUnsigned(amountText, options, home, output);
  const wallet = await loadWallet(options, home);
  const { connection, close } = await followRollup(options, home, output);
  try {
    const out = await WayOut.find(connection.l1, connection.rollupAddress);
    const sender: Sender = { l1: connection.l1, home, output, options };
    const context: Context = { connection, out, wallet: wallet.connect(connection.l1), home, output, options, sender, deadline: Date.now() + timeoutSeconds * 1_000, l1Url: namedRollup(options, home).l1, pace: { proveAt: 0 } };
    let file = amountText === undefined ? resumed(options.resume ?? true, context) : await sign(amountText, context);
    if (file.step === 'signed') file = await enqueue(file, context);
    if (file.step === 'queued') file = await untilExecuted(file, context);
    if (file.step === 'executed') file = await claim(file, context);
    output.result({ l1Hash: file.l1Hash, index: file.index, l2Hash: file.l2Hash, withdrawalHash: file.withdrawalHash, claimHash: file.claimHash, outcome: file.outcome, recipient: file.withdrawal?.recipient }, [
      file.outcome === 'paid' ? `${file.asked}: paid on L1 (transaction ${file.claimHash})` : file.outcome === 'credited' ? `${file.asked}: the recipient refused the payment; the Vault holds a credit for it` : `${file.asked}: claimed before this run`,
    ]);
  } finally {
    await close();
  }
}

/** Only the message can be printed: what follows depends on what L2 makes of it. */
async function forceUnsigned(amountText: string | undefined, options: ExitForceOptions, home: Home, output: Output): Promise<void> {
  if (amountText === undefined || options.to === undefined) throw new CommandFailure('usage', '--unsigned prints the forced message: expected an AMOUNT and --to, the recipient on L1');
  const { connection, close } = await followRollup(options, home, output);
  try {
    const out = await WayOut.find(connection.l1, connection.rollupAddress);
    const { transaction } = await messageOf(amountText, options.to, options, connection, out, undefined);
    await carryOut([transaction], 'Keyfall: forced exit', { l1: connection.l1, home, output, options });
  } finally {
    await close();
  }
}

function resumed(given: string | true, { home, connection, output }: Context): ForcedExit {
  const file = findForcedExit(home, given);
  if (file.l1ChainId !== connection.l1ChainId.toString() || getAddress(file.rollup) !== connection.rollupAddress) throw new CommandFailure('usage', `forced exit ${file.l1Hash} belongs to the Rollup ${file.rollup} on L1 chain ${file.l1ChainId}`);
  output.progress(`going on with ${file.asked} (${file.step})`);
  return file;
}

interface Burn { readonly to: string; readonly data: string; readonly valueWei: bigint; readonly asked: string }

async function burnOf(amountText: string, recipient: string, options: ExitForceOptions, connection: RollupConnection): Promise<Burn> {
  const passer = connection.predeploy('MessagePasser');
  if (options.token === undefined) {
    const valueWei = parseEtherAmount(amountText, 'AMOUNT');
    return { to: await passer.getAddress(), data: passer.interface.encodeFunctionData('withdrawEth', [recipient]), valueWei, asked: `force ${etherText(valueWei)} out to ${recipient}` };
  }
  const kind = parseTokenKind(options.kind);
  const token = parseAddress(options.token, '--token');
  if (kind !== 'erc20' && options.id === undefined) throw new CommandFailure('usage', `--id is needed for ${kind}`);
  const amount = kind === 'erc20'
    ? parseTokenAmount(amountText, Number(await new Contract(token, TOKEN_ABI, connection.l1).getFunction('decimals').staticCall()), 'AMOUNT')
    : parseInteger(amountText, 'AMOUNT');
  const id = options.id === undefined ? 0n : parseInteger(options.id, '--id');
  const bridge = connection.predeploy('L2Bridge');
  return { to: await bridge.getAddress(), data: bridge.interface.encodeFunctionData('withdraw', [ASSET_KINDS[kind], token, id, amount, recipient]), valueWei: 0n, asked: `force ${amountText} of ${kind} ${token}${kind === 'erc20' ? '' : ` id ${id}`} out to ${recipient}` };
}

/** The transaction that enqueues the burn. @param wallet signs the inner transaction with --signed */
async function messageOf(amountText: string, recipient: string, options: ExitForceOptions, connection: RollupConnection, out: WayOut, wallet: Wallet | undefined): Promise<{ transaction: PlannedTransaction; asked: string }> {
  const burn = await burnOf(amountText, recipient, options, connection);
  const gas = parseInteger(options.gas, '--gas', 10_000_000n);
  const surcharge = parseInteger(options.surcharge, '--surcharge', 10_000_000n);
  // Room for the base fee to rise until it is mined; the Inbox gives change.
  const valueWei = ((await out.inbox.getFunction('price').staticCall(gas + surcharge)) as bigint) * 2n;
  if (options.signed !== true) return { transaction: await plannedCall(out.inbox, 'Inbox', 'sendCall', [burn.to, 0n, burn.valueWei, gas, surcharge, burn.data], burn.asked, valueWei), asked: burn.asked };
  if (wallet === undefined) throw new CommandFailure('usage', '--signed needs a key: it signs the L2 transaction');
  const nonce = await connection.l2.getTransactionCount(wallet.address, 'latest');
  const raw = await wallet.signTransaction({ type: 2, chainId: connection.l2ChainId, nonce, gasLimit: gas, maxFeePerGas: 0, maxPriorityFeePerGas: 0, to: burn.to, value: burn.valueWei, data: burn.data });
  return { transaction: await plannedCall(out.inbox, 'Inbox', 'sendSigned', [gas, surcharge, raw], burn.asked, valueWei), asked: burn.asked };
}

/** Shows, asks, signs and stores; nothing is sent yet. */
async function sign(amountText: string, { connection, out, wallet, options, home, sender }: Context): Promise<ForcedExit> {
  const snapshot = await out.snapshot();
  if (snapshot.phase === 'frozen') throw new CommandFailure('failed', 'the chain is frozen: nothing is executed any more; keyfall exit escape takes out what the pinned state holds');
  const recipient = options.to === undefined ? wallet.address : parseAddress(options.to, '--to');
  const { transaction, asked } = await messageOf(amountText, recipient, options, connection, out, wallet);
  await showPlan([transaction], wallet, sender);
  if (options.yes !== true) await agree(1);
  const { to, data, valueWei: value } = transaction;
  const { from: _from, ...populated } = await explainReverts('the message', [transaction.abi], async () => wallet.populateTransaction({ to, data, value }));
  const signed = Transaction.from(await wallet.signTransaction(populated));
  const file: ForcedExit = { version: 1, l1ChainId: connection.l1ChainId.toString(), rollup: connection.rollupAddress, asked, step: 'signed', l1Transaction: signed.serialized, l1Hash: signed.hash ?? '0x' };
  saveForcedExit(home, file);
  return file;
}

/** Sends the stored transaction (again, if need be) and reads the message from its receipt. */
async function enqueue(file: ForcedExit, { connection, out, home, output }: Context): Promise<ForcedExit> {
  const { l1 } = connection;
  output.progress(`L1 transaction ${file.l1Hash}`);
  if ((await l1.getTransactionReceipt(file.l1Hash)) === null) {
    await explainReverts('sending the L1 transaction', [contractAbi('Inbox')], async () => {
      try {
        await l1.broadcastTransaction(file.l1Transaction);
      } catch (error) {
        // The endpoint may have it already: what counts is whether it is mined, which is waited for next.
        if (!(error instanceof Error) || !/already known|already exists|known transaction|already imported/i.test(error.message)) throw error;
      }
    });
  }
  const receipt = await minedReceipt(l1, file.l1Hash);
  if (receipt.status !== 1) throw new CommandFailure('failed', `L1 transaction ${file.l1Hash} reverted; nothing was forced`, { facts: { l1Hash: file.l1Hash } });
  const message = enqueuedMessage(receipt, out.inbox, connection.l2ChainId, await out.inbox.getAddress());
  output.progress(`message ${message.index} is in the Inbox; L2 transaction ${message.l2Hash}`);
  const next: ForcedExit = { ...file, step: 'queued', index: message.index.toString(), l2Hash: message.l2Hash };
  saveForcedExit(home, next);
  return next;
}

/** Waits until L2 has executed the message, and reads the withdrawal it made. */
async function untilExecuted(file: ForcedExit, context: Context): Promise<ForcedExit> {
  const { connection, home } = context;
  const receipt = await advancing(`message ${file.index} to be executed`, context, async () => {
    const fate = await fateOf({ index: BigInt(file.index ?? '0'), l2Hash: file.l2Hash ?? '' }, connection);
    if (fate?.kind === 'unrun') throw new CommandFailure('failed', `message ${file.index} ${fate.why}`);
    return fate?.receipt;
  });
  if (receipt.status !== 1) throw new CommandFailure('failed', `L2 executed ${file.l2Hash} in block ${receipt.blockNumber} and it reverted: nothing was withdrawn`);
  const passer = connection.predeploy('MessagePasser');
  const event = receipt.logs.filter((log) => log.address.toLowerCase() === MESSAGE_PASSER).flatMap((log) => passer.interface.parseLog(log) ?? []).find(({ name }) => name === 'WithdrawalSent');
  if (event === undefined) throw new CommandFailure('failed', `L2 transaction ${file.l2Hash} recorded no withdrawal`);
  const fields = event.args['withdrawal'] as { nonce: bigint; assetKind: bigint; token: string; id: bigint; amount: bigint; from: string; recipient: string };
  const next: ForcedExit = {
    ...file, step: 'executed', l2Block: receipt.blockNumber, withdrawalHash: event.args['withdrawalHash'] as string,
    withdrawal: { nonce: fields.nonce.toString(), assetKind: Number(fields.assetKind), token: fields.token, id: fields.id.toString(), amount: fields.amount.toString(), from: fields.from, recipient: fields.recipient },
  };
  saveForcedExit(home, next);
  return next;
}

/** Waits for finality, proves, claims. Someone else's claim counts as well. */
async function claim(file: ForcedExit, context: Context): Promise<ForcedExit> {
  const { connection, out, home, output, sender } = context;
  const { withdrawal, withdrawalHash, l2Block } = file;
  if (withdrawal === undefined || withdrawalHash === undefined || l2Block === undefined) throw new CommandFailure('failed', `the stored exit ${file.l1Hash} lacks what step 'executed' has`);
  const batch = await advancing(`L2 block ${l2Block} to be final on L1`, context, async () => {
    const [index, , , lastNumber] = (await out.rollup.getFunction('finalHead').staticCall()) as [bigint, string, string, bigint];
    return lastNumber >= BigInt(l2Block) ? index : undefined;
  });
  const isWithdrawn = (await out.vault.getFunction('isWithdrawn').staticCall(withdrawalHash)) as boolean;
  if (isWithdrawn) return stored(home, { ...file, step: 'claimed', outcome: 'earlier' });
  const proofs = await StateProofs.open(connection.l2, await stateOfBatch(connection, out, batch));
  const proof = await proofs.slot(MESSAGE_PASSER, sentSlot(withdrawalHash as Hex));
  if (proof === undefined) throw new CommandFailure('failed', `withdrawal ${withdrawalHash} is not in the state that L1 has as final`);
  output.progress(`batch ${batch} is final; the proof of the withdrawal holds against its state root`);
  const receipts = await carryOut([await plannedCall(out.vault, 'Vault', 'withdraw', [batch, withdrawal, proof.accountProof, proof.storageProof], `claim for ${withdrawal.recipient}`)], 'Keyfall: claim', sender);
  const [receipt] = receipts ?? [];
  const names = receipt?.logs.flatMap((log) => out.vault.interface.parseLog(log)?.name ?? []) ?? [];
  return stored(home, { ...file, step: 'claimed', outcome: names.includes('WithdrawalCredited') ? 'credited' : 'paid', ...(receipt === undefined ? {} : { claimHash: receipt.hash }) });
}

function stored(home: Home, file: ForcedExit): ForcedExit {
  saveForcedExit(home, file);
  return file;
}

/** Looks until there is an answer, and in Enforced does what anyone may do to bring it about. @throws CommandFailure (unknown) at the deadline */
async function advancing<T>(what: string, context: Context, look: () => Promise<T | undefined>): Promise<T> {
  const { out, output, deadline } = context;
  let told = '';
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    const snapshot = await out.snapshot();
    if (snapshot.phase === 'frozen') throw new CommandFailure('failed', `the chain froze before ${what.replace(' to be ', ' was ')}; keyfall exit escape takes out what the pinned state holds`);
    const because = await bringForward(snapshot, context);
    if (because !== told) output.progress(`waiting for ${what}: ${because}`);
    told = because;
    if (Date.now() >= deadline) {
      const next = nextSteps(snapshot).map((step) => `${step.what}: ${whenText(step, snapshot)}`);
      throw new CommandFailure('unknown', `${what} did not happen in time; --resume goes on. ${[because, ...next].join('; ')}`, { facts: { next } });
    }
    await sleep(POLL_MILLISECONDS);
  }
}

async function bringForward(snapshot: Snapshot, { out, options, wallet, home, output, sender, l1Url, pace }: Context): Promise<string> {
  if (snapshot.canFinalize && (snapshot.phase === 'enforced' || options.prover !== undefined)) {
    await carryOut([await plannedCall(out.rollup, 'Rollup', 'finalize', [snapshot.finalized + 1n], `make batch ${snapshot.finalized + 1n} final`)], 'Keyfall: finality', sender);
    return `batch ${snapshot.finalized + 1n} became final`;
  }
  if (snapshot.phase !== 'enforced') return 'the operator must take it within F, and its batch must become final';
  if (options.prover === undefined) return 'anyone may prove it (keyfall exit prove); --prover FILE proves with yours';
  if (Date.now() < pace.proveAt) return 'batches that are proven wait for their finality';
  pace.proveAt = Date.now() + PROVE_EVERY_MILLISECONDS;
  const place = await rebuiltDirectory(home, undefined, { l1: out.l1, rollup: await out.rollup.getAddress(), purpose: 'enforced' });
  const done = await proveNext({ plugin: options.prover, blocks: 64, l1Url, place, beneficiary: wallet.address }, out, sender);
  place.release();
  if (done.kind === 'proved') output.progress(`Enforced batch ${done.batch.batchIndex} is committed with its proof`);
  return done.kind === 'nothing' ? `${done.because}; batches that are proven wait for their finality` : 'batches that are proven wait for their finality';
}
