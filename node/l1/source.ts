// The L1 events that the core and the attester follow: verified blocks, decoded, with what a commit refers to resolved.
//
// Owns: turning reader steps into L1Event, resolving a commit's origin (by hash) and fee scalars (by their hash), patience
// with endpoints, the order in which finality is told. Does not own: verification (reader.ts), the ledger (node/derive).
// Invariant: an event is given only after everything in it was verified; a fault changes nothing but `trouble`, and the
// next attempt starts from the caller's cursor.

import { setTimeout as sleep } from 'node:timers/promises';
import { GENESIS_FEE_CONFIG, MODES, PAYLOAD_KINDS, ZERO_HASH, feeConfigHash, hashBytes, toHex, type FeeConfig, type Hex } from '@keyfall/protocol';
import type { L1Block as FollowedBlock, L1Event, L1Record, L1Source } from '../pipeline/l1Block.ts';
import type { CommitRecord, L1Reference, Origin } from '../store/records.ts';
import type { KnownL1Chain, L1Block, L1Header, L1Step } from './api.ts';
import { RollupEvents, contractInterface, type CommittedBatch, type RollupEvent } from './contracts.ts';
import { FatalL1Fault, L1Fault, LyingL1Fault, RetryableL1Fault } from './fault.ts';
import { bytesOfHex, readData } from './hex.ts';
import { L1Reader } from './reader.ts';
import type { L1Rpc } from './rpc.ts';

export interface RollupSourceOptions {
  readonly rpc: L1Rpc;
  readonly rollup: Hex;
  readonly inbox: Hex;
  readonly lifecycle: Hex;
  readonly l1ChainId: bigint;
  readonly l2ChainId: bigint;
  /** L2 genesis as this node computes it: the Rollup's own event must name it. */
  readonly genesisHash: Hex;
  readonly follow: 'latest' | 'finalized';
  /** Wait between questions when nothing is new. Default 500. */
  readonly pollMilliseconds?: number;
  /** Most L1 blocks in one event. Default 64. */
  readonly maxBlocks?: number;
  /** See L1ReaderOptions. */
  readonly finalityDepth?: bigint;
  /** Final blocks whose replacement must still be undone: none of that many is left out. Default 0. */
  readonly rewindDepth?: bigint;
  /** Consecutive faults after which 'l1-trouble' is told; one alone may be a reorganization between two requests. Default 3. */
  readonly patience?: number;
  /** Told of every fault, for logs and metrics. */
  readonly onFault?: (fault: L1Fault) => void;
}

/**
 * For a devnet's L1, whose finalized tag may lag by two blocks only and yet be reorganized deeper: what calls itself final
 * there is worth nothing, so followers wait for, or can undo, as many blocks as one epoch of mainnet has.
 */
export const DEVNET_FINALITY_DEPTH = 32n;

const LONGEST_PAUSE_MILLISECONDS = 10_000;
const MAX_CACHED_HEADERS = 256;

export class RollupL1Source implements L1Source {
  readonly #options: RollupSourceOptions;
  readonly #reader: L1Reader;
  readonly #events: RollupEvents;
  readonly #rollupInterface = contractInterface('Rollup');
  readonly #headers = new Map<Hex, L1Header>();
  readonly #feeConfigs = new Map<Hex, FeeConfig>([[feeConfigHash(GENESIS_FEE_CONFIG), GENESIS_FEE_CONFIG]]);
  #shownFinalized: L1Header | undefined;
  #toldFinalized = -1n;
  #headNumber: bigint | undefined;
  #failures = 0;
  #toldTrouble = false;

  constructor(options: RollupSourceOptions) {
    this.#options = options;
    const { rpc, rollup, inbox, lifecycle, follow, maxBlocks = 64, finalityDepth = 0n } = options;
    this.#reader = new L1Reader({ rpc, addresses: [rollup, inbox, lifecycle], follow, maxBlocks, finalityDepth });
    this.#events = new RollupEvents({ rollup, inbox, lifecycle });
  }

