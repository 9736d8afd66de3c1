// Collecting attestations of one batch until they make a quorum: pure bookkeeping over untrusted answers.
//
// Owns: what counts. Does not own: asking (peers.ts), sending (submission.ts).
// Invariant: every attestation kept has a valid signature of a member over our own inputs and our own outputs; members
// count once. A valid signature of a member over *other* outputs is kept apart as evidence of a disagreement.

import type { Hex } from '@keyfall/protocol';
import type { Attestation, AttestationSigner } from './attestation.ts';

/** The lane as this attester read it. */
export interface AttesterSet {
  readonly lane: Hex;
  /** Ascending. */
  readonly members: readonly Hex[];
  readonly quorum: number;
}

export type Offer =
  | { readonly kind: 'counted' }
  | { readonly kind: 'known' }
  | { readonly kind: 'disagrees'; readonly attestation: Attestation }
  | { readonly kind: 'refused'; readonly because: string };

export class QuorumCollection {
  readonly inputs: Hex;
  readonly outputs: Hex;
  readonly #set: AttesterSet;
  readonly #signer: AttestationSigner;
  readonly #bySigner = new Map<Hex, Attestation>();

  constructor(inputs: Hex, outputs: Hex, set: AttesterSet, signer: AttestationSigner) {
    this.inputs = inputs;
    this.outputs = outputs;
    this.#set = set;
    this.#signer = signer;
  }

  /** Takes an attestation from anywhere, if it proves itself. */
  offer(attestation: Attestation): Offer {
    if (attestation.inputs !== this.inputs) return { kind: 'refused', because: `expected inputs ${this.inputs}, got ${attestation.inputs}` };
    const signer = this.#signer.recover(attestation.inputs, attestation.outputs, attestation.signature);
    if (signer === undefined || !this.#set.members.includes(signer)) return { kind: 'refused', because: `expected the signature of a member, got one of ${signer ?? 'no one'}` };
    if (attestation.outputs !== this.outputs) return { kind: 'disagrees', attestation: { ...attestation, signer } };
    if (this.#bySigner.has(signer)) return { kind: 'known' };
    this.#bySigner.set(signer, { ...attestation, signer });
    return { kind: 'counted' };
  }

  has(signer: Hex): boolean {
    return this.#bySigner.has(signer);
  }

  get count(): number {
    return this.#bySigner.size;
  }

  /** Exactly a quorum of signatures by ascending signer, as the lane wants them; undefined = too few yet. */
  signatures(): readonly Hex[] | undefined {
    if (this.#bySigner.size < this.#set.quorum) return undefined;
    return [...this.#bySigner.values()].sort((a, b) => (a.signer < b.signer ? -1 : 1)).slice(0, this.#set.quorum).map(({ signature }) => signature);
  }
}
