// The state transition of one transaction: validity, fees, execution, abort, receipt data.
//
// Owns: ordinary transactions, SIGNED messages and 0x7E messages over one machine (SPEC.md sections 3 to 6, Osaka's
// rules of EIP-1559, 2929, 3529, 3607, 6780, 7623, 7702). Does not own: block headers and order (block.ts), roots.
// Invariant: a refused transaction changed nothing; an executed one left balances + burned + fees conserved. State
// tests, blocks, calls and traces all pass through here.
import { Account as EvmAccount, Address } from '@ethereumjs/util';
import { dataFeeWei, MAX_BLOCK_ZKGAS } from '@keyfall/protocol';
import { toFixedBytes, toKey } from './bytes.ts';
import { keccak256 } from './crypto.ts';
import { encodeRlp } from './rlp.ts';
import type { EvmBlock, Machine } from './machine.ts';
import { ABSENT_ACCOUNT } from './overlay.ts';
import { applyAuthorizations } from './authorizations.ts';
import { delegationTarget, loadedBy, SurchargeExceeded } from './surcharge.ts';
import { intrinsicGas } from './transaction.ts';
import type { AccessListItem, Account, Authorization, FeeParameters, Log, MessageTransaction, SentTransaction, TransactionInvalid } from './api.ts';

/** EIP-7825. */
export const TRANSACTION_GAS_CAP = 16_777_216n;
export const INIT_CODE_SIZE_LIMIT = 49_152;
export const NONCE_LIMIT = 0xffffffffffffffffn;
const PPM = 1_000_000n;

/** What a transaction sees of its block, and who is paid. */
export interface TransitionContext {
  readonly chainId: bigint;
  readonly block: EvmBlock;
  readonly coinbase: Uint8Array;
  readonly baseFeeWei: bigint;
  /** Where the base fee goes; undefined burns it, as Ethereum does. Tips go to the coinbase. */
  readonly baseFeeRecipient: Uint8Array | undefined;
  readonly fees: FeeParameters;
}

/** Room left in the block. zkGasLeft is Infinity where no cap applies. */
export interface Room { gasLeft: bigint; zkGasLeft: number }

export interface TransactionOutcome {
  status: 0 | 1;
  gasUsed: bigint;
  surchargeUsed: bigint;
  logs: readonly Log[];
  contractAddress: Uint8Array | undefined;
  effectiveGasPrice: bigint;
  dataFeeWei: bigint;
  surchargeFeeWei: bigint;
  returnData: Uint8Array;
  /** Whether the surcharge exceeded its budget. */
  isAborted: boolean;
  /** EVM error, 'surcharge exceeded', or undefined on success. */
  error: string | undefined;
}
/** A refusal with `neededZkGas` came of a run that this much of the block would not have sufficed for. */
export type TransitionResult = { ok: true; outcome: TransactionOutcome } | { ok: false; reason: TransactionInvalid; message: string; neededZkGas?: bigint };

export interface Frame {
  sender: Uint8Array;
  to: Uint8Array | undefined;
  value: bigint;
  data: Uint8Array;
  gasLimit: bigint;
  gasPrice: bigint;
  accessList: readonly AccessListItem[];
  authorizations: readonly Authorization[];
  intrinsic: bigint;
  floor: bigint;
  budget: number;
}
export type FrameResult =
  | { isAborted: true }
  | { isAborted: false; gasUsed: bigint; gasBeforeRefund: bigint; status: 0 | 1; error: string | undefined; returnData: Uint8Array; logs: readonly Log[]; destroyed: readonly string[] };

function refused(reason: TransactionInvalid, message: string): { ok: false; reason: TransactionInvalid; message: string } {
  return { ok: false, reason, message };
}

export function feeCapOf(transaction: SentTransaction): bigint {
  return transaction.type === 2 || transaction.type === 4 ? transaction.maxFeePerGas : transaction.gasPrice;
}

