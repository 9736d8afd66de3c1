// One EVM with its state overlay and surcharge meter: the unit that executes one thing at a time.
//
// Owns: the EthereumJS instance (Osaka, our chain id, our crypto, surcharged opcodes), block hashes, cooperative time
// limits of calls. Does not own: transactions and fees (transition.ts), committing (block.ts).
// Invariant: machines share nothing mutable; a machine that was left by an exception is clean after its next begin().
import { createCustomCommon, Hardfork, Mainnet } from '@ethereumjs/common';
import type { Common } from '@ethereumjs/common';
import { MCLBLS, paramsEVM } from '@ethereumjs/evm';
import type { EVM, EVMRunCallOpts } from '@ethereumjs/evm';
import { createVM } from '@ethereumjs/vm';
import mcl from 'mcl-wasm';
import { customCrypto } from './crypto.ts';
import { AnalysisCache, BLOCK_CODE_BYTES, CALL_CODE_BYTES, keepAnalyses } from './jump-analysis.ts';
import { OverlayState } from './overlay.ts';
import type { BaseState } from './state-view.ts';
import { handlersOf, SurchargeMeter, surchargedOpcodes, surchargedPrecompiles } from './surcharge.ts';
import type { CustomOpcode, RunState } from './surcharge.ts';

// BLS12-381 in WASM: 3 to 20 times the speed of the default (README.md), which a 375 gas addition needs.
await mcl.init(mcl.BLS12_381);

/** What the EVM sees of the block around it. */
export type EvmBlock = NonNullable<EVMRunCallOpts['block']>;

