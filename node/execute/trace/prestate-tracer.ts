// geth's prestateTracer: the accounts and slots a transaction read, as it found them; with diffMode, what it changed.
//
// Owns: recording first reads, the comparison with the end, the JSON. Does not own: reading (overlay.ts tells each read).
// Source: geth's eth/tracers/native/prestate.go. Invariant: a value shown as "pre" is that of the transaction's start,
// because every write reads first.
import { fromKey, toHex, toWord } from '../bytes.ts';
import { EMPTY_CODE_HASH } from '../crypto.ts';
import type { Machine } from '../machine.ts';
import type { TracedOutcome, TracedTransaction, Tracer } from './tracer.ts';
import { quantity } from './tracer.ts';
import { toKey } from '../bytes.ts';
import type { Account, TraceJson, TraceOptions } from '../api.ts';

type Json = { [key: string]: TraceJson };

export class PrestateTracer implements Tracer {
  readonly #options: TraceOptions;
  readonly #accounts = new Map<string, Account | undefined>();
  readonly #slots = new Map<string, Map<string, Uint8Array>>();

  constructor(options: TraceOptions) {
    this.#options = options;
  }

  attach(machine: Machine, { sender, to, creates, coinbase }: TracedTransaction): void {
    machine.state.recorder = {
      account: (key, account) => {
        if (!this.#accounts.has(key)) this.#accounts.set(key, account);
      },
      slot: (key, slotKey, value) => {
        let slots = this.#slots.get(key);
        if (slots === undefined) this.#slots.set(key, (slots = new Map()));
        if (!slots.has(slotKey)) slots.set(slotKey, value);
      },
    };
    for (const address of [sender, to ?? creates, coinbase]) if (address !== undefined) machine.state.read(toKey(address));
  }

  result(machine: Machine, _outcome: TracedOutcome): TraceJson {
    machine.state.recorder = undefined;
    if (this.#options.diffMode === true) return this.#difference(machine);
    const json: Json = {};
    for (const [key, account] of this.#accounts) json[toHex(fromKey(key))] = this.#describe(machine, account, this.#slots.get(key) ?? new Map());
    return json;
  }

  #describe(machine: Machine, account: Account | undefined, slots: ReadonlyMap<string, Uint8Array>): Json {
    const json: Json = { balance: quantity(account?.balance ?? 0n) };
    if (account !== undefined && account.codeHash !== EMPTY_CODE_HASH && this.#options.disableCode !== true) json['code'] = toHex(machine.state.codeByHash(account.codeHash));
    if (account !== undefined && account.nonce > 0n) json['nonce'] = Number(account.nonce);
    if (slots.size > 0 && this.#options.disableStorageValues !== true) json['storage'] = storageJson(slots);
    return json;
  }

  #difference(machine: Machine): Json {
    const [pre, post]: [Json, Json] = [{}, {}];
    for (const [key, before] of this.#accounts) {
      const after = machine.state.read(key);
      const changedSlots = [...(this.#slots.get(key) ?? [])].map(([slotKey, value]) => ({ slotKey, before: value, after: machine.state.slot(key, slotKey) })).filter((slot) => Buffer.compare(slot.before, slot.after) !== 0);
      if (isSame(before, after) && changedSlots.length === 0) continue;
      const address = toHex(fromKey(key));
      if (before !== undefined) pre[address] = this.#describe(machine, before, nonZero(changedSlots.map((slot) => [slot.slotKey, slot.before])));
      if (after !== undefined) post[address] = this.#changes(machine, before, after, nonZero(changedSlots.map((slot) => [slot.slotKey, slot.after])));
    }
    return { post, pre };
  }

  #changes(machine: Machine, before: Account | undefined, after: Account, slots: ReadonlyMap<string, Uint8Array>): Json {
    const json: Json = {};
    if (after.balance !== (before?.balance ?? 0n)) json['balance'] = quantity(after.balance);
    if (after.nonce !== (before?.nonce ?? 0n)) json['nonce'] = Number(after.nonce);
    if (Buffer.compare(after.codeHash, before?.codeHash ?? EMPTY_CODE_HASH) !== 0 && this.#options.disableCode !== true) json['code'] = toHex(machine.state.codeByHash(after.codeHash));
    if (slots.size > 0 && this.#options.disableStorageValues !== true) json['storage'] = storageJson(slots);
    return json;
  }
}

function nonZero(slots: readonly (readonly [string, Uint8Array])[]): Map<string, Uint8Array> {
  return new Map(slots.filter(([, value]) => value.length > 0));
}

function storageJson(slots: ReadonlyMap<string, Uint8Array>): Json {
  return Object.fromEntries([...slots].map(([slotKey, value]) => [toHex(toWord(fromKey(slotKey))), toHex(toWord(value))]));
}

function isSame(a: Account | undefined, b: Account | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.nonce === b.nonce && a.balance === b.balance && Buffer.compare(a.codeHash, b.codeHash) === 0;
}
