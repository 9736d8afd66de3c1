// Calls in a chain of made-up blocks on a block's post-state (eth_simulateV1): each sees what those before it left.
//
// Owns: the order and defaults of simulated blocks, their headers, when a call makes the whole simulation invalid. Does not own: execution
// (transition.ts), what a call is (call.ts), transfers as logs (trace/transfer-tracer.ts), JSON and error codes (the RPC).
// Source: execution-apis, eth_simulateV1. Calls pay neither for L1 data nor surcharge, as in eth_call. Invariant: nothing outlives the
// simulation; a block's hash is that of its header, whose state root is the one of the state it left.
import { nextBaseFeeWei } from '@keyfall/protocol';
import { keccak256 } from './crypto.ts';
import { prepareCall } from './call.ts';
import { COINBASE, encodeHeader, encodeReceipt, logsBloom, makeHeader, mergeBloom } from './header.ts';
import type { Machine } from './machine.ts';
import { applyStateOverrides, callEnvironment } from './machine-pool.ts';
import type { MachinePool } from './machine-pool.ts';
import { toKey } from './bytes.ts';
import { ABSENT_ACCOUNT } from './overlay.ts';
import { orderedRoot } from './trie.ts';
import { TransferTracer } from './trace/transfer-tracer.ts';
import { creationAddress, maySend, randaoInput, recordParentHash, runFrame, settleFrame, TRANSACTION_GAS_CAP } from './transition.ts';
import type { TransitionContext } from './transition.ts';
import type { BlockHeader, CallRefusal, CallRequest, SimulatedBlock, SimulatedCall, SimulationInvalid, SimulationRequest, SimulationResult } from './api.ts';

type Invalid = Extract<SimulationResult, { code: 'simulation' }>;

/** Made-up blocks, those that fill gaps between given numbers included. geth: 256. */
const MAX_SIMULATED_BLOCKS = 256;

export async function simulate(pool: MachinePool, base: { readonly header: BlockHeader; readonly hash: Uint8Array }, request: SimulationRequest): Promise<SimulationResult> {
  const planned = planBlocks(base.header, request);
  if (!('blocks' in planned)) return planned;
  const limits = { ...(request.timeCapMilliseconds === undefined ? {} : { timeCapMilliseconds: request.timeCapMilliseconds }), ...(request.signal === undefined ? {} : { signal: request.signal }) };
  const made = new Map<bigint, Uint8Array>([[base.header.number, base.hash]]);
  return pool.run(base.header.number, limits, async (machine): Promise<SimulationResult> => {
    const simulation = new Simulation(machine, pool, base, request);
    for (const block of planned.blocks) {
      const refusal = await simulation.run(block, made);
      if (refusal !== undefined) return refusal;
    }
    return { ok: true, blocks: simulation.blocks };
  }, (number) => made.get(number));
}

type GivenBlock = SimulationRequest['blocks'][number];
interface PlannedBlock extends GivenBlock { readonly number: bigint; readonly timestamp: bigint }

function invalid(reason: SimulationInvalid, message: string): Invalid {
  return { ok: false, code: 'simulation', reason, message };
}

/** Numbers and times in order; gaps between given numbers become empty blocks. */
function planBlocks(base: BlockHeader, { blocks }: SimulationRequest): { blocks: PlannedBlock[] } | Invalid {
  const planned: PlannedBlock[] = [];
  let { number, timestamp } = base;
  for (const block of blocks) {
    const wanted = block.blockOverrides?.number ?? number + 1n;
    if (wanted <= number) return invalid('block-number', `block numbers must be in order: ${wanted} <= ${number}`);
    if (wanted - base.number > BigInt(MAX_SIMULATED_BLOCKS)) return invalid('limit', `too many blocks: expected at most ${MAX_SIMULATED_BLOCKS} after block ${base.number}, got number ${wanted}`);
    for (number += 1n; number < wanted; number += 1n) {
      timestamp += 1n;
      planned.push({ number, timestamp, calls: [] });
    }
    const time = block.blockOverrides?.timestamp ?? timestamp + 1n;
    if (time <= timestamp) return invalid('block-timestamp', `block timestamps must be in order: ${time} <= ${timestamp}`);
    timestamp = time;
    planned.push({ ...block, number, timestamp });
  }
  return { blocks: planned };
}

class Simulation {
  readonly blocks: SimulatedBlock[] = [];
  readonly #machine: Machine;
  readonly #pool: MachinePool;
  readonly #base: bigint;
  readonly #request: SimulationRequest;
  #parent: { readonly header: BlockHeader; readonly hash: Uint8Array };
  /** Of all calls together. */
  #gasLeft: bigint;

  constructor(machine: Machine, pool: MachinePool, parent: { readonly header: BlockHeader; readonly hash: Uint8Array }, request: SimulationRequest) {
    this.#machine = machine;
    this.#pool = pool;
    this.#base = parent.header.number;
    this.#parent = parent;
    this.#request = request;
    this.#gasLeft = request.gasCap;
  }