/** Thrown through the EVM when a call's time is up or its caller left. */
export class CallInterrupted extends Error {
  readonly code: 'timeout' | 'aborted';
  constructor(code: CallInterrupted['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/** Lets the event loop breathe during calls, and ends them in time. Inactive unless armed. */
export class Pulse {
  #deadline = Infinity;
  #signal: AbortSignal | undefined;
  #sliceEnd = Infinity;
  #countdown = 0;

  arm(timeCapMilliseconds: number, signal: AbortSignal | undefined): void {
    this.#deadline = performance.now() + timeCapMilliseconds;
    this.#signal = signal;
    this.#sliceEnd = performance.now() + SLICE_MILLISECONDS;
    this.#countdown = PULSE_OPCODES;
  }

  disarm(): void {
    this.#deadline = this.#sliceEnd = Infinity;
    this.#signal = undefined;
  }

  /** Called at each jump and call; undefined unless it is time to yield. */
  beat(): Promise<void> | undefined {
    if (--this.#countdown > 0) return undefined;
    this.#countdown = PULSE_OPCODES;
    if (this.#sliceEnd === Infinity) return undefined;
    const now = performance.now();
    if (now > this.#deadline) throw new CallInterrupted('timeout', 'execution exceeded the time limit');
    if (now < this.#sliceEnd) return undefined;
    return this.#yield();
  }

  async #yield(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    if (this.#signal?.aborted === true) throw new CallInterrupted('aborted', 'the caller withdrew the request');
    this.#sliceEnd = performance.now() + SLICE_MILLISECONDS;
  }
}

/** Jumps or calls between two looks at the clock. */
const PULSE_OPCODES = 32;
/** Longest a call holds the event loop. */
const SLICE_MILLISECONDS = 8;
/** JUMP, JUMPI and the calls and creations: no loop runs without one of them. */
const PULSE_AT = [0x56, 0x57, 0xf0, 0xf1, 0xf2, 0xf4, 0xf5, 0xfa];

export interface Machine {
  readonly evm: EVM;
  readonly state: OverlayState;
  readonly meter: SurchargeMeter;
  readonly pulse: Pulse;
  readonly common: Common;
  /** Told of calls, creations, logs and SELFDESTRUCTs just before they run; interruptible machines only. */
  observer: OpcodeObserver | undefined;
  /** Gas the call opcode now starting passes on, before any stipend. */
  readonly forwarded: { gas: bigint };
  /** Attaches a state and the source of BLOCKHASH, and clears whatever an earlier user left. */
  begin(base: BaseState, blockHash: (blockNumber: bigint) => Uint8Array): void;
}

export type OpcodeObserver = (opcode: number, runState: RunState) => void;
const OBSERVED = [0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xff];
const CALLS = new Set([0xf1, 0xf2, 0xf4, 0xfa]);

const NOTHING: BaseState = { baseAccount: () => undefined, baseStorage: () => new Uint8Array(0), baseCode: () => new Uint8Array(0) };

/** Osaka with this chain id. */
export function createRules(chainId: bigint): Common {
  const common = createCustomCommon({ chainId: Number(chainId), name: 'keyfall' }, Mainnet, { hardfork: Hardfork.Osaka, customCrypto });
  common.updateParams(paramsEVM);
  return common;
}

/**
 * Creates a machine. `isInterruptible` machines obey their pulse at some cost per jump; block execution uses one that
 * does not, since a block must not depend on time.
 */
export async function createMachine(chainId: bigint, isInterruptible: boolean): Promise<Machine> {
  const common = createRules(chainId);
  const meter = new SurchargeMeter();
  const pulse = new Pulse();
  const state = new OverlayState(NOTHING);
  const blockchain = new BlockHashes();
  const surcharged = surchargedOpcodes(common, meter, state);
  const hooks: Pick<Machine, 'observer' | 'forwarded'> = { observer: undefined, forwarded: { gas: 0n } };
  const vm = await createVM({
    common, stateManager: state, blockchain,
    evmOpts: {
      common, stateManager: state, blockchain,
      customOpcodes: isInterruptible ? pulsing(common, surcharged, pulse, hooks) : surcharged,
      customPrecompiles: surchargedPrecompiles(common, meter),
      bls: new MCLBLS(mcl),
    },
  });
  const evm = vm.evm as EVM;
  keepAnalyses(evm, new AnalysisCache((code) => state.hashOfCode(code), isInterruptible ? CALL_CODE_BYTES : BLOCK_CODE_BYTES));
  return {
    evm, state, meter, pulse, common, forwarded: hooks.forwarded,
    get observer() {
      return hooks.observer;
    },
    set observer(observer) {
      hooks.observer = observer;
    },
    begin(base, blockHash) {
      state.attach(base);
      evm.journal.cleanJournal();
      delete evm.journal.accessList;
      evm.events.removeAllListeners();
      evm.transientStorage.clear();
      pulse.disarm();
      blockchain.source = blockHash;
    },
  };
}

function pulsing(common: Common, surcharged: CustomOpcode[], pulse: Pulse, hooks: Pick<Machine, 'observer' | 'forwarded'>): CustomOpcode[] {
  const byOpcode = new Map(surcharged.map((opcode) => [opcode.opcode, opcode]));
  for (const opcode of [...PULSE_AT, ...OBSERVED]) {
    const { info, gas, run } = handlersOf(common, opcode);
    const inner = byOpcode.get(opcode) ?? { opcode, opcodeName: info.name, baseFee: info.fee, gasFunction: gas as CustomOpcode['gasFunction'], logicFunction: run as CustomOpcode['logicFunction'] };
    byOpcode.set(opcode, {
      ...inner,
      ...(CALLS.has(opcode) ? { gasFunction: rememberingForwardedGas(inner, hooks.forwarded) } : {}),
      logicFunction: async (runState, rules) => {
        const pause = pulse.beat();
        if (pause !== undefined) await pause;
        hooks.observer?.(opcode, runState);
        return inner.logicFunction(runState, rules);
      },
    });
  }
  return [...byOpcode.values()];
}

function rememberingForwardedGas(inner: CustomOpcode, forwarded: { gas: bigint }): NonNullable<CustomOpcode['gasFunction']> {
  return async (runState, baseGas, rules) => {
    const gas = (await inner.gasFunction?.(runState, baseGas, rules)) ?? baseGas;
    forwarded.gas = runState.messageGasLimit ?? 0n;
    return gas;
  };
}

class BlockHashes {
  source: (blockNumber: bigint) => Uint8Array = () => new Uint8Array(32);
  getBlock(blockNumber: number): Promise<{ hash(): Uint8Array }> {
    return Promise.resolve({ hash: () => this.source(BigInt(blockNumber)) });
  }
  putBlock(): Promise<void> {
    return Promise.reject(new Error('expected no block to be put: the node keeps its own chain'));
  }
  shallowCopy(): BlockHashes {
    return this;
  }
}
