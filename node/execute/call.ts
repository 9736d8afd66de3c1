// Calls and gas estimates on a block's post-state (eth_call, eth_estimateGas).
//
// Owns: how a request without signature becomes a frame, its checks, the search for the least sufficient gas. Does not
// own: the frame's execution (transition.ts), machines and limits (machine-pool.ts), JSON (the RPC).
// Invariant: nothing a call does outlives it; an estimate, if given, was run successfully with exactly that gas.
import { MAX_BLOCK_ZKGAS } from '@keyfall/protocol';
import { toKey } from './bytes.ts';
import type { Machine } from './machine.ts';
import { applyStateOverrides, callEnvironment } from './machine-pool.ts';
import type { MachinePool } from './machine-pool.ts';
import { ABSENT_ACCOUNT } from './overlay.ts';
import { intrinsicGas } from './transaction.ts';
import { INIT_CODE_SIZE_LIMIT, runFrame, startTransaction, TRANSACTION_GAS_CAP } from './transition.ts';
import type { Frame, FrameResult, TransitionContext } from './transition.ts';
import type { AccessListItem, CallContext, CallFailure, CallRefusal, CallRequest, CallResult, EstimateResult } from './api.ts';

export const DEFAULT_GAS_CAP = 50_000_000n;
const CALL_STIPEND = 2_300n;
/** An estimate may exceed the least sufficient gas by this much (1.5 %, as geth's). */
const ESTIMATE_TOLERANCE = { numerator: 15n, denominator: 1_000n };

export type CompletedFrame = Extract<FrameResult, { isAborted: false }>;

export function invalidCall(reason: Extract<CallRefusal, { code: 'invalid' }>['reason'], message: string): Extract<CallRefusal, { code: 'invalid' }> {
  return { ok: false, code: 'invalid', reason, message };
}

/** A request checked against the state and paid for, ready for runFrame. */
export interface PreparedCall { ok: true; frame: Frame; environment: TransitionContext }

/** Starts a transaction on the machine for `request` with this gas. The sender's nonce and balance change as they would. */
export function prepareCall(machine: Machine, environment: TransitionContext, request: CallRequest, gas: bigint, accessList = request.accessList ?? []): PreparedCall | Extract<CallRefusal, { code: 'invalid' }> {
  const { state } = machine;
  startTransaction(machine);
  const sender = request.from ?? new Uint8Array(20);
  const [value, data] = [request.value ?? 0n, request.data ?? new Uint8Array(0)];
  const authorizations = request.authorizationList ?? [];
  if (request.to === undefined && data.length > INIT_CODE_SIZE_LIMIT) return invalidCall('init-code-size', `expected init code of at most ${INIT_CODE_SIZE_LIMIT} bytes, got ${data.length}`);
  if (authorizations.length > 0 && request.to === undefined) return invalidCall('authorization-destination', 'expected a destination in a call with authorizations');
  const { intrinsic, floor } = intrinsicGas({ data, isCreation: request.to === undefined, accessList, authorizationCount: authorizations.length });
  const least = intrinsic > floor ? intrinsic : floor;
  if (gas < least) return invalidCall('intrinsic-gas', `intrinsic gas too low: expected at least ${least}, got ${gas}`);
  const price = callGasPrice(request, environment.baseFeeWei);
  if ('ok' in price) return price;
  const senderKey = toKey(sender);
  const account = state.read(senderKey) ?? ABSENT_ACCOUNT;
  const needed = value + gas * price.reserved;
  if (account.balance < needed) return invalidCall('insufficient-funds', `insufficient funds for gas * price + value: expected ${needed} wei, got ${account.balance}`);
  state.write(senderKey, { ...account, nonce: account.nonce + 1n, balance: account.balance - gas * price.paid });
  return { ok: true, environment, frame: { sender, to: request.to, value, data, gasLimit: gas, gasPrice: price.paid, accessList, authorizations, intrinsic, floor, budget: Infinity } };
}

function callGasPrice(request: CallRequest, baseFeeWei: bigint): { reserved: bigint; paid: bigint } | Extract<CallRefusal, { code: 'invalid' }> {
  const cap = request.gasPrice ?? request.maxFeePerGas;
  if (cap === undefined || cap === 0n) return { reserved: 0n, paid: 0n };
  const tipCap = request.gasPrice ?? request.maxPriorityFeePerGas ?? 0n;
  if (cap < baseFeeWei) return invalidCall('fee-cap-below-base-fee', `max fee per gas less than block base fee: expected at least ${baseFeeWei}, got ${cap}`);
  if (tipCap > cap) return invalidCall('tip-above-fee-cap', `expected a tip of at most the fee cap ${cap}, got ${tipCap}`);
  const tip = tipCap < cap - baseFeeWei ? tipCap : cap - baseFeeWei;
  return { reserved: cap, paid: baseFeeWei + tip };
}

/** Runs a prepared call; the budget is unlimited, so it always completes. */
export async function runCallFrame(machine: Machine, call: PreparedCall): Promise<CompletedFrame> {
  const result = await runFrame(machine, call.environment, call.frame);
  if (result.isAborted) throw new Error('expected a call without surcharge budget to complete');
  return result;
}

/** Gas a call gets: its own, else the cap, never above either the cap. */
export function gasOf(request: CallRequest, context: CallContext): bigint {
  const cap = context.gasCap ?? DEFAULT_GAS_CAP;
  return request.gas !== undefined && request.gas < cap ? request.gas : cap;
}

/** EVM errors in the words tools know from geth. */
export function errorText(error: string): string {
  return error === 'revert' ? 'execution reverted' : error;
}

