// The changes of a block or a call on top of a committed state, as the state manager the EVM runs on.
//
// Owns: checkpoints in O(changes), original slot values per transaction, what changed for the commit. Does not own: the
// state beneath (BaseState), roots (state-commit.ts), warm sets (EthereumJS's journal).
// Invariant: revert restores exactly what checkpoint saw; values handed out are copies, so that the EVM's habit of
// changing accounts in place touches nothing before putAccount.
import { Account as EvmAccount } from '@ethereumjs/util';
import type { Address } from '@ethereumjs/util';
import type { AccountFields, StateManagerInterface } from '@ethereumjs/common';
import { toKey, trimZeros } from './bytes.ts';
import { EMPTY_CODE_HASH, EMPTY_TRIE_ROOT, keccak256 } from './crypto.ts';
import type { BaseState } from './state-view.ts';
import type { Account } from './api.ts';

const NO_BYTES = new Uint8Array(0);

interface SlotOverlay {
  /** True when nothing beneath shows through. */
  isCleared: boolean;
  /** Current values, read or written. */
  values: Map<string, Uint8Array>;
  written: Set<string>;
}
type Undo =
  | { kind: 'account'; key: string; before: Account | null }
  | { kind: 'slot'; slots: SlotOverlay; key: string; before: Uint8Array }
  | { kind: 'clear'; key: string; before: SlotOverlay | undefined };

/** Told of every account and slot value read, so that a tracer learns what a transaction found. */
export interface StateRecorder {
  account(addressKey: string, account: Account | undefined): void;
  slot(addressKey: string, slotKey: string, value: Uint8Array): void;
}

/** Account fields with the values of an account that does not exist. */
export const ABSENT_ACCOUNT: Account = { nonce: 0n, balance: 0n, codeHash: EMPTY_CODE_HASH, storageRoot: EMPTY_TRIE_ROOT };

/** State manager over a BaseState. `attach` starts afresh on another base. */
export class OverlayState implements StateManagerInterface {
  #base: BaseState;
  /** null = does not exist. */
  #accounts = new Map<string, Account | null>();
  #writtenAccounts = new Set<string>();
  #slots = new Map<string, SlotOverlay>();
  #codes = new Map<string, Uint8Array>();
  #undo: Undo[] = [];
  #marks: number[] = [];
  /** Slot values at the start of the transaction, for slots written since. */
  #originals = new Map<string, Uint8Array>();
  /** Hash of each code handed out: codes are never changed in place, and outlive blocks in the cache beneath. */
  readonly #codeHashes = new WeakMap<Uint8Array, string>();
  recorder: StateRecorder | undefined;

  readonly originalStorageCache = {
    get: (address: Address, key: Uint8Array): Promise<Uint8Array> => {
      const addressKey = toKey(address.bytes);
      const slotKey = toKey(key);
      return Promise.resolve(this.#originals.get(addressKey + slotKey) ?? this.slot(addressKey, slotKey));
    },
    clear: (): void => this.#originals.clear(),
  };

  constructor(base: BaseState) {
    this.#base = base;
  }

  attach(base: BaseState): void {
    this.#base = base;
    this.#accounts = new Map();
    this.#writtenAccounts = new Set();
    this.#slots = new Map();
    this.#codes = new Map();
    this.#undo = [];
    this.#marks = [];
    this.#originals = new Map();
    this.recorder = undefined;
  }

  /** Starts a transaction: its checkpoints, and what SSTORE calls original, begin here. */
  beginTransaction(): number {
    this.#originals.clear();
    this.#marks = [];
    return this.#undo.length;
  }

  /** Undoes everything since `snapshot` (of beginTransaction or snapshot), open checkpoints included. */
  rollback(snapshot: number): void {
    this.#marks = [];
    this.#unwindTo(snapshot);
  }

  snapshot(): number {
    return this.#undo.length;
  }

  // Synchronous core, used by the transition itself.

  read(addressKey: string): Account | undefined {
    let account = this.#accounts.get(addressKey);
    if (account === undefined) {
      account = this.#base.baseAccount(addressKey) ?? null;
      this.#accounts.set(addressKey, account);
    }
    this.recorder?.account(addressKey, account ?? undefined);
    return account ?? undefined;
  }

  write(addressKey: string, account: Account | undefined): void {
    this.#undo.push({ kind: 'account', key: addressKey, before: this.read(addressKey) ?? null });
    this.#accounts.set(addressKey, account ?? null);
    this.#writtenAccounts.add(addressKey);
  }

  slot(addressKey: string, slotKey: string): Uint8Array {
    return this.#slotFrom(this.#slotsOf(addressKey), addressKey, slotKey);
  }

  #slotFrom(slots: SlotOverlay, addressKey: string, slotKey: string): Uint8Array {
    let value = slots.values.get(slotKey);
    if (value === undefined) {
      value = slots.isCleared ? NO_BYTES : this.#base.baseStorage(addressKey, slotKey);
      slots.values.set(slotKey, value);
    }
    this.recorder?.slot(addressKey, slotKey, value);
    return value;
  }

