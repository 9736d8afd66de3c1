// One transaction of an L2 block on the machine: ordinary ones by EthereumJS's own runTx with this chain's fees around it; CALL, CREATE and SIGNED
// messages by SPEC sections 3 and 4. Owns validity, fees, what an abort leaves. Does not own order and caps of a block (blockRun.ts).
// Invariant: an invalid transaction or a dropped message changed nothing; a fault of the store is never taken for invalidity.

import type { Block } from '@ethereumjs/block';
import { createTxFromRLP } from '@ethereumjs/tx';
import { Account, Address } from '@ethereumjs/util';
import { runTx } from '@ethereumjs/vm';
import { addressBytes, dataFeeWei, depositTransactionOf, encodeDepositTransaction, FEE_VAULT, surchargeFeeWei, toHex, type DropReason, type FeeConfig, type InboxMessage } from '@keyfall/protocol';
import { authorityOf, breaksStaticRule, decodeEnvelope, intrinsicGas, NONCE_LIMIT, signerOf, type Authorization, type Envelope } from './envelope.ts';
import type { Machine } from './machine.ts';
import { delegateOf } from './surcharge.ts';

type RawLog = readonly [address: Uint8Array, topics: readonly Uint8Array[], data: Uint8Array];

export interface Ran {
  readonly raw: Uint8Array;
  readonly type: number;
  readonly status: 0 | 1;
  readonly gasUsed: bigint;
  readonly surchargeUsed: bigint;
  readonly logs: readonly RawLog[];
}

interface BlockRules {
  readonly block: Block;
  readonly baseFeeWei: bigint;
  readonly originBaseFeeWei: bigint;
  readonly fees: FeeConfig;
}

/** Why a block cannot hold this transaction. */
export class InvalidTransaction extends Error {}

const VAULT = new Address(addressBytes(FEE_VAULT));
const EMPTY_CODE = 'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470';
const MAX_REFUND_SHARE = 5n;

async function accountOf({ state }: Machine, address: Address): Promise<Account> {
  return await state.getAccount(address) ?? new Account();
}

async function changeBalance(machine: Machine, address: Address, change: bigint): Promise<void> {
  const account = await accountOf(machine, address);
  account.balance += change;
  await machine.state.putAccount(address, account);
}

async function mayStart({ state }: Machine, account: Account, address: Address): Promise<boolean> {
  return Buffer.from(account.codeHash).toString('hex') === EMPTY_CODE || delegateOf(await state.getCode(address)) !== undefined;
}

interface Room { readonly gas: bigint; readonly zkGas: bigint }

/** An ordinary transaction. @throws InvalidTransaction */
export async function runOrdinary(machine: Machine, rules: BlockRules, raw: Uint8Array, room: Room): Promise<Ran> {
  const { state, surcharge } = machine;
  const envelope = decodeEnvelope(raw);
  if (typeof envelope === 'string') throw new InvalidTransaction(`its bytes are ${envelope}`);
  if (envelope.chainId !== undefined && envelope.chainId !== machine.chainId) throw new InvalidTransaction(`expected chain id ${machine.chainId}, got ${envelope.chainId}`);
  const sender = signerOf(envelope);
  if (sender === undefined) throw new InvalidTransaction('nobody signed it');
  if (breaksStaticRule(envelope)) throw new InvalidTransaction('it breaks a rule that needs no state');
  if (envelope.gasLimit > room.gas || envelope.gasLimit > room.zkGas) throw new InvalidTransaction(`its gas limit ${envelope.gasLimit} exceeds what is left of the block (${room.gas} gas, ${room.zkGas} zkGas)`);
  const before = await accountOf(machine, sender);
  if (!await mayStart(machine, before, sender)) throw new InvalidTransaction('its sender has code');
  if (before.nonce !== envelope.nonce) throw new InvalidTransaction(`expected nonce ${before.nonce}, got ${envelope.nonce}`);
  if (envelope.feeCapWei < rules.baseFeeWei) throw new InvalidTransaction(`its fee cap ${envelope.feeCapWei} is below the base fee ${rules.baseFeeWei}`);
  const { gas, floor } = intrinsicGas(envelope.data, envelope.to === undefined, envelope.accessList, envelope.authorizations.length);
  if (envelope.gasLimit < gas || envelope.gasLimit < floor) throw new InvalidTransaction(`expected a gas limit of at least ${gas > floor ? gas : floor}, got ${envelope.gasLimit}`);
  const dataFee = dataFeeWei(raw, rules.originBaseFeeWei, rules.fees);
  const spare = before.balance - envelope.gasLimit * envelope.feeCapWei - envelope.value - dataFee;
  if (spare < 0n) throw new InvalidTransaction('its sender cannot pay gas, value and data fee');

  surcharge.begin(budgetOf(envelope, rules, room, spare));
  await state.checkpoint();
  try {
    await changeBalance(machine, sender, -dataFee);
    const result = await runByEthereum(machine, rules, raw);
    const fee = surchargeFeeWei(surcharge.used, rules.baseFeeWei, rules.fees);
    const { balance } = await accountOf(machine, sender);
    if (!surcharge.isExceeded && balance >= fee) {
      await changeBalance(machine, sender, -fee);
      await changeBalance(machine, VAULT, result.totalGasSpent * rules.baseFeeWei + dataFee + fee);
      await state.commit();
      return { raw, type: envelope.type, status: result.execResult.exceptionError === undefined ? 1 : 0, gasUsed: result.totalGasSpent, surchargeUsed: surcharge.used, logs: result.execResult.logs ?? [] };
    }
  } catch (cause) {
    await state.revert();
    throw cause;
  }
  await state.revert();
  return aborted(machine, rules, envelope, sender, dataFee, raw);
}

