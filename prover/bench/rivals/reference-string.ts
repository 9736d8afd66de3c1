// A reference string for BN254 from a number everybody can read: for timing provers, never for proofs that anyone should believe.
// Owns: its points and their file. Does not own: the curve (ffjavascript, which snarkjs brings).
// Format: G1 points tau^i G as affine x, y of 32 bytes big-endian each; G2: tau H as x1 x0 y1 y0.
// Invariant: the points are powers of one number, so a prover does all the work it would do under a ceremony's string.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

export const TAU = 0x1234_5678_9abc_def0_fedc_ba98_7654_3210n;

/** What is used of ffjavascript, which has no types. */
export type Group = {
  readonly F: { readonly n8: number };
  readonly g: Uint8Array;
  batchApplyKey(points: Uint8Array, first: Uint8Array, ratio: Uint8Array, from?: string, to?: string): Promise<Uint8Array>;
  batchToAffine(points: Uint8Array): Promise<Uint8Array>;
  timesFr(point: Uint8Array, scalar: Uint8Array): Uint8Array;
  toAffine(point: Uint8Array): Uint8Array;
  toRprUncompressed(buffer: Uint8Array, offset: number, point: Uint8Array): void;
};
export type Curve = { readonly G1: Group; readonly G2: Group; readonly Fr: { e(value: bigint): Uint8Array; readonly one: Uint8Array }; terminate(): Promise<void> };

/** The curve of snarkjs. */
export async function buildCurve(): Promise<Curve> {
  const { resolve } = createRequire(createRequire(import.meta.url).resolve("snarkjs"));
  const { buildBn128 } = (await import(pathToFileURL(resolve("ffjavascript")).href)) as { buildBn128: () => Promise<Curve> };
  return buildBn128();
}

/** 2^log points, from the file if it is there. */
export async function referenceString(path: string, log: number): Promise<{ g1: Uint8Array; g2: Uint8Array }> {
  const [pointBytes, count] = [64, 2 ** log];
  if (!existsSync(path)) {
    const { G1, G2, Fr, terminate } = await buildCurve();
    const affine = G1.toAffine(G1.g);
    const points = new Uint8Array(2 * G1.F.n8 * count);
    for (let i = 0; i < count; i++) points.set(affine, 2 * G1.F.n8 * i);
    const powers = await G1.batchApplyKey(points, Fr.one, Fr.e(TAU), "affine", "affine");
    const bytes = new Uint8Array(pointBytes * count + 128);
    for (let i = 0; i < count; i++) G1.toRprUncompressed(bytes, pointBytes * i, powers.subarray(2 * G1.F.n8 * i, 2 * G1.F.n8 * (i + 1)));
    G2.toRprUncompressed(bytes, pointBytes * count, G2.toAffine(G2.timesFr(G2.g, Fr.e(TAU))));
    await terminate();
    writeFileSync(path, bytes);
  }
  const bytes = new Uint8Array(readFileSync(path));
  return { g1: bytes.subarray(0, pointBytes * count), g2: bytes.subarray(pointBytes * count) };
}
