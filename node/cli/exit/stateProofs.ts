// Proofs under one state root, asked of the rebuilt chain and checked here. Owns the asking and which slots hold what (SPEC 10, 11).
// Invariant: nothing is returned that did not verify under the root; what is not in the trie is zero by a proof of the chain's own
// answer alone, and so never paid: L1 takes proofs of inclusion only.

import { keccak256 } from 'ethers';
import type { JsonRpcProvider } from 'ethers';
import { addressBytes, keccakHex, mappingSlot, toHex, uintBytes, words } from '@keyfall/protocol';
import type { Decoded, Hex } from '@keyfall/protocol';
import { CommandFailure } from '../failure.ts';
import { provenAccount, provenSlot } from './trieProof.ts';
import type { ProvenAccount } from './trieProof.ts';

/** A state root and the block that has it. */
export interface StateAt {
  readonly blockNumber: bigint;
  readonly stateRoot: Hex;
  /** Of that block, seconds. */
  readonly timestamp: bigint;
}

export interface AccountProof { readonly account: ProvenAccount; readonly proof: readonly Hex[] }
export interface SlotProof { readonly word: bigint; readonly accountProof: readonly Hex[]; readonly storageProof: readonly Hex[] }

interface Eip1186 { readonly accountProof: Hex[]; readonly balance: string; readonly storageProof: { readonly key: string; readonly value: string; readonly proof: Hex[] }[] }

const EMPTY_CODE_HASH = keccak256('0x');

export class StateProofs {
  readonly #l2: JsonRpcProvider;
  readonly state: StateAt;

  private constructor(l2: JsonRpcProvider, state: StateAt) {
    this.#l2 = l2;
    this.state = state;
  }

  /** @throws CommandFailure (failed) when the chain has another root at that block */
  static async open(l2: JsonRpcProvider, state: StateAt): Promise<StateProofs> {
    const block = (await l2.send('eth_getBlockByNumber', [toQuantity(state.blockNumber), false])) as { stateRoot: string } | null;
    if (block === null) throw new CommandFailure('unknown', `the L2 chain as rebuilt has no block ${state.blockNumber}`);
    if (block.stateRoot !== state.stateRoot) throw new CommandFailure('failed', `expected the state root ${state.stateRoot} at L2 block ${state.blockNumber}, this chain has ${block.stateRoot}: it follows another chain`);
    return new StateProofs(l2, state);
  }

  /** The account, or undefined if the state has none there. */
  async account(address: Hex): Promise<AccountProof | undefined> {
    const { accountProof } = await this.#ask(address, []);
    const account = provenAccount(this.state.stateRoot, address, accountProof);
    if (account.ok) return { account: account.value, proof: accountProof };
    return absent(account, `account ${address}`);
  }

  /** A storage word that is not zero, or undefined. */
  async slot(address: Hex, slot: Hex): Promise<SlotProof | undefined> {
    const { accountProof, storageProof } = await this.#ask(address, [slot]);
    const account = provenAccount(this.state.stateRoot, address, accountProof);
    if (!account.ok) return absent(account, `account ${address}`);
    const proof = storageProof[0]?.proof ?? [];
    const word = provenSlot(account.value.storageRoot, slot, proof);
    if (!word.ok) return BigInt(storageProof[0]?.value ?? '0x0') === 0n ? undefined : absent(word, `slot ${slot} of ${address}`);
    return { word: word.value, accountProof, storageProof: proof };
  }

  /** The code under the root: empty, an EIP-7702 delegation, or a contract's. */
  async codeOf(address: Hex, account: ProvenAccount | undefined): Promise<{ readonly kind: 'none' | 'contract' } | { readonly kind: 'delegated'; readonly delegate: Hex }> {
    if (account === undefined || account.codeHash === EMPTY_CODE_HASH) return { kind: 'none' };
    const code = (await this.#l2.send('eth_getCode', [address, toQuantity(this.state.blockNumber)])) as string;
    if (keccak256(code) !== account.codeHash) throw new CommandFailure('failed', `the code of ${address} does not hash to what the state proves`);
    return /^0xef0100[0-9a-f]{40}$/.test(code) ? { kind: 'delegated', delegate: `0x${code.slice(8)}` } : { kind: 'contract' };
  }

  async #ask(address: Hex, slots: readonly Hex[]): Promise<Eip1186> {
    return (await this.#l2.send('eth_getProof', [address, slots, toQuantity(this.state.blockNumber)])) as Eip1186;
  }
}

/** A proof that ends early or leaves the path proves that nothing is there; any other defect is the endpoint's. */
function absent(refused: Exclude<Decoded<unknown>, { ok: true }>, what: string): undefined {
  if (['PROOF_PATH', 'PROOF_SHORT', 'PROOF_VALUE'].includes(refused.code)) return undefined;
  throw new CommandFailure('failed', `${what}: the proof does not verify: ${refused.code}: expected ${refused.expected}, got ${refused.got}`);
}

function toQuantity(value: bigint): string {
  return `0x${value.toString(16)}`;
}

const padded = (address: Hex): Hex => toHex(words(addressBytes(address)));

/** Where a bridged token keeps what an account holds (SPEC 11). */
export function holdingSlot(kind: 1 | 2 | 3, owner: Hex, id: bigint): Hex {
  if (kind === 1) return mappingSlot(padded(owner), 0n);
  if (kind === 2) return mappingSlot(toHex(uintBytes(id, 32)), 2n);
  return keccakHex(words(addressBytes(owner), BigInt(mappingSlot(toHex(uintBytes(id, 32)), 0n))));
}

/** Where the ExitRegistry keeps what an account declared. */
export function registrySlot(entry: 'recipient' | 'resolver', account: Hex): Hex {
  return mappingSlot(padded(account), entry === 'recipient' ? 0n : 1n);
}
