// One L2 block from its parent and what L1 says is in it: SPEC section 6. Owns order, the block's caps, receipts, roots and the header's bytes. Does
// not own which blocks a batch makes (plan.ts).
// Invariant: a block's hash depends on parent, input and state alone; an invalid block leaves the caller to go back to the parent's root.

import { createBlock } from '@ethereumjs/block';
import { Address } from '@ethereumjs/util';
import { Bloom } from '@ethereumjs/vm';
import {
  addressBytes, BLOCK_GAS_LIMIT, bytesToBigint, concat, encodeRlp, FEE_VAULT, fromHex, GENESIS_BASE_FEE_WEI, hashBytes, keccak, MAX_BLOCK_ZKGAS, minimalBytes, nextBaseFeeWei, toHex, uintBytes, words,
  type Drop, type FeeConfig, type Hex, type InboxMessage,
} from '@keyfall/protocol';
import { orderedRoot } from '../l1/receipts.ts';
import type { Machine } from './machine.ts';
import { InvalidTransaction, runDeposit, runOrdinary, runSigned, type Ran } from './transactions.ts';

/** What a block needs to know of the one before it. */
export interface BlockHead {
  readonly number: bigint;
  readonly hash: Hex;
  readonly stateRoot: Hex;
  readonly timestamp: bigint;
  readonly baseFeeWei: bigint;
  readonly gasUsed: bigint;
}

interface BlockInput {
  readonly timestamp: bigint;
  readonly messages: readonly { readonly index: bigint; readonly message: InboxMessage }[];
  readonly transactions: readonly Uint8Array[];
  readonly originBaseFeeWei: bigint;
  readonly fees: FeeConfig;
}

interface BlockOutcome {
  readonly head: BlockHead;
  readonly zkGasUsed: bigint;
  readonly drops: readonly Drop[];
}

/** Why what a payload says is no block. */
export class InvalidBlock extends Error {}