/** SPEC section 5: what the block has left, and what the sender could pay. */
function budgetOf({ gasLimit }: Envelope, { baseFeeWei, fees }: BlockRules, room: Room, spare: bigint): bigint {
  const [left, price] = [room.zkGas - gasLimit, baseFeeWei * fees.surchargeScalar];
  if (price === 0n) return left;
  const payable = (spare * 1_000_000n) / price;
  return payable < left ? payable : left;
}

/** Every rule was checked here: if EthereumJS refuses it all the same, one of the two is wrong, and there is no verdict. */
async function runByEthereum(machine: Machine, { block }: BlockRules, raw: Uint8Array): ReturnType<typeof runTx> {
  return runTx(machine.vm, { tx: createTxFromRLP(raw, { common: machine.common }), block });
}

/** Nonce and fees stay; all gas is used. */
async function aborted(machine: Machine, { baseFeeWei, fees }: BlockRules, { gasLimit, feeCapWei, tipCapWei, type }: Envelope, sender: Address, dataFee: bigint, raw: Uint8Array): Promise<Ran> {
  const tip = tipCapWei < feeCapWei - baseFeeWei ? tipCapWei : feeCapWei - baseFeeWei;
  const fee = surchargeFeeWei(machine.surcharge.used, baseFeeWei, fees);
  const paid = gasLimit * (baseFeeWei + tip) + dataFee + fee;
  const account = await accountOf(machine, sender);
  account.nonce += 1n;
  account.balance -= paid;
  await machine.state.putAccount(sender, account);
  await changeBalance(machine, VAULT, paid);
  return { raw, type, status: 0, gasUsed: gasLimit, surchargeUsed: machine.surcharge.used, logs: [] };
}

/** A CALL or CREATE message: always included. */
export async function runDeposit(machine: Machine, rules: BlockRules, message: InboxMessage, index: bigint): Promise<Ran> {
  const transaction = depositTransactionOf(message, index, machine.chainId);
  const raw = encodeDepositTransaction(transaction);
  const sender = new Address(addressBytes(transaction.from));
  const account = await accountOf(machine, sender);
  const isSpent = account.nonce >= NONCE_LIMIT;
  account.balance += transaction.mintWei;
  if (!isSpent) account.nonce += 1n;
  await machine.state.putAccount(sender, account);
  const { gas, floor } = intrinsicGas(transaction.data, transaction.to === null, [], 0);
  const least = gas > floor ? gas : floor;
  machine.surcharge.begin(transaction.surcharge);
  if (isSpent || account.balance < transaction.valueWei || least > transaction.gas) {
    return { raw, type: 0x7e, status: 0, gasUsed: least < transaction.gas ? least : transaction.gas, surchargeUsed: 0n, logs: [] };
  }
  return runFree(machine, rules, {
    raw, type: 0x7e, sender, to: transaction.to === null ? undefined : new Address(addressBytes(transaction.to)), value: transaction.valueWei, data: transaction.data, gasLimit: transaction.gas,
    accessList: [], authorizations: [], intrinsic: gas, floor,
  });
}

/** A SIGNED message without effect; `zkGas` is what its run counts for in the caps, where it came to a run. */
interface Dropped { readonly dropped: DropReason; readonly zkGas: bigint }

const unrun = (dropped: DropReason): Dropped => ({ dropped, zkGas: 0n });

