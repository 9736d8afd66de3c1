// Builders the execution tests share: a chain in memory, funded accounts, signed transactions, messages.
import { Wallet } from 'ethers';
import type { TransactionLike } from 'ethers';
import { createEngine, MemoryStore, recoverTransaction } from '../../../node/execute/index.ts';
import type { BlockInput, CandidateOutcome, CandidateSource, ExecutionEngine, FeeParameters, GenesisAccount, InboxMessage, PendingBlock, SentTransaction } from '../../../node/execute/index.ts';
import { fromHex } from '../../../node/execute/bytes.ts';

export const CHAIN_ID = 531_337n;
export const FEES: FeeParameters = { originBaseFeeWei: 1_000_000_000n, dataFeeScalar: 1_000_000n, surchargeScalar: 1_000_000n };
export const ETHER = 10n ** 18n;
/** Runtime code of EIP-2935's contract, from the EIP. */
export const HISTORY_CODE = fromHex('3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257611fff81430311604257611fff9006545f5260205ff35b5f5ffd5b5f35611fff60014303065500');
export const HISTORY_ADDRESS = fromHex('0000f90827f1c53a10cb7a02335b175320002935');
export const FEE_VAULT_ADDRESS = fromHex('4b657966616c6c00000000000000000000000004');

export const wallets = Array.from({ length: 8 }, (_, i) => new Wallet(`0x${(i + 1).toString(16).padStart(64, '0')}`));
export const addressOf = (wallet: Wallet): Uint8Array => fromHex(wallet.address);

export type Alloc = { address: Uint8Array; account: GenesisAccount }[];

export async function newChain(options: { alloc?: Alloc; store?: MemoryStore; retainedBlocks?: bigint; balance?: bigint } = {}): Promise<ExecutionEngine> {
  const entries: Alloc = [
    { address: HISTORY_ADDRESS, account: { nonce: 1n, code: HISTORY_CODE } },
    { address: FEE_VAULT_ADDRESS, account: { nonce: 1n, code: fromHex('00') } },
    ...wallets.map((wallet) => ({ address: addressOf(wallet), account: { balance: options.balance ?? 1000n * ETHER } })),
    ...(options.alloc ?? []),
  ];
  // A test's own accounts replace the common ones.
  const alloc = [...new Map(entries.map((entry) => [Buffer.from(entry.address).toString('hex'), entry])).values()];
  return createEngine({ chainId: CHAIN_ID, store: options.store ?? new MemoryStore(), genesis: { timestamp: 0n, alloc }, recoveryWorkers: 0, ...(options.retainedBlocks === undefined ? {} : { retainedBlocks: options.retainedBlocks }) });
}

export async function sign(wallet: Wallet, fields: Partial<TransactionLike>): Promise<SentTransaction> {
  const raw = fromHex(await wallet.signTransaction({ type: 2, chainId: CHAIN_ID, gasLimit: 21_000n, maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 0n, value: 0n, ...fields } as TransactionLike));
  const recovered = recoverTransaction(raw);
  if (!recovered.ok) throw new Error(recovered.message);
  return recovered.transaction;
}

export function blockInput(engine: ExecutionEngine, fields: Partial<BlockInput> = {}): BlockInput {
  return { parentHash: engine.head.hash, timestamp: engine.head.header.timestamp + 1n, fees: FEES, messages: [], ...fields };
}

export class ListSource implements CandidateSource {
  readonly outcomes: CandidateOutcome[] = [];
  readonly #candidates: SentTransaction[];
  constructor(candidates: readonly SentTransaction[]) {
    this.#candidates = [...candidates];
  }
  next(): SentTransaction | undefined {
    return this.#candidates.shift();
  }
  outcome(_transaction: SentTransaction, outcome: CandidateOutcome): void {
    this.outcomes.push(outcome);
  }
}

/** Executes strictly; throws if the block is invalid. */
export async function execute(engine: ExecutionEngine, transactions: readonly SentTransaction[], fields: Partial<BlockInput> = {}): Promise<PendingBlock> {
  const result = await engine.executeBlock({ ...blockInput(engine, fields), transactions });
  if (!result.ok) throw new Error(`${result.invalid.code}: ${result.invalid.message}`);
  return result.pending;
}

export async function advance(engine: ExecutionEngine, transactions: readonly SentTransaction[] = [], fields: Partial<BlockInput> = {}): Promise<PendingBlock['block']> {
  const pending = await execute(engine, transactions, fields);
  await pending.commit();
  return pending.block;
}

export function message(fields: Partial<InboxMessage> & Pick<InboxMessage, 'kind'>): InboxMessage {
  return { index: 0n, sender: addressOf(wallets[7]!), to: new Uint8Array(20), mint: 0n, value: 0n, gas: 200_000n, surcharge: 1_000_000n, l1Time: 0n, data: new Uint8Array(0), ...fields };
}

/** EVM code from opcodes (numbers) and data (hex without 0x, or bytes). */
export function assemble(...parts: readonly (number | string | Uint8Array)[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.of(part) : typeof part === 'string' ? Buffer.from(part, 'hex') : Buffer.from(part)))));
}

/** CALL(gas, target, value on the stack's behalf 0, no data), dropping the result. */
export function callTo(target: Uint8Array): Uint8Array {
  return assemble(0x5f, 0x5f, 0x5f, 0x5f, 0x5f, 0x73, target, 0x5a, 0xf1, 0x50);
}

/** KECCAK256 of `size` bytes at 0, dropped. */
export function keccakOf(size: number): Uint8Array {
  return assemble(0x62, size.toString(16).padStart(6, '0'), 0x5f, 0x20, 0x50);
}

export const contractAddress = (tag: number): Uint8Array => fromHex(`c0de${'00'.repeat(17)}${tag.toString(16).padStart(2, '0')}`);