function tipCapOf(transaction: SentTransaction): bigint {
  return transaction.type === 2 || transaction.type === 4 ? transaction.maxPriorityFeePerGas : transaction.gasPrice;
}

export function intrinsicOf(transaction: SentTransaction): { intrinsic: bigint; floor: bigint } {
  return intrinsicGas({
    data: transaction.data, isCreation: transaction.to === undefined, accessList: transaction.accessList,
    authorizationCount: transaction.type === 4 ? transaction.authorizationList.length : 0,
  });
}

/** Checks that need no state: SPEC.md section 4, reason 5, and Ethereum's. */
export function checkStatic(transaction: SentTransaction): { reason: TransactionInvalid; message: string } | undefined {
  if (tipCapOf(transaction) > feeCapOf(transaction)) return refused('tip-above-fee-cap', `expected a tip of at most the fee cap ${feeCapOf(transaction)}, got ${tipCapOf(transaction)}`);
  if (transaction.to === undefined && transaction.data.length > INIT_CODE_SIZE_LIMIT) return refused('init-code-size', `expected init code of at most ${INIT_CODE_SIZE_LIMIT} bytes, got ${transaction.data.length}`);
  if (transaction.type === 4 && transaction.to === undefined) return refused('authorization-destination', 'expected a destination in a transaction with authorizations');
  if (transaction.type === 4 && transaction.authorizationList.length === 0) return refused('empty-authorization-list', 'expected at least one authorization');
  if (transaction.nonce >= NONCE_LIMIT) return refused('nonce-overflow', `expected a nonce below ${NONCE_LIMIT}`);
  return undefined;
}

/** What the validity of a transaction reads of the state. */
export interface SenderState {
  read(addressKey: string): Account | undefined;
  codeOf(addressKey: string): Uint8Array;
}

/** EIP-3607 with EIP-7702: whether this account may send. */
export function maySend(machine: { state: SenderState }, senderKey: string): boolean {
  const code = machine.state.codeOf(senderKey);
  return code.length === 0 || delegationTarget(code) !== undefined;
}

/** Everything that makes an ordinary transaction includable here and now, in a fixed order. */
export function checkOrdinary(machine: { state: SenderState }, context: TransitionContext, transaction: SentTransaction, room: Room, dataFee: bigint): { reason: TransactionInvalid; message: string } | undefined {
  if (transaction.chainId !== undefined && transaction.chainId !== context.chainId) return refused('chain-id', `expected chain id ${context.chainId}, got ${transaction.chainId}`);
  const unfit = checkStatic(transaction);
  if (unfit !== undefined) return unfit;
  if (transaction.gasLimit > TRANSACTION_GAS_CAP) return refused('gas-limit', `expected a gas limit of at most ${TRANSACTION_GAS_CAP}, got ${transaction.gasLimit}`);
  const { intrinsic, floor } = intrinsicOf(transaction);
  const least = intrinsic > floor ? intrinsic : floor;
  if (transaction.gasLimit < least) return refused('intrinsic-gas', `expected a gas limit of at least ${least}, got ${transaction.gasLimit}`);
  if (transaction.gasLimit > room.gasLeft || Number(transaction.gasLimit) > room.zkGasLeft) return refused('block-gas', `expected a gas limit within the ${room.gasLeft} gas and ${room.zkGasLeft} zkGas left in the block, got ${transaction.gasLimit}`);
  if (feeCapOf(transaction) < context.baseFeeWei) return refused('fee-cap-below-base-fee', `expected a fee cap of at least the base fee ${context.baseFeeWei}, got ${feeCapOf(transaction)}`);
  const senderKey = toKey(transaction.sender);
  const { nonce, balance } = machine.state.read(senderKey) ?? ABSENT_ACCOUNT;
  if (!maySend(machine, senderKey)) return refused('sender-not-eoa', 'expected a sender without code, or with an EIP-7702 delegation');
  if (transaction.nonce < nonce) return refused('nonce-too-low', `expected nonce ${nonce}, got ${transaction.nonce}`);
  if (transaction.nonce > nonce) return refused('nonce-too-high', `expected nonce ${nonce}, got ${transaction.nonce}`);
  const cost = transaction.gasLimit * feeCapOf(transaction) + transaction.value + dataFee;
  if (balance < cost) return refused('insufficient-funds', `expected a balance of at least ${cost} wei (gas ${transaction.gasLimit * feeCapOf(transaction)}, value ${transaction.value}, data fee ${dataFee}), got ${balance}`);
  return undefined;
}

