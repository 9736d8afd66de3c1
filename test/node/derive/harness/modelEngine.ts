// A tiny deterministic execution for derivation's laws: hashes instead of an EVM, thousands of blocks a second.
//
// Owns: the model's rules. Its state lives in the same store as derivation's records, so that atomicity and crashes are
// those of the real engine. A transaction of the model is 4 bytes or more: [0] odd = no valid signature, [1] > 200 = cannot
// be included now, [2] x 100,000 = zkGas.

import { bytesToBigint, concat, equalBytes, keccak, uintBytes } from '@keyfall/protocol';
import { ExecutionFault, type BlockHeader, type ExecutedBlock, type ExecuteBlockResult, type RecoveredTransaction, type SentTransaction, type StateKeyValue, type StateWrite, type StrictBlockInput } from '../../../../node/execute/api.ts';
import type { DerivationEngine } from '../../../../node/derive/batch.ts';

const HEAD = Uint8Array.of(1);
const blockKey = (number: bigint): Uint8Array => concat(Uint8Array.of(2), uintBytes(number, 8));

/** Stored form of a block: number, timestamp, hash, state root. */
function encodeBlock(header: BlockHeader, hash: Uint8Array): Uint8Array {
  return concat(uintBytes(header.number, 8), uintBytes(header.timestamp, 32), hash, header.stateRoot);
}

function decodeBlock(bytes: Uint8Array): { header: BlockHeader; hash: Uint8Array } {
  const header = { number: bytesToBigint(bytes.slice(0, 8)), timestamp: bytesToBigint(bytes.slice(8, 40)), stateRoot: bytes.slice(72, 104) } as BlockHeader;
  return { header, hash: bytes.slice(40, 72) };
}

export const MODEL_GENESIS = { header: { number: 0n, timestamp: 0n, stateRoot: keccak(Uint8Array.of(0)) } as BlockHeader, hash: keccak(Uint8Array.of(7)) };

export class ModelEngine implements DerivationEngine {
  readonly #store: StateKeyValue;
  constructor(store: StateKeyValue) { this.#store = store; }

  get head(): { header: BlockHeader; hash: Uint8Array } {
    const number = this.#store.get(HEAD);
    const bytes = number === undefined ? undefined : this.#store.get(blockKey(bytesToBigint(number)));
    return bytes === undefined ? MODEL_GENESIS : decodeBlock(bytes);
  }

  async recoverTransactions(raws: readonly Uint8Array[]): Promise<readonly RecoveredTransaction[]> {
    return raws.map((raw) => (raw.length < 4 || ((raw[0] ?? 1) & 1) === 1
      ? { ok: false, code: 'invalid-signature', message: 'model' }
      : { ok: true, transaction: { raw, hash: keccak(raw) } as SentTransaction }));
  }

  async executeBlock(input: StrictBlockInput): Promise<ExecuteBlockResult> {
    const parent = this.head;
    if (!equalBytes(input.parentHash, parent.hash)) throw new ExecutionFault('stale-block', 'model: not the head');
    if (input.timestamp <= parent.header.timestamp) return { ok: false, invalid: { code: 'timestamp', message: 'model' } };
    const refused = input.transactions.findIndex((tx) => (tx.raw[1] ?? 0) > 200);
    if (refused >= 0) return { ok: false, invalid: { code: 'transaction', index: refused, reason: 'nonce-too-low', message: 'model' } };
    const zkGasUsed = input.transactions.reduce((sum, tx) => sum + BigInt(tx.raw[2] ?? 0) * 100_000n, 0n);
    const parts = [...input.messages.map((message) => concat(uintBytes(message.index, 8), message.data)), ...input.transactions.map((tx) => tx.raw)].map((part) => keccak(part));
    const hash = keccak(parent.hash, uintBytes(input.timestamp, 32), uintBytes(input.fees.originBaseFeeWei, 32), ...parts);
    const header = { number: parent.header.number + 1n, timestamp: input.timestamp, stateRoot: keccak(hash) } as BlockHeader;
    const dropped = input.messages.filter((message) => message.kind === 3).map((message) => ({ messageIndex: message.index, reason: 1 }));
    const block: ExecutedBlock = { header, hash, headerRaw: hash, transactions: [], dropped, zkGasUsed };
    const commit = async (alongside: readonly StateWrite[] = []): Promise<void> => {
      await this.#store.write([{ key: blockKey(header.number), value: encodeBlock(header, hash) }, { key: HEAD, value: uintBytes(header.number, 8) }, ...alongside]);
    };
    return { ok: true, pending: { block, commit } };
  }

  async unwind(blockNumber: bigint, alongside: readonly StateWrite[] = []): Promise<void> {
    const removed: StateWrite[] = [];
    for (let number = this.head.header.number; number > blockNumber; number -= 1n) removed.push({ key: blockKey(number), value: undefined });
    await this.#store.write([...removed, { key: HEAD, value: blockNumber === 0n ? undefined : uintBytes(blockNumber, 8) }, ...alongside]);
  }
}
