// `eth_getProof` answers, checked: an account under a state root, slots under the account's storage root.
// Owns the reading of the answer and of an account's four fields. The answer is anyone's word; the root is what is believed.
// Invariant: what is returned was proven under the root that was given, never taken from the answer's own fields.

import { fromRlp, keccak256, pad } from 'viem';
import type { Hex } from 'viem';
import { verifyInclusion } from './trie.ts';

export interface ProofAnswer {
  readonly accountProof: readonly Hex[];
  readonly storageProof: readonly { readonly key: Hex; readonly proof: readonly Hex[] }[];
}

export interface ProvenAccount {
  readonly nonce: bigint;
  readonly balanceWei: bigint;
  readonly storageRoot: Hex;
  readonly codeHash: Hex;
}

/** A proof that does not prove what it should. */
export class ProofFault extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = 'ProofFault';
    this.code = code;
  }
}

const isHexList = (value: unknown): value is Hex[] => Array.isArray(value) && value.every((item) => typeof item === 'string' && /^0x[0-9a-f]*$/i.test(item));

/** The parts of an answer that are needed. @throws ProofFault */
export function parseProofAnswer(answer: unknown): ProofAnswer {
  const { accountProof, storageProof } = (answer ?? {}) as Record<string, unknown>;
  if (!isHexList(accountProof)) throw new ProofFault('ANSWER', 'expected accountProof to be a list of nodes');
  if (!Array.isArray(storageProof)) throw new ProofFault('ANSWER', 'expected storageProof to be a list');
  const slots = storageProof.map((slot: unknown) => {
    const { key, proof } = (slot ?? {}) as Record<string, unknown>;
    if (typeof key !== 'string' || !isHexList(proof)) throw new ProofFault('ANSWER', 'expected each storage proof to have a key and nodes');
    return { key: pad(key as Hex, { size: 32 }), proof };
  });
  return { accountProof, storageProof: slots };
}

const quantity = (bytes: Hex): bigint => (bytes === '0x' ? 0n : BigInt(bytes));

/** @throws ProofFault */
export function verifyAccount(stateRoot: Hex, address: Hex, { accountProof }: ProofAnswer): ProvenAccount {
  const proven = verifyInclusion(stateRoot, keccak256(address), accountProof);
  if (!proven.ok) throw new ProofFault(proven.code, `account ${address} under ${stateRoot}: expected ${proven.expected}, got ${proven.got}`);
  const fields = fromRlp(proven.value, 'hex');
  if (!Array.isArray(fields) || fields.length !== 4 || !isHexList(fields)) throw new ProofFault('ACCOUNT', `account ${address}: expected four fields`);
  const [nonce, balance, storageRoot, codeHash] = fields as [Hex, Hex, Hex, Hex];
  return { nonce: quantity(nonce), balanceWei: quantity(balance), storageRoot, codeHash };
}

/** The non-zero value of a slot. @throws ProofFault */
export function verifySlot(storageRoot: Hex, slot: Hex, { storageProof }: ProofAnswer): bigint {
  const entry = storageProof.find(({ key }) => key === slot);
  if (entry === undefined) throw new ProofFault('ANSWER', `expected a proof of slot ${slot}`);
  const proven = verifyInclusion(storageRoot, keccak256(slot), entry.proof);
  if (!proven.ok) throw new ProofFault(proven.code, `slot ${slot} under ${storageRoot}: expected ${proven.expected}, got ${proven.got}`);
  const value = fromRlp(proven.value, 'hex');
  if (typeof value !== 'string') throw new ProofFault('SLOT', `slot ${slot}: expected a value, got a list`);
  return quantity(value);
}