/** zkGas of surcharge an ordinary transaction may use: what the block has left, and what the sender could pay. */
function ordinaryBudget(context: TransitionContext, transaction: SentTransaction, room: Room, spare: bigint): number {
  const blockBudget = room.zkGasLeft - Number(transaction.gasLimit);
  const price = context.baseFeeWei * context.fees.surchargeScalar;
  if (price === 0n) return blockBudget;
  const affordable = (spare * PPM) / price;
  return affordable < BigInt(Number.MAX_SAFE_INTEGER) ? Math.min(blockBudget, Number(affordable)) : blockBudget;
}

/**
 * Applies an ordinary transaction.
 * @param mayWait whether one that would be aborted only for what others took of the block is refused instead, as a builder may
 */
export async function applyOrdinary(machine: Machine, context: TransitionContext, transaction: SentTransaction, room: Room, mayWait = false): Promise<TransitionResult> {
  const { state } = machine;
  startTransaction(machine);
  const untouched = state.snapshot();
  const dataFee = dataFeeWei(transaction.raw, context.fees.originBaseFeeWei, context.fees);
  const invalid = checkOrdinary(machine, context, transaction, room, dataFee);
  if (invalid !== undefined) return { ok: false, ...invalid };

  const tip = minimum(tipCapOf(transaction), feeCapOf(transaction) - context.baseFeeWei);
  const gasPrice = context.baseFeeWei + tip;
  const senderKey = toKey(transaction.sender);
  const before = state.read(senderKey) ?? ABSENT_ACCOUNT;
  const spare = before.balance - transaction.gasLimit * feeCapOf(transaction) - transaction.value - dataFee;
  const budget = ordinaryBudget(context, transaction, room, spare);
  state.write(senderKey, { ...before, nonce: before.nonce + 1n, balance: before.balance - transaction.gasLimit * gasPrice - dataFee });
  const paid = state.snapshot();
  const frame = { ...frameOf(transaction), gasPrice, budget };
  let result = await runFrame(machine, context, frame);
  if (mayWait && result.isAborted && budget === room.zkGasLeft - Number(transaction.gasLimit) && room.zkGasLeft < Number(MAX_BLOCK_ZKGAS)) {
    state.rollback(untouched);
    resetAfterAbort(machine);
    return { ...refused('block-gas', `expected a surcharge within the ${budget} zkGas that the block has left beside its gas`), neededZkGas: BigInt(room.zkGasLeft) + 1n };
  }
  const surchargeFee = (machine.meter.used * context.baseFeeWei * context.fees.surchargeScalar) / PPM;
  if (!result.isAborted) {
    const sender = state.read(senderKey) ?? ABSENT_ACCOUNT;
    const balance = sender.balance + (transaction.gasLimit - result.gasUsed) * gasPrice;
    // A sender whose delegated code emptied it cannot pay: the same as exceeding the budget.
    if (balance < surchargeFee) result = { isAborted: true };
    else await putBalance(machine, transaction.sender, balance - surchargeFee);
  }
  if (result.isAborted) {
    state.rollback(paid);
    resetAfterAbort(machine);
    const sender = state.read(senderKey) ?? ABSENT_ACCOUNT;
    await putBalance(machine, transaction.sender, sender.balance - surchargeFee);
  }
  const gasUsed = result.isAborted ? transaction.gasLimit : result.gasUsed;
  await credit(machine, context.coinbase, gasUsed * tip);
  if (context.baseFeeRecipient !== undefined) await credit(machine, context.baseFeeRecipient, gasUsed * context.baseFeeWei + dataFee + surchargeFee);
  return { ok: true, outcome: await finish(machine, result, { gasUsed, effectiveGasPrice: gasPrice, dataFeeWei: dataFee, surchargeFeeWei: surchargeFee, contractAddress: createdBy(transaction, before.nonce) }) };
}