  async run(block: PlannedBlock, made: Map<bigint, Uint8Array>): Promise<Invalid | CallRefusal | undefined> {
    const environment = this.#environment(block);
    const wrong = applyStateOverrides(this.#machine, block.stateOverrides ?? []);
    if (wrong !== undefined) return { ok: false, code: 'invalid', reason: 'overrides', message: wrong };
    await recordParentHash(this.#machine, environment, this.#parent.hash);
    const calls: SimulatedCall[] = [];
    for (const request of block.calls) {
      const call = await this.#call(request, environment, calls);
      if ('ok' in call) return call;
      calls.push(call);
    }
    const sealed = this.#seal(block, environment, calls);
    this.blocks.push(sealed);
    this.#parent = sealed;
    made.set(block.number, sealed.hash);
    return undefined;
  }

  /** Without validation there is no base fee unless one is given, so that calls without a price run. */
  #environment({ number, timestamp, blockOverrides = {} }: PlannedBlock): TransitionContext {
    const { header, hash } = this.#parent;
    const usual = this.#request.isValidating ? nextBaseFeeWei({ baseFeeWei: header.baseFeePerGas, gasUsed: header.gasUsed, gasLimit: header.gasLimit }) : 0n;
    const overrides = { prevRandao: keccak256(randaoInput(hash, number)), baseFeePerGas: usual, coinbase: COINBASE, ...blockOverrides, number, timestamp };
    return { ...callEnvironment(this.#pool.chainId, header, overrides), baseFeeRecipient: COINBASE };
  }

  async #call(given: CallRequest, environment: TransitionContext, before: readonly SimulatedCall[]): Promise<SimulatedCall | Invalid | CallRefusal> {
    const used = before.reduce((sum, { gasUsed }) => sum + gasUsed, 0n);
    const inBlock = environment.block.header.gasLimit - used;
    const most = inBlock < TRANSACTION_GAS_CAP ? inBlock : TRANSACTION_GAS_CAP;
    if (given.gas !== undefined && given.gas > inBlock) return invalid('block-gas', `block gas limit reached: ${used + given.gas} >= ${environment.block.header.gasLimit}`);
    if (this.#gasLeft === 0n) return invalid('limit', `the calls of one request may use ${this.#request.gasCap} gas together`);
    const wanted = given.gas ?? most;
    const gas = wanted < this.#gasLeft ? wanted : this.#gasLeft;
    const sender = given.from ?? new Uint8Array(20);
    const { nonce } = this.#machine.state.read(toKey(sender)) ?? ABSENT_ACCOUNT;
    const request: CallRequest = { ...given, from: sender, gas };
    const refused = this.#request.isValidating ? this.#validate(request, nonce, environment) : undefined;
    if (refused !== undefined) return refused;
    const prepared = prepareCall(this.#machine, environment, request, gas);
    if (!prepared.ok) return prepared;
    const creates = request.to === undefined ? creationAddress(sender, nonce) : undefined;
    const tracer = this.#request.tracesTransfers ? new TransferTracer() : undefined;
    tracer?.attach(this.#machine, { sender, to: request.to, value: request.value ?? 0n, gasLimit: gas, data: request.data ?? new Uint8Array(0), creates, coinbase: environment.coinbase });
    const result = await runFrame(this.#machine, environment, prepared.frame);
    if (result.isAborted) throw new Error('expected a call without surcharge budget to complete');
    const logs = result.status === 0 ? [] : (tracer?.logs() ?? result.logs);
    tracer?.detach(this.#machine);
    await settleFrame(this.#machine, environment, prepared.frame, result);
    this.#gasLeft -= result.gasUsed;
    const transaction = this.#request.encode(request, given.nonce ?? nonce);
    return { request: { ...request, nonce: given.nonce ?? nonce }, ...transaction, status: result.status, error: result.error, returnData: result.returnData, gasUsed: result.gasUsed, logs, executedLogs: result.status === 0 ? [] : result.logs, gasPriceWei: prepared.frame.gasPrice };
  }

  /** What a block would demand of the transaction beyond what every call must satisfy. */
  #validate({ from, nonce, gas = 0n, ...request }: CallRequest, expected: bigint, environment: TransitionContext): Invalid | undefined {
    if (nonce !== undefined && nonce < expected) return invalid('nonce-too-low', `nonce too low: next nonce ${expected}, tx nonce ${nonce}`);
    if (nonce !== undefined && nonce > expected) return invalid('nonce-too-high', `nonce too high: next nonce ${expected}, tx nonce ${nonce}`);
    const cap = request.gasPrice ?? request.maxFeePerGas ?? 0n;
    if (cap < environment.baseFeeWei) return invalid('fee-cap-below-base-fee', `max fee per gas less than block base fee: maxFeePerGas: ${cap}, baseFee: ${environment.baseFeeWei}`);
    if (!maySend(this.#machine, toKey(from ?? new Uint8Array(20)))) return invalid('sender-not-eoa', 'sender is not an EOA');
    if (gas > TRANSACTION_GAS_CAP) return invalid('gas-limit', `transaction gas limit too high: expected at most ${TRANSACTION_GAS_CAP}, got ${gas}`);
    return undefined;
  }

  #seal({ number, timestamp, blockOverrides = {} }: PlannedBlock, { coinbase, baseFeeWei, block }: TransitionContext, calls: readonly SimulatedCall[]): SimulatedBlock {
    const bloom = new Uint8Array(256);
    let gasUsed = 0n;
    const receipts = calls.map((call) => {
      gasUsed += call.gasUsed;
      const own = logsBloom(call.executedLogs);
      mergeBloom(bloom, own);
      return encodeReceipt({ type: call.type, status: call.status, cumulativeGasUsed: gasUsed, logsBloom: own, logs: call.executedLogs });
    });
    const fields = {
      parentHash: this.#parent.hash, number, timestamp, baseFeePerGas: baseFeeWei, gasUsed, stateRoot: this.#pool.rootOf(this.#machine, this.#base),
      transactionsRoot: orderedRoot(calls.map(({ raw }) => raw)), receiptsRoot: orderedRoot(receipts), logsBloom: bloom,
    };
    const header: BlockHeader = { ...makeHeader(fields), coinbase, gasLimit: block.header.gasLimit, ...(blockOverrides.prevRandao === undefined ? {} : { prevRandao: blockOverrides.prevRandao }) };
    const headerRaw = encodeHeader(header);
    return { header, headerRaw, hash: keccak256(headerRaw), calls };
  }
}