/** A SIGNED message: its transaction, or why it is dropped. */
export async function runSigned(machine: Machine, rules: BlockRules, message: InboxMessage): Promise<Ran | Dropped> {
  const envelope = decodeEnvelope(message.data);
  if (typeof envelope === 'string') return unrun(envelope);
  if (envelope.chainId !== machine.chainId) return unrun('wrongChain');
  const sender = signerOf(envelope);
  if (sender === undefined) return unrun('badSignature');
  if (breaksStaticRule(envelope)) return unrun('invalidFields');
  if (envelope.gasLimit > message.gas) return unrun('overBudget');
  const { gas, floor } = intrinsicGas(envelope.data, envelope.to === undefined, envelope.accessList, envelope.authorizations.length);
  if (gas > envelope.gasLimit || floor > envelope.gasLimit) return unrun('intrinsicGas');
  const account = await accountOf(machine, sender);
  if (!await mayStart(machine, account, sender)) return unrun('senderHasCode');
  if (envelope.nonce < account.nonce) return unrun('nonceTooLow');
  if (envelope.nonce > account.nonce) return unrun('nonceTooHigh');
  if (account.balance < envelope.value) return unrun('insufficientBalance');
  // Whoever enqueued it chose the budget, not who signed: where that is too small, the nonce too is as it was.
  await machine.state.checkpoint();
  account.nonce += 1n;
  await machine.state.putAccount(sender, account);
  machine.surcharge.begin(message.surcharge);
  const { to, value, data, gasLimit, accessList, authorizations, type } = envelope;
  const ran = await runFree(machine, rules, { raw: message.data, type, sender, to: to === undefined ? undefined : new Address(to), value, data, gasLimit, accessList, authorizations, intrinsic: gas, floor });
  if (machine.surcharge.isExceeded) {
    await machine.state.revert();
    return { dropped: 'surchargeExceeded', zkGas: gasLimit + message.surcharge };
  }
  await machine.state.commit();
  return ran;
}

interface FreeFrame {
  readonly raw: Uint8Array;
  readonly type: number;
  readonly sender: Address;
  readonly to: Address | undefined;
  readonly value: bigint;
  readonly data: Uint8Array;
  readonly gasLimit: bigint;
  readonly accessList: Envelope['accessList'];
  readonly authorizations: readonly Authorization[];
  readonly intrinsic: bigint;
  readonly floor: bigint;
}

/** Execution at gas price 0, its nonce raised already. */
async function runFree(machine: Machine, { block }: BlockRules, frame: FreeFrame): Promise<Ran> {
  const { evm, state, surcharge } = machine;
  const { raw, type, sender, to, value, data, gasLimit, intrinsic, floor } = frame;
  await evm.journal.cleanup();
  await state.checkpoint();
  warm(machine, block, frame);
  let refund = 0n;
  for (const authorization of frame.authorizations) refund += await delegate(machine, authorization);
  const { execResult } = await evm.runCall({ block, gasPrice: 0n, caller: sender, gasLimit: gasLimit - intrinsic, ...(to === undefined ? {} : { to }), value, data, skipNonceIncrement: true });
  const created = execResult.createdAddresses ?? new Set<string>();
  for (const address of execResult.selfdestruct?.keys() ?? []) if (created.has(address)) await evm.journal.deleteAccount(new Address(Uint8Array.from(Buffer.from(address.slice(2), 'hex'))));
  await evm.journal.cleanup();
  state.originalStorageCache.clear();
  evm.transientStorage.clear();
  if (surcharge.isExceeded) {
    await state.revert();
    return { raw, type, status: 0, gasUsed: gasLimit, surchargeUsed: surcharge.used, logs: [] };
  }
  await state.commit();
  const spent = intrinsic + execResult.executionGasUsed;
  const returned = refund + (execResult.gasRefund ?? 0n);
  const net = spent - (returned < spent / MAX_REFUND_SHARE ? returned : spent / MAX_REFUND_SHARE);
  return { raw, type, status: execResult.exceptionError === undefined ? 1 : 0, gasUsed: net > floor ? net : floor, surchargeUsed: surcharge.used, logs: execResult.logs ?? [] };
}

/** EIP-2929, 3651. */
function warm({ evm: { journal, precompiles } }: Machine, block: Block, { sender, to, accessList }: FreeFrame): void {
  const bare = (bytes: Uint8Array): string => toHex(bytes).slice(2);
  for (const address of [...precompiles.keys(), bare(sender.bytes), bare(block.header.coinbase.bytes), ...(to === undefined ? [] : [bare(to.bytes)])]) journal.addAlwaysWarmAddress(address);
  for (const { address, slots } of accessList) {
    journal.addAlwaysWarmAddress(bare(address), true);
    for (const slot of slots) journal.addAlwaysWarmSlot(bare(address), bare(slot), true);
  }
}

/** EIP-7702's steps for one tuple. @returns gas to refund */
async function delegate(machine: Machine, authorization: Authorization): Promise<bigint> {
  const { state, evm, chainId } = machine;
  if ((authorization.chainId !== 0n && authorization.chainId !== chainId) || authorization.nonce >= NONCE_LIMIT) return 0n;
  const authority = authorityOf(authorization);
  if (authority === undefined) return 0n;
  evm.journal.addAlwaysWarmAddress(authority.toString().slice(2));
  const existing = await state.getAccount(authority);
  const account = existing ?? new Account();
  if (!await mayStart(machine, account, authority) || account.nonce !== authorization.nonce) return 0n;
  account.nonce += 1n;
  await state.putAccount(authority, account);
  const isClearing = authorization.address.every((byte) => byte === 0);
  await state.putCode(authority, isClearing ? new Uint8Array(0) : Uint8Array.of(0xef, 0x01, 0x00, ...authorization.address));
  return existing === undefined ? 0n : 12_500n;
}