  /** Number of the block the endpoint last showed as the one we follow to; undefined = unknown now. */
  target(): bigint | undefined {
    return this.#failures > 0 ? undefined : this.#headNumber;
  }

  /** The next event; waits for one. @throws FatalL1Fault, or the signal's reason when aborted. */
  async next(cursor: L1Reference, known: (number: bigint) => Uint8Array | undefined, signal: AbortSignal): Promise<L1Event> {
    const chain: KnownL1Chain = { cursor: { number: cursor.number, hash: toHex(cursor.hash) }, hashAt: (number) => hexOrUndefined(known(number)) };
    for (;;) {
      signal.throwIfAborted();
      const finalized = this.#untoldFinality(chain);
      if (finalized !== undefined) {
        this.#toldFinalized = finalized.number;
        return { kind: 'l1-finalized', block: { number: finalized.number, hash: hashBytes(finalized.hash) } };
      }
      try {
        const step = await this.#reader.next(chain, signal);
        this.#see(step);
        const event = await this.#eventOf(step, signal);
        this.#failures = 0;
        if (this.#toldTrouble) {
          this.#toldTrouble = false;
          return { kind: 'l1-trouble', reason: undefined };
        }
        if (event !== undefined) return event;
        if (this.#untoldFinality(chain) === undefined) await this.#pause(this.#options.pollMilliseconds ?? 500, signal);
      } catch (fault) {
        signal.throwIfAborted();
        if (!(fault instanceof L1Fault) || fault instanceof FatalL1Fault) throw fault;
        const trouble = await this.#bear(fault, signal);
        if (trouble !== undefined) return trouble;
      }
    }
  }

  #see(step: L1Step): void {
    this.#shownFinalized = step.tips.finalized;
    this.#headNumber = this.#options.follow === 'latest' ? step.tips.head.number : step.tips.finalized.number;
    if (step.kind === 'forward') for (const block of step.blocks) this.#remember(block.header);
  }

  /** A finalized block to tell: only once the follower holds it, so that finality never names an unknown block. */
  #untoldFinality(chain: KnownL1Chain): L1Header | undefined {
    const shown = this.#shownFinalized;
    if (shown === undefined || shown.number <= this.#toldFinalized || shown.number > chain.cursor.number) return undefined;
    return chain.hashAt(shown.number) === shown.hash ? shown : undefined;
  }

