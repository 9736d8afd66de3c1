// Flat EIP-712 data as devices show it: domain, one struct without nesting, and the hashes of both. Owns how these are computed and the
// shape that the device's mirror draws and a wallet is asked to sign.
// Invariant: every hash is computed here from the fields that are shown; none is taken from a file or a wallet.

import { hashStruct, hashTypedData, parseSignature, recoverTypedDataAddress, serializeSignature } from 'viem';
import type { Hex, TypedDataDomain } from 'viem';

export interface TypedField { readonly name: string; readonly type: string }

export interface FlatTyped {
  readonly domain: TypedDataDomain & { readonly chainId: number };
  readonly types: Record<string, readonly TypedField[]>;
  readonly primaryType: string;
  readonly message: Record<string, unknown>;
  /** What signing it means. */
  readonly sentence: string;
  readonly domainHash: Hex;
  readonly messageHash: Hex;
  readonly digest: Hex;
}

const DOMAIN_FIELDS = [{ name: 'name', type: 'string' }, { name: 'version', type: 'string' }, { name: 'chainId', type: 'uint256' }, { name: 'verifyingContract', type: 'address' }];

export function flatTyped({ name, chainId, contract, primaryType, fields, message, sentence }: {
  name: string; chainId: number; contract: Hex; primaryType: string; fields: readonly TypedField[]; message: Record<string, unknown>; sentence: string;
}): FlatTyped {
  const domain = { name, version: '1', chainId, verifyingContract: contract };
  const types = { [primaryType]: fields };
  const asMutable = types as Record<string, { name: string; type: string }[]>;
  return {
    domain, types, primaryType, message, sentence, domainHash: hashStruct({ data: domain, primaryType: 'EIP712Domain', types: { EIP712Domain: DOMAIN_FIELDS } }),
    messageHash: hashStruct({ data: message, primaryType, types: asMutable }), digest: hashTypedData({ domain, types: asMutable, primaryType, message }),
  };
}

/** Whether a signature is the key's over exactly these bytes. A contract's cannot be told so. */
export async function isSignatureOver({ domain, types, primaryType, message }: FlatTyped, signature: Hex, signer: Hex): Promise<boolean> {
  try {
    return (await recoverTypedDataAddress({ domain, types, primaryType, message, signature } as Parameters<typeof recoverTypedDataAddress>[0])).toLowerCase() === signer.toLowerCase();
  } catch {
    // Not the form of a key's signature: it cannot be compared here, so it is not taken.
    return false;
  }
}

/** Half of the group's order: contracts take only the lower of the two forms of each signature. */
const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;
const ORDER = 2n * HALF_ORDER + 1n;

/** A key's signature in the one form that the contracts take: 65 bytes, low s, v of 27 or 28. The same signature, other clothes. */
export function plainSignature(signature: Hex): Hex {
  const { r, s, yParity } = parseSignature(signature);
  const low = BigInt(s) <= HALF_ORDER;
  const text = `0x${(low ? BigInt(s) : ORDER - BigInt(s)).toString(16).padStart(64, '0')}` as const;
  return serializeSignature({ r, s: text, yParity: low ? yParity : 1 - yParity });
}

/** Whether it already is in that form. */
export function isPlainSignature(signature: Hex): boolean {
  try {
    return plainSignature(signature) === signature.toLowerCase();
  } catch {
    // Not the length, or not the numbers, of a key's signature.
    return false;
  }
}

/** Whether contracts take it as the key's: over exactly these bytes, and in that form. */
export async function isAcceptedSignature(typed: FlatTyped, signature: Hex, signer: Hex): Promise<boolean> {
  return isPlainSignature(signature) && isSignatureOver(typed, signature, signer);
}