/** Ends a frame that ran, whose gas was paid in advance at its price: what is left comes back, tip and base fee go where they go. */
export async function settleFrame(machine: Machine, context: TransitionContext, { sender, gasLimit, gasPrice }: Frame, result: Extract<FrameResult, { isAborted: false }>): Promise<void> {
  const { balance } = machine.state.read(toKey(sender)) ?? ABSENT_ACCOUNT;
  await putBalance(machine, sender, balance + (gasLimit - result.gasUsed) * gasPrice);
  const baseFee = minimum(gasPrice, context.baseFeeWei);
  await credit(machine, context.coinbase, result.gasUsed * (gasPrice - baseFee));
  if (context.baseFeeRecipient !== undefined) await credit(machine, context.baseFeeRecipient, result.gasUsed * baseFee);
  await finish(machine, result, { ...UNCHARGED, gasUsed: result.gasUsed, contractAddress: undefined });
}

/**
 * Applies the transaction of a SIGNED message that passed its checks: no fee of any kind. Whoever enqueued it chose the budget, not who signed:
 * where that is too small nothing has happened, the nonce included.
 * @returns undefined if the surcharge exceeded the budget
 */
export async function applySigned(machine: Machine, context: TransitionContext, transaction: SentTransaction, budget: bigint): Promise<TransactionOutcome | undefined> {
  startTransaction(machine);
  const untouched = machine.state.snapshot();
  const senderKey = toKey(transaction.sender);
  const before = machine.state.read(senderKey) ?? ABSENT_ACCOUNT;
  machine.state.write(senderKey, { ...before, nonce: before.nonce + 1n });
  const outcome = await applyUncharged(machine, context, { ...frameOf(transaction), gasPrice: 0n, budget: Number(budget) });
  if (!outcome.isAborted) return outcome;
  machine.state.rollback(untouched);
  return undefined;
}

/** Applies a CALL or CREATE message: never refused. */
export async function applyMessage(machine: Machine, context: TransitionContext, message: MessageTransaction): Promise<TransactionOutcome> {
  startTransaction(machine);
  const { state } = machine;
  const senderKey = toKey(message.sender);
  const before = state.read(senderKey) ?? ABSENT_ACCOUNT;
  const isNonceSpent = before.nonce >= NONCE_LIMIT;
  const balance = before.balance + message.mint;
  state.write(senderKey, { ...before, nonce: isNonceSpent ? before.nonce : before.nonce + 1n, balance });
  const { intrinsic, floor } = intrinsicGas({ data: message.data, isCreation: message.to === undefined, accessList: [], authorizationCount: 0 });
  const least = intrinsic > floor ? intrinsic : floor;
  if (isNonceSpent || balance < message.value || least > message.gasLimit) {
    machine.meter.start(0);
    const error = isNonceSpent ? 'nonce overflow' : balance < message.value ? 'insufficient balance' : 'intrinsic gas exceeds the limit';
    const gasUsed = minimum(least, message.gasLimit);
    const result: FrameResult = { isAborted: false, gasUsed, gasBeforeRefund: gasUsed, status: 0, error, returnData: new Uint8Array(0), logs: [], destroyed: [] };
    return finish(machine, result, { ...UNCHARGED, gasUsed: result.gasUsed, contractAddress: createdBy(message, before.nonce) });
  }
  return applyUncharged(machine, context, {
    sender: message.sender, to: message.to, value: message.value, data: message.data, gasLimit: message.gasLimit, gasPrice: 0n,
    accessList: [], authorizations: [], intrinsic, floor, budget: Number(message.surchargeLimit),
  });
}