  #slotsOf(addressKey: string): SlotOverlay {
    let slots = this.#slots.get(addressKey);
    if (slots === undefined) {
      slots = { isCleared: false, values: new Map(), written: new Set() };
      this.#slots.set(addressKey, slots);
    }
    return slots;
  }

  writeSlot(addressKey: string, slotKey: string, value: Uint8Array): void {
    const slots = this.#slotsOf(addressKey);
    const before = this.#slotFrom(slots, addressKey, slotKey);
    const originalKey = addressKey + slotKey;
    if (!this.#originals.has(originalKey)) this.#originals.set(originalKey, before);
    this.#undo.push({ kind: 'slot', slots, key: slotKey, before });
    slots.values.set(slotKey, trimZeros(value));
    slots.written.add(slotKey);
  }

  codeByHash(hash: Uint8Array): Uint8Array {
    return this.#codes.get(toKey(hash)) ?? this.#base.baseCode(hash);
  }

  codeOf(addressKey: string): Uint8Array {
    const account = this.read(addressKey);
    return account === undefined || account.codeHash === EMPTY_CODE_HASH ? NO_BYTES : this.codeByHash(account.codeHash);
  }

  /** Map key of the hash of `code`, if the EVM got it from this state; undefined for init code. */
  hashOfCode(code: Uint8Array): string | undefined {
    return this.#codeHashes.get(code);
  }

  writeCode(addressKey: string, code: Uint8Array): void {
    const codeHash = code.length === 0 ? EMPTY_CODE_HASH : keccak256(code);
    if (code.length > 0) this.#codes.set(toKey(codeHash), code);
    this.write(addressKey, { ...(this.read(addressKey) ?? ABSENT_ACCOUNT), codeHash });
  }

  clearSlots(addressKey: string): void {
    const before = this.#slots.get(addressKey);
    const beneath = this.#base.baseAccount(addressKey)?.storageRoot ?? EMPTY_TRIE_ROOT;
    const isEmptyBeneath = before?.isCleared === true || Buffer.compare(beneath, EMPTY_TRIE_ROOT) === 0;
    if (isEmptyBeneath && (before === undefined || before.written.size === 0)) return;
    this.#undo.push({ kind: 'clear', key: addressKey, before });
    this.#slots.set(addressKey, { isCleared: true, values: new Map(), written: new Set() });
  }

  /** Accounts and slots written since attach (some perhaps back to their old values), and new code. */
  *writtenAccounts(): IterableIterator<[string, Account | undefined]> {
    for (const key of this.#writtenAccounts) yield [key, this.#accounts.get(key) ?? undefined];
  }
  *writtenSlots(): IterableIterator<{ addressKey: string; isCleared: boolean; slots: [string, Uint8Array][] }> {
    for (const [addressKey, { isCleared, values, written }] of this.#slots) {
      if (isCleared || written.size > 0) yield { addressKey, isCleared, slots: [...written].map((key) => [key, values.get(key)!]) };
    }
  }
  writtenCodes(): ReadonlyMap<string, Uint8Array> {
    return this.#codes;
  }

  #unwindTo(length: number): void {
    while (this.#undo.length > length) {
      const undo = this.#undo.pop()!;
      if (undo.kind === 'account') this.#accounts.set(undo.key, undo.before);
      else if (undo.kind === 'slot') undo.slots.values.set(undo.key, undo.before);
      else if (undo.before === undefined) this.#slots.delete(undo.key);
      else this.#slots.set(undo.key, undo.before);
    }
  }

  // StateManagerInterface: the same, as the EVM awaits it.

  async getAccount(address: Address): Promise<EvmAccount | undefined> {
    const account = this.read(toKey(address.bytes));
    return account === undefined ? undefined : new EvmAccount(account.nonce, account.balance, account.storageRoot, account.codeHash);
  }
  async putAccount(address: Address, account?: EvmAccount): Promise<void> {
    const record = account === undefined ? undefined : { nonce: account.nonce, balance: account.balance, codeHash: canonicalHash(account.codeHash), storageRoot: account.storageRoot };
    this.write(toKey(address.bytes), record);
  }
  async deleteAccount(address: Address): Promise<void> {
    const key = toKey(address.bytes);
    this.write(key, undefined);
    this.clearSlots(key);
  }
  async modifyAccountFields(address: Address, fields: AccountFields): Promise<void> {
    const key = toKey(address.bytes);
    const { codeSize: _codeSize, ...rest } = fields;
    this.write(key, { ...(this.read(key) ?? ABSENT_ACCOUNT), ...definedOnly(rest) });
  }
  async putCode(address: Address, value: Uint8Array): Promise<void> {
    this.writeCode(toKey(address.bytes), value);
  }
  async getCode(address: Address): Promise<Uint8Array> {
    const addressKey = toKey(address.bytes);
    const code = this.codeOf(addressKey);
    if (code.length > 0 && !this.#codeHashes.has(code)) this.#codeHashes.set(code, toKey(this.read(addressKey)!.codeHash));
    return code;
  }
  async getCodeSize(address: Address): Promise<number> {
    return this.codeOf(toKey(address.bytes)).length;
  }
  async getStorage(address: Address, key: Uint8Array): Promise<Uint8Array> {
    return this.slot(toKey(address.bytes), toKey(key));
  }
  async putStorage(address: Address, key: Uint8Array, value: Uint8Array): Promise<void> {
    this.writeSlot(toKey(address.bytes), toKey(key), value);
  }
  async clearStorage(address: Address): Promise<void> {
    this.clearSlots(toKey(address.bytes));
  }
  async checkpoint(): Promise<void> {
    this.#marks.push(this.#undo.length);
  }
  async commit(): Promise<void> {
    this.#marks.pop();
  }
  async revert(): Promise<void> {
    this.#unwindTo(this.#marks.pop() ?? 0);
  }
  getStateRoot(): Promise<Uint8Array> {
    return Promise.reject(new Error('expected no state root inside a block: it is computed once, at its end'));
  }
  setStateRoot(): Promise<void> {
    return Promise.reject(new Error('expected attach to choose the state'));
  }
  hasStateRoot(): Promise<boolean> {
    return Promise.reject(new Error('expected attach to choose the state'));
  }
  clearCaches(): void {
    // Nothing is cached here beyond the overlay itself.
  }
  shallowCopy(): StateManagerInterface {
    throw new Error('expected one overlay per machine');
  }
}

/** The one EMPTY_CODE_HASH object for the empty hash, so that the common test is by identity. */
function canonicalHash(hash: Uint8Array): Uint8Array {
  return hash === EMPTY_CODE_HASH || Buffer.compare(hash, EMPTY_CODE_HASH) === 0 ? EMPTY_CODE_HASH : hash;
}

function definedOnly(fields: Partial<Account>): Partial<Account> {
  const defined: Partial<Account> = {};
  if (fields.nonce !== undefined) defined.nonce = fields.nonce;
  if (fields.balance !== undefined) defined.balance = fields.balance;
  if (fields.codeHash !== undefined) defined.codeHash = canonicalHash(fields.codeHash);
  if (fields.storageRoot !== undefined) defined.storageRoot = fields.storageRoot;
  return defined;
}
