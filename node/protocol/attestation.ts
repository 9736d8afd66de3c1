/**
 * What attesters sign: SPEC section 9, EIP-712.
 *
 * Owns the typed-data definition and its digest; signing and recovering belong to the wallet library of the caller.
 */
import { addressBytes, concat, hashBytes, keccak, keccakHex, words, type Hex } from './bytes.ts';

export const ATTESTATION_TYPES = { Attestation: [{ name: 'inputs', type: 'bytes32' }, { name: 'outputs', type: 'bytes32' }] };

export interface AttestationDomain {
  readonly name: 'Keyfall Attestation';
  readonly version: '1';
  readonly chainId: bigint;
  readonly verifyingContract: Hex;
}

/** The EIP-712 domain of one attester lane. */
export function attestationDomain(l1ChainId: bigint, lane: Hex): AttestationDomain {
  return { name: 'Keyfall Attestation', version: '1', chainId: l1ChainId, verifyingContract: lane };
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const DOMAIN_TYPE_HASH = keccak(text('EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)'));
const ATTESTATION_TYPE_HASH = keccak(text('Attestation(bytes32 inputs,bytes32 outputs)'));

/** The 32 bytes that an attester's key signs. */
export function attestationDigest(domain: AttestationDomain, inputs: Hex, outputs: Hex): Hex {
  const separator = keccak(words(DOMAIN_TYPE_HASH, keccak(text(domain.name)), keccak(text(domain.version)), domain.chainId, addressBytes(domain.verifyingContract)));
  const struct = keccak(words(ATTESTATION_TYPE_HASH, hashBytes(inputs), hashBytes(outputs)));
  return keccakHex(concat(Uint8Array.of(0x19, 0x01), separator, struct));
}
