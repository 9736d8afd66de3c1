/**
 * An EVM in this process for replaying the model against the contracts' own bytecode: thousands of calls a minute, no RPC between.
 *
 * Owns calls, time and events of one chain without blocks; asserts nothing. A call that reverts changes nothing and gives its revert data.
 */
import { createBlock, type Block } from '@ethereumjs/block';
import { Common, Hardfork, Mainnet } from '@ethereumjs/common';
import { createEVM, type EVM } from '@ethereumjs/evm';
import { SimpleStateManager } from '@ethereumjs/statemanager';
import { Account, bytesToHex, createAddressFromString, hexToBytes, type PrefixedHexString } from '@ethereumjs/util';
import type { Interface } from 'ethers';
import { AnalysisCache, BLOCK_CODE_BYTES, keepAnalyses } from '../../../node/execute/jump-analysis.ts';

const CHAIN_ID = 31_337;
const GAS_LIMIT = 30_000_000n;
const RICH = 10n ** 30n;

export interface Outcome {
  readonly ok: boolean;
  readonly data: PrefixedHexString;
  readonly gasUsed: bigint;
}

export class ReplayEvm {
  readonly #evm: EVM;
  readonly #common: Common;
  #block: Block | undefined;
  #baseFeeWei = 10n ** 9n;
  time: number;

  private constructor(evm: EVM, common: Common, time: number) {
    this.#evm = evm;
    this.#common = common;
    this.time = time;
  }

  static async start(time: number): Promise<ReplayEvm> {
    const common = new Common({ chain: { ...Mainnet, chainId: CHAIN_ID }, hardfork: Hardfork.Osaka });
    const evm = await createEVM({ common, stateManager: new SimpleStateManager({ common }), allowUnlimitedContractSize: false });
    // The state manager gives a code's bytes as one object each time, so an analysis can be kept by it: most of a short call's time.
    const ids = new WeakMap<Uint8Array, string>();
    let known = 0;
    const idOf = (code: Uint8Array): string => {
      const id = ids.get(code) ?? `${known++}`;
      ids.set(code, id);
      return id;
    };
    keepAnalyses(evm, new AnalysisCache(idOf, BLOCK_CODE_BYTES));
    return new ReplayEvm(evm, common, time);
  }

  advanceTo(time: number): void {
    this.time = time;
    this.#block = undefined;
  }

  get baseFeeWei(): bigint { return this.#baseFeeWei; }

  setBaseFee(wei: bigint): void {
    this.#baseFeeWei = wei;
    this.#block = undefined;
  }

  async balance(address: string): Promise<bigint> {
    return (await this.#evm.stateManager.getAccount(createAddressFromString(address)))?.balance ?? 0n;
  }

  async fund(address: string): Promise<void> {
    await this.#evm.stateManager.putAccount(createAddressFromString(address), new Account(0n, RICH));
  }

  async setCode(address: string, code: string): Promise<void> {
    await this.#evm.stateManager.putCode(createAddressFromString(address), hexToBytes(code as PrefixedHexString));
  }

  async setStorage(address: string, slot: string, value: string): Promise<void> {
    await this.#evm.stateManager.putStorage(createAddressFromString(address), hexToBytes(slot as PrefixedHexString), hexToBytes(value as PrefixedHexString));
  }

  /** @param to undefined creates a contract from `data`; the outcome's data is then its address */
  async call(from: string, to: string | undefined, data: string, value = 0n): Promise<Outcome> {
    this.#block ??= createBlock({ header: { number: 1_000n, timestamp: BigInt(this.time), baseFeePerGas: this.#baseFeeWei, gasLimit: GAS_LIMIT } }, { common: this.#common, skipConsensusFormatValidation: true });
    const caller = createAddressFromString(from);
    const result = await this.#evm.runCall({
      caller, origin: caller, data: hexToBytes(data as PrefixedHexString), value, gasLimit: GAS_LIMIT, block: this.#block,
      ...(to === undefined ? {} : { to: createAddressFromString(to) }),
    });
    const ok = result.execResult.exceptionError === undefined;
    const given = to === undefined && ok ? result.createdAddress!.toString() : bytesToHex(result.execResult.returnValue);
    return { ok, data: given, gasUsed: result.execResult.executionGasUsed };
  }
}

/** One contract of the replay, called by name. */
export class ReplayContract {
  readonly address: string;
  readonly abi: Interface;
  readonly #evm: ReplayEvm;

  constructor(evm: ReplayEvm, address: string, abi: Interface) {
    this.#evm = evm;
    this.address = address;
    this.abi = abi;
  }

  /** Sends; undefined if it went through, else the custom error's name. */
  async send(from: string, method: string, args: readonly unknown[], value = 0n): Promise<string | undefined> {
    const outcome = await this.#evm.call(from, this.address, this.abi.encodeFunctionData(method, [...args]), value);
    return outcome.ok ? undefined : (this.abi.parseError(outcome.data)?.name ?? `reverted with ${outcome.data}`);
  }

  /** A view's first result. @throws Error if it reverts */
  async view(method: string, args: readonly unknown[] = []): Promise<unknown> {
    const outcome = await this.#evm.call(VIEWER, this.address, this.abi.encodeFunctionData(method, [...args]));
    if (!outcome.ok) throw new Error(`${method}(${args.join(', ')}): ${this.abi.parseError(outcome.data)?.name ?? outcome.data}`);
    return this.abi.decodeFunctionResult(method, outcome.data)[0];
  }
}

const VIEWER = '0x00000000000000000000000000000000000000f1';
