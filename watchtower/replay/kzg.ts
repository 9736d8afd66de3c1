// The check behind precompile 0x0a (EIP-4844 verify_kzg_proof) for the machine. Owns that one equation, in the form that needs only multiplications
// in G1: e(C - [y]G1 + [z]P, G2) = e(P, [tau]G2).
// Invariant: a scalar or point that is not canonical throws; nothing is ever taken for true by default.

import { bls12_381 } from '@noble/curves/bls12-381.js';

type Point = InstanceType<typeof bls12_381.G1.Point>;

/** [tau]G2 of the Ethereum ceremony: g2_monomial[1] of consensus-specs' trusted_setup_4096.json. */
const TAU_G2 = bls12_381.G2.Point.fromHex(
  'b5bfd7dd8cdeb128843bc287230af38926187075cbfbefa81009a2ce615ac53d2914e5870cb452d2afaaab24f3499f72185cbfee53492714734429b7b38608e23926c911cceceac9a36851477ba4c60b087041de621000edc98edada20c1def2',
);
const INFINITY = `0xc0${'00'.repeat(47)}`;

/** @throws Error `C_KZG_BADARGS`, which EthereumJS takes for an invalid input */
export function verifyKzgProof(commitment: string, z: string, y: string, proof: string): boolean {
  const [at, value] = [BigInt(z), BigInt(y)];
  const { ORDER } = bls12_381.fields.Fr;
  if (at >= ORDER || value >= ORDER) throw new Error('C_KZG_BADARGS: expected scalars below the order of the group');
  const [c, p] = [pointOf(commitment), pointOf(proof)];
  const left = c.subtract(times(bls12_381.G1.Point.BASE, value)).add(times(p, at));
  const pairs = [{ g1: left, g2: bls12_381.G2.Point.BASE }, { g1: p.negate(), g2: TAU_G2 }].filter(({ g1 }) => !g1.is0());
  return pairs.length === 0 || bls12_381.fields.Fp12.eql(bls12_381.pairingBatch(pairs), bls12_381.fields.Fp12.ONE);
}

function times(point: Point, scalar: bigint): Point {
  return scalar === 0n || point.is0() ? bls12_381.G1.Point.ZERO : point.multiply(scalar);
}

function pointOf(hex: string): Point {
  if (hex === INFINITY) return bls12_381.G1.Point.ZERO;
  try {
    const point = bls12_381.G1.Point.fromHex(hex.slice(2));
    point.assertValidity();
    return point;
  } catch (cause) {
    throw new Error('C_KZG_BADARGS: expected a compressed point of the subgroup', { cause });
  }
}
