// One account of the re-executed state, or a word of its storage, read from the tries. Owns the lookup; a thing is absent only when the trie says so.

import { createMPT } from '@ethereumjs/mpt';
import { createAccountFromRLP, ValueEncoding } from '@ethereumjs/util';
import { addressBytes, bytesToBigint, decodeRlp, fromHex, hashBytes, toHex, type Hex } from '@keyfall/protocol';
import type { Store } from '../store.ts';
import { TrieStore } from './trieStore.ts';

const EMPTY: Hex = '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421';

/** @throws Error when nodes of this state are missing */
export async function accountAt(store: Store, stateRoot: Hex, address: Hex): Promise<{ readonly nonce: bigint; readonly balance: bigint; readonly storageRoot: Hex }> {
  const found = await lookUp(store, fromHex(stateRoot), addressBytes(address));
  if (found === null) return { nonce: 0n, balance: 0n, storageRoot: EMPTY };
  const { nonce, balance, storageRoot } = createAccountFromRLP(found);
  return { nonce, balance, storageRoot: toHex(storageRoot) };
}

/** @throws Error when nodes of this storage are missing */
export async function wordAt(store: Store, storageRoot: Hex, slot: Hex): Promise<bigint> {
  if (storageRoot === EMPTY) return 0n;
  const found = await lookUp(store, fromHex(storageRoot), hashBytes(slot));
  const decoded = found === null ? undefined : decodeRlp(found);
  if (decoded === undefined) return 0n;
  if (!decoded.ok || Array.isArray(decoded.value)) throw new Error(`storage slot ${slot}: expected a word`);
  return bytesToBigint(decoded.value);
}

async function lookUp(store: Store, root: Uint8Array, key: Uint8Array): Promise<Uint8Array | null> {
  const trie = await createMPT({ db: new TrieStore((name) => store.bytes(name)), root, useKeyHashing: true, useRootPersistence: false, valueEncoding: ValueEncoding.Bytes });
  return trie.get(key, true);
}
