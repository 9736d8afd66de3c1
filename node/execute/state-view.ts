// The committed state of one block: what the EVM's overlay, the RPC and proofs read.
//
// Owns: decoding of stored accounts and slots, the caches of the latest block's accounts, slots and trie nodes, EIP-1186
// proofs. Does not own: the bytes' storage and history (store.ts), uncommitted changes (overlay.ts).
// Invariant: a view answers for its block only; once that block is pruned or unwound it throws, it never answers wrongly.
import { compareBytes, fromKey, toBigInt, toKey, toWord } from './bytes.ts';
import { BoundedCache } from './bounded-cache.ts';
import { EMPTY_CODE_HASH, EMPTY_TRIE_ROOT, keccak256 } from './crypto.ts';
import { decodeRlp, encodeRlp } from './rlp.ts';
import { accountKey, nodePrefix, slotKey } from './store.ts';
import type { BlockChanges, StateStore } from './store.ts';
import { decodeNode, toNibbles } from './trie-node.ts';
import { proveKey } from './trie.ts';
import type { StoredNode, TrieSource } from './trie.ts';
import { ExecutionFault } from './api.ts';
import type { Account, AccountProof, StateReader, StateWrite } from './api.ts';

const NO_BYTES = new Uint8Array(0);

/** What an overlay reads beneath its own changes. Addresses and slots are latin1 keys of their bytes. */
export interface BaseState {
  baseAccount(addressKey: string): Account | undefined;
  /** Without leading zeros; empty when unset. */
  baseStorage(addressKey: string, slotKey: string): Uint8Array;
  baseCode(hash: Uint8Array): Uint8Array;
}

/** Flat form: RLP of nonce, balance, storage root and code hash, the two hashes empty when they are the empty ones. */
export function encodeFlatAccount(account: Account): Uint8Array {
  return encodeRlp([
    account.nonce,
    account.balance,
    compareBytes(account.storageRoot, EMPTY_TRIE_ROOT) === 0 ? NO_BYTES : account.storageRoot,
    compareBytes(account.codeHash, EMPTY_CODE_HASH) === 0 ? NO_BYTES : account.codeHash,
  ]);
}

function decodeFlatAccount(raw: Uint8Array): Account {
  const decoded = decodeRlp(raw);
  if (!decoded.ok || decoded.item instanceof Uint8Array) throw new ExecutionFault('store-corrupt', 'expected the RLP list of an account');
  const [nonce, balance, storageRoot, codeHash] = decoded.item as readonly Uint8Array[];
  if (nonce === undefined || balance === undefined || storageRoot === undefined || codeHash === undefined) throw new ExecutionFault('store-corrupt', 'expected four account fields');
  return {
    nonce: toBigInt(nonce),
    balance: toBigInt(balance),
    storageRoot: storageRoot.length === 0 ? EMPTY_TRIE_ROOT : storageRoot.slice(),
    codeHash: codeHash.length === 0 ? EMPTY_CODE_HASH : codeHash.slice(),
  };
}

/** The account's value in the state trie. */
export function encodeTrieAccount(account: Account): Uint8Array {
  return encodeRlp([account.nonce, account.balance, account.storageRoot, account.codeHash]);
}

/** What a commit changed, in the form the caches keep. */
export interface CommittedChanges {
  /** undefined = gone. */
  accounts: ReadonlyMap<string, Account | undefined>;
  /** By address and slot key, one after the other. */
  slots: ReadonlyMap<string, Uint8Array>;
  /** By database key; undefined = gone. */
  nodes: ReadonlyMap<string, StoredNode | undefined>;
  /** Whether some account's whole storage went, slots unnamed. */
  hasClearedStorage: boolean;
}

/** Views over one store, and the caches of its latest block. */
export class CommittedState {
  readonly store: StateStore;
  readonly #accounts = new BoundedCache<Account | null>(100_000);
  readonly #slots = new BoundedCache<Uint8Array>(200_000);
  readonly #nodes = new BoundedCache<StoredNode>(60_000);
  readonly #codes = new BoundedCache<Uint8Array>(2_000);

  constructor(store: StateStore) {
    this.store = store;
  }

  /** A view of a committed, retained block. */
  at(blockNumber: bigint): StateView {
    this.store.assertReadable(blockNumber, this.store.unwindCount);
    return new StateView(this, blockNumber);
  }

  account(addressKey: string, blockNumber: bigint): Account | undefined {
    const isLatest = blockNumber === this.store.head;
    const cached = isLatest ? this.#accounts.get(addressKey) : undefined;
    if (cached !== undefined) return cached ?? undefined;
    const raw = this.store.read(accountKey(toNibbles(keccak256(fromKey(addressKey)))), blockNumber);
    const account = raw === undefined ? undefined : decodeFlatAccount(raw);
    if (isLatest) this.#accounts.set(addressKey, account ?? null);
    return account;
  }

