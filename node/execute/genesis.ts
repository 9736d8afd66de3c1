// Genesis: from an allocation to the state and header of block 0.
//
// Owns: SPEC.md section 6's genesis (number 0, timestamp 0 by default, zero parent hash), the JSON allocation format.
// Does not own: the predeploys' code (contracts/generated).
// Invariant: the hash depends on the allocation's content only, not on its order.
import { GENESIS_BASE_FEE_WEI } from '@keyfall/protocol';
import { createHash } from 'node:crypto';
import { compareBytes, fromHex, toBigInt, toHex, toKey, toWord, trimZeros } from './bytes.ts';
import { EMPTY_TRIE_ROOT, keccak256 } from './crypto.ts';
import { encodeHeader, makeHeader, ZERO_HASH } from './header.ts';
import type { Machine } from './machine.ts';
import { ABSENT_ACCOUNT } from './overlay.ts';
import { encodeRlp } from './rlp.ts';
import { commitGenesis } from './state-commit.ts';
import type { StateCommit } from './state-commit.ts';
import type { StateStore } from './store.ts';
import { decodeNode } from './trie-node.ts';
import type { TrieSource } from './trie.ts';
import type { GenesisAccount, GenesisInput } from './api.ts';

const NOTHING = { baseAccount: () => undefined, baseStorage: () => new Uint8Array(0), baseCode: () => new Uint8Array(0) };

/** Accounts committed at once: bounds the memory a large allocation takes. */
const PART_SIZE = 20_000;

type Entry = GenesisInput['alloc'][number];

/** Writes block 0 into an empty store. Uses `machine`'s overlay, which must be free. */
export async function writeGenesis(machine: Machine, input: GenesisInput, store: StateStore, partSize = PART_SIZE): Promise<void> {
  await store.clearUnfinishedGenesis();
  // In the order of the trie, so that each part touches its own branch.
  const entries = input.alloc.map((entry) => ({ entry, hash: keccak256(entry.address) })).toSorted((a, b) => compareBytes(a.hash, b.hash));
  const staged: TrieSource = {
    node: (path) => {
      const raw = store.stagedNode(path);
      return raw === undefined ? undefined : { raw, node: decodeNode(raw) };
    },
  };
  let start = 0;
  for (; start + partSize < entries.length; start += partSize) {
    const { changes } = commitPart(machine, entries.slice(start, start + partSize), store, staged);
    await store.stageGenesis(changes);
  }
  const { stateRoot, changes } = commitPart(machine, entries.slice(start), store, staged);
  const header = makeHeader({
    parentHash: ZERO_HASH, number: 0n, timestamp: input.timestamp, baseFeePerGas: GENESIS_BASE_FEE_WEI, gasUsed: 0n, stateRoot,
    transactionsRoot: EMPTY_TRIE_ROOT, receiptsRoot: EMPTY_TRIE_ROOT, logsBloom: new Uint8Array(256),
  });
  await store.commitGenesis(encodeHeader(header), changes, genesisDigest(input));
}

function commitPart(machine: Machine, entries: readonly { entry: Entry }[], store: StateStore, staged: TrieSource): StateCommit {
  machine.begin(NOTHING, () => ZERO_HASH);
  const { state } = machine;
  for (const { entry: { address, account } } of entries) {
    const key = toKey(address);
    state.write(key, { ...ABSENT_ACCOUNT, balance: account.balance ?? 0n, nonce: account.nonce ?? 0n });
    if (account.code !== undefined && account.code.length > 0) state.writeCode(key, account.code);
    for (const { slot, value } of account.storage ?? []) state.writeSlot(key, toKey(toWord(slot)), value);
  }
  const commit = commitGenesis(state, store, staged);
  machine.begin(NOTHING, () => ZERO_HASH);
  return commit;
}

/** Digest of a genesis input's content, whatever its order: tells quickly whether a store was made from it. @throws TypeError on a repeated address. */
export function genesisDigest({ timestamp, alloc }: GenesisInput): Uint8Array {
  const hasher = createHash('sha256').update(encodeRlp(timestamp));
  let previous: Uint8Array | undefined;
  for (const { address, account } of alloc.toSorted((a, b) => compareBytes(a.address, b.address))) {
    if (previous !== undefined && compareBytes(previous, address) === 0) throw new TypeError(`genesis allocation: expected each address once, got ${toHex(address)} twice`);
    previous = address;
    const slots = (account.storage ?? []).map(({ slot, value }) => [toWord(slot), trimZeros(value)]).toSorted((a, b) => compareBytes(a[0]!, b[0]!));
    hasher.update(encodeRlp([address, account.nonce ?? 0n, account.balance ?? 0n, account.code ?? new Uint8Array(0), slots]));
  }
  return new Uint8Array(hasher.digest());
}

interface GenesisJsonAccount { balance?: string; nonce?: string | number; code?: string; storage?: Record<string, string> }

/** Parses a geth-style allocation: `{ "0x<address>": { balance?, nonce?, code?, storage? } }`. @throws TypeError naming the field. */
export function parseGenesisAlloc(json: unknown): GenesisInput['alloc'] {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new TypeError('genesis allocation: expected an object of accounts');
  return Object.entries(json as Record<string, GenesisJsonAccount>).map(([addressHex, entry]) => {
    const address = fromHex(addressHex);
    if (address.length !== 20) throw new TypeError(`genesis allocation: expected an address of 20 bytes, got ${addressHex}`);
    const account: GenesisAccount = {
      balance: quantity(entry.balance ?? '0'), nonce: quantity(entry.nonce ?? '0'), code: fromHex(entry.code ?? '0x'),
      storage: Object.entries(entry.storage ?? {}).map(([slot, value]) => ({ slot: wordOf(slot), value: wordOf(value) })),
    };
    return { address, account };
  });
}

function quantity(text: string | number): bigint {
  const value = BigInt(text);
  if (value < 0n || value >= 1n << 256n) throw new TypeError(`genesis allocation: expected an unsigned 256-bit integer, got ${text}`);
  return value;
}

function wordOf(hex: string): Uint8Array {
  const bytes = fromHex(hex.length % 2 === 0 ? hex : `0x0${hex.slice(2)}`);
  if (toBigInt(bytes) >= 1n << 256n) throw new TypeError(`genesis allocation: expected a word, got ${hex}`);
  return toWord(bytes.length > 32 ? bytes.slice(-32) : bytes);
}
