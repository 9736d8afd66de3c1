// What eth_simulateV1 calls traceTransfers: each movement of ETH as if it were an ERC-20 Transfer of a token at 0xeeee…, among the real
// logs and in their order.
//
// Owns: the order of logs and transfers, and that a frame that fails takes its own along. Does not own: what happens in a frame.
// Source: execution-apis, eth_simulateV1; geth's internal/ethapi/logtracer.go. Invariant: without the transfers, these are the logs that
// the execution itself reports.
import type { EVMResult, Message } from '@ethereumjs/evm';
import { fromHex, toFixedBytes, toKey } from '../bytes.ts';
import type { Machine } from '../machine.ts';
import { ABSENT_ACCOUNT } from '../overlay.ts';
import type { RunState } from '../surcharge.ts';
import type { TracedTransaction } from './tracer.ts';
import type { Log } from '../api.ts';

const TRANSFER_ADDRESS = new Uint8Array(20).fill(0xee);
/** keccak256("Transfer(address,address,uint256)"). */
const TRANSFER_TOPIC = fromHex('ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef');
const [LOG0, LOG4, CALLCODE, SELFDESTRUCT] = [0xa0, 0xa4, 0xf2, 0xff];
const ADDRESS_MASK = (1n << 160n) - 1n;

/** `to` of a creation is known when it ends. */
interface Transfer { from: Uint8Array; to: Uint8Array | undefined; value: bigint }
type Entry = { readonly log: Log } | { readonly transfer: Transfer };
interface OpenFrame { readonly entries: Entry[]; readonly own: Transfer | undefined }

export class TransferTracer {
  readonly #done: Entry[] = [];
  readonly #open: OpenFrame[] = [];
  #creates: Uint8Array | undefined;
  #lastOpcode = 0;

  attach(machine: Machine, { creates }: TracedTransaction): void {
    this.#creates = creates;
    machine.observer = (opcode, runState) => this.#observe(machine, opcode, runState);
    machine.evm.events.on('beforeMessage', (message: Message) => this.#enter(message));
    machine.evm.events.on('afterMessage', (result: EVMResult) => this.#leave(result));
  }

  detach(machine: Machine): void {
    machine.observer = undefined;
    machine.evm.events.removeAllListeners();
  }

  #observe(machine: Machine, opcode: number, runState: RunState): void {
    this.#lastOpcode = opcode;
    const current = this.#open.at(-1);
    if (current === undefined) return;
    const address = runState.interpreter.getAddress().bytes;
    if (opcode >= LOG0 && opcode <= LOG4) {
      const [offset = 0n, length = 0n, ...topics] = runState.stack.peek(2 + opcode - LOG0);
      const data = length === 0n ? new Uint8Array(0) : runState.memory.read(Number(offset), Number(length)).slice();
      current.entries.push({ log: { address, topics: topics.map((topic) => toFixedBytes(topic, 32)), data } });
    }
    if (opcode !== SELFDESTRUCT) return;
    const { balance } = machine.state.read(toKey(address)) ?? ABSENT_ACCOUNT;
    const [heir = 0n] = runState.stack.peek(1);
    if (balance > 0n) current.entries.push({ transfer: { from: address, to: toFixedBytes(heir & ADDRESS_MASK, 20), value: balance } });
  }

  #enter(message: Message): void {
    const isMoving = message.value > 0n && !message.delegatecall && !(message.depth > 0 && this.#lastOpcode === CALLCODE);
    const to = message.to?.bytes ?? (message.depth === 0 ? this.#creates : undefined);
    const own: Transfer | undefined = isMoving ? { from: message.caller.bytes, to, value: message.value } : undefined;
    this.#open.push({ entries: own === undefined ? [] : [{ transfer: own }], own });
  }

  #leave({ execResult, createdAddress }: EVMResult): void {
    const left = this.#open.pop();
    if (left === undefined || execResult.exceptionError !== undefined) return;
    if (left.own !== undefined && left.own.to === undefined && createdAddress !== undefined) left.own.to = createdAddress.bytes;
    (this.#open.at(-1)?.entries ?? this.#done).push(...left.entries);
  }

  /** Of the transaction that ended. */
  logs(): readonly Log[] {
    const word = (address: Uint8Array): Uint8Array => toFixedBytes(BigInt(`0x${Buffer.from(address).toString('hex')}`), 32);
    return this.#done.map((entry) => ('log' in entry ? entry.log : {
      address: TRANSFER_ADDRESS, topics: [TRANSFER_TOPIC, word(entry.transfer.from), word(entry.transfer.to ?? new Uint8Array(20))], data: toFixedBytes(entry.transfer.value, 32),
    }));
  }
}
