// One attester's signature over (inputs, outputs): made, and checked (SPEC.md section 9).
//
// Owns: EIP-712 signing and recovering. Does not own: whether something may be signed (signOnce.ts, attester.ts).
// Invariant: the digest that is signed is computed twice, by ethers from the typed data and by node/protocol from the
// bytes; a difference is a bug and stops the process before a signature exists.

import assert from 'node:assert/strict';
import { SigningKey, Signature, TypedDataEncoder, computeAddress, recoverAddress } from 'ethers';
import { ATTESTATION_TYPES, attestationDigest, attestationDomain, toHex, type Hex } from '@keyfall/protocol';
import { bytesOfHex } from '../l1/hex.ts';

export interface Attestation {
  readonly inputs: Hex;
  readonly outputs: Hex;
  readonly signer: Hex;
  /** r, s, v: 65 bytes. */
  readonly signature: Hex;
}

export class AttestationSigner {
  readonly address: Hex;
  readonly #key: SigningKey;
  readonly #l1ChainId: bigint;
  readonly #lane: Hex;

  constructor(privateKey: string, l1ChainId: bigint, lane: Hex) {
    this.#key = new SigningKey(privateKey);
    this.#l1ChainId = l1ChainId;
    this.#lane = lane;
    this.address = lowerHex(computeAddress(this.#key.publicKey));
  }

  sign(inputs: Hex, outputs: Hex): Attestation {
    const domain = attestationDomain(this.#l1ChainId, this.#lane);
    const digest = lowerHex(TypedDataEncoder.hash({ ...domain }, ATTESTATION_TYPES, { inputs, outputs }));
    assert.equal(digest, attestationDigest(domain, inputs, outputs), 'the two EIP-712 digests of an attestation differ');
    return { inputs, outputs, signer: this.address, signature: lowerHex(this.#key.sign(digest).serialized) };
  }

  /** Who signed; undefined if the bytes are no signature. */
  recover(inputs: Hex, outputs: Hex, signature: Hex): Hex | undefined {
    const digest = attestationDigest(attestationDomain(this.#l1ChainId, this.#lane), inputs, outputs);
    try {
      return lowerHex(recoverAddress(digest, Signature.from(signature)));
    } catch (cause) {
      if (cause instanceof Error) return undefined;
      throw cause;
    }
  }
}

function lowerHex(text: string): Hex {
  return toHex(bytesOfHex(text));
}