const UNCHARGED = { effectiveGasPrice: 0n, dataFeeWei: 0n, surchargeFeeWei: 0n } as const;

/** As receipts show it: set for every creation, successful or not. */
function createdBy({ to, sender }: { to: Uint8Array | undefined; sender: Uint8Array }, nonce: bigint): Uint8Array | undefined {
  return to === undefined ? creationAddress(sender, nonce) : undefined;
}

async function applyUncharged(machine: Machine, context: TransitionContext, frame: Frame): Promise<TransactionOutcome> {
  const started = machine.state.snapshot();
  const contractAddress = createdBy(frame, (machine.state.read(toKey(frame.sender)) ?? ABSENT_ACCOUNT).nonce - 1n);
  const result = await runFrame(machine, context, frame);
  if (result.isAborted) {
    machine.state.rollback(started);
    resetAfterAbort(machine);
  }
  return finish(machine, result, { ...UNCHARGED, gasUsed: result.isAborted ? frame.gasLimit : result.gasUsed, contractAddress });
}

function frameOf(transaction: SentTransaction): Omit<Frame, 'gasPrice' | 'budget'> {
  const { sender, to, value, data, gasLimit, accessList } = transaction;
  return { sender, to, value, data, gasLimit, accessList, authorizations: transaction.type === 4 ? transaction.authorizationList : [], ...intrinsicOf(transaction) };
}

/** Runs the EVM for a frame whose upfront costs are paid. The gas used is after refunds and the calldata floor. */
export async function runFrame(machine: Machine, context: TransitionContext, frame: Frame): Promise<FrameResult> {
  const { evm, meter } = machine;
  warmUp(machine, context, frame);
  meter.start(frame.budget);
  try {
    const authorizationRefund = frame.authorizations.length === 0 ? 0n : applyAuthorizations(machine, context.chainId, frame.authorizations);
    if (frame.to !== undefined) {
      meter.holdCode(machine.state, loadedBy(machine.state, frame.to, true));
      meter.chargeHeld();
    }
    const { execResult } = await evm.runCall({
      block: context.block, gasPrice: frame.gasPrice, caller: new Address(frame.sender), gasLimit: frame.gasLimit - frame.intrinsic,
      ...(frame.to === undefined ? {} : { to: new Address(frame.to) }), value: frame.value, data: frame.data, skipNonceIncrement: true,
    });
    const gasBeforeRefund = execResult.executionGasUsed + frame.intrinsic;
    let gasUsed = gasBeforeRefund;
    const refund = authorizationRefund + (execResult.gasRefund ?? 0n);
    gasUsed -= minimum(refund, gasUsed / 5n);
    if (gasUsed < frame.floor) gasUsed = frame.floor;
    const { exceptionError } = execResult;
    const createdHere = execResult.createdAddresses ?? new Set<string>();
    return {
      isAborted: false, gasUsed, gasBeforeRefund, status: exceptionError === undefined ? 1 : 0, error: exceptionError?.error, returnData: execResult.returnValue,
      logs: (execResult.logs ?? []).map(([address, topics, data]) => ({ address, topics, data })),
      destroyed: [...(execResult.selfdestruct?.keys() ?? [])].filter((address) => createdHere.has(address as `0x${string}`)).toSorted(),
    };
  } catch (error) {
    if (error instanceof SurchargeExceeded) return { isAborted: true };
    throw error;
  }
}

/** Address of a contract created by `sender` with this nonce. */
export function creationAddress(sender: Uint8Array, nonce: bigint): Uint8Array {
  return keccak256(encodeRlp([sender, nonce])).slice(12);
}

export function startTransaction(machine: Machine): void {
  machine.state.beginTransaction();
  machine.evm.journal.cleanJournal();
}

