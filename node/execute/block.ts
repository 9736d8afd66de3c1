// Runs the elements of one block in order and gathers what its header commits to.
//
// Owns: order, cumulative gas and zkGas, receipts, drops, block validity (SPEC.md section 6). Does not own: one
// transaction's effects (transition.ts), the state commit (state-commit.ts), persistence (engine.ts).
// Invariant: a refused element leaves the run as it was; header fields depend on nothing but parent, input and state.
import { Address } from '@ethereumjs/util';
import { BLOCK_GAS_LIMIT, MAX_BLOCK_ZKGAS, nextBaseFeeWei } from '@keyfall/protocol';
import { keccak256 } from './crypto.ts';
import { COINBASE, encodeReceipt, logsBloom, mergeBloom } from './header.ts';
import type { Machine } from './machine.ts';
import { checkSigned, DROPPED_FOR_SURCHARGE, messageTransaction } from './message.ts';
import { applyMessage, applyOrdinary, applySigned, randaoInput, recordParentHash } from './transition.ts';
import type { Room, TransactionOutcome, TransitionContext, TransitionResult } from './transition.ts';
import type { BlockHeader, BlockTransaction, DroppedMessage, FeeParameters, IncludedTransaction, InboxMessage, InvalidBlock, SentTransaction } from './api.ts';

/** What a block's transactions see, given its parent. */
export function blockContext(chainId: bigint, parent: BlockHeader, parentHash: Uint8Array, timestamp: bigint, fees: FeeParameters): TransitionContext {
  const number = parent.number + 1n;
  const baseFeeWei = nextBaseFeeWei({ baseFeeWei: parent.baseFeePerGas, gasUsed: parent.gasUsed });
  return {
    chainId, coinbase: COINBASE, baseFeeWei, baseFeeRecipient: COINBASE, fees,
    block: {
      header: {
        number, timestamp, coinbase: new Address(COINBASE), difficulty: 0n, prevRandao: keccak256(randaoInput(parentHash, number)),
        gasLimit: BLOCK_GAS_LIMIT, baseFeePerGas: baseFeeWei, getBlobGasPrice: () => 1n,
      },
    },
  };
}

/** Why this block cannot have these messages at this time, or undefined. */
export function checkTimes(parent: BlockHeader, timestamp: bigint, messages: readonly InboxMessage[]): InvalidBlock | undefined {
  if (timestamp <= parent.timestamp) return { code: 'timestamp', message: `expected a timestamp above the parent's ${parent.timestamp}, got ${timestamp}` };
  const late = messages.find((message) => message.l1Time > timestamp);
  if (late !== undefined) return { code: 'timestamp', message: `expected a timestamp of at least message ${late.index}'s time ${late.l1Time}, got ${timestamp}` };
  return undefined;
}

/** Watches a replay: told before and after each transaction that is run, by its position in the block; one that is dropped for what its run showed leaves the position to the next. */
export interface RunWatcher {
  before(transaction: BlockTransaction, position: number): void;
  after(transaction: BlockTransaction, position: number, outcome: TransactionOutcome): void;
  dropped(): void;
}

/** One block being run. */
export class BlockRun {
  readonly included: IncludedTransaction[] = [];
  readonly dropped: DroppedMessage[] = [];
  readonly bloom = new Uint8Array(256);
  readonly #machine: Machine;
  readonly #context: TransitionContext;
  #gasUsed = 0n;
  #zkGasUsed = 0n;

  readonly #watcher: RunWatcher | undefined;

  constructor(machine: Machine, context: TransitionContext, watcher?: RunWatcher) {
    this.#machine = machine;
    this.#context = context;
    this.#watcher = watcher;
  }

  get gasUsed(): bigint {
    return this.#gasUsed;
  }

  get zkGasUsed(): bigint {
    return this.#zkGasUsed;
  }

  get room(): Room {
    const gasLeft = BLOCK_GAS_LIMIT - this.#gasUsed;
    return { gasLeft: gasLeft > 0n ? gasLeft : 0n, zkGasLeft: Math.max(0, Number(MAX_BLOCK_ZKGAS - this.#zkGasUsed)) };
  }

  async start(parentHash: Uint8Array): Promise<void> {
    await recordParentHash(this.#machine, this.#context, parentHash);
  }

  /** Runs one message; undefined if it was dropped. */
  async message(message: InboxMessage): Promise<IncludedTransaction | undefined> {
    const { chainId } = this.#context;
    if (message.kind !== 3) {
      const transaction = messageTransaction(message, chainId);
      this.#watcher?.before(transaction, this.included.length);
      return this.#include(transaction, await applyMessage(this.#machine, this.#context, transaction));
    }
    this.#machine.state.beginTransaction();
    const checked = checkSigned(this.#machine, message, chainId);
    if (!checked.ok) {
      this.dropped.push({ messageIndex: message.index, reason: checked.reason });
      return undefined;
    }
    this.#watcher?.before(checked.transaction, this.included.length);
    const outcome = await applySigned(this.#machine, this.#context, checked.transaction, message.surcharge);
    if (outcome !== undefined) return this.#include(checked.transaction, outcome);
    this.#watcher?.dropped();
    // It was run, and is proven like the rest: it takes as much of the caps as it would have included.
    this.#zkGasUsed += checked.transaction.gasLimit + message.surcharge;
    this.dropped.push({ messageIndex: message.index, reason: DROPPED_FOR_SURCHARGE });
    return undefined;
  }

  /** Why the messages alone already break a cap of the block, or undefined. */
  overflow(): InvalidBlock | undefined {
    if (this.#zkGasUsed <= MAX_BLOCK_ZKGAS && this.#gasUsed <= BLOCK_GAS_LIMIT) return undefined;
    return { code: 'zk-gas', message: `expected at most ${MAX_BLOCK_ZKGAS} zkGas in the block, got ${this.#zkGasUsed} from its messages` };
  }

  /** Runs one ordinary transaction; a refusal changed nothing. @param mayWait as applyOrdinary takes it */
  async ordinary(transaction: SentTransaction, mayWait = false): Promise<TransitionResult> {
    this.#watcher?.before(transaction, this.included.length);
    const result = await applyOrdinary(this.#machine, this.#context, transaction, this.room, mayWait);
    if (result.ok) this.#include(transaction, result.outcome);
    return result;
  }

  #include(transaction: BlockTransaction, outcome: TransactionOutcome): IncludedTransaction {
    this.#watcher?.after(transaction, this.included.length, outcome);
    this.#gasUsed += outcome.gasUsed;
    this.#zkGasUsed += outcome.gasUsed + outcome.surchargeUsed;
    const bloom = logsBloom(outcome.logs);
    mergeBloom(this.bloom, bloom);
    const consensus = { type: transaction.type, status: outcome.status, cumulativeGasUsed: this.#gasUsed, logsBloom: bloom, logs: outcome.logs };
    const included: IncludedTransaction = {
      transaction,
      receipt: {
        ...consensus, gasUsed: outcome.gasUsed, effectiveGasPrice: outcome.effectiveGasPrice, contractAddress: outcome.contractAddress,
        surchargeUsed: outcome.surchargeUsed, dataFee: outcome.dataFeeWei, surchargeFee: outcome.surchargeFeeWei, raw: encodeReceipt(consensus),
      },
    };
    this.included.push(included);
    return included;
  }
}