const VAULT = addressBytes(FEE_VAULT);
const EXTRA_DATA = fromHex('0x4b657966616c6c');
const EMPTY_LIST_HASH = keccak(encodeRlp([]));
const EMPTY_TRIE = keccak(encodeRlp(new Uint8Array(0)));
/** sha256 of nothing: no requests (EIP-7685). */
const NO_REQUESTS = fromHex('0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
const ZERO = new Uint8Array(32);
/** EIP-2935. */
const HISTORY = new Address(fromHex('0x0000f90827f1c53a10cb7a02335b175320002935'));
const HISTORY_WINDOW = 8_191n;

/** Block 0 over a state. */
export function genesisHead(stateRoot: Uint8Array): BlockHead {
  const fields = { number: 0n, parentHash: ZERO, timestamp: 0n, baseFeeWei: GENESIS_BASE_FEE_WEI, gasUsed: 0n, stateRoot, transactionsRoot: EMPTY_TRIE, receiptsRoot: EMPTY_TRIE, bloom: new Uint8Array(256) };
  return headOf(fields);
}

interface Fields {
  readonly number: bigint;
  readonly parentHash: Uint8Array;
  readonly timestamp: bigint;
  readonly baseFeeWei: bigint;
  readonly gasUsed: bigint;
  readonly stateRoot: Uint8Array;
  readonly transactionsRoot: Uint8Array;
  readonly receiptsRoot: Uint8Array;
  readonly bloom: Uint8Array;
}

const randao = (parentHash: Uint8Array, number: bigint): Uint8Array => keccak(words(parentHash, number));

function headOf(fields: Fields): BlockHead {
  const { number, parentHash, timestamp, baseFeeWei, gasUsed, stateRoot, transactionsRoot, receiptsRoot, bloom } = fields;
  const none = minimalBytes(0n);
  const header = encodeRlp([
    parentHash, EMPTY_LIST_HASH, VAULT, stateRoot, transactionsRoot, receiptsRoot, bloom, none, minimalBytes(number), minimalBytes(BLOCK_GAS_LIMIT), minimalBytes(gasUsed), minimalBytes(timestamp),
    EXTRA_DATA, randao(parentHash, number), new Uint8Array(8), minimalBytes(baseFeeWei), EMPTY_TRIE, none, none, ZERO, NO_REQUESTS,
  ]);
  return { number, hash: toHex(keccak(header)), stateRoot: toHex(stateRoot), timestamp, baseFeeWei, gasUsed };
}

/** Runs a block on the parent's state. @throws InvalidBlock */
export async function runBlock(machine: Machine, parent: BlockHead, input: BlockInput): Promise<BlockOutcome> {
  if (input.timestamp <= parent.timestamp) throw new InvalidBlock(`expected a timestamp above ${parent.timestamp}, got ${input.timestamp}`);
  const late = input.messages.find(({ message }) => message.l1Time > input.timestamp);
  if (late !== undefined) throw new InvalidBlock(`message ${late.index} is younger (${late.message.l1Time}) than the block (${input.timestamp})`);
  // One checkpoint over the block: within it the state manager keeps changes in its caches, and writes the tries once.
  await machine.state.checkpoint();
  const run = await runAll(machine, parent, input).catch(async (cause: unknown) => {
    if (cause instanceof InvalidBlock) await machine.state.revert();
    throw cause;
  });
  await machine.state.commit();
  const bloom = new Bloom();
  const receipts = run.reduce<{ readonly total: bigint; readonly raw: readonly Uint8Array[] }>(({ total, raw }, ran) => {
    const own = new Bloom();
    for (const [address, topics] of ran.logs) for (const item of [address, ...topics]) own.add(item);
    bloom.or(own);
    const body = encodeRlp([minimalBytes(BigInt(ran.status)), minimalBytes(total + ran.gasUsed), own.bitvector, ran.logs.map(([address, topics, data]) => [address, [...topics], data])]);
    return { total: total + ran.gasUsed, raw: [...raw, ran.type === 0 ? body : concat(Uint8Array.of(ran.type), body)] };
  }, { total: 0n, raw: [] });
  const head = headOf({
    number: parent.number + 1n, parentHash: hashBytes(parent.hash), timestamp: input.timestamp, baseFeeWei: baseFeeAfter(parent), gasUsed: receipts.total, stateRoot: await machine.state.getStateRoot(),
    transactionsRoot: await orderedRoot(run.map(({ raw }) => raw)), receiptsRoot: await orderedRoot(receipts.raw), bloom: bloom.bitvector,
  });
  return { head, zkGasUsed: run.zkGasUsed, drops: run.drops };
}

const baseFeeAfter = ({ baseFeeWei, gasUsed }: BlockHead): bigint => nextBaseFeeWei({ baseFeeWei, gasUsed });
const zkGasOf = (run: readonly Ran[]): bigint => run.reduce((sum, { gasUsed, surchargeUsed }) => sum + gasUsed + surchargeUsed, 0n);
const gasOf = (run: readonly Ran[]): bigint => run.reduce((sum, { gasUsed }) => sum + gasUsed, 0n);

async function runAll(machine: Machine, parent: BlockHead, input: BlockInput): Promise<readonly Ran[] & { readonly drops: readonly Drop[]; readonly zkGasUsed: bigint }> {
  const [number, baseFeeWei] = [parent.number + 1n, baseFeeAfter(parent)];
  const block = createBlock({ header: {
    number, timestamp: input.timestamp, coinbase: new Address(VAULT), gasLimit: BLOCK_GAS_LIMIT, baseFeePerGas: baseFeeWei, parentHash: hashBytes(parent.hash), mixHash: randao(hashBytes(parent.hash), number), excessBlobGas: 0n, blobGasUsed: 0n,
  } }, { common: machine.common, skipConsensusFormatValidation: true, freeze: false });
  const rules = { block, baseFeeWei, originBaseFeeWei: input.originBaseFeeWei, fees: input.fees };
  await recordParent(machine, parent);
  const ran: Ran[] = [];
  const drops: Drop[] = [];
  let droppedZkGas = 0n;
  const zkGas = (): bigint => zkGasOf(ran) + droppedZkGas;
  for (const { index, message } of input.messages) {
    const result = message.kind === 'signed' ? await runSigned(machine, rules, message) : await runDeposit(machine, rules, message, index);
    if ('dropped' in result) {
      drops.push({ index, reason: result.dropped });
      droppedZkGas += result.zkGas;
    } else {
      ran.push(result);
    }
  }
  if (zkGas() > MAX_BLOCK_ZKGAS || gasOf(ran) > BLOCK_GAS_LIMIT) throw new InvalidBlock(`its messages take ${zkGas()} zkGas, expected at most ${MAX_BLOCK_ZKGAS}`);
  for (const [position, raw] of input.transactions.entries()) {
    try {
      ran.push(await runOrdinary(machine, rules, raw, { gas: BLOCK_GAS_LIMIT - gasOf(ran), zkGas: MAX_BLOCK_ZKGAS - zkGas() }));
    } catch (cause) {
      if (cause instanceof InvalidTransaction) throw new InvalidBlock(`transaction ${position}: ${cause.message}`, { cause });
      throw cause;
    }
    await new Promise((resolve) => { setImmediate(resolve); });
  }
  return Object.assign(ran, { drops, zkGasUsed: zkGas() });
}

/** What EIP-2935's contract does when the system calls it, written into its storage directly; nothing where it has no code. */
async function recordParent({ state }: Machine, parent: BlockHead): Promise<void> {
  if ((await state.getCode(HISTORY)).length === 0) return;
  const bytes = hashBytes(parent.hash);
  const first = bytes.findIndex((byte) => byte !== 0);
  await state.putStorage(HISTORY, uintBytes(parent.number % HISTORY_WINDOW, 32), first < 0 ? new Uint8Array(0) : bytes.subarray(first));
  state.originalStorageCache.clear();
}

/** A storage word of the state that was run last. */
export async function storageWord({ state }: Machine, address: Hex, slot: Hex): Promise<bigint> {
  return bytesToBigint(await state.getStorage(new Address(addressBytes(address)), hashBytes(slot)));
}