function failure(result: CompletedFrame): CallFailure {
  const isRevert = result.error === 'revert';
  return { ok: false, code: 'execution', reverted: isRevert, error: errorText(result.error ?? 'unknown'), returnData: isRevert ? result.returnData : new Uint8Array(0), gasUsed: result.gasUsed };
}

/** Sets up environment and overrides, then runs `work`. */
export async function withCallState<T>(pool: MachinePool, context: CallContext, work: (machine: Machine, environment: TransitionContext) => Promise<T>): Promise<T | CallRefusal> {
  const limits = { ...(context.timeCapMilliseconds === undefined ? {} : { timeCapMilliseconds: context.timeCapMilliseconds }), ...(context.signal === undefined ? {} : { signal: context.signal }) };
  return pool.run(context.header.number, limits, async (machine) => {
    const wrong = applyStateOverrides(machine, context.stateOverrides ?? []);
    if (wrong !== undefined) return invalidCall('overrides', wrong);
    return work(machine, callEnvironment(pool.chainId, context.header, context.blockOverrides));
  });
}

/** eth_call. */
export async function callOnState(pool: MachinePool, request: CallRequest, context: CallContext): Promise<CallResult> {
  return withCallState(pool, context, async (machine, environment): Promise<CallResult> => {
    const prepared = prepareCall(machine, environment, request, gasOf(request, context));
    if (!prepared.ok) return prepared;
    const result = await runCallFrame(machine, prepared);
    if (result.status === 0) return failure(result);
    return { ok: true, returnData: result.returnData, gasUsed: result.gasUsed, surchargeUsed: machine.meter.used, logs: result.logs };
  });
}

type Attempt = { ok: true; result: CompletedFrame; surcharge: bigint } | Extract<CallRefusal, { code: 'invalid' }>;

/**
 * eth_estimateGas: the least gas, within tolerance, with which the call succeeds. More gas never hurts an EVM program
 * that does not measure it, so success is monotone; the result itself was run, so a program that does measure is safe too.
 */
export async function estimateGas(pool: MachinePool, request: CallRequest, context: CallContext): Promise<EstimateResult> {
  return withCallState(pool, context, async (machine, environment): Promise<EstimateResult> => {
    const base = machine.state.snapshot();
    const attempt = async (gas: bigint): Promise<Attempt> => {
      machine.state.rollback(base);
      const prepared = prepareCall(machine, environment, request, gas);
      return prepared.ok ? { ok: true, result: await runCallFrame(machine, prepared), surcharge: machine.meter.used } : prepared;
    };
    const ceiling = estimateCeiling(machine, request, context, environment);
    const widest = await attempt(ceiling);
    if (!widest.ok) return widest;
    if (widest.result.status === 0) return failure(widest.result);
    const gas = await leastSufficient(attempt, widest.result, ceiling);
    const last = gas === ceiling ? widest : await attempt(gas);
    const surcharge = last.ok ? last.surcharge : 0n;
    if (gas + surcharge > MAX_BLOCK_ZKGAS) return invalidCall('block-gas', `the call needs ${gas} gas and ${surcharge} surcharge; a block holds ${MAX_BLOCK_ZKGAS} zkGas`);
    return { ok: true, gas };
  });
}

function estimateCeiling(machine: Machine, request: CallRequest, context: CallContext, environment: TransitionContext): bigint {
  let ceiling = request.gas ?? environment.block.header.gasLimit;
  for (const cap of [context.gasCap ?? DEFAULT_GAS_CAP, TRANSACTION_GAS_CAP]) if (cap < ceiling) ceiling = cap;
  const price = request.gasPrice ?? request.maxFeePerGas ?? 0n;
  if (price === 0n) return ceiling;
  const { balance } = machine.state.read(toKey(request.from ?? new Uint8Array(20))) ?? ABSENT_ACCOUNT;
  const spare = balance - (request.value ?? 0n);
  return spare > 0n && spare / price < ceiling ? spare / price : ceiling;
}

async function leastSufficient(attempt: (gas: bigint) => Promise<Attempt>, widest: CompletedFrame, ceiling: bigint): Promise<bigint> {
  const succeeds = async (gas: bigint): Promise<boolean> => {
    const tried = await attempt(gas);
    return tried.ok && tried.result.status === 1;
  };
  let low = widest.gasUsed - 1n;
  let high = ceiling;
  // What it used before refunds, the stipend, and the 64th each call keeps back: nearly always enough, once.
  const optimistic = ((widest.gasBeforeRefund + CALL_STIPEND) * 64n) / 63n;
  if (optimistic < high) {
    if (await succeeds(optimistic)) high = optimistic;
    else low = optimistic;
  }
  // A plain transfer is exact: try the lowest candidate before halving.
  if (low + 1n < high && (await succeeds(low + 1n))) return low + 1n;
  while (low + 1n < high && (high - low) * ESTIMATE_TOLERANCE.denominator > high * ESTIMATE_TOLERANCE.numerator) {
    const doubled = low * 2n;
    const middle = (low + high) / 2n;
    const gas = doubled > low && doubled < middle ? doubled : middle;
    if (await succeeds(gas)) high = gas;
    else low = gas;
  }
  return high;
}

/** Access list entries from EthereumJS's journal, which reports unprefixed hexadecimal. */
export function reportedAccessList(machine: Machine): AccessListItem[] {
  const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));
  return [...(machine.evm.journal.accessList ?? [])].map(([address, slots]) => ({ address: bytes(address), storageKeys: [...slots].map(bytes) }));
}