  async #bear(fault: L1Fault, signal: AbortSignal): Promise<L1Event | undefined> {
    this.#failures += 1;
    this.#options.onFault?.(fault);
    this.#options.rpc.turnToNextEndpoint();
    if (this.#failures >= (this.#options.patience ?? 3) && !this.#toldTrouble) {
      this.#toldTrouble = true;
      return { kind: 'l1-trouble', reason: `${fault.code}: ${fault.message}` };
    }
    await this.#pause(Math.min(100 * 2 ** Math.min(this.#failures, 10), LONGEST_PAUSE_MILLISECONDS), signal);
    return undefined;
  }

  async #pause(milliseconds: number, signal: AbortSignal): Promise<void> {
    try {
      await sleep(milliseconds, undefined, { signal });
    } catch (cause) {
      signal.throwIfAborted();
      throw cause;
    }
  }

  async #eventOf(step: L1Step, signal: AbortSignal): Promise<L1Event | undefined> {
    if (step.kind === 'current') return undefined;
    if (step.kind === 'unwind' && this.#toldFinalized > step.ancestor.number) this.#toldFinalized = step.ancestor.number;
    if (step.kind === 'unwind') return { kind: 'l1-reorged', ancestor: { number: step.ancestor.number, hash: hashBytes(step.ancestor.hash) } };
    const blocks: FollowedBlock[] = [];
    const finalNumber = step.tips.finalized.number;
    for (const [position, block] of step.blocks.entries()) {
      const records = await this.#records(block, signal);
      // Final blocks without records are left out: nothing refers to them, and they are never unwound. The newest final one
      // stays, because finality is told by naming a block the follower holds.
      const isNeeded = records.length > 0 || block.header.number + (this.#options.rewindDepth ?? 0n) >= finalNumber || position === step.blocks.length - 1;
      if (isNeeded) blocks.push(followedBlock(block, records));
    }
    return { kind: 'l1-advanced', blocks };
  }

  async #records(block: L1Block, signal: AbortSignal): Promise<readonly L1Record[]> {
    const records: L1Record[] = [];
    for (const event of this.#events.decode(block)) {
      if (event.kind === 'finalized' && event.batchIndex === 0n) this.#requireGenesis(toHex(event.lastHash));
      else if (event.kind === 'fee-config') this.#feeConfigs.set(feeConfigHash(event.config), event.config);
      else records.push(await this.#record(event, block.header, signal));
    }
    return records;
  }

  #requireGenesis(hash: Hex): void {
    const { genesisHash, rollup } = this.#options;
    if (hash !== genesisHash) throw new FatalL1Fault('protocol', `Rollup ${rollup}: it was deployed with the L2 genesis ${hash}, this version computes ${genesisHash}`);
  }

  async #record(event: Exclude<RollupEvent, { kind: 'fee-config' }>, header: L1Header, signal: AbortSignal): Promise<L1Record> {
    if (event.kind === 'message') {
      return { kind: 'message', message: { index: event.index, raw: event.raw, accumulator: event.accumulator, l1Number: header.number, l1TransactionHash: hashBytes(event.log.transactionHash) } };
    }
    if (event.kind !== 'commit') return event;
    return { kind: 'commit', commit: await this.#commitRecord(event.commit, header, event.log.transactionHash, signal) };
  }

  async #commitRecord(commit: CommittedBatch, header: L1Header, transactionHash: Hex, signal: AbortSignal): Promise<CommitRecord> {
    const { inputs } = commit;
    const { l1ChainId, l2ChainId, rollup } = this.#options;
    if (inputs.l1ChainId !== l1ChainId || inputs.l2ChainId !== l2ChainId || inputs.rollup !== rollup) {
      throw new FatalL1Fault('protocol', `batch ${commit.index}: expected L1 ${l1ChainId}, L2 ${l2ChainId}, rollup ${rollup}; its inputs name ${inputs.l1ChainId}, ${inputs.l2ChainId}, ${inputs.rollup}`);
    }
    const { mode, payloadKind } = inputs;
    const isOperating = mode === MODES.operating && payloadKind === PAYLOAD_KINDS.calldata;
    const isEnforced = mode === MODES.enforced && payloadKind === PAYLOAD_KINDS.none;
    if (!isOperating && !isEnforced) {
      throw new FatalL1Fault('protocol', `batch ${commit.index}: mode ${mode} with payload kind ${payloadKind} is not read by this version, which knows Operating with calldata and Enforced without payload`);
    }
    return {
      index: commit.index, parentHash: hashBytes(inputs.parentHash), specId: inputs.specId, mode: isEnforced ? 2 : 1, payloadKind: isEnforced ? 0 : 1,
      payloadCommitment: hashBytes(inputs.payloadCommitment), payload: commit.payload, inboxFrom: inputs.inboxFrom, accFrom: hashBytes(inputs.accFrom),
      inboxTo: inputs.inboxTo, accTo: hashBytes(inputs.accTo), skipRoot: hashBytes(inputs.skipRoot),
      origin: isEnforced ? this.#noOrigin(commit) : await this.#origin(inputs.originNumber, inputs.originHash, signal), feeConfigHash: hashBytes(inputs.feeConfigHash),
      feeScalars: await this.#feeConfig(inputs.feeConfigHash, header, signal), commitTime: commit.commitTime, l1Number: header.number, l1TransactionHash: hashBytes(transactionHash),
    };
  }

  /** Nothing of an Enforced batch depends on an L1 block beyond its messages. */
  #noOrigin({ index, inputs }: CommittedBatch): undefined {
    if (inputs.originNumber === 0n && inputs.originHash === ZERO_HASH) return undefined;
    throw new FatalL1Fault('protocol', `batch ${index}: expected an Enforced batch without origin, got block ${inputs.originNumber} ${inputs.originHash}`);
  }

  /** The origin's header by the hash the contract stored: whoever serves it, the hash proves its base fee and time. */
  async #origin(number: bigint, hash: Hex, signal: AbortSignal): Promise<Origin> {
    const header = this.#headers.get(hash) ?? await this.#reader.headerByHash(hash, signal);
    if (header.number !== number) throw new FatalL1Fault('protocol', `origin ${hash}: expected number ${number}, its header says ${header.number}`);
    this.#remember(header);
    return { number, hash: hashBytes(hash), timestamp: header.timestamp, baseFeeWei: header.baseFeeWei };
  }

  /**
   * The scalars behind a feeConfigHash: those of an event that was followed; else what the Rollup has now, or had in an event before the
   * cursor. A block's state is the one at its end, and a commit may stand before a change in it. Every answer proves itself by the hash, so
   * the endpoint need not be trusted for it.
   */
  async #feeConfig(hash: Hex, header: L1Header, signal: AbortSignal): Promise<FeeConfig> {
    for (const look of [() => Promise.resolve([]), () => this.#feeConfigAt({ blockHash: header.hash }, signal), () => this.#feeConfigsSet(header.number, signal)]) {
      for (const config of await look()) this.#feeConfigs.set(feeConfigHash(config), config);
      const found = this.#feeConfigs.get(hash);
      if (found !== undefined) return found;
    }
    throw new LyingL1Fault('contradiction', `feeConfigHash ${hash}: no configuration that the endpoint shows hashes to it`);
  }

  /** None where the endpoint has no state of that block any more: the events have it then. */
  async #feeConfigAt(block: unknown, signal: AbortSignal): Promise<readonly FeeConfig[]> {
    const data = this.#rollupInterface.encodeFunctionData('feeConfig', []);
    let answer: Uint8Array;
    try {
      answer = readData(await this.#options.rpc.call('eth_call', [{ to: this.#options.rollup, data }, block], signal), 'feeConfig()');
    } catch (fault) {
      if (fault instanceof RetryableL1Fault && fault.code === 'rpc-error') return [];
      throw fault;
    }
    if (answer.length !== 96) throw new RetryableL1Fault('malformed', `feeConfig(): expected 96 bytes, got ${answer.length}`);
    const word = (position: number): bigint => BigInt(toHex(answer.subarray(32 * position, 32 * position + 32)));
    return [{ dataFeeScalar: word(0), surchargeScalar: word(1) }];
  }

  /** Every configuration that was ever set up to a block; one change in 30 days at most. */
  async #feeConfigsSet(upTo: bigint, signal: AbortSignal): Promise<readonly FeeConfig[]> {
    const topics = [this.#rollupInterface.getEvent('FeeConfigSet')?.topicHash];
    const logs = await this.#options.rpc.call('eth_getLogs', [{ address: this.#options.rollup, topics, fromBlock: '0x0', toBlock: `0x${upTo.toString(16)}` }], signal);
    if (!Array.isArray(logs)) throw new RetryableL1Fault('malformed', 'eth_getLogs: expected a list');
    return logs.map((log: unknown) => {
      const data = readData((log as { data?: unknown } | null)?.data, 'FeeConfigSet');
      const words = [0, 1].map((position) => BigInt(toHex(data.subarray(32 * position, 32 * position + 32))));
      return { dataFeeScalar: words[0] ?? 0n, surchargeScalar: words[1] ?? 0n };
    });
  }

  #remember(header: L1Header): void {
    this.#headers.set(header.hash, header);
    const oldest = this.#headers.size > MAX_CACHED_HEADERS ? this.#headers.keys().next().value : undefined;
    if (oldest !== undefined) this.#headers.delete(oldest);
  }
}

function hexOrUndefined(hash: Uint8Array | undefined): Hex | undefined {
  return hash === undefined ? undefined : toHex(hash);
}

function followedBlock(block: L1Block, records: readonly L1Record[]): FollowedBlock {
  const { number, hash, parentHash, timestamp, baseFeeWei } = block.header;
  return { number, hash: bytesOfHex(hash), parentHash: bytesOfHex(parentHash), timestamp, baseFeeWei, records };
}
