// Genesis: from an allocation to the state and header of block 0.
//
// Owns: SPEC.md section 6's genesis (number 0, timestamp 0 by default, zero parent hash), the JSON allocation format.
// Does not own: the predeploys' code (contracts/generated).
// Invariant: the hash depends on the allocation's content only, not on its order.
import { GENESIS_BASE_FEE_WEI } from '@keyfall/protocol';
import { createHash } from 'node:crypto';
import { compareBytes, fromHex, toBigInt, toKey, toWord, trimZeros } from './bytes.ts';
import { EMPTY_TRIE_ROOT } from './crypto.ts';
import { encodeHeader, makeHeader, ZERO_HASH } from './header.ts';
import type { Machine } from './machine.ts';
import { ABSENT_ACCOUNT } from './overlay.ts';
import { encodeRlp } from './rlp.ts';
import { commitState } from './state-commit.ts';
import type { BlockChanges, StateStore } from './store.ts';
import type { GenesisAccount, GenesisInput } from './api.ts';

const NOTHING = { baseAccount: () => undefined, baseStorage: () => new Uint8Array(0), baseCode: () => new Uint8Array(0) };

/** Computes block 0. Uses `machine`'s overlay, which must be free. */
export function genesisState(machine: Machine, input: GenesisInput, store: StateStore): { headerRaw: Uint8Array; changes: BlockChanges } {
  machine.begin(NOTHING, () => ZERO_HASH);
  const { state } = machine;
  for (const { address, account } of input.alloc) {
    const key = toKey(address);
    state.write(key, { ...ABSENT_ACCOUNT, balance: account.balance ?? 0n, nonce: account.nonce ?? 0n });
    if (account.code !== undefined && account.code.length > 0) state.writeCode(key, account.code);
    for (const { slot, value } of account.storage ?? []) state.writeSlot(key, toKey(toWord(slot)), value);
  }
  const commit = commitState(state, undefined, store);
  const header = makeHeader({
    parentHash: ZERO_HASH, number: 0n, timestamp: input.timestamp, baseFeePerGas: GENESIS_BASE_FEE_WEI, gasUsed: 0n, stateRoot: commit.stateRoot,
    transactionsRoot: EMPTY_TRIE_ROOT, receiptsRoot: EMPTY_TRIE_ROOT, logsBloom: new Uint8Array(256),
  });
  // A large allocation need not stay in memory.
  machine.begin(NOTHING, () => ZERO_HASH);
  return { headerRaw: encodeHeader(header), changes: commit.changes };
}

/** Digest of a genesis input's content, whatever its order: tells quickly whether a store was made from it. */
export function genesisDigest({ timestamp, alloc }: GenesisInput): Uint8Array {
  const hasher = createHash('sha256').update(encodeRlp(timestamp));
  for (const { address, account } of alloc.toSorted((a, b) => compareBytes(a.address, b.address))) {
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