/** EIP-2929 and EIP-3651: precompiles, sender, destination, coinbase, access list. */
function warmUp({ evm }: Machine, context: TransitionContext, frame: Frame): void {
  const { journal } = evm;
  for (const address of evm.precompiles.keys()) journal.addAlwaysWarmAddress(address);
  journal.addAlwaysWarmAddress(hexOf(frame.sender));
  journal.addAlwaysWarmAddress(hexOf(context.coinbase));
  if (frame.to !== undefined) journal.addAlwaysWarmAddress(hexOf(frame.to));
  for (const { address, storageKeys } of frame.accessList) {
    const text = hexOf(address);
    journal.addAlwaysWarmAddress(text, true);
    for (const key of storageKeys) journal.addAlwaysWarmSlot(text, hexOf(key), true);
  }
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/** An exception left the EVM in the middle: drop its warm sets and transient storage. State was rolled back already. */
function resetAfterAbort(machine: Machine): void {
  machine.evm.journal.cleanJournal();
  machine.evm.transientStorage.clear();
}

/** Through the journal, so that an account left empty is removed (EIP-161). */
async function putBalance(machine: Machine, address: Uint8Array, balance: bigint): Promise<void> {
  const { nonce, storageRoot, codeHash } = machine.state.read(toKey(address)) ?? ABSENT_ACCOUNT;
  await machine.evm.journal.putAccount(new Address(address), new EvmAccount(nonce, balance, storageRoot, codeHash));
}

async function credit(machine: Machine, address: Uint8Array, amountWei: bigint): Promise<void> {
  const { balance } = machine.state.read(toKey(address)) ?? ABSENT_ACCOUNT;
  await putBalance(machine, address, balance + amountWei);
}

/** Ends a transaction: same-transaction SELFDESTRUCT (EIP-6780), removal of touched empty accounts (EIP-161). */
async function finish(machine: Machine, result: FrameResult, costs: Pick<TransactionOutcome, 'gasUsed' | 'effectiveGasPrice' | 'dataFeeWei' | 'surchargeFeeWei' | 'contractAddress'>): Promise<TransactionOutcome> {
  if (!result.isAborted) {
    for (const address of result.destroyed) await machine.evm.journal.deleteAccount(new Address(new Uint8Array(Buffer.from(address.slice(2), 'hex'))));
  }
  await machine.evm.journal.cleanup();
  const surchargeUsed = machine.meter.used;
  if (result.isAborted) return { ...costs, status: 0, surchargeUsed, logs: [], returnData: new Uint8Array(0), isAborted: true, error: 'surcharge exceeded' };
  return { ...costs, status: result.status, surchargeUsed, logs: result.logs, returnData: result.returnData, isAborted: false, error: result.error };
}

const minimum = (a: bigint, b: bigint): bigint => (a < b ? a : b);

const SYSTEM_SENDER = Buffer.from('fffffffffffffffffffffffffffffffffffffffe', 'hex');
/** EIP-2935. */
export const HISTORY_CONTRACT = Buffer.from('0000f90827f1c53a10cb7a02335b175320002935', 'hex');
const SYSTEM_CALL_GAS = 30_000_000n;

/** EIP-2935's call at the start of a block: free, unmetered, without effect if the contract does not exist. */
export async function recordParentHash(machine: Machine, context: TransitionContext, parentHash: Uint8Array): Promise<void> {
  if (machine.state.codeOf(toKey(HISTORY_CONTRACT)).length === 0) return;
  startTransaction(machine);
  machine.meter.start(Infinity);
  await machine.evm.runCall({
    block: context.block, gasPrice: 0n, caller: new Address(new Uint8Array(SYSTEM_SENDER)), to: new Address(new Uint8Array(HISTORY_CONTRACT)),
    gasLimit: SYSTEM_CALL_GAS, value: 0n, data: parentHash, skipNonceIncrement: true,
  });
  await machine.evm.journal.cleanup();
}

/** prevRandao of a block: keccak256(parentHash ‖ number as a word). */
export function randaoInput(parentHash: Uint8Array, number: bigint): Uint8Array {
  const input = new Uint8Array(64);
  input.set(parentHash);
  input.set(toFixedBytes(number, 32), 32);
  return input;
}

