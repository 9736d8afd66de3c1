// One account of the re-executed state, read from its trie. Owns the lookup; what is absent is undefined only when the trie says so.

import { createMPT } from '@ethereumjs/mpt';
import { createAccountFromRLP, ValueEncoding } from '@ethereumjs/util';
import { addressBytes, fromHex, type Hex } from '@keyfall/protocol';
import type { Store } from '../store.ts';
import { TrieStore } from './trieStore.ts';

/** @throws Error when nodes of this state are missing */
export async function accountAt(store: Store, stateRoot: Hex, address: Hex): Promise<{ readonly nonce: bigint; readonly balance: bigint }> {
  const trie = await createMPT({ db: new TrieStore((key) => store.bytes(key)), root: fromHex(stateRoot), useKeyHashing: true, useRootPersistence: false, valueEncoding: ValueEncoding.Bytes });
  const found = await trie.get(addressBytes(address), true);
  const { nonce, balance } = found === null ? { nonce: 0n, balance: 0n } : createAccountFromRLP(found);
  return { nonce, balance };
}
