// The one trie commit of a block: from an overlay's writes to a state root and the store's changes.
//
// Owns: storage roots, then the account trie, each dirty node once; which stored keys change from what to what. Does not
// own: the batch update itself (trie.ts), writing (store.ts).
// Invariant: the root equals that of an Ethereum state trie of the resulting accounts; keys whose value did not change
// are absent from the result.
import { compareBytes, fromKey, toKey } from './bytes.ts';
import { EMPTY_TRIE_ROOT, keccak256 } from './crypto.ts';
import type { OverlayState } from './overlay.ts';
import { encodeFlatAccount, encodeTrieAccount, encodeTrieSlot } from './state-view.ts';
import type { CommittedChanges, StateView } from './state-view.ts';
import { accountKey, nodePrefix, slotKey, storagePrefix } from './store.ts';
import type { BlockChanges, StateStore, VersionedChange } from './store.ts';
import { toNibbles } from './trie-node.ts';
import { updateTrie } from './trie.ts';
import type { StoredNode, TrieSource, TrieUpdate } from './trie.ts';
import type { Account } from './api.ts';

export interface StateCommit {
  stateRoot: Uint8Array;
  changes: BlockChanges;
  /** The same changes decoded, for the caches. */
  decoded: CommittedChanges;
}

const EMPTY_TRIE: TrieSource = { node: () => undefined };

/** Computes the commit of `overlay` on `view`. */
export function commitState(overlay: OverlayState, view: StateView, store: StateStore): StateCommit {
  return new StateCommitment(overlay, view, store, view.trie(undefined)).run();
}

/** Computes the commit of accounts none of which exists yet: a genesis, or a part of one on the account trie made so far. */
export function commitGenesis(overlay: OverlayState, store: StateStore, accountTrie: TrieSource = EMPTY_TRIE): StateCommit {
  return new StateCommitment(overlay, undefined, store, accountTrie).run();
}

class StateCommitment {
  readonly #overlay: OverlayState;
  readonly #view: StateView | undefined;
  readonly #store: StateStore;
  readonly #accountTrie: TrieSource;
  readonly #changes = new Map<string, { before: Uint8Array | undefined; after: Uint8Array | undefined }>();
  readonly #nodes = new Map<string, StoredNode | undefined>();
  readonly #accounts = new Map<string, Account | undefined>();
  readonly #slots = new Map<string, Uint8Array>();
  #hasClearedStorage = false;

  constructor(overlay: OverlayState, view: StateView | undefined, store: StateStore, accountTrie: TrieSource) {
    this.#accountTrie = accountTrie;
    this.#overlay = overlay;
    this.#view = view;
    this.#store = store;
  }