  storage(addressKey: string, slotText: string, blockNumber: bigint): Uint8Array {
    const key = addressKey + slotText;
    const isLatest = blockNumber === this.store.head;
    const cached = isLatest ? this.#slots.get(key) : undefined;
    if (cached !== undefined) return cached;
    const value = this.store.read(slotKey(fromKey(addressKey), toNibbles(keccak256(fromKey(slotText)))), blockNumber)?.slice() ?? NO_BYTES;
    if (isLatest) this.#slots.set(key, value);
    return value;
  }

  code(hash: Uint8Array): Uint8Array {
    const key = toKey(hash);
    const cached = this.#codes.get(key);
    if (cached !== undefined) return cached;
    if (compareBytes(hash, EMPTY_CODE_HASH) === 0) return NO_BYTES;
    const stored = this.store.code(hash);
    if (stored === undefined) throw new ExecutionFault('store-corrupt', `expected code with hash ${Buffer.from(hash).toString('hex')}, found none`);
    const code = stored.slice();
    this.#codes.set(key, code);
    return code;
  }

  node(key: string, blockNumber: bigint): StoredNode | undefined {
    const isLatest = blockNumber === this.store.head;
    const cached = isLatest ? this.#nodes.get(key) : undefined;
    if (cached !== undefined) return cached;
    const raw = this.store.read(fromKey(key), blockNumber)?.slice();
    if (raw === undefined) return undefined;
    const stored = { raw, node: decodeNode(raw) };
    if (isLatest) this.#nodes.set(key, stored);
    return stored;
  }

  /** Writes a block's changes. The caches follow in the turn in which the store's head moves: a reader between the two would be told the old state as the new. */
  async commit(blockNumber: bigint, headerRaw: Uint8Array, { changes, decoded }: { changes: BlockChanges; decoded: CommittedChanges }, alongside: readonly StateWrite[]): Promise<void> {
    await this.store.commit(blockNumber, headerRaw, changes, alongside, () => { this.#follow(decoded); });
  }

  /** Every changed key is overwritten, so no stale one survives. */
  #follow({ accounts, slots, nodes, hasClearedStorage }: CommittedChanges): void {
    if (hasClearedStorage) this.#slots.clear();
    for (const [key, account] of accounts) this.#accounts.set(key, account ?? null);
    for (const [key, value] of slots) this.#slots.set(key, value);
    for (const [key, node] of nodes) {
      if (node === undefined) this.#nodes.delete(key);
      else this.#nodes.set(key, node);
    }
  }

  /** Forgets everything: the head moved backwards. */
  unwound(): void {
    this.#accounts.clear();
    this.#slots.clear();
    this.#nodes.clear();
  }
}

/** One block's state. */
export class StateView implements StateReader, BaseState {
  readonly blockNumber: bigint;
  readonly #committed: CommittedState;
  readonly #unwindCount: number;

  constructor(committed: CommittedState, blockNumber: bigint) {
    this.#committed = committed;
    this.blockNumber = blockNumber;
    this.#unwindCount = committed.store.unwindCount;
  }

  #readable(): CommittedState {
    this.#committed.store.assertReadable(this.blockNumber, this.#unwindCount);
    return this.#committed;
  }

  baseAccount(addressKey: string): Account | undefined {
    return this.#readable().account(addressKey, this.blockNumber);
  }

  baseStorage(addressKey: string, slotText: string): Uint8Array {
    return this.#readable().storage(addressKey, slotText, this.blockNumber);
  }

  baseCode(hash: Uint8Array): Uint8Array {
    return this.#committed.code(hash);
  }

  account(address: Uint8Array): Account | undefined {
    const account = this.baseAccount(toKey(address));
    return account === undefined ? undefined : { ...account };
  }

  code(address: Uint8Array): Uint8Array {
    const account = this.baseAccount(toKey(address));
    return account === undefined ? NO_BYTES : this.baseCode(account.codeHash);
  }

  storage(address: Uint8Array, slot: Uint8Array): Uint8Array {
    return toWord(this.baseStorage(toKey(address), toKey(slot)));
  }

  /** The account trie, or an account's storage trie. */
  trie(addressKey: string | undefined): TrieSource {
    const prefix = nodePrefix(addressKey);
    return { node: (path) => this.#readable().node(prefix + path, this.blockNumber) };
  }

  proof(address: Uint8Array, slots: readonly Uint8Array[]): AccountProof {
    const addressKey = toKey(address);
    const account = this.baseAccount(addressKey) ?? { nonce: 0n, balance: 0n, codeHash: EMPTY_CODE_HASH, storageRoot: EMPTY_TRIE_ROOT };
    return {
      address,
      account: { ...account },
      accountProof: proveKey(this.trie(undefined), toNibbles(keccak256(address))),
      storageProof: slots.map((slot) => ({
        key: slot,
        value: toBigInt(this.baseStorage(addressKey, toKey(toWord(slot)))),
        proof: proveKey(this.trie(addressKey), toNibbles(keccak256(toWord(slot)))),
      })),
    };
  }
}

/** The value a slot has in the storage trie. */
export function encodeTrieSlot(value: Uint8Array): Uint8Array {
  return encodeRlp(value);
}
