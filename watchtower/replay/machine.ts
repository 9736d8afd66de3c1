// The machine that re-executes L2: EthereumJS's VM with this watchtower's surcharge counter, over EthereumJS's own Merkle state manager. Owns
// putting it together and the genesis. Does not own the rules of transactions (transactions.ts) and blocks (blockRun.ts).
// It shares with the node the EVM and its precompiles' arithmetic, except BLS12-381 (here in JavaScript, there in WASM); the state manager, the
// tries, transactions, fees, receipts and headers are EthereumJS's or written here from SPEC.md.

import { createCustomCommon, Hardfork, Mainnet, type Common, type CustomCrypto } from '@ethereumjs/common';
import { paramsEVM, type EVM } from '@ethereumjs/evm';
import { createMPT } from '@ethereumjs/mpt';
import { Caches, MerkleStateManager } from '@ethereumjs/statemanager';
import { Account, Address, ValueEncoding } from '@ethereumjs/util';
import { createVM, type VM } from '@ethereumjs/vm';
import { fromHex, type Hex } from '@keyfall/protocol';
import { verifyKzgProof } from './kzg.ts';
import { meteredOpcodes, meteredPrecompiles, Surcharge } from './surcharge.ts';
import type { TrieStore } from './trieStore.ts';

export interface Machine {
  readonly vm: VM;
  readonly evm: EVM;
  readonly common: Common;
  readonly state: MerkleStateManager;
  readonly surcharge: Surcharge;
  readonly chainId: bigint;
  /** What BLOCKHASH reads. */
  blockHash: (number: bigint) => Uint8Array;
}

/** Of KZG only the check is reachable: nothing here commits or proves. */
const CRYPTO = { kzg: { verifyProof: verifyKzgProof } } as unknown as CustomCrypto;

export async function createMachine(chainId: bigint, nodes: TrieStore): Promise<Machine> {
  const common = createCustomCommon({ chainId: Number(chainId), name: 'keyfall' }, Mainnet, { hardfork: Hardfork.Osaka, customCrypto: CRYPTO });
  // The counter asks for opcodes before the EVM brings their prices.
  common.updateParams(paramsEVM);
  const trie = await createMPT({ db: nodes, useKeyHashing: true, useRootPersistence: false, valueEncoding: ValueEncoding.Bytes, common });
  const state = new MerkleStateManager({ trie, common, caches: new Caches() });
  const surcharge = new Surcharge();
  const source = { blockHash: (_number: bigint): Uint8Array => new Uint8Array(32) };
  const blockchain = {
    getBlock: (number: number | bigint) => Promise.resolve({ hash: () => source.blockHash(BigInt(number)) }),
    putBlock: () => Promise.reject(new Error('blocks are kept by the watchtower')), shallowCopy: () => blockchain,
  };
  const vm = await createVM({ common, stateManager: state, blockchain: blockchain as never, evmOpts: { common, stateManager: state, blockchain: blockchain as never, customOpcodes: meteredOpcodes(common, surcharge), customPrecompiles: meteredPrecompiles(common, surcharge) } });
  const evm = vm.evm as EVM;
  // A transaction's destination is loaded first of all, after its delegations were set.
  evm.events.on('beforeMessage', (message, resume) => {
    const loading = message.depth === 0 && message.to !== undefined ? surcharge.load(state, message.to.bytes, true) : Promise.resolve();
    void loading.finally(() => resume?.());
  });
  return {
    vm, evm, common, state, surcharge, chainId,
    get blockHash() { return source.blockHash; },
    set blockHash(read) { source.blockHash = read; },
  };
}

export type Allocation = Readonly<Record<string, { readonly code?: string; readonly balance?: string; readonly nonce?: string; readonly storage?: Readonly<Record<string, string>> }>>;

/** Writes a genesis allocation into an empty state. @returns its root */
export async function writeGenesis({ state }: Machine, allocation: Allocation): Promise<Uint8Array> {
  for (const [text, { code, balance, nonce, storage }] of Object.entries(allocation)) {
    const address = new Address(fromHex(text));
    await state.putAccount(address, new Account(BigInt(nonce ?? 0), BigInt(balance ?? 0)));
    if (code !== undefined && code !== '0x') await state.putCode(address, fromHex(code));
    for (const [slot, value] of Object.entries(storage ?? {})) await state.putStorage(address, word(slot), fromHex(stripped(value)));
  }
  return state.getStateRoot();
}

/** A storage key as 32 bytes. */
function word(hex: string): Uint8Array {
  return fromHex(`0x${BigInt(hex).toString(16).padStart(64, '0')}`);
}

function stripped(hex: string): Hex {
  const digits = BigInt(hex).toString(16);
  return `0x${digits.length % 2 === 0 ? digits : `0${digits}`}`;
}