  run(): StateCommit {
    const storageRoots = new Map<string, Uint8Array>();
    for (const entry of this.#overlay.writtenSlots()) {
      const root = this.#commitStorage(entry);
      if (root !== undefined) storageRoots.set(entry.addressKey, root);
    }
    const stateRoot = this.#commitAccounts(storageRoots);
    const versioned: VersionedChange[] = [];
    for (const [key, { before, after }] of this.#changes) {
      if (before !== undefined && after !== undefined && compareBytes(before, after) === 0) continue;
      if (before !== undefined || after !== undefined) versioned.push({ key: fromKey(key), before, after });
    }
    const code = [...this.#overlay.writtenCodes()].map(([hash, bytes]) => ({ hash: fromKey(hash), code: bytes }));
    const decoded = { accounts: this.#accounts, slots: this.#slots, nodes: this.#nodes, hasClearedStorage: this.#hasClearedStorage };
    return { stateRoot, changes: { versioned, code }, decoded };
  }

  #change(key: string, before: Uint8Array | undefined, after: Uint8Array | undefined): void {
    const earlier = this.#changes.get(key);
    this.#changes.set(key, { before: earlier === undefined ? before : earlier.before, after });
  }

  /** The account's new storage root, or undefined when it keeps the one it has. */
  #commitStorage({ addressKey, isCleared, slots }: { addressKey: string; isCleared: boolean; slots: [string, Uint8Array][] }): Uint8Array | undefined {
    const rootBefore = this.#view?.baseAccount(addressKey)?.storageRoot ?? EMPTY_TRIE_ROOT;
    const hasStorageBefore = compareBytes(rootBefore, EMPTY_TRIE_ROOT) !== 0;
    if (isCleared && hasStorageBefore) this.#removeStorage(addressKey);
    const source = isCleared || this.#view === undefined ? EMPTY_TRIE : this.#view.trie(addressKey);
    const updates: TrieUpdate[] = [];
    const address = fromKey(addressKey);
    for (const [slotText, value] of slots) {
      const before = this.#view === undefined ? undefined : nonEmpty(this.#view.baseStorage(addressKey, slotText));
      const after = nonEmpty(value);
      if (!isCleared && sameBytes(before, after)) continue;
      const key = toNibbles(keccak256(fromKey(slotText)));
      this.#change(toKey(slotKey(address, key)), before, after);
      this.#slots.set(addressKey + slotText, value);
      if (!isCleared || after !== undefined) updates.push({ key, value: after === undefined ? undefined : encodeTrieSlot(after) });
    }
    if (updates.length === 0) return isCleared ? EMPTY_TRIE_ROOT : undefined;
    return this.#update(addressKey, source, updates);
  }

  #update(addressKey: string | undefined, source: TrieSource, updates: TrieUpdate[]): Uint8Array {
    updates.sort((a, b) => Buffer.compare(a.key, b.key));
    const { root, changed } = updateTrie(source, updates);
    const prefix = nodePrefix(addressKey);
    for (const [path, { before, after }] of changed) {
      this.#change(prefix + path, before, after?.raw);
      this.#nodes.set(prefix + path, after);
    }
    return root;
  }

  #removeStorage(addressKey: string): void {
    this.#hasClearedStorage = true;
    for (const key of this.#store.headKeys(storagePrefix(fromKey(addressKey)))) {
      const before = this.#view === undefined ? undefined : this.#store.read(key, this.#view.blockNumber)?.slice();
      this.#change(toKey(key), before, undefined);
      this.#nodes.set(toKey(key), undefined);
    }
  }

  #commitAccounts(storageRoots: ReadonlyMap<string, Uint8Array>): Uint8Array {
    const written = new Map(this.#overlay.writtenAccounts());
    for (const addressKey of storageRoots.keys()) if (!written.has(addressKey)) written.set(addressKey, this.#overlay.read(addressKey));
    const updates: TrieUpdate[] = [];
    for (const [addressKey, account] of written) {
      const before = this.#view?.baseAccount(addressKey);
      const after: Account | undefined = account === undefined ? undefined : { ...account, storageRoot: storageRoots.get(addressKey) ?? before?.storageRoot ?? EMPTY_TRIE_ROOT };
      if (sameAccount(before, after)) continue;
      const key = toNibbles(keccak256(fromKey(addressKey)));
      this.#change(toKey(accountKey(key)), before && encodeFlatAccount(before), after && encodeFlatAccount(after));
      this.#accounts.set(addressKey, after);
      updates.push({ key, value: after && encodeTrieAccount(after) });
    }
    if (updates.length > 0) return this.#update(undefined, this.#accountTrie, updates);
    const root = this.#accountTrie.node('');
    return root === undefined ? EMPTY_TRIE_ROOT : keccak256(root.raw);
  }
}

function nonEmpty(value: Uint8Array): Uint8Array | undefined {
  return value.length === 0 ? undefined : value;
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && compareBytes(a, b) === 0);
}

function sameAccount(a: Account | undefined, b: Account | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.nonce === b.nonce && a.balance === b.balance && sameBytes(a.codeHash, b.codeHash) && sameBytes(a.storageRoot, b.storageRoot);
}
