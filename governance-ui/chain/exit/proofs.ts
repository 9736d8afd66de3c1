// Proofs of one L2 state, from whatever endpoint has it, each checked before it is used. Owns the question, the order of endpoints, and that a
// proof of absence is told from a bad one. What the slots mean is build.ts and entitlement.ts.
// Invariant: *undefined* means that a proof leaves the path; anything else that does not verify is thrown, with who sent it.

import { keccak256 } from 'viem';
import type { Hex } from 'viem';
import { ProofFault, parseProofAnswer, verifyAccount, verifySlot } from '../proof/account.ts';
import type { ProvenAccount } from '../proof/account.ts';
import type { BlockRef, Reading } from '../reading.ts';
import type { Quorum } from '../rpc/quorum.ts';

const EMPTY_TRIE: Hex = keccak256('0x80');

/** @throws Error with the reason of what is unknown */
export function must<T>(reading: Reading<T>): Reading<T> & { known: true } {
  if (!reading.known) throw new Error(reading.why);
  return reading;
}

/** Proofs of one state, each checked before it is used. */
export class Proofs {
  readonly #l2: Quorum;
  readonly #at: BlockRef;
  readonly #root: Hex;

  constructor(l2: Quorum, at: BlockRef, root: Hex) {
    this.#l2 = l2;
    this.#at = at;
    this.#root = root;
  }

  async account(address: Hex): Promise<{ account: ProvenAccount; proof: readonly Hex[] } | undefined> {
    return this.#ask(address, [], (answer) => orAbsent(() => ({ account: verifyAccount(this.#root, address, answer), proof: answer.accountProof })));
  }

  /** A word that is not zero. */
  async slot(address: Hex, slot: Hex): Promise<{ word: bigint; accountProof: readonly Hex[]; storageProof: readonly Hex[] } | undefined> {
    return this.#ask(address, [slot], (answer) => orAbsent(() => {
      const account = verifyAccount(this.#root, address, answer);
      if (account.storageRoot === EMPTY_TRIE) return undefined;
      return { word: verifySlot(account.storageRoot, slot, answer), accountProof: answer.accountProof, storageProof: answer.storageProof.find(({ key }) => key === slot)?.proof ?? [] };
    }));
  }

  async #ask<T>(address: Hex, slots: readonly Hex[], check: (answer: ReturnType<typeof parseProofAnswer>) => T): Promise<T> {
    return must(await this.#l2.first('eth_getProof', [address, slots, `0x${this.#at.number.toString(16)}`], this.#at, (answer) => check(lowered(parseProofAnswer(answer))))).value;
  }
}

/** Files of kits have lower case. */
function lowered(answer: ReturnType<typeof parseProofAnswer>): ReturnType<typeof parseProofAnswer> {
  const low = (nodes: readonly Hex[]): Hex[] => nodes.map((node) => node.toLowerCase() as Hex);
  return { accountProof: low(answer.accountProof), storageProof: answer.storageProof.map(({ key, proof }) => ({ key, proof: low(proof) })) };
}

/** A proof that leaves the path proves that nothing is there; any other defect is the endpoint's. */
function orAbsent<T>(prove: () => T): T | undefined {
  try {
    return prove();
  } catch (error) {
    if (error instanceof ProofFault && error.code === 'ABSENT') return undefined;
    throw error;
  }
}
