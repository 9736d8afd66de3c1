// Keccak-256 and secp256k1 public key recovery for the whole execution engine, and their adapters for EthereumJS.
//
// Owns: the choice of implementation (hash-wasm keccak, native libsecp256k1; measured in README.md) and the KZG
// check behind precompile 0x0a. Does not own: signature rules of transactions (transaction.ts), hashing in the trie.
// Invariant: keccak256 is synchronous and reentrant-safe because no caller runs between init and digest.
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { createKeccak } from 'hash-wasm';
import secp256k1 from 'secp256k1';
import type { CustomCrypto } from '@ethereumjs/common';
import type { KZG } from '@ethereumjs/util';

const hasher = await createKeccak(256);

/** keccak-256 of `data`, 32 bytes. */
export function keccak256(data: Uint8Array): Uint8Array {
  hasher.init();
  hasher.update(data);
  return hasher.digest('binary');
}

/** keccak-256 of nothing: the code hash of an account without code. */
export const EMPTY_CODE_HASH = keccak256(new Uint8Array(0));
/** keccak-256 of RLP "": the root of the empty trie. */
export const EMPTY_TRIE_ROOT = keccak256(Uint8Array.of(0x80));

/** Order of secp256k1. */
export const SECP256K1_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
/** Largest s allowed by EIP-2 and EIP-7702. */
export const SECP256K1_HALF_ORDER = SECP256K1_ORDER / 2n;

/**
 * Address that signed `messageHash`, or undefined when no key does (r or s out of range, point not on the curve).
 * High s is accepted here; who must refuse it checks before.
 */
export function recoverAddress(messageHash: Uint8Array, yParity: 0 | 1, r: bigint, s: bigint): Uint8Array | undefined {
  if (r <= 0n || r >= SECP256K1_ORDER || s <= 0n || s >= SECP256K1_ORDER) return undefined;
  const signature = new Uint8Array(64);
  writeWord(signature, 0, r);
  writeWord(signature, 32, s);
  let publicKey: Uint8Array;
  try {
    publicKey = secp256k1.ecdsaRecover(signature, yParity, messageHash, false);
  } catch (error) {
    if (error instanceof Error && error.message === 'Public key could not be recover') return undefined;
    throw error;
  }
  return keccak256(publicKey.subarray(1)).slice(12);
}

function writeWord(target: Uint8Array, offset: number, value: bigint): void {
  const view = new DataView(target.buffer, target.byteOffset + offset, 32);
  view.setBigUint64(0, value >> 192n);
  view.setBigUint64(8, (value >> 128n) & 0xffffffffffffffffn);
  view.setBigUint64(16, (value >> 64n) & 0xffffffffffffffffn);
  view.setBigUint64(24, value & 0xffffffffffffffffn);
}

// [tau]G2 of the Ethereum KZG ceremony (g2_monomial[1] of consensus-specs' trusted_setup_4096.json). Checking an
// evaluation needs no other point of the setup.
const KZG_TAU_G2 = bls12_381.G2.Point.fromHex(
  'b5bfd7dd8cdeb128843bc287230af38926187075cbfbefa81009a2ce615ac53d2914e5870cb452d2afaaab24f3499f72' +
    '185cbfee53492714734429b7b38608e23926c911cceceac9a36851477ba4c60b087041de621000edc98edada20c1def2',
);

/**
 * Whether `proof` shows that the polynomial committed to by `commitment` takes the value `y` at `z` (EIP-4844
 * verify_kzg_proof): e(C - [y]G1, G2) = e(proof, [tau - z]G2).
 * @throws when a scalar is not canonical or a point is not in its subgroup (message holds C_KZG_BADARGS).
 */
export function verifyKzgProof(commitment: string, z: string, y: string, proof: string): boolean {
  const order = bls12_381.fields.Fr.ORDER;
  const [zScalar, yScalar] = [BigInt(z), BigInt(y)];
  if (zScalar >= order || yScalar >= order) throw new Error('C_KZG_BADARGS: expected scalars below the group order');
  const commitmentPoint = subgroupPoint(commitment);
  const proofPoint = subgroupPoint(proof);
  const left = commitmentPoint.subtract(multiple(bls12_381.G1.Point.BASE, yScalar));
  const right = KZG_TAU_G2.subtract(multiple(bls12_381.G2.Point.BASE, zScalar));
  const pairs = [
    { g1: left.negate(), g2: bls12_381.G2.Point.BASE },
    { g1: proofPoint, g2: right },
  ].filter(({ g1, g2 }) => !g1.is0() && !g2.is0());
  const product = bls12_381.pairingBatch(pairs);
  return bls12_381.fields.Fp12.eql(product, bls12_381.fields.Fp12.ONE);
}

function multiple<P extends { multiply(scalar: bigint): P; subtract(other: P): P }>(point: P, scalar: bigint): P {
  return scalar === 0n ? point.subtract(point) : point.multiply(scalar);
}

function subgroupPoint(hex: string): InstanceType<typeof bls12_381.G1.Point> {
  try {
    const point = bls12_381.G1.Point.fromHex(hex.slice(2));
    point.assertValidity();
    return point;
  } catch (error) {
    // The point at infinity is a valid commitment and proof; noble's assertValidity refuses it.
    if (hex.slice(2) === `c0${'00'.repeat(47)}`) return bls12_381.G1.Point.ZERO;
    throw new Error('C_KZG_BADARGS: expected a compressed G1 point of the subgroup', { cause: error });
  }
}

// Only verifyProof is reachable: the EVM never commits or proves, and there are no blob transactions.
const kzg: Pick<KZG, 'verifyProof'> = { verifyProof: verifyKzgProof };

/** What EthereumJS is told to use instead of its own primitives. */
export const customCrypto: CustomCrypto = {
  keccak256,
  ecrecover(messageHash, v, r, s) {
    const signature = new Uint8Array(64);
    signature.set(r, 32 - r.length);
    signature.set(s, 64 - s.length);
    return secp256k1.ecdsaRecover(signature, Number(v) - 27, messageHash, false).subarray(1);
  },
  kzg: kzg as KZG,
};
